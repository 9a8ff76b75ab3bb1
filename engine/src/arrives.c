/* SEGMENT ARRIVES (RFC 9293 section 3.10.7): the dispatch, and CLOSED, LISTEN and SYN-SENT. */
#include "internal.h"

/* Section 3.10.7.1. */
static void arrives_closed(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    bool is_reset = (seg->control & TCPR_RST) != 0;
    reply_reset(c, seg, fx, is_reset ? TCPR_RULE_9293_CLOSED_N1 : TCPR_RULE_9293_3_5_2_N1);
}

/* The peer's SYN, in LISTEN, SYN-SENT or a TIME-WAIT that is reopened. */
static void take_syn(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    c->rcv.irs = seg->seq;
    c->rcv.nxt = seg->seq + 1u;
    c->rcv.nxt_at = 0;
    c->rcv.read_at = 0;
    c->rcv.edge = c->rcv.nxt + min_u32(c->rcv.buffer, UINT16_MAX); /* what our SYN says (RFC7323-2.2-8) */
    c->rcv.last_ack_sent = c->rcv.nxt;
    c->heard_at = c->latest;
    take_syn_options(c, config, seg);
    ecn_take_syn(c, config, seg);
    take_window(c, seg);
}

/* LISTEN's third step, also for a TIME-WAIT that is reopened. `fast`: the text will not wait. */
void accept_syn(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, uint32_t iss,
                bool fast, struct tcpr_effects *fx)
{
    begin_sending(c, config, iss);
    take_syn(c, config, seg);
    if (queue_syn_text(c, seg, fx) && !fast) { decide(fx, c, TCPR_ACT_HELD, TCPR_RULE_9293_LISTEN_N2); }
    TCPR_MUTANT(syn_text_is_delivered_at_once, (void)0, release_queued(c, config, fx));
}

static struct tcpr_ip answer_to(const struct tcpr_ip *ip)
{
    struct tcpr_ip outgoing = *ip;
    for (unsigned n = 0; n < sizeof outgoing.source; n++) {
        outgoing.source[n] = ip->destination[n];
        outgoing.destination[n] = ip->source[n];
    }
    return outgoing;
}

/* Section 3.10.7.2. */
static void arrives_listen(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_ip *ip,
                           const struct tcpr_segment *seg, bool fast, struct tcpr_effects *fx)
{
    if (TCPR_MUTANT(listen_takes_reset, seg->control & TCPR_RST, 0)) { /* First */
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_3_5_3_N2);
        return;
    }
    if (seg->control & TCPR_ACK) { /* Second */
        TCPR_MUTANT(listen_drops_ack, reply_reset(c, seg, fx, TCPR_RULE_9293_3_5_2_N2), (void)0);
        return;
    }
    if (!(seg->control & TCPR_SYN)) { /* Fourth */
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_LISTEN_N1);
        return;
    }
    if (!tcpr_address_is_unicast(ip->source, ip->version)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_MUST_63);
        return;
    }
    if (!tcpr_address_is_unicast(ip->destination, ip->version)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_MUST_57);
        return;
    }
    struct tcpr_ip outgoing = answer_to(ip); /* Third */
    c->local_port = seg->destination_port;
    name_peer(c, config, &outgoing, seg->source_port);
    accept_syn(c, config, seg, tcpr_isn(c->snd.isn_key, c->latest), fast, fx);
    enter(c, config, TCPR_SYN_RECEIVED, fast ? TCPR_RULE_7413_4_2_2_N2 : TCPR_RULE_9293_LISTEN_N1, fx);
}

/* SYN-SENT, first. RFC9293-3.10.7.3-n4: a range, since text may have been sent with the SYN. */
static bool ack_acceptable_in_syn_sent(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return tcpr_seq_lt(c->snd.una, seg->ack) && tcpr_seq_le(seg->ack, c->snd.nxt);
}

/* Our SYN is acknowledged and theirs is here. */
static void syn_sent_established(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                                 struct tcpr_effects *fx)
{
    take_syn(c, config, seg);
    bool fast = has(c, TCPR_FLAG_FAST_OPEN);
    take_ack(c, config, seg, fx);
    if (fast) { fast_open_answered(c, seg, fx); }
    become_established(c, config, TCPR_RULE_9293_SYN_SENT_N4, fx);
    mark(c, TCPR_FLAG_ACK_NOW);
    check_urg(c, seg, fx); /* on from the sixth step of section 3.10.7.4 */
    process_text(c, config, seg, fx);
}

/* MUST-10: the SYNs crossed. */
static void syn_sent_simultaneous(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                                  struct tcpr_effects *fx)
{
    take_syn(c, config, seg);
    if (queue_syn_text(c, seg, fx)) { decide(fx, c, TCPR_ACT_HELD, TCPR_RULE_9293_LISTEN_N2); }
    enter(c, config, TCPR_SYN_RECEIVED, TCPR_RULE_MUST_10, fx);
    mark(c, TCPR_FLAG_SYN_NOW);
}

/* Section 3.10.7.3. */
static void arrives_syn_sent(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                             struct tcpr_effects *fx)
{
    bool has_ack = (seg->control & TCPR_ACK) != 0;
    if (has_ack && !ack_acceptable_in_syn_sent(c, seg)) { /* First */
        TCPR_MUTANT(syn_sent_drops_bad_ack, reply_reset(c, seg, fx, TCPR_RULE_9293_SYN_SENT_N1), (void)0);
        return;
    }
    if (seg->control & TCPR_RST) { /* Second; RFC9293-3.10.7.3-n2: no look at SEG.SEQ (erratum 8167) */
        if (TCPR_MUTANT(syn_sent_takes_any_reset, !has_ack, false)) {
            decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_SYN_SENT_N2);
            return;
        }
        if (ecn_withdraws(c)) {
            decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_3168_6_1_1_1_1);
            return;
        }
        fx->events |= TCPR_EVENT_REFUSED;
        enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_SYN_SENT_N2, fx);
        return;
    }
    if (!(seg->control & TCPR_MUTANT(syn_sent_takes_anything, TCPR_SYN, UINT16_MAX))) { /* Fifth */
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_SYN_SENT_N3);
        return;
    }
    if (has_ack) { /* Fourth */
        syn_sent_established(c, config, seg, fx);
    } else {
        TCPR_MUTANT(crossing_syn_is_ignored, syn_sent_simultaneous(c, config, seg, fx), (void)0);
    }
}

void tcpr_segment_arrives(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                          const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    if (arrives_as_expected(c, config, seg, fx)) { return; }
    switch ((enum tcpr_state)c->state) {
    case TCPR_CLOSED: arrives_closed(c, seg, fx); break;
    case TCPR_LISTEN: arrives_listen(c, config, ip, seg, false, fx); break;
    case TCPR_SYN_SENT: arrives_syn_sent(c, config, seg, fx); break;
    case TCPR_SYN_RECEIVED:
    case TCPR_ESTABLISHED:
    case TCPR_FIN_WAIT_1:
    case TCPR_FIN_WAIT_2:
    case TCPR_CLOSE_WAIT:
    case TCPR_CLOSING:
    case TCPR_LAST_ACK:
    case TCPR_TIME_WAIT: arrives_other(c, config, seg, fx); break;
    }
    end_call(c, config);
}

void tcpr_fast_open_arrives(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                            const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    bool asked = (seg->options.present & TCPR_OPT_FAST_OPEN) != 0;
    if (c->state != TCPR_LISTEN || !asked || !feature(config, TCPR_FEATURE_FAST_OPEN)) { /* RFC7413-4.2-2 */
        tcpr_segment_arrives(c, config, now, ip, seg, fx);
        return;
    }
    begin_call(c, now, fx);
    arrives_listen(c, config, ip, seg, true, fx);
    if (c->state == TCPR_SYN_RECEIVED) {
        mark(c, TCPR_FLAG_FAST_OPEN);
        fx->events |= TCPR_EVENT_FAST_OPENED;
        TCPR_MUTANT(good_cookie_gains_nothing, release_queued(c, config, fx), (void)0);
    }
    end_call(c, config);
}
