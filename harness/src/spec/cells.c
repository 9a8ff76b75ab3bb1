/* The table of a spec: cells count with the last parameter fastest. */
#include "harness/spec.h"

#include <string.h>

const struct expr *spec_cell_value(const struct spec *spec, size_t cell, unsigned parameter)
{
    if (parameter >= spec->parameter_count) { return NULL; }
    for (size_t i = spec->parameter_count - 1; i > parameter; i--) {
        cell /= spec->parameter[i].count;
    }
    return spec->parameter[parameter].value[cell % spec->parameter[parameter].count];
}

const char *spec_cell_name(const struct spec *spec, size_t cell, struct arena *arena)
{
    const char *name = "";
    for (unsigned i = 0; i < spec->parameter_count; i++) {
        const char *source = spec_cell_value(spec, cell, i)->source;
        name = arena_printf(arena, "%s%s%s=%s", name, i ? " " : "", spec->parameter[i].name, source);
    }
    return name;
}

const struct fragment *suite_fragment(const struct suite *suite, const char *state, bool active)
{
    for (size_t i = 0; i < suite->fragment_count; i++) {
        const struct fragment *fragment = suite->fragment[i];
        if (fragment->active == active && strcmp(fragment->state, state) == 0) { return fragment; }
    }
    return NULL;
}

const struct fragment *spec_fragment(const struct suite *suite, const struct spec *spec, size_t cell)
{
    const struct given *given = &spec->given;
    const char *state = given->state;
    if (given->state_parameter) {
        const struct expr *value = spec_cell_value(spec, cell, given->state_parameter->parameter);
        bool known = value && value->kind == EXPR_STATE && value->number != TCPR_CLOSED;
        state = known ? tcpr_state_name((enum tcpr_state)value->number) : NULL;
    }
    if (!state) { return NULL; }
    const struct fragment *fragment = suite_fragment(suite, state, given->active);
    return fragment || given->open_written ? fragment : suite_fragment(suite, state, !given->active);
}
