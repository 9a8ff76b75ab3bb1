#include "junit.h"

#include "failure.h"
#include "outcome.h"
#include "reports/text.h"

#include <libxml/xmlwriter.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* XML 1.0 has no way to write these two code points, which UTF-8 has. */
static const char *writable(struct arena *arena, const char *safe)
{
    char *text = arena_copy(arena, safe, strlen(safe));
    for (char *at = text; (at = strstr(at, "\xEF\xBF")); at += 3) {
        if ((unsigned char)at[2] >= 0xBE) { memcpy(at, "???", 3); }
    }
    return text;
}

/* Text of a run: valid UTF-8 without controls. */
static const char *clean(struct arena *arena, const char *text)
{
    return writable(arena, text_safe(arena, text));
}

static void attribute(xmlTextWriterPtr xml, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(xml, BAD_CAST name, BAD_CAST value);
}

static void attribute_count(xmlTextWriterPtr xml, const char *name, size_t value)
{
    xmlTextWriterWriteFormatAttribute(xml, BAD_CAST name, "%zu", value);
}

static void attribute_seconds(xmlTextWriterPtr xml, double seconds)
{
    xmlTextWriterWriteFormatAttribute(xml, BAD_CAST "time", "%.6f", isfinite(seconds) && seconds > 0 ? seconds : 0);
}

/* The failure as a terminal shows it, the ladder included. */
static void write_story(xmlTextWriterPtr xml, struct arena *arena, const struct run_result *run)
{
    static const struct report plain = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) { return; }
    failure_write(out, run, &plain);
    if (fclose(out) == 0) { xmlTextWriterWriteString(xml, BAD_CAST writable(arena, text)); }
    free(text);
}

static void write_outcome(xmlTextWriterPtr xml, struct arena *arena, const struct run_result *run)
{
    static const char *const element[] = {
        [OUTCOME_FAILED] = "failure", [OUTCOME_SKIPPED] = "skipped", [OUTCOME_ERROR] = "error"};
    enum outcome outcome = outcome_of(run);
    if (outcome == OUTCOME_PASSED) { return; }
    const char *kind = outcome_kind(run), *reason = writable(arena, outcome_reason(arena, run));
    xmlTextWriterStartElement(xml, BAD_CAST element[outcome]);
    if (outcome == OUTCOME_SKIPPED) { /* the format has no type here */
        attribute(xml, "message", arena_printf(arena, "%s: %s", kind, reason));
    } else {
        attribute(xml, "type", kind);
        attribute(xml, "message", reason);
        write_story(xml, arena, run);
    }
    xmlTextWriterEndElement(xml);
}

/* "rfc9293.3.5-establishing" of a spec, so that tools group by folder. */
static const char *folder_of(struct arena *arena, const struct run_result *run)
{
    const char *name = clean(arena, run->name), *slash = strrchr(name, '/');
    char *folder = arena_copy(arena, name, slash ? (size_t)(slash - name) : 0);
    for (char *at = folder; (at = strchr(at, '/'));) {
        *at = '.';
    }
    return *folder ? folder : "specs";
}

static void write_case(xmlTextWriterPtr xml, const struct run_result *run)
{
    struct arena arena = {0};
    const char *title = writable(&arena, run_title(&arena, run)), *slash = strrchr(clean(&arena, run->name), '/');
    size_t folder = slash ? strlen(clean(&arena, run->name)) - strlen(slash) + 1 : 0;
    xmlTextWriterStartElement(xml, BAD_CAST "testcase");
    attribute(xml, "name", title + folder);
    attribute(xml, "classname", folder_of(&arena, run));
    attribute_seconds(xml, (double)run->took_us * 1e-6);
    write_outcome(xml, &arena, run);
    xmlTextWriterEndElement(xml);
    arena_free(&arena);
}

static void write_properties(xmlTextWriterPtr xml, struct arena *arena, const struct suite_result *suite)
{
    const char *const property[][2] = {{"profile", suite->profile ? suite->profile : ""},
                                       {"tcprove", suite->tcprove_version},
                                       {"outcome", suite_outcome_name(suite_outcome(suite))}};
    xmlTextWriterStartElement(xml, BAD_CAST "properties");
    for (size_t i = 0; i < sizeof property / sizeof *property; i++) {
        xmlTextWriterStartElement(xml, BAD_CAST "property");
        attribute(xml, "name", property[i][0]);
        attribute(xml, "value", clean(arena, property[i][1]));
        xmlTextWriterEndElement(xml);
    }
    xmlTextWriterEndElement(xml);
}

static void write_suite(xmlTextWriterPtr xml, const struct suite_result *suite)
{
    struct arena arena = {0};
    size_t count[4] = {0};
    for (size_t i = 0; i < suite->count; i++) {
        count[outcome_of(suite->run[i])]++;
    }
    xmlTextWriterStartElement(xml, BAD_CAST "testsuite");
    attribute(xml, "name", clean(&arena, suite->target));
    attribute_count(xml, "tests", suite->count);
    attribute_count(xml, "failures", count[OUTCOME_FAILED]);
    attribute_count(xml, "errors", count[OUTCOME_ERROR]);
    attribute_count(xml, "skipped", count[OUTCOME_SKIPPED]);
    attribute_seconds(xml, suite->wall_s);
    attribute(xml, "timestamp", clean(&arena, suite->began));
    write_properties(xml, &arena, suite);
    for (size_t i = 0; i < suite->count; i++) {
        write_case(xml, suite->run[i]);
    }
    xmlTextWriterEndElement(xml);
    arena_free(&arena);
}

static void write_document(xmlTextWriterPtr xml, const struct report *report)
{
    xmlTextWriterSetIndent(xml, 1);
    xmlTextWriterStartDocument(xml, NULL, "UTF-8", NULL);
    xmlTextWriterStartElement(xml, BAD_CAST "testsuites");
    attribute(xml, "name", "tcprove");
    for (size_t i = 0; i < report->count; i++) {
        write_suite(xml, report->suite[i]);
    }
    xmlTextWriterEndDocument(xml);
}

bool junit_render(FILE *out, const struct report *report)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr xml = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    if (!xml) {
        xmlBufferFree(buffer);
        return false;
    }
    write_document(xml, report);
    xmlFreeTextWriter(xml);
    size_t len = (size_t)xmlBufferLength(buffer);
    bool good = fwrite(xmlBufferContent(buffer), 1, len, out) == len;
    xmlBufferFree(buffer);
    return good && !ferror(out);
}
