/* tree.h - YAML as a tree of nodes, each with its place. No aliases, no tags, no duplicate keys, bounded depth. */
#ifndef HARNESS_SPEC_TREE_H
#define HARNESS_SPEC_TREE_H

#include "reader.h"

enum node_kind { NODE_SCALAR = 1, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    char style;            /* of a scalar: 0 plain, ' " | > as written */
    unsigned line, column; /* from 1 */
    const char *text;      /* scalar: the value, without NUL inside */
    size_t len;
    const char *raw; /* scalar: as it stands in the file, quotes included */
    size_t raw_len;
    struct node *child, *last; /* first and last item, or key */
    struct node *next;         /* the next item or key */
    struct node *value;        /* of a key */
    unsigned count;            /* items or keys */
};

/* The file's one document, or NULL with an error noted. */
struct node *tree_read(struct reader *r);

/* The value of a key, or NULL. */
const struct node *tree_get(const struct node *mapping, const char *key);

/* Where the octet at `offset` of a scalar's value stands in the file. */
struct place tree_place(const struct reader *r, const struct node *node, size_t offset);

/* "a mapping", "a list", "text": for errors. */
const char *node_kind_name(const struct node *node);

#endif
