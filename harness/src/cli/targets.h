/**
 * targets.h - the targets of a run, by name.
 */
#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

#include "harness/target.h"
#include "run_options.h"

/** One target of this run. */
struct run_target {
    const char *file_name; /* as in target_file_name() */
    struct target *target;
    const char *title; /* "kernel (Linux 6.18.0)", in the arena */
    unsigned jobs;     /* runs side by side */
};

/** @return false, and a complaint: the environment prevents it. */
bool run_target_open(struct run_target *out, struct arena *arena, const struct target_wanted *wanted,
                     const struct run_arguments *arguments);
void run_target_close(struct run_target *target);

#endif
