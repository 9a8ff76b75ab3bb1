/* Slow start, congestion avoidance, fast retransmit and fast recovery (RFC 5681), partial acknowledgments (RFC 6582).
 */
#include "internal.h"

#define WINDOW_MAX (1u << 30) /* octets; beyond any window there can be, and additions cannot wrap */
#define DUPLICATES_FOR_LOSS TCPR_MUTANT(one_duplicate_is_a_loss, 3u, 1u) /* RFC5681-3.2-3 */

static uint32_t in_flight(const struct tcpr_conn *c)
{
    return tcpr_seq_distance(c->snd.una, c->snd.nxt);
}

static uint32_t grown(uint32_t window, uint32_t octets)
{
    return min_u32(window + min_u32(octets, WINDOW_MAX), WINDOW_MAX);
}

/* RFC5681-3.1-3 to RFC5681-3.1-5a. */
static uint32_t initial_window(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t size = smss(c);
    if (config->initial_window_segments != 0) { return config->initial_window_segments * size; }
    if (size > 2190u) { return 2u * size; }
    return size > 1095u ? 3u * size : 4u * size;
}

void congestion_reset(struct tcpr_conn *c, const struct tcpr_config *config)
{
    c->cc =
        (struct tcpr_congestion_vars){.cwnd = initial_window(c, config), .ssthresh = WINDOW_MAX, .recover = c->snd.iss};
    unmark(c, TCPR_FLAG_RECOVERY);
}

/* Equation (4): half of what is outstanding. What limited transmit sent beyond the window is left out (RFC5681-3.2-8).
 */
static uint32_t half_the_flight(const struct tcpr_conn *c)
{
    return max_u32(min_u32(in_flight(c), c->cc.cwnd) / 2u, 2u * smss(c));
}

/* Send again from SND.UNA up to `end`. */
void owe_retransmission(struct tcpr_conn *c, uint32_t end)
{
    c->snd.rxt_nxt = c->snd.una;
    c->snd.rxt_end = tcpr_seq_min(end, c->snd.nxt);
}

static void owe_first_segment(struct tcpr_conn *c)
{
    owe_retransmission(c, c->snd.una + smss(c));
}

static void grow(struct tcpr_conn *c, uint32_t octets)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    if (cc->cwnd < cc->ssthresh) { /* RFC5681-3.1-n1 */
        cc->cwnd = grown(cc->cwnd, min_u32(octets, smss(c)));
        return;
    }
    cc->acked = grown(cc->acked, octets); /* RFC5681-3.1-12: one segment for each window acknowledged */
    if (cc->acked >= cc->cwnd) {
        cc->acked -= cc->cwnd;
        cc->cwnd = grown(cc->cwnd, smss(c));
    }
}

/* RFC 6582 section 3.2, step 3: the first ACK of new text in recovery did not cover all that was outstanding. */
static void partial_ack(struct tcpr_conn *c, uint32_t octets)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    cc->cwnd = cc->cwnd > octets ? cc->cwnd - octets : 0;
    if (octets >= smss(c)) { cc->cwnd += smss(c); }
    cc->cwnd = max_u32(cc->cwnd, smss(c));
    owe_first_segment(c);
}

/* An ACK that advanced SND.UNA over `octets` of text. */
void congestion_ack(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets)
{
    c->cc.dup_acks = 0;
    if (!has(c, TCPR_FLAG_RECOVERY)) {
        grow(c, octets);
    } else if (feature(config, TCPR_FEATURE_NEWRENO) && tcpr_seq_lt(c->snd.una, c->cc.recover)) {
        partial_ack(c, octets);
    } else { /* RFC5681-3.2-13 */
        unmark(c, TCPR_FLAG_RECOVERY);
        c->cc.cwnd = c->cc.ssthresh;
        c->cc.acked = 0;
    }
}

/* RFC5681-3.2-7 to RFC5681-3.2-9. */
static void enter_recovery(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    c->cc.ssthresh = half_the_flight(c);
    c->cc.cwnd = grown(c->cc.ssthresh, DUPLICATES_FOR_LOSS * smss(c));
    c->cc.recover = c->snd.nxt;
    mark(c, TCPR_FLAG_RECOVERY);
    owe_first_segment(c);
    decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_5681_3_2_3);
}

void congestion_duplicate_ack(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    c->cc.dup_acks = grown(c->cc.dup_acks, 1);
    if (has(c, TCPR_FLAG_RECOVERY)) {
        c->cc.cwnd = min_u32(grown(c->cc.cwnd, smss(c)), grown(c->cc.ssthresh, in_flight(c))); /* RFC5681-3.2-10, -11 */
        return;
    }
    /* RFC 6582 section 3.2, step 1: duplicates that our own retransmissions caused are no second loss. */
    bool beyond_last_loss = tcpr_seq_lt(c->cc.recover, c->snd.una);
    if (c->cc.dup_acks == DUPLICATES_FOR_LOSS && beyond_last_loss) { enter_recovery(c, fx); }
}

/* The retransmission timer expired: RFC5681-3.1-16, RFC5681-3.1-17. `rtt.backoff` still counts those before. */
void congestion_timeout(struct tcpr_conn *c)
{
    if (c->rtt.backoff == 0) { c->cc.ssthresh = half_the_flight(c); }
    c->cc.cwnd = TCPR_MUTANT(timeout_keeps_the_congestion_window, smss(c), c->cc.cwnd);
    c->cc.acked = 0;
    c->cc.dup_acks = 0;
    c->cc.recover = c->snd.nxt;
    unmark(c, TCPR_FLAG_RECOVERY);
    owe_retransmission(c, c->snd.nxt);
}

/* How much may be outstanding for the network's sake, limited transmit included (RFC5681-3.2-4, RFC5681-3.2-6). */
uint32_t congestion_allowance(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    (void)config;
    bool limited = !has(c, TCPR_FLAG_RECOVERY | TCPR_FLAG_SACK) && c->cc.dup_acks < DUPLICATES_FOR_LOSS;
    return limited ? grown(c->cc.cwnd, c->cc.dup_acks * smss(c)) : c->cc.cwnd;
}

/* RFC5681-4.1-1: after an RTO without sending, begin with the restart window. */
void congestion_restart_after_idle(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (c->snd.una != c->snd.nxt || c->latest - c->sent_at <= c->rtt.rto_us) { return; }
    c->cc.cwnd = min_u32(c->cc.cwnd, initial_window(c, config));
}
