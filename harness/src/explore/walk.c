/* The search, breadth first, so that each thing found is found by the fewest inputs. */
#include "walk.h"

#include <string.h>

struct search {
    const struct explore_plan *plan;
    struct machine *machine;
    struct arena *arena;
    struct seen seen;
};

/* "passive OPEN, rcv SYN, rcv ACK": how a node is reached. */
static const char *path_text(struct search *s, uint32_t index)
{
    const struct node *node = &s->seen.node[index];
    if (node->parent == index) { return "CLOSED"; }
    return arena_printf(s->arena, "%s, %s", path_text(s, node->parent), explore_input_name(node->input));
}

static void note_fault(struct search *s, uint32_t parent, unsigned input, const char *what)
{
    if (s->machine->fault) { return; }
    s->machine->fault =
        arena_printf(s->arena, "%s, after: %s, %s", what, path_text(s, parent), explore_input_name(input));
}

static void note_edge(struct machine_edge *edge, uint32_t rule, unsigned input, unsigned depth)
{
    uint64_t bit = UINT64_C(1) << input;
    if (edge->inputs == 0) { edge->depth = depth; }
    if ((edge->inputs & bit) == 0) { edge->rule[input] = (uint16_t)rule; }
    edge->inputs |= bit;
    edge->seen++;
}

/* Each transition by itself, and where one input makes several, also where it led in all: the figure's note 2 is one
 * FIN that moves on from FIN-WAIT-1 by way of FIN-WAIT-2. */
static void note_decisions(struct search *s, const struct tcpr_effects *fx, unsigned input, unsigned depth)
{
    const struct tcpr_decision *first = NULL, *last = NULL;
    for (uint32_t i = 0; i < fx->decisions; i++) {
        const struct tcpr_decision *d = &fx->decision[i];
        if (d->act != TCPR_ACT_MOVED) { continue; }
        note_edge(&s->machine->edge[d->from][d->to], d->rule, input, depth);
        first = first ? first : d;
        last = d;
    }
    if (first != last && first->from != last->to) {
        note_edge(&s->machine->edge[first->from][last->to], last->rule, input, depth);
    }
}

static void check(struct search *s, const struct walker *w, uint32_t parent, unsigned input)
{
    const char *fault = tcpr_conn_fault(&w->conn, w->config);
    if (fault) { note_fault(s, parent, input, fault); }
    if (w->fault) { note_fault(s, parent, input, w->fault); }
    if (!closes_in_good_order(*w)) { note_fault(s, parent, input, "does not close in good order"); }
}

static void keep(struct search *s, const struct walker *w, uint32_t parent, unsigned input, unsigned depth)
{
    bool full = false;
    const struct node node = {w->conn, w->now, parent, (uint8_t)input, (uint8_t)depth};
    if (seen_add(&s->seen, &node, &full)) {
        s->machine->nodes[w->conn.state]++;
        check(s, w, parent, input);
    }
    if (full) { s->machine->cut = true; }
}

/* Every input from one node. */
static void expand(struct search *s, uint32_t index)
{
    const struct node from = s->seen.node[index];
    for (unsigned input = 0; input < inputs_count(); input++) {
        struct walker w = {.config = &s->plan->config, .conn = from.conn, .now = from.now};
        if (!input_apply(&w, input)) { continue; }
        s->machine->steps++;
        note_decisions(s, &w.fx, input, from.depth + 1u);
        keep(s, &w, index, input, from.depth + 1u);
    }
}

static bool stopped(const struct search *s)
{
    return s->machine->cut || s->machine->fault || (s->plan->stop && atomic_load(s->plan->stop));
}

/* All nodes of one depth. @return false: the walk was ended. */
static bool expand_level(struct search *s, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (stopped(s)) { return false; }
        expand(s, (uint32_t)i);
    }
    return !stopped(s);
}

void explore(const struct explore_plan *plan, struct machine *machine, struct arena *arena)
{
    struct search s = {.plan = plan, .machine = machine, .arena = arena};
    *machine = (struct machine){0};
    seen_open(&s.seen, plan->nodes_max);
    struct node first = {0};
    bool full = false;
    tcpr_conn_init(&first.conn);
    seen_add(&s.seen, &first, &full);
    machine->nodes[TCPR_CLOSED] = 1;
    size_t from = 0;
    while (machine->depth < plan->depth && from < s.seen.count) {
        size_t end = s.seen.count;
        if (!expand_level(&s, from, end)) {
            machine->cut = true;
            break;
        }
        from = end;
        machine->depth++;
    }
    machine->complete = !machine->cut && from == s.seen.count;
    machine->nodes_sum = s.seen.count;
    seen_close(&s.seen);
}
