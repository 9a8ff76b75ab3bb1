/* An expectation file brought up to date with what a suite has found. */
#include "harness/expectation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Something to be expected of one run: its verdict, or a finding of the monitor. */
struct wish {
    size_t at;    /* of the run, in the suite */
    size_t asked; /* the first to ask has the better reason: it stood in the file */
    const struct run_result *run;
    const char *rule;
    const char *reason;
    const char *profile; /* pattern, or NULL */
    enum verdict verdict;
    bool written;
};

struct update {
    struct arena *arena;
    const struct expectations *expectations;
    const struct suite_result *suite;
    bool whole;
    bool *gone;        /* by entry */
    struct wish *wish; /* once decided: in the order of runs, so those of a spec stand in a row */
    size_t wishes, wishes_room;
    char today[16];
};

/* ---- What goes ---- */

static bool foresees(const struct expectation *entry, const struct run_result *run)
{
    for (size_t i = 0; i < run->finding_count; i++) {
        if (run->finding[i].rule && !strcmp(entry->rule, run->finding[i].rule)) { return true; }
    }
    return entry->verdict == run->verdict && (!run->rule || !strcmp(entry->rule, run->rule));
}

/* Every run it is about passed, or, of a whole suite, there is none. */
static bool is_over(const struct update *update, const struct expectation *entry, bool *split)
{
    size_t passed = 0, foreseen = 0;
    for (size_t i = 0; i < update->suite->count; i++) {
        const struct run_result *run = update->suite->run[i];
        if (!expectation_speaks_of(entry, update->suite->profile, run)) { continue; }
        passed += run->unexpected_pass;
        foreseen += foresees(entry, run);
    }
    *split = passed > 0 && foreseen > 0;
    return passed > 0 || (update->whole && expectation_is_stale(entry, update->suite->profile));
}

/* ---- What comes ---- */

static bool alike(const struct wish *a, const struct wish *b)
{
    return a->verdict == b->verdict && !strcmp(a->rule, b->rule) && !strcmp(a->run->name, b->run->name);
}

static void add_wish(struct update *update, size_t at, struct wish wish)
{
    if (update->wishes == update->wishes_room) {
        size_t room = update->wishes_room ? 2 * update->wishes_room : 64;
        struct wish *grown = arena_array(update->arena, room, sizeof *grown);
        if (update->wishes) { memcpy(grown, update->wish, update->wishes * sizeof *grown); }
        update->wish = grown;
        update->wishes_room = room;
    }
    wish.at = at;
    wish.asked = update->wishes;
    wish.run = update->suite->run[at];
    update->wish[update->wishes++] = wish;
}

static int in_order(const void *left, const void *right)
{
    const struct wish *a = left, *b = right;
    if (a->at != b->at) { return a->at < b->at ? -1 : 1; }
    int rule = strcmp(a->rule, b->rule);
    if (rule) { return rule; }
    if (a->verdict != b->verdict) { return a->verdict < b->verdict ? -1 : 1; }
    return a->asked < b->asked ? -1 : 1;
}

/* One wish where two entries, or an entry and what was found, say the same of a run. */
static void put_in_order(struct update *update)
{
    size_t kept = 0;
    if (update->wishes > 1) { qsort(update->wish, update->wishes, sizeof *update->wish, in_order); }
    for (size_t i = 0; i < update->wishes; i++) {
        const struct wish *last = kept ? &update->wish[kept - 1] : NULL;
        if (last && last->run == update->wish[i].run && alike(last, &update->wish[i])) { continue; }
        update->wish[kept++] = update->wish[i];
    }
    update->wishes = kept;
}

static void keep_the_true_part(struct update *update, const struct expectation *entry)
{
    for (size_t i = 0; i < update->suite->count; i++) {
        const struct run_result *run = update->suite->run[i];
        if (!expectation_speaks_of(entry, update->suite->profile, run) || !foresees(entry, run)) { continue; }
        add_wish(
            update, i,
            (struct wish){
                .rule = entry->rule, .reason = entry->reason, .profile = entry->profile, .verdict = entry->verdict});
    }
}

static const char *unexplained(struct update *update, const char *reason)
{
    return arena_printf(update->arena, "to be explained: %s", reason ? reason : "");
}

static void add_unexpected(struct update *update, size_t at)
{
    const struct run_result *run = update->suite->run[at];
    bool broken = (run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION) && !run->expectation;
    if (broken && run->rule) {
        add_wish(update, at,
                 (struct wish){.rule = run->rule, .reason = unexplained(update, run->reason), .verdict = run->verdict});
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct finding *finding = &run->finding[i];
        bool must = finding->level == LEVEL_MUST || finding->level == LEVEL_STATED;
        if (finding->expectation || !finding->rule) { continue; }
        add_wish(update, at,
                 (struct wish){.rule = finding->rule,
                               .reason = unexplained(update, finding->text),
                               .verdict = must ? VERDICT_FAIL : VERDICT_DEVIATION});
    }
}

static void decide(struct update *update)
{
    const struct expectations *expectations = update->expectations;
    update->gone = arena_array(update->arena, expectations->count + 1, sizeof *update->gone);
    for (size_t i = 0; i < expectations->count; i++) {
        bool split = false;
        update->gone[i] = is_over(update, &expectations->entry[i], &split);
        if (split) { keep_the_true_part(update, &expectations->entry[i]); }
    }
    for (size_t i = 0; i < update->suite->count; i++) {
        add_unexpected(update, i);
    }
    put_in_order(update);
}

/* ---- The text ---- */

static bool same_spec(const struct run_result *a, const struct run_result *b)
{
    return !strcmp(a->name, b->name);
}

/* Runs of the wish's spec, which stand in a row; of its cell alone where `cell`. */
static size_t runs_of(const struct update *update, const struct wish *wish, bool cell)
{
    struct run_result *const *run = update->suite->run;
    size_t count = 0, i = wish->at;
    while (i > 0 && same_spec(run[i - 1], wish->run)) {
        i--;
    }
    for (; i < update->suite->count && same_spec(run[i], wish->run); i++) {
        count += !cell || !strcmp(run[i]->cell, wish->run->cell);
    }
    return count;
}

/* Where the wishes for the wish's spec begin. */
static size_t first_of(const struct update *update, const struct wish *wish)
{
    size_t i = (size_t)(wish - update->wish);
    while (i > 0 && same_spec(update->wish[i - 1].run, wish->run)) {
        i--;
    }
    return i;
}

static size_t wished_of(const struct update *update, const struct wish *wish, bool cell)
{
    size_t count = 0;
    for (size_t i = first_of(update, wish); i < update->wishes; i++) {
        const struct wish *other = &update->wish[i];
        if (!same_spec(other->run, wish->run)) { break; }
        count += alike(other, wish) && (!cell || !strcmp(other->run->cell, wish->run->cell));
    }
    return count;
}

static void mark_written(struct update *update, const struct wish *wish, bool spec, bool cell)
{
    for (size_t i = first_of(update, wish); i < update->wishes; i++) {
        struct wish *other = &update->wish[i];
        if (!same_spec(other->run, wish->run)) { break; }
        bool same_cell = cell && !strcmp(other->run->cell, wish->run->cell);
        other->written = other->written || (alike(other, wish) && (spec || same_cell || other->run == wish->run));
    }
}

/* As a YAML scalar in single quotes; as a pattern that means just this text where `pattern`. */
static void write_quoted(FILE *out, const char *key, const char *text, bool pattern)
{
    fprintf(out, "  %s: '", key);
    for (; *text; text++) {
        if (pattern && strchr("*?[\\", *text)) { fputc('\\', out); }
        if (*text == '\'') { fputc('\'', out); }
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
    }
    fputs("'\n", out);
}

static void write_entry(FILE *out, struct update *update, struct wish *wish)
{
    bool spec = wished_of(update, wish, false) == runs_of(update, wish, false);
    bool cell = !spec && wished_of(update, wish, true) == runs_of(update, wish, true);
    fprintf(out, "- spec: %s\n", wish->run->name);
    if (!spec && *wish->run->cell) { write_quoted(out, "cell", wish->run->cell, true); }
    if (!spec && !cell) { fprintf(out, "  ip: %u\n", wish->run->version); }
    if (wish->profile) { write_quoted(out, "profile", wish->profile, false); }
    fprintf(out, "  rule: %s\n  verdict: %s\n", wish->rule, verdict_name(wish->verdict));
    write_quoted(out, "reason", wish->reason, false);
    fprintf(out, "  date: %s\n", update->today);
    mark_written(update, wish, spec, cell);
}

/* The entry a line belongs to: the last that begins at it or before. Remarks and blank lines belong to none. */
static bool line_stays(const struct update *update, const char *line, unsigned number)
{
    size_t last = update->expectations->count;
    for (size_t i = 0; i < update->expectations->count; i++) {
        if (update->expectations->entry[i].at.line <= number) { last = i; }
    }
    bool belongs = line[strspn(line, " \t\r\n")] != 0 && line[strspn(line, " \t")] != '#';
    return last == update->expectations->count || !belongs || !update->gone[last];
}

static void write_text(FILE *out, FILE *in, struct update *update, struct expectations_change *change)
{
    char *line = NULL;
    size_t room = 0;
    for (unsigned number = 1; in && getline(&line, &room, in) >= 0; number++) {
        if (line_stays(update, line, number)) { fputs(line, out); }
    }
    free(line);
    for (size_t i = 0; i < update->wishes; i++) {
        if (update->wish[i].written) { continue; }
        write_entry(out, update, &update->wish[i]);
        change->added++;
    }
}

/* An entry whose dash is not where its first key is, or in a list of one line, is not for a writer of lines. */
static const char *unreadable(const struct update *update)
{
    for (size_t i = 0; i < update->expectations->count; i++) {
        const struct expectation *entry = &update->expectations->entry[i];
        if (entry->at.column == 3) { continue; }
        return arena_printf(update->arena,
                            "line %u: only entries that begin with '- ' at the line's start can be edited",
                            entry->at.line);
    }
    return NULL;
}

static const char *replace(struct update *update, const char *file, struct expectations_change *change)
{
    const char *name = arena_printf(update->arena, "%s.new", file);
    FILE *in = fopen(file, "r");
    if (!in && errno != ENOENT) { return strerror(errno); }
    FILE *out = fopen(name, "w");
    int why = out ? 0 : errno;
    if (out) {
        write_text(out, in, update, change);
        bool good = !ferror(out);
        good = fclose(out) == 0 && good && rename(name, file) == 0;
        why = good ? 0 : errno ? errno : EIO;
        if (!good) { remove(name); }
    }
    if (in) { fclose(in); }
    return why ? strerror(why) : NULL;
}

const char *expectations_update(const struct expectations *expectations, const struct suite_result *suite,
                                const char *file, bool whole, struct arena *arena, struct expectations_change *out)
{
    struct update update = {.arena = arena, .expectations = expectations, .suite = suite, .whole = whole};
    struct tm tm;
    time_t now = time(NULL);
    if (gmtime_r(&now, &tm)) { strftime(update.today, sizeof update.today, "%Y-%m-%d", &tm); }
    *out = (struct expectations_change){0};
    const char *why = unreadable(&update);
    if (why) { return why; }
    decide(&update);
    for (size_t i = 0; i < expectations->count; i++) {
        out->removed += update.gone[i];
    }
    return out->removed || update.wishes ? replace(&update, file, out) : NULL;
}
