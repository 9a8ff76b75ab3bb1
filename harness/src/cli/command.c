#include "command.h"

#include "harness/nearest.h"
#include "reports/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void complain(const char *format, ...)
{
    struct arena arena = {0};
    va_list args;
    va_start(args, format);
    fprintf(stderr, "tcprove: %s\n", text_safe(&arena, arena_vprintf(&arena, format, args)));
    va_end(args);
    arena_free(&arena);
}

void print_errors(FILE *out, const struct spec_error *error, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        fprintf(out, "%s:%u:%u: %s\n", text_safe(&arena, error[i].at.file), error[i].at.line, error[i].at.column,
                text_safe(&arena, error[i].text));
        arena_free(&arena);
    }
}

void complain_unknown(const char *what, const char *word, const char *const *choice, size_t count)
{
    struct arena arena = {0};
    const char *nearest = nearest_word(word, choice, count), *all = "";
    for (size_t i = 0; i < count; i++) {
        all = arena_printf(&arena, "%s%s%s", all, i == 0 ? "" : i + 1 == count ? " or " : ", ", choice[i]);
    }
    if (nearest) {
        complain("unknown %s '%s'; did you mean '%s'?", what, word, nearest);
    } else {
        complain("unknown %s '%s'; it can be %s", what, word, all);
    }
    arena_free(&arena);
}

/* argp's own end of the list: a heading has neither name nor key. */
static bool is_last(const struct argp_option *option)
{
    return !option->name && !option->key && !option->doc && !option->group;
}

/* argp takes any prefix of an option's name; so only what begins no name is unknown. */
static const struct argp_option *find_option(const struct argp *argp, const char *name, size_t len)
{
    const struct argp_option *found = NULL;
    for (const struct argp_option *option = argp->options; option && !is_last(option); option++) {
        if (option->name && !strncmp(option->name, name, len)) { return option; }
    }
    for (const struct argp_child *child = argp->children; child && child->argp && !found; child++) {
        found = find_option(child->argp, name, len);
    }
    return found;
}

#define NAMES_MAX 64u

static size_t collect_names(const struct argp *argp, const char **names, size_t count)
{
    for (const struct argp_option *option = argp->options; option && !is_last(option) && count < NAMES_MAX; option++) {
        if (option->name) { names[count++] = option->name; }
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++) {
        count = collect_names(child->argp, names, count);
    }
    return count;
}

static _Noreturn void end_with_unknown(const struct argp *argp, const char *argument)
{
    const char *names[NAMES_MAX] = {"help", "usage"};
    size_t count = collect_names(argp, names, 2);
    struct arena arena = {0};
    const char *nearest = nearest_word(arena_copy(&arena, argument + 2, strcspn(argument + 2, "=")), names, count);
    complain(nearest ? "unknown option '%s'; did you mean '--%s'?" : "unknown option '%s'; --help lists them", argument,
             nearest);
    arena_free(&arena);
    exit(STATUS_USAGE);
}

static void check_options(const struct argp *argp, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--", 2) != 0) { continue; }
        size_t len = strcspn(argv[i] + 2, "=");
        bool standard = !strncmp("help", argv[i] + 2, len) || !strncmp("usage", argv[i] + 2, len);
        const struct argp_option *option = find_option(argp, argv[i] + 2, len);
        if (!option && !standard) { end_with_unknown(argp, argv[i]); }
        bool value_follows = option && option->arg && argv[i][len + 2] == 0;
        i += value_follows;
    }
}

void parse_arguments(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = STATUS_USAGE;
    check_options(argp, argc, argv);
    if (argp_parse(argp, argc, argv, 0, NULL, input) != 0) { exit(STATUS_USAGE); }
}

unsigned parse_number(const char *word, unsigned most, char after, const char **rest)
{
    char *end = NULL;
    unsigned long value = strtoul(word, &end, 10);
    *rest = end;
    return word[0] >= '0' && word[0] <= '9' && *end == after && value <= most ? (unsigned)value : 0;
}

unsigned take_number(const char *option, const char *word, unsigned most, struct argp_state *state)
{
    const char *rest = NULL;
    unsigned value = parse_number(word, most, 0, &rest);
    if (value == 0) { argp_error(state, "%s wants a number from 1 to %u; got '%s'", option, most, word); }
    return value;
}
