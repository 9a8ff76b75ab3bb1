/* SYN-RECEIVED (RFC 9293 sections 3.5 and 3.10.7.4); MUST-11: where it came from matters. */
#include "rows.h"

static void close__fin_wait_1(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_close(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = lab.c.snd.iss + 1, .ack = LAB_IRS + 1));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_FIN_WAIT_2);
}

static void close__text_pending__waits(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_send(&lab, 50);
    lab_close(&lab);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, state);
    expect_silence(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_FIN_WAIT_1);
    lab_pull(&lab);
    assert_true(lab.outs == 1 || lab.outs == 2);
    assert_int_equal(lab.out[0].text_len, 50);
    assert_int_equal(lab.out[lab.outs - 1].control & TCPR_FIN, TCPR_FIN);
    assert_int_equal(lab.c.snd.nxt, lab.c.snd.iss + 52);
}

static void expect_listening(struct lab *lab)
{
    expect_state(lab, TCPR_LISTEN);
    expect_event(lab, TCPR_EVENT_LISTENING);
    expect_no_event(lab, TCPR_EVENT_RESET | TCPR_EVENT_REFUSED | TCPR_EVENT_CLOSED);
    assert_true(lab->fx.stream_reset);
    expect_silence(lab);
    assert_true(tcpr_next_deadline(&lab->c) == TCPR_NEVER);
    /* It is a listener again, for anybody. */
    lab_arrives(lab, SEG(.ctl = TCPR_SYN, .seq = 7000));
    expect_state(lab, TCPR_SYN_RECEIVED);
    expect_pulled(lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab->c.snd.iss, .ack = 7001));
}

static void expect_refused(struct lab *lab)
{
    expect_state(lab, TCPR_CLOSED);
    expect_event(lab, TCPR_EVENT_REFUSED);
    expect_silence(lab);
}

static void rst__passive__listens(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.active = false});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    expect_listening(&lab);
}

static void rst__active__refused(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.active = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    expect_refused(&lab);
}

static void rst_in_window__passive__listens(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.features_off = TCPR_FEATURE_RFC5961_RST});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.edge - 1));
    expect_listening(&lab);
}

static void rst_in_window__active__refused(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.active = true, .features_off = TCPR_FEATURE_RFC5961_RST});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.edge - 1));
    expect_refused(&lab);
}

static void syn__passive__listens(enum tcpr_state state)
{
    const uint16_t controls[] = {TCPR_SYN, TCPR_SYN | TCPR_ACK};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){.active = false});
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
        expect_listening(&lab);
    }
}

static void syn__active__challenged(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.active = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt));
    expect_ack_reply(&lab);
    assert_true(lab_did(&lab, TCPR_ACT_CHALLENGED));
    expect_state(&lab, state);
}

static void syn_again__draws_ack(enum tcpr_state state)
{
    for (int active = 0; active < 2; active++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){.active = active != 0});
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS));
        expect_ack_reply(&lab);
        expect_state(&lab, state);
    }
}

static void figure_7__establishes(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.active = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = lab.c.snd.iss + 1));
    expect_state(&lab, TCPR_ESTABLISHED);
    expect_event(&lab, TCPR_EVENT_CONNECTED);
    assert_int_equal(lab.c.rcv.nxt, LAB_IRS + 1);
    lab_reach(&lab, state, (struct how){.active = false}); /* never for a passive open */
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = lab.c.snd.iss + 1));
    expect_ack_reply(&lab);
    expect_state(&lab, state);
}

static void ack__establishes(enum tcpr_state state)
{
    for (int active = 0; active < 2; active++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){.active = active != 0});
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt, .wnd = 3000));
        expect_state(&lab, TCPR_ESTABLISHED);
        expect_event(&lab, TCPR_EVENT_CONNECTED);
        assert_int_equal(lab.c.snd.una, lab.c.snd.iss + 1);
        assert_int_equal(lab.c.snd.wnd, 3000);
        assert_int_equal(lab.c.snd.wl1, LAB_IRS + 1);
        assert_int_equal(lab.c.snd.wl2, lab.c.snd.iss + 1);
        expect_silence(&lab);
        assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    }
}

static void bad_ack__draws_reset(enum tcpr_state state)
{
    const uint32_t offsets[] = {0, UINT32_MAX, 2, 1000, 0x7fffffff, 0x80000000, 0u - 65536u};
    const uint16_t controls[] = {TCPR_ACK, TCPR_ACK | TCPR_FIN, TCPR_ACK | TCPR_PSH};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        for (size_t j = 0; j < sizeof controls / sizeof controls[0]; j++) {
            struct lab lab;
            lab_reach(&lab, state, (struct how){0});
            uint32_t number = lab.c.snd.iss + offsets[i];
            lab_arrives(&lab, SEG(.ctl = controls[j], .seq = LAB_IRS + 1, .ack = number, .len = 5));
            expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = number));
            expect_rule(&lab, TCPR_RULE_9293_OTHER_N8);
            expect_state(&lab, state);
            assert_int_equal(lab.c.rcv.nxt, LAB_IRS + 1);
            assert_int_equal(lab.fx.place.len, 0);
        }
    }
}

static void ack_with_text__delivers(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt, .len = 40));
    expect_state(&lab, TCPR_ESTABLISHED);
    assert_int_equal(lab.fx.place.len, 40);
    assert_int_equal(lab.fx.readable, 40);
    expect_event(&lab, TCPR_EVENT_CONNECTED | TCPR_EVENT_READABLE);
    expect_acked_soon(&lab);
    assert_int_equal(lab.out[0].ack, LAB_IRS + 41);
}

static void ack_with_fin__close_wait(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt, .len = 40));
    expect_state(&lab, TCPR_CLOSE_WAIT);
    expect_event(&lab, TCPR_EVENT_CONNECTED | TCPR_EVENT_PEER_CLOSED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = LAB_IRS + 42));
}

static void retransmission__syn_ack_again(enum tcpr_state state)
{
    for (int active = 0; active < 2; active++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){.active = active != 0});
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        expect_pulled(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab.c.snd.iss, .ack = LAB_IRS + 1));
        assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + 2 * lab.config.rto_initial_us);
        expect_state(&lab, state);
    }
}

static const struct row table[] = {
    {"OPEN", "any", "SYN-RECEIVED", open_exists, NULL},
    {"SEND", "space available", "SYN-RECEIVED", send_queued, NULL},
    {"SEND", "no space", "SYN-RECEIVED", send_no_space, NULL},
    {"RECEIVE", "space", "SYN-RECEIVED", receive_queued, NULL},
    {"RECEIVE", "no space", "SYN-RECEIVED", NULL, HOST_QUEUE},
    {"CLOSE", "no SEND issued and nothing pending", "FIN-WAIT-1", close__fin_wait_1, NULL},
    {"CLOSE", "data pending", "SYN-RECEIVED", close__text_pending__waits, NULL},
    {"ABORT", "any", "CLOSED", abort_sends_reset, NULL},
    {"STATUS", "any", "SYN-RECEIVED", status_tells, NULL},
    {"SEG out of window", "SEQ fails Table 6, RST off", "SYN-RECEIVED", out_of_window, NULL},
    {"SEG RST out of window", "SEQ fails Table 6", "SYN-RECEIVED", rst_out_of_window, NULL},
    {"SEG zero length, zero window", "RCV.WND=0, SEG.SEQ=RCV.NXT", "SYN-RECEIVED", empty_zero_window, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT, passive origin", "LISTEN", rst__passive__listens, NULL},
    {"SEG RST exact", "SEG.SEQ=RCV.NXT, active origin (simultaneous open)", "CLOSED", rst__active__refused, NULL},
    {"SEG RST in window not exact", "RCV.NXT < SEG.SEQ < RCV.NXT+RCV.WND, RFC 5961 stack", "SYN-RECEIVED",
     rst_challenged, NULL},
    {"SEG RST in window", "stack without RFC 5961, passive origin", "LISTEN", rst_in_window__passive__listens, NULL},
    {"SEG RST in window", "stack without RFC 5961, active origin", "CLOSED", rst_in_window__active__refused, NULL},
    {"SEG security mismatch", "in window", "SYN-RECEIVED", NULL, NO_SECURITY},
    {"SEG SYN in window", "passive origin", "LISTEN", syn__passive__listens, NULL},
    {"SEG SYN in window", "active origin", "SYN-RECEIVED", syn__active__challenged, NULL},
    {"SEG SYN duplicate", "SEG.SEQ=IRS (retransmitted SYN, out of window)", "SYN-RECEIVED", syn_again__draws_ack, NULL},
    {"SEG SYN-ACK", "simultaneous open per Figure 7: SEG.SEQ=IRS, ACK=ISS+1", "ESTABLISHED", figure_7__establishes,
     NULL},
    {"SEG ACK bit off", "in window, RST and SYN off", "SYN-RECEIVED", ack_bit_off, NULL},
    {"SEG ACK acceptable", "SND.UNA < SEG.ACK =< SND.NXT", "ESTABLISHED", ack__establishes, NULL},
    {"SEG ACK unacceptable", "SEG.ACK =< SND.UNA or > SND.NXT", "SYN-RECEIVED", bad_ack__draws_reset, NULL},
    {"SEG ACK+data", "acceptable ACK, in-order text", "ESTABLISHED", ack_with_text__delivers, NULL},
    {"SEG ACK+FIN", "acceptable ACK, in-order FIN", "CLOSE-WAIT", ack_with_fin__close_wait, NULL},
    {"SEG FIN unacceptable ACK", "ACK outside range", "SYN-RECEIVED", bad_ack__draws_reset, NULL},
    {"SEG bad checksum", "checksum wrong", "SYN-RECEIVED", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "SYN-RECEIVED", option_length_wrong, NULL},
    {"ICMP hard error", "dest unreachable codes 2-4 quoting the connection", "CLOSED", icmp_hard, NULL},
    {"ICMP error", "quoted SEQ not in SND.UNA..SND.NXT", "SYN-RECEIVED", icmp_not_in_flight, NULL},
    {"ICMP soft error", "unreachable 0,1,5, time exceeded, parameter problem", "SYN-RECEIVED", icmp_soft, NULL},
    {"ICMP Source Quench", "any", "SYN-RECEIVED", icmp_source_quench, NULL},
    {"ICMP frag-needed / PTB", "valid and quoted SEQ in flight", "SYN-RECEIVED", icmp_too_big, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "SYN-ACK unacked", "SYN-RECEIVED", retransmission__syn_ack_again, NULL},
    {"RETRANSMISSION LIMIT R2", "R2 exceeded (>=100 s data, >=3 min SYN)", "CLOSED", retransmission_limit, NULL},
};

const struct row_table rows_syn_received = ROW_TABLE(TCPR_SYN_RECEIVED, table);
