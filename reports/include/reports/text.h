/**
 * reports/text.h - what targets and specs wrote, made fit to be shown.
 */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include "harness/arena.h"

#include <stdbool.h>
#include <stdio.h>

/** Valid UTF-8 for a terminal: octets that are none, control characters and those that turn or hide text are escaped
 * as \n, \x1b, \u{202e}. NULL is "". */
const char *text_safe(struct arena *arena, const char *text);
/** The same of octets that need not end in a zero. */
const char *text_safe_octets(struct arena *arena, const void *octets, size_t len);

/** Valid UTF-8, nothing else asked: octets that are none become \xNN. NULL is "". */
const char *text_utf8(struct arena *arena, const char *text);

/** Columns a safe text takes, each character counted as one. */
size_t text_columns(const char *safe);

/** `n` times the character `c`. */
void text_fill(FILE *out, char c, size_t n);
/** A safe text, then blanks up to `columns`. */
void text_pad(FILE *out, const char *safe, size_t columns);

/** What a piece of text is, for its colour. */
enum style { STYLE_GOOD, STYLE_BAD, STYLE_WARN, STYLE_FAINT, STYLE_STRONG };
/** The escape sequence that begins the style, and the one that ends any; "" where colour is off. */
const char *style_begin(bool color, enum style style);
const char *style_end(bool color);

#endif
