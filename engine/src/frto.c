/*
 * F-RTO (RFC 5682): was the timeout spurious? The first segment goes again, then new ones instead of the old; ACKs of
 * what went once only tell that it had been on its way all along.
 */
#include "internal.h"

static void frto_revert(struct tcpr_conn *c)
{
    c->loss &= (uint8_t)~FRTO_STEPS;
}

/* By the window that the ACK itself tells: SND.WND is still the one before it. */
static bool new_text_may_go(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    uint32_t used = in_flight(c), window = (uint32_t)seg->window << c->snd_shift;
    return unsent(c) >= smss(c) && used < window && window - used >= smss(c);
}

/* Step 2, an ACK that advances: RFC5682-2.1-n1, else RFC5682-2.1-n2. SND.UNA is the new one; the segment sent again in
 * step 1 ended where rxt_nxt stands unless the ACK went beyond it. */
static void first_ack(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool all_of_it = TCPR_MUTANT(any_first_ack_raises_doubt, c->snd.una == c->snd.rxt_nxt, true);
    frto_revert(c);
    bool tells_more = all_of_it && tcpr_seq_lt(c->snd.una, c->cc.recover) && new_text_may_go(c, seg);
    if (tells_more) { c->loss |= TCPR_LOSS_FRTO_SECOND; }
}

/* RFC5682-2.1-n4. */
static void genuine(struct tcpr_conn *c)
{
    frto_revert(c);
    c->cc.cwnd = TCPR_MUTANT(genuine_loss_keeps_the_window, min_u32(c->cc.cwnd, 3u * smss(c)), c->cc.ssthresh * 2u);
}

static bool reported_beyond(const struct tcpr_conn *c, uint32_t seq)
{
    return sacked_count(c) != 0 && tcpr_seq_lt(seq, sacked(c)[sacked_count(c) - 1u].end);
}

/* An ACK came: it moved SND.UNA by `octets`, or is a `duplicate`, which with a scoreboard means that it reports
 * something. */
void frto_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, uint32_t octets,
              bool duplicate, struct tcpr_effects *fx)
{
    bool advanced = octets != 0;
    if (has_loss(c, TCPR_LOSS_FRTO_FIRST)) {
        if (advanced) {
            first_ack(c, seg);
        } else if (duplicate && !scoreboard(c)) {
            frto_revert(c);
        }
    } else if (has_loss(c, TCPR_LOSS_FRTO_SECOND) && (advanced || duplicate)) {
        bool too_far = scoreboard(c) && (tcpr_seq_lt(c->cc.recover, c->snd.una) || reported_beyond(c, c->cc.recover));
        if (TCPR_MUTANT(duplicate_proves_nothing_lost, advanced || scoreboard(c), true) &&
            TCPR_MUTANT(every_timeout_is_genuine, !too_far, false)) {
            timeout_was_spurious(c, config, seg, octets, TCPR_RULE_5682_2_1_N3, fx);
        } else {
            genuine(c);
        }
    }
}
