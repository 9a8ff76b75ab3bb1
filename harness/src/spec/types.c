/* What kind of value an operation gives. The runner computes by the same rules. */
#include "expr.h"

const char *type_name(enum value_type type)
{
    switch (type) {
    case TYPE_ANY: return "anything";
    case TYPE_NUMBER: return "a number";
    case TYPE_SEQUENCE: return "a sequence number";
    case TYPE_TIME: return "a time";
    case TYPE_FLAGS: return "control bits";
    case TYPE_TEXT: return "text";
    case TYPE_STATE: return "a state";
    }
    return "?";
}

static bool is_numeric(enum value_type type)
{
    return type == TYPE_NUMBER || type == TYPE_SEQUENCE;
}

bool type_fits(enum value_type have, enum value_type wanted)
{
    return have == TYPE_ANY || wanted == TYPE_ANY || have == wanted || (is_numeric(have) && is_numeric(wanted));
}

static bool type_of_sum(bool subtract, enum value_type left, enum value_type right, enum value_type *out,
                        const char **why)
{
    *out = left == TYPE_ANY ? right : left;
    if (left == TYPE_ANY || right == TYPE_ANY) { return true; }
    if (left == TYPE_TIME && right == TYPE_TIME) { return true; }
    *why = "a time and a number do not add up; write the unit: 200 ms";
    if (!is_numeric(left) || !is_numeric(right)) { return false; }
    *out = left == right ? left : TYPE_SEQUENCE;
    if (left == TYPE_SEQUENCE && right == TYPE_SEQUENCE) { *out = TYPE_NUMBER; }
    *why = "two sequence numbers cannot be added; one and a number can";
    if (left == TYPE_SEQUENCE && right == TYPE_SEQUENCE && !subtract) { return false; }
    *why = "a sequence number cannot be taken from a number; the reverse can";
    return !(left == TYPE_NUMBER && right == TYPE_SEQUENCE && subtract);
}

static bool type_of_product(bool divide, enum value_type left, enum value_type right, enum value_type *out,
                            const char **why)
{
    bool times = left == TYPE_TIME && right == TYPE_TIME;
    *out = times ? TYPE_NUMBER : left == TYPE_TIME || right == TYPE_TIME ? TYPE_TIME : TYPE_NUMBER;
    if (left == TYPE_ANY || right == TYPE_ANY) {
        *out = TYPE_ANY;
        return true;
    }
    *why = "a time times a time is nothing; multiply a time by a number";
    if (times && !divide) { return false; }
    *why = "a number cannot be divided by a time; a time can be divided by either";
    return !(divide && right == TYPE_TIME && left != TYPE_TIME);
}

static bool is_amount(enum value_type type)
{
    return type == TYPE_ANY || type == TYPE_TIME || is_numeric(type);
}

bool type_of_operation(enum expr_kind op, enum value_type left, enum value_type right, enum value_type *out,
                       const char **why)
{
    *why = "control bits, text and states are not for arithmetic; only numbers and times are";
    if (!is_amount(left) || !is_amount(right)) { return false; }
    if (op == EXPR_ADD || op == EXPR_SUBTRACT) { return type_of_sum(op == EXPR_SUBTRACT, left, right, out, why); }
    return type_of_product(op == EXPR_DIVIDE, left, right, out, why);
}
