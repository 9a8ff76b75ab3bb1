/* SYN-SENT (RFC 9293 section 3.10.7.3). */
#include "rows.h"

static void expect_still_asking(struct lab *lab, const struct tcpr_conn *before)
{
    expect_state(lab, TCPR_SYN_SENT);
    assert_int_equal(lab->c.snd.una, before->snd.una);
    assert_int_equal(lab->c.snd.nxt, before->snd.nxt);
    assert_true(lab_runs(lab, TCPR_TIMER_RETRANSMIT));
}

static void bad_ack__draws_reset(enum tcpr_state state)
{
    const uint32_t offsets[] = {0, UINT32_MAX, 2, 3, 0x7fffffff, 0x80000000};
    const uint16_t controls[] = {TCPR_ACK, TCPR_ACK | TCPR_SYN, TCPR_ACK | TCPR_FIN};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        for (size_t j = 0; j < sizeof controls / sizeof controls[0]; j++) {
            struct lab lab;
            lab_reach(&lab, state, (struct how){0});
            struct tcpr_conn before = lab.c;
            uint32_t number = lab.c.snd.iss + offsets[i];
            lab_arrives(&lab, SEG(.ctl = controls[j], .seq = 5, .ack = number, .len = 2));
            expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = number));
            expect_rule(&lab, TCPR_RULE_9293_SYN_SENT_N1);
            expect_still_asking(&lab, &before);
        }
    }
}

static void rst__bad_ack__dropped(enum tcpr_state state)
{
    const uint32_t offsets[] = {0, UINT32_MAX, 2, 0x7fffffff};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        struct tcpr_conn before = lab.c;
        lab_arrives(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .seq = 0, .ack = lab.c.snd.iss + offsets[i]));
        expect_silence(&lab);
        expect_still_asking(&lab, &before);
    }
}

/* Whatever its SEQ: erratum 8167. */
static void rst__good_ack__refused(enum tcpr_state state)
{
    const uint32_t seqs[] = {0, 1, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof seqs / sizeof seqs[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        lab_arrives(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .seq = seqs[i], .ack = lab.c.snd.nxt));
        expect_state(&lab, TCPR_CLOSED);
        expect_silence(&lab);
        assert_true(lab.fx.events & (TCPR_EVENT_REFUSED | TCPR_EVENT_RESET));
        assert_true(tcpr_next_deadline(&lab.c) == TCPR_NEVER);
    }
}

/* RFC3168-6.1.1.1-1: once, since the second SYN asks for nothing. */
static void rst__of_an_ecn_setup_syn__plain_syn(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.ecn = true});
    struct tcpr_conn before = lab.c;
    struct seg refusal = SEG(.ctl = TCPR_RST | TCPR_ACK, .seq = 0, .ack = lab.c.snd.nxt);
    lab_arrives(&lab, refusal);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = before.snd.iss));
    assert_int_equal(lab.out[0].control, TCPR_SYN);
    expect_still_asking(&lab, &before);
    lab_arrives(&lab, refusal);
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_REFUSED);
}

static void rst__no_ack__dropped(enum tcpr_state state)
{
    const uint16_t controls[] = {TCPR_RST, TCPR_RST | TCPR_SYN};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        struct tcpr_conn before = lab.c;
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = 0, .ack = lab.c.snd.nxt));
        expect_silence(&lab);
        expect_still_asking(&lab, &before);
    }
}

static void syn_ack__establishes(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.iss_given = true, .iss = UINT32_MAX});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 300, .ack = 0, .wnd = 4000));
    expect_state(&lab, TCPR_ESTABLISHED);
    expect_event(&lab, TCPR_EVENT_CONNECTED);
    assert_int_equal(lab.c.rcv.irs, 300);
    assert_int_equal(lab.c.snd.una, 0);
    assert_int_equal(lab.c.snd.wnd, 4000);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = 0, .ack = 301));
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
}

static void syn_ack_with_text__delivers(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK | TCPR_URG, .seq = 300, .ack = lab.c.snd.nxt, .len = 10, .up = 5));
    expect_state(&lab, TCPR_ESTABLISHED);
    assert_int_equal(lab.fx.place.text_at, 0);
    assert_int_equal(lab.fx.place.len, 10);
    assert_int_equal(lab.fx.place.stream_at, 0);
    assert_int_equal(lab.fx.readable, 10);
    expect_event(&lab, TCPR_EVENT_URGENT);
    /* The SYN takes the first number, so the pointer counts from it: 300 + 5. */
    assert_int_equal(lab.c.rcv.up, 305);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = 311));
}

static void syn_ack_with_fin__close_wait(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK | TCPR_FIN, .seq = 300, .ack = lab.c.snd.nxt, .len = 10));
    expect_state(&lab, TCPR_CLOSE_WAIT);
    expect_event(&lab, TCPR_EVENT_CONNECTED | TCPR_EVENT_PEER_CLOSED);
    assert_int_equal(lab.fx.readable, 10);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = 312));
}

static void syn__simultaneous_open(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.iss_given = true, .iss = 100});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 300, .wnd = 4000));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 100, .ack = 301));
    assert_int_equal(lab.c.snd.wnd, 4000);
    assert_int_equal(lab.c.snd.wl1, 300);
    assert_int_equal(lab.c.snd.una, 100);
    assert_int_equal(lab.c.flags & TCPR_FLAG_PASSIVE, 0);
}

static void syn_with_text__text_waits(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 300, .len = 10));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    assert_int_equal(lab.fx.readable, 0);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    assert_int_equal(lab.out[0].control & (TCPR_SYN | TCPR_ACK), TCPR_SYN | TCPR_ACK);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 301, .ack = lab.c.snd.nxt, .len = 12));
    expect_state(&lab, TCPR_ESTABLISHED);
    assert_int_equal(lab.fx.readable, 12);
    assert_int_equal(lab.c.rcv.nxt, 313);
}

static void ack_only__dropped(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 300, .ack = lab.c.snd.nxt));
    expect_silence(&lab);
    expect_still_asking(&lab, &before);
    expect_rule(&lab, TCPR_RULE_9293_SYN_SENT_N3);
}

static void text_without_syn__dropped(enum tcpr_state state)
{
    const uint16_t controls[] = {0, TCPR_FIN, TCPR_PSH | TCPR_URG, TCPR_ACK | TCPR_FIN, TCPR_ACK | TCPR_PSH};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        struct tcpr_conn before = lab.c;
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = 300, .ack = lab.c.snd.nxt, .len = 9, .up = 4));
        expect_silence(&lab);
        expect_still_asking(&lab, &before);
        assert_int_equal(lab.fx.events, 0);
    }
}

static void retransmission__syn_again(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    tcpr_time rto = lab.c.rtt.rto_us;
    assert_true(rto == lab.config.rto_initial_us);
    for (int i = 1; i <= 3; i++) {
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.snd.iss));
        assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + (rto << i));
        expect_state(&lab, state);
    }
}

static const struct row table[] = {
    {"OPEN", "any", "SYN-SENT", open_exists, NULL},
    {"SEND", "space available", "SYN-SENT", send_queued, NULL},
    {"SEND", "no space", "SYN-SENT", send_no_space, NULL},
    {"RECEIVE", "space", "SYN-SENT", receive_queued, NULL},
    {"RECEIVE", "no space", "SYN-SENT", NULL, HOST_QUEUE},
    {"CLOSE", "any", "CLOSED", close_deletes, NULL},
    {"ABORT", "any", "CLOSED", abort_silent, NULL},
    {"STATUS", "any", "SYN-SENT", status_tells, NULL},
    {"SEG ACK/SYN-ACK unacceptable ACK", "SEG.ACK =< ISS or SEG.ACK > SND.NXT, RST off", "SYN-SENT",
     bad_ack__draws_reset, NULL},
    {"SEG RST unacceptable ACK", "ACK bad and RST on", "SYN-SENT", rst__bad_ack__dropped, NULL},
    {"SEG RST+ACK", "ACK acceptable (SND.UNA < SEG.ACK =< SND.NXT)", "CLOSED", rst__good_ack__refused, NULL},
    {"SEG RST+ACK", "ACK acceptable, our SYN asked for ECN", "SYN-SENT", rst__of_an_ecn_setup_syn__plain_syn, NULL},
    {"SEG RST no ACK", "RST on, ACK off", "SYN-SENT", rst__no_ack__dropped, NULL},
    {"SEG security mismatch", "ACK on", "SYN-SENT", NULL, NO_SECURITY},
    {"SEG security mismatch", "ACK off", "SYN-SENT", NULL, NO_SECURITY},
    {"SEG SYN-ACK", "ACK acceptable, SND.UNA > ISS after update", "ESTABLISHED", syn_ack__establishes, NULL},
    {"SEG SYN-ACK+data", "ACK acceptable", "ESTABLISHED", syn_ack_with_text__delivers, NULL},
    {"SEG SYN-ACK+FIN", "ACK acceptable", "CLOSE-WAIT", syn_ack_with_fin__close_wait, NULL},
    {"SEG SYN (no ACK)", "simultaneous open", "SYN-RECEIVED", syn__simultaneous_open, NULL},
    {"SEG SYN+data (no ACK)", "simultaneous open", "SYN-RECEIVED", syn_with_text__text_waits, NULL},
    {"SEG ACK only", "ACK acceptable, no SYN, no RST", "SYN-SENT", ack_only__dropped, NULL},
    {"SEG data/FIN without SYN", "RST off, SYN off", "SYN-SENT", text_without_syn__dropped, NULL},
    {"SEG FIN", "FIN without SYN", "SYN-SENT", fin_unprocessed, NULL},
    {"SEG bad checksum", "checksum wrong", "SYN-SENT", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "SYN-SENT", option_length_wrong, NULL},
    {"ICMP hard error", "dest unreachable codes 2-4 quoting the connection", "CLOSED", icmp_hard, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "SYN-SENT", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "SYN-SENT", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "SYN-SENT", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "SYN-SENT", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "SYN unacked", "SYN-SENT", retransmission__syn_again, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
};

const struct row_table rows_syn_sent = ROW_TABLE(TCPR_SYN_SENT, table);
