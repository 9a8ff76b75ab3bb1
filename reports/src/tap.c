#include "tap.h"

#include "failure.h"
#include "outcome.h"
#include "reports/text.h"

#include <string.h>

/* '#' begins a directive and '\' escapes it. */
static void write_text(FILE *out, const char *safe)
{
    for (; *safe; safe++) {
        if (*safe == '#' || *safe == '\\') { fputc('\\', out); }
        fputc(*safe, out);
    }
}

static void write_run(FILE *out, const struct suite_result *suite, const struct run_result *run, size_t number)
{
    struct arena arena = {0};
    enum outcome outcome = outcome_of(run);
    bool ok = outcome == OUTCOME_PASSED || outcome == OUTCOME_SKIPPED;
    fprintf(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    write_text(out, arena_printf(&arena, "%s: %s", text_safe(&arena, suite->target), run_title(&arena, run)));
    if (outcome == OUTCOME_FAILED || outcome == OUTCOME_ERROR) {
        fprintf(out, "\n# %s: %s", outcome_kind(run), outcome_reason(&arena, run));
    } else if (outcome == OUTCOME_SKIPPED) {
        fprintf(out, " # SKIP %s: ", outcome_kind(run));
        write_text(out, outcome_reason(&arena, run));
    }
    fputc('\n', out);
    arena_free(&arena);
}

bool tap_render(FILE *out, const struct report *report)
{
    size_t count = 0, number = 0;
    for (size_t i = 0; i < report->count; i++) {
        count += report->suite[i]->count;
    }
    fprintf(out, "TAP version 14\n1..%zu\n", count);
    for (size_t i = 0; i < report->count; i++) {
        for (size_t run = 0; run < report->suite[i]->count; run++) {
            write_run(out, report->suite[i], report->suite[i]->run[run], ++number);
        }
    }
    return !ferror(out);
}
