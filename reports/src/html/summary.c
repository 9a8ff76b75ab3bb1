#include "html/parts.h"
#include "html/write.h"

#include <string.h>

static const char *outcome_words(enum suite_outcome outcome)
{
    switch (outcome) {
    case SUITE_INTERRUPTED: return "interrupted";
    case SUITE_BROKEN: return "does not conform";
    case SUITE_UNDECIDED: return "undecided";
    case SUITE_CONFORMS: return "conforms";
    }
    return "?";
}

/* A bar of 100 units; the script-free page may bear no style of its own, so it is a picture. */
static double put_piece(FILE *out, const char *class, double from, size_t count, size_t total)
{
    if (count == 0 || total == 0) { return from; }
    double width = 100.0 * (double)count / (double)total;
    fprintf(out, "<rect class=\"f-%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"4\"/>", class, from, width);
    return from + width;
}

static void begin_bar(FILE *out)
{
    fputs("<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", out);
}

static void count_standings(const struct suite_result *suite, size_t count[HTML_STANDINGS])
{
    for (size_t i = 0; i < suite->count; i++) {
        count[html_standing(suite->run[i])]++;
    }
}

static void put_standings(FILE *out, const struct suite_result *suite)
{
    static const char *const words[HTML_STANDINGS] = {"pass", "skipped", "known to differ", "undecided", "unexpected"};
    static const enum html_standing order[] = {HTML_UNEXPECTED, HTML_UNDECIDED, HTML_KNOWN, HTML_FINE, HTML_SKIPPED};
    size_t count[HTML_STANDINGS] = {0};
    count_standings(suite, count);
    double at = 0;
    begin_bar(out);
    for (size_t i = 0; i < HTML_STANDINGS; i++) {
        at = put_piece(out, html_standing_name(order[i]), at, count[order[i]], suite->count);
    }
    fputs("</svg><ul class=\"counts\">", out);
    for (size_t i = 0; i < HTML_STANDINGS; i++) {
        if (count[order[i]] == 0) { continue; }
        fprintf(out, "<li class=\"s-%s\"><b>%zu</b> %s</li>", html_standing_name(order[i]), count[order[i]],
                words[order[i]]);
    }
    fputs("</ul>", out);
}

void html_targets(FILE *out, const struct html_model *model)
{
    fputs("<section class=\"targets\" aria-label=\"Targets\">\n", out);
    for (size_t i = 0; i < model->report->count; i++) {
        const struct suite_result *suite = model->report->suite[i];
        enum suite_outcome outcome = suite_outcome(suite);
        fprintf(out, "<article class=\"target\" data-t=\"%zu\"><h2>", i);
        html_text(out, suite->target);
        fprintf(out, "</h2><p class=\"outcome o-%s\">%s</p>", suite_outcome_name(outcome), outcome_words(outcome));
        put_standings(out, suite);
        fprintf(out, "<p class=\"faint\">%zu runs in %.2f s, ", suite->count, suite->wall_s);
        html_text(out, suite->began);
        if (suite->profile && *suite->profile) {
            fputs(", profile ", out);
            html_text(out, suite->profile);
        }
        fputs("</p></article>\n", out);
    }
    fputs("</section>\n", out);
}

/* Rules of one RFC and level on one target. */
struct cell {
    size_t status[RULE_STATUSES];
    size_t expected; /* of those broken or deviating */
    size_t total;    /* of the catalogue */
};

static const enum rule_level levels[] = {LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY, LEVEL_STATED};
#define LEVELS 4u

static struct cell count_cell(const struct html_model *model, unsigned rfc, enum rule_level level, size_t target)
{
    struct cell cell = {0};
    for (size_t i = 0; i < model->rules; i++) {
        const struct html_rule *rule = &model->rule[i];
        if (!rule->entry || (rfc && rule->rfc != rfc) || rule->entry->level != level) { continue; }
        cell.total++;
        const struct rule_tally *tally = rule->tally[target];
        if (!tally) { continue; }
        cell.status[tally->status]++;
        cell.expected += tally->status >= RULE_DEVIATES && tally->expected;
    }
    return cell;
}

static void put_cell(FILE *out, const struct cell *cell, size_t target)
{
    size_t bad = cell->status[RULE_BROKEN] + cell->status[RULE_DEVIATES];
    fprintf(out, "<td data-t=\"%zu\">", target);
    if (cell->total == 0) {
        fputs("</td>", out);
        return;
    }
    fprintf(out, "<b>%zu</b><span class=\"faint\">/%zu</span>", cell->status[RULE_KEPT], cell->total);
    if (bad) { fprintf(out, " <span class=\"%s\">%zu</span>", cell->expected < bad ? "bad" : "known", bad); }
    begin_bar(out);
    double at = put_piece(out, "unexpected", 0, bad - cell->expected, cell->total);
    at = put_piece(out, "known", at, cell->expected, cell->total);
    at = put_piece(out, "kept", at, cell->status[RULE_KEPT], cell->total);
    put_piece(out, "undecided", at, cell->status[RULE_UNDECIDED], cell->total);
    fputs("</svg></td>", out);
}

static void put_row(FILE *out, const struct html_model *model, unsigned rfc)
{
    if (rfc) {
        fprintf(out, "<tr><th scope=\"row\">RFC %u</th>", rfc);
    } else {
        fputs("<tr class=\"sum\"><th scope=\"row\">All</th>", out);
    }
    for (size_t i = 0; i < LEVELS; i++) {
        for (size_t j = 0; j < model->report->count; j++) {
            struct cell cell = count_cell(model, rfc, levels[i], j);
            put_cell(out, &cell, j);
        }
    }
    fputs("</tr>\n", out);
}

static void put_head(FILE *out, const struct html_model *model)
{
    size_t targets = model->report->count;
    fputs("<thead><tr><td rowspan=\"2\"></td>", out);
    for (size_t i = 0; i < LEVELS; i++) {
        fprintf(out, "<th colspan=\"%zu\" scope=\"colgroup\">%s</th>", targets, rule_level_name(levels[i]));
    }
    fputs("</tr><tr>", out);
    for (size_t i = 0; i < LEVELS * targets; i++) {
        fprintf(out, "<th scope=\"col\" class=\"narrow\" data-t=\"%zu\" title=\"", i % targets);
        html_text(out, model->report->suite[i % targets]->target);
        fputs("\"><span>", out);
        html_text(out, model->report->suite[i % targets]->target);
        fputs("</span></th>", out);
    }
    fputs("</tr></thead>\n", out);
}

static void put_rest(FILE *out, const struct html_model *model)
{
    const char *between = "<p class=\"faint\">The catalogue has rules of these too, and no run asked for one: ";
    for (size_t i = 0, from = 0; i < model->rules; from = i) {
        bool asked = false;
        for (; i < model->rules && model->rule[i].rfc == model->rule[from].rfc; i++) {
            asked = asked || model->rule[i].asked;
        }
        if (asked) { continue; }
        fprintf(out, "%sRFC %u", between, model->rule[from].rfc);
        between = ", ";
    }
    if (*between == ',') { fputs(".</p>\n", out); }
}

void html_summary(FILE *out, const struct html_model *model)
{
    fputs(
        "<section id=\"summary\"><h2>Rules by RFC and level</h2>\n<p class=\"faint\">Kept, of all that the catalogue "
        "has; behind it, in colour, those broken or answered otherwise, "
        "amber where an expectation file names them. The bar is empty where no run asked.</p>\n<div class=\"scroll\"><table class=\"summary\">",
        out);
    put_head(out, model);
    fputs("<tbody>", out);
    for (size_t i = 0, from = 0; i < model->rules; from = i) {
        bool asked = false;
        for (; i < model->rules && model->rule[i].rfc == model->rule[from].rfc; i++) {
            asked = asked || model->rule[i].asked;
        }
        if (asked && model->rule[from].rfc) { put_row(out, model, model->rule[from].rfc); }
    }
    put_row(out, model, 0);
    fputs("</tbody></table></div>\n", out);
    put_rest(out, model);
    fputs("</section>\n", out);
}
