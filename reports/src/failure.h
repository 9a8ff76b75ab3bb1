/**
 * failure.h - one run told in full: what was asked, which rule, expected against got, the exchange.
 */
#ifndef REPORTS_FAILURE_H
#define REPORTS_FAILURE_H

#include "reports/report.h"

/** "rfc9293/3.5-establishing/three-way [offset=1] IPv6" */
const char *run_title(struct arena *arena, const struct run_result *run);

/** Heading, rule, place, expected against got with the first difference marked, findings, ladder. */
void failure_write(FILE *out, const struct run_result *run, const struct report *report);

/** "name  text", the text broken between words and hung below its beginning. */
void write_labelled(FILE *out, const char *name, const char *text);

#endif
