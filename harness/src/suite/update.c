/* An expectation file brought up to date with what a suite has found. */
#include "harness/expectation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Something to be expected of one run: its verdict, or a finding of the monitor. */
struct wish {
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
    bool *gone; /* by entry */
    struct wish *wish;
    size_t wishes;
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

static void add_wish(struct update *update, struct wish wish)
{
    for (size_t i = 0; i < update->wishes; i++) {
        if (update->wish[i].run == wish.run && alike(&update->wish[i], &wish)) { return; }
    }
    update->wish[update->wishes++] = wish;
}

static void keep_the_true_part(struct update *update, const struct expectation *entry)
{
    for (size_t i = 0; i < update->suite->count; i++) {
        const struct run_result *run = update->suite->run[i];
        if (!expectation_speaks_of(entry, update->suite->profile, run) || !foresees(entry, run)) { continue; }
        add_wish(update, (struct wish){run, entry->rule, entry->reason, entry->profile, entry->verdict, false});
    }
}

static const char *unexplained(struct update *update, const char *reason)
{
    return arena_printf(update->arena, "to be explained: %s", reason ? reason : "");
}

static void add_unexpected(struct update *update, const struct run_result *run)
{
    bool broken = (run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION) && !run->expectation;
    if (broken && run->rule) {
        add_wish(update, (struct wish){run, run->rule, unexplained(update, run->reason), NULL, run->verdict, false});
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct finding *finding = &run->finding[i];
        bool must = finding->level == LEVEL_MUST || finding->level == LEVEL_STATED;
        if (finding->expectation || !finding->rule) { continue; }
        add_wish(update, (struct wish){run, finding->rule, unexplained(update, finding->text), NULL,
                                       must ? VERDICT_FAIL : VERDICT_DEVIATION, false});
    }
}

static size_t wishes_at_most(const struct update *update)
{
    size_t most = update->suite->count * (update->expectations->count + 1);
    for (size_t i = 0; i < update->suite->count; i++) {
        most += update->suite->run[i]->finding_count;
    }
    return most;
}

static void decide(struct update *update)
{
    const struct expectations *expectations = update->expectations;
    update->gone = arena_array(update->arena, expectations->count + 1, sizeof *update->gone);
    update->wish = arena_array(update->arena, wishes_at_most(update) + 1, sizeof *update->wish);
    for (size_t i = 0; i < expectations->count; i++) {
        bool split = false;
        update->gone[i] = is_over(update, &expectations->entry[i], &split);
        if (split) { keep_the_true_part(update, &expectations->entry[i]); }
    }
    for (size_t i = 0; i < update->suite->count; i++) {
        add_unexpected(update, update->suite->run[i]);
    }
}

/* ---- The text ---- */

/* Runs of the wish's spec; of its cell alone where `cell`. */
static size_t runs_of(const struct update *update, const struct wish *wish, bool cell)
{
    size_t count = 0;
    for (size_t i = 0; i < update->suite->count; i++) {
        const struct run_result *run = update->suite->run[i];
        count += !strcmp(run->name, wish->run->name) && (!cell || !strcmp(run->cell, wish->run->cell));
    }
    return count;
}

static size_t wished_of(const struct update *update, const struct wish *wish, bool cell)
{
    size_t count = 0;
    for (size_t i = 0; i < update->wishes; i++) {
        const struct wish *other = &update->wish[i];
        count += alike(other, wish) && (!cell || !strcmp(other->run->cell, wish->run->cell));
    }
    return count;
}

static void mark_written(struct update *update, const struct wish *wish, bool spec, bool cell)
{
    for (size_t i = 0; i < update->wishes; i++) {
        struct wish *other = &update->wish[i];
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
