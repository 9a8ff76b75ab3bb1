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
