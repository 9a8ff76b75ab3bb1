/* LAST-ACK. */
#include "rows.h"

static void ack_of_fin__closed(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 100});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_CLOSED | TCPR_EVENT_CLOSE_OK);
    expect_silence(&lab);
    assert_true(tcpr_next_deadline(&lab.c) == TCPR_NEVER);
}

static const struct row table[] = {
    {"OPEN", "any", "LAST-ACK", open_exists, NULL},
    {"SEND", "any", "LAST-ACK", send_closing, NULL},
    {"RECEIVE", "undelivered text on hand", "LAST-ACK", receive_last_text, NULL},
    {"RECEIVE", "no text left", "LAST-ACK", receive_closing, NULL},
    {"CLOSE", "any", "LAST-ACK", close_closing, NULL},
    {"ABORT", "any", "CLOSED", abort_silent, NULL},
    {"STATUS", "any", "LAST-ACK", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "LAST-ACK", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "LAST-ACK", rst_out_of_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "LAST-ACK", empty_zero_window, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "LAST-ACK", rst_challenged,
     NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN (any SEQ)", "RFC 5961 stack", "LAST-ACK", syn_challenged, NULL},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "LAST-ACK", syn_old_style_outside, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "LAST-ACK", ack_bit_off, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "LAST-ACK", ack_future, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "LAST-ACK", ack_old, NULL},
    {"SEG ACK new", "SND.UNA < SEG.ACK =< SND.NXT, not covering our FIN", "LAST-ACK", ack_new, NULL},
    {"SEG window update",
     "SND.UNA =< SEG.ACK =< SND.NXT and (SND.WL1 < SEG.SEQ or SND.WL1=SEG.SEQ and SND.WL2 =< SEG.ACK)", "LAST-ACK",
     window_update, NULL},
    {"SEG stale window", "WL1/WL2 test fails", "LAST-ACK", window_stale, NULL},
    {"SEG ACK duplicate", "SEG.ACK =< SND.UNA but >= SND.UNA-MAX.SND.WND", "LAST-ACK", ack_duplicate, NULL},
    {"SEG ACK of our FIN", "SEG.ACK covers FIN", "CLOSED", ack_of_fin__closed, NULL},
    {"SEG URG", "after peer FIN", "LAST-ACK", urg_after_fin, NULL},
    {"SEG data", "in window after peer FIN", "LAST-ACK", text_after_fin, NULL},
    {"SEG FIN retransmitted", "below RCV.NXT", "LAST-ACK", fin_retransmitted, NULL},
    {"SEG bad checksum", "checksum wrong", "LAST-ACK", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "LAST-ACK", option_length_wrong, NULL},
    {"ICMP hard error", "quoted SEQ in flight, RFC 9293 as written", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "LAST-ACK", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "LAST-ACK", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "LAST-ACK", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "LAST-ACK", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "LAST-ACK", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "data or FIN unacked", "LAST-ACK", retransmission_fin, NULL},
    {"ZERO-WINDOW PROBE TIMEOUT", "window zero, data or FIN still to be sent or acknowledged", "LAST-ACK",
     zero_window_probe, NULL},
    {"SWS OVERRIDE TIMEOUT", "small data withheld 0.1-1.0 s", "LAST-ACK", sws_override, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
};

const struct row_table rows_last_ack = ROW_TABLE(TCPR_LAST_ACK, table);
