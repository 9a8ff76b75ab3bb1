#include "targets.h"

#include "command.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#define LIVE_LANES 32u

static unsigned cpus(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

#define WHY_MAX 256u
#define HASTE (-10) /* of nice values */

/* The tester's threads wait for most of the time, and then must not be late. Where the system refuses, they may be. */
static void hasten(void)
{
    (void)setpriority(PRIO_PROCESS, 0, HASTE);
}

static struct target *open_remote(const struct target_wanted *wanted, const struct run_arguments *arguments,
                                  struct arena *arena, const char **why)
{
    char *reason = arena_alloc(arena, WHY_MAX);
    struct remote_options options = arguments->remote;
    options.target = wanted->address;
    options.lanes = arguments->jobs;
    *why = reason;
    hasten();
    return target_remote_open(&options, reason, WHY_MAX);
}

static struct target *open_plugin(const char *file, struct arena *arena, const char **why)
{
    char *reason = arena_alloc(arena, WHY_MAX);
    *why = reason;
    return target_plugin_open(file, reason, WHY_MAX);
}

static struct target *open_kind(const struct target_wanted *wanted, const struct run_arguments *arguments,
                                struct arena *arena, const char **why)
{
    switch (wanted->kind) {
    case KIND_ENGINE: return target_virtual_open(engine_stack(), target_kind_names[wanted->kind], why);
    case KIND_REMOTE: return open_remote(wanted, arguments, arena, why);
    case KIND_PLUGIN: return open_plugin(wanted->file, arena, why);
    case KIND_KERNEL:
        hasten();
        return target_kernel_open(arguments->jobs ? arguments->jobs : LIVE_LANES, arguments->profile, why);
    }
    return NULL;
}

bool run_target_open(struct run_target *out, struct arena *arena, const struct target_wanted *wanted,
                     const struct run_arguments *arguments)
{
    const char *why = "no reason given";
    *out = (struct run_target){.file_name = target_file_name(arena, wanted),
                               .target = open_kind(wanted, arguments, arena, &why)};
    if (!out->target) {
        complain("target %s cannot be set up here: %s", wanted->word, why);
        return false;
    }
    bool is_virtual = out->target->abilities & TARGET_VIRTUAL_TIME;
    unsigned jobs = arguments->jobs ? arguments->jobs : is_virtual ? cpus() : LIVE_LANES;
    out->jobs = jobs < out->target->lanes_max ? jobs : out->target->lanes_max;
    out->title = arena_printf(arena, "%s (%s)", out->target->kind, out->target->name);
    return true;
}

void run_target_close(struct run_target *target)
{
    if (target->target) { target->target->ops->destroy(target->target); }
    target->target = NULL;
}
