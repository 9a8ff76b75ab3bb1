#include "harness/check.h"

size_t check_trace(const struct trace *trace, struct arena *arena, struct finding **finding)
{
    (void)trace;
    (void)arena;
    *finding = NULL;
    return 0;
}
