/**
 * virtual.h - where the hosts of a target in virtual time come from.
 */
#ifndef TARGET_VIRTUAL_H
#define TARGET_VIRTUAL_H

#include "harness/target.h"

/** Makes hosts that are used through `ops`, all but ops->create. */
struct stack_source {
    const struct tcprove_stack_ops *ops;
    struct tcprove_stack *(*make)(void *context, const struct tcprove_setup *setup, const struct tcprove_host *host,
                                  const char **why);
    /** @return why the host cannot go on, NULL when it can. */
    const char *(*fault)(const struct tcprove_stack *stack);
    void (*release)(void *context);
    void *context;
};

/** What of tcprove/stack.h is missing in these operations; NULL: nothing. */
const char *stack_ops_fault(const struct tcprove_stack_ops *ops);

/** A target over such a source, which it releases in the end. */
struct target *target_virtual_from(const struct stack_source *source, const char *kind);

#endif
