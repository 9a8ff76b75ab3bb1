/* Words for the results. */
#include "harness/result.h"

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASS: return "pass";
    case VERDICT_FAIL: return "fail";
    case VERDICT_DEVIATION: return "deviation";
    case VERDICT_SKIP: return "skip";
    case VERDICT_INCONCLUSIVE: return "inconclusive";
    case VERDICT_ERROR: return "error";
    }
    return "?";
}

const char *rule_level_name(enum rule_level level)
{
    switch (level) {
    case LEVEL_MUST: return "MUST";
    case LEVEL_SHOULD: return "SHOULD";
    case LEVEL_MAY: return "MAY";
    case LEVEL_STATED: return "stated";
    case LEVEL_UNKNOWN: return "unknown";
    }
    return "?";
}

bool run_is_unexpected(const struct run_result *run)
{
    bool bad = run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION || run->verdict == VERDICT_ERROR;
    if (run->unexpected_pass || (bad && !run->expectation)) { return true; }
    for (size_t i = 0; i < run->finding_count; i++) {
        if (!run->finding[i].expectation) { return true; }
    }
    return false;
}

unsigned run_repetitions(const struct run_result *run)
{
    unsigned sum = 0;
    for (size_t i = 0; i < VERDICTS; i++) {
        sum += run->repeated[i];
    }
    return sum;
}

bool run_is_flaky(const struct run_result *run)
{
    return run->repeated[run->verdict] < run_repetitions(run);
}

void suite_count(struct suite_result *suite)
{
    for (size_t i = 0; i < VERDICTS; i++) {
        suite->by_verdict[i] = 0;
    }
    suite->unexpected = 0;
    suite->undecided = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct run_result *run = suite->run[i];
        suite->by_verdict[run->verdict]++;
        suite->unexpected += run_is_unexpected(run);
        suite->undecided += run->verdict == VERDICT_INCONCLUSIVE && !run->expectation;
    }
}

enum suite_outcome suite_outcome(const struct suite_result *suite)
{
    size_t judged = suite->by_verdict[VERDICT_PASS] + suite->by_verdict[VERDICT_FAIL] +
                    suite->by_verdict[VERDICT_DEVIATION] + suite->by_verdict[VERDICT_ERROR];
    if (suite->interrupted) { return SUITE_INTERRUPTED; }
    if (suite->unexpected > 0) { return SUITE_BROKEN; }
    return suite->undecided > 0 || judged == 0 ? SUITE_UNDECIDED : SUITE_CONFORMS;
}

const char *suite_outcome_name(enum suite_outcome outcome)
{
    switch (outcome) {
    case SUITE_INTERRUPTED: return "interrupted";
    case SUITE_BROKEN: return "broken";
    case SUITE_UNDECIDED: return "undecided";
    case SUITE_CONFORMS: return "conforms";
    }
    return "?";
}
