/*
 * HyStart++ (RFC 9406): round trips that grow longer say that a queue builds up, well before it overflows. The first
 * slow start then goes on at a quarter of its pace, and ends after five round trips unless they become shorter again.
 *
 * A round trip's shortest is taken of eight samples or more, so each ACK has to give one: timestamps do.
 */
#include "internal.h"

#define SAMPLES 8u /* RFC9406-4.3-1, RFC9406-4.3-3 */
#define LEAST_US 4000u
#define MOST_US 16000u
#define ROUNDS 5u
#define TICK_US 1024u /* of timestamps */

/* RFC9406-4.3-6: only before the first loss or mark. */
static bool in_first_slow_start(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    return built(TCPR_FEATURE_TIMESTAMPS) && config->slow_start == TCPR_SLOW_START_HYSTART &&
           c->cc.ssthresh == WINDOW_MAX;
}

/* RFC9406-4.2-n1. */
static bool longer_than_before(const struct tcpr_hystart_vars *h)
{
    uint32_t more = min_u32(max_u32(h->last_us / 8u, LEAST_US), MOST_US);
    return h->last_us != 0 &&
           h->current_us >= h->last_us + TCPR_MUTANT(longer_round_trips_are_ignored, more, WINDOW_MAX);
}

/* The slow start goes on slowly, or no longer does. */
static void judge(struct tcpr_hystart_vars *h)
{
    if (h->samples < SAMPLES) { return; }
    if (h->baseline_us == 0 && longer_than_before(h)) {
        h->baseline_us = h->current_us;
        h->rounds = 0;
    } else if (h->current_us + TICK_US < h->baseline_us) { /* RFC9406-4.2-n3; less is the clock's doing */
        h->baseline_us = TCPR_MUTANT(shorter_round_trips_are_ignored, 0, h->baseline_us);
    }
}

/* A round trip is over. RFC9406-4.2-n4: of conservative slow start the last one. */
static void end_round(struct tcpr_conn *c)
{
    struct tcpr_hystart_vars *h = &c->cc.of.hystart;
    if (h->baseline_us != 0 && ++h->rounds == ROUNDS) {
        c->cc.of.cubic = (struct tcpr_cubic_vars){0};
        c->cc.ssthresh = TCPR_MUTANT(slower_start_never_ends, c->cc.cwnd, WINDOW_MAX);
        return;
    }
    h->last_us = h->current_us;
    h->current_us = 0;
    h->samples = 0;
    h->round_end = c->snd.nxt;
}

/* Text was acknowledged. */
void hystart_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    struct tcpr_hystart_vars *h = &c->cc.of.hystart;
    uint32_t ticks = timestamp_now(c) - seg->options.ts_ecr;
    if (!in_first_slow_start(c, config) || !has(c, TCPR_FLAG_TIMESTAMPS) || ticks > 1000000u) { return; }
    uint32_t rtt_us = max_u32(ticks << 10, 1);
    if ((h->last_us | h->current_us) == 0) { h->round_end = c->snd.nxt; }
    h->current_us = h->current_us == 0 ? rtt_us : min_u32(h->current_us, rtt_us);
    if (h->samples < SAMPLES) { h->samples++; }
    judge(h);
    if (tcpr_seq_le(h->round_end, c->snd.una)) { end_round(c); }
}

/* RFC9406-4.2-n2: an ACK would widen the window by `octets`. @return by how much it may */
uint32_t hystart_growth(const struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets)
{
    bool slowly = in_first_slow_start(c, config) && c->cc.of.hystart.baseline_us != 0;
    return slowly ? max_u32(octets / 4u, 1) : octets;
}
