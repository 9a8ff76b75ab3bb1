/* tcprove list, tcprove lint, tcprove version: what needs no target. */
#include "command.h"
#include "harness/suite.h"
#include "paths.h"
#include "reports/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILTERS_MAX 64u

struct arguments {
    const char *filter[FILTERS_MAX];
    size_t filter_count;
    const char **path;
    size_t path_count;
};

static error_t take(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'f':
        if (arguments->filter_count == FILTERS_MAX) { argp_error(state, "more than %u filters", FILTERS_MAX); }
        if (!*value) { argp_error(state, "--filter wants a rule or a part of a name; got nothing"); }
        arguments->filter[arguments->filter_count++] = value;
        return 0;
    case ARGP_KEY_ARG: arguments->path[arguments->path_count++] = value; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print_rules(struct arena *arena, const struct spec *spec)
{
    for (size_t i = 0; i < spec->covers_count; i++) {
        printf("%s%s", i ? "," : "", text_safe(arena, spec->covers[i]));
    }
}

static void print_spec(const struct spec *spec, size_t columns)
{
    struct arena arena = {0};
    text_pad(stdout, text_safe(&arena, spec->name), columns + 2);
    print_rules(&arena, spec);
    if (spec->cells > 1) { printf("  (%zu cells)", spec->cells); }
    printf("  %s\n", text_safe(&arena, spec->title));
    arena_free(&arena);
}

static int print_suite(const struct suite *suite, const struct arguments *arguments)
{
    const struct suite_selection selection = {arguments->filter, arguments->filter_count, 3, 0, 0};
    size_t columns = 0, count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        size_t len = strlen(suite->spec[i]->name);
        if (selection_has(&selection, suite->spec[i]) && len > columns && len < 72) { columns = len; }
    }
    for (size_t i = 0; i < suite->count; i++) {
        if (!selection_has(&selection, suite->spec[i])) { continue; }
        print_spec(suite->spec[i], columns);
        count++;
    }
    if (count == 0) { complain("the filters select no spec"); }
    return count > 0 ? STATUS_CONFORMS : STATUS_USAGE;
}

static bool read_suite(const struct arguments *arguments, struct arena *arena, struct suite *suite)
{
    struct paths paths;
    *suite = (struct suite){0};
    return paths_find(arena, arguments->path, arguments->path_count, &paths) && paths_read(&paths, suite);
}

/* What could be read is listed even when something else could not. */
int command_list(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"filter", 'f', "RULE|GLOB", 0, "Only specs that cover a rule, or whose name matches; may be repeated", 0},
        {0}};
    static const struct argp argp = {options,
                                     take,
                                     "[PATH...]",
                                     "List specs, one a line: the name, the rules it covers, the title.\v"
                                     "Examples:\n"
                                     "  tcprove list                       the whole suite\n"
                                     "  tcprove list --filter 'SHLD-*'     what covers a SHOULD of RFC 9293\n"
                                     "  tcprove list specs/rfc5961         what stands below a folder\n"
                                     "\nWithout PATH: the suite 'specs' here, above, or beside the program.\n"
                                     "Exit status: 0 listed, 2 a spec is wrong or none is selected.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct arena arena = {0};
    struct suite suite;
    struct arguments arguments = {.path = arena_array(&arena, (size_t)argc, sizeof(char *))};
    parse_arguments(&argp, argc, argv, &arguments);
    bool good = read_suite(&arguments, &arena, &suite);
    int status = suite.count > 0 ? print_suite(&suite, &arguments) : STATUS_USAGE;
    suite_free(&suite);
    arena_free(&arena);
    return good ? status : STATUS_USAGE;
}

static size_t print_warnings(const struct suite *suite)
{
    size_t sum = 0;
    for (size_t i = 0; i < suite->count; i++) {
        struct arena arena = {0};
        struct spec_error *warning = NULL;
        size_t count = spec_lint(suite, suite->spec[i], &arena, &warning);
        print_errors(stdout, warning, count);
        sum += count;
        arena_free(&arena);
    }
    return sum;
}

int command_lint(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        take,
        "[PATH...]",
        "Read specs without running them. Errors and warnings are printed as file:line:column: what is wrong; what "
        "would be right.\v"
        "Examples:\n"
        "  tcprove lint                       the whole suite\n"
        "  tcprove lint my.yaml               one spec\n"
        "\nWithout PATH: the suite 'specs' here, above, or beside the program.\n"
        "Exit status: 0 nothing to complain of, 1 warnings only, 2 errors.",
        NULL,
        NULL,
        NULL};
    struct arena arena = {0};
    struct suite suite;
    struct arguments arguments = {.path = arena_array(&arena, (size_t)argc, sizeof(char *))};
    parse_arguments(&argp, argc, argv, &arguments);
    bool good = read_suite(&arguments, &arena, &suite);
    size_t warnings = print_warnings(&suite);
    if (good) {
        printf("%zu spec%s, %zu warning%s\n", suite.count, suite.count == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
    }
    suite_free(&suite);
    arena_free(&arena);
    return !good ? STATUS_USAGE : warnings ? STATUS_BROKEN : STATUS_CONFORMS;
}

int command_version(int argc, char **argv)
{
    static const struct argp argp = {NULL, NULL, "", "Print the version.", NULL, NULL, NULL};
    parse_arguments(&argp, argc, argv, NULL);
    puts("tcprove " TCPROVE_VERSION);
    return STATUS_CONFORMS;
}
