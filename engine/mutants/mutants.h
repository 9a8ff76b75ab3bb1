/**
 * mutants.h - the bugs planted in the engine, one a line of mutants.def, and which of them it has now.
 *
 * For the build with TCPR_MUTANTS alone (engine/src/mutant.h); docs/mutants.md tells what they are for.
 */
#ifndef TCPR_MUTANTS_H
#define TCPR_MUTANTS_H

#ifdef __cplusplus
extern "C" {
#endif

#define MUTANT(name, bug, model, rule, text) TCPR_MUTANT_##name,
enum tcpr_mutant_number {
    TCPR_MUTANT_none = 0, /* the engine as it ships */
#include "mutants.def"
    TCPR_MUTANTS_END
};
#undef MUTANT

struct tcpr_mutant_entry {
    const char *name;
    const char *bug;   /* its id in specs/catalogue/bugs.md */
    const char *model; /* the stack or CVE it is modelled on */
    const char *rule;  /* that it breaks */
    const char *text;  /* what the engine then does */
};

/** By enum tcpr_mutant_number; the first is "none". */
extern const struct tcpr_mutant_entry tcpr_mutants[TCPR_MUTANTS_END];

/** Which bug the engine has; set between two calls of it. */
extern enum tcpr_mutant_number tcpr_mutant;

/** Assertions of the engine that have failed since the start. */
extern unsigned tcpr_mutant_assertions;

/** What an assertion calls in this build: counts, and returns. */
void tcpr_mutant_asserted(const char *condition, const char *file, int line);

#ifdef __cplusplus
}
#endif
#endif
