/* expr.h - the parser of expressions and patterns: a cursor over one scalar of the file. */
#ifndef HARNESS_SPEC_EXPR_H
#define HARNESS_SPEC_EXPR_H

#include "tree.h"

/* What may stand at a place. */
enum pattern_use {
    VALUE_ONLY = 0,
    RANGE_ALLOWED, /* a..b too */
    PATTERN        /* *, ?x and a..b too */
};

struct cursor {
    struct reader *r;
    const struct node *node;
    const char *at;  /* the next octet; a NUL ends the text */
    unsigned depth;  /* of parentheses and signs */
    unsigned height; /* of the tree built last */
};

struct cursor cursor_begin(struct reader *r, const struct node *node);
struct place cursor_place(const struct cursor *c);
void cursor_blanks(struct cursor *c);
bool cursor_end(struct cursor *c); /* nothing is left but blanks */
/* Passes the text if it is what comes next. */
bool cursor_take(struct cursor *c, const char *text);
/* Passes a word of letters, digits and the further characters given; NULL when none is there. */
const char *cursor_word(struct cursor *c, const char *further);
/* What stands here, for errors: "'+ 1'" or "the end". */
const char *cursor_shown(const struct cursor *c);
void error_cursor(const struct cursor *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Parse what stands at the cursor and hold it to a type. TYPE_ANY asks for none; SEQUENCE and NUMBER stand for each
 * other. @return NULL with the error noted.
 */
const struct expr *expr_parse(struct cursor *c, enum pattern_use use, enum value_type type);
/* {name} at the cursor, and nothing behind it. */
const struct expr *expr_parse_parameter(struct cursor *c, enum value_type type);
/* A whole scalar. */
const struct expr *expr_read(struct reader *r, const struct node *node, enum pattern_use use, enum value_type type);
/* "..." at the cursor. */
const struct expr *expr_parse_text(struct cursor *c);
/* SYN,ACK or none, at the cursor. */
const struct expr *expr_parse_flags(struct cursor *c);
/* True when all of the text up to its end, or to '>', is control bits. */
bool flags_ahead(const struct cursor *c);
/* A constant made by the reader: on, off ... */
const struct expr *expr_constant(struct reader *r, struct place at, enum expr_kind kind, int64_t number,
                                 const char *source);

/* ?x for `at:`, bound with the type. */
const struct expr *expr_read_bind(struct reader *r, const struct node *node, enum value_type type);
/* The variable that a key of `let` names, made where there is none. VARIABLES_MAX with the error noted. */
unsigned variable_named(struct reader *r, const struct node *key);
/* Give a variable its type. false: it has another; the error is noted. */
bool variable_bind(struct reader *r, struct place at, unsigned variable, enum value_type type);

/* types.c */
const char *type_name(enum value_type type); /* "a time" */
bool type_fits(enum value_type have, enum value_type wanted);
/* The type of left op right; false: there is none, with *why. */
bool type_of_operation(enum expr_kind op, enum value_type left, enum value_type right, enum value_type *out,
                       const char **why);

/* names.c */
enum spec_name builtin_of(const char *name);
enum value_type builtin_type(enum spec_name name);
bool name_is_reserved(const char *name); /* unit or word of the language */
/* The known name that an unknown one is near to, or NULL. */
const char *nearest_name(const struct reader *r, const char *name);
/* The bit of a control, or 0. */
unsigned control_bit(const char *word, size_t len);
/* Microseconds of a unit of time, or 0. */
int64_t unit_us(const char *word);
/* The state of that name, or -1. */
int state_of(const char *name);
const char *meant_state(struct reader *r, const char *name);

#endif
