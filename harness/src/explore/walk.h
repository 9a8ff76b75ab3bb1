/* walk.h - the search from the inside. */
#ifndef EXPLORE_WALK_H
#define EXPLORE_WALK_H

#include "harness/explore.h"

/* Segments a connection may owe after one input. Text queued by the inputs of one path fits in as many. */
#define OWED_MAX 64u

/* A connection at a point of its own time. */
struct walker {
    const struct tcpr_config *config;
    struct tcpr_conn conn;
    tcpr_time now;
    struct tcpr_effects fx; /* of the last input */
    const char *fault;      /* what the last step did wrong, or NULL */
};

/* ---- inputs.c ---- */

unsigned inputs_count(void);
/* Give an input and pull what is owed. @return false: it means nothing here, nothing was done. */
bool input_apply(struct walker *walker, unsigned input);

/* ---- close.c ---- */

/* Close the connection in good order with a peer that plays along. @return false: it is not in CLOSED in the end. */
bool closes_in_good_order(struct walker walker);

/* ---- pull.c ---- */

/* Take every segment owed; sets `fault` where they do not end. */
void walker_pull(struct walker *walker);
/* A segment of the peer, complete but for ports and header length; then pull. */
void walker_arrives(struct walker *walker, struct tcpr_segment seg);
/* Let the next timer fire, then pull. @return false: none runs. */
bool walker_time(struct walker *walker);

/* ---- seen.c: the connections reached ---- */

struct node {
    struct tcpr_conn conn;
    tcpr_time now;
    uint32_t parent; /* index; its own for the first */
    uint8_t input;   /* that led here from the parent */
    uint8_t depth;
};

struct seen {
    struct node *node;
    size_t count, max;
    uint32_t *slot; /* index + 1, open addressing */
    size_t slots;   /* a power of two */
};

void seen_open(struct seen *seen, size_t max);
void seen_close(struct seen *seen);
/* Add a connection. @return false: it is there already, or there is no room (*full). */
bool seen_add(struct seen *seen, const struct node *node, bool *full);

#endif
