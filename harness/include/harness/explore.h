/**
 * harness/explore.h - walk the engine's states by abstract inputs, all of them to a depth, and draw what was reached.
 *
 * A connection is one plain struct, so a step of the search is a copy and a call. From CLOSED every input of a fixed
 * list is given to every connection reached; connections that differ in nothing but the clock's reading are one node.
 * After each step what the connection owes is pulled. Checked of every node: the engine's invariants, a bounded number
 * of segments owed, and that CLOSE and a peer that plays along bring it to CLOSED. What happened to the state is
 * gathered as the machine: which state follows which, by which input and rule, and what Figure 5 of RFC 9293 has of it.
 */
#ifndef HARNESS_EXPLORE_H
#define HARNESS_EXPLORE_H

#include "harness/arena.h"
#include "tcprove/tcprove.h"

#include <stdatomic.h>
#include <stdio.h>

/** Inputs the walk knows; bits of machine_edge.inputs. */
#define EXPLORE_INPUTS_MAX 64u

/** A transition between two states. */
struct machine_edge {
    uint64_t inputs;                   /* bit n: input n causes it; 0: never seen */
    uint64_t seen;                     /* steps that took it */
    unsigned depth;                    /* inputs from CLOSED to its first, that input included */
    uint16_t rule[EXPLORE_INPUTS_MAX]; /* enum tcpr_rule, by input */
};

struct machine {
    struct machine_edge edge[TCPR_STATES][TCPR_STATES];
    size_t nodes[TCPR_STATES]; /* distinct connections by state */
    size_t nodes_sum;
    uint64_t steps;
    unsigned depth;    /* inputs in a row, as far as all were tried */
    bool complete;     /* nothing new was found at the last depth: this is all there is */
    bool cut;          /* nodes_max or `stop` ended the walk before its depth */
    const char *fault; /* the first thing wrong, with the inputs that lead to it; NULL */
};

struct explore_plan {
    struct tcpr_config config;
    unsigned depth;          /* inputs in a row at most, 1 to 64 */
    size_t nodes_max;        /* distinct connections kept at most; some 450 octets each */
    const atomic_bool *stop; /* or NULL */
};

/** Walk. `arena` keeps machine->fault alone. */
void explore(const struct explore_plan *plan, struct machine *machine, struct arena *arena);

/** How an input is called: "rcv FIN". NULL: there is no such input. */
const char *explore_input_name(unsigned input);

/** The input by which Figure 5 of RFC 9293, its notes 1 and 2 included, shows this transition; NULL: it does not. */
const char *machine_in_figure(enum tcpr_state from, enum tcpr_state to);
/** Transitions of the figure, and how many of them the machine has. */
size_t machine_figure_size(void);
size_t machine_figure_reached(const struct machine *machine);

/** Draw the machine for graphviz. */
void machine_write_dot(const struct machine *machine, FILE *out);
/** Draw it as Figure 5 is laid out. */
void machine_write_svg(const struct machine *machine, FILE *out);

#endif
