/**
 * results.h - what earlier runs found, read back from their JSON reports: a verdict a rule and target.
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "harness/arena.h"

#include <stdbool.h>
#include <stddef.h>

/** What one target was found to do by one rule. */
struct result_rule {
    const char *rule;
    const char *status; /* "kept", "broken" ..., as in reports/schema.json */
    bool expected;      /* an expectation file names all that deviates */
};

struct result_target {
    const char *name; /* "kernel (Linux 6.1)" */
    const struct result_rule *rule;
    size_t count;
};

struct results {
    struct result_target *target;
    size_t count, room;
};

/**
 * Add the targets of a JSON report.
 *
 * @param arena  keeps what is read.
 * @return false, and a complaint that names file, line and the mend: it is no report of tcprove's.
 */
bool results_read(struct arena *arena, const char *file, struct results *results);

/** What a target's results say of a rule, or NULL. */
const struct result_rule *results_find(const struct result_target *target, const char *rule);

#endif
