/* What must hold after every call, and on every segment that leaves. */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUTS_IN_CALM 4u /* retransmission timeouts without progress while the network loses nothing */

uint8_t octet_at(uint8_t side, uint64_t at)
{
    return (uint8_t)(at * 167u + (at >> 8) * 13u + side * 91u);
}

_Noreturn void give_up(const struct world *w, const char *what)
{
    fprintf(stderr, "seed %" PRIu64 " at %.6f s, step %" PRIu64 ": %s\n", w->seed, (double)w->now / 1e6, w->steps,
            what);
    for (int i = 0; i < 2; i++) {
        const struct end *e = &w->ends[i];
        fprintf(stderr,
                "  %c %s: gave %" PRIu64 " of %" PRIu64 ", read %" PRIu64 ", una %" PRIu32 " nxt %" PRIu32
                " wnd %" PRIu32 " cwnd %" PRIu32 " rcv.nxt %" PRIu32 " edge %" PRIu32 " flags %08" PRIx32 "\n",
                "AB"[i], tcpr_state_name((enum tcpr_state)e->c.state), e -> given, e -> habits.total, e->received,
                e->c.snd.una, e->c.snd.nxt, e->c.snd.wnd, e->c.cc.cwnd, e->c.rcv.nxt, e->c.rcv.edge, e->c.flags);
    }
    if (!w->dice) { fprintf(stderr, "again: simulator --seed %" PRIu64 " --verbose\n", w->seed); }
    abort();
}

void require(const struct world *w, bool holds, const char *what)
{
    if (!holds) { give_up(w, what); }
}

void say(const struct world *w, const struct end *e, const char *what, const struct tcpr_segment *segment)
{
    if (!w->verbose) { return; }
    printf("%12.6f %c %-12s %s", (double)w->now / 1e6, "AB"[e->side], tcpr_state_name((enum tcpr_state)e->c.state),
           what);
    if (segment != NULL) {
        printf(" <SEQ=%" PRIu32 "><ACK=%" PRIu32 "><LEN=%" PRIu32 "><WND=%u><CTL=", segment->seq, segment->ack,
               segment->text_len, segment->window);
        for (unsigned bit = 0; bit < 8; bit++) {
            if ((segment->control >> bit & 1u) != 0) { putchar("FSRPAUEC"[bit]); }
        }
        putchar('>');
        for (unsigned i = 0; i < segment->options.sack_count; i++) {
            printf("<SACK=%" PRIu32 ":%" PRIu32 ">", segment->options.sack[i].first, segment->options.sack[i].end);
        }
    }
    putchar('\n');
}

void watch_conn(const struct world *w, const struct end *e)
{
    const char *fault = tcpr_conn_fault(&e->c, &e->config);
    if (fault != NULL) { give_up(w, fault); }
}

/* In calm weather each timeout must bring progress soon. */
static void count_timeouts(struct world *w, struct end *e, uint32_t act)
{
    if (e->c.snd.una != e->una_then || stormy(w)) {
        e->una_then = e->c.snd.una;
        e->timeouts = 0;
    }
    /* A peer with a tiny window or none is waited for by probes, not by retransmission. */
    if (act == TCPR_ACT_RETRANSMITS && !stormy(w)) { e->timeouts++; }
    require(w, e->timeouts <= TIMEOUTS_IN_CALM, "timeouts without progress though nothing is lost");
}

void watch_effects(struct world *w, struct end *e)
{
    const struct tcpr_effects *fx = &e->fx;
    watch_conn(w, e);
    require(w, fx->decisions <= TCPR_DECISIONS_MAX, "too many decisions");
    for (uint32_t i = 0; i < fx->decisions; i++) {
        const struct tcpr_decision *d = &fx->decision[i];
        require(w, d->rule > TCPR_RULE_NONE && d->rule < TCPR_RULE_COUNT, "a decision without a rule");
        if (d->act == TCPR_ACT_MOVED) { say(w, e, tcpr_rule_id((enum tcpr_rule)d->rule), NULL); }
        count_timeouts(w, e, d->act);
    }
    require(w, (fx->events & (TCPR_EVENT_TIMED_OUT | TCPR_EVENT_REFUSED)) == 0, "the connection was given up");
    if ((fx->events & TCPR_EVENT_RESET) != 0) { give_up(w, "the connection was reset"); }
}

/* A window once offered stays (SHLD-14), but for what scaling rounds off (RFC 7323 section 2.4); so does an ACK. */
static void watch_promises(struct world *w, struct end *e, const struct tcpr_segment *out)
{
    uint32_t unit = 1u << ((e->c.flags & TCPR_FLAG_WINDOW_SCALE) != 0 ? e->c.rcv_shift : 0);
    uint32_t window = (out->control & TCPR_SYN) != 0 ? out->window : out->window * unit;
    if ((out->control & TCPR_ACK) == 0 || (out->control & TCPR_RST) != 0) { return; }
    if (e->advertised) {
        require(w, !tcpr_seq_lt(out->ack, e->acked), "an acknowledgment was taken back");
        /* The peer's FIN needs a number but no buffer; a SYN cannot tell of a larger window that another told of. */
        bool exempt = (e->c.flags & TCPR_FLAG_FIN_REACHED) != 0 || (out->control & TCPR_SYN) != 0;
        require(w, !tcpr_seq_lt(out->ack + window + unit - 1, e->edge) || exempt, "the window moved left");
    }
    require(w, window <= e->c.rcv.buffer + unit - 1, "a window larger than the buffer");
    e->edge = e->advertised ? tcpr_seq_max(e->edge, out->ack + window) : out->ack + window;
    e->advertised = true;
    e->acked = out->ack;
}

/* RFC3168-6.1.1-3, RFC3168-6.1.4-1, RFC3168-6.1.5-1a: only new text is ECN-capable, and only where that was agreed. */
static void watch_marks(struct world *w, struct end *e, const struct tcpr_segment *out)
{
    bool everywhere = (e->config.features & TCPR_FEATURE_ECT_EVERYWHERE) != 0;
    const uint32_t any = TCPR_FEATURE_ECN | TCPR_FEATURE_ACCURATE_ECN;
    bool both = (w->ends[0].config.features & any) && (w->ends[1].config.features & any);
    bool accurate = (e->c.accurate & TCPR_ACCURATE_ON) != 0; /* CWR is part of ACE */
    bool syn = (out->control & TCPR_SYN) != 0;
    bool again = !syn && tcpr_seq_lt(out->seq, e->sent_end);
    require(w, out->ecn == 0 || both || syn, "an ECN-capable segment that nobody agreed on");
    require(w, out->ecn == 0 || everywhere || (out->text_len != 0 && !again && !syn), "ECT where it may not be");
    require(w, !(out->control & TCPR_CWR) || syn || accurate || (out->text_len != 0 && !again), "CWR without new text");
    if (syn) { e->sent_end = out->seq + 1; }
    if (!(out->control & TCPR_RST)) { e->sent_end = tcpr_seq_max(e->sent_end, out->seq + tcpr_segment_len(out)); }
}

void watch_output(struct world *w, struct end *e, const struct tcpr_segment *out)
{
    say(w, e, "->", out);
    w->segments++;
    watch_promises(w, e, out);
    watch_marks(w, e, out);
    uint32_t largest = (uint32_t)e->config.mtu - 40u;
    require(w, out->text_len + tcpr_options_len(&out->options) <= largest, "a segment larger than the MTU");
    require(w, (out->control & TCPR_RST) == 0 || e->c.state == TCPR_CLOSED || e->c.state == TCPR_SYN_SENT,
            "an RST from a living connection");
}
