/* Congestion avoidance as RFC 5681 has it, and the choice between it and CUBIC. */
#include "internal.h"

/* RFC5681-3.1-12, RFC3465-2.3-1: a segment more for each window's worth acknowledged. */
static void reno_avoid(struct tcpr_conn *c, uint32_t octets)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    cc->of.reno.acked = grown(cc->of.reno.acked, octets);
    if (cc->of.reno.acked >= cc->cwnd) {
        cc->of.reno.acked -= cc->cwnd;
        cc->cwnd = grown(cc->cwnd, smss(c));
    }
}

/* The window stays; what the controller before remembers of it does not. */
void controller_choose(struct tcpr_conn *c, uint64_t controller)
{
    TCPR_ASSERT(controller <= TCPR_CUBIC);
    c->cc.controller = (uint8_t)controller;
    c->cc.of.cubic = (struct tcpr_cubic_vars){0};
}

/* `octets` were acknowledged in congestion avoidance. */
void controller_avoid(struct tcpr_conn *c, uint32_t octets)
{
    switch ((enum tcpr_controller)c->cc.controller) {
    case TCPR_RENO: reno_avoid(c, octets); break;
    case TCPR_CUBIC: cubic_avoid(c, octets); break;
    }
}

/* How much is left after a loss or a mark, when `flight` octets of the window were under way. `gently`: RFC8511-3-1. */
uint32_t controller_reduce(struct tcpr_conn *c, uint32_t flight, bool gently)
{
    uint32_t window = flight;
    switch ((enum tcpr_controller)c->cc.controller) {
    case TCPR_RENO:
        window = gently ? flight / 5u * 4u : flight / 2u;
        c->cc.of.reno.acked = 0;
        break;
    case TCPR_CUBIC: window = cubic_reduce(c, flight, gently); break;
    }
    return window;
}

void controller_timeout(struct tcpr_conn *c)
{
    switch ((enum tcpr_controller)c->cc.controller) {
    case TCPR_RENO: c->cc.of.reno.acked = 0; break;
    case TCPR_CUBIC: cubic_timeout(c); break;
    }
}
