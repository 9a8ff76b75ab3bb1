#include "targets.h"

#include "command.h"

#include <sched.h>
#include <stdlib.h>

#define LIVE_LANES 32u

static unsigned cpus(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

static struct target *open_kind(enum target_kind kind, const struct run_arguments *arguments, const char **why)
{
    switch (kind) {
    case KIND_ENGINE: return target_virtual_open(engine_stack(), target_kind_names[kind], why);
    case KIND_KERNEL:
        return target_kernel_open(arguments->jobs ? arguments->jobs : LIVE_LANES, arguments->profile, why);
    }
    return NULL;
}

bool run_target_open(struct run_target *out, struct arena *arena, enum target_kind kind,
                     const struct run_arguments *arguments)
{
    const char *why = "no reason given";
    *out = (struct run_target){.kind = kind, .target = open_kind(kind, arguments, &why)};
    if (!out->target) {
        complain("target %s cannot be set up here: %s", target_kind_names[kind], why);
        return false;
    }
    bool is_virtual = out->target->abilities & TARGET_VIRTUAL_TIME;
    unsigned wanted = arguments->jobs ? arguments->jobs : is_virtual ? cpus() : LIVE_LANES;
    out->jobs = wanted < out->target->lanes_max ? wanted : out->target->lanes_max;
    out->title = arena_printf(arena, "%s (%s)", out->target->kind, out->target->name);
    return true;
}

void run_target_close(struct run_target *target)
{
    if (target->target) { target->target->ops->destroy(target->target); }
    target->target = NULL;
}
