/* The sixth to eighth checks of RFC 9293 section 3.10.7.4: URG, text, FIN. */
#include "rows.h"

static void urgent(struct lab *lab, uint32_t seq, uint32_t len, uint16_t up)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = seq, .ack = lab->c.snd.una, .len = len, .up = up));
}

void urg_begins(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.arrived = 10});
    uint32_t nxt = lab.c.rcv.nxt;
    urgent(&lab, nxt, 5, 20);
    expect_event(&lab, TCPR_EVENT_URGENT);
    assert_int_equal(lab.c.rcv.up, nxt + 20);
    struct tcpr_report report; /* MUST-33: 10 unread, then 20 up to the pointer */
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.urgent_left, 30);
    lab_reach(&lab, state, (struct how){.arrived = 10});
    urgent(&lab, lab.c.rcv.nxt, 0, 0); /* all before the pointer is here but not consumed */
    expect_event(&lab, TCPR_EVENT_URGENT);
    lab_reach(&lab, state, (struct how){.arrived = 10});
    lab_receive(&lab, 10);
    urgent(&lab, lab.c.rcv.nxt, 0, 0); /* all before the pointer is consumed */
    expect_no_event(&lab, TCPR_EVENT_URGENT);
}

/* The same pointer again, and an older one that comes late. */
void urg_repeated(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    urgent(&lab, nxt, 5, 20);
    urgent(&lab, nxt + 5, 5, 15);
    expect_no_event(&lab, TCPR_EVENT_URGENT);
    urgent(&lab, nxt + 10, 0, 3);
    expect_no_event(&lab, TCPR_EVENT_URGENT);
    assert_int_equal(lab.c.rcv.up, nxt + 20);
}

void urg_moves_on(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    urgent(&lab, nxt, 5, 20);
    urgent(&lab, nxt + 5, 5, 16);
    expect_event(&lab, TCPR_EVENT_URGENT);
    assert_int_equal(lab.c.rcv.up, nxt + 21);
}

void urg_zero_window(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.zero_window = true});
    uint32_t nxt = lab.c.rcv.nxt;
    urgent(&lab, nxt, 0, 7);
    expect_event(&lab, TCPR_EVENT_URGENT);
    assert_int_equal(lab.c.rcv.up, nxt + 7);
}

void urg_after_fin(enum tcpr_state state)
{
    struct lab lab;
    reach_with_text(&lab, state);
    uint32_t up = lab.c.rcv.up;
    urgent(&lab, lab.c.rcv.nxt, 0, 20);
    expect_no_event(&lab, TCPR_EVENT_URGENT);
    assert_int_equal(lab.c.rcv.up, up);
    expect_state(&lab, state);
}

static void text(struct lab *lab, uint16_t ctl, uint32_t seq, uint32_t len)
{
    lab_arrives(lab, SEG(.ctl = (uint16_t)(TCPR_ACK | ctl), .seq = seq, .ack = lab->c.snd.una, .len = len));
}

static void expect_place(const struct lab *lab, uint32_t text_at, uint32_t len, uint64_t stream_at)
{
    assert_int_equal(lab->fx.place.text_at, text_at);
    assert_int_equal(lab->fx.place.len, len);
    assert_int_equal(lab->fx.place.stream_at, stream_at);
}

/* SHLD-18, SHLD-19, MUST-40: the first segment's ACK may wait, the second full-sized one's may not. */
void text_in_order(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    text(&lab, 0, nxt, 1460);
    expect_place(&lab, 0, 1460, 0);
    assert_int_equal(lab.fx.readable, 1460);
    expect_event(&lab, TCPR_EVENT_READABLE);
    assert_int_equal(lab.c.rcv.nxt, nxt + 1460);
    expect_silence(&lab);
    assert_true(lab_runs(&lab, TCPR_TIMER_DELAYED_ACK));
    assert_true(lab.c.timer[TCPR_TIMER_DELAYED_ACK] < lab.now + TCPR_MS(500));
    text(&lab, TCPR_PSH, nxt + 1460, 1460);
    expect_place(&lab, 0, 1460, 1460);
    expect_event(&lab, TCPR_EVENT_PUSHED);
    expect_pulled(&lab, lab_ack(&lab));
    assert_int_equal(lab.out[0].window, 8000 - 2920);
    assert_false(lab_runs(&lab, TCPR_TIMER_DELAYED_ACK));
}

void text_out_of_order(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    text(&lab, 0, nxt + 500, 100);
    expect_place(&lab, 0, 100, 500);
    assert_int_equal(lab.fx.readable, 0);
    assert_int_equal(lab.c.rcv.nxt, nxt);
    assert_int_equal(lab.c.held_count, 1);
    expect_ack_reply(&lab);
    assert_int_equal(lab_pull(&lab), 0);
    expect_state(&lab, state);
}

void text_fills_gap(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    text(&lab, 0, nxt + 500, 100);
    text(&lab, 0, nxt, 500);
    expect_place(&lab, 0, 500, 0);
    assert_int_equal(lab.fx.readable, 600);
    assert_int_equal(lab.c.rcv.nxt, nxt + 600);
    assert_int_equal(lab.c.held_count, 0);
    if (lab.fx.has_reply) {
        expect_ack_reply(&lab);
    } else {
        expect_pulled(&lab, lab_ack(&lab));
    }
}

void text_duplicate(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.arrived = 1000});
    uint32_t nxt = lab.c.rcv.nxt;
    text(&lab, 0, nxt - 1000, 1000);
    expect_ack_reply(&lab);
    expect_place(&lab, 0, 0, 0);
    assert_int_equal(lab.fx.readable, 0);
    assert_int_equal(lab.c.rcv.nxt, nxt);
    assert_int_equal(lab_pull(&lab), 0);
}

void text_after_fin(enum tcpr_state state)
{
    struct lab lab;
    reach_with_text(&lab, state);
    uint32_t nxt = lab.c.rcv.nxt;
    text(&lab, 0, nxt, 10);
    assert_int_equal(lab.fx.place.len, 0);
    assert_int_equal(lab.fx.readable, 0);
    assert_int_equal(lab.c.rcv.nxt, nxt);
    expect_state(&lab, state);
    text(&lab, TCPR_FIN, nxt, 10); /* nor is there a second FIN */
    assert_int_equal(lab.c.rcv.nxt, nxt);
    expect_state(&lab, state);
}

void text_after_release(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_release(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, state);
    uint32_t acked = lab.c.snd.una;
    text(&lab, 0, lab.c.rcv.nxt, 10);
    expect_state(&lab, TCPR_CLOSED);
    expect_rule(&lab, TCPR_RULE_SHLD_3);
    expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = acked));
}

/* RFC9293-3.6-n1: the FIN waits for what is missing before it, then counts without being sent again. */
void fin_out_of_order(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    text(&lab, TCPR_FIN, nxt + 500, 100);
    expect_ack_reply(&lab);
    expect_state(&lab, state);
    expect_no_event(&lab, TCPR_EVENT_PEER_CLOSED);
    text(&lab, 0, nxt, 500);
    assert_int_equal(lab.fx.readable, 600);
    assert_int_equal(lab.c.rcv.nxt, nxt + 601);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED);
    const enum tcpr_state next = state == TCPR_ESTABLISHED  ? TCPR_CLOSE_WAIT
                                 : state == TCPR_FIN_WAIT_1 ? TCPR_CLOSING
                                                            : TCPR_TIME_WAIT;
    expect_state(&lab, next);
    expect_pulled(&lab, lab_ack(&lab));
}

void fin_retransmitted(enum tcpr_state state)
{
    struct lab lab;
    reach_with_text(&lab, state);
    lab.now += TCPR_S(1);
    text(&lab, TCPR_FIN, lab.c.rcv.nxt - 1, 0);
    expect_ack_reply(&lab);
    expect_state(&lab, state);
    assert_int_equal(lab_pull(&lab), 0);
    if (state == TCPR_TIME_WAIT) { /* RFC9293-3.10.7.4-n10 */
        assert_true(lab.c.timer[TCPR_TIMER_TIME_WAIT] == lab.now + 2 * lab.config.msl_us);
    }
}

/* RFC9293-3.10.7.4-n12: in CLOSED, LISTEN and SYN-SENT a FIN has no place in any sequence. */
void fin_unprocessed(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_FIN, .seq = 77));
    expect_state(&lab, state);
    expect_no_event(&lab, TCPR_EVENT_PEER_CLOSED);
    if (state == TCPR_CLOSED) {
        expect_reply(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .seq = 0, .ack = 78));
    } else {
        expect_silence(&lab);
    }
}
