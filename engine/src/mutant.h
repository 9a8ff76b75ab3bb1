/*
 * The one place of the planted bugs (docs/mutants.md). What ships knows nothing of them: TCPR_MUTANT is `right` and
 * no more, which a test proves octet by octet. Built with TCPR_MUTANTS, the engine holds every bug of mutants.def at
 * once, and tcpr_mutant says which of them it has.
 */
#ifndef TCPR_MUTANT_H
#define TCPR_MUTANT_H

#ifdef TCPR_MUTANTS
#include "../mutants/mutants.h"
#define TCPR_MUTANT(name, right, wrong) (tcpr_mutant == TCPR_MUTANT_##name ? (wrong) : (right))
#define TCPR_IS_MUTANT (tcpr_mutant != TCPR_MUTANT_none)
#define TCPR_ASSERTION_FAILED tcpr_mutant_asserted /* no other stack would stop here, so the bug goes on */
#else
#define TCPR_MUTANT(name, right, wrong) (right)
#define TCPR_IS_MUTANT false
#define TCPR_ASSERTION_FAILED tcpr_assertion_failed
#endif

#endif
