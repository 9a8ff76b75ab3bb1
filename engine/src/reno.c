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

/* One that is not built is never chosen (tcpr_config_fault). */
static enum tcpr_controller controller(const struct tcpr_conn *c)
{
    return TCPR_CONTROLLERS_BUILT > TCPR_CUBIC ? (enum tcpr_controller)c->cc.controller : TCPR_RENO;
}

/* The window stays; what the controller before remembers of it does not. */
void controller_choose(struct tcpr_conn *c, uint64_t chosen)
{
    TCPR_ASSERT(chosen < TCPR_CONTROLLERS_BUILT);
    c->cc.controller = (uint8_t)chosen;
    c->cc.of.cubic = (struct tcpr_cubic_vars){0};
}

/* `octets` were acknowledged in congestion avoidance. */
void controller_avoid(struct tcpr_conn *c, uint32_t octets)
{
    switch (controller(c)) {
    case TCPR_RENO: reno_avoid(c, octets); break;
    case TCPR_CUBIC: cubic_avoid(c, octets); break;
    }
}

/* How much is left after a loss or a mark, when `flight` octets of the window were under way. `gently`: RFC8511-3-1. */
uint32_t controller_reduce(struct tcpr_conn *c, uint32_t flight, bool gently)
{
    uint32_t window = flight;
    if (c->cc.ssthresh == WINDOW_MAX) { c->cc.of.cubic = (struct tcpr_cubic_vars){0}; } /* HyStart's until now */
    switch (controller(c)) {
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
    switch (controller(c)) {
    case TCPR_RENO: c->cc.of.reno.acked = 0; break;
    case TCPR_CUBIC: cubic_timeout(c); break;
    }
}
