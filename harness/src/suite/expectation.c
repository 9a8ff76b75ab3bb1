#include "harness/expectation.h"

#include "harness/catalogue.h"
#include "harness/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum key {
    KEY_SPEC,
    KEY_RULE,
    KEY_VERDICT,
    KEY_REASON,
    KEY_DATE,
    KEY_CELL,
    KEY_IP,
    KEY_PROFILE,
    KEY_TARGET,
    KEY_VERSION
};
#define KEYS 10
#define KEYS_REQUIRED 5 /* the first of them */
static const char *const key_names[KEYS] = {"spec", "rule", "verdict", "reason", "date",
                                            "cell", "ip",   "profile", "target", "version"};

struct reader {
    struct expectations *out;
    const char *file;
    yaml_document_t document;
    size_t error_capacity;
};

static __attribute__((format(printf, 3, 4))) void complain(struct reader *reader, yaml_mark_t at, const char *format,
                                                           ...)
{
    struct expectations *out = reader->out;
    if (out->error_count == reader->error_capacity) {
        size_t capacity = reader->error_capacity ? 2 * reader->error_capacity : 8;
        struct spec_error *grown = arena_array(&out->arena, capacity, sizeof *grown);
        if (out->error_count) { memcpy(grown, out->error, out->error_count * sizeof *grown); }
        out->error = grown;
        reader->error_capacity = capacity;
    }
    va_list args;
    va_start(args, format);
    struct place place = {reader->file, (unsigned)at.line + 1, (unsigned)at.column + 1};
    out->error[out->error_count++] = (struct spec_error){place, arena_vprintf(&out->arena, format, args)};
    va_end(args);
}

/* A scalar's text; NULL, and an error, for anything else and for text with a zero octet. */
static const char *scalar(struct reader *reader, const yaml_node_t *node, const char *what)
{
    if (node->type != YAML_SCALAR_NODE) {
        complain(reader, node->start_mark, "%s must be text, not a list or a mapping", what);
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length || node->data.scalar.length == 0) {
        complain(reader, node->start_mark, "%s is %s", what, *text ? "text with a zero octet in it" : "empty");
        return NULL;
    }
    return arena_copy(&reader->out->arena, text, node->data.scalar.length);
}

static bool is_date(const char *text)
{
    unsigned year = 0, month = 0, day = 0;
    int used = 0;
    bool shaped = strlen(text) == 10 && strspn(text, "0123456789-") == 10 &&
                  sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &used) == 3 && used == 10;
    return shaped && year >= 1981 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static void set_rule(struct reader *reader, struct expectation *entry, const yaml_node_t *node, const char *text)
{
    entry->rule = text;
    if (catalogue_find(text)) { return; }
    const char *nearest = catalogue_nearest(text);
    complain(reader, node->start_mark, "unknown rule '%s'; %s%s%s", text, nearest ? "did you mean '" : "",
             nearest ? nearest : "specs/catalogue/requirements.tsv lists them", nearest ? "'?" : "");
}

static void set_verdict(struct reader *reader, struct expectation *entry, const yaml_node_t *node, const char *text)
{
    static const enum verdict allowed[] = {VERDICT_DEVIATION, VERDICT_FAIL, VERDICT_INCONCLUSIVE};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        if (!strcmp(text, verdict_name(allowed[i]))) {
            entry->verdict = allowed[i];
            return;
        }
    }
    complain(reader, node->start_mark, "verdict is '%s'; it can be deviation, fail or inconclusive", text);
}

static void set_version(struct reader *reader, struct expectation *entry, const yaml_node_t *node, const char *text)
{
    bool known = !strcmp(text, "4") || !strcmp(text, "6");
    if (known) { entry->version = (uint8_t)(text[0] - '0'); }
    if (!known) { complain(reader, node->start_mark, "ip is '%s'; it can be 4 or 6", text); }
}

/* ">= 6.1": a sign, a version of digits and dots. @return where it ends, NULL: it is none. */
static const char *skip_condition(const char *text)
{
    static const char *const signs[] = {"<=", ">=", "<", ">", "="};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t len = strlen(signs[i]);
        if (strncmp(text, signs[i], len) != 0) { continue; }
        text += len + strspn(text + len, " ");
        size_t digits = strspn(text, "0123456789.");
        return digits > 0 && digits < 32 && *text != '.' ? text + digits : NULL;
    }
    return NULL;
}

static void set_target_version(struct reader *reader, struct expectation *entry, const yaml_node_t *node,
                               const char *text)
{
    const char *rest = skip_condition(text);
    while (rest && *rest == ',') {
        rest = skip_condition(rest + 1 + strspn(rest + 1, " "));
    }
    entry->target_version = text;
    if (rest && *rest == 0) { return; }
    complain(reader, node->start_mark, "version is '%s'; write it as '>= 6.1' or '>= 6.1, < 6.9'", text);
}

static void set_value(struct reader *reader, struct expectation *entry, enum key key, const yaml_node_t *node)
{
    const char *text = scalar(reader, node, key_names[key]);
    if (!text) { return; }
    switch (key) {
    case KEY_SPEC: entry->spec = text; return;
    case KEY_CELL: entry->cell = text; return;
    case KEY_PROFILE: entry->profile = text; return;
    case KEY_TARGET: entry->target = text; return;
    case KEY_VERSION: set_target_version(reader, entry, node, text); return;
    case KEY_REASON: entry->reason = text; return;
    case KEY_RULE: set_rule(reader, entry, node, text); return;
    case KEY_VERDICT: set_verdict(reader, entry, node, text); return;
    case KEY_IP: set_version(reader, entry, node, text); return;
    case KEY_DATE: break;
    }
    entry->date = text;
    if (!is_date(text)) { complain(reader, node->start_mark, "date is '%s'; write it as 2026-01-31", text); }
}

static int find_key(struct reader *reader, const yaml_node_t *node)
{
    const char *name = scalar(reader, node, "a key");
    if (!name) { return -1; }
    for (int i = 0; i < KEYS; i++) {
        if (!strcmp(name, key_names[i])) { return i; }
    }
    const char *nearest = nearest_word(name, key_names, KEYS);
    complain(reader, node->start_mark, "unknown key '%s'; %s%s%s", name, nearest ? "did you mean '" : "",
             nearest ? nearest : "known are spec, cell, ip, profile, target, version, rule, verdict, reason, date",
             nearest ? "'?" : "");
    return -1;
}

static void read_entry(struct reader *reader, const yaml_node_t *node)
{
    struct expectation *entry = &reader->out->entry[reader->out->count++];
    bool seen[KEYS] = {false};
    entry->at =
        (struct place){reader->file, (unsigned)node->start_mark.line + 1, (unsigned)node->start_mark.column + 1};
    if (node->type != YAML_MAPPING_NODE) {
        complain(reader, node->start_mark, "an entry is a mapping: spec, rule, verdict, reason, date");
        return;
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&reader->document, pair->key);
        int key = find_key(reader, name);
        if (key < 0) { continue; }
        if (seen[key]) { complain(reader, name->start_mark, "'%s' stands twice in this entry", key_names[key]); }
        seen[key] = true;
        set_value(reader, entry, (enum key)key, yaml_document_get_node(&reader->document, pair->value));
    }
    for (int i = 0; i < KEYS_REQUIRED; i++) {
        if (!seen[i]) {
            complain(reader, node->start_mark, "the entry has no '%s'; every entry needs one", key_names[i]);
        }
    }
}

static void read_document(struct reader *reader)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    if (!root || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0)) { return; }
    if (root->type != YAML_SEQUENCE_NODE) {
        complain(reader, root->start_mark, "an expectation file is a list of entries; begin each with '- spec:'");
        return;
    }
    const yaml_node_item_t *item = root->data.sequence.items.start, *end = root->data.sequence.items.top;
    reader->out->entry = arena_array(&reader->out->arena, (size_t)(end - item) + 1, sizeof *reader->out->entry);
    for (; item < end; item++) {
        read_entry(reader, yaml_document_get_node(&reader->document, *item));
    }
}

static void complain_of_yaml(struct reader *reader, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "not readable as YAML";
    complain(reader, parser->problem_mark, "%s%s%s", problem, parser->context ? " " : "",
             parser->context ? parser->context : "");
}

static bool load(struct reader *reader, yaml_parser_t *parser)
{
    if (!yaml_parser_load(parser, &reader->document)) {
        complain_of_yaml(reader, parser);
        return false;
    }
    return true;
}

static void read_all(struct reader *reader, yaml_parser_t *parser)
{
    if (!load(reader, parser)) { return; }
    bool has_root = yaml_document_get_root_node(&reader->document) != NULL;
    read_document(reader);
    yaml_document_delete(&reader->document);
    if (!has_root || !load(reader, parser)) { return; }
    const yaml_node_t *second = yaml_document_get_root_node(&reader->document);
    if (second) { complain(reader, second->start_mark, "a second document; an expectation file has one"); }
    yaml_document_delete(&reader->document);
}

bool expectations_read_memory(struct expectations *expectations, const char *file, const char *octets, size_t len)
{
    *expectations = (struct expectations){0};
    struct reader reader = {.out = expectations, .file = arena_copy(&expectations->arena, file, strlen(file))};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        complain(&reader, (yaml_mark_t){0}, "out of memory");
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)octets, len);
    read_all(&reader, &parser);
    yaml_parser_delete(&parser);
    return expectations->error_count == 0;
}

bool expectations_read(struct expectations *expectations, const char *file)
{
    char *octets = NULL;
    size_t len = 0;
    FILE *in = fopen(file, "r"), *copy = in ? open_memstream(&octets, &len) : NULL;
    int c = 0;
    while (copy && (c = getc(in)) != EOF) {
        putc(c, copy);
    }
    int why = !in || !copy || ferror(in) ? errno : 0;
    if (in) { fclose(in); }
    if (copy) { fclose(copy); }
    bool good = why == 0 && expectations_read_memory(expectations, file, octets ? octets : "", len);
    free(octets);
    if (why == 0) { return good; }
    *expectations = (struct expectations){0};
    struct reader reader = {.out = expectations, .file = arena_copy(&expectations->arena, file, strlen(file))};
    complain(&reader, (yaml_mark_t){0}, "cannot be read: %s", strerror(why));
    return false;
}

void expectations_free(struct expectations *expectations)
{
    arena_free(&expectations->arena);
    *expectations = (struct expectations){0};
}
