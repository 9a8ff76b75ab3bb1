/* What a reader came for: the runs that are otherwise than the rules ask, those alike put together. */
#include "html/parts.h"
#include "html/write.h"
#include "outcome.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

/* Runs of one spec on one target that differ in one way. */
struct matter {
    const struct run_result *run; /* the first */
    size_t spec, row, target, runs;
    const char *kind, *rule;
};

struct matters {
    struct matter *matter;
    size_t count;
};

static bool is_alike(const struct matter *matter, const struct matter *other)
{
    bool same_rule = matter->rule && other->rule ? !strcmp(matter->rule, other->rule) : matter->rule == other->rule;
    return matter->spec == other->spec && matter->target == other->target && same_rule &&
           !strcmp(matter->kind, other->kind);
}

static void add(struct matters *matters, const struct matter *matter)
{
    for (size_t i = matters->count; i > 0 && matters->matter[i - 1].spec == matter->spec; i--) {
        if (!is_alike(&matters->matter[i - 1], matter)) { continue; }
        matters->matter[i - 1].runs++;
        return;
    }
    matters->matter[matters->count++] = *matter;
}

static void gather_row(struct matters *matters, const struct html_model *model, size_t spec, size_t row,
                       enum html_standing standing)
{
    for (size_t target = 0; target < model->report->count; target++) {
        const struct run_result *run = model->spec[spec].row[row].run[target];
        if (!run || html_standing(run) != standing) { continue; }
        const struct matter matter = {run, spec, row, target, 1, outcome_kind(run), outcome_rule(run)};
        add(matters, &matter);
    }
}

/* What a MUST is broken by comes first, what a SHOULD or a MAY leaves open last. */
static unsigned urgency(const struct matter *matter)
{
    switch (matter->run->verdict) {
    case VERDICT_FAIL: return 0;
    case VERDICT_PASS: return 1; /* the monitor's finding, or an expectation that no longer holds */
    case VERDICT_ERROR: return 2;
    case VERDICT_DEVIATION: return 3;
    case VERDICT_INCONCLUSIVE:
    case VERDICT_SKIP: return 4;
    }
    return 4;
}

static int compare_matters(const void *a, const void *b)
{
    const struct matter *left = a, *right = b;
    if (urgency(left) != urgency(right)) { return urgency(left) < urgency(right) ? -1 : 1; }
    if (left->spec != right->spec) { return left->spec < right->spec ? -1 : 1; }
    if (left->row != right->row) { return left->row < right->row ? -1 : 1; }
    return left->target < right->target ? -1 : left->target > right->target;
}

static struct matters gather(struct arena *arena, const struct html_model *model, enum html_standing standing)
{
    size_t rows = 0;
    for (size_t i = 0; i < model->specs; i++) {
        rows += model->spec[i].rows;
    }
    struct matters matters = {arena_array(arena, rows * model->report->count + 1, sizeof *matters.matter), 0};
    for (size_t i = 0; i < model->specs; i++) {
        for (size_t j = 0; j < model->spec[i].rows; j++) {
            gather_row(&matters, model, i, j, standing);
        }
    }
    if (matters.count > 1) { qsort(matters.matter, matters.count, sizeof *matters.matter, compare_matters); }
    return matters;
}

static void put_labelled(FILE *out, const char *label, const char *text)
{
    if (!text || !*text) { return; }
    fprintf(out, "<dt>%s</dt><dd>", label);
    html_text(out, text);
    fputs("</dd>", out);
}

static void put_rule(FILE *out, const char *rule)
{
    if (!rule) { return; }
    fputs("<dt>rule</dt><dd>", out);
    html_rule_link(out, rule);
    const struct catalogue_rule *entry = catalogue_find(rule);
    if (entry) {
        fprintf(out, " <span class=\"level\">%s</span> ", rule_level_name(entry->level));
        html_text(out, entry->summary);
    }
    fputs("</dd>", out);
}

static void put_place(FILE *out, const struct run_result *run)
{
    if (!run->file || run->line == 0) { return; }
    fputs("<dt>at</dt><dd><code>", out);
    html_text(out, run->file);
    fprintf(out, ":%u</code> ", run->line);
    html_text(out, run->step);
    fputs("</dd>", out);
}

static void put_differences(FILE *out, const struct run_result *run)
{
    if (run->difference_count == 0) { return; }
    fputs("<div class=\"scroll\"><table class=\"diff\"><thead><tr><td></td>", out);
    for (size_t i = 0; i < run->difference_count; i++) {
        fputs("<th scope=\"col\">", out);
        html_text(out, run->difference[i].field);
        fputs("</th>", out);
    }
    fputs("</tr></thead><tbody>", out);
    for (int got = 0; got < 2; got++) {
        fprintf(out, "<tr><th scope=\"row\">%s</th>", got ? "got" : "expected");
        for (size_t i = 0; i < run->difference_count; i++) {
            const struct field_difference *difference = &run->difference[i];
            fprintf(out, "<td%s>", !difference->differs ? "" : got ? " class=\"wrong\"" : " class=\"right\"");
            html_text(out, got ? difference->got : difference->expected);
            fputs("</td>", out);
        }
        fputs("</tr>", out);
    }
    fputs("</tbody></table></div>", out);
}

static void put_heading(FILE *out, const struct html_model *model, const struct matter *matter,
                        enum html_standing standing)
{
    fprintf(out, "<summary><span class=\"chip s-%s\">", html_standing_name(standing));
    html_text(out, matter->kind);
    fputs("</span> <span class=\"what\"><b>", out);
    html_text(out, matter->rule ? matter->rule : "");
    fputs("</b> <span class=\"title\">", out);
    html_text(out, matter->run->title);
    fputs("</span></span><span class=\"on\">", out);
    html_text(out, model->report->suite[matter->target]->target);
    fprintf(out, "</span><span class=\"faint times\">%zu run%s</span></summary>", matter->runs,
            matter->runs == 1 ? "" : "s");
}

static void put_matter(FILE *out, const struct html_model *model, const struct matter *matter,
                       enum html_standing standing, bool open)
{
    const struct run_result *run = matter->run;
    fprintf(out, "<details class=\"matter\" data-t=\"%zu\" data-spec=\"%zu\" data-row=\"%zu\"%s>", matter->target,
            matter->spec, matter->row, open ? " open" : "");
    put_heading(out, model, matter, standing);
    fputs("<div class=\"body\"><dl><dt>spec</dt><dd>", out);
    fprintf(out, "<a class=\"to-spec\" href=\"#spec-%zu\">", matter->spec);
    html_text(out, run->name);
    fputs("</a> ", out);
    html_text(out, run->cell);
    fprintf(out, " IPv%u</dd>", run->version);
    put_rule(out, matter->rule);
    put_place(out, run);
    put_labelled(out, "because", run->reason);
    put_labelled(out, run->unexpected_pass ? "though" : "known", run->expectation);
    for (size_t i = 0; i < run->finding_count; i++) {
        put_labelled(out, "monitor", run->finding[i].text);
    }
    fputs("</dl>", out);
    put_differences(out, run);
    fputs("<div class=\"drawn\"></div></div></details>\n", out);
}

static void put_matters(FILE *out, const struct html_model *model, enum html_standing standing, const char *heading)
{
    struct arena arena = {0};
    struct matters matters = gather(&arena, model, standing);
    size_t runs = 0;
    for (size_t i = 0; i < matters.count; i++) {
        runs += matters.matter[i].runs;
    }
    if (matters.count) {
        fprintf(
            out,
            "<details class=\"matters\"%s><summary><h3>%s <span class=\"faint\">%zu, in %zu runs</span></h3></summary>\n",
            standing == HTML_KNOWN ? "" : " open", heading, matters.count, runs);
    }
    for (size_t i = 0; i < matters.count; i++) {
        put_matter(out, model, &matters.matter[i], standing, standing == HTML_UNEXPECTED && i == 0);
    }
    if (matters.count) { fputs("</details>\n", out); }
    arena_free(&arena);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Many runs are skipped for few reasons. */
static void put_skips(FILE *out, const struct suite_result *suite, size_t target)
{
    struct arena arena = {0};
    const char **reason = arena_array(&arena, suite->count + 1, sizeof *reason);
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        if (suite->run[i]->verdict == VERDICT_SKIP) { reason[count++] = text_safe(&arena, suite->run[i]->reason); }
    }
    if (count) {
        qsort(reason, count, sizeof *reason, compare_text);
        fprintf(out, "<details class=\"matters\" data-t=\"%zu\"><summary><h3>Skipped on ", target);
        html_text(out, suite->target);
        fprintf(out, " <span class=\"faint\">%zu runs</span></h3></summary><ul>", count);
    }
    for (size_t i = 0, same = 1; i < count; i += same) {
        for (same = 1; i + same < count && !strcmp(reason[i], reason[i + same]); same++) {}
        fprintf(out, "<li><b>%zu</b> ", same);
        html_text(out, *reason[i] ? reason[i] : "for no reason given");
        fputs("</li>", out);
    }
    fputs(count ? "</ul></details>\n" : "", out);
    arena_free(&arena);
}

void html_attention(FILE *out, const struct html_model *model)
{
    fputs("<section id=\"attention\"><h2>Otherwise than the rules ask</h2>\n", out);
    put_matters(out, model, HTML_UNEXPECTED, "Unexpected");
    put_matters(out, model, HTML_UNDECIDED, "Undecided");
    put_matters(out, model, HTML_KNOWN, "Known, and named with a reason in an expectation file");
    for (size_t i = 0; i < model->report->count; i++) {
        put_skips(out, model->report->suite[i], i);
    }
    fputs("<p class=\"nothing\">Nothing.</p></section>\n", out);
}
