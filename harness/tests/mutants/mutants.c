/*
 * The suite against the planted bugs: which spec turns red on which mutant, and which mutant none does. A survivor is a
 * hole in the suite.
 */
#include "harness/spec.h"
#include "harness/target.h"
#include "mutant_stack.h"
#include "sweep.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_SHOWN 3u

struct arguments {
    const char *paths[16];
    size_t path_count;
    bool wanted[TCPR_MUTANTS_END];
    bool some_wanted, until_first, verbose;
};

/* What one mutant came to. */
struct tally {
    size_t specs, red, hung, died, asserted; /* specs that kill; runs of each kind */
    const struct spec *first[NAMES_SHOWN];
};

static bool want(struct arguments *arguments, const char *name)
{
    for (size_t n = 1; n < TCPR_MUTANTS_END; n++) {
        if (strcmp(tcpr_mutants[n].name, name) == 0) { return arguments->wanted[n] = arguments->some_wanted = true; }
    }
    return false;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'm':
        if (!want(arguments, value)) { argp_error(state, "no mutant is called '%s'", value); }
        return 0;
    case 'f': arguments->until_first = true; return 0;
    case 'v': arguments->verbose = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->path_count == sizeof arguments->paths / sizeof *arguments->paths) { argp_usage(state); }
        arguments->paths[arguments->path_count++] = value;
        return 0;
    case ARGP_KEY_NO_ARGS: arguments->paths[arguments->path_count++] = "specs"; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"mutant", 'm', "NAME", 0, "Only this one; may be given again", 0},
    {"first", 'f', NULL, 0, "Leave each mutant at the first run that kills it", 0},
    {"verbose", 'v', NULL, 0, "Show every run that is red, and why", 0},
    {0},
};
static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "[PATH...]",
    .doc = "Run the suite on the engine with each of the planted bugs (docs/mutants.md).\v"
           "Exit status: 0 every mutant is killed, 1 some survive, 2 the command line or a spec is wrong, 3 the engine "
           "as it ships is red or something else prevents it."};

static struct tally tally_of(const struct sweep *sweep, uint16_t *kills_of_spec)
{
    struct tally tally = {0};
    const struct spec *last = NULL;
    for (size_t n = 0; n < sweep->jobs->count; n++) {
        const struct sweep_run *run = &sweep->run[n];
        const struct spec *spec = sweep->jobs->job[n].spec;
        tally.red += run->outcome == SWEEP_RED;
        tally.hung += run->outcome == SWEEP_HUNG;
        tally.died += run->outcome == SWEEP_DIED;
        tally.asserted += run->asserted;
        if (!sweep_kills(run)) { continue; }
        kills_of_spec[n]++;
        if (spec == last) { continue; }
        last = spec;
        if (tally.specs < NAMES_SHOWN) { tally.first[tally.specs] = spec; }
        tally.specs++;
    }
    return tally;
}

static const char *base_name(const struct spec *spec)
{
    const char *slash = strrchr(spec->name, '/');
    return slash ? slash + 1 : spec->name;
}

static void print_tally(const struct tcpr_mutant_entry *mutant, const struct tally *tally)
{
    printf("%-36s %-4s %5zu %5zu %5zu %5zu %6zu  ", mutant->name, mutant->bug, tally->specs, tally->red, tally->hung,
           tally->died, tally->asserted);
    if (tally->specs == 0) { printf("SURVIVES: %s", mutant->text); }
    for (size_t n = 0; n < NAMES_SHOWN && n < tally->specs; n++) {
        printf("%s%s", n > 0 ? ", " : "", base_name(tally->first[n]));
    }
    printf("%s\n", tally->specs > NAMES_SHOWN ? ", ..." : "");
}

/* Specs of which no run killed anything. Told, not judged: suite_red has seen every spec red in some other way. */
static void print_idle(const struct suite_jobs *jobs, const uint16_t *kills_of_spec)
{
    size_t specs = 0, idle = 0;
    for (size_t n = 0; n < jobs->count;) {
        const struct spec *spec = jobs->job[n].spec;
        unsigned kills = 0;
        for (; n < jobs->count && jobs->job[n].spec == spec; n++) {
            kills += kills_of_spec[n];
        }
        specs++;
        if (kills > 0) { continue; }
        if (idle++ == 0) { printf("\nspecs that killed no mutant:\n"); }
        printf("  %s\n", spec->name);
    }
    printf("%zu of %zu specs killed no mutant\n", idle, specs);
}

static bool is_green(struct sweep *sweep)
{
    size_t green = 0;
    sweep_mutant(sweep, TCPR_MUTANT_none);
    for (size_t n = 0; n < sweep->jobs->count; n++) {
        green += sweep->run[n].outcome == SWEEP_GREEN && !sweep->run[n].asserted;
    }
    if (green == sweep->jobs->count && green > 0) { return true; }
    fprintf(stderr, "mutants: without a bug %zu of %zu runs are green\n", green, sweep->jobs->count);
    return false;
}

static int sweep_all(struct sweep *sweep, const struct arguments *arguments)
{
    uint16_t *kills_of_spec = calloc(sweep->jobs->count + 1, sizeof *kills_of_spec);
    if (!kills_of_spec || !is_green(sweep)) {
        free(kills_of_spec);
        return 3;
    }
    size_t mutants = 0, survivors = 0, lost_alone = 0;
    sweep->verbose = arguments->verbose;
    sweep->until_first = arguments->until_first;
    printf("%-36s %-4s %5s %5s %5s %5s %6s\n", "mutant", "bug", "specs", "red", "hung", "died", "assert");
    for (unsigned n = 1; n < TCPR_MUTANTS_END; n++) {
        if (arguments->some_wanted && !arguments->wanted[n]) { continue; }
        sweep_mutant(sweep, (enum tcpr_mutant_number)n);
        struct tally tally = tally_of(sweep, kills_of_spec);
        print_tally(&tcpr_mutants[n], &tally);
        mutants++;
        survivors += tally.specs == 0;
        lost_alone += tally.specs > 0 && tally.red == 0;
    }
    if (!arguments->until_first && !arguments->some_wanted) { print_idle(sweep->jobs, kills_of_spec); }
    printf("%zu mutants: %zu killed, %zu of them by a hang or a crash alone; %zu survive\n", mutants,
           mutants - survivors, lost_alone, survivors);
    free(kills_of_spec);
    return survivors > 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct suite suite = {0};
    struct suite_jobs jobs = {0};
    struct sweep sweep = {0};
    const char *why = NULL;
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!suite_read(&suite, arguments.paths, arguments.path_count)) {
        fprintf(stderr, "mutants: the specs cannot be read; tcprove lint says why\n");
        suite_free(&suite);
        return 2;
    }
    struct target *target = target_virtual_open(mutant_stack(), "engine", &why);
    suite_jobs_make(&jobs, &suite, &(struct suite_selection){.ip = 3}, target);
    int status = 3;
    if (target && sweep_begin(&sweep, &suite, &jobs, target)) { status = sweep_all(&sweep, &arguments); }
    sweep_end(&sweep);
    if (target) { target->ops->destroy(target); }
    suite_jobs_free(&jobs);
    suite_free(&suite);
    return status;
}
