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

/* `octets` were acknowledged in congestion avoidance. */
void controller_avoid(struct tcpr_conn *c, uint32_t octets)
{
    switch ((enum tcpr_controller)c->cc.controller) {
    case TCPR_RENO: reno_avoid(c, octets); break;
    case TCPR_CUBIC: cubic_avoid(c, octets); break;
    }
}

/* The slow start threshold after a loss, when `flight` octets of the window were under way: at least two segments
 * (RFC5681-3.1-16). */
uint32_t controller_reduce(struct tcpr_conn *c, uint32_t flight)
{
    uint32_t window = flight;
    switch ((enum tcpr_controller)c->cc.controller) {
    case TCPR_RENO:
        window = flight / 2u;
        c->cc.of.reno.acked = 0;
        break;
    case TCPR_CUBIC: window = cubic_reduce(c, flight); break;
    }
    return max_u32(window, 2u * smss(c));
}

void controller_timeout(struct tcpr_conn *c)
{
    switch ((enum tcpr_controller)c->cc.controller) {
    case TCPR_RENO: c->cc.of.reno.acked = 0; break;
    case TCPR_CUBIC: cubic_timeout(c); break;
    }
}
