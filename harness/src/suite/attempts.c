#include "harness/run.h"
#include "pool.h"

/* Linux retransmits after 200 ms at the soonest and its delayed ACK takes 40 ms at least: a tester late by less than
 * this, and once more before its answer is out, changes nothing that a spec asks about. */
#define LATE_US TCPR_MS(50)

static bool is_undecided(const struct run_result *run)
{
    return run->verdict == VERDICT_INCONCLUSIVE && !run->expectation;
}

bool run_is_spoiled(const struct run_result *run)
{
    return is_undecided(run) || (run->late_us >= LATE_US && run_is_unexpected(run));
}

void run_set_aside(struct run_result *run, struct run_result *earlier)
{
    run->attempts = earlier->attempts + 1;
    run->set_aside = arena_printf(&run->arena, "%s", earlier->reason);
    run_result_free(earlier);
}

void run_spoil(struct run_result *run)
{
    if (is_undecided(run)) { return; }
    run->reason = arena_printf(&run->arena, "the tester was %u ms late in the last of %u attempts: %s",
                               (unsigned)(run->late_us / 1000), run->attempts, run->reason);
    run->verdict = VERDICT_INCONCLUSIVE;
    run->unexpected_pass = false;
}
