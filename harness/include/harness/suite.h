/**
 * harness/suite.h - many runs side by side: every spec, every cell of its table, every IP version, on one target.
 *
 * A pool of threads takes the runs one by one; a run that hangs or an interruption costs no more than that run. What
 * makes a run is given by the caller, so that this file knows neither runner nor target.
 */
#ifndef HARNESS_SUITE_H
#define HARNESS_SUITE_H

#include "harness/expectation.h"
#include "harness/result.h"
#include "harness/spec.h"
#include "harness/target.h"

#include <stdatomic.h>

/** A tester later than this may find that a timer of the target was quicker; a run that then comes out otherwise than
 * expected is made again. The quickest timer of Linux is the tail loss probe, some 6 ms after a segment on a short
 * path. */
#define SUITE_LATE_US TCPR_MS(2)

/** One run to be made. */
struct suite_job {
    const struct spec *spec;
    size_t cell;
    uint8_t version;
    tcpr_time waits_us; /* run_wait_us() on a real clock, 0 on a virtual one */
};

/** Runs in the order of reports: by name, cell, IP version. */
struct suite_jobs {
    struct arena arena;
    struct suite_job *job;
    size_t count;
};

/** Which runs: a spec is in when one filter is the id or a pattern of a rule it covers, or a pattern or part of its
 * name; without filters all are. */
struct suite_selection {
    const char *const *filter;
    size_t filter_count;
    unsigned ip;            /* bit 0: IPv4, bit 1: IPv6 */
    unsigned shard, shards; /* every shards-th run, from this one on, counted from 0; shards 0: all */
};
bool filter_matches(const char *filter, const struct spec *spec);
bool selection_has(const struct suite_selection *selection, const struct spec *spec);

/** Pointers into the suite are kept. @param target  NULL: where nobody waits. */
void suite_jobs_make(struct suite_jobs *jobs, const struct suite *suite, const struct suite_selection *selection,
                     const struct target *target);
void suite_jobs_free(struct suite_jobs *jobs);

/** How far it has come. */
struct suite_state {
    size_t done, total, running, unexpected;
    double elapsed_s;
};

/** Flags the outside sets; the pool looks at them ten times a second. */
struct suite_stop {
    atomic_bool asked; /* start no further run, end those under way */
};

struct suite_plan {
    const struct suite_jobs *jobs;
    unsigned threads;                  /* runs side by side */
    unsigned lanes_max;                /* threads, those that hang included, never exceed this */
    bool longest_first;                /* on a real clock the longest waits begin first */
    unsigned attempts_max;             /* runs made for one result while the last is spoiled, four times as many where
                                        * the network is in doubt; 0 counts as 1 */
    double hang_after_s;               /* wall time a run may take before it counts as hung */
    double grace_s;                    /* wall time a run has to end once it was asked to */
    struct expectations *expectations; /* or NULL */
    const char *profile;
    struct suite_stop *stop;

    void *context; /* given back to these */
    /** Make a run, with run_spec() or as run_result_of(). In a thread of the pool; *give_up becomes true when it is to
     * end at once. */
    struct run_result *(*run)(void *context, const struct suite_job *job, const atomic_bool *give_up);
    /** Optional. In the same thread, when the run ended of its own. */
    void (*after)(void *context, const struct suite_job *job, const struct run_result *run);
    /** Optional. In the caller's thread, ten times a second. */
    void (*progress)(void *context, const struct suite_state *state);
};

/**
 * Make all runs; fill out->run, count, sums, wall_s, interrupted; the rest of `out` is the caller's.
 *
 * @return How many threads still hang in a run. When that is not 0, whatever those runs use (target, suite, jobs,
 * plan's context) must stay until the process ends.
 */
size_t suite_execute(const struct suite_plan *plan, struct suite_result *out);

/**
 * Take the runs of a repetition of the same jobs into `sum`: of each run the one that says more is kept, unexpected
 * before undecided before the earlier one, with the tally of both. A repetition that was interrupted only marks `sum`
 * so. `again` is given back.
 */
void suite_merge(struct suite_result *sum, struct suite_result *again);
void suite_result_free(struct suite_result *result);

#endif
