#include "notation.h"

#include <arpa/inet.h>

#define FIELDS_MAX 48u
#define PAIRS_MAX 8u

/* A literal that cannot be in the field is known to be wrong now. */
static bool in_range(struct cursor *begin, const struct expr *value, const struct field_form *form)
{
    if (!value) { return false; }
    if (value->kind != EXPR_NUMBER || (value->scale == 1 && value->number <= form->most)) { return true; }
    if (value->scale == 1) {
        error_cursor(begin, "%s is too large; %s holds 0 to %lld", value->source, form->name, (long long)form->most);
    } else {
        error_cursor(begin, "%s is a fraction; %s holds a whole number", value->source, form->name);
    }
    return false;
}

static const struct expr *parse_value(struct cursor *c, const struct field_form *form, bool expect)
{
    struct cursor begin = *c;
    const struct expr *value = expr_parse(c, expect ? PATTERN : VALUE_ONLY, form->type);
    return in_range(&begin, value, form) ? value : NULL;
}

/* A constant or a parameter, or in expect `*`, where a word is also known. */
static const struct expr *parse_flags(struct cursor *c, const struct field_form *form, bool expect)
{
    cursor_blanks(c);
    bool other = *c->at == '{' || *c->at == '*' || *c->at == '?';
    if (other) { return expr_parse(c, expect ? PATTERN : VALUE_ONLY, form->type); }
    const char *begin = c->at;
    struct expr *flags = (struct expr *)expr_parse_flags(c);
    if (flags) { flags->source = arena_copy(c->r->arena, begin, (size_t)(c->at - begin)); }
    return flags;
}

static bool parse_pair(struct cursor *c, const struct field_form *form, bool expect, struct field *out)
{
    out->value = parse_value(c, form, expect);
    if (!out->value) { return false; }
    if (!cursor_take(c, ":")) {
        error_cursor(c, "%s where ':' belongs; write %s", cursor_shown(c),
                     form->shape == SHAPE_PAIRS ? "<SACK=first:end>" : "<TS=value:echo>");
        return false;
    }
    out->value2 = parse_value(c, form, expect);
    return out->value2 != NULL;
}

static bool parse_pairs(struct cursor *c, const struct field_form *form, bool expect, struct field *out)
{
    struct field *pair = out;
    for (unsigned count = 1; parse_pair(c, form, expect, pair); count++) {
        cursor_blanks(c);
        if (!cursor_take(c, ",")) { return true; }
        if (count == PAIRS_MAX) {
            error_cursor(c, "more than %u blocks; a header has room for four", PAIRS_MAX);
            return false;
        }
        struct field *next = arena_alloc(c->r->arena, sizeof *next);
        next->kind = form->kind;
        next->at = cursor_place(c);
        pair->next_pair = next;
        pair = next;
    }
    return false;
}

static const struct expr *parse_octet(struct cursor *c)
{
    if (*c->at == '{') { return expr_parse_parameter(c, TYPE_NUMBER); }
    struct cursor begin = *c;
    size_t digits = strspn(c->at, "0123456789");
    int64_t number = 0;
    for (size_t i = 0; i < digits && number < 1000; i++) {
        number = number * 10 + (c->at[i] - '0');
    }
    if (digits == 0 || number > 255) {
        error_cursor(&begin, "%s where a number of one octet belongs; write <OPT=253:00ff>", cursor_shown(&begin));
        return NULL;
    }
    c->at += digits;
    return expr_constant(c->r, cursor_place(&begin), EXPR_NUMBER, number, arena_copy(c->r->arena, begin.at, digits));
}

static bool parse_option(struct cursor *c, struct field *out)
{
    out->value = parse_octet(c);
    if (!out->value) { return false; }
    if (cursor_take(c, "/")) {
        out->value2 = parse_octet(c);
        if (!out->value2) { return false; }
    }
    if (!cursor_take(c, ":")) {
        error_cursor(c, "%s where ':' and octets in hex belong; write <OPT=253:00ff>", cursor_shown(c));
        return false;
    }
    if (!hex_parse(c, '>', &out->octets, &out->octets_len)) { return false; }
    if (out->octets_len <= 38) { return true; }
    error_cursor(c, "%zu octets do not fit; an option has at most 38", out->octets_len);
    return false;
}

static bool parse_text(struct cursor *c, const struct field_form *form, bool expect, struct field *out)
{
    struct cursor begin = *c;
    out->value = expr_parse(c, expect ? PATTERN : VALUE_ONLY, TYPE_ANY);
    if (!out->value) { return false; }
    bool text = out->value->type == TYPE_TEXT;
    if (text || type_fits(out->value->type, TYPE_NUMBER)) { return in_range(&begin, out->value, form); }
    error_cursor(&begin, "%s where text or its length belongs", type_name(out->value->type));
    return false;
}

static bool parse_address(struct cursor *c, struct field *out)
{
    struct cursor begin = *c;
    char address[INET6_ADDRSTRLEN];
    size_t len = strcspn(c->at, ">");
    if (len < sizeof address) {
        memcpy(address, c->at, len);
        address[len] = '\0';
        c->at += len;
        out->address_version = inet_pton(AF_INET, address, out->address) == 1    ? 4
                               : inet_pton(AF_INET6, address, out->address) == 1 ? 6
                                                                                 : 0;
    }
    if (out->address_version) { return true; }
    error_cursor(&begin, "not an IP address; write 192.0.2.1 or 2001:db8::1");
    return false;
}

static bool parse_ip_options(struct cursor *c, struct field *out)
{
    if (!hex_parse(c, '>', &out->octets, &out->octets_len)) { return false; }
    if (out->octets_len > 0 && out->octets_len <= 40) { return true; }
    error_cursor(c, "%zu octets; the options of an IPv4 header take 1 to 40", out->octets_len);
    return false;
}

static const struct expr *parse_ecn(struct cursor *c, const struct field_form *form, bool expect)
{
    static const char *const words[] = {"NOT-ECT", "ECT1", "ECT0", "CE"};
    struct place at = cursor_place(c);
    for (int i = 0; i < 4; i++) {
        if (cursor_take(c, words[i])) { return expr_constant(c->r, at, EXPR_NUMBER, i, words[i]); }
    }
    return parse_value(c, form, expect);
}

static bool parse_shape(struct cursor *c, const struct field_form *form, bool expect, struct field *out)
{
    switch (form->shape) {
    case SHAPE_VALUE: return (out->value = parse_value(c, form, expect)) != NULL;
    case SHAPE_FLAGS: return (out->value = parse_flags(c, form, expect)) != NULL;
    case SHAPE_PAIR: return parse_pair(c, form, expect, out);
    case SHAPE_PAIRS: return parse_pairs(c, form, expect, out);
    case SHAPE_OPTION: return parse_option(c, out);
    case SHAPE_TEXT: return parse_text(c, form, expect, out);
    case SHAPE_CSUM:
        out->bad = cursor_take(c, "bad");
        return out->bad || (out->value = parse_value(c, form, expect)) != NULL;
    case SHAPE_ADDRESS: return parse_address(c, out);
    case SHAPE_ECN: return (out->value = parse_ecn(c, form, expect)) != NULL;
    case SHAPE_HEX: return parse_ip_options(c, out);
    case SHAPE_BARE: break;
    }
    error_cursor(c, "%s takes no value%s", form->name, form->none ? " but none" : "");
    return false;
}

static const struct field_form *parse_field_name(struct cursor *c, bool expect)
{
    struct cursor begin = *c;
    const char *name = cursor_word(c, ".");
    const struct field_form *form = name ? field_form_of(name) : NULL;
    if (!name) {
        error_cursor(&begin, "%s where a field's name belongs: <SEQ=...>", cursor_shown(&begin));
    } else if (!form) {
        error_cursor(&begin, "unknown field '%s'; %s", name, meant_field(c->r, name, expect));
    } else if (!(expect ? form->in_expect : form->in_inject)) {
        error_cursor(&begin, "%s has no place in %s; %s", name, expect ? "an expect" : "an inject",
                     expect && form->kind == FIELD_CSUM ? "the checksum is always checked"
                                                        : "see section 2 of docs/spec-language.md");
        form = NULL;
    }
    return form;
}

/* What an inject leaves out of its ACK bit is said by CTL. */
static bool takes_none(const struct field_form *form, bool expect)
{
    return form->none && (expect || form->kind != FIELD_ACK);
}

static bool parse_field_value(struct cursor *c, const struct field_form *form, bool expect, struct field *out)
{
    if (!cursor_take(c, "=")) {
        if (form->shape == SHAPE_BARE) { return true; }
        error_cursor(c, "%s where '=' belongs; write <%s=...>", cursor_shown(c), form->name);
        return false;
    }
    if (takes_none(form, expect) && strncmp(c->at, "none", 4) == 0 && (c->at[4] == '>' || c->at[4] == ' ')) {
        c->at += 4;
        out->none = true;
        return true;
    }
    return parse_shape(c, form, expect, out);
}

static bool parse_field(struct cursor *c, bool expect, struct field *out)
{
    if (!cursor_take(c, "<")) {
        error_cursor(c, "%s where '<' belongs; a segment is written <SEQ=...><CTL=...>", cursor_shown(c));
        return false;
    }
    const char *begin = c->at;
    out->at = cursor_place(c);
    const struct field_form *form = parse_field_name(c, expect);
    if (!form) { return false; }
    out->kind = form->kind;
    if (!parse_field_value(c, form, expect, out)) { return false; }
    cursor_blanks(c);
    out->source = arena_copy(c->r->arena, begin, (size_t)(c->at - begin));
    if (cursor_take(c, ">")) { return true; }
    error_cursor(c, "%s where '>' belongs, to close <%s=", cursor_shown(c), form->name);
    return false;
}

static bool is_repeated(enum field_kind kind)
{
    return kind == FIELD_OPT || kind == FIELD_NOP || kind == FIELD_EOL;
}

/* Past the field in which an error was found, so that the next is looked at too. */
static bool skip_field(struct cursor *c)
{
    size_t len = strcspn(c->at, ">");
    c->at += len;
    return cursor_take(c, ">");
}

static bool parse_fields(struct cursor *c, bool expect, struct field *field, size_t *count)
{
    bool right = true;
    uint64_t seen = 0;
    for (*count = 0; !cursor_end(c); (*count)++) {
        if (*count == FIELDS_MAX) {
            error_cursor(c, "more than %u fields; a segment has no room for them", FIELDS_MAX);
            return false;
        }
        struct field *out = &field[*count];
        *out = (struct field){0};
        if (!parse_field(c, expect, out)) {
            right = false;
            if (!skip_field(c)) { return false; }
            continue;
        }
        if ((seen & UINT64_C(1) << out->kind) && !is_repeated(out->kind)) {
            error_at(c->r, out->at, "<%s> stands twice; a field stands once", out->source);
            right = false;
        }
        seen |= UINT64_C(1) << out->kind;
    }
    return right;
}

bool notation_read(struct reader *r, const struct node *node, bool expect, struct notation *out)
{
    if (node->kind != NODE_SCALAR) {
        error_node(r, node, "%s where a segment belongs: <SEQ=...><CTL=...>", node_kind_name(node));
        return false;
    }
    struct field field[FIELDS_MAX];
    struct cursor c = cursor_begin(r, node);
    size_t count;
    if (cursor_end(&c)) {
        error_cursor(&c, "no segment here; write <SEQ=...><CTL=...>");
        return false;
    }
    if (!parse_fields(&c, expect, field, &count)) { return false; }
    struct field *fields = arena_array(r->arena, count, sizeof *fields);
    memcpy(fields, field, count * sizeof *fields);
    *out = (struct notation){fields, count, node->text, {r->file, node->line, node->column}};
    return true;
}
