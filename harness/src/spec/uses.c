#include "uses.h"

static void bind(struct uses *uses, unsigned variable, struct place at)
{
    if (variable < USES_MAX && !uses->bound_at[variable].file) { uses->bound_at[variable] = at; }
}

static void count_expr(struct uses *uses, const struct expr *expr)
{
    if (!expr) { return; }
    if (expr->kind == EXPR_BIND) { bind(uses, expr->variable, expr->at); }
    if (expr->kind == EXPR_NAME && expr->builtin == NAME_BOUND && expr->variable < USES_MAX) {
        uses->variable[expr->variable]++;
    }
    if (expr->kind == EXPR_PARAMETER && expr->parameter < USES_MAX) { uses->parameter[expr->parameter]++; }
    count_expr(uses, expr->left);
    count_expr(uses, expr->right);
}

static void count_segment(struct uses *uses, const struct notation *segment)
{
    for (size_t i = 0; i < segment->count; i++) {
        for (const struct field *field = &segment->field[i]; field; field = field->next_pair) {
            count_expr(uses, field->value);
            count_expr(uses, field->value2);
        }
    }
}

static void count_steps(struct uses *uses, const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++, step++) {
        count_segment(uses, &step->segment);
        const struct expr *const parts[] = {
            step->value,
            step->value2,
            step->count,
            step->duration,
            step->within,
            step->after,
            step->since,
            step->at,
            step->icmp ? step->icmp->type : NULL,
            step->icmp ? step->icmp->code : NULL,
            step->icmp ? step->icmp->mtu : NULL,
            step->icmp ? step->icmp->quote : NULL,
        };
        for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
            count_expr(uses, parts[part]);
        }
        if (step->kind == STEP_LET) { bind(uses, step->variable, step->place); }
        count_steps(uses, step->steps, step->step_count);
    }
}

void uses_count(const struct spec *spec, struct uses *out)
{
    *out = (struct uses){0};
    const struct given *given = &spec->given;
    const struct expr *const parts[] = {given->state_parameter, given->mss, given->wscale, given->tester_isn,
                                        given->target_isn};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        count_expr(out, parts[i]);
    }
    for (size_t i = 0; i < spec->parameter_count; i++) {
        for (size_t k = 0; k < spec->parameter[i].count; k++) {
            count_expr(out, spec->parameter[i].value[k]);
        }
    }
    count_steps(out, spec->step, spec->step_count);
}
