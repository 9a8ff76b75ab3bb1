/*
 * CUBIC (RFC 9438), in integers: octets, microseconds, and ticks of 1024 us for what is cubed.
 *
 * C is 0.4 segments a second cubed, which is 59 / 2^37 a tick cubed; beta is 7/10.
 */
#include "internal.h"

#define TICKS_MAX (1u << 17) /* two minutes; its cube times 59 is below 2^57 */
#define ELAPSED_MAX (TICKS_MAX << 10)

/* C * ticks^3, in octets. */
static uint32_t cubed(const struct tcpr_conn *c, uint32_t ticks)
{
    uint64_t segments = ((uint64_t)ticks * ticks * ticks * 59u) >> 20; /* in units of 2^-17 */
    uint64_t octets = (segments * smss(c)) >> 17;
    return octets < WINDOW_MAX ? (uint32_t)octets : WINDOW_MAX;
}

/* K of RFC 9438 section 4.2: how long until W_cubic is back at W_max, from `octets` below it. No division, no root. */
static uint32_t ticks_to_gain(const struct tcpr_conn *c, uint32_t octets)
{
    uint32_t low = 0, high = TICKS_MAX;
    while (low < high) {
        uint32_t middle = (low + high) / 2u;
        if (cubed(c, middle) < octets) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

/* W_cubic(t) of RFC 9438 section 4.2, figure 1. */
static uint32_t cubic_window(const struct tcpr_conn *c, uint32_t elapsed_us)
{
    const struct tcpr_cubic_vars *cubic = &c->cc.of.cubic;
    uint32_t ticks = min_u32(elapsed_us >> 10, TICKS_MAX);
    if (ticks >= cubic->k_ticks) { return grown(cubic->w_max, cubed(c, ticks - cubic->k_ticks)); }
    uint32_t below = cubed(c, cubic->k_ticks - ticks);
    return below < cubic->w_max ? cubic->w_max - below : 0;
}

/* Congestion avoidance begins, after a loss or at the end of slow start. After a timeout W_max is not known and K is 0
 * (RFC 9438 section 4.8). */
static void begin_epoch(struct tcpr_conn *c)
{
    struct tcpr_cubic_vars *cubic = &c->cc.of.cubic;
    cubic->w_max = max_u32(TCPR_MUTANT(cubic_forgets_the_last_window, cubic->w_max, 0), c->cc.cwnd);
    cubic->k_ticks = ticks_to_gain(c, cubic->w_max - c->cc.cwnd);
    cubic->w_est = c->cc.cwnd; /* RFC9438-4.8-1 */
    cubic->credit = 0;
    cubic->elapsed_us = 0;
    cubic->last_us = (uint32_t)c->latest;
}

/* RFC9438-4.2-1: what passes while the application has nothing to send does not count; of an interval at most one
 * round trip does. */
static void let_time_pass(struct tcpr_conn *c)
{
    struct tcpr_cubic_vars *cubic = &c->cc.of.cubic;
    uint32_t passed = min_u32((uint32_t)c->latest - cubic->last_us, max_u32(c->rtt.srtt_us, 1024));
    cubic->last_us = (uint32_t)c->latest;
    cubic->elapsed_us = min_u32(cubic->elapsed_us + min_u32(passed, ELAPSED_MAX), ELAPSED_MAX);
}

/* RFC9438-4.3-2: W_est, what Reno would have: alpha is 9/17 until it has won back what the loss took, then 1. */
static void estimate_reno(struct tcpr_conn *c, uint32_t octets)
{
    struct tcpr_cubic_vars *cubic = &c->cc.of.cubic;
    uint32_t needed = cubic->w_est < cubic->cwnd_prior ? c->cc.cwnd / 9u * 17u : c->cc.cwnd;
    cubic->credit = grown(cubic->credit, octets);
    if (cubic->credit >= needed) {
        cubic->credit -= needed;
        cubic->w_est = grown(cubic->w_est, smss(c));
    }
}

/* RFC9438-4.2-n1, RFC9438-4.3-1, RFC9438-4.4-1, RFC9438-4.5-1: `octets` were acknowledged in congestion avoidance. */
void cubic_avoid(struct tcpr_conn *c, uint32_t octets)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    if (cc->of.cubic.w_est == 0) { begin_epoch(c); }
    let_time_pass(c);
    estimate_reno(c, octets);
    uint32_t now = cubic_window(c, cc->of.cubic.elapsed_us);
    uint32_t soon = cubic_window(c, cc->of.cubic.elapsed_us + min_u32(c->rtt.srtt_us, ELAPSED_MAX));
    if (now < cc->of.cubic.w_est) {
        cc->cwnd = max_u32(cc->cwnd, cc->of.cubic.w_est);
        return;
    }
    uint32_t target = min_u32(max_u32(soon, cc->cwnd), grown(cc->cwnd, cc->cwnd / 2u));
    cc->cwnd = grown(cc->cwnd, proportion(target - cc->cwnd, min_u32(octets, cc->cwnd), cc->cwnd));
}

/* RFC9438-4.6-1, RFC9438-4.6-2, RFC9438-4.7-1: `flight` octets were under way when the loss or mark was noticed.
 * `gently`: RFC8511-3.1-n2. */
uint32_t cubic_reduce(struct tcpr_conn *c, uint32_t flight, bool gently)
{
    struct tcpr_cubic_vars *cubic = &c->cc.of.cubic;
    uint32_t cwnd = c->cc.cwnd;
    cubic->w_max = cwnd < cubic->w_max ? cwnd / 20u * 17u : cwnd; /* another flow wants room */
    cubic->cwnd_prior = cwnd;
    cubic->w_est = 0;
    return gently ? flight / 20u * 17u : flight / 10u * TCPR_MUTANT(cubic_takes_half, 7u, 5u);
}

void cubic_timeout(struct tcpr_conn *c)
{
    c->cc.of.cubic.w_max = 0;
    c->cc.of.cubic.w_est = 0;
}
