/* The sixth, seventh and eighth check of RFC 9293 section 3.10.7.4: URG, text, FIN. */
#include "internal.h"

/* The idealized segment: what of an arriving one lies in the window. */
struct portion {
    uint32_t seq;     /* of the first octet */
    uint32_t text_at; /* where it stands in the segment's text */
    uint32_t len;
    bool fin; /* right after it comes the peer's FIN */
};

/* Sixth. */
void check_urg(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    if (!(seg->control & TCPR_URG)) { return; }
    if (!in(c, MAY_RECEIVE_TEXT)) {
        decide(fx, c, TCPR_ACT_IGNORED, TCPR_RULE_9293_OTHER_N11);
        return;
    }
    uint32_t up = seg->seq + seg->urgent + TCPR_MUTANT(urgent_pointer_read_as_the_last, 0u, 1u); /* RFC6093-4-n1 */
    uint32_t read = c->rcv.nxt - unread(c);
    bool ahead = tcpr_seq_lt(read, up);
    bool further = TCPR_MUTANT(urgent_is_told_once, tcpr_seq_lt(c->rcv.up, up), false);
    bool moved_on = !has(c, TCPR_FLAG_URGENT_TOLD) || further;
    if (ahead && moved_on) { /* MUST-32: also each time it advances */
        c->rcv.up = up;
        mark(c, TCPR_FLAG_URGENT_TOLD);
        fx->events |= TCPR_EVENT_URGENT;
    }
}

static struct portion whole(const struct tcpr_segment *seg)
{
    uint32_t skipped = TCPR_MUTANT(urgent_pointer_moves_the_text, 0,
                                   seg->control & TCPR_URG ? min_u32(seg->urgent, seg->text_len) : 0);
    return (struct portion){.seq = seg->seq + ((seg->control & TCPR_SYN) != 0),
                            .text_at = skipped,
                            .len = seg->text_len - skipped,
                            .fin = (seg->control & TCPR_FIN) != 0};
}

static void trim_left(const struct tcpr_conn *c, struct portion *p)
{
    if (!tcpr_seq_lt(p->seq, c->rcv.nxt)) { return; }
    uint32_t old = tcpr_seq_distance(p->seq, c->rcv.nxt);
    if (old > p->len) { /* nothing new; so the FIN is old as well */
        *p = (struct portion){.seq = c->rcv.nxt};
        return;
    }
    p->seq += old;
    p->text_at += old;
    p->len -= old;
}

/* The FIN takes the number after the text, and must be in the window like the rest. */
static void trim_right(const struct tcpr_conn *c, struct portion *p)
{
    uint32_t room = tcpr_seq_lt(p->seq, c->rcv.edge) ? tcpr_seq_distance(p->seq, c->rcv.edge) : 0;
    if (p->len >= room) { p->fin = false; }
    p->len = TCPR_MUTANT(text_overruns_the_window, min_u32(p->len, room), p->len);
    if (TCPR_MUTANT(text_after_fin_is_kept, !has(c, TCPR_FLAG_FIN_HELD), true)) { return; }
    p->fin = false; /* the first FIN stands, and nothing follows it */
    uint32_t before_fin = tcpr_seq_lt(p->seq, c->rcv.fin_seq) ? tcpr_seq_distance(p->seq, c->rcv.fin_seq) : 0;
    p->len = min_u32(p->len, before_fin);
}

static void place(const struct tcpr_conn *c, const struct portion *p, struct tcpr_effects *fx)
{
    fx->place = (struct tcpr_place){
        .stream_at = c->rcv.nxt_at + tcpr_seq_distance(c->rcv.nxt, p->seq), .text_at = p->text_at, .len = p->len};
}

/* A FIN is kept unless held text already lies beyond it: then it cannot be the end. */
static void hold_fin(struct tcpr_conn *c, uint32_t seq)
{
    for (unsigned n = 0; n < c->held_count; n++) {
        if (tcpr_seq_lt(seq, c->held[n].end)) { return; }
    }
    c->rcv.fin_seq = seq;
    mark(c, TCPR_FLAG_FIN_HELD);
}

/* Text or FIN beyond RCV.NXT: keep it, and say at once what is missing (RFC5681-3.2-1, MAY-13). */
static void out_of_order(struct tcpr_conn *c, const struct portion *p, struct tcpr_effects *fx)
{
    bool kept = p->len == 0 ? p->fin : hold(c, (struct tcpr_range){p->seq, p->seq + p->len});
    kept = kept && TCPR_MUTANT(out_of_order_is_dropped, true, false);
    if (kept) {
        place(c, p, fx);
        if (p->fin) { hold_fin(c, p->seq + p->len); }
        decide(fx, c, TCPR_ACT_HELD, TCPR_RULE_SHLD_31);
    }
    reply_ack(c, fx, TCPR_ACT_ACK_SENT, TCPR_RULE_5681_3_2_1);
}

/* SHLD-18, SHLD-19, MUST-40: wait a little for company, but not with more than one segment's worth. */
static void owe_ack(struct tcpr_conn *c, const struct tcpr_config *config, bool now)
{
    bool enough = TCPR_MUTANT(second_segment_waits, c->rcv.unacked > own_mss(c, config), false);
    if (now || enough || TCPR_MUTANT(no_ack_is_delayed, !feature(config, TCPR_FEATURE_DELAYED_ACK), true)) {
        mark(c, TCPR_FLAG_ACK_NOW);
    } else if (!running(c, TCPR_TIMER_DELAYED_ACK)) {
        arm(c, TCPR_TIMER_DELAYED_ACK, TCPR_MUTANT(ack_waits_a_second, config->delayed_ack_us, TCPR_S(1)));
    }
}

/* Eighth, once RCV.NXT has come to the FIN. */
static void reach_fin(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    c->rcv.nxt++;
    unmark(c, TCPR_FLAG_FIN_HELD);
    mark(c, TCPR_FLAG_FIN_REACHED | TCPR_FLAG_ACK_NOW);
    fx->events |= TCPR_EVENT_PEER_CLOSED;
    if (c->state == TCPR_MUTANT(fin_wait_2_goes_to_close_wait, TCPR_ESTABLISHED, c->state)) {
        enter(c, config, TCPR_CLOSE_WAIT, TCPR_RULE_9293_OTHER_N16, fx);
    } else if (c->state == TCPR_FIN_WAIT_1) {
        enter(c, config, TCPR_CLOSING, TCPR_RULE_9293_3_6_N3, fx);
    } else {
        enter(c, config, TCPR_TIME_WAIT, TCPR_RULE_9293_OTHER_N16, fx);
    }
}

/* RCV.NXT moved on from `before`: absorb what was held, tell the user, and take the FIN if it is next. */
static void advanced(struct tcpr_conn *c, const struct tcpr_config *config, uint64_t before, struct tcpr_effects *fx)
{
    bool filled_gap = c->held_count != 0;
    absorb_held(c);
    uint32_t gained = (uint32_t)(c->rcv.nxt_at - before);
    if (gained != 0) {
        c->rcv.unacked += gained;
        fx->readable += gained;
        fx->events |= TCPR_EVENT_READABLE;
        bool came_twice = c->rcv.duplicate.first != c->rcv.duplicate.end;
        owe_ack(c, config, filled_gap || came_twice); /* RFC5681-3.2-2: filling a gap is answered at once */
    }
    bool reached = TCPR_MUTANT(fin_does_not_wait_for_text, c->rcv.nxt == c->rcv.fin_seq, true);
    bool may_close = c->state != TCPR_SYN_RECEIVED; /* a FIN on a SYN waits, though its text may not */
    if (has(c, TCPR_FLAG_FIN_HELD) && reached && may_close) { reach_fin(c, config, fx); }
}

static void in_order(struct tcpr_conn *c, const struct tcpr_config *config, const struct portion *p, bool pushed,
                     struct tcpr_effects *fx)
{
    uint64_t before = c->rcv.nxt_at;
    place(c, p, fx);
    c->rcv.nxt += p->len;
    c->rcv.nxt_at += p->len;
    if (p->fin) { /* in its place it counts, whatever was held beyond it: that can be no text of this stream */
        forget_held(c);
        hold_fin(c, p->seq + p->len);
    }
    if (pushed && p->len != 0) { fx->events |= TCPR_EVENT_PUSHED; } /* MAY-17 */
    advanced(c, config, before, fx);
}

void take_next_text(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                    struct tcpr_effects *fx)
{
    const struct portion all = {.seq = seg->seq, .len = seg->text_len};
    in_order(c, config, &all, (seg->control & TCPR_PSH) != 0, fx);
}

/* SHLD-3: the application has gone, and text is being lost. */
static void abort_for_lost_text(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                                struct tcpr_effects *fx)
{
    reply_reset(c, seg, fx, TCPR_RULE_SHLD_3);
    enter(c, config, TCPR_CLOSED, TCPR_RULE_SHLD_3, fx);
}

/* Seventh and eighth. */
void process_text(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                  struct tcpr_effects *fx)
{
    struct portion p = whole(seg);
    if (TCPR_MUTANT(push_is_dropped, false, seg->control & TCPR_PSH)) { return; }
    if (p.len == 0 && !p.fin) { return; }
    if (!in(c, TCPR_MUTANT(half_close_takes_no_text, MAY_RECEIVE_TEXT, BIT(TCPR_ESTABLISHED)))) {
        decide(fx, c, TCPR_ACT_IGNORED, TCPR_RULE_9293_OTHER_N11);
        return;
    }
    note_duplicate(c, config, (struct tcpr_range){p.seq, p.seq + p.len});
    trim_left(c, &p);
    trim_right(c, &p);
    if (p.len != 0) { ecn_take_text(c, seg); }
    if (p.len != 0 && TCPR_MUTANT(text_after_close_is_taken, has(c, TCPR_FLAG_RELEASED), false)) {
        abort_for_lost_text(c, config, seg, fx);
    } else if (p.seq != c->rcv.nxt) {
        out_of_order(c, &p, fx);
    } else if (TCPR_MUTANT(full_queue_refuses_all, false, c->held_count == TCPR_HELD_MAX)) {
        mark(c, TCPR_FLAG_ACK_NOW);
    } else if (p.len != 0 || p.fin) {
        in_order(c, config, &p, (seg->control & TCPR_PSH) != 0, fx);
    } else {
        mark(c, TCPR_FLAG_ACK_NOW); /* all of it was cut off: say where we stand */
    }
}

/* LISTEN and SYN-SENT: text and FIN that ride on a SYN wait, unacknowledged, until ESTABLISHED. @return there is any */
bool queue_syn_text(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    struct portion p = whole(seg);
    trim_right(c, &p);
    if (p.len == 0 && !p.fin) { return false; }
    if (p.len != 0 && hold(c, (struct tcpr_range){p.seq, p.seq + p.len})) { place(c, &p, fx); }
    if (p.fin) { hold_fin(c, p.seq + p.len); }
    return true;
}

void release_queued(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (c->held_count != 0 || has(c, TCPR_FLAG_FIN_HELD)) { advanced(c, config, c->rcv.nxt_at, fx); }
}
