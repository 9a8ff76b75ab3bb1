#include "label.h"

#include <string.h>

static bool causes(const struct machine_edge *edge, unsigned input)
{
    return (edge->inputs >> input & 1) != 0;
}

unsigned edge_input(const struct machine *machine, enum tcpr_state from, enum tcpr_state to)
{
    const struct machine_edge *edge = &machine->edge[from][to];
    const char *shown = machine_in_figure(from, to);
    unsigned first = EXPLORE_INPUTS_MAX;
    for (unsigned input = 0; explore_input_name(input); input++) {
        if (!causes(edge, input)) { continue; }
        if (shown && !strcmp(shown, explore_input_name(input))) { return input; }
        if (first == EXPLORE_INPUTS_MAX) { first = input; }
    }
    return first;
}

const char *edge_label(struct arena *arena, const struct machine_edge *edge, unsigned input)
{
    int more = __builtin_popcountll(edge->inputs) - 1;
    return more ? arena_printf(arena, "%s and %d more", explore_input_name(input), more) : explore_input_name(input);
}

const char *edge_causes(struct arena *arena, const struct machine_edge *edge)
{
    const char *text = "";
    for (unsigned input = 0; explore_input_name(input); input++) {
        if (!causes(edge, input)) { continue; }
        text = arena_printf(arena, "%s%s%s (%s)", text, *text ? "; " : "", explore_input_name(input),
                            tcpr_rule_id((enum tcpr_rule)edge->rule[input]));
    }
    return text;
}
