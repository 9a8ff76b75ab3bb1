#include "harness/arena.h"
#include "reports/report.h"
#include "reports/text.h"

void progress_show(FILE *out, const struct progress *progress, bool color)
{
    struct arena arena = {0};
    fprintf(out, "\r\033[K%s: ", text_safe(&arena, progress->target));
    if (progress->repetitions > 1) { fprintf(out, "time %u of %u, ", progress->repetition, progress->repetitions); }
    fprintf(out, "%zu/%zu", progress->done, progress->total);
    if (progress->unexpected) {
        fprintf(out, ", %s%zu unexpected%s", style_begin(color, STYLE_BAD), progress->unexpected, style_end(color));
    }
    if (progress->running) { fprintf(out, ", %zu running", progress->running); }
    fprintf(out, ", %.0f s", progress->elapsed_s);
    fflush(out);
    arena_free(&arena);
}

void progress_clear(FILE *out)
{
    fputs("\r\033[K", out);
    fflush(out);
}
