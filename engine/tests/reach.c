/* Bringing a connection to each of the eleven states by the book: public calls and segments alone. */
#include "support.h"

#include <string.h>

static uint32_t irs_of(const struct how *how)
{
    return how->irs != 0 ? how->irs : LAB_IRS;
}

static struct tcpr_options syn_options(const struct how *how)
{
    struct tcpr_options o = {.present = (uint8_t)(TCPR_OPT_MSS | how->options),
                             .mss = how->peer_mss != 0 ? how->peer_mss : 1460,
                             .window_scale = how->peer_shift,
                             .user_timeout = how->peer_timeout};
    return o;
}

static void peer_syn(struct lab *lab, const struct how *how, uint16_t ctl, uint32_t ack)
{
    struct tcpr_options o = syn_options(how);
    if ((o.present & TCPR_OPT_TIMESTAMPS) != 0) {
        o.ts_val = (uint32_t)(lab->now / 1000);
        o.ts_ecr = (ctl & TCPR_ACK) != 0 ? lab->ts_echo : 0;
    }
    uint16_t setup = (ctl & TCPR_ACK) != 0 ? TCPR_ECE : TCPR_ECE | TCPR_CWR;
    if (how->ecn) { ctl |= setup; }
    if (how->accurate) { ctl |= (ctl & TCPR_ACK) != 0 ? TCPR_CWR : TCPR_AE | TCPR_CWR | TCPR_ECE; }
    lab_arrives(lab, SEG(.ctl = ctl, .seq = irs_of(how), .ack = ack, .options = &o));
}

static void to_syn_received(struct lab *lab, const struct how *how)
{
    if (how->active) {
        lab_open_active(lab, how);
        lab_pull(lab);
    } else {
        lab_open_passive(lab, how);
    }
    peer_syn(lab, how, TCPR_SYN, 0);
    expect_state(lab, TCPR_SYN_RECEIVED);
    expect_pulled(lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab->c.snd.iss, .ack = lab->c.rcv.nxt));
}

/* RCV.WND becomes 0 when text fills it to the edge; in the states after the peer's FIN that FIN takes the last. */
static void arrive_text(struct lab *lab, uint32_t octets)
{
    while (octets != 0) {
        uint32_t len = octets < 500 ? octets : 500;
        lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .len = len));
        lab_pull(lab);
        octets -= len;
    }
}

static void to_established(struct lab *lab, const struct how *how)
{
    if (how->active) {
        lab_open_active(lab, how);
        lab_pull(lab);
        lab->now += TCPR_MS(10);
        peer_syn(lab, how, TCPR_SYN | TCPR_ACK, lab->c.snd.nxt);
    } else {
        to_syn_received(lab, how);
        lab->now += TCPR_MS(10);
        uint16_t ctl = TCPR_ACK | (how->accurate ? TCPR_CWR : 0); /* Table 4 of RFC 9768: it came as Not-ECT */
        lab_arrives(lab, SEG(.ctl = ctl, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
    }
    expect_state(lab, TCPR_ESTABLISHED);
    lab_pull(lab);
    lab->now += TCPR_MS(1);
}

static bool after_peer_fin(enum tcpr_state state)
{
    return state == TCPR_CLOSE_WAIT || state == TCPR_CLOSING || state == TCPR_LAST_ACK || state == TCPR_TIME_WAIT;
}

static void exchange_text(struct lab *lab, enum tcpr_state state, const struct how *how)
{
    arrive_text(lab, how->arrived);
    if (how->zero_window) { arrive_text(lab, lab_window(lab) - (after_peer_fin(state) ? 1u : 0u)); }
    if (how->held_len != 0 && !after_peer_fin(state)) {
        uint32_t first = lab->c.rcv.nxt + how->held_at;
        lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = first, .ack = lab->c.snd.una, .len = how->held_len));
    }
    if (how->lowered) {
        lab->window = how->lower;
        lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt, .wnd = how->lower));
    }
    if (how->text != 0) {
        lab_send(lab, how->text);
        expect_status(lab, TCPR_OK);
    }
    lab_pull(lab);
    lab->now += TCPR_MS(1);
}

static void peer_fin(struct lab *lab)
{
    lab_arrives(lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una));
    lab_pull(lab);
}

static void peer_acks_all(struct lab *lab)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
    lab_pull(lab);
}

static void close_and_pull(struct lab *lab)
{
    lab_close(lab);
    expect_status(lab, TCPR_OK);
    lab_pull(lab);
    lab->now += TCPR_MS(1);
}

static void to_closing_states(struct lab *lab, enum tcpr_state state)
{
    if (state == TCPR_CLOSE_WAIT || state == TCPR_LAST_ACK) {
        peer_fin(lab);
        if (state == TCPR_LAST_ACK) { close_and_pull(lab); }
        return;
    }
    close_and_pull(lab);
    if (state == TCPR_FIN_WAIT_2 || state == TCPR_TIME_WAIT) { peer_acks_all(lab); }
    if (state == TCPR_CLOSING || state == TCPR_TIME_WAIT) { peer_fin(lab); }
}

void lab_reach(struct lab *lab, enum tcpr_state state, struct how how)
{
    lab_init(lab, &how);
    if (state == TCPR_LISTEN) {
        lab_open_passive(lab, &how);
    } else if (state == TCPR_SYN_SENT) {
        lab_open_active(lab, &how);
        lab_pull(lab);
    } else if (state == TCPR_SYN_RECEIVED) {
        to_syn_received(lab, &how);
        /* No SYN of ours offers a window of 0, so this one is taken away by hand. */
        if (how.zero_window) { lab->c.rcv.edge = lab->c.rcv.nxt; }
    } else if (state != TCPR_CLOSED) {
        to_established(lab, &how);
        exchange_text(lab, state, &how);
        if (state != TCPR_ESTABLISHED) { to_closing_states(lab, state); }
    }
    expect_state(lab, state);
    if (how.zero_window) { assert_int_equal(lab_window(lab), 0); }
    lab->fx = (struct tcpr_effects){0};
    lab->outs = 0;
}
