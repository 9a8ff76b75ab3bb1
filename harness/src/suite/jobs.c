#include "harness/run.h"
#include "harness/suite.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

bool filter_matches(const char *filter, const struct spec *spec)
{
    for (size_t i = 0; i < spec->covers_count; i++) {
        if (fnmatch(filter, spec->covers[i], 0) == 0) { return true; }
    }
    bool is_pattern = strpbrk(filter, "*?[") != NULL;
    return is_pattern ? fnmatch(filter, spec->name, 0) == 0 : strstr(spec->name, filter) != NULL;
}

bool selection_has(const struct suite_selection *selection, const struct spec *spec)
{
    for (size_t i = 0; i < selection->filter_count; i++) {
        if (filter_matches(selection->filter[i], spec)) { return true; }
    }
    return selection->filter_count == 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct spec *left = *(const struct spec *const *)a, *right = *(const struct spec *const *)b;
    return strverscmp(left->name, right->name);
}

static unsigned versions_of(const struct suite_selection *selection, const struct spec *spec)
{
    return selection->ip & spec->ip & 3u;
}

struct making {
    struct suite_jobs *jobs;
    const struct suite *suite;
    const struct target *target;
};

static void add_spec(const struct making *making, const struct spec *spec, unsigned versions)
{
    struct suite_jobs *jobs = making->jobs;
    bool waits = making->target && !(making->target->abilities & TARGET_VIRTUAL_TIME);
    for (size_t cell = 0; cell < spec->cells; cell++) {
        tcpr_time waits_us = waits ? run_wait_us(making->suite, spec, cell, making->target) : 0;
        for (unsigned bit = 0; bit < 2; bit++) {
            if (!(versions >> bit & 1)) { continue; }
            jobs->job[jobs->count++] = (struct suite_job){spec, cell, bit ? 6 : 4, waits_us};
        }
    }
}

/* Neighbours, which are the cells of one table, go to different shards. */
static void keep_shard(struct suite_jobs *jobs, const struct suite_selection *selection)
{
    size_t kept = 0;
    if (selection->shards == 0) { return; }
    for (size_t i = selection->shard; i < jobs->count; i += selection->shards) {
        jobs->job[kept++] = jobs->job[i];
    }
    jobs->count = kept;
}

void suite_jobs_make(struct suite_jobs *jobs, const struct suite *suite, const struct suite_selection *selection,
                     const struct target *target)
{
    const struct making making = {jobs, suite, target};
    *jobs = (struct suite_jobs){0};
    const struct spec **spec = arena_array(&jobs->arena, suite->count + 1, sizeof *spec);
    size_t count = 0, runs = 0;
    for (size_t i = 0; i < suite->count; i++) {
        if (!selection_has(selection, suite->spec[i])) { continue; }
        spec[count++] = suite->spec[i];
        runs += 2 * suite->spec[i]->cells;
    }
    qsort(spec, count, sizeof *spec, compare_names);
    jobs->job = arena_array(&jobs->arena, runs + 1, sizeof *jobs->job);
    for (size_t i = 0; i < count; i++) {
        add_spec(&making, spec[i], versions_of(selection, spec[i]));
    }
    keep_shard(jobs, selection);
}

void suite_jobs_free(struct suite_jobs *jobs)
{
    arena_free(&jobs->arena);
    *jobs = (struct suite_jobs){0};
}
