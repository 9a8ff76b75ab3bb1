/* step.h - from nodes to steps. */
#ifndef HARNESS_SPEC_STEP_H
#define HARNESS_SPEC_STEP_H

#include "notation.h"

struct steps {
    const struct step *step;
    size_t count;
};

/* A list of steps. false: at least one error is noted; the good ones are there all the same. */
bool steps_read(struct reader *r, const struct node *list, struct steps *out);

/* call.c: `send "hello"`, `set keepalive-idle 5 s`. */
bool call_read(struct reader *r, const struct node *node, struct step *out);
/* call.c: `text "hello"`, `accepted`. */
bool event_read(struct reader *r, const struct node *node, struct step *out);
bool no_event_read(struct reader *r, const struct node *node, struct step *out);

/* verbs.c: one function a verb. */
typedef bool read_verb(struct reader *r, const struct node *value, struct step *out);
read_verb read_inject, read_raw, read_expect, read_expect_text, read_silence, read_state, read_advance, read_acked,
    read_auto_ack, read_fence, read_check;

/* A rule of the catalogue, or NULL with the error noted. */
const char *rule_read(struct reader *r, const struct node *node);
/* A scalar's text, or NULL with the error noted: `what` belongs there. */
const char *text_read(struct reader *r, const struct node *node, const char *what);
/* on, off, true, false, yes, no. false: none of them, and the error is noted. */
bool switch_read(struct reader *r, const struct node *node, bool *on);
/* A state by name, or -1 with the error noted. */
int state_read(struct reader *r, const struct node *node);
/* "{state}" of type STATE, when the scalar begins like one; else NULL without an error. */
bool is_parameter(const struct node *node);
/* Text to be sent, read or seen, or how much: at the cursor, to its end. */
bool amount_read(struct cursor *c, struct step *out);

#endif
