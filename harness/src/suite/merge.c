/* Repetitions of a suite: which runs come to another verdict each time. */
#include "harness/run.h"
#include "harness/suite.h"

/* How much a run says: what nobody expected, what was not decided, the rest. */
static int weight(const struct run_result *run)
{
    if (run_is_unexpected(run)) { return 2; }
    return run->verdict == VERDICT_INCONCLUSIVE && !run->expectation;
}

static void count_once(struct run_result *run)
{
    if (run_repetitions(run) == 0) { run->repeated[run->verdict] = 1; }
}

static struct run_result *merge_runs(struct run_result *earlier, struct run_result *later)
{
    count_once(earlier);
    count_once(later);
    struct run_result *kept = weight(later) > weight(earlier) ? later : earlier;
    struct run_result *other = kept == later ? earlier : later;
    for (size_t i = 0; i < VERDICTS; i++) {
        kept->repeated[i] += other->repeated[i];
    }
    run_result_free(other);
    return kept;
}

void suite_merge(struct suite_result *sum, struct suite_result *again)
{
    sum->wall_s += again->wall_s;
    sum->interrupted = sum->interrupted || again->interrupted;
    for (size_t i = 0; i < sum->count && !again->interrupted; i++) {
        sum->run[i] = merge_runs(sum->run[i], again->run[i]);
        again->run[i] = NULL;
    }
    suite_result_free(again);
    suite_count(sum);
}
