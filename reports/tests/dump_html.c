/* Writes three reports into a folder, for the browser's test: plain.html, hostile.html and empty.html. */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct run_result *named(struct run_result *run, const char *name, const char *cell)
{
    run->name = name;
    run->cell = cell;
    return run;
}

static bool dump(const char *folder, const char *file, const struct suite_result *const *suite, size_t count)
{
    struct arena arena = {0};
    const char *path = arena_printf(&arena, "%s/%s", folder, file);
    const char *why = report_write(renderer_find("html"), path, &(struct report){.suite = suite, .count = count});
    if (why) { fprintf(stderr, "%s: %s\n", path, why); }
    arena_free(&arena);
    return why == NULL;
}

/* A run of a hundred segments, longer than a page shows at once. */
static struct run_result *long_run(const char *name)
{
    struct run_result *run = named(sample_run("", VERDICT_PASS, NULL, ""), name, "");
    run->trace.count = run->trace.capacity = 100;
    run->trace.entry = arena_array(&run->arena, run->trace.count, sizeof *run->trace.entry);
    for (uint32_t i = 0; i < run->trace.count; i++) {
        run->trace.entry[i] = (struct trace_entry){.kind = TRACE_TO_TARGET,
                                                   .at = TCPR_MS(1) * i,
                                                   .is_tcp = true,
                                                   .segment = {.seq = 100 + i, .ack = 7, .control = TCPR_PSH}};
    }
    return run;
}

/* One target that conforms, and one that fails one of the two specs and may not be asked the other. */
static bool dump_plain(const char *folder)
{
    struct run_result *good[] = {named(sample_failure(), "rfc9293/sample", "offset=1"),
                                 named(sample_run("", VERDICT_PASS, NULL, ""), "rfc9293/sample", "offset=2"),
                                 long_run("rfc5961/other")};
    good[0]->verdict = VERDICT_PASS;
    good[0]->trace.entry[6].failing = false;
    struct run_result *bad[] = {named(sample_failure(), "rfc9293/sample", "offset=1"),
                                named(sample_run("", VERDICT_SKIP, NULL, "no state"), "rfc9293/sample", "offset=2")};
    struct suite_result suite[] = {sample_suite(good, 3), sample_suite(bad, 2)};
    suite[1].target = "other (1.0)";
    bool written = dump(folder, "plain.html", (const struct suite_result *const[]){&suite[0], &suite[1]}, 2);
    for (size_t i = 0; i < 3; i++) {
        sample_free(good[i]);
    }
    sample_free(bad[0]);
    sample_free(bad[1]);
    return written;
}

int main(int argc, char **argv)
{
    if (argc != 2) { return EXIT_FAILURE; }
    struct suite_result hostile = hostile_suite(), empty = sample_suite(NULL, 0);
    bool written = dump_plain(argv[1]) &&
                   dump(argv[1], "hostile.html", (const struct suite_result *const[]){&hostile, &hostile}, 2) &&
                   dump(argv[1], "empty.html", (const struct suite_result *const[]){&empty}, 1);
    hostile_free(&hostile);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
