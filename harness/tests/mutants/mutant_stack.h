/* The engine with a planted bug as a stack behind tcprove/stack.h. The harness around it uses the same code unharmed.
 */
#ifndef MUTANT_STACK_H
#define MUTANT_STACK_H

#include "mutants.h"
#include "tcprove/stack.h"

/** Which bug the stack has from now on. Not for two threads. */
void mutant_set(enum tcpr_mutant_number number);

const struct tcprove_stack_ops *mutant_stack(void);

#endif
