/**
 * html/write.h - text into a page: whatever a spec or a target wrote is text there and nothing else.
 */
#ifndef REPORTS_HTML_WRITE_H
#define REPORTS_HTML_WRITE_H

#include "harness/result.h"

#include <stdio.h>

/** Text of an element or of a quoted attribute: safe as text_safe() makes it, and no character of markup. NULL is "".
 */
void html_text(FILE *out, const char *text);

/** One word for how a run counts in the page: its verdict, "known" where an expectation names it, "unexpected". */
enum html_standing { HTML_FINE, HTML_SKIPPED, HTML_KNOWN, HTML_UNDECIDED, HTML_UNEXPECTED };
#define HTML_STANDINGS 5
enum html_standing html_standing(const struct run_result *run);
/** "fine", "known" ... : also the classes of the style sheet. */
const char *html_standing_name(enum html_standing standing);

/** A rule's id as a link to its row. */
void html_rule_link(FILE *out, const char *rule);

#endif
