#include "ladder.h"

#include "failure.h"
#include "label.h"
#include "reports/text.h"

#define INNER_MIN 46u
#define INNER_MAX 104u
#define ARROW_ENDS 6u /* "-- " before the label, " ->" behind it */
#define NOTE_ENDS 4u

/* A ladder being drawn. */
struct ladder {
    FILE *out;
    const struct report *report;
    struct arena *arena;
    size_t inner; /* columns between the lifelines */
    bool named;   /* more than one connection: each line names its own */
};

static bool is_datagram(const struct trace_entry *entry)
{
    return entry->kind == TRACE_TO_TARGET || entry->kind == TRACE_FROM_TARGET;
}

static bool is_shown(const struct ladder *ladder, const struct trace_entry *entry)
{
    if (entry->kind == TRACE_RULE && !ladder->report->explain) { return false; }
    return ladder->report->verbose || entry->failing || !entry->in_given;
}

/* Header and options in one line where that fits; else the options go below the arrow. */
static const char *arrow_label(struct ladder *ladder, const struct trace_entry *entry, const char **below)
{
    const char *header = label_header(ladder->arena, entry), *options = label_options(ladder->arena, entry);
    if (ladder->named) { header = arena_printf(ladder->arena, "%c: %s", 'a' + (char)(entry->connection % 26), header); }
    *below = "";
    if (!*options) { return header; }
    const char *both = arena_printf(ladder->arena, "%s %s", header, options);
    if (text_columns(both) + ARROW_ENDS <= INNER_MAX) { return both; }
    *below = options;
    return header;
}

/* Entries from `from` on that folding leaves out. */
static size_t folded_at(const struct ladder *ladder, const struct trace *trace, size_t from)
{
    size_t n = 0;
    while (from + n < trace->count && trace->entry[from + n].in_given && !is_shown(ladder, &trace->entry[from + n])) {
        n++;
    }
    return n;
}

static size_t datagrams_in(const struct trace *trace, size_t from, size_t count)
{
    size_t n = 0;
    for (size_t i = from; i < from + count; i++) {
        n += is_datagram(&trace->entry[i]);
    }
    return n;
}

static const char *fold_text(struct ladder *ladder, const struct trace *trace, size_t from, size_t count)
{
    size_t segments = datagrams_in(trace, from, count);
    const char *file = text_safe(ladder->arena, trace->entry[from + count - 1].file); /* the fragment that arrives */
    return arena_printf(ladder->arena, "(given: %zu segment%s%s%s)", segments, segments == 1 ? "" : "s",
                        *file ? ", " : "", file);
}

static void make_room(struct ladder *ladder, size_t needed)
{
    if (needed > INNER_MAX) { needed = INNER_MAX; }
    if (needed > ladder->inner) { ladder->inner = needed; }
}

/* What an entry takes between the lifelines; what stands beside them takes nothing. */
static size_t columns_of(struct ladder *ladder, const struct trace_entry *entry)
{
    if (entry->kind == TRACE_NOTE) { return text_columns(text_safe(ladder->arena, entry->text)) + NOTE_ENDS; }
    if (!is_datagram(entry)) { return 0; }
    const char *below = NULL;
    size_t label = text_columns(arrow_label(ladder, entry, &below)), options = text_columns(below);
    return (label > options ? label : options) + ARROW_ENDS;
}

static void measure(struct ladder *ladder, const struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        ladder->named = ladder->named || trace->entry[i].connection > 0;
    }
    ladder->inner = INNER_MIN;
    for (size_t i = 0; i < trace->count; i++) {
        size_t folded = folded_at(ladder, trace, i);
        if (folded) { make_room(ladder, text_columns(fold_text(ladder, trace, i, folded)) + NOTE_ENDS); }
        i += folded;
        if (i < trace->count && is_shown(ladder, &trace->entry[i])) {
            make_room(ladder, columns_of(ladder, &trace->entry[i]));
        }
    }
}

/* Time and mark. */
static void begin_line(const struct ladder *ladder, const struct trace_entry *entry)
{
    bool color = ladder->report->color;
    fprintf(ladder->out, "%s%6llu.%06u%s ", style_begin(color, STYLE_FAINT),
            (unsigned long long)(entry->at / TCPR_S(1)), (unsigned)(entry->at % TCPR_S(1)), style_end(color));
    fputs(entry->failing ? style_begin(color, STYLE_BAD) : "", ladder->out);
    fputs(entry->failing ? ">> |" : "   |", ladder->out);
}

static void end_line(const struct ladder *ladder, const struct trace_entry *entry)
{
    fputs(entry->failing ? style_end(ladder->report->color) : "", ladder->out);
    fputc('\n', ladder->out);
}

static void put_arrow(struct ladder *ladder, const struct trace_entry *entry)
{
    bool to_target = entry->kind == TRACE_TO_TARGET;
    const char *below = NULL, *label = arrow_label(ladder, entry, &below);
    size_t taken = text_columns(label) + 4;
    begin_line(ladder, entry);
    fprintf(ladder->out, "%s %s ", to_target ? "--" : "<-", label);
    text_fill(ladder->out, '-', ladder->inner > taken + 1 ? ladder->inner - taken - 1 : 0);
    fputs(to_target ? ">|" : "-|", ladder->out);
    end_line(ladder, entry);
    if (!*below) { return; }
    text_fill(ladder->out, ' ', 17);
    fputs("|   ", ladder->out);
    text_pad(ladder->out, below, ladder->inner - 3);
    fputs("|\n", ladder->out);
}

/* What stands right of the target's lifeline, behind an empty rung. */
static void put_beside(struct ladder *ladder, const struct trace_entry *entry, const char *what)
{
    begin_line(ladder, entry);
    text_fill(ladder->out, ' ', ladder->inner);
    fputs("|  ", ladder->out);
    if (ladder->named) { fprintf(ladder->out, "%c: ", 'a' + (char)(entry->connection % 26)); }
    fputs(what, ladder->out);
    fputs(text_safe(ladder->arena, entry->text), ladder->out);
    end_line(ladder, entry);
}

static void put_rule(struct ladder *ladder, const struct trace_entry *entry)
{
    const char *rule = text_safe(ladder->arena, entry->rule);
    put_beside(ladder, entry, arena_printf(ladder->arena, "because of %s%s", rule, entry->text ? ": " : ""));
}

/* tcprove's own word stands on the tester's side. */
static void put_note(struct ladder *ladder, const struct trace_entry *entry)
{
    begin_line(ladder, entry);
    fputs("   ", ladder->out);
    text_pad(ladder->out, text_safe(ladder->arena, entry->text), ladder->inner - 3);
    fputc('|', ladder->out);
    end_line(ladder, entry);
}

static void put_entry(struct ladder *ladder, const struct trace_entry *entry)
{
    switch (entry->kind) {
    case TRACE_TO_TARGET:
    case TRACE_FROM_TARGET: put_arrow(ladder, entry); return;
    case TRACE_CALL: put_beside(ladder, entry, "call "); return;
    case TRACE_EVENT: put_beside(ladder, entry, "event "); return;
    case TRACE_STATE: put_beside(ladder, entry, ""); return;
    case TRACE_RULE: put_rule(ladder, entry); return;
    case TRACE_NOTE: put_note(ladder, entry); return;
    }
}

static void put_fold(struct ladder *ladder, const struct trace *trace, size_t from, size_t count)
{
    struct trace_entry note = {
        .kind = TRACE_NOTE, .at = trace->entry[from].at, .text = fold_text(ladder, trace, from, count)};
    put_note(ladder, &note);
}

static void put_head(const struct ladder *ladder)
{
    text_fill(ladder->out, ' ', 14);
    text_pad(ladder->out, "tester", ladder->inner + 1);
    fputs("target\n", ladder->out);
}

void ladder_write(FILE *out, const struct run_result *run, const struct report *report)
{
    struct arena arena = {0};
    struct ladder ladder = {.out = out, .report = report, .arena = &arena};
    measure(&ladder, &run->trace);
    put_head(&ladder);
    for (size_t i = 0; i < run->trace.count;) {
        size_t folded = folded_at(&ladder, &run->trace, i);
        if (folded) { put_fold(&ladder, &run->trace, i, folded); }
        i += folded;
        if (folded || i >= run->trace.count) { continue; }
        if (is_shown(&ladder, &run->trace.entry[i])) { put_entry(&ladder, &run->trace.entry[i]); }
        i++;
    }
    arena_free(&arena);
}

bool ladder_render(FILE *out, const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct suite_result *suite = report->suite[i];
        for (size_t j = 0; j < suite->count; j++) {
            struct arena arena = {0};
            fprintf(out, "%s: %s\n", text_safe(&arena, suite->target), run_title(&arena, suite->run[j]));
            arena_free(&arena);
            ladder_write(out, suite->run[j], report);
            fputc('\n', out);
        }
    }
    return !ferror(out);
}
