/* SEGMENT ARRIVES in the states from SYN-RECEIVED on (RFC 9293 section 3.10.7.4): first to fifth check. */
#include "internal.h"

/* Table 6. */
static bool acceptable(const struct tcpr_conn *c, uint32_t seq, uint32_t len)
{
    uint32_t window = receive_window(c);
    if (len == 0 && window == 0) { return seq == c->rcv.nxt; }
    if (len == 0) { return tcpr_seq_within(seq, c->rcv.nxt, TCPR_MUTANT(right_edge_is_inside, window, window + 1u)); }
    if (window == 0) { return false; }
    bool first = tcpr_seq_within(seq, c->rcv.nxt, window);
    bool last = tcpr_seq_within(seq + len - 1u, c->rcv.nxt, window);
    return TCPR_MUTANT(both_ends_must_be_in_the_window, first || last, first && last);
}

/* RFC9293-3.10.7.4-n10: the peer's FIN again, which is never in the window by itself. */
static void restart_time_wait_on_fin(struct tcpr_conn *c, const struct tcpr_config *config,
                                     const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    uint32_t last = seg->seq + tcpr_segment_len(seg) - 1u;
    if (c->state == TCPR_TIME_WAIT && (seg->control & TCPR_FIN) && last == c->rcv.nxt - 1u) {
        TCPR_MUTANT(time_wait_does_not_restart, arm(c, TCPR_TIMER_TIME_WAIT, later(config->msl_us, config->msl_us)),
                    (void)0);
        decide(fx, c, TCPR_ACT_IGNORED, TCPR_RULE_9293_OTHER_N10);
    }
}

/*
 * RFC9293-3.8.6.1-n1: the answer tells of the window as it is now. A probe would otherwise never learn that the window
 * opened once the update that said so was lost.
 */
static void answer_with_window(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule,
                               struct tcpr_effects *fx)
{
    if (!syn_unacked(c)) { c->rcv.edge = offered_edge(c, config); }
    if (TCPR_MUTANT(silent_after_peers_fin, false, !in(c, MAY_RECEIVE_TEXT | BIT(TCPR_TIME_WAIT)))) { return; }
    reply_ack(c, fx, TCPR_ACT_ACK_SENT, rule);
}

/*
 * An empty segment may itself be such an answer. Two ends that find each other's ACKs unacceptable (both have sent
 * beyond the other's window, or have lost step altogether) would answer them without end (RFC 9293 appendix A.2), so
 * these answers are bounded like challenges.
 */
static void answer_empty(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (may_challenge(c, config)) {
        answer_with_window(c, config, TCPR_RULE_9293_OTHER_N2, fx);
    } else {
        decide(fx, c, TCPR_ACT_THROTTLED, TCPR_RULE_5961_7_2);
    }
}

static void answer_unacceptable(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                                struct tcpr_effects *fx)
{
    if (TCPR_MUTANT(unacceptable_reset_is_answered, seg->control & TCPR_RST, 0)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_OTHER_N2);
    } else if ((seg->control & TCPR_SYN) && in(c, SYNCHRONIZED) && feature(config, TCPR_FEATURE_RFC5961_SYN)) {
        challenge(c, config, fx, TCPR_RULE_9293_OTHER_N5);
    } else if (TCPR_MUTANT(throttle_swallows_acks_of_text, tcpr_segment_len(seg) == 0, true)) {
        answer_empty(c, config, fx);
    } else {
        uint32_t first = seg->seq + ((seg->control & TCPR_SYN) != 0);
        note_duplicate(c, config, (struct tcpr_range){first, first + seg->text_len});
        restart_time_wait_on_fin(c, config, seg, fx);
        answer_with_window(c, config, TCPR_RULE_9293_OTHER_N2, fx);
    }
}

/* Text has come, so that its window may be shut or filled. */
static bool has_a_stream(const struct tcpr_conn *c)
{
    return in(c, SYNCHRONIZED) || TCPR_MUTANT(full_window_deafens_early, fast_opened(c), false);
}

/* MUST-66: with the window shut a segment at RCV.NXT is answered, its text left out, and its ACK, URG and RST taken. */
static bool only_the_window_forbids(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return receive_window(c) == 0 && seg->seq == c->rcv.nxt && has_a_stream(c) &&
           (seg->control & (TCPR_SYN | TCPR_RST)) != TCPR_SYN;
}

/*
 * An ACK without text stands at SND.NXT, which is the right edge when its sender has filled the window, and one beyond
 * when a probe is out. Table 6 refuses it; were its ACK not heard, neither end could get on until the lost text comes
 * again (RFC 9293 appendix A.2).
 */
static bool stands_at_the_edge(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool bare_ack = (seg->control & (TCPR_SYN | TCPR_FIN | TCPR_RST | TCPR_ACK)) == TCPR_ACK && seg->text_len == 0;
    return bare_ack && has_a_stream(c) && tcpr_seq_within(seg->seq, c->rcv.edge, 2);
}

/* How much of a segment its sequence number lets through. */
enum let_through { LET_NOTHING, LET_ACK, LET_ALL_BUT_TEXT, LET_ALL };

/* First, check sequence number. */
static enum let_through check_sequence(struct tcpr_conn *c, const struct tcpr_config *config,
                                       const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    if (acceptable(c, seg->seq, tcpr_segment_len(seg))) {
        accurate_take(c, seg);
        return LET_ALL;
    }
    if (only_the_window_forbids(c, seg)) {
        accurate_take(c, seg);
        if (seg->text_len != 0) { ecn_take_text(c, seg); } /* RFC3168-6.1.6-2 */
        if (!(seg->control & TCPR_RST)) { answer_with_window(c, config, TCPR_RULE_9293_3_8_6_1_N1, fx); }
        return LET_ALL_BUT_TEXT;
    }
    TCPR_MUTANT(any_mark_is_echoed, (void)0, ecn_take_text(c, seg));
    bool at_the_edge = stands_at_the_edge(c, seg);
    answer_unacceptable(c, config, seg, fx);
    return at_the_edge ? LET_ACK : LET_NOTHING;
}

/* MUST-11: where a SYN-RECEIVED that came from a passive OPEN goes back to. */
static void back_to_listen(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule,
                           struct tcpr_effects *fx)
{
    if (has(c, TCPR_FLAG_REOPENED)) {
        resume_time_wait(c, config, fx);
    } else if (has(c, TCPR_FLAG_FIN_QUEUED | TCPR_FLAG_RELEASED)) { /* the user has closed meanwhile */
        enter(c, config, TCPR_CLOSED, rule, fx);
    } else {
        listen_again(c, config, rule, fx);
    }
}

/* MUST-11. Not where the application has the connection already (RFC7413-4.2.2-n2): it must hear of its end. */
static bool listens_again(const struct tcpr_conn *c)
{
    return c->state == TCPR_SYN_RECEIVED && has(c, TCPR_FLAG_PASSIVE) &&
           TCPR_MUTANT(early_reader_hears_of_no_reset, !has(c, TCPR_FLAG_FAST_OPEN), true);
}

/* Second, by state: the reset is valid. */
static void take_reset(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule,
                       struct tcpr_effects *fx)
{
    if (listens_again(c)) {
        back_to_listen(c, config, TCPR_RULE_MUST_11, fx);
        return;
    }
    if (c->state == TCPR_TIME_WAIT && feature(config, TCPR_FEATURE_RFC1337)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_1337_3_N1);
        return;
    }
    if (c->state == TCPR_SYN_RECEIVED && !fast_opened(c)) {
        fx->events |= TCPR_EVENT_REFUSED;
    } else if (in(c, MAY_RECEIVE_TEXT | BIT(TCPR_CLOSE_WAIT) | BIT(TCPR_SYN_RECEIVED))) {
        fx->events |= TCPR_EVENT_RESET;
        c->rcv.read_at = c->rcv.nxt_at; /* all queues are flushed */
    }
    enter(c, config, TCPR_CLOSED, rule, fx);
}

/* Second, check the RST bit. The number of the RST itself is what counts, whatever text it carries (SHLD-2). */
static bool check_rst(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                      struct tcpr_effects *fx)
{
    if (!(seg->control & TCPR_RST)) { return true; }
    bool exact = TCPR_MUTANT(reset_anywhere_resets, seg->seq == c->rcv.nxt, true);
    bool inside = exact || tcpr_seq_within(seg->seq, c->rcv.nxt, receive_window(c));
    if (!inside) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_OTHER_N2);
    } else if (exact) {
        take_reset(c, config, TCPR_RULE_9293_OTHER_N3, fx);
    } else if (TCPR_MUTANT(reset_in_the_window_resets, feature(config, TCPR_FEATURE_RFC5961_RST), false)) {
        challenge(c, config, fx, TCPR_RULE_9293_OTHER_N4);
    } else {
        take_reset(c, config, TCPR_RULE_9293_3_5_3_N2, fx);
    }
    return false;
}

/* Fourth, check the SYN bit. (Third, security and compartment, is nothing this engine knows.) */
static bool check_syn(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                      struct tcpr_effects *fx)
{
    if (!(seg->control & TCPR_SYN)) { return true; }
    if (!tcpr_seq_within(seg->seq, c->rcv.nxt, receive_window(c))) {
        answer_unacceptable(c, config, seg, fx); /* the SYN itself is old, though text that came with it is not */
        return false;
    }
    if (listens_again(c)) {
        back_to_listen(c, config, TCPR_RULE_9293_OTHER_N15, fx);
    } else if (TCPR_MUTANT(syn_in_the_window_resets, feature(config, TCPR_FEATURE_RFC5961_SYN), false)) {
        challenge(c, config, fx, TCPR_RULE_9293_OTHER_N5);
    } else if (asks_to_reopen(c, config, seg)) { /* and was refused: an old duplicate, which TIME-WAIT is there for */
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_SHLD_4);
    } else {
        reply_reset(c, seg, fx, TCPR_RULE_9293_OTHER_N18);
        fx->events |= TCPR_EVENT_RESET;
        c->rcv.read_at = c->rcv.nxt_at;
        enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_OTHER_N18, fx);
    }
    return false;
}

static void heard(struct tcpr_conn *c)
{
    c->heard_at = c->latest;
    c->probes = 0;
    if (c->snd.wnd == 0) { c->progress_at = c->latest; } /* MUST-37: a peer that answers probes is alive */
}

/* Of all, or of less where text went with it (RFC 7413). */
static bool ack_of_our_syn(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return tcpr_seq_lt(c->snd.una, seg->ack) && tcpr_seq_le(seg->ack, c->snd.nxt);
}

/* Fifth, in SYN-RECEIVED. */
static bool check_ack_in_syn_received(struct tcpr_conn *c, const struct tcpr_config *config,
                                      const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    if (!ack_of_our_syn(c, seg)) {
        TCPR_MUTANT(syn_received_drops_bad_ack, reply_reset(c, seg, fx, TCPR_RULE_9293_OTHER_N8), (void)0);
        return false;
    }
    heard(c);
    bool fast = fast_opened(c), resend = !has(c, TCPR_FLAG_PASSIVE) || has(c, TCPR_FLAG_SYN_LOST);
    take_ack(c, config, seg, fx);
    take_window(c, seg);
    accurate_take_handshake_ack(c, config, seg);
    if (rack(c) && c->record_count != 0) { rack_ack(c, seg, false); } /* of text that went before */
    if (resend) { resend_after_syn(c, fx); } /* a peer in SYN-SENT drops what comes without SYN, so it is lost */
    become_established(c, config, TCPR_RULE_9293_OTHER_N13, fx);
    if (fast && window_update_due(c, config)) { mark(c, TCPR_FLAG_ACK_NOW); } /* what was read meanwhile */
    return TCPR_MUTANT(text_on_handshake_ack_is_lost, true, false);
}

/* Fifth: an ACK of what was never sent, or one too old to be the peer's (MAY-12, RFC 5961 section 5.2). */
static bool ack_in_range(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                         struct tcpr_effects *fx)
{
    bool strict = feature(config, TCPR_FEATURE_RFC5961_ACK);
    bool future = TCPR_MUTANT(ack_of_what_was_never_sent, tcpr_seq_lt(c->snd.nxt, seg->ack), false);
    bool ancient =
        TCPR_MUTANT(ancient_ack_is_taken, strict, false) && tcpr_seq_lt(seg->ack, c->snd.una - c->snd.max_wnd);
    if (!future && !ancient) { return true; }
    if (strict) {
        challenge(c, config, fx, TCPR_RULE_9293_OTHER_N6);
    } else {
        reply_ack(c, fx, TCPR_ACT_ACK_SENT, TCPR_RULE_9293_3_5_2_N3);
    }
    return false;
}

/* Fifth, after the processing for ESTABLISHED: what an acknowledged FIN means to each state that sent one. */
static bool check_fin_acked(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    bool acked = TCPR_MUTANT(any_ack_ends_fin_wait_1, fin_acked(c), fin_acked(c) || c->state == TCPR_FIN_WAIT_1);
    acked = TCPR_MUTANT(any_ack_ends_last_ack, acked, acked || c->state == TCPR_LAST_ACK);
    if (!acked) { return c->state != TCPR_CLOSING && c->state != TCPR_LAST_ACK; }
    switch ((enum tcpr_state)c->state) {
    case TCPR_FIN_WAIT_1:
        fx->events |= TCPR_EVENT_CLOSE_OK;
        enter(c, config, TCPR_FIN_WAIT_2, TCPR_RULE_9293_OTHER_N14, fx);
        return true;
    case TCPR_CLOSING:
        fx->events |= TCPR_EVENT_CLOSE_OK;
        enter(c, config, TCPR_TIME_WAIT, TCPR_RULE_9293_3_6_N3, fx);
        return false;
    case TCPR_LAST_ACK:
        fx->events |= TCPR_EVENT_CLOSE_OK;
        enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_OTHER_N14, fx);
        return false;
    case TCPR_CLOSED:
    case TCPR_LISTEN:
    case TCPR_SYN_SENT:
    case TCPR_SYN_RECEIVED:
    case TCPR_ESTABLISHED:
    case TCPR_FIN_WAIT_2:
    case TCPR_CLOSE_WAIT:
    case TCPR_TIME_WAIT: return true;
    }
    return true;
}

/* Fifth, in TIME-WAIT: only the peer's FIN can arrive; acknowledge it and begin 2 MSL again. */
static void arrives_time_wait(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                              struct tcpr_effects *fx)
{
    if (!(seg->control & TCPR_FIN)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_OTHER_N11);
        return;
    }
    arm(c, TCPR_TIMER_TIME_WAIT, later(config->msl_us, config->msl_us));
    reply_ack(c, fx, TCPR_ACT_ACK_SENT, TCPR_RULE_9293_OTHER_N10);
}

/* Fifth, check the ACK field. */
static bool check_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                      struct tcpr_effects *fx)
{
    if (TCPR_MUTANT(ack_bit_is_not_asked_for, !(seg->control & TCPR_ACK), false)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_9293_OTHER_N7);
        return false;
    }
    if (c->state == TCPR_SYN_RECEIVED) { return check_ack_in_syn_received(c, config, seg, fx); }
    if (!ack_in_range(c, config, seg, fx)) { return false; }
    heard(c);
    if (c->state == TCPR_TIME_WAIT) {
        arrives_time_wait(c, config, seg, fx);
        return false;
    }
    acknowledge(c, config, seg, fx);
    if (TCPR_MUTANT(fin_hides_the_ack_of_ours, false, seg->control & TCPR_FIN)) { return true; }
    return check_fin_acked(c, config, fx);
}

/*
 * Figure 7: in SYN-RECEIVED after an active OPEN the peer's SYN,ACK completes the simultaneous open, though Table 6,
 * read to the letter, finds its SYN left of the window. Seen without the SYN it begins at RCV.NXT.
 */
static bool completes_simultaneous_open(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return TCPR_MUTANT(crossing_syn_ack_is_old, c->state == TCPR_SYN_RECEIVED, false) && !has(c, TCPR_FLAG_PASSIVE) &&
           seg->seq == c->rcv.irs && (seg->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == (TCPR_SYN | TCPR_ACK) &&
           ack_of_our_syn(c, seg);
}

static void run_checks(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                       struct tcpr_effects *fx)
{
    if (!check_timestamp(c, seg, fx)) { return; }
    TCPR_MUTANT(unchecked_timestamp_is_kept, (void)0, update_ts_recent(c, seg));
    enum let_through let = check_sequence(c, config, seg, fx); /* First */
    if (let == LET_NOTHING && !TCPR_MUTANT(reset_anywhere_resets, false, seg->control & TCPR_RST)) { return; }
    if (!check_rst(c, config, seg, fx)) { return; } /* Second */
    if (!check_syn(c, config, seg, fx)) { return; } /* Fourth */
    if (!check_ack(c, config, seg, fx)) { return; } /* Fifth */
    update_ts_recent(c, seg);
    take_user_timeout(c, config, &seg->options, fx);
    if (let != LET_ACK) { check_urg(c, seg, fx); }            /* Sixth */
    if (let == LET_ALL) { process_text(c, config, seg, fx); } /* Seventh and eighth */
}

/* RFC9768-3.1.5-5: SYNs of two kinds are none of one peer's. */
static void reset_handshake(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                            struct tcpr_effects *fx)
{
    reply_reset(c, seg, fx, TCPR_RULE_9768_3_1_5_5);
    take_reset(c, config, TCPR_RULE_9768_3_1_5_5, fx);
}

void arrives_other(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                   struct tcpr_effects *fx)
{
    enum tcpr_rule rule;
    if (built(TCPR_FEATURE_REOPEN_TIME_WAIT) && syn_reopens(c, config, seg, &rule)) {
        reopen(c, config, seg, rule, fx);
        return;
    }
    bool completes = completes_simultaneous_open(c, seg);
    bool valid = completes || !(seg->control & TCPR_ACK); /* no other SYN,ACK is for a SYN-RECEIVED: RFC9768-3.1.5-7 */
    if (valid && ecn_hear_syn_again(c, config, seg)) {
        reset_handshake(c, config, seg, fx);
        return;
    }
    bool reflects = accurate_reflects_again(c, seg);
    if (completes) {
        struct tcpr_segment without_syn = *seg;
        without_syn.seq++;
        without_syn.control &= (uint16_t)~TCPR_SYN;
        run_checks(c, config, &without_syn, fx);
        return;
    }
    run_checks(c, config, seg, fx);
    if (reflects) { accurate_reflected(c); }
}
