/* The engine's hook for its own tests and benchmarks. */
#include "tcprove/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void tcpr_assertion_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}
