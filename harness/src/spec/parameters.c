#include "document.h"

/* A value with its type: a state, control bits, or what an expression gives. */
static const struct expr *read_value(struct reader *r, const struct node *node)
{
    if (!text_read(r, node, "a value")) { return NULL; }
    int state = state_of(node->text);
    struct place at = {r->file, node->line, node->column};
    if (state >= 0) { return expr_constant(r, at, EXPR_STATE, state, node->text); }
    struct cursor c = cursor_begin(r, node);
    if (!flags_ahead(&c)) { return expr_read(r, node, PATTERN, TYPE_ANY); }
    struct expr *flags = (struct expr *)expr_parse_flags(&c);
    if (flags) { flags->source = node->text; }
    return flags;
}

/* The type of all values; a number among sequence numbers counts as one. */
static bool join_type(struct reader *r, const struct node *node, struct parameter *parameter, const struct expr *value)
{
    if (!type_fits(value->type, parameter->type)) {
        error_node(r, node, "%s among values that are each %s; a parameter has one type", type_name(value->type),
                   type_name(parameter->type));
        return false;
    }
    if (parameter->type == TYPE_ANY || value->type == TYPE_SEQUENCE) { parameter->type = value->type; }
    return true;
}

static bool is_pattern(const struct expr *expr)
{
    return expr->kind == EXPR_ANY || expr->kind == EXPR_BIND || expr->kind == EXPR_RANGE;
}

static bool read_values(struct reader *r, const struct node *list, struct parameter *parameter, bool *has_pattern)
{
    const struct expr **value = arena_array(r->arena, list->count, sizeof(const struct expr *));
    bool right = true;
    for (const struct node *item = list->child; item; item = item->next) {
        const struct expr *read = read_value(r, item);
        if (read && read->kind == EXPR_BIND) {
            error_node(r, item, "a parameter's value cannot bind a name; write ?x in the step");
            read = NULL;
        }
        if (!read || !join_type(r, item, parameter, read)) {
            right = false;
            continue;
        }
        *has_pattern = *has_pattern || is_pattern(read);
        value[parameter->count++] = read;
    }
    parameter->value = value;
    return right;
}

static bool check_name(struct reader *r, const struct node *key)
{
    struct cursor c = cursor_begin(r, key);
    bool letter = (*c.at >= 'a' && *c.at <= 'z') || (*c.at >= 'A' && *c.at <= 'Z');
    if (letter && cursor_word(&c, "-") && *c.at == '\0') { return true; }
    error_node(r, key, "'%s' is no name; letters, digits, - and _ make one", key->text);
    return false;
}

static bool is_list(struct reader *r, const struct node *list)
{
    if (list->kind == NODE_SEQUENCE && list->count > 0) { return true; }
    error_node(r, list, "%s where a list of values belongs: [1, 2]",
               list->kind == NODE_SEQUENCE ? "an empty list" : node_kind_name(list));
    return false;
}

/* Known by its name even when its values are wrong, so that one mistake is one error. */
static bool read_parameter(struct reader *r, const struct node *key)
{
    if (!check_name(r, key)) { return false; }
    if (r->parameters == PARAMETERS_MAX) {
        error_node(r, key, "more than %u parameters; a spec shows one behaviour", PARAMETERS_MAX);
        return false;
    }
    struct parameter *parameter = &r->parameter[r->parameters];
    *parameter = (struct parameter){.name = key->text, .at = {r->file, key->line, key->column}};
    bool right = is_list(r, key->value) && read_values(r, key->value, parameter, &r->has_pattern[r->parameters]);
    r->parameters++;
    return right;
}

bool parameters_read(struct reader *r, const struct node *node)
{
    if (node->kind != NODE_MAPPING) {
        error_node(r, node, "%s where a mapping belongs: {offset: [1, 2]}", node_kind_name(node));
        return false;
    }
    bool right = true;
    size_t cells = 1;
    r->in_parameters = true;
    for (const struct node *key = node->child; key; key = key->next) {
        if (!read_parameter(r, key)) { right = false; }
        cells = cells > CELLS_MAX || key->value->count == 0 ? cells : cells * key->value->count;
    }
    r->in_parameters = false;
    if (cells <= CELLS_MAX) { return right; }
    error_node(r, node, "the table has more than %u cells; make two specs of it", CELLS_MAX);
    return false;
}
