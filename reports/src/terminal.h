/**
 * terminal.h - the report for people.
 */
#ifndef REPORTS_TERMINAL_H
#define REPORTS_TERMINAL_H

#include "reports/report.h"

/** A section a target: what needs attention in full, the rest in lists, then the sums, the outcome last. */
bool terminal_render(FILE *out, const struct report *report);

/** The sums of one target: by verdict, by RFC, and the last line. */
void summary_write(FILE *out, const struct suite_result *suite, const struct report *report);

#endif
