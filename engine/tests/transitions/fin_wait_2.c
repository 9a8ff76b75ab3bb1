/* FIN-WAIT-2. */
#include "rows.h"

static void ack_of_fin__close_ok(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, TCPR_FIN_WAIT_1, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    expect_state(&lab, state);
    expect_event(&lab, TCPR_EVENT_CLOSE_OK);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt)); /* said once */
    expect_no_event(&lab, TCPR_EVENT_CLOSE_OK);
    expect_state(&lab, state);
}

static void fin__time_wait(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = nxt, .ack = lab.c.snd.nxt, .len = 9));
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED | TCPR_EVENT_READABLE);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = nxt + 10));
    assert_true(lab.c.timer[TCPR_TIMER_TIME_WAIT] == lab.now + 2 * lab.config.msl_us);
    for (int timer = TCPR_TIMER_USER; timer < TCPR_TIMERS; timer++) {
        assert_true(lab.c.timer[timer] == TCPR_NEVER);
    }
}

static const struct row table[] = {
    {"OPEN", "any", "FIN-WAIT-2", open_exists, NULL},
    {"SEND", "any", "FIN-WAIT-2", send_closing, NULL},
    {"RECEIVE", "enough data queued", "FIN-WAIT-2", receive_text, NULL},
    {"RECEIVE", "not enough data", "FIN-WAIT-2", receive_queued, NULL},
    {"CLOSE", "any", "FIN-WAIT-2", close_closing, NULL},
    {"ABORT", "any", "CLOSED", abort_sends_reset, NULL},
    {"STATUS", "any", "FIN-WAIT-2", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "FIN-WAIT-2", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "FIN-WAIT-2", rst_out_of_window, NULL},
    {"SEG data, zero window", "RCV.WND=0, SEG.LEN>0", "FIN-WAIT-2", data_zero_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "FIN-WAIT-2", empty_zero_window, NULL},
    {"SEG straddling left edge", "old+new octets", "FIN-WAIT-2", straddles_left, NULL},
    {"SEG straddling right edge", "exceeds RCV.NXT+RCV.WND", "FIN-WAIT-2", straddles_right, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "FIN-WAIT-2", rst_challenged,
     NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN (any SEQ)", "RFC 5961 stack", "FIN-WAIT-2", syn_challenged, NULL},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "FIN-WAIT-2", syn_old_style_outside, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "FIN-WAIT-2", ack_bit_off, NULL},
    {"SEG ACK duplicate", "SEG.ACK =< SND.UNA but >= SND.UNA-MAX.SND.WND", "FIN-WAIT-2", ack_duplicate, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "FIN-WAIT-2", ack_old, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "FIN-WAIT-2", ack_future, NULL},
    {"SEG window update",
     "SND.UNA =< SEG.ACK =< SND.NXT and (SND.WL1 < SEG.SEQ or SND.WL1=SEG.SEQ and SND.WL2 =< SEG.ACK)", "FIN-WAIT-2",
     window_update, NULL},
    {"SEG stale window", "WL1/WL2 test fails", "FIN-WAIT-2", window_stale, NULL},
    {"SEG ACK", "retransmission queue empty", "FIN-WAIT-2", ack_of_fin__close_ok, NULL},
    {"SEG URG", "RCV.UP advance beyond consumed data", "FIN-WAIT-2", urg_begins, NULL},
    {"SEG URG", "already in urgent mode, SEG.UP =< RCV.UP", "FIN-WAIT-2", urg_repeated, NULL},
    {"SEG URG", "already in urgent mode, SEG.UP > RCV.UP", "FIN-WAIT-2", urg_moves_on, NULL},
    {"SEG URG, zero window", "RCV.WND=0", "FIN-WAIT-2", urg_zero_window, NULL},
    {"SEG data in order", "SEG.SEQ=RCV.NXT, in window", "FIN-WAIT-2", text_in_order, NULL},
    {"SEG data out of order", "in window, SEG.SEQ > RCV.NXT", "FIN-WAIT-2", text_out_of_order, NULL},
    {"SEG data filling gap", "covers RCV.NXT with later data queued", "FIN-WAIT-2", text_fills_gap, NULL},
    {"SEG data duplicate", "entirely below RCV.NXT", "FIN-WAIT-2", text_duplicate, NULL},
    {"SEG data after full close", "application closed both directions", "CLOSED", text_after_release, NULL},
    {"SEG FIN out of order", "hole before FIN", "FIN-WAIT-2", fin_out_of_order, NULL},
    {"SEG FIN", "in order", "TIME-WAIT", fin__time_wait, NULL},
    {"SEG bad checksum", "checksum wrong", "FIN-WAIT-2", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "FIN-WAIT-2", option_length_wrong, NULL},
    {"ICMP hard error", "RFC 9293 as written, without a check of the quoted SEQ", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "FIN-WAIT-2", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "FIN-WAIT-2", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "FIN-WAIT-2", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "FIN-WAIT-2", icmp_source_quench, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "queue empty", "FIN-WAIT-2", retransmission_none, NULL},
    {"DELAYED-ACK TIMEOUT", "ACK pending < 0.5 s", "FIN-WAIT-2", delayed_ack, NULL},
};

const struct row_table rows_fin_wait_2 = ROW_TABLE(TCPR_FIN_WAIT_2, table);
