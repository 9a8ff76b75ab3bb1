/* User calls (RFC 9293 sections 3.10.1 to 3.10.6) that several states answer alike. */
#include "rows.h"

void open_exists(enum tcpr_state state)
{
    struct lab lab;
    struct how how = {.active = false};
    lab_reach(&lab, state, how);
    struct tcpr_conn before = lab.c;
    lab_open_passive(&lab, &how);
    expect_status(&lab, TCPR_ALREADY_EXISTS);
    expect_unchanged(&lab, &before);
    lab_open_active(&lab, &how);
    expect_status(&lab, TCPR_ALREADY_EXISTS);
    expect_unchanged(&lab, &before);
}

void send_does_not_exist(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_send(&lab, 1);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
    expect_unchanged(&lab, &before);
}

/* SYN-SENT, SYN-RECEIVED: text waits, and goes once the connection is established. */
void send_queued(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.active = true});
    lab_send(&lab, 300);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, state);
    expect_silence(&lab);
    uint16_t ctl = state == TCPR_SYN_SENT ? TCPR_SYN | TCPR_ACK : TCPR_ACK;
    uint32_t seq = state == TCPR_SYN_SENT ? LAB_IRS : lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = ctl, .seq = seq, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_ESTABLISHED);
    uint32_t first = lab.c.snd.nxt;
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = first, .ack = LAB_IRS + 1, .len = 300));
}

void send_no_space(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.send_buffer = 1000});
    lab_send(&lab, 1000);
    expect_status(&lab, TCPR_OK);
    struct tcpr_conn before = lab.c;
    lab_send(&lab, 1);
    expect_status(&lab, TCPR_INSUFFICIENT_RESOURCES);
    expect_unchanged(&lab, &before);
}

/* The text goes at once, with the acknowledgment on it; the last of it pushed (MUST-61). */
void send_text(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t seq = lab.c.snd.nxt, ack = lab.c.rcv.nxt;
    lab_send(&lab, 2000);
    expect_status(&lab, TCPR_OK);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 2);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = seq, .ack = ack, .len = 1460));
    expect_segment(&lab.out[1], SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = seq + 1460, .ack = ack, .len = 540));
    assert_int_equal(lab.out[0].text_at, 0);
    assert_int_equal(lab.out[1].text_at, 1460);
    assert_int_equal(lab.c.snd.nxt, seq + 2000);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
}

/* RFC 9293 section 3.8.5: the pointer is the octet after the last urgent one, on each segment before it. */
void send_urgent(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t seq = lab.c.snd.nxt, ack = lab.c.rcv.nxt;
    lab_send_urgent(&lab, 2000);
    assert_int_equal(lab.c.snd.up, seq + 2000);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 2);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = seq, .ack = ack, .len = 1460));
    assert_int_equal(lab.out[0].urgent, 2000);
    expect_segment(&lab.out[1], SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = seq + 1460, .ack = ack, .len = 540));
    assert_int_equal(lab.out[1].urgent, 540);
}

void send_closing(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_send(&lab, 1);
    expect_status(&lab, TCPR_CLOSING_ERROR);
    expect_unchanged(&lab, &before);
}

void receive_queued(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    assert_int_equal(lab_receive(&lab, 100), 0);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, state);
}

/* What is read opens the window, but only when that is worth a segment (MUST-39). */
void receive_text(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.zero_window = true});
    assert_int_equal(lab_receive(&lab, 10), 10);
    expect_status(&lab, TCPR_OK);
    expect_silence(&lab);
    assert_int_equal(lab_receive(&lab, UINT32_MAX), 7990);
    expect_pulled(&lab, lab_ack(&lab));
    assert_int_equal(lab.out[0].window, 8000);
    assert_int_equal(lab_receive(&lab, 1), 0);
    expect_status(&lab, TCPR_OK);
}

void receive_last_text(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.arrived = 700});
    assert_int_equal(lab_receive(&lab, 300), 300);
    expect_status(&lab, TCPR_OK);
    assert_int_equal(lab_receive(&lab, 1000), 400);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, state);
}

/* Text that came before the FIN is still delivered (RFC9293-3.6-n1); then it is the end. */
void receive_closing(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.arrived = 700});
    assert_int_equal(lab_receive(&lab, 1000), 700);
    expect_status(&lab, TCPR_OK);
    struct tcpr_conn before = lab.c;
    assert_int_equal(lab_receive(&lab, 1), 0);
    expect_status(&lab, TCPR_CLOSING_ERROR);
    expect_unchanged(&lab, &before);
    lab_reach(&lab, state, (struct how){0});
    lab_receive(&lab, 1);
    expect_status(&lab, TCPR_CLOSING_ERROR);
}

void close_closing(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_close(&lab);
    expect_status(&lab, TCPR_CLOSING_ERROR);
    expect_unchanged(&lab, &before);
    expect_silence(&lab);
}

void close_deletes(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_close(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_CLOSED);
    expect_silence(&lab);
}

void abort_sends_reset(enum tcpr_state state)
{
    struct lab lab;
    reach_with_text(&lab, state);
    uint32_t seq = lab.c.snd.nxt;
    lab_abort(&lab);
    expect_status(&lab, TCPR_OK);
    expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = seq));
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_CLOSED);
    assert_int_equal(lab_pull(&lab), 0);
    assert_true(tcpr_next_deadline(&lab.c) == TCPR_NEVER);
}

void abort_silent(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_abort(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_CLOSED);
    expect_silence(&lab);
    assert_true(tcpr_next_deadline(&lab.c) == TCPR_NEVER);
}

void status_tells(enum tcpr_state state)
{
    struct lab lab;
    struct tcpr_report report;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.state, state);
    expect_unchanged(&lab, &before);
}
