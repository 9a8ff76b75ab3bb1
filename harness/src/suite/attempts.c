#include "harness/run.h"
#include "pool.h"

#include <string.h>

static bool is_undecided(const struct run_result *run)
{
    return run->verdict == VERDICT_INCONCLUSIVE && !run->expectation;
}

bool run_is_spoiled(const struct run_result *run)
{
    return is_undecided(run) || ((run->doubtful || run->late_us >= SUITE_LATE_US) && run_is_unexpected(run));
}

/* A network does not lose the same segment again and again; a target that is wrong is so each time. */
static bool is_the_same(const struct run_result *run, const struct run_result *earlier)
{
    return run->verdict == earlier->verdict && run->line == earlier->line && !strcmp(run->file, earlier->file);
}

void run_set_aside(struct run_result *run, struct run_result *earlier)
{
    run->attempts = earlier->attempts + 1;
    if (is_the_same(run, earlier)) { run->doubtful = false; }
    run->set_aside = arena_printf(&run->arena, "%s", earlier->reason);
    run_result_free(earlier);
}

void run_spoil(struct run_result *run)
{
    if (is_undecided(run)) { return; }
    if (run->late_us >= SUITE_LATE_US) {
        run->reason = arena_printf(&run->arena, "the tester was %u ms late in the last of %u attempts: %s",
                                   (unsigned)(run->late_us / 1000), run->attempts, run->reason);
    } else {
        run->reason = arena_printf(&run->arena, "%u attempts went wrong in different ways, the last: %s", run->attempts,
                                   run->reason);
    }
    run->verdict = VERDICT_INCONCLUSIVE;
    run->unexpected_pass = false;
}
