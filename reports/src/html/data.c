/* The runs as numbers, and one table of texts: small, and nothing in it can be markup. */
#include "html/parts.h"
#include "html/strings.h"
#include "html/write.h"
#include "label.h"

/* A run's optional fields; an absent tail is empty. */
static void put_differences(FILE *out, struct html_strings *strings, const struct run_result *run)
{
    fputs("[", out);
    for (size_t i = 0; i < run->difference_count; i++) {
        const struct field_difference *difference = &run->difference[i];
        fprintf(out, "%s[%zu,%zu,%zu,%d]", i ? "," : "", html_string(strings, difference->field),
                html_string(strings, difference->expected), html_string(strings, difference->got), difference->differs);
    }
    fputs("]", out);
}

static void put_findings(FILE *out, struct html_strings *strings, const struct run_result *run)
{
    fputs("[", out);
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct finding *finding = &run->finding[i];
        fprintf(out, "%s[%zu,%zu,%zu,%zu]", i ? "," : "", html_string(strings, finding->rule),
                html_string(strings, finding->text), finding->entry, html_string(strings, finding->expectation));
    }
    fputs("]", out);
}

static size_t place(struct html_strings *strings, const char *file, unsigned line)
{
    if (!file || line == 0) { return 0; }
    struct arena arena = {0};
    size_t number = html_string(strings, arena_printf(&arena, "%s:%u", file, line));
    arena_free(&arena);
    return number;
}

/* What the fields do not say: urgent pointer, reserved bits, why it is no good segment. */
static const char *remark(struct arena *arena, const struct trace_entry *entry)
{
    const struct tcpr_segment *seg = &entry->segment;
    const char *text = "";
    if (seg->urgent || (seg->control & TCPR_URG)) { text = arena_printf(arena, "UP=%u", seg->urgent); }
    if (seg->reserved) { text = arena_printf(arena, "%s%sRSV=%u", text, *text ? " " : "", seg->reserved); }
    if (entry->parsed == TCPR_PARSE_OK) { return text; }
    return arena_printf(arena, "%s%s(%s)", text, *text ? " " : "", tcpr_parse_text(entry->parsed));
}

static void put_segment(FILE *out, struct html_strings *strings, struct arena *arena, const struct trace_entry *entry)
{
    const struct tcpr_segment *seg = &entry->segment;
    fprintf(out, ",%u,%u,%u,%u,%u", seg->seq, seg->ack, (unsigned)seg->control, seg->text_len, (unsigned)seg->window);
    size_t options = html_string(strings, label_options(arena, entry));
    size_t more = html_string(strings, remark(arena, entry));
    if (options || more) { fprintf(out, ",%zu", options); }
    if (more) { fprintf(out, ",%zu", more); }
}

enum { ENTRY_FAILING = 1, ENTRY_IN_GIVEN = 2, ENTRY_SEGMENT = 4, ENTRY_CONNECTION = 8 };

static bool is_datagram(const struct trace_entry *entry)
{
    return entry->kind == TRACE_TO_TARGET || entry->kind == TRACE_FROM_TARGET;
}

/* Entries stand in the order they were seen, which is not always that of their times. */
static long long difference_us(tcpr_time at, tcpr_time before)
{
    return at >= before ? (long long)(at - before) : -(long long)(before - at);
}

/* [kind, microseconds since the entry before, flags, place, ...] */
static void put_entry(FILE *out, struct html_strings *strings, const struct trace_entry *entry, tcpr_time before)
{
    struct arena arena = {0};
    bool segment = is_datagram(entry) && entry->is_tcp && entry->parsed != TCPR_PARSE_SHORT;
    unsigned flags = (entry->failing ? ENTRY_FAILING : 0u) | (entry->in_given ? ENTRY_IN_GIVEN : 0u) |
                     (segment ? ENTRY_SEGMENT : 0u) | ENTRY_CONNECTION * entry->connection;
    fprintf(out, "[%d,%lld,%u,%zu", (int)entry->kind, difference_us(entry->at, before), flags,
            place(strings, entry->file, entry->line));
    if (segment) {
        put_segment(out, strings, &arena, entry);
    } else {
        const char *text = is_datagram(entry) ? label_header(&arena, entry) : entry->text;
        fprintf(out, ",%zu", html_string(strings, text));
        if (entry->rule) { fprintf(out, ",%zu", html_string(strings, entry->rule)); }
    }
    fputs("]", out);
    arena_free(&arena);
}

static void put_trace(FILE *out, struct html_strings *strings, const struct trace *trace)
{
    tcpr_time before = 0;
    fputs("[", out);
    for (size_t i = 0; i < trace->count; i++) {
        if (i) { fputs(",", out); }
        put_entry(out, strings, &trace->entry[i], before);
        before = trace->entry[i].at;
    }
    fputs("]", out);
}

/* [verdict, standing, trace, attempts, reason, rule, place, step, known, differences, findings] */
static void put_run(FILE *out, struct html_strings *strings, const struct run_result *run)
{
    if (!run) {
        fputs("0", out);
        return;
    }
    fprintf(out, "[%d,%d,", (int)run->verdict, (int)html_standing(run));
    put_trace(out, strings, &run->trace);
    if (run->verdict != VERDICT_PASS || run->expectation || run->finding_count || run->attempts > 1) {
        fprintf(out, ",%u,%zu,%zu,%zu,%zu,%zu,", run->attempts, html_string(strings, run->reason),
                html_string(strings, run->rule), place(strings, run->file, run->line), html_string(strings, run->step),
                html_string(strings, run->expectation));
        put_differences(out, strings, run);
        fputs(",", out);
        put_findings(out, strings, run);
    }
    fputs("]", out);
}

/* [name, title, file, covers, rows]; a row is [cell, version, run...] */
static void put_spec(FILE *out, struct html_strings *strings, const struct html_spec *spec, size_t targets)
{
    const struct run_result *any = spec->any;
    fprintf(out, "[%zu,%zu,%zu,[", html_string(strings, any->name), html_string(strings, any->title),
            html_string(strings, any->spec));
    for (size_t i = 0; i < any->covers_count; i++) {
        fprintf(out, "%s%zu", i ? "," : "", html_string(strings, any->covers[i]));
    }
    fputs("],[", out);
    for (size_t i = 0; i < spec->rows; i++) {
        const struct html_row *row = &spec->row[i];
        fprintf(out, "%s[%zu,%d", i ? ",\n" : "", html_string(strings, row->any->cell), row->any->version);
        for (size_t j = 0; j < targets; j++) {
            fputs(",", out);
            put_run(out, strings, row->run[j]);
        }
        fputs("]", out);
    }
    fputs("]]", out);
}

void html_data(FILE *out, const struct html_model *model)
{
    struct html_strings strings;
    html_strings_make(&strings);
    fputs("<script type=\"application/json\" id=\"data\">\n{\"targets\":[", out);
    for (size_t i = 0; i < model->report->count; i++) {
        fprintf(out, "%s%zu", i ? "," : "", html_string(&strings, model->report->suite[i]->target));
    }
    fputs("],\"specs\":[", out);
    for (size_t i = 0; i < model->specs; i++) {
        fputs(i ? ",\n" : "\n", out);
        put_spec(out, &strings, &model->spec[i], model->report->count);
    }
    fputs("],\n\"strings\":", out);
    html_strings_write(out, &strings);
    fputs("}\n</script>\n", out);
    html_strings_free(&strings);
}
