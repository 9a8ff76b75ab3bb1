/* The sums: by verdict, by RFC, and the one line that says it all. */
#include "reports/text.h"
#include "rules.h"
#include "terminal.h"

static void write_verdicts(FILE *out, const struct suite_result *suite)
{
    fputs("  runs     ", out);
    for (unsigned i = 0; i < VERDICTS; i++) {
        if (i > 0 && suite->by_verdict[i] == 0) { continue; }
        fprintf(out, "  %zu %s", suite->by_verdict[i], verdict_name((enum verdict)i));
    }
    fputc('\n', out);
}

/* Runs made again because the tester was late or nothing was decided: a sign of a busy machine or a lossy network. */
static void write_repeated(FILE *out, const struct suite_result *suite)
{
    size_t repeated = 0;
    for (size_t i = 0; i < suite->count; i++) {
        repeated += suite->run[i]->attempts > 1;
    }
    if (repeated) {
        fprintf(out, "  repeated   %zu run%s, where the tester was late, the network in doubt or nothing decided\n",
                repeated, repeated == 1 ? "" : "s");
    }
}

static void write_rfc(FILE *out, unsigned rfc, const size_t count[RULE_STATUSES], size_t expected)
{
    static const enum rule_status order[] = {RULE_KEPT, RULE_BROKEN, RULE_DEVIATES, RULE_UNDECIDED};
    char name[24] = "rules";
    if (rfc) { snprintf(name, sizeof name, "RFC %u", rfc); }
    fprintf(out, "  %-9s", name);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (count[order[i]]) { fprintf(out, "  %zu %s", count[order[i]], rule_status_name(order[i])); }
    }
    if (expected) { fprintf(out, " (%zu as expected)", expected); }
    fputc('\n', out);
}

static void write_rules(FILE *out, const struct suite_result *suite)
{
    struct arena arena = {0};
    struct rule_tally *tally = NULL;
    size_t rules = rules_tally(&arena, suite, &tally);
    for (size_t i = 0; i < rules;) {
        size_t count[RULE_STATUSES] = {0}, expected = 0, from = i;
        for (; i < rules && tally[i].rfc == tally[from].rfc; i++) {
            count[tally[i].status]++;
            expected += tally[i].expected;
        }
        write_rfc(out, tally[from].rfc, count, expected);
    }
    arena_free(&arena);
}

/* "2 fail, 1 error, 1 unexpected pass" of those no expectation names. */
static void write_unexpected(FILE *out, const struct suite_result *suite)
{
    size_t by_verdict[VERDICTS] = {0}, passes = 0, found = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct run_result *run = suite->run[i];
        if (!run_is_unexpected(run)) { continue; }
        bool own = run->verdict != VERDICT_PASS && run->verdict != VERDICT_SKIP;
        if (run->unexpected_pass) {
            passes++;
        } else if (own && !run->expectation && run->verdict != VERDICT_INCONCLUSIVE) {
            by_verdict[run->verdict]++;
        } else {
            found++;
        }
    }
    const char *between = "";
    for (unsigned i = 0; i < VERDICTS; i++) {
        if (by_verdict[i] == 0) { continue; }
        fprintf(out, "%s%zu %s", between, by_verdict[i], verdict_name((enum verdict)i));
        between = ", ";
    }
    if (passes) { fprintf(out, "%s%zu unexpected pass%s", between, passes, passes == 1 ? "" : "es"); }
    if (passes) { between = ", "; }
    if (found) { fprintf(out, "%s%zu caught by the monitor", between, found); }
    fprintf(out, " of %zu runs", suite->count);
}

static void write_conforming(FILE *out, const struct suite_result *suite)
{
    size_t expected = 0;
    for (size_t i = 0; i < suite->count; i++) {
        expected += suite->run[i]->expectation != NULL;
    }
    fprintf(out, "%zu of %zu runs pass", suite->by_verdict[VERDICT_PASS], suite->count);
    if (expected) { fprintf(out, ", %zu otherwise as expected", expected); }
    if (suite->by_verdict[VERDICT_SKIP]) { fprintf(out, ", %zu skipped", suite->by_verdict[VERDICT_SKIP]); }
}

static void write_undecided(FILE *out, const struct suite_result *suite)
{
    if (suite->undecided) {
        fprintf(out, "%zu of %zu runs inconclusive, nothing broken", suite->undecided, suite->count);
    } else {
        fprintf(out, "not one of %zu runs came to a verdict", suite->count);
    }
}

static void write_interrupted(FILE *out, const struct suite_result *suite)
{
    fprintf(out, "%zu of %zu runs done", suite->count - suite->by_verdict[VERDICT_SKIP], suite->count);
    if (suite->unexpected) {
        fputs("; so far ", out);
        write_unexpected(out, suite);
    }
}

static void write_outcome(FILE *out, const struct suite_result *suite, bool color)
{
    struct arena arena = {0};
    enum suite_outcome outcome = suite_outcome(suite);
    enum style style = outcome == SUITE_CONFORMS ? STYLE_GOOD : outcome == SUITE_BROKEN ? STYLE_BAD : STYLE_WARN;
    static const char *const words[] = {[SUITE_INTERRUPTED] = "interrupted",
                                        [SUITE_BROKEN] = "does not conform",
                                        [SUITE_UNDECIDED] = "undecided",
                                        [SUITE_CONFORMS] = "conforms"};
    fprintf(out, "%s%s %s:%s ", style_begin(color, style), text_safe(&arena, suite->target), words[outcome],
            style_end(color));
    switch (outcome) {
    case SUITE_INTERRUPTED: write_interrupted(out, suite); break;
    case SUITE_BROKEN: write_unexpected(out, suite); break;
    case SUITE_UNDECIDED: write_undecided(out, suite); break;
    case SUITE_CONFORMS: write_conforming(out, suite); break;
    }
    fprintf(out, " (%.2f s)\n", suite->wall_s);
    arena_free(&arena);
}

void summary_write(FILE *out, const struct suite_result *suite, const struct report *report)
{
    if (!report->quiet) {
        write_verdicts(out, suite);
        write_repeated(out, suite);
        write_rules(out, suite);
    }
    write_outcome(out, suite, report->color);
}
