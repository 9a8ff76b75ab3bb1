/* The fifth check's processing for ESTABLISHED: SND.UNA, the send window, duplicate ACKs. */
#include "internal.h"

/* SND.WND in octets. The window of a SYN is never scaled (RFC7323-2.2-8). */
static uint32_t window_of(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool unscaled = TCPR_MUTANT(syn_window_is_scaled, seg->control & TCPR_SYN, 0) != 0;
    uint32_t window = unscaled ? seg->window : (uint32_t)seg->window << c->snd_shift;
    return TCPR_MUTANT(window_is_cut_to_16_bits, window, window & UINT16_MAX);
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

/* SND.WND counts from SND.UNA: where that moves on and no new window is told, less is left up to the edge. */
static void keep_edge(struct tcpr_conn *c, uint32_t edge)
{
    c->snd.wnd = tcpr_seq_lt(c->snd.una, edge) ? tcpr_seq_distance(c->snd.una, edge) : 0;
}

/* RFC9293-3.10.7.4-n9: no old segment changes the window. `edge`: SND.UNA+SND.WND before it came. */
static void update_window(struct tcpr_conn *c, const struct tcpr_segment *seg, uint32_t edge)
{
    if (TCPR_MUTANT(old_segment_changes_the_window, !tells_of_window(c, seg), false)) {
        keep_edge(c, edge);
        return;
    }
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
    /* RFC6298-5-n2; set_send_timers starts it anew (RFC6298-5-n3) */
    TCPR_MUTANT(new_ack_leaves_the_timer, stop(c, TCPR_TIMER_RETRANSMIT), (void)0);
}

/* SND.UNA < SEG.ACK =< SND.NXT. */
void take_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
              struct tcpr_effects *fx)
{
    bool syn = syn_unacked(c);
    uint32_t released = text_covered(c, seg->ack);
    rtt_take_ack(c, config, seg);
    c->snd.una = seg->ack;
    c->snd.una_at += released;
    c->snd.rxt_nxt = tcpr_seq_max(c->snd.rxt_nxt, c->snd.una);
    c->snd.rxt_end = tcpr_seq_max(c->snd.rxt_end, c->snd.una);
    if (sacked_count(c) != 0) { forget_acked(c); }
    if (c->snd.una == c->snd.nxt) { c->loss &= (uint8_t) ~(TCPR_LOSS_RECORDS_FULL | TCPR_LOSS_RECORDS_TOLD); }
    if (!tcpr_seq_lt(c->snd.una, c->snd.up)) { unmark(c, TCPR_FLAG_URGENT_SENT); }
    c->rtt.backoff = 0;
    c->progress_at = c->latest;
    unmark(c, TCPR_FLAG_TROUBLE_TOLD | TCPR_FLAG_PROBE_NOW);
    restart_retransmission_timer(c);
    if (syn) {
        our_syn_acked(c, config);
    } else { /* RFC5681-3.1-5b: a SYN's ACK grows nothing */
        congestion_ack(c, config, seg, released);
    }
    path_ack(c, released);
    if (released != 0) {
        fx->released += released;
        fx->events |= TCPR_EVENT_WRITABLE;
    }
}

/* RFC 5681 section 2: what a duplicate acknowledgment is. */
static bool is_duplicate(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return seg->ack == c->snd.una && c->snd.una != c->snd.nxt &&
           TCPR_MUTANT(ack_with_text_is_a_duplicate, seg->text_len == 0, true) &&
           !(seg->control & (TCPR_SYN | TCPR_FIN)) &&
           TCPR_MUTANT(window_update_is_a_duplicate, window_of(c, seg) == c->snd.wnd, true) && c->snd.wnd != 0;
}

/* How things stood before an ACK. */
struct before {
    uint32_t una, edge; /* SND.UNA, SND.UNA+SND.WND */
    uint32_t missing;   /* octets sent and neither acknowledged nor reported */
    bool duplicate;     /* the ACK looks like a duplicate */
    bool repairs;       /* a loss is being mended */
};

static struct before how_it_stands(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return (struct before){.una = c->snd.una,
                           .edge = c->snd.una + c->snd.wnd,
                           .missing = scoreboard(c) ? unsacked(c, c->snd.una, c->snd.nxt) : 0,
                           .duplicate = is_duplicate(c, seg),
                           .repairs = tcpr_seq_lt(c->snd.una, c->cc.recover) && !ecn_reduced(c)};
}

/* RFC 8985: which segments arrived, and what that tells of those sent before. */
static void take_times(struct tcpr_conn *c, const struct tcpr_segment *seg, const struct before *before,
                       struct tcpr_effects *fx)
{
    bool twice = reports_duplicate(seg);
    bool bare_duplicate = before->duplicate && !(seg->options.present & TCPR_OPT_SACK);
    rack_ack(c, seg, twice);
    if (probe_ack(c, seg->ack, twice, bare_duplicate)) { congestion_probe_mended(c, fx); }
}

/* What the tail had no room for is done without, and that is told once. */
static void tell_of_shortage(struct tcpr_conn *c, bool was_full, struct tcpr_effects *fx)
{
    bool full = has_loss(c, TCPR_LOSS_SCOREBOARD_FULL);
    if (full && !was_full) { decide(fx, c, TCPR_ACT_DEGRADED, TCPR_RULE_2018_5_1); }
    if ((c->loss & (TCPR_LOSS_RECORDS_FULL | TCPR_LOSS_RECORDS_TOLD)) == TCPR_LOSS_RECORDS_FULL) {
        c->loss |= TCPR_LOSS_RECORDS_TOLD;
        decide(fx, c, TCPR_ACT_DEGRADED, TCPR_RULE_8985_4_2);
    }
}

/* With a scoreboard an ACK is a duplicate by what it reports (RFC6675-5-3), else by how it looks. */
static void take_reports(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                         const struct before *before, struct tcpr_effects *fx)
{
    uint32_t octets = c->snd.una - before->una;
    if (!scoreboard(c)) {
        eifel_ack(c, config, seg, octets, fx);
        frto_ack(c, config, seg, octets, before->duplicate, fx);
        if (before->duplicate) { congestion_duplicate_ack(c, fx); }
        return;
    }
    bool was_full = has_loss(c, TCPR_LOSS_SCOREBOARD_FULL);
    uint32_t news = take_sack(c, seg);
    tell_of_shortage(c, was_full, fx);
    uint32_t missing = unsacked(c, c->snd.una, c->snd.nxt);
    if (rack(c)) { take_times(c, seg, before, fx); }
    eifel_ack(c, config, seg, octets, fx);
    frto_ack(c, config, seg, octets, news != 0, fx);
    congestion_sacked(c, config, news, before->missing > missing ? before->missing - missing : 0, fx);
    if ((octets | news) != 0) { probe_arm(c, config); }
}

static bool tells_of_marks(struct tcpr_conn *c, const struct tcpr_segment *seg, const struct before *before)
{
    if (!accurate(c)) { return ecn_echoed(c, seg); }
    return accurate_heard(c, seg, tcpr_seq_distance(before->una, c->snd.una), before->repairs);
}

void acknowledge(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                 struct tcpr_effects *fx)
{
    const struct before before = how_it_stands(c, seg);
    TCPR_MUTANT(any_ack_restarts_the_timer, (void)0, restart_retransmission_timer(c));
    if (tcpr_seq_lt(c->snd.una, seg->ack)) { take_ack(c, config, seg, fx); }
    TCPR_MUTANT(any_ack_grows_the_congestion_window, (void)0, congestion_ack(c, config, seg, smss(c)));
    take_reports(c, config, seg, &before, fx);
    if (tells_of_marks(c, seg, &before)) {
        congestion_marked(c, config, tcpr_seq_distance(before.una, c->snd.nxt), fx);
    }
    if (tcpr_seq_le(c->snd.una, seg->ack)) { update_window(c, seg, before.edge); }
}
