/* The whole suite on one mutant, in processes of its own: a mutant may hang or die. */
#ifndef MUTANT_SWEEP_H
#define MUTANT_SWEEP_H

#include "harness/suite.h"
#include "mutants.h"

/** What became of one run. */
enum sweep_outcome {
    SWEEP_NOT_RUN = 0,
    SWEEP_GREEN, /* passed, or was not decided */
    SWEEP_RED,   /* a step failed, or the monitor found a rule broken */
    SWEEP_HUNG,  /* the engine did not return: seen as a clock of CPU time that ran out */
    SWEEP_DIED   /* by a signal, or by a sanitizer */
};
struct sweep_run {
    uint8_t outcome;  /* enum sweep_outcome */
    uint8_t asserted; /* the engine's own assertions saw the bug, and went on */
};

struct sweep {
    const struct suite *suite;
    const struct suite_jobs *jobs;
    struct target *target;
    bool until_first;      /* leave off at the first run that kills */
    bool verbose;          /* tell of each run that is red */
    struct sweep_run *run; /* one a job; shared with the children */
    size_t *at;            /* the job at hand; shared as well */
};

/** Shared memory for a sweep over `jobs`. @return false when there is none. */
bool sweep_begin(struct sweep *sweep, const struct suite *suite, const struct suite_jobs *jobs, struct target *target);
void sweep_end(struct sweep *sweep);

/** Fill sweep->run for this mutant. */
void sweep_mutant(struct sweep *sweep, enum tcpr_mutant_number number);

/** A run that a peer of the stack could tell from one with the engine as it ships. */
bool sweep_kills(const struct sweep_run *run);

#endif
