/* tcprove rules: the catalogue, joined with the specs and with what earlier runs found. */
#include "command.h"
#include "harness/catalogue.h"
#include "harness/suite.h"
#include "paths.h"
#include "reports/text.h"
#include "results.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64u

struct arguments {
    const char *filter[WORDS_MAX], *result[WORDS_MAX];
    size_t filter_count, result_count;
    const char *level;
    unsigned rfc; /* 0: all */
    bool uncovered, specs;
    const char **path;
    size_t path_count;
};

/* What is joined. */
struct ledger {
    const struct arguments *arguments;
    struct arena arena;
    struct suite suite;
    struct results results;
};

/* Counts of one level. */
struct sum {
    size_t rules, decidable, covered;
};

static const char *observable_name(enum rule_observable observable)
{
    switch (observable) {
    case OBSERVABLE_WIRE: return "wire";
    case OBSERVABLE_WIRE_APP: return "wire+app";
    case OBSERVABLE_APP: return "app";
    case OBSERVABLE_INTERNAL: return "internal";
    case OBSERVABLE_NONE: return "none";
    }
    return "?";
}

static bool spec_covers(const struct spec *spec, const char *id)
{
    for (size_t i = 0; i < spec->covers_count; i++) {
        if (!strcmp(spec->covers[i], id)) { return true; }
    }
    return false;
}

static size_t count_specs(const struct ledger *ledger, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < ledger->suite.count; i++) {
        count += spec_covers(ledger->suite.spec[i], id);
    }
    return count;
}

static bool is_wanted(const struct arguments *arguments, const struct catalogue_rule *rule)
{
    bool named = arguments->filter_count == 0;
    for (size_t i = 0; i < arguments->filter_count; i++) {
        named = named || fnmatch(arguments->filter[i], rule->id, 0) == 0;
    }
    bool level = !arguments->level || !strcmp(arguments->level, rule_level_name(rule->level));
    return named && level && (arguments->rfc == 0 || arguments->rfc == rule->rfc) && rule->level < LEVEL_UNKNOWN;
}

static bool selects_any(const struct arguments *arguments)
{
    size_t count = 0;
    const struct catalogue_rule *rule = catalogue_rules(&count);
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(arguments, &rule[i])) { return true; }
    }
    complain("no rule of the catalogue is so; 'tcprove rules' lists them all");
    return false;
}

/* ---- Text ---- */

static void print_verdicts(struct ledger *ledger, const char *id)
{
    for (size_t i = 0; i < ledger->results.count; i++) {
        const struct result_rule *found = results_find(&ledger->results.target[i], id);
        const char *status = found ? text_safe(&ledger->arena, found->status) : "-";
        text_pad(stdout, arena_printf(&ledger->arena, "%s%s", status, found && found->expected ? "*" : ""), 11);
    }
}

static void print_specs(struct ledger *ledger, const char *id)
{
    for (size_t i = 0; i < ledger->suite.count; i++) {
        const struct spec *spec = ledger->suite.spec[i];
        if (spec_covers(spec, id)) { printf("    %s\n", text_safe(&ledger->arena, spec->name)); }
    }
}

static void print_rule(struct ledger *ledger, const struct catalogue_rule *rule, size_t specs)
{
    text_pad(stdout, rule->id, 18);
    text_pad(stdout, rule->level_text, 12);
    text_pad(stdout, observable_name(rule->observable), 10);
    text_pad(stdout, specs ? arena_printf(&ledger->arena, "%zu", specs) : "-", 6);
    print_verdicts(ledger, rule->id);
    printf("%s\n", rule->summary);
    if (rule->undecided) { printf("    not decidable: %s\n", rule->undecided); }
    if (ledger->arguments->specs) { print_specs(ledger, rule->id); }
}

static void print_head(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->results.count; i++) {
        printf("verdict %zu: %s\n", i + 1, text_safe(&ledger->arena, ledger->results.target[i].name));
    }
    printf("%-18s%-12s%-10s%-6s", "rule", "level", "seen on", "specs");
    for (size_t i = 0; i < ledger->results.count; i++) {
        printf("verdict %-3zu", i + 1);
    }
    puts("summary");
}

static void print_sums(const struct sum sum[LEVEL_UNKNOWN])
{
    size_t all = 0;
    for (int level = 0; level < LEVEL_UNKNOWN; level++) {
        all += sum[level].rules;
    }
    printf("\n%zu rules. Of those that can be decided from outside:\n", all);
    for (int level = 0; level < LEVEL_UNKNOWN; level++) {
        if (sum[level].rules == 0) { continue; }
        printf("  %-7s %4zu of %4zu covered", rule_level_name((enum rule_level)level), sum[level].covered,
               sum[level].decidable);
        printf(", %zu more are not decidable\n", sum[level].rules - sum[level].decidable);
    }
}

/* A rule that is not decidable may still have a spec, which shows part of it; it counts in neither column. */
static void print_ledger(struct ledger *ledger)
{
    size_t count = 0;
    const struct catalogue_rule *rule = catalogue_rules(&count);
    struct sum sum[LEVEL_UNKNOWN] = {{0}};
    print_head(ledger);
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(ledger->arguments, &rule[i])) { continue; }
        size_t specs = count_specs(ledger, rule[i].id);
        struct sum *s = &sum[rule[i].level];
        s->rules++;
        s->decidable += catalogue_is_decidable(&rule[i]);
        s->covered += catalogue_is_decidable(&rule[i]) && specs > 0;
        bool shown = !ledger->arguments->uncovered || (catalogue_is_decidable(&rule[i]) && specs == 0);
        if (shown) { print_rule(ledger, &rule[i], specs); }
    }
    print_sums(sum);
}

/* ---- The command line ---- */

static const char *checked_level(struct argp_state *state, const char *word)
{
    for (int level = 0; level < LEVEL_UNKNOWN; level++) {
        const char *name = rule_level_name((enum rule_level)level);
        if (!strcmp(name, word)) { return name; }
    }
    argp_error(state, "--level wants MUST, SHOULD, MAY or stated; got '%s'", word);
    return NULL;
}

static unsigned checked_rfc(struct argp_state *state, const char *word)
{
    char *end = NULL;
    unsigned long rfc = strtoul(word, &end, 10);
    if (word[0] >= '1' && word[0] <= '9' && *end == 0 && rfc <= 99999) { return (unsigned)rfc; }
    argp_error(state, "--rfc wants a number such as 9293; got '%s'", word);
    return 0;
}

static void push(struct argp_state *state, const char **list, size_t *count, const char *word)
{
    if (*count == WORDS_MAX) { argp_error(state, "an option stands more than %u times", WORDS_MAX); }
    if (*count < WORDS_MAX) { list[(*count)++] = word; }
}

static error_t take(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'f': push(state, arguments->filter, &arguments->filter_count, value); return 0;
    case 'r': push(state, arguments->result, &arguments->result_count, value); return 0;
    case 'l': arguments->level = checked_level(state, value); return 0;
    case 'n': arguments->rfc = checked_rfc(state, value); return 0;
    case 'u': arguments->uncovered = true; return 0;
    case 's': arguments->specs = true; return 0;
    case ARGP_KEY_ARG: arguments->path[arguments->path_count++] = value; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"filter", 'f', "GLOB", 0, "Only rules whose id matches; may be repeated", 0},
    {"rfc", 'n', "NUMBER", 0, "Only rules of this RFC", 0},
    {"level", 'l', "LEVEL", 0, "Only MUST (MUST NOT too), SHOULD, MAY or stated", 0},
    {"uncovered", 'u', NULL, 0, "Only rules that could be decided and have no spec", 0},
    {"specs", 's', NULL, 0, "Name the specs that cover each rule", 0},
    {"results", 'r', "FILE", 0, "Add the verdicts of a JSON report, a column a target; may be repeated", 0},
    {0}};

static const struct argp command_line = {
    options,
    take,
    "[PATH...]",
    "List the rules of the catalogue: level, where each can be seen, how many specs cover it, and what earlier runs "
    "found.\v"
    "A rule is seen on the wire alone, on the wire with an application, by the application, or only inside. A verdict "
    "with a star is named by an expectation file.\n"
    "Examples:\n"
    "  tcprove rules --rfc 9293 --level MUST\n"
    "  tcprove rules --uncovered          what the suite does not ask yet\n"
    "  tcprove run --target kernel --report json:kernel.json\n"
    "  tcprove rules --results kernel.json\n"
    "\nWithout PATH: the suite 'specs' here, above, or beside the program.\n"
    "Exit status: 0 listed, 2 a spec or a report is wrong, or no rule is selected.",
    NULL,
    NULL,
    NULL};

static bool read_all(struct ledger *ledger)
{
    const struct arguments *arguments = ledger->arguments;
    struct paths paths;
    bool good = paths_find(&ledger->arena, arguments->path, arguments->path_count, &paths) &&
                paths_read(&paths, &ledger->suite);
    for (size_t i = 0; i < arguments->result_count && good; i++) {
        good = results_read(&ledger->arena, arguments->result[i], &ledger->results);
    }
    return good;
}

int command_rules(int argc, char **argv)
{
    struct ledger ledger = {0};
    struct arguments arguments = {.path = arena_array(&ledger.arena, (size_t)argc, sizeof(char *))};
    parse_arguments(&command_line, argc, argv, &arguments);
    ledger.arguments = &arguments;
    bool good = selects_any(&arguments) && read_all(&ledger);
    if (good) { print_ledger(&ledger); }
    suite_free(&ledger.suite);
    arena_free(&ledger.arena);
    return good ? STATUS_CONFORMS : STATUS_USAGE;
}
