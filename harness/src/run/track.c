#include "track.h"

#include <string.h>

bool track_negotiated(const struct track *t, enum tcpr_option_bit option)
{
    return (t->tester_offers & t->target_offers & option) != 0;
}

uint32_t track_window(const struct track *t, const struct tcpr_segment *seg)
{
    bool scaled = (seg->control & TCPR_SYN) == 0 && track_negotiated(t, TCPR_OPT_WINDOW_SCALE);
    return (uint32_t)seg->window << (scaled ? t->target_shift : 0);
}

static uint8_t shift_of(const struct tcpr_segment *seg)
{
    if ((seg->options.present & TCPR_OPT_WINDOW_SCALE) == 0) { return 0; }
    return seg->options.window_scale > 14 ? 14 : seg->options.window_scale; /* RFC7323-2.3-8b */
}

static uint16_t mss_of(const struct tcpr_segment *seg)
{
    return seg->options.present & TCPR_OPT_MSS ? seg->options.mss : 0;
}

uint32_t track_send_mss(const struct track *t)
{
    if (t->tester_offers & TCPR_OPT_MSS) { return t->tester_mss; }
    return t->version == 4 ? 536 : 1220;
}

/* What the target still holds of an earlier connection ends; what either side ever offered is kept. */
static void forget(struct track *t)
{
    *t = (struct track){.version = t->version,
                        .ever_tester_offers = t->ever_tester_offers,
                        .ever_target_offers = t->ever_target_offers,
                        .target_asks = t->target_asks};
}

/* The tester's SYN begins a connection where none is known. */
static void begin(struct track *t, const struct tcpr_segment *seg)
{
    bool active = t->target_syn_seen && !t->ended && !t->irs_known;
    if (!active) { forget(t); }
    t->irs_known = true;
    t->irs = seg->seq;
    t->rcv_nxt = t->sent_end = seg->seq + 1;
    t->tester_offers = seg->options.present;
    t->ever_tester_offers |= seg->options.present;
    t->tester_shift = shift_of(seg);
    t->tester_mss = mss_of(seg);
    if (active) {
        t->rcv_right = t->read_right = t->rcv_nxt + t->syn_window;
        t->right_known = true;
    }
}

static void release_held(struct track *t)
{
    for (unsigned i = 0; i < t->held_count;) {
        struct tcpr_range *held = &t->held[i];
        if (tcpr_seq_lt(t->rcv_nxt, held->first)) {
            i++;
            continue;
        }
        t->rcv_nxt = tcpr_seq_max(t->rcv_nxt, held->end);
        *held = t->held[--t->held_count];
        i = 0;
    }
}

/* Text and FIN inside the window: in order they move rcv.nxt, else they wait for the gap to close. */
static void take_text(struct track *t, const struct tcpr_segment *seg)
{
    uint32_t first = seg->seq, end = seg->seq + seg->text_len + ((seg->control & TCPR_FIN) != 0);
    if (t->right_known) { end = tcpr_seq_min(end, tcpr_seq_max(t->rcv_right, t->rcv_nxt)); }
    if (!tcpr_seq_lt(t->rcv_nxt, end)) { return; }
    if (tcpr_seq_lt(t->rcv_nxt, first)) {
        if (t->held_count < TRACK_HELD_MAX) { t->held[t->held_count++] = (struct tcpr_range){first, end}; }
        return;
    }
    t->rcv_nxt = end;
    release_held(t);
}

/* PAWS and the ACK's range, as the target will judge them; so nothing is expected of it that it may refuse. */
static bool acceptable(const struct track *t, const struct tcpr_segment *seg)
{
    if ((seg->control & TCPR_ACK) == 0) { return false; }
    if (t->iss_known && tcpr_seq_lt(tcpr_seq_max(t->snd_nxt, t->seen_end), seg->ack)) { return false; }
    if (t->iss_known && tcpr_seq_lt(seg->ack, t->snd_una - 65535u)) { return false; }
    if (!track_negotiated(t, TCPR_OPT_TIMESTAMPS)) { return true; }
    if ((seg->options.present & TCPR_OPT_TIMESTAMPS) == 0) { return false; }
    return tcpr_seq_le(t->ts_recent, seg->options.ts_val);
}

/* Nothing of it is at RCV.NXT or beyond: the target rejects it before it would keep its TSval (RFC7323-5.3-n2). */
static bool is_old(const struct track *t, const struct tcpr_segment *seg)
{
    uint32_t len = tcpr_segment_len(seg);
    return !(seg->control & TCPR_SYN) && tcpr_seq_lt(seg->seq + (len > 0 ? len - 1u : 0), t->rcv_nxt);
}

static void take_ack(struct track *t, const struct tcpr_segment *seg)
{
    if (!t->iss_known) { return; }
    if (tcpr_seq_lt(tcpr_seq_max(t->snd_nxt, t->seen_end), seg->ack)) { return; } /* of what was never sent */
    bool syn = (seg->control & TCPR_SYN) != 0;
    uint8_t shift = !syn && track_negotiated(t, TCPR_OPT_WINDOW_SCALE) ? t->tester_shift : 0;
    if (tcpr_seq_lt(t->snd_una, seg->ack)) { t->snd_una = seg->ack; }
    if (t->snd_una == seg->ack) { t->snd_wnd = (uint32_t)seg->window << shift; }
}

static void note_syn(struct track *t, uint32_t seq)
{
    memmove(t->syn + 1, t->syn, sizeof t->syn - sizeof t->syn[0]);
    t->syn[0] = seq;
    if (t->syn_count < TRACK_SYNS_MAX) { t->syn_count++; }
}

/* RFC9768-3.1.3-1: all but none of the three bits, and those of RFC 3168. */
static void note_accurate(struct track *t, const struct tcpr_segment *seg)
{
    unsigned said = seg->control >> 6 & 7;
    bool answers = (seg->control & TCPR_ACK) != 0;
    if (!answers && said != 0 && said != 3) { t->accurate_asked = true; }
    if (answers && said > 1 && said < 7) { t->accurate_agreed = t->accurate_asked; }
}

static void note_sent_end(struct track *t, const struct tcpr_segment *seg)
{
    if (t->irs_known) { t->sent_end = tcpr_seq_max(t->sent_end, seg->seq + tcpr_segment_len(seg)); }
}

void track_sent(struct track *t, const struct tcpr_segment *seg)
{
    bool old = false;
    if (seg->control & TCPR_RST) {
        if (t->irs_known && seg->seq == t->rcv_nxt) { t->ended = true; }
        return;
    }
    if (seg->control & TCPR_SYN) {
        bool repeated = t->irs_known && !t->ended && seg->seq == t->irs;
        if (!repeated && (!t->irs_known || t->ended)) { begin(t, seg); }
        t->ever_tester_offers |= seg->options.present; /* it may reopen a connection in TIME-WAIT */
        note_syn(t, seg->seq);
        note_accurate(t, seg);
        if (seg->seq != t->irs) { return; }
        note_sent_end(t, seg);
    } else {
        if (!t->irs_known || !acceptable(t, seg)) { return; }
        note_sent_end(t, seg);
        old = is_old(t, seg);
        take_text(t, seg);
    }
    if (!old && (seg->options.present & TCPR_OPT_TIMESTAMPS)) { t->ts_recent = seg->options.ts_val; }
    if (seg->control & TCPR_ACK) { take_ack(t, seg); }
}

/* A SYN,ACK that answers another SYN than the one known, but one that was sent: the target took that for its
 * connection. */
static void adopt(struct track *t, uint32_t ack)
{
    bool sent = false;
    for (unsigned i = 0; i < t->syn_count; i++) {
        sent = sent || t->syn[i] + 1 == ack;
    }
    if (!sent || ack == t->irs + 1) { return; }
    t->irs = ack - 1;
    t->rcv_nxt = t->sent_end = ack;
    t->acked_known = t->right_known = t->iss_known = t->read_acked_known = false;
    t->held_count = 0;
}

static void observe_syn(struct track *t, const struct tcpr_segment *seg)
{
    if (seg->control & TCPR_ACK) {
        adopt(t, seg->ack);
    } else if (t->ended) {
        forget(t);
    }
    t->target_syn_seen = true;
    t->target_answered = t->target_answered || (seg->control & TCPR_ACK);
    note_accurate(t, seg);
    t->target_offers = seg->options.present;
    t->target_offers_ecn = (seg->control & (TCPR_ECE | TCPR_CWR)) == (TCPR_ECE | TCPR_CWR);
    t->ever_target_offers |= seg->options.present;
    if ((seg->control & TCPR_ACK) == 0) { t->target_asks |= seg->options.present; }
    t->target_shift = shift_of(seg);
    t->target_mss = mss_of(seg);
    t->syn_window = seg->window;
    if (!t->iss_known) { t->seen_end = seg->seq + 1; }
}

void track_observed(struct track *t, const struct tcpr_segment *seg)
{
    if (seg->control & TCPR_RST) { return; }
    if (seg->control & TCPR_SYN) { observe_syn(t, seg); }
    uint32_t end = seg->seq + tcpr_segment_len(seg);
    if (t->target_syn_seen && tcpr_seq_le(seg->seq, t->seen_end)) { t->seen_end = tcpr_seq_max(t->seen_end, end); }
    if ((seg->control & TCPR_ACK) == 0 || !t->irs_known) { return; }
    if (tcpr_seq_lt(t->sent_end, seg->ack)) { return; } /* acknowledges what was never sent: the checks will say so */
    t->acked = t->acked_known ? tcpr_seq_max(t->acked, seg->ack) : seg->ack;
    t->acked_known = true;
    if (tcpr_seq_lt(t->rcv_nxt, t->acked)) {
        t->rcv_nxt = t->acked; /* it took more than its window said it would */
        release_held(t);
    }
    uint32_t right = seg->ack + track_window(t, seg);
    t->rcv_right = t->right_known ? tcpr_seq_max(t->rcv_right, right) : right;
    t->right_known = true;
}

static bool ends_connection(const struct track *t, const struct tcpr_segment *seg)
{
    if (!t->iss_known) { return true; }
    return seg->seq == t->snd_nxt && (seg->control & TCPR_ACK) != 0;
}

void track_consumed(struct track *t, const struct tcpr_segment *seg)
{
    if (seg->control & TCPR_RST) {
        t->ended = t->ended || ends_connection(t, seg);
        return;
    }
    uint32_t end = seg->seq + tcpr_segment_len(seg);
    if ((seg->control & TCPR_SYN) != 0 && (!t->iss_known || seg->seq != t->iss)) {
        t->iss_known = true;
        t->iss = t->snd_una = seg->seq;
        t->snd_nxt = t->seen_end = end;
    }
    if (!t->iss_known) { return; }
    t->snd_nxt = tcpr_seq_max(t->snd_nxt, end);
    t->seen_end = tcpr_seq_max(t->seen_end, t->snd_nxt);
    if (seg->options.present & TCPR_OPT_TIMESTAMPS) {
        t->ts_val = seg->options.ts_val;
        t->ts_val_known = true;
    }
    if (seg->control & TCPR_ACK) {
        uint32_t right = seg->ack + track_window(t, seg);
        bool known = t->read_acked_known;
        t->read_acked = known ? tcpr_seq_max(t->read_acked, seg->ack) : seg->ack;
        t->read_right = known ? tcpr_seq_max(t->read_right, right) : right;
        t->read_acked_known = true;
    }
}

bool track_behind(const struct track *t)
{
    return t->irs_known && !t->ended && (!t->acked_known || tcpr_seq_lt(t->acked, t->rcv_nxt));
}

static bool known(bool is_known, struct value v, struct value *out)
{
    *out = v;
    return is_known;
}

bool track_name(const struct track *t, enum spec_name name, struct value *out, const char **why)
{
    *why = "the target has not sent what this name stands for";
    switch (name) {
    case NAME_SND_NXT: return known(t->iss_known, value_sequence(tcpr_seq_max(t->snd_nxt, t->snd_una)), out);
    case NAME_SND_UNA: return known(t->iss_known, value_sequence(t->snd_una), out);
    case NAME_ISS: return known(t->iss_known, value_sequence(t->iss), out);
    case NAME_ACKED: return known(t->acked_known, value_sequence(t->acked), out);
    case NAME_RCV_RIGHT: return known(t->right_known, value_sequence(t->rcv_right), out);
    case NAME_TS_VAL: return known(t->ts_val_known, value_sequence(t->ts_val), out);
    case NAME_RCV_WND:
        return known(t->right_known,
                     value_number(tcpr_seq_lt(t->rcv_right, t->rcv_nxt)
                                      ? 0
                                      : (int64_t)tcpr_seq_distance(t->rcv_nxt, t->rcv_right)),
                     out);
    case NAME_RCV_NXT:
    case NAME_IRS:
    case NAME_SND_WND:
    case NAME_MSS:
    case NAME_TS_RECENT:
    case NAME_BOUND:
    case NAME_RTO:
    case NAME_MSL:
    case NAME_TICK: break;
    }
    *why = "the tester has not sent what this name stands for";
    if (name == NAME_RCV_NXT) { return known(t->irs_known, value_sequence(t->rcv_nxt), out); }
    if (name == NAME_IRS) { return known(t->irs_known, value_sequence(t->irs), out); }
    if (name == NAME_TS_RECENT) { return known(t->irs_known, value_sequence(t->ts_recent), out); }
    if (name == NAME_SND_WND) { return known(t->iss_known, value_number(t->snd_wnd), out); }
    if (name == NAME_MSS) { return known(true, value_number(track_send_mss(t)), out); }
    return false;
}
