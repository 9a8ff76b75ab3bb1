#include "failure.h"

#include "ladder.h"
#include "reports/text.h"
#include "rules.h"

#include <ctype.h>
#include <string.h>

#define LABEL_COLUMNS 12u
#define TEXT_COLUMNS 100u

const char *run_title(struct arena *arena, const struct run_result *run)
{
    const char *cell = text_safe(arena, run->cell);
    return arena_printf(arena, "%s%s%s%s IPv%u", text_safe(arena, run->name), *cell ? " [" : "", cell, *cell ? "]" : "",
                        run->version);
}

/* Octets of the next line of `text`: broken at the last blank that fits, never within a word. */
static size_t line_len(const char *text)
{
    size_t columns = 0, at = 0, blank = 0;
    for (; text[at]; at++) {
        columns += ((unsigned char)text[at] & 0xC0) != 0x80;
        if (text[at] == ' ') {
            if (columns > TEXT_COLUMNS && blank > 0) { return blank; }
            blank = at;
        }
    }
    return columns > TEXT_COLUMNS && blank > 0 ? blank : at;
}

void write_labelled(FILE *out, const char *name, const char *text)
{
    fputs("  ", out);
    text_pad(out, name, LABEL_COLUMNS - 2);
    for (;;) {
        size_t len = line_len(text);
        fprintf(out, "%.*s\n", (int)len, text);
        text += len + (text[len] == ' ');
        if (!*text) { return; }
        text_fill(out, ' ', LABEL_COLUMNS);
    }
}

static const char *rule_in_words(struct arena *arena, const char *rule, enum rule_level level)
{
    const char *summary = rule_summary(rule);
    return arena_printf(arena, "%s (%s)%s%s", text_safe(arena, rule), rule_level_name(level), summary ? ": " : "",
                        text_safe(arena, summary));
}

static const char *heading(const struct run_result *run)
{
    if (run->unexpected_pass) { return "UNEXPECTED PASS"; }
    switch (run->verdict) {
    case VERDICT_PASS: return run->finding_count ? "FINDING" : "PASS";
    case VERDICT_FAIL: return "FAIL";
    case VERDICT_DEVIATION: return "DEVIATION";
    case VERDICT_SKIP: return "SKIP";
    case VERDICT_INCONCLUSIVE: return "INCONCLUSIVE";
    case VERDICT_ERROR: return "ERROR";
    }
    return "?";
}

static enum style heading_style(const struct run_result *run)
{
    if (run_is_unexpected(run)) { return STYLE_BAD; }
    return run->verdict == VERDICT_PASS ? STYLE_GOOD : STYLE_WARN;
}

/* One field of the table: "SEQ=301". */
static const char *cell_text(struct arena *arena, const char *field, const char *value)
{
    return arena_printf(arena, "%s=%s", text_safe(arena, field), text_safe(arena, value));
}

struct column {
    const char *expected, *got;
    size_t width;
    bool marked;
};

static struct column *make_columns(struct arena *arena, const struct run_result *run)
{
    struct column *column = arena_array(arena, run->difference_count, sizeof *column);
    bool marked = false;
    for (size_t i = 0; i < run->difference_count; i++) {
        const struct field_difference *difference = &run->difference[i];
        column[i].expected = cell_text(arena, difference->field, difference->expected);
        column[i].got = cell_text(arena, difference->field, difference->got);
        size_t expected = text_columns(column[i].expected), got = text_columns(column[i].got);
        column[i].width = expected > got ? expected : got;
        column[i].marked = difference->differs && !marked;
        marked = marked || difference->differs;
    }
    return column;
}

static void write_row(FILE *out, const char *name, const struct column *column, size_t count, bool expected)
{
    fputs("  ", out);
    text_pad(out, name, LABEL_COLUMNS - 2);
    for (size_t i = 0; i < count; i++) {
        const char *text = expected ? column[i].expected : column[i].got;
        text_pad(out, text, i + 1 < count ? column[i].width + 2 : 0);
    }
    fputc('\n', out);
}

static void write_mark(FILE *out, const struct column *column, size_t count, bool color)
{
    size_t before = LABEL_COLUMNS;
    for (size_t i = 0; i < count; i++) {
        if (column[i].marked) {
            text_fill(out, ' ', before);
            fputs(style_begin(color, STYLE_BAD), out);
            text_fill(out, '^', column[i].width);
            fprintf(out, "%s\n", style_end(color));
        }
        before += column[i].width + 2;
    }
}

/* Two lines, or more pairs of lines where the fields take too much room for one. */
static void write_difference(FILE *out, struct arena *arena, const struct run_result *run, bool color)
{
    const struct column *column = make_columns(arena, run);
    for (size_t from = 0; from < run->difference_count;) {
        size_t count = 1, width = column[from].width;
        while (from + count < run->difference_count && width + 2 + column[from + count].width <= TEXT_COLUMNS) {
            width += 2 + column[from + count++].width;
        }
        write_row(out, "expected", column + from, count, true);
        write_row(out, "got", column + from, count, false);
        write_mark(out, column + from, count, color);
        from += count;
    }
}

static void write_place(FILE *out, struct arena *arena, const struct run_result *run)
{
    if (!run->file || run->line == 0) { return; }
    const char *step = text_safe(arena, run->step);
    write_labelled(out, "at",
                   arena_printf(arena, "%s:%u%s%s", text_safe(arena, run->file), run->line, *step ? ": " : "", step));
}

static void write_findings(FILE *out, struct arena *arena, const struct run_result *run)
{
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct finding *finding = &run->finding[i];
        const char *text = arena_printf(arena, "%s %s%s", rule_in_words(arena, finding->rule, finding->level),
                                        text_safe(arena, finding->text), finding->expectation ? " (expected: " : "");
        if (finding->expectation) { text = arena_printf(arena, "%s%s)", text, text_safe(arena, finding->expectation)); }
        write_labelled(out, "monitor", text);
    }
}

static void write_verdict(FILE *out, struct arena *arena, const struct run_result *run)
{
    bool ruled = run->verdict == VERDICT_FAIL || run->verdict == VERDICT_DEVIATION;
    if (ruled && run->rule) { write_labelled(out, "rule", rule_in_words(arena, run->rule, run->level)); }
    if (run->verdict != VERDICT_PASS) { write_place(out, arena, run); }
    if (run->reason && *run->reason) { write_labelled(out, "because", text_safe(arena, run->reason)); }
    if (run->expectation) {
        write_labelled(out, run->unexpected_pass ? "though" : "expected", text_safe(arena, run->expectation));
    }
}

void failure_write(FILE *out, const struct run_result *run, const struct report *report)
{
    struct arena arena = {0};
    fprintf(out, "%s%s%s  %s\n", style_begin(report->color, heading_style(run)), heading(run), style_end(report->color),
            run_title(&arena, run));
    write_labelled(out, "title", text_safe(&arena, run->title));
    write_verdict(out, &arena, run);
    write_difference(out, &arena, run, report->color);
    write_findings(out, &arena, run);
    if (run->trace.count) { ladder_write(out, run, report); }
    fputc('\n', out);
    arena_free(&arena);
}
