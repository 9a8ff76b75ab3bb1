#include "oracle.h"

struct facts facts_of(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t fin_seq = c->snd.iss + 1 + (uint32_t)c->snd.end_at;
    bool queued = (c->flags & TCPR_FLAG_FIN_QUEUED) != 0;
    return (struct facts){
        .state = (enum tcpr_state)c->state,
        .passive = (c->flags & TCPR_FLAG_PASSIVE) != 0,
        .fin_sent = queued && c->snd.nxt == fin_seq + 1,
        .timestamps = (c->flags & TCPR_FLAG_TIMESTAMPS) != 0,
        .ecn_offered = (c->ecn & (TCPR_ECN_OFFERED | TCPR_ECN_WITHDRAWN)) == TCPR_ECN_OFFERED,
        .ecn_agreed = (c->ecn & TCPR_ECN_AGREED) != 0,
        .ecn_echoes = (c->ecn & TCPR_ECN_ECHO) != 0,
        .accurate = (c->accurate & TCPR_ACCURATE_ON) != 0,
        .wants_accurate = (config->features & TCPR_FEATURE_ACCURATE_ECN) != 0,
        .reflects = (c->accurate & TCPR_ACCURATE_REFLECT) != 0,
        .ace = c->cc.ace & 7u,
        .ts_recent_valid = (c->flags & TCPR_FLAG_TS_RECENT) != 0,
        .wants_timestamps = (config->features & TCPR_FEATURE_TIMESTAMPS) != 0,
        .rst_5961 = (config->features & TCPR_FEATURE_RFC5961_RST) != 0,
        .syn_5961 = (config->features & TCPR_FEATURE_RFC5961_SYN) != 0,
        .ack_5961 = (config->features & TCPR_FEATURE_RFC5961_ACK) != 0,
        .rfc1337 = (config->features & TCPR_FEATURE_RFC1337) != 0,
        .reopens = (config->features & TCPR_FEATURE_REOPEN_TIME_WAIT) != 0 && c->rcv.read_at == c->rcv.nxt_at,
        .fin_seq = fin_seq,
        .snd_una = c->snd.una,
        .snd_nxt = c->snd.nxt,
        .iss = c->snd.iss,
        .max_snd_wnd = c->snd.max_wnd,
        .rcv_nxt = c->rcv.nxt,
        .rcv_wnd = c->state > TCPR_SYN_SENT ? c->rcv.edge - c->rcv.nxt : c->rcv.buffer,
        .irs = c->rcv.irs,
        .ts_recent = c->ts.recent,
        .held_first = c->held[0].first,
        .held_end = c->held[0].end,
    };
}

static bool on(const struct tcpr_segment *seg, unsigned bits)
{
    return (seg->control & bits) != 0;
}

static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static bool in_window(const struct facts *f, uint32_t seq)
{
    return !before(seq, f->rcv_nxt) && before(seq, f->rcv_nxt + f->rcv_wnd);
}

static struct prediction stays(const struct facts *f, uint32_t answers)
{
    return (struct prediction){f->state, answers, f->snd_una, f->rcv_nxt};
}

static struct prediction moves(const struct facts *f, enum tcpr_state to, uint32_t answers)
{
    return (struct prediction){to, answers, f->snd_una, f->rcv_nxt};
}

static uint32_t reset_for(const struct tcpr_segment *seg)
{
    return on(seg, TCPR_ACK) ? ANSWER_RST_SEQ : ANSWER_RST_ACK;
}

/* Seventh and eighth, in a state that still takes text, for a segment that passed all before; `to` is where the fifth
 * left the connection. Section 3.10.7.4's trimming: what lies outside the window is not there. */
static struct prediction text_and_fin(const struct facts *f, const struct tcpr_segment *seg, uint32_t seq,
                                      enum tcpr_state to, uint32_t una)
{
    struct prediction p = {to, ANSWER_NONE, una, f->rcv_nxt};
    uint32_t edge = f->rcv_nxt + f->rcv_wnd, end = seq + seg->text_len;
    bool fin = on(seg, TCPR_FIN) && in_window(f, end);
    uint32_t last = before(edge, end) ? edge : end;
    if (before(f->rcv_nxt, seq)) { /* not at the left edge: held, and a duplicate ACK; an empty one may get none */
        bool empty = seg->text_len == 0 && !on(seg, TCPR_FIN);
        p.answers = empty ? ANSWER_NONE | ANSWER_ACK : ANSWER_ACK;
        return p;
    }
    if (before(f->rcv_nxt, last)) { p.rcv_nxt = last; }
    bool joins = f->held_first != f->held_end && !before(p.rcv_nxt, f->held_first) && before(p.rcv_nxt, f->held_end);
    bool reaches_fin = fin && p.rcv_nxt == end; /* in its place it is the end, whatever was held beyond it */
    if (joins) { p.rcv_nxt = f->held_end; }
    if (!reaches_fin) { return p; }
    p.rcv_nxt = end + 1;
    if (to == TCPR_ESTABLISHED) { p.state = TCPR_CLOSE_WAIT; }
    if (to == TCPR_FIN_WAIT_1) { p.state = TCPR_CLOSING; }
    if (to == TCPR_FIN_WAIT_2) { p.state = TCPR_TIME_WAIT; }
    return p;
}

static bool takes_text(enum tcpr_state state)
{
    return state == TCPR_ESTABLISHED || state == TCPR_FIN_WAIT_1 || state == TCPR_FIN_WAIT_2;
}

/* What the fifth check makes of the state once SEG.ACK is believed. */
static enum tcpr_state after_ack(const struct facts *f, uint32_t una)
{
    if (!f->fin_sent || before(una, f->fin_seq + 1)) { return f->state; }
    if (f->state == TCPR_FIN_WAIT_1) { return TCPR_FIN_WAIT_2; }
    if (f->state == TCPR_CLOSING) { return TCPR_TIME_WAIT; }
    if (f->state == TCPR_LAST_ACK) { return TCPR_CLOSED; }
    return f->state;
}

/* Fifth and on. `refused`: the window is closed to this text, only its ACK is heard. */
static struct prediction fifth(const struct facts *f, const struct tcpr_segment *seg, uint32_t seq, bool refused)
{
    uint32_t dropped = refused ? ANSWER_ACK : ANSWER_NONE;
    if (!on(seg, TCPR_ACK)) { return stays(f, dropped); }
    if (f->state == TCPR_SYN_RECEIVED) {
        if (!before(f->snd_una, seg->ack) || before(f->snd_nxt, seg->ack)) { return stays(f, ANSWER_RST_SEQ); }
        if (refused) { return (struct prediction){TCPR_ESTABLISHED, ANSWER_ACK, seg->ack, f->rcv_nxt}; }
        return text_and_fin(f, seg, seq, TCPR_ESTABLISHED, seg->ack);
    }
    if (before(f->snd_nxt, seg->ack)) { return stays(f, ANSWER_ACK); }
    if (f->ack_5961 && before(seg->ack, f->snd_una - f->max_snd_wnd)) { return stays(f, ANSWER_ACK); }
    uint32_t una = before(f->snd_una, seg->ack) ? seg->ack : f->snd_una;
    enum tcpr_state to = after_ack(f, una);
    if (to == TCPR_CLOSED) { return moves(f, to, ANSWER_NONE | dropped); }
    if (refused) { return (struct prediction){to, ANSWER_ACK, una, f->rcv_nxt}; }
    if (takes_text(f->state)) { return text_and_fin(f, seg, seq, to, una); }
    /* After the peer's FIN text and a further FIN are passed over; whether that is answered is left open. */
    bool carries = seg->text_len != 0 || on(seg, TCPR_FIN) || seq != f->rcv_nxt;
    return (struct prediction){to, carries ? ANSWER_NONE | ANSWER_ACK : ANSWER_NONE, una, f->rcv_nxt};
}

/* Second: RFC 5961's three cases, or RFC 793's one. */
static struct prediction second(const struct facts *f, const struct tcpr_segment *seg)
{
    bool exact = seg->seq == f->rcv_nxt;
    if (!exact && !in_window(f, seg->seq)) { return stays(f, ANSWER_NONE); }
    bool ignored = f->state == TCPR_TIME_WAIT && f->rfc1337;
    if (!exact && f->rst_5961) { return stays(f, ignored ? ANSWER_NONE | ANSWER_ACK : ANSWER_ACK); }
    if (ignored) { return stays(f, ANSWER_NONE); }
    bool listens = f->state == TCPR_SYN_RECEIVED && f->passive;
    return moves(f, listens ? TCPR_LISTEN : TCPR_CLOSED, ANSWER_NONE);
}

/* Fourth. A SYN left of the window is a duplicate and no new one: it was trimmed off. */
static struct prediction fourth(const struct facts *f, const struct tcpr_segment *seg)
{
    bool inside = in_window(f, seg->seq);
    if (f->state == TCPR_SYN_RECEIVED && f->passive) {
        return inside ? moves(f, TCPR_LISTEN, ANSWER_NONE) : stays(f, ANSWER_ACK);
    }
    if (f->syn_5961 || !inside) { return stays(f, ANSWER_ACK); }
    return moves(f, TCPR_CLOSED, reset_for(seg));
}

/* Table 6. */
static bool acceptable(const struct facts *f, const struct tcpr_segment *seg)
{
    uint32_t len = tcpr_segment_len(seg);
    if (len == 0) { return f->rcv_wnd == 0 ? seg->seq == f->rcv_nxt : in_window(f, seg->seq); }
    return f->rcv_wnd != 0 && (in_window(f, seg->seq) || in_window(f, seg->seq + len - 1));
}

/* RFC 6191 section 2. */
static bool newer_incarnation(const struct facts *f, const struct tcpr_segment *seg)
{
    bool has = (seg->options.present & TCPR_OPT_TIMESTAMPS) != 0 && f->wants_timestamps;
    bool beyond = !before(seg->seq, f->rcv_nxt); /* the old FIN is the last number before RCV.NXT */
    if (!has) { return beyond; }
    if (!f->timestamps) { return true; }
    return before(f->ts_recent, seg->options.ts_val) || (seg->options.ts_val == f->ts_recent && beyond);
}

/* Figure 7: the SYN,ACK of a peer that opened at the same time bears the SYN's old number, IRS. */
static bool is_figure_7(const struct facts *f, const struct tcpr_segment *seg)
{
    return f->state == TCPR_SYN_RECEIVED && !f->passive && on(seg, TCPR_SYN) && on(seg, TCPR_ACK) &&
           !on(seg, TCPR_RST) && seg->seq == f->irs && seg->ack == f->iss + 1;
}

/* RFC 7323 sections 3.2 and 5.3: R1, and a timestamp that is missing. */
static bool fails_paws(const struct facts *f, const struct tcpr_segment *seg, struct prediction *p)
{
    bool has = (seg->options.present & TCPR_OPT_TIMESTAMPS) != 0;
    /* RFC 5961's challenge must reach a rebooted peer that knows no timestamps: a SYN to be challenged is not looked
     * at. */
    if (!f->timestamps || on(seg, TCPR_RST) || (on(seg, TCPR_SYN) && !is_figure_7(f, seg))) { return false; }
    if (!has) {
        *p = stays(f, ANSWER_NONE);
        return true;
    }
    if (!f->ts_recent_valid || !before(seg->options.ts_val, f->ts_recent)) { return false; }
    *p = stays(f, ANSWER_ACK);
    return true;
}

/* Appendix A.2: a bare ACK from one who filled the window, or probes it, is refused by Table 6; its ACK is heard. */
static bool at_the_edge(const struct facts *f, const struct tcpr_segment *seg)
{
    uint32_t edge = f->rcv_nxt + f->rcv_wnd;
    return f->state != TCPR_SYN_RECEIVED && tcpr_segment_len(seg) == 0 && on(seg, TCPR_ACK) && !on(seg, TCPR_RST) &&
           (seg->seq == edge || seg->seq == edge + 1);
}

/* RFC 9768 section 3.1.5: a SYN again, of the other kind. */
static bool of_two_kinds(const struct facts *f, const struct tcpr_segment *seg)
{
    unsigned asked = seg->control >> 6 & 7;
    bool again = f->state == TCPR_SYN_RECEIVED && seg->seq == f->irs && on(seg, TCPR_SYN);
    if (!again || on(seg, TCPR_ACK | TCPR_RST) || !f->ecn_agreed) { return false; }
    return f->accurate ? asked == 3 : f->wants_accurate && asked != 3 && asked != 0;
}

static struct prediction predict_other(const struct facts *f, const struct tcpr_segment *seg)
{
    struct prediction p;
    bool reset = on(seg, TCPR_RST), syn = on(seg, TCPR_SYN);
    if (f->state == TCPR_TIME_WAIT && syn && !reset && !on(seg, TCPR_ACK) && f->reopens && f->passive) {
        if (newer_incarnation(f, seg)) { return moves(f, TCPR_SYN_RECEIVED, ANSWER_NONE); }
        return stays(f, ANSWER_NONE | ANSWER_ACK); /* RFC 6191 drops, RFC 5961 challenges */
    }
    if (of_two_kinds(f, seg)) { return moves(f, f->passive ? TCPR_LISTEN : TCPR_CLOSED, ANSWER_RST_ACK); }
    if (fails_paws(f, seg, &p)) { return p; }
    if (is_figure_7(f, seg)) { return fifth(f, seg, seg->seq + 1, f->rcv_wnd == 0 && tcpr_segment_len(seg) > 1); }
    if (reset) { return second(f, seg); }
    if (syn && f->syn_5961 && !(f->state == TCPR_SYN_RECEIVED && f->passive)) { return stays(f, ANSWER_ACK); }
    if (!acceptable(f, seg)) {
        bool closed_window = f->rcv_wnd == 0 && seg->seq == f->rcv_nxt && !syn;
        return closed_window || at_the_edge(f, seg) ? fifth(f, seg, seg->seq, true) : stays(f, ANSWER_ACK);
    }
    return syn ? fourth(f, seg) : fifth(f, seg, seg->seq, false);
}

static struct prediction predict_syn_sent(const struct facts *f, const struct tcpr_segment *seg)
{
    bool acks = on(seg, TCPR_ACK), reset = on(seg, TCPR_RST);
    if (acks && (!before(f->iss, seg->ack) || before(f->snd_nxt, seg->ack))) {
        return stays(f, reset ? ANSWER_NONE : ANSWER_RST_SEQ);
    }
    bool goes_again = f->ecn_offered; /* RFC 3168 section 6.1.1.1 */
    if (reset) { return acks && !goes_again ? moves(f, TCPR_CLOSED, ANSWER_NONE) : stays(f, ANSWER_NONE); }
    if (!on(seg, TCPR_SYN)) { return stays(f, ANSWER_NONE); }
    if (!acks) { return moves(f, TCPR_SYN_RECEIVED, ANSWER_NONE); }
    struct facts now = *f;
    now.rcv_nxt = seg->seq + 1;
    return text_and_fin(&now, seg, seg->seq + 1, TCPR_ESTABLISHED, seg->ack);
}

static struct prediction predict_listen(const struct facts *f, const struct tcpr_segment *seg)
{
    if (on(seg, TCPR_RST)) { return stays(f, ANSWER_NONE); }
    if (on(seg, TCPR_ACK)) { return stays(f, ANSWER_RST_SEQ); }
    return on(seg, TCPR_SYN) ? moves(f, TCPR_SYN_RECEIVED, ANSWER_NONE) : stays(f, ANSWER_NONE);
}

struct prediction predict(const struct facts *f, const struct tcpr_segment *seg)
{
    switch (f->state) {
    case TCPR_CLOSED: return stays(f, on(seg, TCPR_RST) ? ANSWER_NONE : reset_for(seg));
    case TCPR_LISTEN: return predict_listen(f, seg);
    case TCPR_SYN_SENT: return predict_syn_sent(f, seg);
    case TCPR_SYN_RECEIVED:
    case TCPR_ESTABLISHED:
    case TCPR_FIN_WAIT_1:
    case TCPR_FIN_WAIT_2:
    case TCPR_CLOSE_WAIT:
    case TCPR_CLOSING:
    case TCPR_LAST_ACK:
    case TCPR_TIME_WAIT: break;
    }
    return predict_other(f, seg);
}

bool legal_successor(enum tcpr_state from, enum tcpr_state to)
{
    /* Rows: from; columns: CLOSED LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING
     * LAST-ACK TIME-WAIT. Staying is legal everywhere. */
    static const char table[TCPR_STATES][TCPR_STATES + 1] = {
        "y..........", /* CLOSED: no segment brings it to life */
        ".y.y.......", /* LISTEN: SYN */
        "y.yyy..y...", /* SYN-SENT: RST; SYN; SYN,ACK; SYN,FIN,ACK */
        "yy.yyyyyyyy", /* SYN-RECEIVED: RST, SYN; ACK; ACK with FIN; CLOSE was called; back to TIME-WAIT */
        "y...y..y...", /* ESTABLISHED: RST; FIN */
        "y....yy.y.y", /* FIN-WAIT-1: ACK of FIN; FIN; both */
        "y.....y...y", /* FIN-WAIT-2: FIN */
        "y......y...", /* CLOSE-WAIT: RST */
        "y.......y.y", /* CLOSING: ACK of FIN */
        "y........y.", /* LAST-ACK: ACK of FIN */
        "y..y......y"  /* TIME-WAIT: RST; SYN (MAY-2) */
    };
    return table[from][to] == 'y';
}

/* Which answer was given; with *fault where its numbers are wrong. */
static uint32_t answer_given(const struct tcpr_segment *s, const struct tcpr_conn *c, const struct tcpr_effects *fx,
                             const char **fault)
{
    const struct tcpr_segment *r = &fx->reply;
    if (!fx->has_reply) { return ANSWER_NONE; }
    if (on(s, TCPR_RST) && on(r, TCPR_RST)) { *fault = "an RST is answered by an RST"; }
    if (r->text_len != 0 || on(r, TCPR_SYN | TCPR_FIN)) { *fault = "a reply takes sequence space"; }
    if (on(r, TCPR_RST) && !on(r, TCPR_ACK)) {
        if (r->seq != s->ack || !on(s, TCPR_ACK)) { *fault = "RST does not take SEG.ACK"; }
        return ANSWER_RST_SEQ;
    }
    if (on(r, TCPR_RST)) {
        if (r->seq != 0 || r->ack != s->seq + tcpr_segment_len(s)) { *fault = "RST,ACK has wrong numbers"; }
        if (on(s, TCPR_ACK)) { *fault = "RST,ACK for a segment with an ACK"; }
        return ANSWER_RST_ACK;
    }
    if (!on(r, TCPR_ACK)) { *fault = "a reply without ACK"; }
    if (r->seq != c->snd.nxt || r->ack != c->rcv.nxt) { *fault = "the ACK is not SND.NXT, RCV.NXT"; }
    return ANSWER_ACK;
}

/* RFC 3168 section 6.1.3, of a connection that echoes no earlier mark: ECE answers a mark on text in the window, or on
 * a probe of a window that is shut. */
static bool echoes_nothing(const struct facts *f, const struct tcpr_segment *s, const struct tcpr_effects *fx)
{
    bool ece = fx->has_reply && on(&fx->reply, TCPR_ECE);
    uint32_t first = s->seq + on(s, TCPR_SYN);
    bool probe = f->rcv_wnd == 0 && s->seq == f->rcv_nxt;
    bool reaches_in = before(f->rcv_nxt, first + s->text_len) && before(first, f->rcv_nxt + f->rcv_wnd);
    return ece && !f->ecn_echoes && !(f->ecn_agreed && s->ecn == 3 && s->text_len != 0 && (probe || reaches_in));
}

/* RFC 9768 sections 3.2.1 and 3.2.2: ACE counts each marked segment that is acceptable, the one answered included. The
 * answer to a SYN,ACK says something else. */
static bool counts_wrong(const struct facts *f, const struct tcpr_segment *s, const struct tcpr_effects *fx)
{
    const struct tcpr_segment *r = &fx->reply;
    struct prediction ignored;
    bool counter = fx->has_reply && on(r, TCPR_ACK) && !on(r, TCPR_RST) && !on(s, TCPR_SYN);
    bool probe = f->rcv_wnd == 0 && s->seq == f->rcv_nxt;
    if (!counter || f->reflects || (f->state == TCPR_SYN_RECEIVED && probe)) { return false; }
    bool counted = s->ecn == 3 && on(s, TCPR_ACK) && !on(s, TCPR_RST) && (acceptable(f, s) || probe) &&
                   !fails_paws(f, s, &ignored);
    return (r->control >> 6 & 7) != ((f->ace + counted) & 7);
}

/* An ACK that is due may be withheld where there were many of late (RFC5961-7-2). */
static bool throttled(const struct tcpr_effects *fx)
{
    for (uint32_t i = 0; i < fx->decisions; i++) {
        if (fx->decision[i].act == TCPR_ACT_THROTTLED) { return true; }
    }
    return false;
}

const char *prediction_fault(const struct facts *f, const struct tcpr_segment *seg, const struct tcpr_conn *c,
                             const struct tcpr_effects *fx)
{
    const char *fault = NULL;
    struct prediction p = predict(f, seg);
    uint32_t given = answer_given(seg, c, fx, &fault);
    if (fault) { return fault; }
    if (!legal_successor(f->state, (enum tcpr_state)c->state)) { return "not in Figure 5"; }
    bool accurate = f->accurate || (c->accurate & TCPR_ACCURATE_ON); /* now or just before */
    if (f->accurate && counts_wrong(f, seg, fx)) { return "another count of marks"; }
    if (!accurate && echoes_nothing(f, seg, fx)) { return "ECE without a mark"; }
    if (c->state != p.state) { return "the next state is another"; }
    bool withheld = throttled(fx) && (p.answers & ANSWER_ACK) != 0 && given == ANSWER_NONE;
    if ((given & p.answers) == 0 && !withheld) { return "the answer is another"; }
    if (p.state < TCPR_ESTABLISHED) { return NULL; }
    if (c->snd.una != p.snd_una) { return "SND.UNA is another"; }
    return c->rcv.nxt == p.rcv_nxt ? NULL : "RCV.NXT is another";
}
