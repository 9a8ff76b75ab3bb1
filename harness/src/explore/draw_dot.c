/* The machine for graphviz: Figure 5's transitions drawn, the others dashed. */
#include "label.h"

#include <inttypes.h>

static void write_edge(FILE *out, const struct machine *machine, enum tcpr_state from, enum tcpr_state to)
{
    struct arena arena = {0};
    const struct machine_edge *edge = &machine->edge[from][to];
    unsigned input = edge_input(machine, from, to);
    fprintf(out, "  \"%s\" -> \"%s\" [label=\"%s\\n%s\"%s];\n", tcpr_state_name(from), tcpr_state_name(to),
            edge_label(&arena, edge, input), tcpr_rule_id((enum tcpr_rule)edge->rule[input]),
            machine_in_figure(from, to) ? "" : ", style=dashed, color=gray50, fontcolor=gray30");
    arena_free(&arena);
}

void machine_write_dot(const struct machine *machine, FILE *out)
{
    fprintf(out, "// %zu connections, %" PRIu64 " steps, %u inputs in a row\ndigraph tcp {\n", machine->nodes_sum,
            machine->steps, machine->depth);
    fputs("  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=9];\n", out);
    for (int state = 0; state < TCPR_STATES; state++) {
        fprintf(out, "  \"%s\" [label=\"%s\\n%zu\"];\n", tcpr_state_name((enum tcpr_state)state),
                tcpr_state_name((enum tcpr_state)state), machine->nodes[state]);
    }
    for (int from = 0; from < TCPR_STATES; from++) {
        for (int to = 0; to < TCPR_STATES; to++) {
            if (machine->edge[from][to].inputs == 0) { continue; }
            write_edge(out, machine, (enum tcpr_state)from, (enum tcpr_state)to);
        }
    }
    fputs("}\n", out);
}
