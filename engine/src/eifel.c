/*
 * Was a timeout spurious (RFC 3522), and what if (RFC 4015)? An ACK that echoes a timestamp older than the
 * retransmission's was drawn by the original, which so was not lost.
 */
#include "internal.h"

/* RFC4015-3.1-n1, RFC3522-3.2-2. What went beyond the window, before a mark lowered it, is left out. */
static void remember(struct tcpr_conn *c)
{
    c->cc.undo = (struct tcpr_undo_vars){
        .retransmit_ts = timestamp_now(c),
        .pipe_prev = max_u32(min_u32(tcpr_seq_distance(c->snd.una, c->snd.nxt), c->cc.cwnd), c->cc.ssthresh),
        .w_max = c->cc.of.cubic.w_max,
    };
}

/*
 * The retransmission timer has expired, and the windows are still as they were. RFC3522-3.2-3, RFC4015-3.1-3, and step
 * 1 of RFC 5682 (RFC5682-2.1-1, RFC5682-2.1-2, RFC5682-2.1-3, RFC5682-3.1-3): nothing begins while a loss is being
 * repaired, and what RFC 3522 remembers of the first timeout stays.
 */
void doubt_timeout(struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool repairs = has(c, TCPR_FLAG_RECOVERY) || (tcpr_seq_lt(c->snd.una, c->cc.recover) && !ecn_reduced(c));
    c->loss &= (uint8_t)~FRTO_STEPS;
    c->cc.flags &= (uint8_t)~TCPR_CONGESTION_ADAPTS;
    if (TCPR_MUTANT(second_timeout_is_doubted_anew, repairs, has(c, TCPR_FLAG_RECOVERY))) { return; }
    remember(c);
    if (feature(config, TCPR_FEATURE_FRTO)) { c->loss |= TCPR_LOSS_FRTO_FIRST; }
    if (feature(config, TCPR_FEATURE_EIFEL) && has(c, TCPR_FLAG_TIMESTAMPS)) { mark(c, TCPR_FLAG_TIMEOUT_DOUBTED); }
}

/* Step 4 of RFC 3522. */
bool echoes_original(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool older = tcpr_seq_lt(seg->options.ts_ecr, c->cc.undo.retransmit_ts);
    return has(c, TCPR_FLAG_TIMEOUT_DOUBTED) && TCPR_MUTANT(any_echo_undoes_the_timeout, older, true);
}

/* RFC3522-3.2-n1 to RFC3522-3.2-n4: an ACK has moved SND.UNA by `octets`, the first since the timeout. Where it covers
 * all, the ACKs of the originals may have been lost, and only a peer known for D-SACK would have said so. */
void eifel_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, uint32_t octets,
               struct tcpr_effects *fx)
{
    bool twice = reports_duplicate(seg);
    bool sure =
        (c->cc.flags & TCPR_CONGESTION_DSACK_SEEN) || TCPR_MUTANT(lost_acks_are_undone, c->snd.una != c->snd.nxt, true);
    bool spurious = octets != 0 && sure && !TCPR_MUTANT(dsack_is_no_objection, twice, false) && echoes_original(c, seg);
    if (twice && scoreboard(c)) { c->cc.flags |= TCPR_CONGESTION_DSACK_SEEN; }
    if (octets != 0) { unmark(c, TCPR_FLAG_TIMEOUT_DOUBTED); }
    if (spurious) { timeout_was_spurious(c, config, seg, octets, TCPR_RULE_3522_3_2_N1, fx); }
}

/*
 * RFC5682-2.1-n3, RFC4015-3.1-n2: nothing goes again. Without RFC 4015 the windows stay what the timeout made them
 * (RFC5682-4-1), and with a mark as well (RFC4015-3.4-1). RFC4015-3.1-n4: the next round trip of new text counts in
 * full.
 */
void timeout_was_spurious(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                          uint32_t octets, enum tcpr_rule rule, struct tcpr_effects *fx)
{
    bool old_text_timed = tcpr_seq_le(c->rtt.timed_seq, c->cc.recover);
    c->loss &= (uint8_t)~FRTO_STEPS;
    c->cc.recover = c->snd.una;
    owe_retransmission(c, c->snd.una);
    decide(fx, c, TCPR_ACT_UNDONE, rule);
    if (!feature(config, TCPR_FEATURE_EIFEL) || ecn_echoed(c, seg)) { return; }
    congestion_undo(c, config, octets);
    if (old_text_timed) { unmark(c, TCPR_FLAG_RTT_TIMED | TCPR_FLAG_RTT_AMBIGUOUS); }
    c->cc.flags |= TCPR_MUTANT(delay_is_forgotten, TCPR_CONGESTION_ADAPTS, 0);
}
