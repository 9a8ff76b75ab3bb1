/* CLOSING. */
#include "rows.h"

static void ack_of_fin__time_wait(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 100});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_event(&lab, TCPR_EVENT_CLOSE_OK);
    assert_true(lab.c.timer[TCPR_TIMER_TIME_WAIT] == lab.now + 2 * lab.config.msl_us);
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    expect_silence(&lab);
}

static const struct row table[] = {
    {"OPEN", "any", "CLOSING", open_exists, NULL},
    {"SEND", "any", "CLOSING", send_closing, NULL},
    {"RECEIVE", "undelivered text on hand", "CLOSING", receive_last_text, NULL},
    {"RECEIVE", "no text left", "CLOSING", receive_closing, NULL},
    {"CLOSE", "any", "CLOSING", close_closing, NULL},
    {"ABORT", "any", "CLOSED", abort_silent, NULL},
    {"STATUS", "any", "CLOSING", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "CLOSING", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "CLOSING", rst_out_of_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "CLOSING", empty_zero_window, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "CLOSING", rst_challenged,
     NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN (any SEQ)", "RFC 5961 stack", "CLOSING", syn_challenged, NULL},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "CLOSING", syn_old_style_outside, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "CLOSING", ack_bit_off, NULL},
    {"SEG ACK new", "SND.UNA < SEG.ACK =< SND.NXT, not covering our FIN", "CLOSING", ack_new, NULL},
    {"SEG ACK duplicate", "SEG.ACK =< SND.UNA but >= SND.UNA-MAX.SND.WND", "CLOSING", ack_duplicate, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "CLOSING", ack_old, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "CLOSING", ack_future, NULL},
    {"SEG window update",
     "SND.UNA =< SEG.ACK =< SND.NXT and (SND.WL1 < SEG.SEQ or SND.WL1=SEG.SEQ and SND.WL2 =< SEG.ACK)", "CLOSING",
     window_update, NULL},
    {"SEG stale window", "WL1/WL2 test fails", "CLOSING", window_stale, NULL},
    {"SEG ACK of our FIN", "SEG.ACK covers FIN", "TIME-WAIT", ack_of_fin__time_wait, NULL},
    {"SEG URG", "after peer FIN", "CLOSING", urg_after_fin, NULL},
    {"SEG data", "in window after peer FIN", "CLOSING", text_after_fin, NULL},
    {"SEG FIN retransmitted", "below RCV.NXT", "CLOSING", fin_retransmitted, NULL},
    {"SEG bad checksum", "checksum wrong", "CLOSING", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "CLOSING", option_length_wrong, NULL},
    {"ICMP hard error", "quoted SEQ in flight, RFC 9293 as written", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "CLOSING", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "CLOSING", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "CLOSING", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "CLOSING", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "CLOSING", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "data or FIN unacked", "CLOSING", retransmission_fin, NULL},
    {"ZERO-WINDOW PROBE TIMEOUT", "window zero, data or FIN still to be sent or acknowledged", "CLOSING",
     zero_window_probe, NULL},
    {"SWS OVERRIDE TIMEOUT", "small data withheld 0.1-1.0 s", "CLOSING", sws_override, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
};

const struct row_table rows_closing = ROW_TABLE(TCPR_CLOSING, table);
