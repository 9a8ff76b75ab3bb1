/* The engine's hook: an assertion of the engine failed inside tcprove. */
#include "tcprove/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void tcpr_assertion_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr,
            "tcprove: the engine's assertion failed at %s:%d: %s\nThis is a bug of tcprove; please report it.\n", file,
            line, condition);
    abort();
}
