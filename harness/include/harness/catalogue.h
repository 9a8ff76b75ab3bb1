/**
 * harness/catalogue.h - the rules of specs/catalogue/requirements.tsv, compiled in.
 */
#ifndef HARNESS_CATALOGUE_H
#define HARNESS_CATALOGUE_H

#include "harness/result.h"

/** Where a rule can be seen to be kept. */
enum rule_observable {
    OBSERVABLE_WIRE = 1, /* in packets alone, against any open port */
    OBSERVABLE_WIRE_APP, /* with a controlled application */
    OBSERVABLE_APP,
    OBSERVABLE_INTERNAL,
    OBSERVABLE_NONE /* n/a */
};

/** One row. */
struct catalogue_rule {
    const char *id;         /* "MUST-58", "RFC5961-3.2-1" */
    const char *section;    /* "3.10.7.4" */
    const char *level_text; /* as in the catalogue: "MUST NOT", "RECOMMENDED", "stated" ... */
    const char *party;      /* "both", "sender" ... */
    const char *summary;
    const char *undecided; /* why tcprove cannot decide it as it is, or NULL */
    unsigned rfc;
    enum rule_level level; /* MUST NOT counts as MUST, RECOMMENDED as SHOULD */
    enum rule_observable observable;
};

/** Whether tcprove can decide it, on some target. */
bool catalogue_is_decidable(const struct catalogue_rule *rule);

/** All rules, in the catalogue's order. */
const struct catalogue_rule *catalogue_rules(size_t *count);

/** The rule of that id, or NULL. */
const struct catalogue_rule *catalogue_find(const char *id);

/** The id nearest to one that does not exist, or NULL when none is near. */
const char *catalogue_nearest(const char *id);

#endif
