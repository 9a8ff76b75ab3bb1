/* The fifth check's processing for ESTABLISHED: SND.UNA, the send window, duplicate ACKs. */
#include "internal.h"

/* SND.WND in octets. The window of a SYN is never scaled (RFC7323-2.2-8). */
static uint32_t window_of(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return seg->control & TCPR_SYN ? seg->window : (uint32_t)seg->window << c->snd_shift;
}

void take_window(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    c->snd.wnd = window_of(c, seg);
    c->snd.wl1 = seg->seq;
    c->snd.wl2 = seg->control & TCPR_ACK ? seg->ack : c->snd.una;
    c->snd.max_wnd = max_u32(c->snd.max_wnd, c->snd.wnd);
}

/* A window that was shut has opened: what a probe may have left unacknowledged goes again, at once. */
static void window_opens(struct tcpr_conn *c)
{
    unmark(c, TCPR_FLAG_PROBE_NOW);
    c->rtt.backoff = 0;
    stop(c, TCPR_TIMER_PERSIST);
    if (c->snd.una != c->snd.nxt) { owe_retransmission(c, c->snd.nxt); }
}

/* RFC9293-3.10.7.4-n9: no old segment changes the window. */
static void update_window(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool newer = tcpr_seq_lt(c->snd.wl1, seg->seq) || (c->snd.wl1 == seg->seq && tcpr_seq_le(c->snd.wl2, seg->ack));
    if (!newer) { return; }
    bool was_shut = c->snd.wnd == 0;
    take_window(c, seg);
    if (was_shut && c->snd.wnd != 0) { window_opens(c); }
}

/* How much of the text an ACK beyond SND.UNA covers, SYN and FIN left out. */
static uint32_t text_covered(const struct tcpr_conn *c, uint32_t ack)
{
    bool covers_fin = has(c, TCPR_FLAG_FIN_QUEUED) && ack == fin_seq(c) + 1u;
    uint64_t end = covers_fin ? c->snd.end_at : text_at(c, ack);
    return (uint32_t)(end - c->snd.una_at);
}

static void restart_retransmission_timer(struct tcpr_conn *c)
{
    stop(c, TCPR_TIMER_RETRANSMIT); /* RFC6298-5-n2; set_send_timers starts it anew (RFC6298-5-n3) */
}

/* SND.UNA < SEG.ACK =< SND.NXT. */
void take_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
              struct tcpr_effects *fx)
{
    bool only_syn = syn_unacked(c);
    uint32_t released = text_covered(c, seg->ack);
    rtt_take_ack(c, config, seg);
    c->snd.una = seg->ack;
    c->snd.una_at += released;
    c->snd.rxt_nxt = tcpr_seq_max(c->snd.rxt_nxt, c->snd.una);
    c->snd.rxt_end = tcpr_seq_max(c->snd.rxt_end, c->snd.una);
    if (!tcpr_seq_lt(c->snd.una, c->snd.up)) { unmark(c, TCPR_FLAG_URGENT_SENT); }
    c->rtt.backoff = 0;
    c->progress_at = c->latest;
    unmark(c, TCPR_FLAG_TROUBLE_TOLD | TCPR_FLAG_PROBE_NOW | TCPR_FLAG_SYN_NOW); /* the SYN is behind SND.UNA */
    restart_retransmission_timer(c);
    if (!only_syn) { congestion_ack(c, config, released); } /* RFC5681-3.1-5b: a SYN's ACK grows nothing */
    if (released != 0) {
        fx->released += released;
        fx->events |= TCPR_EVENT_WRITABLE;
    }
}

/* RFC 5681 section 2: what a duplicate acknowledgment is. */
static bool is_duplicate(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return seg->ack == c->snd.una && c->snd.una != c->snd.nxt && seg->text_len == 0 &&
           !(seg->control & (TCPR_SYN | TCPR_FIN)) && window_of(c, seg) == c->snd.wnd && c->snd.wnd != 0;
}

void acknowledge(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                 struct tcpr_effects *fx)
{
    bool duplicate = is_duplicate(c, seg);
    if (tcpr_seq_lt(c->snd.una, seg->ack)) { take_ack(c, config, seg, fx); }
    if (duplicate) { congestion_duplicate_ack(c, fx); }
    if (tcpr_seq_le(c->snd.una, seg->ack)) { update_window(c, seg); }
}
