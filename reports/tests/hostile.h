/**
 * hostile.h - results in which every text that a spec or a target can write tries to be more than text.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "sample.h"

/** Ends elements, attributes and scripts, loads, runs, turns text around, and is no UTF-8. */
extern const char hostile_text[];

/** A failure of which every text is hostile_text. */
struct run_result *hostile_failure(void);
/** A suite of hostile runs of every verdict, on a target of that name; to be freed by hostile_free(). */
struct suite_result hostile_suite(void);
void hostile_free(struct suite_result *suite);

#endif
