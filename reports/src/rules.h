/**
 * rules.h - the runs summed up rule by rule.
 */
#ifndef REPORTS_RULES_H
#define REPORTS_RULES_H

#include "reports/report.h"

/** What the runs together say of one rule; the worst that was seen counts. */
enum rule_status {
    RULE_UNDECIDED = 0, /* no run that covers it came to a verdict on it */
    RULE_KEPT = 1,
    RULE_DEVIATES = 2, /* a SHOULD or a MAY answered otherwise */
    RULE_BROKEN = 3
};
#define RULE_STATUSES 4
/** "kept", "broken" ... */
const char *rule_status_name(enum rule_status status);

struct rule_tally {
    const char *rule;
    unsigned rfc; /* 0: unknown */
    enum rule_status status;
    bool expected; /* all that breaks it or deviates is named by an expectation */
    size_t runs;   /* that cover it or were decided by it */
};

/** All rules that the runs of a suite touch, by RFC and then as the names count ("MUST-9" before "MUST-10"). */
size_t rules_tally(struct arena *arena, const struct suite_result *suite, struct rule_tally **tally);

/** 5961 of "RFC5961-3.2-1"; RFC 9293's own ids (MUST-1, SHLD-2, MAY-3) bear no number. */
unsigned rule_rfc(const char *rule);

/** The catalogue's words for a rule, or NULL. */
const char *rule_summary(const char *rule);

#endif
