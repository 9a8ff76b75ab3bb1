/* Expressions: typed, exact, and never trusted to be sensible. */
#include "harness/eval.h"

#define DEPTH_MAX 64u

struct value value_number(int64_t number)
{
    return (struct value){.type = TYPE_NUMBER, .number = number, .scale = 1};
}

struct value value_sequence(uint32_t seq)
{
    return (struct value){.type = TYPE_SEQUENCE, .number = seq, .scale = 1};
}

struct value value_time(tcpr_time us)
{
    return (struct value){.type = TYPE_TIME, .number = us > INT64_MAX ? INT64_MAX : (int64_t)us, .scale = 1};
}

static bool fails(struct evaluator *e, const char *why)
{
    e->why = why;
    return false;
}

/* Lowest terms, denominator positive. */
static struct value reduced(struct value v)
{
    uint64_t a = v.number < 0 ? 0 - (uint64_t)v.number : (uint64_t)v.number;
    uint64_t b = (uint64_t)v.scale;
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    if (a > 1 && a <= INT64_MAX) {
        v.number /= (int64_t)a;
        v.scale /= (int64_t)a;
    }
    return v;
}

static bool is_amount(const struct value *v)
{
    return v->type == TYPE_NUMBER || v->type == TYPE_TIME;
}

/* Down to a whole number, towards minus infinity. */
static int64_t whole(const struct value *v)
{
    int64_t quotient = v->number / v->scale;
    return quotient - (v->number % v->scale < 0);
}

static bool add_amounts(struct evaluator *e, struct value a, struct value b, bool subtract, struct value *out)
{
    int64_t left, right, sum, scale;
    bool over = __builtin_mul_overflow(a.number, b.scale, &left) || __builtin_mul_overflow(b.number, a.scale, &right) ||
                __builtin_mul_overflow(a.scale, b.scale, &scale);
    over = over || (subtract ? __builtin_sub_overflow(left, right, &sum) : __builtin_add_overflow(left, right, &sum));
    if (over) { return fails(e, "the number is too large"); }
    *out = reduced((struct value){.type = a.type, .number = sum, .scale = scale});
    return true;
}

static bool add(struct evaluator *e, struct value a, struct value b, bool subtract, struct value *out)
{
    if (a.type == TYPE_SEQUENCE && b.type == TYPE_SEQUENCE && subtract) {
        *out = value_number((uint32_t)(a.number - b.number));
        return true;
    }
    if (a.type == TYPE_SEQUENCE && b.type == TYPE_NUMBER) {
        uint32_t by = (uint32_t)whole(&b);
        *out = value_sequence(subtract ? (uint32_t)a.number - by : (uint32_t)a.number + by);
        return true;
    }
    if (a.type == TYPE_NUMBER && b.type == TYPE_SEQUENCE && !subtract) { return add(e, b, a, false, out); }
    if (is_amount(&a) && a.type == b.type) { return add_amounts(e, a, b, subtract, out); }
    return fails(e, subtract ? "these cannot be subtracted from each other" : "these cannot be added");
}

/* A sequence number in a product is a plain number. */
static struct value plain(struct value v)
{
    if (v.type == TYPE_SEQUENCE) { v.type = TYPE_NUMBER; }
    return v;
}

static bool multiply(struct evaluator *e, struct value a, struct value b, struct value *out)
{
    a = plain(a);
    b = plain(b);
    if (!is_amount(&a) || !is_amount(&b) || (a.type == TYPE_TIME && b.type == TYPE_TIME)) {
        return fails(e, "these cannot be multiplied");
    }
    struct value v = {.type = a.type == TYPE_TIME || b.type == TYPE_TIME ? TYPE_TIME : TYPE_NUMBER};
    if (__builtin_mul_overflow(a.number, b.number, &v.number) || __builtin_mul_overflow(a.scale, b.scale, &v.scale)) {
        return fails(e, "the number is too large");
    }
    *out = reduced(v);
    return true;
}

static bool divide(struct evaluator *e, struct value a, struct value b, struct value *out)
{
    a = plain(a);
    b = plain(b);
    if (!is_amount(&a) || !is_amount(&b) || (a.type == TYPE_NUMBER && b.type == TYPE_TIME)) {
        return fails(e, "these cannot be divided");
    }
    if (b.number == 0) { return fails(e, "division by zero"); }
    if (b.number == INT64_MIN || a.number == INT64_MIN) { return fails(e, "the number is too large"); }
    int64_t sign = b.number < 0 ? -1 : 1;
    struct value inverse = {.type = TYPE_NUMBER, .number = sign * b.scale, .scale = sign * b.number};
    struct value left = {.type = TYPE_NUMBER, .number = a.number, .scale = a.scale};
    if (!multiply(e, left, inverse, out)) { return false; }
    if (a.type == TYPE_TIME && b.type == TYPE_NUMBER) { out->type = TYPE_TIME; }
    return true;
}

static bool negate(struct evaluator *e, struct value v, struct value *out)
{
    if (v.type == TYPE_SEQUENCE) {
        *out = value_sequence(0u - (uint32_t)v.number);
        return true;
    }
    if (!is_amount(&v) || v.number == INT64_MIN) { return fails(e, "this cannot be negated"); }
    v.number = -v.number;
    *out = v;
    return true;
}

static bool name_value(struct evaluator *e, const struct expr *expr, struct value *out)
{
    if (expr->builtin != NAME_BOUND) {
        const char *why = "the name is not known here";
        if (e->builtin && e->builtin(e->context, expr->builtin, out, &why)) { return true; }
        return fails(e, why);
    }
    if (expr->variable >= e->variable_count || e->variable[expr->variable].type == TYPE_ANY) {
        return fails(e, "a name is used before it was bound");
    }
    *out = e->variable[expr->variable];
    return true;
}

const struct expr *expr_resolved(const struct evaluator *e, const struct expr *expr)
{
    for (unsigned depth = 0; expr && expr->kind == EXPR_PARAMETER && depth < DEPTH_MAX; depth++) {
        if (!e->spec || expr->parameter >= e->spec->parameter_count) { return NULL; }
        expr = spec_cell_value(e->spec, e->cell, expr->parameter);
    }
    return expr;
}

static bool value_of(struct evaluator *e, const struct expr *expr, unsigned depth, struct value *out);

static bool binary(struct evaluator *e, const struct expr *expr, unsigned depth, struct value *out)
{
    struct value a, b;
    if (!value_of(e, expr->left, depth, &a) || !value_of(e, expr->right, depth, &b)) { return false; }
    switch (expr->kind) {
    case EXPR_ADD: return add(e, a, b, false, out);
    case EXPR_SUBTRACT: return add(e, a, b, true, out);
    case EXPR_MULTIPLY: return multiply(e, a, b, out);
    case EXPR_DIVIDE: return divide(e, a, b, out);
    case EXPR_NUMBER:
    case EXPR_TIME:
    case EXPR_NAME:
    case EXPR_BIND:
    case EXPR_ANY:
    case EXPR_RANGE:
    case EXPR_NEGATE:
    case EXPR_PARAMETER:
    case EXPR_FLAGS:
    case EXPR_TEXT:
    case EXPR_STATE: break;
    }
    return fails(e, "this is no operation");
}

static struct value literal(const struct expr *expr, enum value_type type)
{
    struct value v = {.type = type, .number = expr->number, .scale = expr->scale > 0 ? expr->scale : 1};
    v.text = (const uint8_t *)expr->text;
    v.text_len = expr->text_len;
    return v;
}

static bool value_of(struct evaluator *e, const struct expr *expr, unsigned depth, struct value *out)
{
    expr = expr_resolved(e, expr);
    if (!expr || depth == 0) { return fails(e, "an expression is missing or too deep"); }
    struct value inner;
    switch (expr->kind) {
    case EXPR_NUMBER: *out = literal(expr, TYPE_NUMBER); return true;
    case EXPR_TIME: *out = literal(expr, TYPE_TIME); return true;
    case EXPR_FLAGS: *out = literal(expr, TYPE_FLAGS); return true;
    case EXPR_STATE: *out = literal(expr, TYPE_STATE); return true;
    case EXPR_TEXT: *out = literal(expr, TYPE_TEXT); return true;
    case EXPR_NAME: return name_value(e, expr, out);
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE: return binary(e, expr, depth - 1, out);
    case EXPR_NEGATE: return value_of(e, expr->left, depth - 1, &inner) && negate(e, inner, out);
    case EXPR_BIND:
    case EXPR_ANY:
    case EXPR_RANGE: return fails(e, "a pattern stands where a value is needed");
    case EXPR_PARAMETER: break;
    }
    return fails(e, "this is no value");
}

bool evaluate(struct evaluator *e, const struct expr *expr, struct value *out)
{
    return value_of(e, expr, DEPTH_MAX, out);
}

bool evaluate_whole(struct evaluator *e, const struct expr *expr, int64_t low, int64_t high, int64_t *out)
{
    struct value v;
    if (!evaluate(e, expr, &v)) { return false; }
    if (v.type != TYPE_NUMBER && v.type != TYPE_SEQUENCE) { return fails(e, "a number is needed here"); }
    *out = whole(&v);
    return (*out >= low && *out <= high) || fails(e, "the number is out of range here");
}

bool evaluate_time(struct evaluator *e, const struct expr *expr, tcpr_time *out)
{
    struct value v;
    if (!evaluate(e, expr, &v)) { return false; }
    if (v.type != TYPE_TIME) { return fails(e, "a time is needed here"); }
    if (v.number < 0) { return fails(e, "the time is below zero"); }
    *out = (tcpr_time)whole(&v);
    return true;
}

static bool compare_amounts(struct evaluator *e, const struct value *a, const struct value *b, int *order)
{
    int64_t left, right;
    if (__builtin_mul_overflow(a->number, b->scale, &left) || __builtin_mul_overflow(b->number, a->scale, &right)) {
        return fails(e, "the number is too large");
    }
    *order = (left > right) - (left < right);
    return true;
}

static bool compare_texts(const struct value *a, const struct value *b, int *order)
{
    size_t shorter = a->text_len < b->text_len ? a->text_len : b->text_len;
    int by_octet = 0;
    for (size_t i = 0; i < shorter && by_octet == 0; i++) {
        by_octet = (a->text[i] > b->text[i]) - (a->text[i] < b->text[i]);
    }
    *order = by_octet ? by_octet : (a->text_len > b->text_len) - (a->text_len < b->text_len);
    return true;
}

static bool is_numeric(const struct value *v)
{
    return v->type == TYPE_NUMBER || v->type == TYPE_SEQUENCE;
}

bool value_compare(struct evaluator *e, const struct value *a, const struct value *b, int *order)
{
    if (is_numeric(a) && is_numeric(b) && (a->type == TYPE_SEQUENCE || b->type == TYPE_SEQUENCE)) {
        uint32_t distance = (uint32_t)whole(a) - (uint32_t)whole(b);
        *order = distance == 0 ? 0 : distance < 0x80000000u ? 1 : -1;
        return true;
    }
    if (a->type != b->type) { return fails(e, "unlike things cannot be compared"); }
    switch (a->type) {
    case TYPE_NUMBER:
    case TYPE_TIME: return compare_amounts(e, a, b, order);
    case TYPE_TEXT: return compare_texts(a, b, order);
    case TYPE_FLAGS:
    case TYPE_STATE: *order = (a->number > b->number) - (a->number < b->number); return true;
    case TYPE_SEQUENCE:
    case TYPE_ANY: break;
    }
    return fails(e, "unlike things cannot be compared");
}

static enum matched range_match(struct evaluator *e, const struct expr *range, const struct value *got)
{
    struct value low, high;
    if (!evaluate(e, range->left, &low) || !evaluate(e, range->right, &high)) { return MATCH_FAULT; }
    if (got->type == TYPE_SEQUENCE && is_numeric(&low) && is_numeric(&high)) {
        uint32_t from = (uint32_t)whole(&low), size = (uint32_t)whole(&high) - from;
        return (uint32_t)got->number - from <= size ? MATCH_YES : MATCH_NO;
    }
    int above, below;
    if (!value_compare(e, got, &low, &above) || !value_compare(e, got, &high, &below)) { return MATCH_FAULT; }
    bool inside = above >= 0 && (got->type == TYPE_TIME ? below < 0 : below <= 0);
    return inside ? MATCH_YES : MATCH_NO;
}

enum matched pattern_match(struct evaluator *e, const struct expr *pattern, const struct value *got)
{
    const struct expr *expr = expr_resolved(e, pattern);
    if (!expr) { return MATCH_FAULT; }
    if (expr->kind == EXPR_ANY) { return MATCH_YES; }
    if (expr->kind == EXPR_RANGE) { return range_match(e, expr, got); }
    if (expr->kind == EXPR_BIND) {
        if (expr->variable >= e->variable_count) { return MATCH_FAULT; }
        e->variable[expr->variable] = *got;
        return MATCH_YES;
    }
    struct value wanted;
    int order;
    if (!evaluate(e, expr, &wanted) || !value_compare(e, got, &wanted, &order)) { return MATCH_FAULT; }
    return order == 0 ? MATCH_YES : MATCH_NO;
}

static bool reads(const struct evaluator *e, const struct expr *expr, unsigned names, unsigned depth)
{
    expr = expr_resolved(e, expr);
    if (!expr || depth == 0) { return false; }
    if (expr->kind == EXPR_NAME && expr->builtin != NAME_BOUND) { return (names >> expr->builtin & 1u) != 0; }
    return reads(e, expr->left, names, depth - 1) || reads(e, expr->right, names, depth - 1);
}

bool expr_reads(const struct evaluator *e, const struct expr *expr, unsigned names)
{
    return reads(e, expr, names, DEPTH_MAX);
}
