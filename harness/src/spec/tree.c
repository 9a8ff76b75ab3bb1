#include "tree.h"

#include <yaml.h>

#define DEPTH_MAX 32u
#define KEYS_MAX 64u

struct frame {
    struct node *node;
    struct node *key; /* of a mapping: waits for its value */
};

struct builder {
    struct reader *r;
    yaml_parser_t parser;
    struct frame frame[DEPTH_MAX];
    unsigned depth;
    size_t at_index, at_octet; /* libyaml counts characters: the last pair known */
    struct node *root;
    bool done;
};

static bool continues(unsigned char octet)
{
    return (octet & 0xc0) == 0x80;
}

/* The octet at which the character of that index begins. Marks come nearly always in order. */
static size_t octet_of(struct builder *b, size_t index)
{
    const struct reader *r = b->r;
    if (r->ascii) { return index < r->len ? index : r->len; }
    if (index < b->at_index) { b->at_index = b->at_octet = 0; }
    while (b->at_index < index && b->at_octet < r->len) {
        do {
            b->at_octet++;
        } while (b->at_octet < r->len && continues((unsigned char)r->octets[b->at_octet]));
        b->at_index++;
    }
    return b->at_octet;
}

static struct place place_of_mark(const struct builder *b, const yaml_mark_t *mark)
{
    return (struct place){b->r->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

static struct node *new_node(struct builder *b, enum node_kind kind, const yaml_mark_t *mark)
{
    struct node *node = arena_alloc(b->r->arena, sizeof *node);
    node->kind = kind;
    node->line = (unsigned)mark->line + 1;
    node->column = (unsigned)mark->column + 1;
    return node;
}

static char style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: return '\'';
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: return '"';
    case YAML_LITERAL_SCALAR_STYLE: return '|';
    case YAML_FOLDED_SCALAR_STYLE: return '>';
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE: break;
    }
    return 0;
}

static struct node *new_scalar(struct builder *b, const yaml_event_t *event)
{
    struct node *node = new_node(b, NODE_SCALAR, &event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    node->len = event->data.scalar.length;
    node->text = arena_copy(b->r->arena, value, node->len);
    node->style = style_of(event->data.scalar.style);
    size_t begin = octet_of(b, event->start_mark.index), end = octet_of(b, event->end_mark.index);
    node->raw = b->r->octets + begin;
    node->raw_len = end > begin ? end - begin : 0;
    return node;
}

static void append(struct node *parent, struct node *node)
{
    if (parent->last) {
        parent->last->next = node;
    } else {
        parent->child = node;
    }
    parent->last = node;
    parent->count++;
}

static bool attach_key(struct builder *b, struct frame *top, struct node *node)
{
    if (node->kind != NODE_SCALAR) {
        error_node(b->r, node, "a key must be a word; text that begins with '{' or '[' must stand in quotes");
        return false;
    }
    for (const struct node *key = top->node->child; key; key = key->next) {
        if (strcmp(key->text, node->text) == 0) {
            error_node(b->r, node, "'%s' stands twice, first on line %u; each key stands once", key->text, key->line);
            return false;
        }
    }
    if (top->node->count == KEYS_MAX) {
        error_node(b->r, node, "more than %u keys in one mapping; no mapping of a spec needs so many", KEYS_MAX);
        return false;
    }
    append(top->node, node);
    top->key = node;
    return true;
}

static bool attach(struct builder *b, struct node *node)
{
    if (b->depth == 0) {
        b->root = node;
        return true;
    }
    struct frame *top = &b->frame[b->depth - 1];
    if (top->node->kind == NODE_SEQUENCE) {
        append(top->node, node);
        return true;
    }
    if (!top->key) { return attach_key(b, top, node); }
    top->key->value = node;
    top->key = NULL;
    return true;
}

static bool open_node(struct builder *b, enum node_kind kind, const yaml_event_t *event)
{
    struct node *node = new_node(b, kind, &event->start_mark);
    if (b->depth == DEPTH_MAX) {
        error_node(b->r, node, "nested more than %u deep; no spec needs so much", DEPTH_MAX);
        return false;
    }
    if (!attach(b, node)) { return false; }
    b->frame[b->depth++] = (struct frame){node, NULL};
    return true;
}

static bool take_scalar(struct builder *b, const yaml_event_t *event)
{
    if (memchr(event->data.scalar.value, 0, event->data.scalar.length)) {
        error_at(b->r, place_of_mark(b, &event->start_mark), "a NUL octet in text; write \\0 inside <DATA=\"...\">");
        return false;
    }
    return attach(b, new_scalar(b, event));
}

static bool begin_document(struct builder *b, const yaml_event_t *event)
{
    if (!b->root) { return true; }
    error_at(b->r, place_of_mark(b, &event->start_mark), "a second document; one file holds one spec");
    return false;
}

static bool refuse_anchor(struct builder *b, const yaml_event_t *event, const void *anchor, const void *tag)
{
    struct place at = place_of_mark(b, &event->start_mark);
    if (anchor) {
        error_at(b->r, at, "anchors are not allowed; text that begins with '&' must stand in quotes");
    } else if (tag) {
        error_at(b->r, at, "tags are not allowed; text that begins with '!' must stand in quotes");
    }
    return anchor || tag;
}

/* One event. false: an error was noted, or the end. */
static bool take(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT: return true;
    case YAML_DOCUMENT_START_EVENT: return begin_document(b, event);
    case YAML_STREAM_END_EVENT: b->done = true; return false;
    case YAML_ALIAS_EVENT:
        error_at(b->r, place_of_mark(b, &event->start_mark),
                 "aliases are not allowed; text that begins with '*' must stand in quotes: \"*\"");
        return false;
    case YAML_SCALAR_EVENT:
        return !refuse_anchor(b, event, event->data.scalar.anchor, event->data.scalar.tag) && take_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return !refuse_anchor(b, event, event->data.sequence_start.anchor, event->data.sequence_start.tag) &&
               open_node(b, NODE_SEQUENCE, event);
    case YAML_MAPPING_START_EVENT:
        return !refuse_anchor(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag) &&
               open_node(b, NODE_MAPPING, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: b->depth--; return true;
    }
    return false;
}

static const char *advice(const char *problem)
{
    static const char *const pairs[][2] = {
        {"mapping values are not allowed", "text with ': ' in it must stand in single quotes"},
        {"cannot start any token", "indent with blanks, and quote text that begins with %, @ or `"},
        {"unexpected end of stream", "a quote is not closed"},
        {"did not find expected ',' or", "a list or mapping in brackets is not closed, or a text in it needs quotes"},
        {"simple key", "a line of a mapping reads 'key: value'"},
        {"did not find expected alphabetic", "text that begins with * or & must stand in quotes"},
        {"did not find expected key", "the keys of a mapping stand in one column, and quoted text ends its line"},
        {"did not find expected '-'", "the items of a list stand in one column"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strstr(problem, pairs[i][0])) { return pairs[i][1]; }
    }
    return "see docs/spec-language.md, section 1";
}

/* The place of an octet of the file itself. */
static struct place place_of_octet(const struct reader *r, size_t octet)
{
    struct place at = {r->file, 1, 1};
    for (size_t i = 0; i < octet; i++) {
        if (r->octets[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (!continues((unsigned char)r->octets[i])) {
            at.column++;
        }
    }
    return at;
}

/* Where it was noticed; of what was never closed, where it was opened. */
static struct place place_of_problem(const struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_READER_ERROR) {
        return place_of_octet(b->r, p->problem_offset < b->r->len ? p->problem_offset : b->r->len);
    }
    bool open = p->context && (strstr(p->context, "quoted scalar") || strstr(p->context, "flow"));
    return place_of_mark(b, open ? &p->context_mark : &p->problem_mark);
}

static void note_problem(struct builder *b)
{
    const char *problem = b->parser.problem ? b->parser.problem : "unreadable";
    error_at(b->r, place_of_problem(b), "not YAML: %s; %s", problem, advice(problem));
}

static void read_events(struct builder *b)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            note_problem(b);
            return;
        }
        more = take(b, &event);
        yaml_event_delete(&event);
    }
}

/* The length of the UTF-8 character that begins here; 0 when it is none (RFC 3629 section 4). */
static size_t character_len(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80) { return 1; }
    size_t len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < len) { return 0; }
    for (size_t i = 1; i < len; i++) {
        if (!continues(at[i])) { return 0; }
    }
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || beyond ? 0 : len;
}

static bool is_control(unsigned char octet)
{
    return (octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r') || octet == 0x7f;
}

static bool check_characters(struct reader *r)
{
    const unsigned char *octet = (const unsigned char *)r->octets;
    r->ascii = true;
    for (size_t i = 0; i < r->len;) {
        size_t len = character_len(octet + i, r->len - i);
        if (len == 0) {
            error_at(r, place_of_octet(r, i), "octet 0x%02x is not UTF-8; save the file as UTF-8", octet[i]);
            return false;
        }
        if (is_control(octet[i])) {
            error_at(r, place_of_octet(r, i), "control character 0x%02x; in a text write \\x%02x", octet[i], octet[i]);
            return false;
        }
        if (len > 1) { r->ascii = false; }
        i += len;
    }
    return true;
}

static bool check_octets(struct reader *r)
{
    if (r->len >= 3 && memcmp(r->octets, "\xef\xbb\xbf", 3) == 0) {
        r->octets += 3;
        r->len -= 3;
    }
    if (r->len > FILE_OCTETS_MAX) {
        error_at(r, (struct place){r->file, 1, 1}, "%zu octets; a spec shows one behaviour in at most %u", r->len,
                 FILE_OCTETS_MAX);
        return false;
    }
    return check_characters(r);
}

struct node *tree_read(struct reader *r)
{
    if (!check_octets(r)) { return NULL; }
    struct builder b = {.r = r};
    if (!yaml_parser_initialize(&b.parser)) {
        error_at(r, (struct place){r->file, 1, 1}, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)r->octets, r->len);
    read_events(&b);
    yaml_parser_delete(&b.parser);
    if (b.done && !b.root) {
        error_at(r, (struct place){r->file, 1, 1}, "an empty file; a spec has title, covers and steps");
    }
    return b.done ? b.root : NULL;
}

const struct node *tree_get(const struct node *mapping, const char *name)
{
    for (const struct node *key = mapping->child; key; key = key->next) {
        if (strcmp(key->text, name) == 0) { return key->value; }
    }
    return NULL;
}

const char *node_kind_name(const struct node *node)
{
    return node->kind == NODE_MAPPING ? "a mapping" : node->kind == NODE_SEQUENCE ? "a list" : "text";
}
