/* Where a part of a scalar stands: quotes, escapes and folded lines make value and file differ. */
#include "tree.h"

/* A walk through a scalar as it stands in the file, beside its value. */
struct walk {
    const char *raw, *end;
    size_t value; /* octets of the value passed */
    struct place at;
};

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* The end of a line: of CR LF it is the LF. */
static bool ends_line(const struct walk *w)
{
    return *w->raw == '\n' || (*w->raw == '\r' && (w->raw + 1 == w->end || w->raw[1] != '\n'));
}

static void step(struct walk *w)
{
    bool line_ends = ends_line(w);
    char c = *w->raw++;
    if (line_ends) {
        w->at.line++;
        w->at.column = 1;
    } else if (((unsigned char)c & 0xc0) != 0x80) {
        w->at.column++;
    }
}

static size_t octets_in_utf8(unsigned long character)
{
    return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

/* \xHH, \uHHHH, \UHHHHHHHH, \N, \_, \L, \P, and the rest, which stand for one octet. */
static void pass_escape(struct walk *w)
{
    step(w);
    if (w->raw == w->end) { return; }
    char kind = *w->raw;
    unsigned digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    unsigned long character = kind == 'N' || kind == '_' ? 0x85 : kind == 'L' || kind == 'P' ? 0x2028 : 1;
    step(w);
    if (digits) { character = 0; }
    for (; digits > 0 && w->raw < w->end; digits--, step(w)) {
        char c = *w->raw;
        unsigned value = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
        character = character << 4 | (value & 15);
    }
    w->value += octets_in_utf8(character);
}

/* A line break with the blanks around it is one blank of the value, or as many breaks as there are beyond the first; of
 * a literal, and before the first line of a folded one, it is what it is. */
static void pass_fold(struct walk *w, char style)
{
    size_t breaks = 0;
    while (w->raw < w->end && (is_break(*w->raw) || *w->raw == ' ' || *w->raw == '\t')) {
        breaks += ends_line(w);
        step(w);
    }
    bool kept = style == '|' || (style == '>' && w->value == 0);
    w->value += kept ? breaks : breaks > 1 ? breaks - 1 : 1;
}

static bool fold_begins(const struct walk *w)
{
    const char *c = w->raw;
    while (c < w->end && (*c == ' ' || *c == '\t')) {
        c++;
    }
    return c < w->end && is_break(*c);
}

static void pass(struct walk *w, char style)
{
    if (style == '"' && *w->raw == '\\') {
        pass_escape(w);
    } else if (fold_begins(w)) {
        pass_fold(w, style);
    } else {
        if (style == '\'' && *w->raw == '\'') { step(w); }
        if (w->raw < w->end) { step(w); }
        w->value++;
    }
}

/* The header of a block scalar, and the blanks before its first line. */
static void pass_header(struct walk *w)
{
    while (w->raw < w->end && !is_break(*w->raw)) {
        step(w);
    }
    if (w->raw < w->end) { step(w); }
    while (w->raw < w->end && *w->raw == ' ') {
        step(w);
    }
}

/* As it stands, quotes apart. */
static bool is_exact(const struct node *node)
{
    if (node->style == 0) { return node->raw_len == node->len; }
    return (node->style == '"' || node->style == '\'') && node->raw_len == node->len + 2;
}

static unsigned characters(const struct reader *r, const char *text, size_t octets)
{
    if (r->ascii) { return (unsigned)octets; }
    unsigned count = 0;
    for (size_t i = 0; i < octets; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) { count++; }
    }
    return count;
}

struct place tree_place(const struct reader *r, const struct node *node, size_t offset)
{
    struct place at = {r->file, node->line, node->column};
    if (node->kind != NODE_SCALAR) { return at; }
    if (offset > node->len) { offset = node->len; }
    if (is_exact(node)) {
        at.column += characters(r, node->text, offset) + (node->style != 0);
        return at;
    }
    struct walk w = {node->raw, node->raw + node->raw_len, 0, at};
    if (node->style == '|' || node->style == '>') {
        pass_header(&w);
    } else if (node->style != 0 && w.raw < w.end) {
        step(&w);
    }
    while (w.value < offset && w.raw < w.end) {
        pass(&w, node->style);
    }
    return w.at;
}
