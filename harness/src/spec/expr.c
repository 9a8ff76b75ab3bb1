/*
 * Expressions and patterns:
 *   pattern: * | ?name | sum [.. sum]
 *   sum:     product { + | - product }
 *   product: unary { * | / unary }
 *   unary:   - unary | number [unit] | name | {name} | "text" | ( sum )
 */
#include "number.h"

#define DEPTH_MAX 16u
#define HEIGHT_MAX 40u /* the runner evaluates no deeper tree */

static struct expr *parse_sum(struct cursor *c);

static struct expr *new_expr(const struct cursor *at, enum expr_kind kind)
{
    struct expr *expr = arena_alloc(at->r->arena, sizeof *expr);
    expr->kind = kind;
    expr->scale = 1;
    expr->at = cursor_place(at);
    return expr;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A name may have dots inside: rcv.nxt, but not rcv..x, which is a range. */
static const char *parse_name(struct cursor *c)
{
    const char *end = c->at;
    while (is_letter(*end) || (*end >= '0' && *end <= '9') || (*end == '.' && is_letter(end[1]) && end > c->at)) {
        end++;
    }
    const char *name = arena_copy(c->r->arena, c->at, (size_t)(end - c->at));
    c->at = end;
    return name;
}

static struct expr *name_unknown(const struct cursor *begin, const char *name)
{
    const char *near = strlen(name) > 1 ? nearest_name(begin->r, name) : NULL;
    if (state_of(name) >= 0 || control_bit(name, strlen(name))) {
        error_cursor(begin, "'%s' has no value here; a number, a time or a name belongs here", name);
    } else if (near) {
        error_cursor(begin, "'%s' is not bound here; did you mean '%s'?", name, near);
    } else {
        error_cursor(begin, "'%s' is not bound here; bind it in a step before: ?%s, at: ?%s or let", name, name, name);
    }
    return NULL;
}

/* What a name stands for here. NAME_BOUND with VARIABLES_MAX: nothing. */
static enum spec_name look_up(struct reader *r, const char *name, unsigned *variable)
{
    *variable = variable_find(r, name);
    if (*variable < VARIABLES_MAX && r->variable[*variable].bound) { return NAME_BOUND; }
    enum spec_name builtin = builtin_of(name);
    bool bound_later = builtin == NAME_BOUND && r->in_parameters && !strchr(name, '.');
    *variable = bound_later ? variable_of(r, name) : VARIABLES_MAX;
    return builtin;
}

static struct expr *parse_named(struct cursor *c)
{
    struct cursor begin = *c;
    const char *name = parse_name(c);
    if (c->r->nothing_known) {
        error_cursor(&begin, "'%s' has no value yet; `given` takes numbers and parameters", name);
        return NULL;
    }
    unsigned variable;
    enum spec_name builtin = look_up(c->r, name, &variable);
    if (builtin == NAME_BOUND && variable == VARIABLES_MAX) { return name_unknown(&begin, name); }
    struct expr *expr = new_expr(&begin, EXPR_NAME);
    expr->name = name;
    expr->builtin = builtin;
    expr->variable = builtin == NAME_BOUND ? variable : 0;
    expr->type = builtin == NAME_BOUND ? c->r->variable[variable].type : builtin_type(builtin);
    return expr;
}

static unsigned parameter_find(const struct reader *r, const char *name)
{
    unsigned at = 0;
    while (at < r->parameters && strcmp(r->parameter[at].name, name) != 0) {
        at++;
    }
    return at;
}

static struct expr *parameter_unknown(const struct cursor *begin, const char *name)
{
    const struct reader *r = begin->r;
    const char *choice[PARAMETERS_MAX];
    for (unsigned i = 0; i < r->parameters; i++) {
        choice[i] = r->parameter[i].name;
    }
    if (r->parameters == 0) {
        error_cursor(begin, "unknown parameter '%s'; name it under `parameters`", name);
    } else {
        error_cursor(begin, "unknown parameter '%s'; %s", name,
                     meant(begin->r, "the parameters", name, choice, r->parameters));
    }
    return NULL;
}

static struct expr *parse_parameter(struct cursor *c)
{
    struct cursor begin = *c;
    c->at++;
    const char *name = is_letter(*c->at) ? cursor_word(c, "-") : NULL;
    if (!name || !cursor_take(c, "}")) {
        error_cursor(&begin, "not a parameter; write {name}");
        return NULL;
    }
    unsigned parameter = parameter_find(c->r, name);
    if (parameter == c->r->parameters) { return parameter_unknown(&begin, name); }
    struct expr *expr = new_expr(&begin, EXPR_PARAMETER);
    expr->name = name;
    expr->parameter = parameter;
    expr->type = c->r->parameter[parameter].type;
    return expr;
}

static struct expr *parse_parentheses(struct cursor *c)
{
    struct cursor begin = *c;
    c->at++;
    struct expr *inner = parse_sum(c);
    if (!inner) { return NULL; }
    cursor_blanks(c);
    if (!cursor_take(c, ")")) {
        error_cursor(c, "%s where ')' belongs, to close the '(' of column %u", cursor_shown(c),
                     cursor_place(&begin).column);
        return NULL;
    }
    return inner;
}

static struct expr *misplaced(const struct cursor *c)
{
    char first = *c->at;
    if (first == '*' || first == '?') {
        error_cursor(c, "'%c' stands alone in a pattern, not inside an expression; name the value first", first);
    } else {
        error_cursor(c, "%s where a value belongs: a number, a name, {parameter}, \"text\" or (...)", cursor_shown(c));
    }
    return NULL;
}

static struct expr *parse_unary(struct cursor *c);

static struct expr *parse_negative(struct cursor *c)
{
    struct cursor begin = *c;
    c->at++;
    struct expr *inner = parse_unary(c);
    if (!inner) { return NULL; }
    if (!type_fits(inner->type, TYPE_NUMBER) && inner->type != TYPE_TIME) {
        error_cursor(&begin, "%s cannot be negated; a number or a time can", type_name(inner->type));
        return NULL;
    }
    struct expr *expr = new_expr(&begin, EXPR_NEGATE);
    expr->left = inner;
    expr->type = inner->type;
    c->height++;
    return expr;
}

static struct expr *parse_primary(struct cursor *c)
{
    char first = *c->at;
    c->height = 1;
    if (first >= '0' && first <= '9') { return number_parse(c); }
    if (is_letter(first)) { return parse_named(c); }
    if (first == '{') { return parse_parameter(c); }
    if (first == '(') { return parse_parentheses(c); }
    if (first == '-') { return parse_negative(c); }
    if (first == '"') { return (struct expr *)expr_parse_text(c); }
    return misplaced(c);
}

static struct expr *parse_unary(struct cursor *c)
{
    cursor_blanks(c);
    if (++c->depth > DEPTH_MAX) {
        error_cursor(c, "nested more than %u deep; name a part with let", DEPTH_MAX);
        return NULL;
    }
    struct expr *expr = parse_primary(c);
    c->depth--;
    return expr;
}

static struct expr *join(struct cursor *c, const struct cursor *operator, enum expr_kind kind, struct expr *left,
                         struct expr *right)
{
    const char *why = NULL;
    struct expr *expr = new_expr(operator, kind);
    expr->at = left->at;
    expr->left = left;
    expr->right = right;
    if (c->height > HEIGHT_MAX) {
        error_cursor(operator, "more than %u operations in one expression; name a part with let", HEIGHT_MAX);
        return NULL;
    }
    if (!type_of_operation(kind, left->type, right->type, &expr->type, &why)) {
        error_cursor(operator, "%s", why);
        return NULL;
    }
    return expr;
}

typedef struct expr *parse_operand(struct cursor *);

/* Operands joined from the left by either of two operators. */
static struct expr *parse_chain(struct cursor *c, parse_operand *operand, const char symbol[2],
                                const enum expr_kind kind[2])
{
    struct expr *left = operand(c);
    while (left) {
        unsigned height = c->height;
        cursor_blanks(c);
        struct cursor operator= * c;
        bool first = *c->at == symbol[0], second = *c->at == symbol[1];
        if (!first && !second) { return left; }
        c->at++;
        struct expr *right = operand(c);
        if (!right) { return NULL; }
        c->height = (c->height > height ? c->height : height) + 1;
        left = join(c, &operator, kind[second], left, right);
    }
    return NULL;
}

static struct expr *parse_product(struct cursor *c)
{
    static const enum expr_kind kinds[2] = {EXPR_MULTIPLY, EXPR_DIVIDE};
    return parse_chain(c, parse_unary, "*/", kinds);
}

static struct expr *parse_sum(struct cursor *c)
{
    static const enum expr_kind kinds[2] = {EXPR_ADD, EXPR_SUBTRACT};
    return parse_chain(c, parse_product, "+-", kinds);
}

static struct expr *parse_bind(struct cursor *c)
{
    struct cursor begin = *c;
    c->at++;
    const char *name = is_letter(*c->at) ? parse_name(c) : NULL;
    if (!name || name_is_reserved(name) || strchr(name, '.')) {
        error_cursor(&begin, "'?' wants a name of your own behind it, without dots: ?first");
        return NULL;
    }
    struct expr *expr = new_expr(&begin, EXPR_BIND);
    expr->name = name;
    expr->variable = variable_of(c->r, name);
    if (expr->variable == VARIABLES_MAX) {
        error_cursor(&begin, "more than %u names in one spec; a spec shows one behaviour", VARIABLES_MAX);
        return NULL;
    }
    return expr;
}

static struct expr *parse_range(struct cursor *c, struct expr *low, const struct cursor *dots)
{
    c->at += 2;
    struct expr *high = parse_sum(c);
    if (!high) { return NULL; }
    if (!type_fits(low->type, high->type)) {
        error_cursor(dots, "from %s to %s is no range; both ends are of one kind, units included", type_name(low->type),
                     type_name(high->type));
        return NULL;
    }
    struct expr *expr = new_expr(dots, EXPR_RANGE);
    expr->at = low->at;
    expr->left = low;
    expr->right = high;
    expr->type = low->type == TYPE_ANY ? high->type : low->type;
    return expr;
}

static struct expr *refuse_pattern(const struct cursor *begin, enum expr_kind kind)
{
    const char *what = kind == EXPR_ANY ? "'*' matches" : kind == EXPR_BIND ? "'?' names" : "a range matches";
    error_cursor(begin, "%s what comes; here a value is needed", what);
    return NULL;
}

static struct expr *parse_pattern(struct cursor *c, enum pattern_use use)
{
    cursor_blanks(c);
    struct cursor begin = *c;
    bool any = *c->at == '*', bind = *c->at == '?';
    if ((any || bind) && use != PATTERN) { return refuse_pattern(&begin, any ? EXPR_ANY : EXPR_BIND); }
    if (any) {
        c->at++;
        return new_expr(&begin, EXPR_ANY);
    }
    if (bind) { return parse_bind(c); }
    struct expr *low = parse_sum(c);
    cursor_blanks(c);
    if (!low || c->at[0] != '.' || c->at[1] != '.') { return low; }
    if (use == VALUE_ONLY) { return refuse_pattern(&begin, EXPR_RANGE); }
    return parse_range(c, low, &(struct cursor){c->r, c->node, c->at, 0, 0});
}

unsigned variable_named(struct reader *r, const struct node *key)
{
    struct cursor c = cursor_begin(r, key);
    bool named = is_letter(*c.at) && cursor_word(&c, "") && *c.at == '\0' && !name_is_reserved(key->text);
    unsigned variable = named ? variable_of(r, key->text) : VARIABLES_MAX;
    if (!named) {
        error_node(r, key, "'%s' is no name; letters, digits and _ make one", key->text);
    } else if (variable == VARIABLES_MAX) {
        error_node(r, key, "more than %u names in one spec; a spec shows one behaviour", VARIABLES_MAX);
    }
    return variable;
}

bool variable_bind(struct reader *r, struct place at, unsigned variable, enum value_type type)
{
    struct variable *v = &r->variable[variable];
    if (v->bound && !type_fits(v->type, type)) {
        error_at(r, at, "'%s' is %s already and cannot become %s; take another name", r->variable_name[variable],
                 type_name(v->type), type_name(type));
        return false;
    }
    v->bound = true;
    v->type = type;
    return true;
}

/* The names a parameter's value reads must be bound by the time it is used. */
static const struct expr *unbound_in(const struct reader *r, const struct expr *expr)
{
    if (!expr) { return NULL; }
    if (expr->kind == EXPR_NAME) {
        return expr->builtin == NAME_BOUND && !r->variable[expr->variable].bound ? expr : NULL;
    }
    const struct expr *left = unbound_in(r, expr->left);
    return left ? left : unbound_in(r, expr->right);
}

static bool check_parameter(struct cursor *c, const struct expr *expr, bool pattern_allowed)
{
    const struct parameter *parameter = &c->r->parameter[expr->parameter];
    for (size_t i = 0; i < parameter->count; i++) {
        const struct expr *unbound = unbound_in(c->r, parameter->value[i]);
        if (unbound) {
            error_at(c->r, expr->at, "{%s} may be %s, and '%s' is not bound yet; bind it in a step before",
                     parameter->name, parameter->value[i]->source, unbound->name);
            return false;
        }
    }
    if (!c->r->has_pattern[expr->parameter] || pattern_allowed) { return true; }
    error_at(c->r, expr->at, "{%s} has a pattern among its values; here a value is needed", parameter->name);
    return false;
}

static bool check_parameters(struct cursor *c, const struct expr *expr, bool pattern_allowed)
{
    if (!expr) { return true; }
    if (expr->kind == EXPR_PARAMETER) { return check_parameter(c, expr, pattern_allowed); }
    return check_parameters(c, expr->left, false) && check_parameters(c, expr->right, false);
}

/* Settle what the place asks for. */
static bool settle(struct cursor *c, const struct cursor *begin, struct expr *expr, enum pattern_use use,
                   enum value_type type)
{
    if (!check_parameters(c, expr, use == PATTERN)) { return false; }
    if (expr->kind == EXPR_BIND || expr->kind == EXPR_ANY) { expr->type = type; }
    if (expr->kind == EXPR_BIND) { return variable_bind(c->r, expr->at, expr->variable, type); }
    if (type_fits(expr->type, type)) { return true; }
    error_cursor(begin, "%s where %s belongs%s", type_name(expr->type), type_name(type),
                 type == TYPE_TIME ? "; write the unit: 200 ms" : "");
    return false;
}

static const struct expr *parsed(struct cursor *c, const struct cursor *begin, struct expr *expr, enum pattern_use use,
                                 enum value_type type)
{
    if (!expr || !settle(c, begin, expr, use, type)) { return NULL; }
    size_t len = (size_t)(c->at - begin->at);
    while (len > 0 && begin->at[len - 1] == ' ') {
        len--;
    }
    expr->source = arena_copy(c->r->arena, begin->at, len);
    return expr;
}

const struct expr *expr_parse(struct cursor *c, enum pattern_use use, enum value_type type)
{
    cursor_blanks(c);
    struct cursor begin = *c;
    return parsed(c, &begin, parse_pattern(c, use), use, type);
}

const struct expr *expr_parse_parameter(struct cursor *c, enum value_type type)
{
    struct cursor begin = *c;
    return parsed(c, &begin, parse_parameter(c), VALUE_ONLY, type);
}

const struct expr *expr_read(struct reader *r, const struct node *node, enum pattern_use use, enum value_type type)
{
    if (node->kind != NODE_SCALAR) {
        error_node(r, node, "%s where a value belongs; a parameter alone must stand in quotes: \"{name}\"",
                   node_kind_name(node));
        return NULL;
    }
    struct cursor c = cursor_begin(r, node);
    const struct expr *expr = expr_parse(&c, use, type);
    if (!expr || cursor_end(&c)) { return expr; }
    error_cursor(&c, "%s is too much; the value ends before it", cursor_shown(&c));
    return NULL;
}

const struct expr *expr_read_bind(struct reader *r, const struct node *node, enum value_type type)
{
    if (node->kind != NODE_SCALAR || node->text[0] != '?') {
        error_node(r, node, "`at` names the time of this step; write at: ?t");
        return NULL;
    }
    return expr_read(r, node, PATTERN, type);
}
