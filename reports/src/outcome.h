/**
 * outcome.h - a run's verdict in the few words that other tools' formats know.
 */
#ifndef REPORTS_OUTCOME_H
#define REPORTS_OUTCOME_H

#include "reports/report.h"

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED, OUTCOME_ERROR };

/** Nothing but a pass counts as passed: what an expectation names, and what was not asked, is skipped. */
enum outcome outcome_of(const struct run_result *run);

/** What kind of it, in a word or two: "fail", "unexpected pass", "known deviation", "monitor". */
const char *outcome_kind(const struct run_result *run);

/** The rule that decided, the monitor's where it did; NULL where none did. */
const char *outcome_rule(const struct run_result *run);

/** Why, in one line. */
const char *outcome_reason(struct arena *arena, const struct run_result *run);

#endif
