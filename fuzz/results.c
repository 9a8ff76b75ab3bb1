/*
 * What earlier runs found, as `tcprove rules --results FILE` reads it: any octets are a report or are complained of,
 * and what was read has no holes.
 */
#define _GNU_SOURCE /* memfd_create */
#include "cli/results.h"

#include "cli/command.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned complaints;

void complain(const char *format, ...)
{
    (void)format;
    complaints++;
}

/* A file that is only in memory, the same at each run. */
static const char *file_of(const uint8_t *octets, size_t len)
{
    static int file = -1;
    static char path[64];
    if (file < 0) {
        file = memfd_create("results", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, octets, len, 0) != (ssize_t)len) { abort(); }
    return path;
}

static void look(const struct results *results, struct digest *digest)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct result_target *target = &results->target[i];
        fuzz_require(target->name != NULL, "a target without a name");
        for (size_t k = 0; k < target->count; k++) {
            fuzz_require(target->rule[k].rule && target->rule[k].status, "a rule without a verdict");
            const struct result_rule *found = results_find(target, target->rule[k].rule);
            fuzz_require(found != NULL && !strcmp(found->rule, target->rule[k].rule), "a rule that is not found");
            digest_add(digest, found->status, strlen(found->status));
        }
    }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct arena arena = {0};
    struct results results = {0};
    complaints = 0;
    bool good = results_read(&arena, file_of(octets, len), &results);
    fuzz_require(good == (complaints == 0), "a complaint and success, or neither");
    if (good) { look(&results, digest); }
    digest_add(digest, &good, sizeof good);
    arena_free(&arena);
}
