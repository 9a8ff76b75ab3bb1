/* Round-trip time and retransmission timeout (RFC 6298), with Karn's rule (MUST-18). */
#include "internal.h"

static tcpr_time bounded(const struct tcpr_config *config, tcpr_time rto_us)
{
    if (rto_us < TCPR_MUTANT(timeout_below_a_second, config->rto_min_us, 0)) { return config->rto_min_us; }
    return min_time(rto_us, config->rto_max_us);
}

void rtt_reset(struct tcpr_conn *c, const struct tcpr_config *config)
{
    c->rtt = (struct tcpr_rtt_vars){.rto_us = bounded(config, config->rto_initial_us)};
    unmark(c, TCPR_FLAG_RTT_KNOWN | TCPR_FLAG_RTT_TIMED | TCPR_FLAG_RTT_AMBIGUOUS);
}

/* RFC4015-3.1-n4: the first of new text after a spurious timeout. SRTT and RTTVAR are what they were before it. */
static void adapt(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t r)
{
    mark(c, TCPR_FLAG_RTT_KNOWN);
    c->cc.flags &= (uint8_t)~TCPR_CONGESTION_ADAPTS;
    c->rtt.srtt_us = max_u32(grown(c->rtt.srtt_us, 2u * (uint32_t)config->clock_granularity_us), r);
    c->rtt.rttvar_us = max_u32(c->rtt.rttvar_us, r / 2u);
}

/* RFC6298-2-3 to RFC6298-2-7. A sample longer than a quarter of an hour says nothing but "long". */
static void rtt_sample(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time sample_us)
{
    uint32_t r = (uint32_t)min_time(sample_us, TCPR_S(1000));
    struct tcpr_rtt_vars *rtt = &c->rtt;
    if (c->cc.flags & TCPR_CONGESTION_ADAPTS) {
        adapt(c, config, r);
    } else if (!has(c, TCPR_FLAG_RTT_KNOWN)) {
        mark(c, TCPR_FLAG_RTT_KNOWN);
        rtt->srtt_us = r;
        rtt->rttvar_us = r / 2u;
    } else {
        uint32_t error = r > rtt->srtt_us ? r - rtt->srtt_us : rtt->srtt_us - r;
        rtt->rttvar_us = rtt->rttvar_us - rtt->rttvar_us / 4u + error / 4u; /* before SRTT (RFC6298-2-5) */
        rtt->srtt_us = rtt->srtt_us - rtt->srtt_us / 8u + r / 8u;
    }
    tcpr_time spread = (tcpr_time)rtt->rttvar_us << 2;
    if (spread < config->clock_granularity_us) { spread = config->clock_granularity_us; }
    rtt->rto_us = bounded(config, rtt->srtt_us + spread);
}

/* Start timing what ends at `end_seq`, unless something is being timed: one sample a round trip (RFC6298-3-3). */
void rtt_time(struct tcpr_conn *c, uint32_t end_seq)
{
    if (has(c, TCPR_FLAG_RTT_TIMED)) { return; }
    mark(c, TCPR_FLAG_RTT_TIMED);
    unmark(c, TCPR_FLAG_RTT_AMBIGUOUS);
    c->rtt.timed_seq = end_seq;
    c->rtt.timed_at = c->latest;
}

/* A timestamp says which of two transmissions is acknowledged. Ticks of 1024 us; an absurd echo is no sample. */
static void sample_by_timestamp(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    uint32_t ticks = timestamp_now(c) - seg->options.ts_ecr;
    if (has(c, TCPR_FLAG_TIMESTAMPS) && ticks < 1000000u) { rtt_sample(c, config, (tcpr_time)ticks << 10); }
}

/* SEG.ACK is beyond SND.UNA: does it end what was timed? */
void rtt_take_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    if (!has(c, TCPR_FLAG_RTT_TIMED) || tcpr_seq_lt(seg->ack, c->rtt.timed_seq)) { return; }
    if (TCPR_MUTANT(ambiguous_sample_is_taken, has(c, TCPR_FLAG_RTT_AMBIGUOUS), false)) {
        if (!echoes_original(c, seg)) { sample_by_timestamp(c, config, seg); }
    } else {
        rtt_sample(c, config, c->latest - c->rtt.timed_at);
    }
    unmark(c, TCPR_FLAG_RTT_TIMED | TCPR_FLAG_RTT_AMBIGUOUS);
}

/* RFC6298-5-3, RFC6298-2-9: RTO doubled, up to its ceiling. */
tcpr_time backed_off(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    return TCPR_MUTANT(timeout_does_not_back_off, bounded(config, later(c->rtt.rto_us, c->rtt.rto_us)), c->rtt.rto_us);
}
