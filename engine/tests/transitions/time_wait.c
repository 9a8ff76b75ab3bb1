/* TIME-WAIT: RFC 9293 section 3.6.1, RFC 6191, RFC 1337. */
#include "rows.h"

/* RFC 1337's figure 1 does not end it: old text draws an ACK, and that a reset. Nor does any of it prolong the wait. */
static void rst__rfc_1337__ignored(enum tcpr_state state)
{
    const struct {
        uint16_t ctl;
        uint32_t len;
    } resets[] = {{TCPR_RST, 0}, {TCPR_RST | TCPR_ACK, 0}, {TCPR_RST, 20}, {TCPR_RST | TCPR_SYN | TCPR_FIN, 0}};
    struct lab lab;
    lab_reach(&lab, state, (struct how){.features_on = TCPR_FEATURE_RFC1337});
    tcpr_time ends = lab.c.timer[TCPR_TIMER_TIME_WAIT];
    for (size_t i = 0; i < sizeof resets / sizeof resets[0]; i++) {
        lab.now += TCPR_S(1);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt - 30, .ack = lab.c.snd.nxt - 1, .len = 10));
        expect_ack_reply(&lab);
        lab_arrives(&lab, SEG(.ctl = resets[i].ctl, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt, .len = resets[i].len));
        expect_rule(&lab, TCPR_RULE_1337_3_N1);
        expect_silence(&lab);
        expect_state(&lab, state);
        assert_true(lab.c.timer[TCPR_TIMER_TIME_WAIT] == ends);
    }
}

/* MAY-2 (1): the new ISN lies beyond the last number of the old connection. */
static void expect_reopened(struct lab *lab, const struct tcpr_conn *old, uint32_t irs)
{
    expect_state(lab, TCPR_SYN_RECEIVED);
    assert_true(tcpr_seq_lt(old->snd.nxt - 1, lab->c.snd.iss));
    expect_pulled(lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab->c.snd.iss, .ack = irs + 1));
    assert_int_equal(lab->c.snd.nxt, lab->c.snd.iss + 1);
    assert_true(lab->fx.stream_reset || lab->c.rcv.nxt_at == 0);
    lab->now += TCPR_S(1);
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = irs + 1, .ack = lab->c.snd.nxt));
    expect_state(lab, TCPR_ESTABLISHED);
}

static struct tcpr_options timestamps(const struct lab *lab, uint32_t ahead)
{
    return (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS, .ts_val = lab->c.ts.recent + ahead};
}

/* RFC 6191 section 2, bullet by bullet. */
static void syn__rfc_6191__reopens(enum tcpr_state state)
{
    const struct {
        bool had_ts, has_ts;
        uint32_t ts_ahead, seq_ahead;
    } cases[] = {
        {true, true, 1, 0u - 5000u}, /* a later timestamp, whatever SEQ */
        {true, true, 0, 0},          /* the same, and SEQ beyond the FIN */
        {true, false, 0, 0},         /* none any more, and SEQ beyond the FIN */
        {false, true, 1, 0u - 5000u} /* one where there was none */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){.options = cases[i].had_ts ? TCPR_OPT_TIMESTAMPS : 0});
        struct tcpr_conn old = lab.c;
        struct tcpr_options o = timestamps(&lab, cases[i].ts_ahead);
        if (!cases[i].has_ts) { o = (struct tcpr_options){0}; }
        uint32_t seq = old.rcv.nxt + cases[i].seq_ahead;
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = seq, .options = &o));
        expect_reopened(&lab, &old, seq);
    }
}

/* MAY-2, and its (2): the RST that says "old duplicate" brings TIME-WAIT back, with its numbers. */
static void syn__may_2__reopens(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn old = lab.c;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = old.rcv.nxt + 1000));
    expect_reopened(&lab, &old, old.rcv.nxt + 1000);
    lab_reach(&lab, state, (struct how){0});
    old = lab.c;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = old.rcv.nxt + 1000));
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    expect_state(&lab, state);
    assert_int_equal(lab.c.snd.nxt, old.snd.nxt);
    assert_int_equal(lab.c.rcv.nxt, old.rcv.nxt);
    assert_true(lab_runs(&lab, TCPR_TIMER_TIME_WAIT));
    expect_silence(&lab);
}

static void syn__no_evidence__stays(enum tcpr_state state)
{
    const struct {
        bool had_ts, has_ts;
        uint32_t ts_ahead, seq_ahead;
    } cases[] = {
        {true, true, UINT32_MAX, 1000},    /* an older timestamp */
        {true, true, 0, UINT32_MAX},       /* the same, and SEQ not beyond the FIN */
        {true, false, 0, 0u - 5000u},      /* none, and SEQ not beyond */
        {false, false, 0, UINT32_MAX},     /* SEQ of the FIN itself */
        {false, false, 0, 0u - 0x40000000} /* SEQ far behind */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){.options = cases[i].had_ts ? TCPR_OPT_TIMESTAMPS : 0});
        struct tcpr_options o = timestamps(&lab, cases[i].ts_ahead);
        if (!cases[i].has_ts) { o = (struct tcpr_options){0}; }
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt + cases[i].seq_ahead, .options = &o));
        expect_state(&lab, state);
        if (lab.fx.has_reply) { expect_ack_reply(&lab); }
        assert_int_equal(lab_pull(&lab), 0);
    }
}

static void time_wait_timeout__closed(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    tcpr_time began = lab.now;
    lab_fire(&lab, TCPR_TIMER_TIME_WAIT);
    assert_true(lab.now - began > 2 * lab.config.msl_us - TCPR_MS(10));
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_CLOSED);
    expect_rule(&lab, TCPR_RULE_9293_3_10_8_N3);
    expect_silence(&lab);
}

static const struct row table[] = {
    {"OPEN", "any", "TIME-WAIT", open_exists, NULL},
    {"SEND", "any", "TIME-WAIT", send_closing, NULL},
    {"RECEIVE", "undelivered text on hand", "TIME-WAIT", receive_last_text, NULL},
    {"RECEIVE", "no text left", "TIME-WAIT", receive_closing, NULL},
    {"CLOSE", "any", "TIME-WAIT", close_closing, NULL},
    {"ABORT", "any", "CLOSED", abort_silent, NULL},
    {"STATUS", "any", "TIME-WAIT", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "TIME-WAIT", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "TIME-WAIT", rst_out_of_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "TIME-WAIT", empty_zero_window, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT", "CLOSED", rst_exact, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "TIME-WAIT", rst_challenged,
     NULL},
    {"SEG RST in window", "stack without RFC 5961", "CLOSED", rst_old_style, NULL},
    {"SEG RST", "RFC 1337 protection (informational)", "TIME-WAIT", rst__rfc_1337__ignored, NULL},
    {"SEG RST with data", "exact RST carrying payload", "CLOSED", rst_with_data, NULL},
    {"SEG security mismatch", "in window", "CLOSED", NULL, NO_SECURITY},
    {"SEG SYN in window", "stack without RFC 5961", "CLOSED", syn_old_style_resets, NULL},
    {"SEG SYN out of window", "stack without RFC 5961", "TIME-WAIT", syn_old_style_outside, NULL},
    {"SEG SYN",
     "RFC 6191: TSval > last, or TS equal and SEQ greater, or no TS and SEQ greater, or new TS where old had none",
     "SYN-RECEIVED", syn__rfc_6191__reopens, NULL},
    {"SEG SYN", "MAY-2 without timestamps, SEQ above RCV.NXT", "SYN-RECEIVED", syn__may_2__reopens, NULL},
    {"SEG SYN", "no evidence of newness", "TIME-WAIT", syn__no_evidence__stays, NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "TIME-WAIT", ack_bit_off, NULL},
    {"SEG ACK future", "SEG.ACK > SND.NXT", "TIME-WAIT", ack_future, NULL},
    {"SEG ACK old", "SEG.ACK < SND.UNA-MAX.SND.WND, RFC 5961 5", "TIME-WAIT", ack_old, NULL},
    {"SEG ACK duplicate", "plain ACK", "TIME-WAIT", ack_duplicate, NULL},
    {"SEG URG", "after peer FIN", "TIME-WAIT", urg_after_fin, NULL},
    {"SEG data", "in window after peer FIN", "TIME-WAIT", text_after_fin, NULL},
    {"SEG FIN retransmitted", "peer resends FIN", "TIME-WAIT", fin_retransmitted, NULL},
    {"SEG bad checksum", "checksum wrong", "TIME-WAIT", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "TIME-WAIT", option_length_wrong, NULL},
    {"ICMP hard error", "RFC 9293 as written, without a check of the quoted SEQ", "CLOSED", icmp_hard, NULL},
    {"ICMP hard error", "RFC 5927 practice", "TIME-WAIT", icmp_hard_is_soft, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "TIME-WAIT", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "TIME-WAIT", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "TIME-WAIT", icmp_source_quench, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "queue empty", "TIME-WAIT", retransmission_none, NULL},
    {"TIME-WAIT TIMEOUT", "2 MSL elapsed", "CLOSED", time_wait_timeout__closed, NULL},
};

const struct row_table rows_time_wait = ROW_TABLE(TCPR_TIME_WAIT, table);
