/* The fifth check of RFC 9293 section 3.10.7.4: acknowledgments and windows. */
#include "rows.h"

static void ack(struct lab *lab, uint32_t seq, uint32_t acknowledged, uint32_t wnd)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = acknowledged, .wnd = wnd, .no_wnd = wnd == 0));
}

/* RFC6298-5-3: part acknowledged restarts the timer; all acknowledged stops it, but a FIN keeps it running. */
void ack_new(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    uint32_t una = lab.c.snd.una;
    lab.now += TCPR_MS(300);
    ack(&lab, lab.c.rcv.nxt, una + 1460, 5000);
    expect_state(&lab, state);
    assert_int_equal(lab.c.snd.una, una + 1460);
    assert_int_equal(lab.fx.released, 1460);
    expect_event(&lab, TCPR_EVENT_WRITABLE);
    assert_int_equal(lab.c.snd.wnd, 5000);
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + lab.c.rtt.rto_us);
    ack(&lab, lab.c.rcv.nxt, una + 2000, 5000);
    expect_state(&lab, state);
    assert_int_equal(lab.fx.released, 540);
    bool fin_outstanding = state != TCPR_ESTABLISHED && state != TCPR_CLOSE_WAIT;
    assert_int_equal(lab_runs(&lab, TCPR_TIMER_RETRANSMIT), fin_outstanding);
}

static void ack_passed_over(enum tcpr_state state, uint32_t behind)
{
    struct lab lab;
    reach_with_text(&lab, state);
    uint32_t una = lab.c.snd.una, nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt, .ack = una - behind, .len = 5));
    assert_int_equal(lab.c.snd.una, una);
    assert_int_equal(lab.fx.released, 0);
    assert_int_equal(lab.c.rcv.nxt, text_may_arrive(state) ? nxt + 5 : nxt);
    expect_state(&lab, state);
}

/* Not an error: the text counts all the same, down to the oldest ACK that RFC 5961 section 5 lets pass. */
void ack_duplicate(enum tcpr_state state)
{
    ack_passed_over(state, 0);
    ack_passed_over(state, 1);
    ack_passed_over(state, 65535);
    struct lab lab;
    reach_with_text(&lab, state);
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, lab.window);
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, lab.window);
    assert_false(lab.fx.has_reply);
    assert_int_equal(lab.c.cc.dup_acks, has_unacked(state) ? 2 : 0);
    expect_state(&lab, state);
}

static void ack_answered(enum tcpr_state state, uint32_t from_una, uint32_t from_nxt)
{
    struct lab lab;
    reach_with_text(&lab, state);
    struct tcpr_conn before = lab.c;
    uint32_t number = from_nxt != 0 ? lab.c.snd.nxt + from_nxt : lab.c.snd.una + from_una;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = lab.c.rcv.nxt, .ack = number, .len = 5, .wnd = 9));
    expect_ack_reply(&lab);
    expect_state(&lab, state);
    assert_int_equal(lab.c.snd.una, before.snd.una);
    assert_int_equal(lab.c.snd.wnd, before.snd.wnd);
    assert_int_equal(lab.c.rcv.nxt, before.rcv.nxt);
    assert_int_equal(lab.fx.place.len, 0);
}

void ack_old(enum tcpr_state state)
{
    ack_answered(state, 0u - 65536u, 0);
    ack_answered(state, 0u - 0x40000000u, 0);
}

void ack_future(enum tcpr_state state)
{
    ack_answered(state, 0, 1);
    ack_answered(state, 0, 0x40000000);
}

void window_update(enum tcpr_state state)
{
    struct lab lab;
    reach_with_text(&lab, state);
    uint32_t seq = lab.c.rcv.nxt, una = lab.c.snd.una;
    ack(&lab, seq, una, 1234); /* WL1 = SEQ, WL2 =< ACK */
    assert_int_equal(lab.c.snd.wnd, 1234);
    ack(&lab, seq + 10, una, 4321); /* WL1 < SEQ */
    assert_int_equal(lab.c.snd.wnd, 4321);
    assert_int_equal(lab.c.snd.wl1, seq + 10);
    assert_int_equal(lab.c.snd.wl2, una);
    expect_state(&lab, state);
    if (state == TCPR_FIN_WAIT_2) { return; } /* nothing is left to send there */
    lab_reach(&lab, state, (struct how){.text = 1000, .lowered = true, .lower = 0});
    uint32_t nxt = lab.c.snd.nxt;
    lab_pull(&lab);
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, 2000);
    lab_pull(&lab);
    assert_true(lab.outs >= 1);
    assert_true(lab.c.snd.nxt - nxt > 0);
}

/* An older segment that comes later does not take the window back (RFC9293-3.10.7.4-n9). */
void window_stale(enum tcpr_state state)
{
    struct lab lab;
    reach_with_text(&lab, state);
    uint32_t seq = lab.c.rcv.nxt, una = lab.c.snd.una;
    ack(&lab, seq + 10, una, 4321);
    ack(&lab, seq, una, 1234);
    assert_int_equal(lab.c.snd.wnd, 4321);
    assert_int_equal(lab.c.snd.wl1, seq + 10);
    expect_state(&lab, state);
}

void window_zero(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 20000});
    uint32_t nxt = lab.c.snd.nxt;
    ack(&lab, lab.c.rcv.nxt, nxt, 0);
    expect_silence(&lab);
    assert_int_equal(lab.c.snd.nxt, nxt);
    assert_true(lab_runs(&lab, TCPR_TIMER_PERSIST));
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    expect_state(&lab, state);
}

/* SHLD-15, SHLD-16: no new text beyond the edge that moved left, but what was sent within it is sent again. */
void window_shrunk(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 20000});
    uint32_t una = lab.c.snd.una, nxt = lab.c.snd.nxt;
    assert_true(nxt - una > 2000);
    ack(&lab, lab.c.rcv.nxt, una, 2000);
    expect_silence(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = una, .ack = lab.c.rcv.nxt, .len = 1460));
    assert_int_equal(lab.c.snd.nxt, nxt);
    expect_state(&lab, state);
}
