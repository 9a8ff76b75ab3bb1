#include "outcome.h"

#include "reports/text.h"

enum outcome outcome_of(const struct run_result *run)
{
    if (run->verdict == VERDICT_ERROR && !run->expectation) { return OUTCOME_ERROR; }
    if (run->verdict == VERDICT_INCONCLUSIVE && !run->expectation) { return OUTCOME_ERROR; }
    if (run_is_unexpected(run)) { return OUTCOME_FAILED; }
    bool known = run->expectation || run->finding_count > 0;
    return run->verdict == VERDICT_PASS && !known ? OUTCOME_PASSED : OUTCOME_SKIPPED;
}

/* What an expectation names, or the monitor alone found. */
static const struct finding *first_finding(const struct run_result *run)
{
    for (size_t i = 0; i < run->finding_count; i++) {
        if (!run->finding[i].expectation) { return &run->finding[i]; }
    }
    return run->finding_count ? &run->finding[0] : NULL;
}

static bool monitor_decides(const struct run_result *run)
{
    bool own = run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION || run->verdict == VERDICT_ERROR;
    return !run->unexpected_pass && first_finding(run) && (!own || run->expectation);
}

const char *outcome_kind(const struct run_result *run)
{
    if (run->unexpected_pass) { return "unexpected pass"; }
    if (monitor_decides(run)) { return first_finding(run)->expectation ? "known, by the monitor" : "monitor"; }
    if (!run->expectation) { return verdict_name(run->verdict); }
    switch (run->verdict) {
    case VERDICT_FAIL: return "known fail";
    case VERDICT_DEVIATION: return "known deviation";
    case VERDICT_INCONCLUSIVE: return "known to be inconclusive";
    case VERDICT_PASS:
    case VERDICT_SKIP:
    case VERDICT_ERROR: break;
    }
    return verdict_name(run->verdict);
}

const char *outcome_rule(const struct run_result *run)
{
    if (monitor_decides(run)) { return first_finding(run)->rule; }
    return run->verdict == VERDICT_PASS && !run->unexpected_pass ? NULL : run->rule;
}

const char *outcome_reason(struct arena *arena, const struct run_result *run)
{
    const char *rule = text_safe(arena, run->rule), *reason = text_safe(arena, run->reason);
    if (run->unexpected_pass) {
        return arena_printf(arena, "it passes, though expected otherwise: %s", text_safe(arena, run->expectation));
    }
    if (monitor_decides(run)) {
        const struct finding *finding = first_finding(run);
        return arena_printf(arena, "%s: %s", text_safe(arena, finding->rule), text_safe(arena, finding->text));
    }
    if (run->expectation) { return arena_printf(arena, "%s: %s", rule, text_safe(arena, run->expectation)); }
    bool ruled = run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION;
    return ruled ? arena_printf(arena, "%s: %s", rule, reason) : reason;
}
