/**
 * harness/run.h - play one spec on one target and judge what was seen.
 *
 * docs/spec-language.md says what each step means. One run is one lane of the target and one thread; any number of
 * runs go on side by side on one target, each in a thread of its own.
 */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include "harness/result.h"
#include "harness/spec.h"
#include "harness/target.h"

#include <stdatomic.h>

struct run_options {
    tcpr_time patience_us; /* on a real clock, a spec that would wait longer is skipped by name; 0: any wait is fine */
    bool explain;          /* the target's own reasons go into the trace */
    bool monitor_off;      /* do not judge the trace by harness/check.h too */
    const atomic_bool *stop; /* set: give up soon, the verdict is inconclusive; or NULL */
};

/**
 * Play a spec: one cell of its table, over one IP version. Never blocks longer than the spec's own waits, whatever the
 * target does, and never fails to return: what goes wrong is a verdict.
 *
 * @param suite    where the fragments are; with `spec` it outlives the result, which points into it.
 * @param cell     below spec->cells.
 * @param version  4 or 6.
 * @param options  NULL: the defaults, all zero.
 * @return the result, for run_result_free().
 */
struct run_result *run_spec(const struct suite *suite, const struct spec *spec, size_t cell, uint8_t version,
                            struct target *target, const struct run_options *options);

/** A result as run_spec() would begin it, with a verdict of the caller's: for what could not be run at all. */
struct run_result *run_result_of(const struct spec *spec, size_t cell, uint8_t version, enum verdict verdict,
                                 const char *reason);

/** Give a result back. NULL is allowed. */
void run_result_free(struct run_result *result);

/** How long a spec makes its target wait on a real clock, as far as can be told without running it. */
tcpr_time run_wait_us(const struct suite *suite, const struct spec *spec, size_t cell, const struct target *target);

#endif
