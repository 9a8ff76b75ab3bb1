/* The next segment a connection owes the network, derived from state alone, in one order of priority. */
#include "clear.h"
#include "internal.h"

static void begin_segment(struct tcpr_conn *c, struct tcpr_segment *out, uint32_t seq, uint16_t control)
{
    clear_segment(out);
    out->source_port = c->local_port;
    out->destination_port = c->remote_port;
    out->seq = seq;
    out->control = control;
}

/* Every segment of ours but the first SYN acknowledges, with all that RCV.NXT says and the window as it is now. */
static void acknowledge_on(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    out->control |= TCPR_ACK | ecn_echo(c);
    out->ack = c->rcv.nxt;
    c->rcv.edge = offered_edge(c, config);
    out->window = window_field(c, c->rcv.edge);
    fill_options(c, out->text_len != 0, &out->options);
    ack_was_sent(c);
}

static void was_sent(struct tcpr_conn *c)
{
    c->sent_at = c->latest;
}

bool send_syn(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    if (!has(c, TCPR_FLAG_SYN_NOW)) { return false; }
    begin_segment(c, out, c->snd.iss, TCPR_SYN | ecn_offer(c, config));
    /* Never scaled (RFC7323-2.2-8). A SYN,ACK sent again may follow text that came after CLOSE: SHLD-14. */
    out->window = (uint16_t)min_u32(c->state == TCPR_SYN_SENT ? c->rcv.buffer : receive_window(c), UINT16_MAX);
    fill_syn_options(c, config, &out->options);
    if (c->state != TCPR_SYN_SENT) {
        out->control |= TCPR_ACK;
        out->ack = c->rcv.nxt;
        ack_was_sent(c);
    }
    unmark(c, TCPR_FLAG_SYN_NOW);
    rtt_time(c, c->snd.iss + 1u); /* whatever becomes of text beside it */
    was_sent(c);
    return true;
}

/* Octets of text one segment may carry with the options it will have. */
static uint32_t text_room(const struct tcpr_conn *c)
{
    struct tcpr_options options = {0};
    bool few = c->held_count == 0 && c->rcv.duplicate.first == c->rcv.duplicate.end && !has(c, TCPR_FLAG_TIMEOUT_NOW);
    if (few) { return smss(c); }
    fill_options(c, true, &options);
    return c->snd.mss - tcpr_options_len(&options);
}

/* How far the peer's window reaches beyond `seq`. */
static uint32_t window_beyond(const struct tcpr_conn *c, uint32_t seq)
{
    uint32_t used = tcpr_seq_distance(c->snd.una, seq);
    return TCPR_MUTANT(shrunk_window_wraps, used < c->snd.wnd, true) ? c->snd.wnd - used : 0;
}

/* MUST-61: PSH on what empties the queue. MUST-62: the pointer names the octet after the urgent ones. */
static void mark_push_and_urgent(const struct tcpr_conn *c, struct tcpr_segment *out)
{
    if (out->text_len != 0 && out->text_at + out->text_len == c->snd.end_at) { out->control |= TCPR_PSH; }
    if (has(c, TCPR_FLAG_URGENT_SENT) && tcpr_seq_lt(out->seq, c->snd.up)) {
        out->control |= TCPR_URG;
        uint32_t ahead = tcpr_seq_distance(out->seq, c->snd.up) - TCPR_MUTANT(urgent_pointer_names_the_last, 0u, 1u);
        out->urgent = (uint16_t)min_u32(ahead, UINT16_MAX);
    }
}

/* `len` octets of text from `seq`, and the FIN behind them where told so. SND.NXT moves if they were never sent. */
static void emit_text(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out, uint32_t seq,
                      uint32_t len, bool fin)
{
    uint32_t end = seq + len + (fin ? 1u : 0u), nxt = c->snd.nxt;
    begin_segment(c, out, seq, fin ? TCPR_FIN : 0);
    out->text_at = len != 0 ? text_at(c, seq) : 0;
    out->text_len = len;
    mark_push_and_urgent(c, out);
    acknowledge_on(c, config, out);
    if (tcpr_seq_lt(c->snd.nxt, end)) { c->snd.nxt = end; }
    record_sent(c, seq, end, nxt);
    prr_sent(c, len);
    was_sent(c);
}

static bool text_may_be_sent(const struct tcpr_conn *c)
{
    return (in(c, MAY_SEND_TEXT) && !syn_unacked(c)) || TCPR_MUTANT(early_answer_waits, fast_opened(c), false);
}

/*
 * How much of what begins at `seq` goes into one retransmitted segment: up to `end`, the next text the peer holds, and
 * what its window takes (SHLD-16). New text joins it only at the very end.
 */
static uint32_t retransmission_len(const struct tcpr_conn *c, uint32_t seq, uint32_t end)
{
    uint32_t hole = hole_end(c, seq);
    bool open_end = end == c->snd.nxt && hole == c->snd.nxt;
    uint32_t text_end = tcpr_seq_min(open_end ? fin_seq(c) : tcpr_seq_min(end, hole), fin_seq(c));
    uint32_t text_left = tcpr_seq_lt(seq, text_end) ? tcpr_seq_distance(seq, text_end) : 0;
    return min_u32(min_u32(text_left, text_room(c)), window_beyond(c, seq));
}

/* One segment from `seq` again, of what lies before `end`. @return where it ended; `seq` when there is none to send */
static uint32_t send_again(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t seq, uint32_t end,
                           struct tcpr_segment *out)
{
    uint32_t len = retransmission_len(c, seq, end);
    bool fin =
        has(c, TCPR_FLAG_FIN_QUEUED) && seq + len == fin_seq(c) && window_beyond(c, seq) > len && end == c->snd.nxt;
    if (len == 0 && !fin) { return seq; }
    if (has(c, TCPR_FLAG_RTT_TIMED) && tcpr_seq_lt(seq, c->rtt.timed_seq)) { mark(c, TCPR_FLAG_RTT_AMBIGUOUS); }
    emit_text(c, config, out, seq, len, fin);
    if (has(c, TCPR_FLAG_RECOVERY)) { c->cc.repaired = grown(c->cc.repaired, len); }
    return seq + len + (fin ? 1u : 0u);
}

/* What is owed goes before anything new; what SACK reported meanwhile is owed no more (RFC6675-5.1-7). */
static bool retransmission_owed(const struct tcpr_conn *c)
{
    if (has_loss(c, TCPR_LOSS_FRTO_SECOND)) { return false; } /* new text first, to see whether the old was lost */
    if (rack(c)) { return rack_lost(c) != 0; }
    return c->snd.rxt_nxt != c->snd.rxt_end && tcpr_seq_lt(skip_sacked(c, c->snd.rxt_nxt), c->snd.rxt_end);
}

/* Without SACK all that was not sent again since a timeout is taken for lost. */
static uint32_t on_its_way(const struct tcpr_conn *c)
{
    return scoreboard(c) ? in_pipe(c) : tcpr_seq_distance(c->snd.una, c->snd.rxt_nxt);
}

/* Slow start after a timeout lets out no more than CWND, and recovery CWND less what is on its way; the segment at
 * SND.UNA goes in any case. */
static bool retransmission_allowed(const struct tcpr_conn *c, uint32_t seq, uint32_t end)
{
    uint32_t len = min_u32(smss(c), tcpr_seq_distance(seq, end));
    return seq == c->snd.una || on_its_way(c) + len <= c->cc.cwnd;
}

/* What RACK found to be lost, the first of it first; it waits for the window like the rest (RFC8985-9.3-1). */
static bool retransmit_lost(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    uint32_t seq, end;
    if (!rack_next_lost(c, &seq, &end) || !retransmission_allowed(c, seq, end)) { return false; }
    uint32_t sent = send_again(c, config, seq, end, out);
    if (sent == seq) { return false; }
    c->snd.rxt_nxt = tcpr_seq_max(c->snd.rxt_nxt, tcpr_seq_min(sent, c->snd.nxt));
    c->snd.rxt_end = tcpr_seq_max(c->snd.rxt_end, c->snd.rxt_nxt);
    return true;
}

/* RFC6675-4-5, or what a timeout left to do. */
static bool retransmit(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    if (TCPR_MUTANT(fin_is_not_sent_again, false, c->state == TCPR_CLOSING)) { return false; }
    if (!retransmission_owed(c) || !in(c, MAY_SEND_TEXT) || syn_unacked(c)) { return false; }
    if (rack(c)) { return retransmit_lost(c, config, out); }
    uint32_t seq = skip_sacked(c, c->snd.rxt_nxt);
    if (!retransmission_allowed(c, seq, c->snd.rxt_end)) { return false; }
    bool to_the_end = c->snd.rxt_end == c->snd.nxt;
    uint32_t end = send_again(c, config, seq, c->snd.rxt_end, out);
    if (end == seq) { return false; }
    c->snd.rxt_nxt = end;
    c->snd.rxt_end = to_the_end ? c->snd.nxt : tcpr_seq_max(c->snd.rxt_end, end);
    return true;
}

static bool may_guess(const struct tcpr_conn *c)
{
    return scoreboard(c) && !rack(c) && has(c, TCPR_FLAG_RECOVERY) && sacked_count(c) != 0 && !retransmission_owed(c) &&
           in_pipe(c) + smss(c) <= c->cc.cwnd;
}

/* RFC6675-4-7: nothing is known to be lost and nothing new may go, so the next that might be. */
static bool retransmit_suspect(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    uint32_t seq = skip_sacked(c, c->snd.rxt_nxt), limit = sacked(c)[sacked_count(c) - 1u].first;
    if (!tcpr_seq_lt(seq, limit)) { return false; }
    uint32_t end = send_again(c, config, seq, limit, out);
    if (end == seq) { return false; }
    c->snd.rxt_nxt = end;
    c->snd.rxt_end = tcpr_seq_max(c->snd.rxt_end, end);
    return true;
}

/* RFC6675-4-8, RFC6675-4-9: once a recovery, the last that is missing, so that a lost tail draws reports too. */
static bool rescue(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    uint32_t tail = sacked(c)[sacked_count(c) - 1u].end;
    if (has_loss(c, TCPR_LOSS_RESCUED) || tail == c->snd.nxt) { return false; }
    uint32_t seq = tcpr_seq_max(tail, c->snd.nxt - smss(c));
    if (send_again(c, config, seq, c->snd.nxt, out) == seq) { return false; }
    c->loss |= TCPR_LOSS_RESCUED;
    return true;
}

static bool guess(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    return may_guess(c) && (retransmit_suspect(c, config, out) || rescue(c, config, out));
}

/*
 * MUST-36: one octet at SND.NXT, or at SND.UNA when all is sent, or the FIN when only that is left. It goes beyond the
 * window on purpose.
 */
static bool probe_window(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    if (!has(c, TCPR_FLAG_PROBE_NOW)) { return false; }
    bool outstanding = c->snd.una != c->snd.nxt;
    uint32_t seq = outstanding ? c->snd.una : c->snd.nxt;
    uint32_t len = seq == fin_seq(c) ? 0 : TCPR_MUTANT(probe_carries_no_octet, 1, 0);
    unmark(c, TCPR_FLAG_PROBE_NOW);
    if (has(c, TCPR_FLAG_RTT_TIMED)) { mark(c, TCPR_FLAG_RTT_AMBIGUOUS); }
    emit_text(c, config, out, seq, len, seq == fin_seq(c));
    return true;
}

/* The usable window U of RFC 9293 section 3.8.6.2.1, the congestion window included. */
static uint32_t usable_window(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    return min_u32(window_beyond(c, c->snd.nxt), congestion_room(c, config));
}

/* MUST-38 with SHLD-7: how much text may leave now; 0 when it is better to wait. Nagle's rule goes before PSH, so
 * before CLOSE too, which implies no more than that (RFC 9293 sections 3.7.4 and 3.9.1.4). */
uint32_t sendable(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t queued = unsent(c);
    if (queued == 0) { return 0; }
    uint32_t room = text_room(c);
    uint32_t len = min_u32(min_u32(queued, usable_window(c, config)), room);
    bool nodelay = TCPR_MUTANT(nodelay_is_ignored, has(c, TCPR_FLAG_NODELAY), false);
    bool nagle = TCPR_MUTANT(no_nagle, feature(config, TCPR_FEATURE_NAGLE), false) && !nodelay;
    uint32_t first_out = c->snd.una + (syn_unacked(c) ? 1u : 0u); /* Nagle waits for text, not for a SYN */
    bool idle = first_out == c->snd.nxt || !nagle;
    if (len == 0) { return 0; }
    if (len == room) { return len; }                        /* (1) a full segment */
    if (idle && len == queued) { return len; }              /* (2) all there is */
    if (idle && len >= c->snd.max_wnd / 2u) { return len; } /* (3) half of the largest window */
    return has(c, TCPR_FLAG_OVERRIDE_NOW) ? len : 0;        /* (4) the override timer */
}

/* The FIN follows the last octet at once, where the window has room for its number. */
static bool fin_follows(const struct tcpr_conn *c, uint32_t end)
{
    return has(c, TCPR_FLAG_FIN_QUEUED) && !fin_sent(c) && in(c, MAY_SEND_TEXT) &&
           TCPR_MUTANT(fin_overtakes_text, end == fin_seq(c), true) && window_beyond(c, end) != 0;
}

/* `len` octets are about to leave. @return how many still may, where the window was too old for them. None: it grows
 * old only when some may. */
static uint32_t left_after_idle(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t len)
{
    struct tcpr_congestion_vars before = c->cc;
    if (len == 0 || !congestion_after_idle(c, config)) { return len; }
    len = sendable(c, config);
    if (len == 0) { c->cc = before; }
    return len;
}

static bool send_new(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    uint32_t seq = c->snd.nxt;
    if (!(in(c, MAY_SEND_TEXT) || fast_opened(c)) || ecn_held_back(c)) { return false; }
    uint32_t len = text_may_be_sent(c) ? sendable(c, config) : 0;
    len = left_after_idle(c, config, len);
    bool fin = fin_follows(c, seq + len);
    if (len == 0 && !fin) { return false; }
    unmark(c, TCPR_FLAG_OVERRIDE_NOW);
    if (c->snd.una == c->snd.nxt) { c->progress_at = c->latest; }
    emit_text(c, config, out, seq, len, fin);
    ecn_new_text(c, out);
    bool recovers = scoreboard(c) && has(c, TCPR_FLAG_RECOVERY); /* HighRxt is not where new text ends */
    bool probes_timeout = has_loss(c, TCPR_LOSS_FRTO_SECOND);
    if (!recovers && !probes_timeout) { c->snd.rxt_nxt = c->snd.rxt_end = c->snd.nxt; }
    rtt_time(c, c->snd.nxt);
    congestion_sent(c, config);
    probe_arm(c, config);
    return true;
}

/* RFC8985-7.3-3, RFC8985-7.3-4: new text whatever CWND says, else the last segment again. */
static bool probe_tail(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    if (!probe_owed(c) || !in(c, MAY_SEND_TEXT)) { return false; }
    uint32_t seq = c->snd.nxt, len = min_u32(min_u32(unsent(c), text_room(c)), window_beyond(c, seq));
    if (TCPR_MUTANT(probe_is_never_new_text, len != 0, false) && !ecn_held_back(c)) {
        emit_text(c, config, out, seq, len, fin_follows(c, seq + len));
        ecn_new_text(c, out);
        rtt_time(c, c->snd.nxt);
        probe_was_sent(c, false);
        return true;
    }
    seq = probe_last(c);
    if (send_again(c, config, seq, c->snd.nxt, out) == seq) { return false; }
    probe_was_sent(c, true);
    return true;
}

/* SHLD-12: an old sequence number and no text, so that any peer must answer. */
static bool send_keepalive(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    if (!has(c, TCPR_FLAG_KEEPALIVE_NOW)) { return false; }
    unmark(c, TCPR_FLAG_KEEPALIVE_NOW);
    begin_segment(c, out, c->snd.nxt - 1u, 0);
    acknowledge_on(c, config, out);
    return true;
}

static bool send_ack(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    if (!has(c, TCPR_FLAG_ACK_NOW)) { return false; }
    begin_segment(c, out, c->snd.nxt, 0);
    mark_push_and_urgent(c, out);
    acknowledge_on(c, config, out);
    return true;
}

/* RFC9768-3.2.2.1-2: how the SYN,ACK arrived is said before any text goes. */
static bool send_reflection(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    return accurate(c) && (c->accurate & TCPR_ACCURATE_REFLECT) && send_ack(c, config, out);
}

/* What is asked first, and mostly the answer is no: does anything below have a reason to send? */
static bool may_owe(const struct tcpr_conn *c)
{
    uint32_t reasons =
        TCPR_FLAG_SYN_NOW | TCPR_FLAG_PROBE_NOW | TCPR_FLAG_KEEPALIVE_NOW | TCPR_FLAG_ACK_NOW | TCPR_FLAG_RECOVERY;
    return has(c, reasons) || c->snd.rxt_nxt != c->snd.rxt_end || c->snd.nxt != send_end(c) ||
           (rack(c) && (rack_lost(c) != 0 || probe_owed(c)));
}

/* Of what may be owed only new text, FIN and ACK have a reason: a prediction like that of fast.c, and proved with it.
 */
static bool owes_nothing_unusual(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t reasons = TCPR_FLAG_SYN_NOW | TCPR_FLAG_PROBE_NOW | TCPR_FLAG_KEEPALIVE_NOW | TCPR_FLAG_RECOVERY;
    return !TCPR_IS_MUTANT && feature(config, TCPR_FEATURE_PREDICTION) && !has(c, reasons) && c->loss == 0 &&
           !(accurate(c) && (c->accurate & TCPR_ACCURATE_REFLECT)) && c->snd.rxt_nxt == c->snd.rxt_end;
}

/* All there is to send, in the order of priority. */
static APART bool send_by_priority(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out)
{
    return send_syn(c, config, out) || send_reflection(c, config, out) || retransmit(c, config, out) ||
           probe_window(c, config, out) || probe_tail(c, config, out) ||
           (!retransmission_owed(c) && send_new(c, config, out)) || guess(c, config, out) ||
           send_keepalive(c, config, out) || send_ack(c, config, out);
}

/* Something may be owed. */
static APART bool make_segment(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                               struct tcpr_segment *out)
{
    tcpr_time before = c->latest;
    c->latest = now;
    bool usual = owes_nothing_unusual(c, config);
    bool timers_stand = usual && c->snd.una != c->snd.nxt && c->snd.wnd != 0; /* more of what is out already */
    bool made = usual ? send_new(c, config, out) || send_ack(c, config, out) : send_by_priority(c, config, out);
    if (!made) {
        c->latest = before;
        return false;
    }
    if (feature(config, TCPR_FEATURE_ECT_EVERYWHERE)) { ecn_everywhere(c, out); }
    if (timers_stand) {
        end_call_timers_stand(c, config);
    } else {
        end_call(c, config);
    }
    return true;
}

bool tcpr_next_segment(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, struct tcpr_segment *out)
{
    TCPR_ASSERT(now >= c->latest);
    return !in(c, NO_CONNECTION) && may_owe(c) && make_segment(c, config, now, out);
}
