/* label.h - the words on a transition. */
#ifndef EXPLORE_LABEL_H
#define EXPLORE_LABEL_H

#include "harness/explore.h"

/* The input a transition is drawn with: the one the figure shows, else the first. The edge was seen. */
unsigned edge_input(const struct machine *machine, enum tcpr_state from, enum tcpr_state to);
/* "rcv FIN and 3 more". */
const char *edge_label(struct arena *arena, const struct machine_edge *edge, unsigned input);
/* All inputs that cause it, each with its rule. */
const char *edge_causes(struct arena *arena, const struct machine_edge *edge);

#endif
