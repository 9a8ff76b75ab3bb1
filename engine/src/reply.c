/* The one segment that answers an input: ACK, challenge ACK, RST. Built then and there. */
#include "clear.h"
#include "internal.h"

static struct tcpr_segment *begin_reply(const struct tcpr_conn *c, struct tcpr_effects *fx, uint16_t control)
{
    struct tcpr_segment *reply = &fx->reply;
    clear_segment(reply);
    reply->source_port = c->local_port;
    reply->destination_port = c->remote_port;
    reply->control = control;
    fx->has_reply = true;
    return reply;
}

/* An ACK went out with all that RCV.NXT says, so none is owed; and with all its options. */
void ack_was_sent(struct tcpr_conn *c)
{
    unmark(c, TCPR_FLAG_ACK_NOW | TCPR_FLAG_TIMEOUT_NOW);
    stop(c, TCPR_TIMER_DELAYED_ACK);
    c->rcv.unacked = 0;
    c->rcv.last_ack_sent = c->rcv.nxt;
    c->rcv.duplicate = (struct tcpr_range){0, 0}; /* told once (RFC2883-4-n2) */
    c->ecn &= (uint8_t)~TCPR_ECN_FRESH;
    if (accurate(c)) { accurate_told(c); }
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. It advertises the last edge, so that a peer counts duplicates (RFC 5681 section
 * 2). */
void reply_ack(struct tcpr_conn *c, struct tcpr_effects *fx, enum tcpr_act act, enum tcpr_rule rule)
{
    struct tcpr_segment *reply = begin_reply(c, fx, TCPR_ACK | ecn_echo(c));
    decide(fx, c, act, rule);
    reply->seq = c->snd.nxt;
    reply->ack = c->rcv.nxt;
    reply->window = window_field(c, c->rcv.edge);
    fill_options(c, false, &reply->options);
    ack_was_sent(c);
}

/* RFC5961-7-2: bounded per connection, and nothing but what can be answered by its like is counted. */
bool may_challenge(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (config->challenge_limit == 0) { return true; }
    if (c->challenges == 0 || c->latest - c->challenge_since >= config->challenge_interval_us) {
        c->challenge_since = c->latest;
        c->challenges = 0;
    }
    if (c->challenges >= config->challenge_limit) { return false; }
    c->challenges++;
    return true;
}

void challenge(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx, enum tcpr_rule rule)
{
    if (may_challenge(c, config)) {
        reply_ack(c, fx, TCPR_ACT_CHALLENGED, rule);
    } else {
        decide(fx, c, TCPR_ACT_THROTTLED, TCPR_RULE_5961_7_2);
    }
}

/* RFC7323-5.2-2, RFC7323-5.2-3: an RST that answers a timestamp carries one. */
static void echo_timestamp(const struct tcpr_segment *seg, struct tcpr_options *options)
{
    options->present = TCPR_OPT_TIMESTAMPS;
    options->ts_val = 0;
    options->ts_ecr = seg->options.ts_val;
}

bool tcpr_closed_reply(const struct tcpr_segment *seg, struct tcpr_segment *out)
{
    if (TCPR_MUTANT(reset_answers_reset, seg->control & TCPR_RST, 0)) { return false; } /* RFC9293-3.5.2-n4 */
    clear_segment(out);
    out->source_port = seg->destination_port;
    out->destination_port = seg->source_port;
    if (seg->control & TCPR_ACK) {
        out->seq = TCPR_MUTANT(reset_has_no_number, seg->ack, 0);
        out->control = TCPR_RST;
    } else {
        out->ack = seg->seq + TCPR_MUTANT(reset_counts_text_alone, tcpr_segment_len(seg), seg->text_len);
        out->control = TCPR_RST | TCPR_ACK;
    }
    if (built(TCPR_FEATURE_TIMESTAMPS) && (seg->options.present & TCPR_OPT_TIMESTAMPS)) {
        echo_timestamp(seg, &out->options);
    }
    return true;
}

/* The reset that the sender of `seg` will find acceptable (RFC 9293 section 3.5.2). */
void reply_reset(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx, enum tcpr_rule rule)
{
    fx->has_reply = tcpr_closed_reply(seg, &fx->reply);
    decide(fx, c, fx->has_reply ? TCPR_ACT_RESET_SENT : TCPR_ACT_DROPPED, rule);
}

/* ABORT: <SEQ=SND.NXT><CTL=RST>. */
void reply_abort(struct tcpr_conn *c, struct tcpr_effects *fx, enum tcpr_rule rule)
{
    struct tcpr_segment *reply = begin_reply(c, fx, TCPR_RST);
    decide(fx, c, TCPR_ACT_RESET_SENT, rule);
    reply->seq = c->snd.nxt;
    if (has(c, TCPR_FLAG_TIMESTAMPS)) { /* RFC7323-5.2-4; without ACK it echoes nothing */
        reply->options.present = TCPR_OPT_TIMESTAMPS;
        reply->options.ts_val = timestamp_now(c);
    }
}
