/* What RFC 9293's Figure 5 shows. */
#include "harness/explore.h"

#define FIGURE 21u
static const struct {
    uint8_t from, to;
    const char *input;
} figure[FIGURE] = {
    {TCPR_CLOSED, TCPR_LISTEN, "passive OPEN"},
    {TCPR_CLOSED, TCPR_SYN_SENT, "active OPEN"},
    {TCPR_LISTEN, TCPR_CLOSED, "CLOSE"},
    {TCPR_LISTEN, TCPR_SYN_RECEIVED, "rcv SYN"},
    {TCPR_LISTEN, TCPR_SYN_SENT, "SEND"},
    {TCPR_SYN_SENT, TCPR_CLOSED, "CLOSE"},
    {TCPR_SYN_SENT, TCPR_SYN_RECEIVED, "rcv SYN"},
    {TCPR_SYN_SENT, TCPR_ESTABLISHED, "rcv SYN,ACK"},
    {TCPR_SYN_RECEIVED, TCPR_LISTEN, "rcv RST"}, /* note 1 */
    {TCPR_SYN_RECEIVED, TCPR_ESTABLISHED, "rcv ACK"},
    {TCPR_SYN_RECEIVED, TCPR_FIN_WAIT_1, "CLOSE"},
    {TCPR_ESTABLISHED, TCPR_FIN_WAIT_1, "CLOSE"},
    {TCPR_ESTABLISHED, TCPR_CLOSE_WAIT, "rcv FIN"},
    {TCPR_FIN_WAIT_1, TCPR_FIN_WAIT_2, "rcv ACK"},
    {TCPR_FIN_WAIT_1, TCPR_CLOSING, "rcv FIN"},
    {TCPR_FIN_WAIT_1, TCPR_TIME_WAIT, "rcv FIN, all acknowledged"}, /* note 2 */
    {TCPR_FIN_WAIT_2, TCPR_TIME_WAIT, "rcv FIN"},
    {TCPR_CLOSE_WAIT, TCPR_LAST_ACK, "CLOSE"},
    {TCPR_CLOSING, TCPR_TIME_WAIT, "rcv ACK"},
    {TCPR_LAST_ACK, TCPR_CLOSED, "rcv ACK"},
    {TCPR_TIME_WAIT, TCPR_CLOSED, "time"},
};

const char *machine_in_figure(enum tcpr_state from, enum tcpr_state to)
{
    for (unsigned i = 0; i < FIGURE; i++) {
        if (figure[i].from == from && figure[i].to == to) { return figure[i].input; }
    }
    return NULL;
}

size_t machine_figure_size(void)
{
    return FIGURE;
}

size_t machine_figure_reached(const struct machine *machine)
{
    size_t reached = 0;
    for (unsigned i = 0; i < FIGURE; i++) {
        reached += machine->edge[figure[i].from][figure[i].to].inputs != 0;
    }
    return reached;
}
