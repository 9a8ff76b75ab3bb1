/**
 * html/html.h - one file for people: sums, verdicts by rule, every exchange drawn, several targets side by side.
 */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/report.h"

/** The renderer "html". The file loads nothing, and its policy forbids what is not its own style and script. */
bool html_render(FILE *out, const struct report *report);

#endif
