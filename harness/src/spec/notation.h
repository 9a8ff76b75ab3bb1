/* notation.h - segments as the RFC writes them: <SEQ=100><CTL=SYN>; and ICMP(3,4) MTU=600. */
#ifndef HARNESS_SPEC_NOTATION_H
#define HARNESS_SPEC_NOTATION_H

#include "expr.h"

/* A whole scalar. false: an error is noted. */
bool notation_read(struct reader *r, const struct node *node, bool expect, struct notation *out);
const struct icmp_notation *icmp_read(struct reader *r, const struct node *node);
/* Octets in hex, blanks between them. NULL with the error noted. */
const uint8_t *hex_read(struct reader *r, const struct node *node, size_t *len);
/* Hex up to `end`; nothing at all is allowed. */
bool hex_parse(struct cursor *c, char end, const uint8_t **octets, size_t *len);

/* fields.c: what is known of a field. */
enum field_shape {
    SHAPE_VALUE,
    SHAPE_FLAGS,
    SHAPE_PAIR,
    SHAPE_PAIRS,
    SHAPE_OPTION,
    SHAPE_BARE,
    SHAPE_TEXT,
    SHAPE_CSUM,
    SHAPE_ADDRESS,
    SHAPE_ECN,
    SHAPE_HEX
};
struct field_form {
    const char *name;
    enum field_kind kind;
    enum field_shape shape;
    enum value_type type;
    bool in_inject, in_expect;
    bool none;     /* =none is allowed */
    bool repeated; /* may stand more than once */
    int64_t most;  /* the largest number that fits */
};
const struct field_form *field_form_of(const char *name);
const char *meant_field(struct reader *r, const char *name, bool expect);

#endif
