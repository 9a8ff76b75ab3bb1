/**
 * tap.h - results in the Test Anything Protocol, version 14: a line a run, numbered through all targets.
 */
#ifndef REPORTS_TAP_H
#define REPORTS_TAP_H

#include "reports/report.h"

/** What an expectation names is a skip, with its reason; so is what was not asked. */
bool tap_render(FILE *out, const struct report *report);

#endif
