/* The engine as a plug-in: what `-t plugin:engine.so` loads. */
#include "harness/target.h"

const struct tcprove_stack_ops *tcprove_stack(void)
{
    return engine_stack();
}
