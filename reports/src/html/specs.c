#include "html/parts.h"
#include "html/write.h"

#include <string.h>

/* Octets of a name in front of its last '/', which name the group. */
static int group_len(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (int)(slash - name) : 0;
}

static bool same_group(const char *a, const char *b)
{
    int len = group_len(a);
    return len == group_len(b) && !strncmp(a, b, (size_t)len);
}

static const char *standing_mark(enum html_standing standing)
{
    switch (standing) {
    case HTML_FINE: return "\u2713";
    case HTML_SKIPPED: return "\u2013";
    case HTML_KNOWN: return "~";
    case HTML_UNDECIDED: return "?";
    case HTML_UNEXPECTED: return "\u2717";
    }
    return "?";
}

static void put_counts(FILE *out, const struct html_model *model, const struct html_spec *spec, size_t target)
{
    static const enum html_standing order[] = {HTML_UNEXPECTED, HTML_UNDECIDED, HTML_KNOWN, HTML_FINE, HTML_SKIPPED};
    size_t count[HTML_STANDINGS] = {0};
    for (size_t i = 0; i < spec->rows; i++) {
        if (spec->row[i].run[target]) { count[html_standing(spec->row[i].run[target])]++; }
    }
    fprintf(out, "<span class=\"chips\" data-t=\"%zu\" title=\"", target);
    html_text(out, model->report->suite[target]->target);
    fputs("\">", out);
    for (size_t i = 0; i < HTML_STANDINGS; i++) {
        if (count[order[i]] == 0) { continue; }
        const char *name = html_standing_name(order[i]);
        fprintf(out, "<span class=\"chip s-%s\" title=\"%s\">%s %zu</span>", name, name, standing_mark(order[i]),
                count[order[i]]);
    }
    fputs("</span>", out);
}

static void put_spec(FILE *out, const struct html_model *model, size_t n)
{
    const struct html_spec *spec = &model->spec[n];
    const char *name = spec->any->name;
    fprintf(out, "<details class=\"spec\" id=\"spec-%zu\"><summary><span class=\"what\"><b>", n);
    html_text(out, name + group_len(name) + (group_len(name) > 0));
    fputs("</b> <span class=\"title\">", out);
    html_text(out, spec->any->title);
    fputs("</span></span>", out);
    for (size_t i = 0; i < model->report->count; i++) {
        put_counts(out, model, spec, i);
    }
    fputs("</summary><div class=\"body\"><p class=\"faint\">", out);
    html_text(out, spec->any->spec);
    fputs(" covers", out);
    for (size_t i = 0; i < spec->any->covers_count; i++) {
        fputc(' ', out);
        html_rule_link(out, spec->any->covers[i]);
    }
    fprintf(out, "</p><div class=\"runs\" data-spec=\"%zu\"></div></div></details>\n", n);
}

void html_specs(FILE *out, const struct html_model *model)
{
    fputs("<section id=\"specs\"><h2>Specs</h2>\n<p class=\"faint\">Runs by target: ", out);
    for (size_t i = 0; i < model->report->count; i++) {
        fputs(i ? ", then " : "", out);
        html_text(out, model->report->suite[i]->target);
    }
    fputs(".<noscript> The exchanges are drawn by a script, which is off here.</noscript></p>\n", out);
    for (size_t i = 0; i < model->specs; i++) {
        const char *name = model->spec[i].any->name;
        if (i == 0 || !same_group(model->spec[i - 1].any->name, name)) {
            struct arena arena = {0};
            fputs(i ? "</div>\n<div class=\"group\"><h3>" : "<div class=\"group\"><h3>", out);
            html_text(out, arena_copy(&arena, name, (size_t)group_len(name)));
            fputs("</h3>\n", out);
            arena_free(&arena);
        }
        put_spec(out, model, i);
    }
    fputs(model->specs ? "</div></section>\n" : "</section>\n", out);
}
