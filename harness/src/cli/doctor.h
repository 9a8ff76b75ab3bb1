/**
 * doctor.h - what `tcprove doctor` looks at.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "harness/spec.h"
#include "targets.h"

struct doctor {
    unsigned notes;  /* what makes runs slow, repeated or inconclusive */
    unsigned faults; /* what prevents them */
};

enum diagnosis { IS_WELL, IS_NOTED, IS_FAULT };

/** Print a line, "ok    clock: ...", and count it. `mend` is what to do, or NULL. */
void diagnose(struct doctor *doctor, enum diagnosis diagnosis, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** This machine: its clock, and the rights and namespaces that a kind of target needs. */
void doctor_machine(struct doctor *doctor, enum target_kind kind);

/** A target that could be set up: whether a connection opens, how quickly it answers, and how often. */
void doctor_target(struct doctor *doctor, const struct run_target *target, const struct suite *suite, uint8_t version);

#endif
