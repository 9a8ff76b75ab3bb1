/* Small readers of one scalar. */
#include "harness/catalogue.h"
#include "step.h"

const char *text_read(struct reader *r, const struct node *node, const char *what)
{
    if (node->kind == NODE_SCALAR && node->len > 0) { return node->text; }
    error_node(r, node, "%s where %s belongs", node->kind == NODE_SCALAR ? "nothing" : node_kind_name(node), what);
    return NULL;
}

const char *rule_read(struct reader *r, const struct node *node)
{
    const char *id = text_read(r, node, "the id of a rule, such as MUST-3,");
    if (!id || catalogue_find(id)) { return id; }
    const char *near = catalogue_nearest(id);
    if (near) {
        error_node(r, node, "unknown rule '%s'; did you mean '%s'?", id, near);
    } else {
        error_node(r, node, "unknown rule '%s'; the ids are those of specs/catalogue/requirements.tsv", id);
    }
    return NULL;
}

bool switch_read(struct reader *r, const struct node *node, bool *on)
{
    static const char *const words[] = {"on", "true", "yes", "off", "false", "no"};
    const char *word = text_read(r, node, "on or off");
    for (size_t i = 0; word && i < 6; i++) {
        *on = i < 3;
        if (strcmp(words[i], word) == 0) { return true; }
    }
    if (word) { error_node(r, node, "'%s' where on or off belongs", word); }
    return false;
}

bool is_parameter(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->text[0] == '{';
}

int state_read(struct reader *r, const struct node *node)
{
    const char *name = text_read(r, node, "a state");
    int state = name ? state_of(name) : -1;
    if (name && state < 0) { error_node(r, node, "unknown state '%s'; %s", name, meant_state(r, name)); }
    return state;
}

bool amount_read(struct cursor *c, struct step *out)
{
    cursor_blanks(c);
    struct cursor begin = *c;
    const struct expr *expr = expr_parse(c, VALUE_ONLY, TYPE_ANY);
    if (!expr) { return false; }
    if (!cursor_end(c)) {
        error_cursor(c, "%s is too much; the value ends before it", cursor_shown(c));
        return false;
    }
    if (expr->type == TYPE_TEXT && expr->kind != EXPR_TEXT) {
        error_cursor(&begin,
                     "a parameter of text has no place here, but in <DATA={name}>; write the text or its length");
        return false;
    }
    if (expr->type != TYPE_TEXT && !type_fits(expr->type, TYPE_NUMBER)) {
        error_cursor(&begin, "%s where text or its length belongs", type_name(expr->type));
        return false;
    }
    if (expr->kind == EXPR_TEXT) {
        out->has_text = true;
        out->text = (const uint8_t *)expr->text;
        out->text_len = expr->text_len;
    } else {
        out->count = expr;
    }
    return true;
}
