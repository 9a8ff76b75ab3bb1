/*
 * Every spec of the suite has been seen red: with the engine broken in some simple way, from some segment on, it must
 * fail. One that no breakage turns proves nothing.
 */
#include "breakage.h"
#include "harness/run.h"
#include "harness/spec.h"
#include "harness/target.h"

#include <stdio.h>
#include <string.h>

#define POINTS_MAX 40u

static bool is_red(enum verdict verdict)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_DEVIATION;
}

static bool turns_red(const struct suite *suite, const struct spec *spec, struct target *target,
                      enum breakage_kind kind, unsigned from)
{
    uint8_t version = spec->ip & 1u ? 4 : 6;
    breakage_set(kind, from);
    struct run_result *result = run_spec(suite, spec, spec->cells - 1, version, target, NULL);
    bool red = is_red(result->verdict);
    run_result_free(result);
    return red;
}

/* The way in which it was seen red, or NULL. */
static const char *seen_red(const struct suite *suite, const struct spec *spec, struct target *target)
{
    for (unsigned kind = BREAK_NOTHING + 1; kind < BREAKAGES; kind++) {
        for (unsigned from = 0; from < POINTS_MAX; from++) {
            if (turns_red(suite, spec, target, (enum breakage_kind)kind, from)) {
                return breakage_name((enum breakage_kind)kind);
            }
            if (breakage_count() < from) { break; } /* it was never broken: nor will it be later */
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "specs";
    struct suite suite = {0};
    const char *why = NULL;
    bool readable = suite_read(&suite, &path, 1);
    struct target *target = target_virtual_open(broken_engine(), "engine", &why);
    if (target) {
        target->abilities |= TARGET_PROBES_PATH | TARGET_REASSEMBLES;
    } /* which it does not: that is red too */
    size_t vacuous = 0;
    for (size_t n = 0; readable && target && n < suite.count; n++) {
        const char *way = seen_red(&suite, suite.spec[n], target);
        if (!way) { vacuous++; }
        printf("%-60s %s\n", suite.spec[n]->name, way ? way : "NEVER RED");
    }
    printf("%zu specs, %zu never red\n", suite.count, vacuous);
    bool good = readable && target && suite.count > 0 && vacuous == 0;
    if (target) { target->ops->destroy(target); }
    suite_free(&suite);
    return good ? 0 : 1;
}
