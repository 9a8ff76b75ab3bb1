/* FIN-WAIT-1. */
#include "rows.h"

static void ack_of_fin__fin_wait_2(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 100});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_FIN_WAIT_2);
    assert_int_equal(lab.fx.released, 100);
    expect_event(&lab, TCPR_EVENT_CLOSE_OK);
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    expect_silence(&lab);
}

static void fin__closing(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 100});
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = nxt, .ack = lab.c.snd.una + 100));
    expect_state(&lab, TCPR_CLOSING);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = nxt + 1));
}

static void fin_and_ack_of_fin__time_wait(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 100});
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = nxt, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED | TCPR_EVENT_CLOSE_OK);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = nxt + 1));
    assert_true(lab.c.timer[TCPR_TIMER_TIME_WAIT] == lab.now + 2 * lab.config.msl_us); /* MUST-13 */
    for (int timer = TCPR_TIMER_USER; timer < TCPR_TIMERS; timer++) {
        assert_true(lab.c.timer[timer] == TCPR_NEVER);
    }
}

static const struct row table[] = {
    {"OPEN", "any", "FIN-WAIT-1", open_exists, NULL},
    {"SEND", "any", "FIN-WAIT-1", send_closing, NULL},
    {"RECEIVE", "enough data queued", "FIN-WAIT-1", receive_text, NULL},
    {"RECEIVE", "not enough data", "FIN-WAIT-1", receive_queued, NULL},
    {"CLOSE", "any", "FIN-WAIT-1", close_closing, NULL},
    {"ABORT", "any", "CLOSED", abort_sends_reset, NULL},
    {"STATUS", "any", "FIN-WAIT-1", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "FIN-WAIT-1", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "FIN-WAIT-1", rst_out_of_window, NULL},
    {"SEG data, zero window", "RCV.WND=0, SEG.LEN>0", "FIN-WAIT-1", data_zero_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "FIN-WAIT-1", empty_zero_window, NULL},
    {"SEG straddling left edge", "old+new octets", "FIN-WAIT-1", straddles_left, NULL},
    {"SEG straddling right edge", "exceeds RCV.NXT+RCV.WND", "FIN-WAIT-1", straddles_right, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "FIN-WAIT-1", rst_challenged,
     NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN (any SEQ)", "RFC 5961 stack", "FIN-WAIT-1", syn_challenged, NULL},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "FIN-WAIT-1", syn_old_style_outside, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "FIN-WAIT-1", ack_bit_off, NULL},
    {"SEG ACK new", "SND.UNA < SEG.ACK =< SND.NXT, not covering our FIN", "FIN-WAIT-1", ack_new, NULL},
    {"SEG ACK duplicate", "SEG.ACK =< SND.UNA but >= SND.UNA-MAX.SND.WND", "FIN-WAIT-1", ack_duplicate, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "FIN-WAIT-1", ack_old, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "FIN-WAIT-1", ack_future, NULL},
    {"SEG window update",
     "SND.UNA =< SEG.ACK =< SND.NXT and (SND.WL1 < SEG.SEQ or SND.WL1=SEG.SEQ and SND.WL2 =< SEG.ACK)", "FIN-WAIT-1",
     window_update, NULL},
    {"SEG stale window", "WL1/WL2 test fails", "FIN-WAIT-1", window_stale, NULL},
    {"SEG window zero", "SEG.WND=0 with data queued", "FIN-WAIT-1", window_zero, NULL},
    {"SEG window shrunk", "right edge moved left", "FIN-WAIT-1", window_shrunk, NULL},
    {"SEG ACK of our FIN", "SEG.ACK covers FIN", "FIN-WAIT-2", ack_of_fin__fin_wait_2, NULL},
    {"SEG URG", "RCV.UP advance beyond consumed data", "FIN-WAIT-1", urg_begins, NULL},
    {"SEG URG", "already in urgent mode, SEG.UP =< RCV.UP", "FIN-WAIT-1", urg_repeated, NULL},
    {"SEG URG", "already in urgent mode, SEG.UP > RCV.UP", "FIN-WAIT-1", urg_moves_on, NULL},
    {"SEG URG, zero window", "RCV.WND=0", "FIN-WAIT-1", urg_zero_window, NULL},
    {"SEG data in order", "SEG.SEQ=RCV.NXT, in window", "FIN-WAIT-1", text_in_order, NULL},
    {"SEG data out of order", "in window, SEG.SEQ > RCV.NXT", "FIN-WAIT-1", text_out_of_order, NULL},
    {"SEG data filling gap", "covers RCV.NXT with later data queued", "FIN-WAIT-1", text_fills_gap, NULL},
    {"SEG data duplicate", "entirely below RCV.NXT", "FIN-WAIT-1", text_duplicate, NULL},
    {"SEG data after full close", "application closed both directions", "CLOSED", text_after_release, NULL},
    {"SEG FIN out of order", "hole before FIN", "FIN-WAIT-1", fin_out_of_order, NULL},
    {"SEG FIN", "our FIN not yet ACKed", "CLOSING", fin__closing, NULL},
    {"SEG FIN+ACK of our FIN", "same segment acks our FIN", "TIME-WAIT", fin_and_ack_of_fin__time_wait, NULL},
    {"SEG bad checksum", "checksum wrong", "FIN-WAIT-1", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "FIN-WAIT-1", option_length_wrong, NULL},
    {"ICMP hard error", "quoted SEQ in flight, RFC 9293 as written", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "FIN-WAIT-1", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "FIN-WAIT-1", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "FIN-WAIT-1", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "FIN-WAIT-1", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "FIN-WAIT-1", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "data or FIN unacked", "FIN-WAIT-1", retransmission_fin, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
    {"DELAYED-ACK TIMEOUT", "ACK pending < 0.5 s", "FIN-WAIT-1", delayed_ack, NULL},
    {"ZERO-WINDOW PROBE TIMEOUT", "SND.WND=0 with data", "FIN-WAIT-1", zero_window_probe, NULL},
    {"SWS OVERRIDE TIMEOUT", "small data withheld 0.1-1.0 s", "FIN-WAIT-1", sws_override, NULL},
};

const struct row_table rows_fin_wait_1 = ROW_TABLE(TCPR_FIN_WAIT_1, table);
