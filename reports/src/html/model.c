#include "html/model.h"

#include <stdlib.h>
#include <string.h>

/* A run and where it came from, to be sorted. */
struct item {
    const struct run_result *run;
    size_t target, order;
};

static int by_spec(const struct run_result *a, const struct run_result *b)
{
    int order = strverscmp(a->name, b->name);
    return order ? order : strcmp(a->spec, b->spec);
}

static int by_row(const struct run_result *a, const struct run_result *b)
{
    int order = by_spec(a, b);
    if (order == 0) { order = strverscmp(a->cell ? a->cell : "", b->cell ? b->cell : ""); }
    return order ? order : a->version - b->version;
}

static int by_number(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* A row that a target has twice follows itself: the nth of each target belong together. */
static int compare_items(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    int order = by_row(left->run, right->run);
    if (order == 0) { order = by_number(left->order, right->order); }
    return order ? order : by_number(left->target, right->target);
}

static int compare_places(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    int order = by_number(left->target, right->target);
    if (order == 0) { order = by_row(left->run, right->run); }
    return order ? order : by_number(left->order, right->order);
}

/* `order` becomes how often the target has had the same row before. */
static void number_repeats(struct item *item, size_t count)
{
    qsort(item, count, sizeof *item, compare_places);
    for (size_t i = 0, repeats = 0; i < count; i++) {
        bool again = i > 0 && item[i - 1].target == item[i].target && by_row(item[i - 1].run, item[i].run) == 0;
        repeats = again ? repeats + 1 : 0;
        item[i].order = repeats;
    }
}

static struct item *gather(struct html_model *model, size_t *count)
{
    const struct report *report = model->report;
    size_t total = 0;
    for (size_t i = 0; i < report->count; i++) {
        total += report->suite[i]->count;
    }
    struct item *item = arena_array(&model->arena, total + 1, sizeof *item);
    *count = 0;
    for (size_t i = 0; i < report->count; i++) {
        for (size_t j = 0; j < report->suite[i]->count; j++) {
            item[(*count)++] = (struct item){report->suite[i]->run[j], i, j};
        }
    }
    if (total) {
        number_repeats(item, total);
        qsort(item, total, sizeof *item, compare_items);
    }
    return item;
}

static void join_runs(struct html_model *model)
{
    size_t count = 0, rows = 0;
    struct item *item = gather(model, &count);
    struct html_row *row = arena_array(&model->arena, count + 1, sizeof *row);
    model->spec = arena_array(&model->arena, count + 1, sizeof *model->spec);
    for (size_t i = 0; i < count; i++) {
        const struct run_result *run = item[i].run;
        bool same = i > 0 && by_row(item[i - 1].run, run) == 0 && item[i - 1].order == item[i].order;
        if (!same) {
            row[rows].any = run;
            row[rows].run = arena_array(&model->arena, model->report->count, sizeof *row->run);
            if (i == 0 || by_spec(item[i - 1].run, run) != 0) {
                model->spec[model->specs++] = (struct html_spec){run, &row[rows], 0};
            }
            model->spec[model->specs - 1].rows++;
            rows++;
        }
        row[rows - 1].run[item[i].target] = run;
    }
}

/* One rule as one target's tally or the catalogue knows it. */
struct sighting {
    const char *id;
    unsigned rfc;
    enum rule_level level;
    const struct catalogue_rule *entry;
    const struct rule_tally *tally;
    size_t target;
};

static int compare_sightings(const void *a, const void *b)
{
    const struct sighting *left = a, *right = b;
    if (left->rfc != right->rfc) { return left->rfc < right->rfc ? -1 : 1; }
    if (left->level != right->level) { return left->level < right->level ? -1 : 1; }
    return strverscmp(left->id, right->id);
}

static struct sighting sighting_of(const struct rule_tally *tally, size_t target)
{
    const struct catalogue_rule *entry = catalogue_find(tally->rule);
    return (struct sighting){
        tally->rule, entry ? entry->rfc : tally->rfc, entry ? entry->level : LEVEL_UNKNOWN, NULL, tally, target};
}

static struct sighting *sight(struct html_model *model, size_t *count)
{
    const struct report *report = model->report;
    size_t known = 0, total = 0;
    const struct catalogue_rule *entry = catalogue_rules(&known);
    struct rule_tally **tally = arena_array(&model->arena, report->count + 1, sizeof *tally);
    size_t *tallied = arena_array(&model->arena, report->count + 1, sizeof *tallied);
    for (size_t i = 0; i < report->count; i++) {
        tallied[i] = rules_tally(&model->arena, report->suite[i], &tally[i]);
        total += tallied[i];
    }
    struct sighting *seen = arena_array(&model->arena, known + total + 1, sizeof *seen);
    *count = 0;
    for (size_t i = 0; i < known; i++) {
        seen[(*count)++] = (struct sighting){entry[i].id, entry[i].rfc, entry[i].level, &entry[i], NULL, 0};
    }
    for (size_t i = 0; i < report->count; i++) {
        for (size_t j = 0; j < tallied[i]; j++) {
            seen[(*count)++] = sighting_of(&tally[i][j], i);
        }
    }
    return seen;
}

static void join_rules(struct html_model *model)
{
    size_t count = 0, targets = model->report->count;
    struct sighting *seen = sight(model, &count);
    qsort(seen, count, sizeof *seen, compare_sightings);
    model->rule = arena_array(&model->arena, count + 1, sizeof *model->rule);
    const struct rule_tally **tally = NULL;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(seen[i - 1].id, seen[i].id) != 0) {
            tally = arena_array(&model->arena, targets + 1, sizeof *tally);
            model->rule[model->rules++] = (struct html_rule){seen[i].id, seen[i].rfc, NULL, tally, false};
        }
        struct html_rule *rule = &model->rule[model->rules - 1];
        if (seen[i].entry) { rule->entry = seen[i].entry; }
        if (seen[i].tally) {
            tally[seen[i].target] = seen[i].tally;
            rule->asked = true;
        }
    }
}

void html_model_make(struct html_model *model, const struct report *report)
{
    *model = (struct html_model){.report = report};
    join_runs(model);
    join_rules(model);
}
