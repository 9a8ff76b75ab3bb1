/**
 * html/strings.h - texts that occur often, kept once: a run's text is a number into one table.
 */
#ifndef REPORTS_HTML_STRINGS_H
#define REPORTS_HTML_STRINGS_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

struct html_strings {
    json_t *index; /* text -> number */
    json_t *list;
};

/** With "" as number 0. */
void html_strings_make(struct html_strings *strings);
void html_strings_free(struct html_strings *strings);

/** The number of a text, made safe as text_safe() does; NULL is "". */
size_t html_string(struct html_strings *strings, const char *text);

/** A JSON array that may stand in a script element: no '<' is left in it. */
void html_strings_write(FILE *out, const struct html_strings *strings);

#endif
