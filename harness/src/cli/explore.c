/* tcprove explore: the engine's states, walked exhaustively to a depth, and drawn. */
#include "harness/explore.h"

#include "command.h"
#include "interrupt.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DEPTH_DEFAULT 7u
#define DEPTH_MAX 64u
#define NODES_DEFAULT 1000000u
#define NODES_MAX 100000000u

struct arguments {
    const char *dot, *svg;
    unsigned long depth, nodes;
};

static error_t take(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'd': arguments->depth = take_number("--depth", value, DEPTH_MAX, state); return 0;
    case 'n': arguments->nodes = take_number("--connections", value, NODES_MAX, state); return 0;
    case 'D': arguments->dot = value; return 0;
    case 'S': arguments->svg = value; return 0;
    case ARGP_KEY_ARG: argp_error(state, "explore takes no path; got '%s'", value); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"depth", 'd', "N", 0, "Inputs in a row (7)", 0},
    {"connections", 'n', "N", 0, "Distinct connections to keep at most, some 900 octets each (1000000)", 0},
    {"dot", 'D', "FILE", 0, "Draw the machine for graphviz", 0},
    {"svg", 'S', "FILE", 0, "Draw the machine as Figure 5 is laid out", 0},
    {0}};

static const struct argp command_line = {
    options,
    take,
    "",
    "Walk the engine's states: from CLOSED every input of a list is given to every connection reached, to a depth. "
    "Inputs are the user calls, segments at the boundaries of what may come, an ICMP error, and time.\v"
    "Checked of each connection: the engine's invariants, that it does not owe segments without end, and that CLOSE "
    "and a peer that plays along bring it to CLOSED. Of the machine: every transition of RFC 9293's Figure 5 is "
    "reached.\n"
    "Examples:\n"
    "  tcprove explore                    seconds\n"
    "  tcprove explore --depth 5 --svg machine.svg\n"
    "\nExit status: 0 all holds, 1 something does not, 2 usage, 3 a file cannot be written, or the depth was not "
    "reached.",
    NULL,
    NULL,
    NULL};

static bool draw(const char *file, const struct machine *machine, void (*write)(const struct machine *, FILE *))
{
    if (!file) { return true; }
    FILE *out = fopen(file, "w");
    if (out) { write(machine, out); }
    bool good = out && !ferror(out);
    if (out && fclose(out) != 0) { good = false; }
    if (!good) { complain("%s cannot be written: %s", file, strerror(errno)); }
    return good;
}

static void print_missing(const struct machine *machine)
{
    for (int from = 0; from < TCPR_STATES; from++) {
        for (int to = 0; to < TCPR_STATES; to++) {
            bool wanted = machine_in_figure((enum tcpr_state)from, (enum tcpr_state)to);
            if (!wanted || machine->edge[from][to].inputs) { continue; }
            printf("  never seen: %s to %s\n", tcpr_state_name((enum tcpr_state)from),
                   tcpr_state_name((enum tcpr_state)to));
        }
    }
}

static unsigned long depth_of_figure(const struct machine *machine)
{
    unsigned depth = 0;
    for (int from = 0; from < TCPR_STATES; from++) {
        for (int to = 0; to < TCPR_STATES; to++) {
            const struct machine_edge *edge = &machine->edge[from][to];
            bool wanted = machine_in_figure((enum tcpr_state)from, (enum tcpr_state)to);
            if (wanted && edge->depth > depth) { depth = edge->depth; }
        }
    }
    return depth;
}

static void print_machine(const struct machine *machine)
{
    printf("%zu connections, %" PRIu64 " steps, %u inputs in a row%s\n", machine->nodes_sum, machine->steps,
           machine->depth, machine->complete ? ": all there is" : "");
    for (int state = 0; state < TCPR_STATES; state++) {
        printf("  %-13s %zu\n", tcpr_state_name((enum tcpr_state)state), machine->nodes[state]);
    }
    printf("Figure 5: %zu of %zu transitions reached, the last by %lu inputs\n", machine_figure_reached(machine),
           machine_figure_size(), depth_of_figure(machine));
    print_missing(machine);
    if (machine->fault) {
        printf("FAULT: %s\n", machine->fault);
    } else {
        puts("Every connection closes in good order.");
    }
}

static int status_of(const struct machine *machine, bool written)
{
    if (machine->fault) { return STATUS_BROKEN; }
    if (machine->cut || !written) { return STATUS_ENVIRONMENT; }
    return machine_figure_reached(machine) == machine_figure_size() ? STATUS_CONFORMS : STATUS_BROKEN;
}

int command_explore(int argc, char **argv)
{
    struct arguments arguments = {.depth = DEPTH_DEFAULT, .nodes = NODES_DEFAULT};
    parse_arguments(&command_line, argc, argv, &arguments);
    struct interrupt interrupt = {0};
    interrupt_begin(&interrupt);
    struct explore_plan plan = {
        .depth = (unsigned)arguments.depth, .nodes_max = arguments.nodes, .stop = &interrupt.stop.asked};
    tcpr_config_default(&plan.config);
    struct arena arena = {0};
    struct machine machine;
    explore(&plan, &machine, &arena);
    bool stopped = atomic_load(&interrupt.signal) != 0;
    int status = atomic_load(&interrupt.signal) + STATUS_INTERRUPTED;
    interrupt_end(&interrupt);
    print_machine(&machine);
    if (machine.cut && !stopped && !machine.fault) {
        complain("%lu connections were not enough; --connections allows more", arguments.nodes);
    }
    bool written = draw(arguments.dot, &machine, machine_write_dot);
    written = draw(arguments.svg, &machine, machine_write_svg) && written;
    arena_free(&arena);
    return stopped ? status : status_of(&machine, written);
}
