/* The first four checks of RFC 9293 section 3.10.7.4: SEQ, RST, security, SYN; and the fifth's first line. */
#include "rows.h"

bool text_may_arrive(enum tcpr_state state)
{
    return state == TCPR_ESTABLISHED || state == TCPR_FIN_WAIT_1 || state == TCPR_FIN_WAIT_2;
}

bool has_unacked(enum tcpr_state state)
{
    return state != TCPR_FIN_WAIT_2 && state != TCPR_TIME_WAIT && state != TCPR_SYN_RECEIVED;
}

void reach_with_text(struct lab *lab, enum tcpr_state state)
{
    lab_reach(lab, state, (struct how){.text = state == TCPR_SYN_RECEIVED ? 0 : 2000});
}

void expect_acked_soon(struct lab *lab)
{
    if (lab_pull(lab) == 0) {
        assert_true(lab_runs(lab, TCPR_TIMER_DELAYED_ACK));
        assert_true(lab->c.timer[TCPR_TIMER_DELAYED_ACK] - lab->now < TCPR_MS(500)); /* MUST-40 */
        lab_fire(lab, TCPR_TIMER_DELAYED_ACK);
        lab_pull(lab);
    }
    assert_int_equal(lab->outs, 1);
    expect_segment(&lab->out[0], lab_ack(lab));
}

/* The segment was dropped whole: nothing it said was believed. */
static void expect_same_numbers(const struct lab *lab, const struct tcpr_conn *before)
{
    assert_int_equal(lab->c.state, before->state);
    assert_int_equal(lab->c.snd.una, before->snd.una);
    assert_int_equal(lab->c.snd.wnd, before->snd.wnd);
    assert_int_equal(lab->c.rcv.nxt, before->rcv.nxt);
    assert_int_equal(lab->c.rcv.up, before->rcv.up);
    assert_int_equal(lab->c.held_count, before->held_count);
    assert_int_equal(lab->fx.place.len, 0);
}

static void ack_of_unacceptable(enum tcpr_state state, uint32_t from_nxt, uint32_t from_edge, uint32_t len)
{
    struct lab lab;
    reach_with_text(&lab, state);
    struct tcpr_conn before = lab.c;
    uint32_t seq = (from_edge == 0 ? lab.c.rcv.nxt + from_nxt : lab.c.rcv.edge + from_edge - 1);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab.c.snd.nxt, .len = len, .wnd = 77));
    expect_ack_reply(&lab);
    expect_rule(&lab, TCPR_RULE_9293_OTHER_N2);
    expect_same_numbers(&lab, &before);
}

void out_of_window(enum tcpr_state state)
{
    ack_of_unacceptable(state, UINT32_MAX, 0, 0);         /* one left of the window, empty */
    ack_of_unacceptable(state, UINT32_MAX, 0, 1);         /* the same, one octet */
    ack_of_unacceptable(state, 0u - 1000u, 0, 1000);      /* ends just before it */
    ack_of_unacceptable(state, 0, 3, 0);                  /* beyond the right edge and a probe */
    ack_of_unacceptable(state, 0, 1, 1);                  /* the same, one octet */
    ack_of_unacceptable(state, 0, 0x40000000, 100);       /* far beyond */
    ack_of_unacceptable(state, 0u - 0x40000000u, 0, 100); /* far before */
}

static void rst_silent_at(enum tcpr_state state, uint32_t from_nxt, uint32_t from_edge, uint32_t len)
{
    struct lab lab;
    reach_with_text(&lab, state);
    struct tcpr_conn before = lab.c;
    uint32_t seq = (from_edge == 0 ? lab.c.rcv.nxt + from_nxt : lab.c.rcv.edge + from_edge - 1);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = seq, .len = len));
    expect_silence(&lab);
    expect_same_numbers(&lab, &before);
    assert_true(lab_did(&lab, TCPR_ACT_DROPPED));
}

void rst_out_of_window(enum tcpr_state state)
{
    rst_silent_at(state, UINT32_MAX, 0, 0);
    rst_silent_at(state, 0, 1, 0);
    rst_silent_at(state, 0, 0x40000000, 10);
    rst_silent_at(state, 0u - 10u, 0, 10);
    /* Its text reaches into the window, its SEQ does not: section 3.5.3 looks at SEQ. */
    rst_silent_at(state, 0u - 10u, 0, 20);
}

/* MUST-66 and section 3.10.7.4: at a closed window text is refused, but ACK and URG are heard. */
void data_zero_window(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.zero_window = true, .text = has_unacked(state) ? 1000 : 0});
    uint32_t una = lab.c.snd.una, ack = has_unacked(state) ? una + 1000 : una;
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = nxt, .ack = ack, .len = 1, .up = 1));
    expect_ack_reply(&lab);
    assert_int_equal(lab.fx.reply.window, 0);
    assert_int_equal(lab.c.snd.una, ack);
    assert_int_equal(lab.c.rcv.nxt, nxt);
    assert_int_equal(lab.fx.place.len, 0);
    expect_state(&lab, state);
    expect_event(&lab, TCPR_EVENT_URGENT);
}

void empty_zero_window(enum tcpr_state state)
{
    struct lab lab;
    bool text = has_unacked(state);
    lab_reach(&lab, state, (struct how){.zero_window = true, .text = text ? 1000 : 0});
    if (state ==
        TCPR_SYN_RECEIVED) { /* an ACK would establish: that it went beyond the first check shows by the rule */
        lab_arrives(&lab, SEG(.ctl = 0, .seq = lab.c.rcv.nxt));
        expect_rule(&lab, TCPR_RULE_9293_OTHER_N7);
    } else {
        uint32_t ack = lab.c.snd.una + (text ? 1000 : 0);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = ack));
        assert_int_equal(lab.c.snd.una, ack);
    }
    assert_false(lab.fx.has_reply);
    expect_state(&lab, state);
}

void straddles_left(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.arrived = 100});
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt - 30, .ack = lab.c.snd.una, .len = 50));
    assert_int_equal(lab.fx.place.text_at, 30);
    assert_int_equal(lab.fx.place.len, 20);
    assert_int_equal(lab.fx.place.stream_at, 100);
    assert_int_equal(lab.fx.readable, 20);
    assert_int_equal(lab.c.rcv.nxt, nxt + 20);
    expect_acked_soon(&lab);
}

void straddles_right(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt, window = lab_window(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = nxt, .ack = lab.c.snd.una, .len = window + 10));
    assert_int_equal(lab.fx.place.text_at, 0);
    assert_int_equal(lab.fx.place.len, window);
    assert_int_equal(lab.c.rcv.nxt, nxt + window);
    expect_state(&lab, state); /* the FIN lay outside */
    expect_acked_soon(&lab);
}

static bool tells_reset(enum tcpr_state state)
{
    return state != TCPR_CLOSING && state != TCPR_LAST_ACK && state != TCPR_TIME_WAIT;
}

static void expect_reset_by_peer(struct lab *lab, enum tcpr_state was)
{
    expect_state(lab, TCPR_CLOSED);
    expect_silence(lab);
    expect_event(lab, TCPR_EVENT_CLOSED);
    if (tells_reset(was)) { expect_event(lab, TCPR_EVENT_RESET); }
    assert_true(tcpr_next_deadline(&lab->c) == TCPR_NEVER);
}

static void rst_exact_as(enum tcpr_state state, uint16_t ctl, uint32_t len, bool zero_window)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000, .zero_window = zero_window});
    lab_arrives(&lab, SEG(.ctl = ctl, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una - 0x40000000, .len = len));
    expect_reset_by_peer(&lab, state);
}

/* Neither SEG.ACK nor any other bit has a say once SEQ is right; a closed window does not shut it out (MUST-66). */
void rst_exact(enum tcpr_state state)
{
    rst_exact_as(state, TCPR_RST, 0, false);
    rst_exact_as(state, TCPR_RST | TCPR_ACK, 0, false);
    rst_exact_as(state, TCPR_RST | TCPR_SYN | TCPR_FIN | TCPR_URG | TCPR_PSH, 0, false);
    rst_exact_as(state, TCPR_RST, 0, true);
}

void rst_with_data(enum tcpr_state state)
{
    rst_exact_as(state, TCPR_RST, 20, false);
    rst_exact_as(state, TCPR_RST | TCPR_ACK, 20, true);
}

static void rst_challenged_at(enum tcpr_state state, uint32_t offset, bool from_edge)
{
    struct lab lab;
    reach_with_text(&lab, state);
    struct tcpr_conn before = lab.c;
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = (from_edge ? lab.c.rcv.edge : lab.c.rcv.nxt) + offset));
    expect_ack_reply(&lab);
    expect_rule(&lab, TCPR_RULE_9293_OTHER_N4);
    assert_true(lab_did(&lab, TCPR_ACT_CHALLENGED));
    expect_same_numbers(&lab, &before);
}

void rst_challenged(enum tcpr_state state)
{
    rst_challenged_at(state, 1, false);
    rst_challenged_at(state, 100, false);
    rst_challenged_at(state, UINT32_MAX, true);
}

void rst_old_style(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.features_off = TCPR_FEATURE_RFC5961_RST});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.edge - 1));
    expect_reset_by_peer(&lab, state);
    lab_reach(&lab, state, (struct how){.features_off = TCPR_FEATURE_RFC5961_RST});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.edge));
    expect_silence(&lab);
    expect_state(&lab, state);
}

static void syn_challenged_at(enum tcpr_state state, uint16_t ctl, uint32_t offset, uint32_t len)
{
    struct lab lab;
    reach_with_text(&lab, state);
    struct tcpr_conn before = lab.c;
    lab_arrives(&lab, SEG(.ctl = ctl, .seq = lab.c.rcv.nxt + offset, .ack = lab.c.snd.nxt, .len = len, .wnd = 99));
    expect_ack_reply(&lab);
    expect_same_numbers(&lab, &before);
}

void syn_challenged(enum tcpr_state state)
{
    const uint16_t controls[] = {TCPR_SYN, TCPR_SYN | TCPR_ACK, TCPR_SYN | TCPR_FIN, TCPR_SYN | TCPR_URG | TCPR_PSH};
    const uint32_t offsets[] = {0, 1, 7999, 8000, 0x40000000, UINT32_MAX, 0xC0000000};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        for (size_t j = 0; j < sizeof offsets / sizeof offsets[0]; j++) {
            syn_challenged_at(state, controls[i], offsets[j], 0);
            syn_challenged_at(state, controls[i], offsets[j], 10);
        }
    }
}

/* RFC 793's behaviour. The RST must be believable: SEG.ACK as its SEQ, or zero and all of the segment acknowledged. */
void syn_old_style_resets(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.features_off = TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_REOPEN_TIME_WAIT});
    uint32_t seq = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = seq, .len = 5));
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_RESET);
    expect_reply(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .seq = 0, .ack = seq + 6));
    lab_reach(&lab, state, (struct how){.features_off = TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_REOPEN_TIME_WAIT});
    uint32_t nxt = lab.c.snd.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = seq + 1, .ack = nxt));
    expect_state(&lab, TCPR_CLOSED);
    expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = nxt));
}

void syn_old_style_outside(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.features_off = TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_REOPEN_TIME_WAIT});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.edge));
    expect_ack_reply(&lab);
    expect_state(&lab, state);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = lab.c.snd.nxt));
    expect_ack_reply(&lab);
    expect_state(&lab, state);
}

void ack_bit_off(enum tcpr_state state)
{
    const uint16_t controls[] = {0, TCPR_FIN, TCPR_PSH, TCPR_URG, TCPR_FIN | TCPR_URG | TCPR_PSH};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        reach_with_text(&lab, state);
        struct tcpr_conn before = lab.c;
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt, .len = 3, .up = 2));
        expect_silence(&lab);
        expect_same_numbers(&lab, &before);
        expect_rule(&lab, TCPR_RULE_9293_OTHER_N7);
    }
}
