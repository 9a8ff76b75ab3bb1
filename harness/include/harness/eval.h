/**
 * harness/eval.h - the value of an expression of the spec language, and whether a pattern matches one.
 *
 * Numbers and times are fractions, so 1.8*(t1-t0) loses nothing; sequence numbers are whole and modulo 2^32.
 */
#ifndef HARNESS_EVAL_H
#define HARNESS_EVAL_H

#include "harness/arena.h"
#include "harness/spec.h"

struct value {
    enum value_type type; /* TYPE_ANY: not set */
    int64_t number;      /* numerator; SEQUENCE: 0 to 2^32-1; TIME: microseconds; FLAGS: bits; STATE: enum tcpr_state */
    int64_t scale;       /* denominator, at least 1 */
    const uint8_t *text; /* TEXT */
    size_t text_len;
};

struct evaluator {
    const struct spec *spec; /* for its parameters; may be NULL where there are none */
    size_t cell;
    struct value *variable; /* by the indices of the spec or fragment at hand */
    size_t variable_count;
    /** The value of a name the spec does not bind. @return false with *why: it is not known here. */
    bool (*builtin)(const void *context, enum spec_name name, struct value *out, const char **why);
    const void *context;
    const char *why; /* set whenever something here fails: one line */
};

enum matched { MATCH_YES = 1, MATCH_NO, MATCH_FAULT /* the pattern has no value here: see evaluator.why */ };

struct value value_number(int64_t number);
struct value value_sequence(uint32_t seq);
struct value value_time(tcpr_time us);

/** @return false with evaluator.why: a name without a value, an operation of unlike things, overflow, division by 0. */
bool evaluate(struct evaluator *e, const struct expr *expr, struct value *out);

/** As evaluate(), for what must be a whole number from `low` to `high`; a fraction is cut down. A sequence number
 * counts as a number. */
bool evaluate_whole(struct evaluator *e, const struct expr *expr, int64_t low, int64_t high, int64_t *out);

/** A length of time, not below 0. */
bool evaluate_time(struct evaluator *e, const struct expr *expr, tcpr_time *out);

/** Does a pattern (`*`, `?x`, `a..b`, a value) match? `?x` binds, at once. Ranges include both ends, of times only the
 * first. */
enum matched pattern_match(struct evaluator *e, const struct expr *pattern, const struct value *got);

/** -1, 0, 1; sequence numbers as they follow each other. @return false with evaluator.why: of unlike things. */
bool value_compare(struct evaluator *e, const struct value *a, const struct value *b, int *order);

/** What stands behind a parameter in this cell; any other expression itself. */
const struct expr *expr_resolved(const struct evaluator *e, const struct expr *expr);

/** True when the expression, parameters included, reads one of the names whose bits (1 << enum spec_name) are given. */
bool expr_reads(const struct evaluator *e, const struct expr *expr, unsigned names);

/** "301", "1.8", "200 ms", "SYN,ACK", "\"hello\"". */
const char *value_text(const struct value *value, struct arena *arena);

/** "snd.nxt = 301", or "301" where the source says just that. `e` may fail to know: then the source alone. */
const char *expr_text(struct evaluator *e, const struct expr *expr, struct arena *arena);

/** Control bits in words, in the order of Figure 1 read backwards: "SYN,ACK". */
const char *control_text(unsigned control, struct arena *arena);

#endif
