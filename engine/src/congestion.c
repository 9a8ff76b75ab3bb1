/* Slow start, congestion avoidance, fast retransmit and fast recovery (RFC 5681), partial acknowledgments (RFC 6582).
 */
#include "internal.h"

#include <string.h>

#define DUPLICATES_FOR_LOSS TCPR_MUTANT(one_duplicate_is_a_loss, 3u, 1u) /* RFC5681-3.2-3 */

/* RFC5681-3.1-3 to RFC5681-3.1-5a. */
uint32_t initial_window(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t size = smss(c);
    uint32_t segments = config->initial_window_segments;
    if (segments != 0) { return min_u32(segments * size, max_u32(segments * 1460u, 2u * size)); } /* RFC 6928 */
    if (size > 2190u) { return 2u * size; }
    return size > 1095u ? 3u * size : 4u * size;
}

void congestion_reset(struct tcpr_conn *c, const struct tcpr_config *config)
{
    memset(&c->cc, 0, sizeof c->cc);
    c->cc.cwnd = initial_window(c, config);
    c->cc.ssthresh = WINDOW_MAX;
    c->cc.recover = c->cc.filled = c->snd.iss;
    c->cc.controller = config->controller;
    unmark(c, TCPR_FLAG_RECOVERY | TCPR_FLAG_TIMEOUT_DOUBTED);
}

/* Equation (4), or the controller's own, at least two segments (RFC5681-3.1-16). What limited transmit sent beyond the
 * window is left out (RFC5681-3.2-8). */
static uint32_t reduced(struct tcpr_conn *c)
{
    ecn_tell_reduced(c);
    uint32_t window = proved_window(c, in_flight(c));
    uint32_t left = controller_reduce(c, window, false);
    if (unproved(c)) { left = min_u32(left, window / 2u); } /* RFC7661-4.4.1-1 */
    return max_u32(left, 2u * smss(c));
}

/* Send again from SND.UNA up to `end`. */
void owe_retransmission(struct tcpr_conn *c, uint32_t end)
{
    c->snd.rxt_nxt = c->snd.una;
    c->snd.rxt_end = rack(c) ? c->snd.una : tcpr_seq_min(end, c->snd.nxt);
    if (rack(c)) { rack_owe(c, end); }
}

static void owe_first_segment(struct tcpr_conn *c)
{
    owe_retransmission(c, c->snd.una + smss(c));
}

/* RFC7661-4.4-4, RFC9438-4.6-3: only a window that was filled has proved itself. `octets` were just acknowledged. */
static bool validated(const struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets)
{
    bool filled = tcpr_seq_lt(c->snd.una - octets, c->cc.filled);
    return TCPR_MUTANT(unfilled_window_grows, filled, true) || !feature(config, TCPR_FEATURE_VALIDATED_WINDOW);
}

/* RFC3465-2.2-1; RFC3465-2.3-3: while a timeout is repaired an ACK may cover what was not lost. */
static uint32_t slow_start_limit(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool repairs = tcpr_seq_lt(c->snd.una, c->cc.recover);
    return TCPR_MUTANT(repair_grows_by_all_acked, repairs ? 1u : config->slow_start_segments, 64u) * smss(c);
}

static void grow(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    if (!validated(c, config, octets)) { return; }
    if (TCPR_MUTANT(avoidance_is_slow_start, cc->cwnd < cc->ssthresh, true)) { /* RFC5681-3.1-n1 */
        uint32_t growth = min_u32(octets, slow_start_limit(c, config));
        cc->cwnd = grown(cc->cwnd, hystart_growth(c, config, growth));
    } else {
        controller_avoid(c, octets);
    }
}

/* New text left: has the window been filled by it? */
void congestion_sent(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (congestion_room(c, config) < smss(c)) { c->cc.filled = c->snd.nxt; }
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

/* RFC5681-3.2-13, RFC6675-5-6. */
static void leave_recovery(struct tcpr_conn *c)
{
    unmark(c, TCPR_FLAG_RECOVERY);
    if (rack(c)) {
        rack_recovered(c);
    } else if (scoreboard(c)) {
        owe_retransmission(c, c->snd.una);
    }
    if (unproved(c)) { repair_unproved(c); }
    c->cc.cwnd = c->cc.ssthresh;
}

/* What was out when the window was last reduced is acknowledged. The mark moves along: it must never be so far behind
 * that it seems ahead. */
static void pass_recover(struct tcpr_conn *c)
{
    c->cc.recover = c->snd.una - 1u;
    c->ecn &= (uint8_t)~TCPR_ECN_REDUCED;
}

/* An ACK that advanced SND.UNA over `octets` of text. One that tells of congestion opens no window (RFC3168-6.1.2-2).
 */
void congestion_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                    uint32_t octets)
{
    bool partial = TCPR_MUTANT(partial_ack_ends_recovery, tcpr_seq_lt(c->snd.una, c->cc.recover), false);
    c->cc.dup_acks = 0; /* RFC6675-5-2 */
    if (!has(c, TCPR_FLAG_RECOVERY)) {
        hystart_ack(c, config, seg);
        if (!ecn_echoed(c, seg)) { grow(c, config, octets); }
    } else if (!partial) {
        leave_recovery(c);
    } else if (!scoreboard(c) && feature(config, TCPR_FEATURE_NEWRENO)) {
        partial_ack(c, octets);
    } else if (!scoreboard(c)) {
        leave_recovery(c);
    } /* else RFC6675-5-8: congestion_sacked sees to it */
    c->cc.filled = tcpr_seq_max(c->cc.filled, c->snd.una);
    if (feature(config, TCPR_FEATURE_VALIDATED_WINDOW)) { measure_pipe(c); }
    if (tcpr_seq_lt(c->cc.recover, c->snd.una)) { pass_recover(c); }
}

/* RFC3168-6.1.2-n1: of marks and losses in one window the first reduces it. */
static void reduce_once(struct tcpr_conn *c)
{
    bool again = TCPR_MUTANT(loss_after_mark_reduces_again, ecn_reduced(c), false);
    c->ecn &= (uint8_t)~TCPR_ECN_REDUCED;
    if (again) { return; }
    c->cc.ssthresh = reduced(c);
    c->cc.cwnd = c->cc.ssthresh;
}

static void enter_recovery(struct tcpr_conn *c)
{
    reduce_once(c); /* RFC5681-3.2-7, RFC6675-5-n1 */
    c->cc.flags &= (uint8_t)~TCPR_CONGESTION_MEASURED;
    c->cc.repaired = 0;
    c->cc.recover = c->snd.nxt;
    mark(c, TCPR_FLAG_RECOVERY);
    if (!rack(c)) { owe_first_segment(c); }
}

void congestion_duplicate_ack(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    c->cc.dup_acks = grown(c->cc.dup_acks, 1);
    if (has(c, TCPR_FLAG_RECOVERY)) {
        c->cc.cwnd = min_u32(grown(c->cc.cwnd, smss(c)), grown(c->cc.ssthresh, in_flight(c))); /* RFC5681-3.2-10, -11 */
        return;
    }
    /* RFC 6582 section 3.2, step 1: duplicates that our own retransmissions caused are no second loss. */
    bool beyond_last_loss = tcpr_seq_lt(c->cc.recover, c->snd.una) || ecn_reduced(c);
    TCPR_MUTANT(limited_transmit_widens_the_window, (void)0, (void)(c->cc.cwnd += smss(c)));
    if (c->cc.dup_acks == DUPLICATES_FOR_LOSS && TCPR_MUTANT(old_flight_is_lost_again, beyond_last_loss, true)) {
        enter_recovery(c);
        c->cc.cwnd = grown(c->cc.cwnd, DUPLICATES_FOR_LOSS * smss(c)); /* RFC5681-3.2-9 */
        decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_5681_3_2_3);
    }
}

/* RFC6675-5-3, RFC6675-5.1-5: three such ACKs, or reports enough; never while what a timeout repairs is outstanding. */
static bool sack_tells_of_loss(const struct tcpr_conn *c, uint32_t news)
{
    bool beyond_last_loss = tcpr_seq_le(c->cc.recover, c->snd.una) || ecn_reduced(c);
    if (rack(c)) { return beyond_last_loss && rack_lost(c) != 0; }
    return beyond_last_loss && news != 0 && (c->cc.dup_acks >= DUPLICATES_FOR_LOSS || lost_edge(c) != c->snd.una);
}

/* An ACK came, the scoreboard is up to date, `news` octets of it are new, and `delivered` arrived in all: RFC 6675
 * section 5. */
void congestion_sacked(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t news, uint32_t delivered,
                       struct tcpr_effects *fx)
{
    if (news != 0) { c->cc.dup_acks = grown(c->cc.dup_acks, 1); }
    bool recovers = has(c, TCPR_FLAG_RECOVERY);
    if (!recovers && sack_tells_of_loss(c, news)) {
        enter_recovery(c);
        c->loss &= (uint8_t)~TCPR_LOSS_RESCUED;
        prr_begin(c);
        decide(fx, c, TCPR_ACT_RETRANSMITS, rack(c) ? TCPR_RULE_8985_6_2_N1 : TCPR_RULE_6675_5_3);
    }
    if (!has(c, TCPR_FLAG_RECOVERY)) { return; }
    if (!rack(c)) { c->snd.rxt_end = tcpr_seq_max(c->snd.rxt_end, lost_edge(c)); }
    if (TCPR_MUTANT(recovery_waits_then_bursts, feature(config, TCPR_FEATURE_PRR), false)) { /* RFC8985-9.3-2 */
        prr_ack(c, delivered);
    } else if (rack(c) && rack_lost_again(c)) { /* RFC8985-9.3-3 */
        c->cc.ssthresh = reduced(c);
        c->cc.cwnd = c->cc.ssthresh;
    }
}

/* The retransmission timer expired: RFC5681-3.1-16, RFC5681-3.1-17. `rtt.backoff` still counts those before. */
void congestion_timeout(struct tcpr_conn *c, const struct tcpr_config *config)
{
    prove_nothing(c); /* RFC7661-4.4-6 */
    doubt_timeout(c, config);
    if (c->rtt.backoff == 0) { reduce_once(c); }
    c->cc.cwnd = TCPR_MUTANT(timeout_keeps_the_congestion_window, smss(c), c->cc.cwnd);
    c->cc.filled = TCPR_MUTANT(timeout_stops_slow_start, c->snd.nxt, c->cc.filled); /* what is out fills that window */
    controller_timeout(c);
    c->cc.dup_acks = 0;
    c->cc.recover = c->snd.nxt;
    unmark(c, TCPR_FLAG_RECOVERY);
    forget_sacked(c); /* RFC2018-5.1-2: the peer may have thrown it away. What it reports from here on counts */
    if (rack(c)) {
        c->snd.rxt_nxt = c->snd.rxt_end = c->snd.una;
        rack_timeout(c);
    } else {
        owe_retransmission(c, c->snd.nxt);
    }
}

/* RFC4015-3.1-n3, and what CUBIC forgets at a timeout; then none of its cause is left. The ACK that told covers
 * `octets`. RFC4015-4-1: no duplicate is the work of our own retransmissions, so any three are a loss. */
void congestion_undo(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    uint32_t burst = TCPR_MUTANT(undo_sends_a_burst, min_u32(octets, initial_window(c, config)), cc->undo.pipe_prev);
    cc->cwnd = max_u32(grown(in_flight(c), burst), smss(c));
    cc->ssthresh = cc->undo.pipe_prev;
    if (cc->ssthresh == WINDOW_MAX) { /* the first slow start goes on */
        cc->of.cubic = (struct tcpr_cubic_vars){0};
    } else if (cc->controller == TCPR_CUBIC) {
        cc->of.cubic.w_max = cc->undo.w_max;
    }
    cc->dup_acks = 0;
    pass_recover(c);
}

/* Until all is acknowledged that is out now, neither mark nor loss reduces the window again. */
static void begin_round(struct tcpr_conn *c)
{
    c->cc.recover = c->snd.nxt;
    c->ecn |= TCPR_ECN_REDUCED;
}

/* RFC8985-7.4.2-2: nobody but the probe noticed the loss. */
void congestion_probe_mended(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    if (has(c, TCPR_FLAG_RECOVERY)) { return; }
    reduce_once(c);
    prove_nothing(c);
    if (ecn_marks(c)) { begin_round(c); }
    decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_8985_7_4_2_1);
}

/*
 * An ECE came, and `flight` octets were under way before it: RFC3168-6.1.2-n1. Not for what was sent before the last
 * reduction. RFC8511-3-1 leaves more where loss would be the sign of a full queue: not in slow start (RFC8511-4-n1).
 */
void congestion_marked(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t flight, struct tcpr_effects *fx)
{
    struct tcpr_congestion_vars *cc = &c->cc;
    bool same_window =
        TCPR_MUTANT(each_echo_reduces, has(c, TCPR_FLAG_RECOVERY) || !tcpr_seq_lt(cc->recover, c->snd.una), false);
    if (same_window) { return; }
    bool least = cc->cwnd <= smss(c);
    bool gently = feature(config, TCPR_FEATURE_ABE) && cc->cwnd >= cc->ssthresh;
    uint32_t left = controller_reduce(c, proved_window(c, flight), gently);
    prove_nothing(c); /* RFC7661-4.4-5 */
    cc->ssthresh = max_u32(left, 2u * smss(c));
    cc->cwnd = max_u32(left, smss(c)); /* RFC9438-4.6-5 */
    begin_round(c);
    ecn_tell_reduced(c);
    if (least) { /* RFC3168-6.1.2-3, RFC9438-4.6-6 */
        c->ecn |= TCPR_MUTANT(least_window_is_enough, TCPR_ECN_HELD_BACK, 0);
        stop(c, TCPR_TIMER_RETRANSMIT); /* it begins anew */
    }
    decide(fx, c, TCPR_ACT_REDUCED, least ? TCPR_RULE_3168_6_1_2_3 : TCPR_RULE_3168_6_1_2_N1);
}

/* RFC3042-2-1, RFC3042-2-3: a segment more for each of the first two duplicate ACKs. With SACK, in_pipe() says it. */
static uint32_t limited_transmit(const struct tcpr_conn *c)
{
    bool limited = !has(c, TCPR_FLAG_RECOVERY | TCPR_FLAG_SACK) && c->cc.dup_acks < DUPLICATES_FOR_LOSS;
    return limited ? c->cc.dup_acks * smss(c) : 0;
}

/* RFC5682-2.1-n1: two new segments, since the timeout and no more. */
static uint32_t two_segments(const struct tcpr_conn *c)
{
    uint32_t sent = tcpr_seq_distance(c->cc.recover, c->snd.nxt);
    return sent < 2u * smss(c) ? 2u * smss(c) - sent : 0;
}

static uint32_t window_left(const struct tcpr_conn *c, uint32_t window, uint32_t sent)
{
    uint32_t flight = sent - (syn_unacked(c) ? 1u : 0u); /* SYN: no text */
    return flight < window ? window - flight : 0;
}

/* Something is lost, or came more than once. */
static APART uint32_t room_in_trouble(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (has_loss(c, TCPR_LOSS_FRTO_SECOND)) { return two_segments(c); }
    bool limited = feature(config, TCPR_FEATURE_LIMITED_TRANSMIT);
    bool recovers = has(c, TCPR_FLAG_RECOVERY);
    uint32_t window = limited ? grown(c->cc.cwnd, limited_transmit(c)) : c->cc.cwnd;
    uint32_t room = window_left(c, window, limited || recovers ? in_pipe(c) : in_flight(c));
    return recovers && scoreboard(c) && room < smss(c) ? 0 : room; /* RFC6675-5-9 */
}

/* How much more may leave for the network's sake. */
uint32_t congestion_room(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool calm = c->loss == 0 && c->cc.dup_acks == 0 && !has(c, TCPR_FLAG_RECOVERY);
    return calm ? window_left(c, c->cc.cwnd, in_flight(c)) : room_in_trouble(c, config);
}

/* New text is about to leave. RFC5681-4.1-1: after an RTO without sending, begin with the restart window. @return true:
 * the window is another */
bool congestion_after_idle(struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool aged = feature(config, TCPR_FEATURE_VALIDATED_WINDOW) && unproved_window_ages(c, config);
    if (!feature(config, TCPR_FEATURE_RESTART_WINDOW)) { return aged; }
    if (c->snd.una != c->snd.nxt || c->latest - c->sent_at <= c->rtt.rto_us) { return aged; }
    c->cc.cwnd = min_u32(c->cc.cwnd, initial_window(c, config));
    return true;
}
