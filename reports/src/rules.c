#include "rules.h"

#include "harness/catalogue.h"

#include <stdlib.h>
#include <string.h>

const char *rule_status_name(enum rule_status status)
{
    switch (status) {
    case RULE_UNDECIDED: return "undecided";
    case RULE_KEPT: return "kept";
    case RULE_DEVIATES: return "deviates";
    case RULE_BROKEN: return "broken";
    }
    return "?";
}

unsigned rule_rfc(const char *rule)
{
    if (!strncmp(rule, "MUST-", 5) || !strncmp(rule, "SHLD-", 5) || !strncmp(rule, "MAY-", 4)) { return 9293; }
    if (strncmp(rule, "RFC", 3) != 0) { return 0; }
    unsigned long number = strtoul(rule + 3, NULL, 10);
    return number <= 99999 ? (unsigned)number : 0;
}

const char *rule_summary(const char *rule)
{
    const struct catalogue_rule *found = rule ? catalogue_find(rule) : NULL;
    return found ? found->summary : NULL;
}

static int compare(const void *a, const void *b)
{
    const struct rule_tally *left = a, *right = b;
    if (left->rfc != right->rfc) { return left->rfc < right->rfc ? -1 : 1; }
    return strverscmp(left->rule, right->rule);
}

/* The rules are gathered with repeats, sorted, and then made one each. */
struct gathered {
    struct rule_tally *tally;
    size_t count;
};

static void gather(struct gathered *all, const char *rule, enum rule_status status, bool expected, size_t runs)
{
    if (!rule || !*rule) { return; }
    all->tally[all->count++] = (struct rule_tally){rule, rule_rfc(rule), status, expected, runs};
}

static enum rule_status broken_as(enum rule_level level)
{
    return level == LEVEL_SHOULD || level == LEVEL_MAY ? RULE_DEVIATES : RULE_BROKEN;
}

static bool covers(const struct run_result *run, const char *rule)
{
    for (size_t i = 0; i < run->covers_count; i++) {
        if (!strcmp(run->covers[i], rule)) { return true; }
    }
    return false;
}

/* A run that fails by one rule says nothing of the others it covers. */
static void gather_run(struct gathered *all, const struct run_result *run)
{
    bool decided = (run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION) && run->rule;
    enum rule_status covered = run->verdict == VERDICT_PASS ? RULE_KEPT : RULE_UNDECIDED;
    for (size_t i = 0; i < run->covers_count; i++) {
        gather(all, run->covers[i], covered, false, 1);
    }
    if (decided) {
        enum rule_status status = run->verdict == VERDICT_FAIL ? RULE_BROKEN : RULE_DEVIATES;
        gather(all, run->rule, status, run->expectation != NULL, !covers(run, run->rule));
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct finding *finding = &run->finding[i];
        gather(all, finding->rule, broken_as(finding->level), finding->expectation != NULL,
               !covers(run, finding->rule));
    }
}

static size_t most_rules(const struct suite_result *suite)
{
    size_t n = 0;
    for (size_t i = 0; i < suite->count; i++) {
        n += suite->run[i]->covers_count + suite->run[i]->finding_count + 1;
    }
    return n;
}

static void merge(struct rule_tally *into, const struct rule_tally *from)
{
    bool both_bad = into->status >= RULE_DEVIATES && from->status >= RULE_DEVIATES;
    bool expected = both_bad ? into->expected && from->expected : into->expected || from->expected;
    if (from->status > into->status) { into->status = from->status; }
    into->expected = expected;
    into->runs += from->runs;
}

size_t rules_tally(struct arena *arena, const struct suite_result *suite, struct rule_tally **tally)
{
    struct gathered all = {arena_array(arena, most_rules(suite) + 1, sizeof *all.tally), 0};
    for (size_t i = 0; i < suite->count; i++) {
        gather_run(&all, suite->run[i]);
    }
    if (all.count > 1) { qsort(all.tally, all.count, sizeof *all.tally, compare); }
    size_t kept = 0;
    for (size_t i = 0; i < all.count; i++) {
        bool same = kept > 0 && !strcmp(all.tally[kept - 1].rule, all.tally[i].rule);
        if (same) {
            merge(&all.tally[kept - 1], &all.tally[i]);
        } else {
            all.tally[kept++] = all.tally[i];
        }
    }
    *tally = all.tally;
    return kept;
}
