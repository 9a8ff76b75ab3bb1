#include "document.h"

static const struct expr *read_number(struct reader *r, const struct node *node)
{
    return text_read(r, node, "a number") ? expr_read(r, node, VALUE_ONLY, TYPE_NUMBER) : NULL;
}

static bool read_literal(struct reader *r, const struct node *node, int64_t least, int64_t most, uint32_t *out)
{
    const struct expr *number = read_number(r, node);
    if (!number) { return false; }
    if (number->kind == EXPR_NUMBER && number->scale == 1 && number->number >= least && number->number <= most) {
        *out = (uint32_t)number->number;
        return true;
    }
    error_node(r, node, "'%s' where a whole number from %lld to %lld belongs", node->text, (long long)least,
               (long long)most);
    return false;
}

/* The value, or `none`. */
static bool read_optional(struct reader *r, const struct node *node, const struct expr **out, bool *none)
{
    *none = node->kind == NODE_SCALAR && strcmp(node->text, "none") == 0;
    return *none || (*out = read_number(r, node)) != NULL;
}

/* true, false, or RFC 9768's. */
static bool read_ecn(struct reader *r, const struct node *node, struct given *out)
{
    out->accurate_ecn = node->kind == NODE_SCALAR && strcmp(node->text, "accurate") == 0;
    return out->accurate_ecn || switch_read(r, node, &out->ecn);
}

static bool read_option(struct reader *r, const struct node *key, struct given *out)
{
    bool none;
    if (strcmp(key->text, "mss") == 0) { return read_optional(r, key->value, &out->mss, &out->mss_none); }
    if (strcmp(key->text, "wscale") == 0) { return read_optional(r, key->value, &out->wscale, &none); }
    if (strcmp(key->text, "ecn") == 0) { return read_ecn(r, key->value, out); }
    return switch_read(r, key->value, strcmp(key->text, "sack") == 0 ? &out->sack : &out->timestamps);
}

static bool read_options(struct reader *r, const struct node *node, struct given *out)
{
    static const struct key_form forms[] = {
        {"mss", false}, {"wscale", false}, {"sack", false}, {"timestamps", false}, {"ecn", false}};
    if (!keys_check(r, node, "options", forms, 5)) { return false; }
    bool right = true;
    for (const struct node *key = node->child; key; key = key->next) {
        if (!read_option(r, key, out)) { right = false; }
    }
    return right;
}

static bool read_open(struct reader *r, const struct node *node, struct given *out)
{
    static const char *const choice[] = {"passive", "active"};
    const char *word = text_read(r, node, "passive or active");
    out->open_written = true;
    out->active = word && strcmp(word, "active") == 0;
    if (!word || out->active || strcmp(word, "passive") == 0) { return word != NULL; }
    error_node(r, node, "unknown open '%s'; %s", word, meant(r, "opens", word, choice, 2));
    return false;
}

static bool read_state_of_given(struct reader *r, const struct node *node, struct given *out)
{
    if (is_parameter(node)) {
        out->state_parameter = expr_read(r, node, VALUE_ONLY, TYPE_STATE);
        return out->state_parameter != NULL;
    }
    int state = state_read(r, node);
    if (state > TCPR_CLOSED) { out->state = tcpr_state_name((enum tcpr_state)state); }
    return state >= 0;
}

static bool read_key(struct reader *r, const struct node *key, struct given *out)
{
    const struct node *value = key->value;
    const char *name = key->text;
    if (strcmp(name, "state") == 0) { return read_state_of_given(r, value, out); }
    if (strcmp(name, "open") == 0) { return read_open(r, value, out); }
    if (strcmp(name, "options") == 0) { return read_options(r, value, out); }
    if (strcmp(name, "receive-buffer") == 0) { return read_literal(r, value, 1, 1 << 30, &out->receive_buffer); }
    if (strcmp(name, "send-buffer") == 0) { return read_literal(r, value, 1, 1 << 30, &out->send_buffer); }
    if (strcmp(name, "mtu") == 0) { return read_literal(r, value, 68, 65535, &out->mtu); }
    if (strcmp(name, "mtu-probing") == 0) { return switch_read(r, value, &out->mtu_probing); }
    if (strcmp(name, "window") == 0) { return read_literal(r, value, 1, 65535, &out->tester_window); }
    const struct expr *isn = read_number(r, value);
    *(strcmp(name, "isn") == 0 ? &out->tester_isn : &out->target_isn) = isn;
    return isn != NULL;
}

/* The one open that leads to a state, and the state that an open alone means. */
static bool settle(struct reader *r, const struct node *node, struct given *out)
{
    const char *state = out->state;
    bool written = tree_get(node, "state") != NULL;
    if (!written && out->open_written && !out->active) { out->state = tcpr_state_name(TCPR_LISTEN); }
    if (!written && out->open_written && out->active) {
        error_node(r, node, "an active open leads to several states; write state: SYN-SENT or another");
        return false;
    }
    if (!state || out->open_written) { return true; }
    out->active = strcmp(state, tcpr_state_name(TCPR_SYN_SENT)) == 0;
    return true;
}

static bool read_mapping(struct reader *r, const struct node *node, struct given *out)
{
    static const struct key_form forms[] = {
        {"state", false},       {"open", false},   {"options", false}, {"mtu", false},        {"receive-buffer", false},
        {"send-buffer", false}, {"window", false}, {"isn", false},     {"target-isn", false}, {"mtu-probing", false}};
    if (!keys_check(r, node, "given", forms, sizeof forms / sizeof forms[0])) { return false; }
    bool right = true;
    for (const struct node *key = node->child; key; key = key->next) {
        if (!read_key(r, key, out)) { right = false; }
    }
    return right && settle(r, node, out);
}

bool given_read(struct reader *r, const struct node *node, struct given *out)
{
    *out = (struct given){.tester_window = 65535, .at = {r->file, 1, 1}};
    if (!node) { return true; }
    out->at = (struct place){r->file, node->line, node->column};
    r->nothing_known = true;
    bool right;
    if (node->kind == NODE_SCALAR) {
        right = read_state_of_given(r, node, out);
        if (out->state) { out->active = strcmp(out->state, tcpr_state_name(TCPR_SYN_SENT)) == 0; }
    } else {
        right = read_mapping(r, node, out);
    }
    r->nothing_known = false;
    return right;
}
