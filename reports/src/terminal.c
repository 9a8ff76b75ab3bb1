#include "terminal.h"

#include "failure.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

/* What needs a reader's attention, or all when explained. */
static bool is_told_in_full(const struct run_result *run, const struct report *report)
{
    bool undecided = run->verdict == VERDICT_INCONCLUSIVE && !run->expectation;
    bool expected = run->expectation && report->verbose;
    return report->explain || run_is_unexpected(run) || undecided || expected;
}

static enum style verdict_style(const struct run_result *run)
{
    if (run_is_unexpected(run)) { return STYLE_BAD; }
    return run->verdict == VERDICT_PASS ? STYLE_GOOD : STYLE_WARN;
}

static void write_line(FILE *out, struct arena *arena, const struct run_result *run, bool color)
{
    fprintf(out, "  %s%-12s%s  %s", style_begin(color, verdict_style(run)), verdict_name(run->verdict),
            style_end(color), run_title(arena, run));
    const char *reason = run->reason && *run->reason ? run->reason : run->expectation;
    fprintf(out, "%s%s\n", reason ? ": " : "", text_safe(arena, reason));
}

static void write_all(FILE *out, struct arena *arena, const struct suite_result *suite, const struct report *report)
{
    for (size_t i = 0; i < suite->count; i++) {
        write_line(out, arena, suite->run[i], report->color);
    }
    fputs(suite->count ? "\n" : "", out);
}

static void write_expected(FILE *out, struct arena *arena, const struct suite_result *suite)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct run_result *run = suite->run[i];
        if (!run->expectation || run_is_unexpected(run)) { continue; }
        if (count++ == 0) { fputs("As expected, otherwise than the rule asks:\n", out); }
        fprintf(out, "  %s: %s: %s\n", run_title(arena, run), text_safe(arena, run->rule ? run->rule : "monitor"),
                text_safe(arena, run->expectation));
    }
    fputs(count ? "\n" : "", out);
}

/* "rfc9293/... IPv4: 9 pass, 1 fail" */
static void write_flaky(FILE *out, struct arena *arena, const struct suite_result *suite)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct run_result *run = suite->run[i];
        const char *between = ": ";
        if (!run_is_flaky(run)) { continue; }
        if (count++ == 0) { fputs("Flaky, repetitions came to different verdicts:\n", out); }
        fprintf(out, "  %s", run_title(arena, run));
        for (unsigned v = 0; v < VERDICTS; v++) {
            if (run->repeated[v] == 0) { continue; }
            fprintf(out, "%s%u %s", between, run->repeated[v], verdict_name((enum verdict)v));
            between = ", ";
        }
        fputc('\n', out);
    }
    fputs(count ? "\n" : "", out);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Many runs are skipped for few reasons. */
static void write_skips(FILE *out, struct arena *arena, const struct suite_result *suite)
{
    const char **reason = arena_array(arena, suite->count + 1, sizeof *reason);
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        if (suite->run[i]->verdict == VERDICT_SKIP) { reason[count++] = text_safe(arena, suite->run[i]->reason); }
    }
    if (count == 0) { return; }
    qsort(reason, count, sizeof *reason, compare_text);
    fputs("Skipped:\n", out);
    for (size_t i = 0, same = 1; i < count; i += same) {
        for (same = 1; i + same < count && !strcmp(reason[i], reason[i + same]); same++) {}
        fprintf(out, "  %4zu  %s\n", same, *reason[i] ? reason[i] : "for no reason given");
    }
    fputc('\n', out);
}

static void write_details(FILE *out, const struct suite_result *suite, const struct report *report)
{
    for (size_t i = 0; i < suite->count; i++) {
        if (is_told_in_full(suite->run[i], report)) { failure_write(out, suite->run[i], report); }
    }
}

static void write_target(FILE *out, const struct suite_result *suite, const struct report *report)
{
    struct arena arena = {0};
    if (!report->quiet) {
        const char *profile = text_safe(&arena, suite->profile);
        fprintf(out, "%s%s%s%s%s\n\n", style_begin(report->color, STYLE_STRONG), text_safe(&arena, suite->target),
                style_end(report->color), *profile ? ", profile " : "", profile);
        write_details(out, suite, report);
        if (report->verbose) { write_all(out, &arena, suite, report); }
        if (!report->verbose) { write_expected(out, &arena, suite); }
        write_flaky(out, &arena, suite);
        write_skips(out, &arena, suite);
    }
    summary_write(out, suite, report);
    arena_free(&arena);
}

bool terminal_render(FILE *out, const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (i > 0 && !report->quiet) { fputc('\n', out); }
        write_target(out, report->suite[i], report);
    }
    return !ferror(out);
}
