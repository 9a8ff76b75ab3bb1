/**
 * json.h - results for machines: reports/schema.json says what stands where.
 */
#ifndef REPORTS_JSON_H
#define REPORTS_JSON_H

#include "reports/report.h"

/** One object; each run on a line of its own, so that large reports can be streamed and compared. */
bool json_render(FILE *out, const struct report *report);

#endif
