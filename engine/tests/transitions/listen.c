/* LISTEN (RFC 9293 sections 3.10.1, 3.10.2 and 3.10.7.2). */
#include "rows.h"

static void expect_syn(struct lab *lab)
{
    expect_status(lab, TCPR_OK);
    expect_state(lab, TCPR_SYN_SENT);
    lab_pull(lab);
    assert_int_equal(lab->outs, 1);
    assert_int_equal(lab->out[0].control & (TCPR_SYN | TCPR_ACK), TCPR_SYN);
    assert_int_equal(lab->out[0].seq, lab->c.snd.iss);
    assert_int_equal(lab->c.snd.una, lab->c.snd.iss);
    assert_int_equal(lab->c.flags & TCPR_FLAG_PASSIVE, 0); /* MUST-11: it is an active open now */
}

static void active_open__sends_syn(enum tcpr_state state)
{
    struct lab lab;
    struct how how = {.active = true};
    lab_reach(&lab, state, how);
    lab_open_active(&lab, &how);
    expect_syn(&lab);
}

static void active_open__no_remote__error(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    struct tcpr_open open = {.local_port = 80};
    lab.status = tcpr_open_active(&lab.c, &lab.config, lab.now, &open, &lab.fx);
    expect_status(&lab, TCPR_REMOTE_UNSPECIFIED);
    expect_unchanged(&lab, &before);
}

static void passive_open__error(enum tcpr_state state)
{
    struct lab lab;
    struct how how = {.active = false};
    lab_reach(&lab, state, how);
    struct tcpr_conn before = lab.c;
    lab_open_passive(&lab, &how);
    expect_status(&lab, TCPR_ALREADY_EXISTS);
    expect_unchanged(&lab, &before);
}

static void send__remote_given__sends_syn(enum tcpr_state state)
{
    struct lab lab;
    struct how how = {.active = false};
    struct tcpr_open open = lab_open(&how);
    lab_init(&lab, &how);
    lab.status = tcpr_open_passive(&lab.c, &lab.config, lab.now, &open, &lab.fx);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, state);
    lab_send(&lab, 100);
    expect_syn(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 5, .ack = lab.c.snd.nxt));
    uint32_t seq = lab.c.snd.iss + 1;
    if (lab.out[0].text_len == 0) { expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = 6, .len = 100)); }
}

static void send__no_remote__error(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_send(&lab, 100);
    expect_status(&lab, TCPR_REMOTE_UNSPECIFIED);
    expect_unchanged(&lab, &before);
}

static void rst__ignored(enum tcpr_state state)
{
    const uint16_t controls[] = {TCPR_RST, TCPR_RST | TCPR_ACK, TCPR_RST | TCPR_SYN};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = 5, .ack = 9));
        expect_silence(&lab);
        expect_state(&lab, state);
    }
}

static void ack__draws_reset(enum tcpr_state state)
{
    const uint16_t controls[] = {TCPR_ACK, TCPR_ACK | TCPR_SYN, TCPR_ACK | TCPR_FIN, TCPR_ACK | TCPR_PSH | TCPR_URG};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = 5, .ack = 900, .len = 3));
        expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = 900));
        expect_rule(&lab, TCPR_RULE_9293_3_5_2_N2);
        expect_state(&lab, state);
    }
}

static void syn__draws_syn_ack(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.iss_given = true, .iss = 300});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 100));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 300, .ack = 101));
    assert_int_equal(lab.c.rcv.irs, 100);
    assert_int_equal(lab.c.rcv.nxt, 101);
    assert_int_equal(lab.c.snd.iss, 300);
    assert_int_equal(lab.c.snd.una, 300);
    assert_int_equal(lab.c.snd.nxt, 301);
    assert_true(lab.c.flags & TCPR_FLAG_PASSIVE);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
}

/* RFC9293-3.10.7.2-n2: kept or left to be sent again, but delivered once, and not before ESTABLISHED. */
static void syn_with_text__text_waits(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 100, .len = 10));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    assert_int_equal(lab.fx.readable, 0);
    assert_int_equal(lab_receive(&lab, 10), 0);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    assert_true(lab.out[0].ack == 101 || lab.out[0].ack == 111);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = lab.c.snd.nxt, .len = 15));
    expect_state(&lab, TCPR_ESTABLISHED);
    assert_int_equal(lab.fx.readable, 15);
    assert_int_equal(lab.c.rcv.nxt, 116);
    assert_int_equal(lab_receive(&lab, 100), 15);
}

static void syn_with_fin__fin_waits(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_FIN, .seq = 100));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    expect_no_event(&lab, TCPR_EVENT_PEER_CLOSED);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = 101, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_CLOSE_WAIT);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = 102));
}

/* MUST-57, MUST-63. */
static void syn__not_unicast__discarded(enum tcpr_state state)
{
    const uint8_t bad[][4] = {{224, 0, 0, 1}, {255, 255, 255, 255}};
    for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        for (size_t n = 0; n < 4; n++) {
            (i % 2 == 0 ? lab.ip.source : lab.ip.destination)[n] = bad[i / 2][n];
        }
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 100));
        expect_silence(&lab);
        expect_state(&lab, state);
        expect_rule(&lab, i % 2 == 0 ? TCPR_RULE_MUST_63 : TCPR_RULE_MUST_57);
    }
}

static void other__dropped(enum tcpr_state state)
{
    const uint16_t controls[] = {0, TCPR_FIN, TCPR_PSH | TCPR_URG, TCPR_ECE | TCPR_CWR};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, (struct how){0});
        struct tcpr_conn before = lab.c;
        lab_arrives(&lab, SEG(.ctl = controls[i], .seq = 5, .ack = 9, .len = 3));
        expect_silence(&lab);
        expect_unchanged(&lab, &before);
    }
}

static const struct row table[] = {
    {"OPEN-active", "remote socket specified", "SYN-SENT", active_open__sends_syn, NULL},
    {"OPEN-active", "remote socket unspecified", "LISTEN", active_open__no_remote__error, NULL},
    {"OPEN-active", "no room to queue", "LISTEN", NULL, HOST_ROOM},
    {"OPEN-passive", "already a listener", "LISTEN", passive_open__error, NULL},
    {"SEND", "remote socket specified", "SYN-SENT", send__remote_given__sends_syn, NULL},
    {"SEND", "remote socket unspecified", "LISTEN", send__no_remote__error, NULL},
    {"RECEIVE", "space", "LISTEN", receive_queued, NULL},
    {"RECEIVE", "no space", "LISTEN", NULL, HOST_QUEUE},
    {"CLOSE", "any", "CLOSED", close_deletes, NULL},
    {"ABORT", "any", "CLOSED", abort_silent, NULL},
    {"STATUS", "any", "LISTEN", status_tells, NULL},
    {"SEG RST", "any", "LISTEN", rst__ignored, NULL},
    {"SEG ACK (incl. SYN-ACK, data, FIN)", "RST off, ACK on", "LISTEN", ack__draws_reset, NULL},
    {"SEG SYN", "security mismatch", "LISTEN", NULL, NO_SECURITY},
    {"SEG SYN", "acceptable", "SYN-RECEIVED", syn__draws_syn_ack, NULL},
    {"SEG SYN+data", "acceptable", "SYN-RECEIVED", syn_with_text__text_waits, NULL},
    {"SEG SYN+FIN", "acceptable", "SYN-RECEIVED", syn_with_fin__fin_waits, NULL},
    {"SEG SYN", "source or destination address broadcast/multicast/invalid", "LISTEN", syn__not_unicast__discarded,
     NULL},
    {"SEG other (no SYN, ACK, RST)", "e.g. bare FIN or null or data", "LISTEN", other__dropped, NULL},
    {"SEG FIN", "FIN without SYN", "LISTEN", fin_unprocessed, NULL},
    {"SEG bad checksum", "checksum wrong", "LISTEN", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "LISTEN", option_length_wrong, NULL},
    {"USER TIMEOUT", "expires", "CLOSED", user_timeout, NULL},
    {"RETRANSMISSION TIMEOUT", "queue empty", "LISTEN", retransmission_none, NULL},
};

const struct row_table rows_listen = ROW_TABLE(TCPR_LISTEN, table);
