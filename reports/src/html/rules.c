#include "rules.h"

#include "html/parts.h"
#include "html/write.h"

static const char *status_mark(enum rule_status status)
{
    switch (status) {
    case RULE_UNDECIDED: return "?";
    case RULE_KEPT: return "\u2713";
    case RULE_DEVIATES: return "~";
    case RULE_BROKEN: return "\u2717";
    }
    return "?";
}

static const char *level_of(const struct html_rule *rule)
{
    return rule_level_name(rule->entry ? rule->entry->level : LEVEL_UNKNOWN);
}

static void put_verdict(FILE *out, const struct rule_tally *tally, size_t target)
{
    if (!tally) {
        fprintf(out, "<td data-t=\"%zu\" class=\"faint\">\u2013</td>", target);
        return;
    }
    const char *name = rule_status_name(tally->status);
    fprintf(out, "<td data-t=\"%zu\"><span class=\"r-%s%s\">%s %s</span>%s <span class=\"faint\">%zu</span></td>",
            target, name, tally->expected ? " as-known" : "", status_mark(tally->status), name,
            tally->expected ? " <span class=\"faint\">as known</span>" : "", tally->runs);
}

static void put_rule(FILE *out, const struct html_model *model, const struct html_rule *rule)
{
    fputs("<tr id=\"rule-", out);
    html_text(out, rule->id);
    fprintf(out, "\" data-rfc=\"%u\" data-level=\"%s\" data-s=\"", rule->rfc, level_of(rule));
    for (size_t i = 0; i < model->report->count; i++) {
        const struct rule_tally *tally = rule->tally[i];
        fprintf(out, "%s%s%s", i ? " " : "", tally ? rule_status_name(tally->status) : "unasked",
                tally && tally->expected ? "-known" : "");
    }
    fputs("\"><th scope=\"row\"><a class=\"find\" href=\"#specs\">", out);
    html_text(out, rule->id);
    fprintf(out, "</a></th><td>%s</td><td>", level_of(rule));
    html_text(out, rule->entry ? rule->entry->section : "");
    fputs("</td><td class=\"words\">", out);
    html_text(out, rule->entry ? rule->entry->summary : "not in the catalogue");
    fputs("</td>", out);
    for (size_t i = 0; i < model->report->count; i++) {
        put_verdict(out, rule->tally[i], i);
    }
    fputs("</tr>\n", out);
}

static void put_head(FILE *out, const struct html_model *model)
{
    fputs("<thead><tr><th scope=\"col\">rule</th><th scope=\"col\">level</th><th scope=\"col\">section</th>"
          "<th scope=\"col\">what it asks</th>",
          out);
    for (size_t i = 0; i < model->report->count; i++) {
        fprintf(out, "<th scope=\"col\" data-t=\"%zu\">", i);
        html_text(out, model->report->suite[i]->target);
        fputs("</th>", out);
    }
    fputs("</tr></thead>", out);
}

/* The rules of one RFC from `from` on; the first behind them. */
static size_t put_rfc(FILE *out, const struct html_model *model, size_t from)
{
    unsigned rfc = model->rule[from].rfc;
    size_t end = from, asked = 0;
    for (; end < model->rules && model->rule[end].rfc == rfc; end++) {
        asked += model->rule[end].asked;
    }
    fprintf(
        out,
        "<details class=\"rfc\" data-rfc=\"%u\"><summary>RFC %u <span class=\"faint\">%zu of %zu rules asked for</span></summary>"
        "<div class=\"scroll\"><table>",
        rfc, rfc, asked, end - from);
    put_head(out, model);
    fputs("<tbody>\n", out);
    for (size_t i = from; i < end; i++) {
        put_rule(out, model, &model->rule[i]);
    }
    fputs("</tbody></table></div></details>\n", out);
    return end;
}

void html_rules(FILE *out, const struct html_model *model)
{
    fputs(
        "<section id=\"rules\"><h2>Rules</h2>\n<p class=\"faint\">The worst that a run saw counts; the number is of runs "
        "that cover the rule or were decided by it.</p>\n",
        out);
    for (size_t i = 0; i < model->rules;) {
        i = put_rfc(out, model, i);
    }
    fputs("</section>\n", out);
}
