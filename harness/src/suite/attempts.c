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

static const char *next_unexpected(const struct run_result *run, size_t *at)
{
    while (*at < run->finding_count) {
        const struct finding *finding = &run->finding[(*at)++];
        if (!finding->expectation) { return finding->rule ? finding->rule : ""; }
    }
    return NULL;
}

static bool same_findings(const struct run_result *run, const struct run_result *earlier)
{
    size_t at = 0, at_earlier = 0;
    const char *rule, *rule_earlier;
    do {
        rule = next_unexpected(run, &at);
        rule_earlier = next_unexpected(earlier, &at_earlier);
    } while (rule && rule_earlier && !strcmp(rule, rule_earlier));
    return !rule && !rule_earlier;
}

/* A network does not lose the same segment again and again; a target that is wrong is so each time. The line alone does
 * not tell the segment: a step may be repeated. */
static bool is_the_same(const struct run_result *run, const struct run_result *earlier)
{
    return run->verdict == earlier->verdict && run->line == earlier->line && run->steps == earlier->steps &&
           !strcmp(run->file, earlier->file) && same_findings(run, earlier);
}

/* Neither what came to nothing nor what a late tester saw says anything for or against the other attempts. */
static bool decides(const struct run_result *run)
{
    return run->verdict != VERDICT_INCONCLUSIVE && run->late_us < SUITE_LATE_US;
}

static void take_kind(struct tally *tally, struct run_result *run)
{
    unsigned kind = 0;
    while (kind < tally->kinds && !is_the_same(run, tally->last[kind])) {
        kind++;
    }
    if (kind == tally->kinds) { tally->kinds++; }
    if (tally->last[kind]) { run_result_free(tally->last[kind]); }
    tally->last[kind] = run;
    run->agreed = ++tally->seen[kind];
    tally->decided++;
    tally->doubted = tally->doubted || run->doubtful;
}

void tally_add(struct tally *tally, struct run_result *run)
{
    struct run_result *before = tally->run;
    run->attempts = ++tally->made;
    run->agreed = 1;
    if (before) { run->set_aside = arena_printf(&run->arena, "%s", before->reason); }
    if (before && !decides(before)) { run_result_free(before); }
    tally->run = run;
    tally->late += run->late_us >= SUITE_LATE_US;
    if (decides(run)) { take_kind(tally, run); }
}

unsigned tally_most(const struct tally *tally)
{
    unsigned most = 0;
    for (unsigned i = 0; i < tally->kinds; i++) {
        if (tally->seen[i] > most) { most = tally->seen[i]; }
    }
    return most;
}

unsigned tally_mistakes_again(const struct tally *tally)
{
    bool sure = !run_is_spoiled(tally->run) && decides(tally->run);
    unsigned truth = sure ? tally->run->agreed : tally_most(tally);
    return tally->decided - tally->kinds - (truth - 1);
}

void tally_end(struct tally *tally)
{
    for (unsigned i = 0; i < tally->kinds; i++) {
        if (tally->last[i] != tally->run) { run_result_free(tally->last[i]); }
    }
}

static const char *what_went_wrong(const struct run_result *run)
{
    if (run->unexpected_pass) { return "it passed, which is not expected"; }
    return *run->reason || run->finding_count == 0 ? run->reason : run->finding[0].text;
}

void run_spoil(struct run_result *run)
{
    const char *wrong = what_went_wrong(run);
    if (is_undecided(run)) {
        if (run->doubtful) { run->finding_count = 0; }
        return;
    }
    if (run->late_us >= SUITE_LATE_US) {
        run->reason = arena_printf(&run->arena, "the tester was %u ms late in the last of %u attempts: %s",
                                   (unsigned)(run->late_us / 1000), run->attempts, wrong);
    } else {
        run->reason = arena_printf(&run->arena, "%u attempts did not come to the same often enough, the last: %s",
                                   run->attempts, wrong);
    }
    run->verdict = VERDICT_INCONCLUSIVE;
    run->expectation = NULL;
    run->unexpected_pass = false;
    run->finding_count = 0;
}
