/* CLOSE-WAIT. */
#include "rows.h"

static void close__last_ack(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    uint32_t seq = lab.c.snd.nxt, ack = lab.c.rcv.nxt;
    lab_send(&lab, 200);
    lab_close(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_LAST_ACK);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = seq, .ack = ack, .len = 200));
    assert_int_equal(lab.c.snd.nxt, seq + 201);
}

static const struct row table[] = {
    {"OPEN", "any", "CLOSE-WAIT", open_exists, NULL},
    {"SEND", "space available", "CLOSE-WAIT", send_text, NULL},
    {"SEND", "URGENT flag", "CLOSE-WAIT", send_urgent, NULL},
    {"SEND", "no space", "CLOSE-WAIT", send_no_space, NULL},
    {"RECEIVE", "undelivered text on hand", "CLOSE-WAIT", receive_last_text, NULL},
    {"RECEIVE", "no text left", "CLOSE-WAIT", receive_closing, NULL},
    {"CLOSE", "after preceding SENDs segmentized", "LAST-ACK", close__last_ack, NULL},
    {"ABORT", "any", "CLOSED", abort_sends_reset, NULL},
    {"STATUS", "any", "CLOSE-WAIT", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "CLOSE-WAIT", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "CLOSE-WAIT", rst_out_of_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "CLOSE-WAIT", empty_zero_window, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "CLOSE-WAIT", rst_challenged,
     NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN (any SEQ)", "RFC 5961 stack", "CLOSE-WAIT", syn_challenged, NULL},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "CLOSE-WAIT", syn_old_style_outside, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "CLOSE-WAIT", ack_bit_off, NULL},
    {"SEG ACK new", "SND.UNA < SEG.ACK =< SND.NXT", "CLOSE-WAIT", ack_new, NULL},
    {"SEG ACK duplicate", "SEG.ACK =< SND.UNA but >= SND.UNA-MAX.SND.WND", "CLOSE-WAIT", ack_duplicate, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "CLOSE-WAIT", ack_old, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "CLOSE-WAIT", ack_future, NULL},
    {"SEG window update",
     "SND.UNA =< SEG.ACK =< SND.NXT and (SND.WL1 < SEG.SEQ or SND.WL1=SEG.SEQ and SND.WL2 =< SEG.ACK)", "CLOSE-WAIT",
     window_update, NULL},
    {"SEG stale window", "WL1/WL2 test fails", "CLOSE-WAIT", window_stale, NULL},
    {"SEG window zero", "SEG.WND=0 with data queued", "CLOSE-WAIT", window_zero, NULL},
    {"SEG window shrunk", "right edge moved left", "CLOSE-WAIT", window_shrunk, NULL},
    {"SEG URG", "after peer FIN", "CLOSE-WAIT", urg_after_fin, NULL},
    {"SEG data", "in window after peer FIN", "CLOSE-WAIT", text_after_fin, NULL},
    {"SEG FIN retransmitted", "below RCV.NXT", "CLOSE-WAIT", fin_retransmitted, NULL},
    {"SEG bad checksum", "checksum wrong", "CLOSE-WAIT", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "CLOSE-WAIT", option_length_wrong, NULL},
    {"ICMP hard error", "quoted SEQ in flight, RFC 9293 as written", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "CLOSE-WAIT", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "CLOSE-WAIT", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "CLOSE-WAIT", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "CLOSE-WAIT", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "CLOSE-WAIT", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "data queued", "CLOSE-WAIT", retransmission_text, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
    {"ZERO-WINDOW PROBE TIMEOUT", "SND.WND=0 with data", "CLOSE-WAIT", zero_window_probe, NULL},
    {"KEEPALIVE TIMEOUT", "enabled, idle >= interval, nothing outstanding", "CLOSE-WAIT", keepalive_probe, NULL},
    {"KEEPALIVE FAILURE", "all probes unanswered", "CLOSED", keepalive_failure, NULL},
    {"SWS OVERRIDE TIMEOUT", "small data withheld 0.1-1.0 s", "CLOSE-WAIT", sws_override, NULL},
};

const struct row_table rows_close_wait = ROW_TABLE(TCPR_CLOSE_WAIT, table);
