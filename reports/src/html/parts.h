/**
 * html/parts.h - the parts of the page, in its order. All but the last are markup that needs no script.
 */
#ifndef REPORTS_HTML_PARTS_H
#define REPORTS_HTML_PARTS_H

#include "html/model.h"

/** A card a target: what it is, its outcome, its runs by verdict. */
void html_targets(FILE *out, const struct html_model *model);
/** Rules by RFC and level, kept of all that the catalogue has. */
void html_summary(FILE *out, const struct html_model *model);
/** What is otherwise than the rules ask: unexpected, undecided, known; then why runs were skipped. */
void html_attention(FILE *out, const struct html_model *model);
/** Every rule, with its verdict by target. */
void html_rules(FILE *out, const struct html_model *model);
/** Every spec, with its verdicts by target; the script fills in runs and ladders. */
void html_specs(FILE *out, const struct html_model *model);
/** Every run with its trace, as JSON for the script (docs/reports.md). */
void html_data(FILE *out, const struct html_model *model);

#endif
