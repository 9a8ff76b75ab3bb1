/* ESTABLISHED. */
#include "rows.h"

static void close__sends_fin(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t seq = lab.c.snd.nxt;
    lab_close(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = seq, .ack = lab.c.rcv.nxt));
    assert_int_equal(lab.c.snd.nxt, seq + 1);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
}

static void close__text_first(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t seq = lab.c.snd.nxt;
    lab_send(&lab, 2000);
    lab_close(&lab);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 2);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab.c.rcv.nxt, .len = 1460));
    expect_segment(&lab.out[1], SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = seq + 1460, .ack = lab.c.rcv.nxt, .len = 540));
}

static void release__unread_text__resets(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.arrived = 10});
    uint32_t seq = lab.c.snd.nxt;
    lab_release(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_CLOSED);
    expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = seq));
    expect_rule(&lab, TCPR_RULE_SHLD_3);
    lab_reach(&lab, state, (struct how){.arrived = 10}); /* read first, it is an ordinary CLOSE */
    lab_receive(&lab, 10);
    lab_release(&lab);
    expect_state(&lab, TCPR_FIN_WAIT_1);
}

static void fin_after(enum tcpr_state state, uint32_t len)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = nxt, .ack = lab.c.snd.una, .len = len));
    expect_state(&lab, TCPR_CLOSE_WAIT);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED);
    assert_int_equal(lab.fx.readable, len);
    if (len != 0) { expect_event(&lab, TCPR_EVENT_READABLE); }
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = nxt + len + 1));
}

static void fin__close_wait(enum tcpr_state state)
{
    fin_after(state, 0);
}

static void text_and_fin__close_wait(enum tcpr_state state)
{
    fin_after(state, 1);
    fin_after(state, 1460);
}

static const struct row table[] = {
    {"OPEN", "any", "ESTABLISHED", open_exists, NULL},
    {"SEND", "space available", "ESTABLISHED", send_text, NULL},
    {"SEND", "URGENT flag", "ESTABLISHED", send_urgent, NULL},
    {"SEND", "no space", "ESTABLISHED", send_no_space, NULL},
    {"RECEIVE", "enough data queued", "ESTABLISHED", receive_text, NULL},
    {"RECEIVE", "not enough data", "ESTABLISHED", receive_queued, NULL},
    {"CLOSE", "send queue empty", "FIN-WAIT-1", close__sends_fin, NULL},
    {"CLOSE", "send queue not empty", "FIN-WAIT-1", close__text_first, NULL},
    {"CLOSE", "half-duplex close with unread received data", "CLOSED", release__unread_text__resets, NULL},
    {"ABORT", "any", "CLOSED", abort_sends_reset, NULL},
    {"STATUS", "any", "ESTABLISHED", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "ESTABLISHED", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "ESTABLISHED", rst_out_of_window, NULL},
    {"SEG data, zero window", "RCV.WND=0, SEG.LEN>0", "ESTABLISHED", data_zero_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "ESTABLISHED", empty_zero_window, NULL},
    {"SEG straddling left edge", "old+new octets", "ESTABLISHED", straddles_left, NULL},
    {"SEG straddling right edge", "exceeds RCV.NXT+RCV.WND", "ESTABLISHED", straddles_right, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "ESTABLISHED",
     rst_challenged, NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN (any SEQ)", "RFC 5961 stack", "ESTABLISHED", syn_challenged, NULL},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "ESTABLISHED", syn_old_style_outside, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "ESTABLISHED", ack_bit_off, NULL},
    {"SEG ACK new", "SND.UNA < SEG.ACK =< SND.NXT", "ESTABLISHED", ack_new, NULL},
    {"SEG ACK duplicate", "SEG.ACK =< SND.UNA but >= SND.UNA-MAX.SND.WND", "ESTABLISHED", ack_duplicate, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "ESTABLISHED", ack_old, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "ESTABLISHED", ack_future, NULL},
    {"SEG window update",
     "SND.UNA =< SEG.ACK =< SND.NXT and (SND.WL1 < SEG.SEQ or SND.WL1=SEG.SEQ and SND.WL2 =< SEG.ACK)", "ESTABLISHED",
     window_update, NULL},
    {"SEG stale window", "WL1/WL2 test fails", "ESTABLISHED", window_stale, NULL},
    {"SEG window zero", "SEG.WND=0 with data queued", "ESTABLISHED", window_zero, NULL},
    {"SEG window shrunk", "right edge moved left", "ESTABLISHED", window_shrunk, NULL},
    {"SEG URG", "RCV.UP advance beyond consumed data", "ESTABLISHED", urg_begins, NULL},
    {"SEG URG", "already in urgent mode, SEG.UP =< RCV.UP", "ESTABLISHED", urg_repeated, NULL},
    {"SEG URG", "already in urgent mode, SEG.UP > RCV.UP", "ESTABLISHED", urg_moves_on, NULL},
    {"SEG URG, zero window", "RCV.WND=0", "ESTABLISHED", urg_zero_window, NULL},
    {"SEG data in order", "SEG.SEQ=RCV.NXT, in window", "ESTABLISHED", text_in_order, NULL},
    {"SEG data out of order", "in window, SEG.SEQ > RCV.NXT", "ESTABLISHED", text_out_of_order, NULL},
    {"SEG data filling gap", "covers RCV.NXT with later data queued", "ESTABLISHED", text_fills_gap, NULL},
    {"SEG data duplicate", "entirely below RCV.NXT", "ESTABLISHED", text_duplicate, NULL},
    {"SEG FIN in order", "SEG.SEQ..FIN = RCV.NXT", "CLOSE-WAIT", fin__close_wait, NULL},
    {"SEG data+FIN", "in order", "CLOSE-WAIT", text_and_fin__close_wait, NULL},
    {"SEG FIN out of order", "hole before FIN", "ESTABLISHED", fin_out_of_order, NULL},
    {"SEG bad checksum", "checksum wrong", "ESTABLISHED", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "ESTABLISHED", option_length_wrong, NULL},
    {"ICMP hard error", "quoted SEQ in flight, RFC 9293 as written", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "ESTABLISHED", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "ESTABLISHED", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "ESTABLISHED", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "ESTABLISHED", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "ESTABLISHED", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "data queued", "ESTABLISHED", retransmission_text, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
    {"DELAYED-ACK TIMEOUT", "ACK pending < 0.5 s", "ESTABLISHED", delayed_ack, NULL},
    {"ZERO-WINDOW PROBE TIMEOUT", "SND.WND=0 with data", "ESTABLISHED", zero_window_probe, NULL},
    {"KEEPALIVE TIMEOUT", "enabled, idle >= interval, nothing outstanding", "ESTABLISHED", keepalive_probe, NULL},
    {"KEEPALIVE FAILURE", "all probes unanswered", "CLOSED", keepalive_failure, NULL},
    {"SWS OVERRIDE TIMEOUT", "small data withheld 0.1-1.0 s", "ESTABLISHED", sws_override, NULL},
};

const struct row_table rows_established = ROW_TABLE(TCPR_ESTABLISHED, table);
