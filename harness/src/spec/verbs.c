/* One function a verb: what stands behind `inject:`, `silence:` ... */
#include "step.h"

bool read_raw(struct reader *r, const struct node *value, struct step *out)
{
    out->raw = hex_read(r, value, &out->raw_len);
    return out->raw != NULL;
}

bool read_inject(struct reader *r, const struct node *value, struct step *out)
{
    if (value->kind == NODE_MAPPING) {
        const struct node *raw = tree_get(value, "raw");
        if (raw && value->count == 1) { return read_raw(r, raw, out); }
        error_node(r, value, "a mapping behind inject has the key raw and no other: {raw: \"4500...\"}");
        return false;
    }
    if (value->kind == NODE_SCALAR && strncmp(value->text, "ICMP(", 5) == 0) {
        out->icmp = icmp_read(r, value);
        return out->icmp != NULL;
    }
    return notation_read(r, value, false, &out->segment);
}

bool read_expect(struct reader *r, const struct node *value, struct step *out)
{
    return notation_read(r, value, true, &out->segment);
}

/* YAML takes the quotes of "hello" away; what was quoted is the text itself, unless it is a parameter. */
bool read_expect_text(struct reader *r, const struct node *value, struct step *out)
{
    if (value->kind == NODE_SCALAR && value->style != 0 && !is_parameter(value) && value->text[0] != '"') {
        out->has_text = true;
        out->text = (const uint8_t *)value->text;
        out->text_len = value->len;
        return true;
    }
    if (!text_read(r, value, "text or its length")) { return false; }
    struct cursor c = cursor_begin(r, value);
    return amount_read(&c, out);
}

static const struct expr *read_time(struct reader *r, const struct node *node)
{
    return text_read(r, node, "a time, such as 1 s,") ? expr_read(r, node, VALUE_ONLY, TYPE_TIME) : NULL;
}

bool read_silence(struct reader *r, const struct node *value, struct step *out)
{
    if (!text_read(r, value, "a time, such as 1 s,")) { return false; }
    struct cursor c = cursor_begin(r, value);
    out->strict = cursor_take(&c, "strict ");
    out->duration = expr_parse(&c, VALUE_ONLY, TYPE_TIME);
    if (!out->duration || cursor_end(&c)) { return out->duration != NULL; }
    error_cursor(&c, "%s is too much; write silence: 1 s, or silence: strict 1 s", cursor_shown(&c));
    return false;
}

static bool add_state(struct reader *r, const struct node *node, struct step *out)
{
    int state = state_read(r, node);
    if (state < 0) { return false; }
    out->states |= 1u << state;
    return true;
}

bool read_state(struct reader *r, const struct node *value, struct step *out)
{
    if (is_parameter(value)) {
        out->state_by_parameter = true;
        out->value = expr_read(r, value, VALUE_ONLY, TYPE_STATE);
        return out->value != NULL;
    }
    if (value->kind == NODE_SCALAR) { return add_state(r, value, out); }
    if (value->kind == NODE_MAPPING) {
        error_node(r, value, "a mapping where a state belongs; a parameter must stand in quotes: \"{state}\"");
        return false;
    }
    for (const struct node *item = value->child; item; item = item->next) {
        if (!add_state(r, item, out)) { return false; }
    }
    if (out->states == 0) { error_node(r, value, "an empty list of states; name at least one"); }
    return out->states != 0;
}

bool read_advance(struct reader *r, const struct node *value, struct step *out)
{
    out->duration = read_time(r, value);
    return out->duration != NULL;
}

bool read_acked(struct reader *r, const struct node *value, struct step *out)
{
    if (!text_read(r, value, "a sequence number, such as rcv.nxt,")) { return false; }
    out->value = expr_read(r, value, VALUE_ONLY, TYPE_SEQUENCE);
    return out->value != NULL;
}

bool read_auto_ack(struct reader *r, const struct node *value, struct step *out)
{
    return switch_read(r, value, &out->on);
}

bool read_fence(struct reader *r, const struct node *value, struct step *out)
{
    (void)out;
    if (value->kind == NODE_SCALAR && value->len == 0) { return true; }
    error_node(r, value, "fence takes nothing; write - fence:");
    return false;
}

static enum relation relation_take(struct cursor *c)
{
    static const struct {
        const char *sign;
        enum relation relation;
    } signs[] = {{"==", RELATION_EQ}, {"!=", RELATION_NE}, {"<=", RELATION_LE}, {">=", RELATION_GE},
                 {"<", RELATION_LT},  {">", RELATION_GT},  {"=", RELATION_EQ}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (cursor_take(c, signs[i].sign)) { return signs[i].relation; }
    }
    return 0;
}

static bool comparable(struct cursor *sign, const struct step *step)
{
    enum value_type left = step->value->type, right = step->value2->type;
    bool ordered = step->relation != RELATION_EQ && step->relation != RELATION_NE;
    if (!type_fits(left, right)) {
        error_cursor(sign, "%s and %s cannot be compared%s", type_name(left), type_name(right),
                     left == TYPE_TIME || right == TYPE_TIME ? "; write the unit: 200 ms" : "");
        return false;
    }
    if (ordered && (left == TYPE_FLAGS || left == TYPE_STATE || left == TYPE_TEXT)) {
        error_cursor(sign, "%s has no order; compare with == or !=", type_name(left));
        return false;
    }
    return true;
}

bool read_check(struct reader *r, const struct node *value, struct step *out)
{
    if (!text_read(r, value, "a comparison, such as t1-t0 >= 1 s,")) { return false; }
    struct cursor c = cursor_begin(r, value);
    out->value = expr_parse(&c, VALUE_ONLY, TYPE_ANY);
    if (!out->value) { return false; }
    cursor_blanks(&c);
    struct cursor sign = c;
    out->relation = relation_take(&c);
    if (out->relation == 0) {
        error_cursor(&c, "%s where a comparison belongs: == != < <= > >=", cursor_shown(&c));
        return false;
    }
    out->value2 = expr_parse(&c, VALUE_ONLY, TYPE_ANY);
    if (!out->value2 || !comparable(&sign, out)) { return false; }
    if (cursor_end(&c)) { return true; }
    error_cursor(&c, "%s is too much; a check compares two values", cursor_shown(&c));
    return false;
}
