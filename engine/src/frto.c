/*
 * F-RTO (RFC 5682): was the timeout spurious? The first segment goes again, then new ones instead of the old; ACKs of
 * what went once only tell that it had been on its way all along.
 */
#include "internal.h"

#define BOTH_STEPS (TCPR_LOSS_FRTO_FIRST | TCPR_LOSS_FRTO_SECOND)

void frto_revert(struct tcpr_conn *c)
{
    c->loss &= (uint8_t)~BOTH_STEPS;
}

/* Step 1 (RFC5682-2.1-1). RFC5682-2.1-2, RFC5682-2.1-3, RFC5682-3.1-3: not while an earlier loss is being repaired. */
void frto_timeout(struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool repairs = has(c, TCPR_FLAG_RECOVERY) || (tcpr_seq_lt(c->snd.una, c->cc.recover) && !ecn_reduced(c));
    frto_revert(c);
    if (!repairs && feature(config, TCPR_FEATURE_FRTO)) { c->loss |= TCPR_LOSS_FRTO_FIRST; }
}

static bool new_text_may_go(const struct tcpr_conn *c)
{
    uint32_t used = tcpr_seq_distance(c->snd.una, c->snd.nxt);
    return unsent(c) >= smss(c) && used < c->snd.wnd && c->snd.wnd - used >= smss(c);
}

/* Step 2, an ACK that advances: RFC5682-2.1-n1, else RFC5682-2.1-n2. SND.UNA is the new one; the segment sent again in
 * step 1 ended where rxt_nxt stands unless the ACK went beyond it. */
static void first_ack(struct tcpr_conn *c)
{
    bool all_of_it = c->snd.una == c->snd.rxt_nxt;
    frto_revert(c);
    if (all_of_it && tcpr_seq_lt(c->snd.una, c->cc.recover) && new_text_may_go(c)) { c->loss |= TCPR_LOSS_FRTO_SECOND; }
}

/* RFC5682-2.1-n3: nothing was lost, so nothing goes again. RFC5682-4-1: the window stays what the timeout made it. */
static void spurious(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    frto_revert(c);
    c->cc.recover = c->snd.una;
    owe_retransmission(c, c->snd.una);
    decide(fx, c, TCPR_ACT_UNDONE, TCPR_RULE_5682_2_1_N3);
}

/* RFC5682-2.1-n4. */
static void genuine(struct tcpr_conn *c)
{
    frto_revert(c);
    c->cc.cwnd = min_u32(c->cc.cwnd, 3u * smss(c));
}

static bool reported_beyond(const struct tcpr_conn *c, uint32_t seq)
{
    return c->sacked_count != 0 && tcpr_seq_lt(seq, sacked(c)[c->sacked_count - 1u].end);
}

/* An ACK came: it `advanced` SND.UNA, or is a `duplicate`, which with a scoreboard means that it reports something. */
void frto_ack(struct tcpr_conn *c, bool advanced, bool duplicate, struct tcpr_effects *fx)
{
    if (c->loss & TCPR_LOSS_FRTO_FIRST) {
        if (advanced) {
            first_ack(c);
        } else if (duplicate && !scoreboard(c)) {
            frto_revert(c);
        }
    } else if ((c->loss & TCPR_LOSS_FRTO_SECOND) && (advanced || duplicate)) {
        bool too_far = scoreboard(c) && (tcpr_seq_lt(c->cc.recover, c->snd.una) || reported_beyond(c, c->cc.recover));
        if ((advanced || scoreboard(c)) && !too_far) {
            spurious(c, fx);
        } else {
            genuine(c);
        }
    }
}
