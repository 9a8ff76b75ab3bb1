/* CLOSED: there is no connection (RFC 9293 sections 3.10.1 to 3.10.6 and 3.10.7.1). */
#include "rows.h"

static void passive_open__listens(enum tcpr_state state)
{
    struct lab lab;
    struct how how = {.active = false};
    lab_reach(&lab, state, how);
    lab_open_passive(&lab, &how);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_LISTEN);
    expect_silence(&lab);
}

static void active_open__sends_syn(enum tcpr_state state)
{
    struct lab lab;
    struct how how = {.active = true};
    lab_reach(&lab, state, how);
    lab_open_active(&lab, &how);
    expect_status(&lab, TCPR_OK);
    expect_state(&lab, TCPR_SYN_SENT);
    struct tcpr_ip ip = lab_open(&how).ip;
    uint32_t isn = tcpr_isn(tcpr_isn_key(lab.config.isn_secret, &ip, 80, 40000), lab.now);
    assert_int_equal(lab.c.snd.iss, isn);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = isn));
    assert_int_equal(lab.out[0].ack, 0);
    assert_int_equal(lab.out[0].source_port, 80);
    assert_int_equal(lab.out[0].destination_port, 40000);
    assert_int_equal(lab.c.snd.una, isn);
    assert_int_equal(lab.c.snd.nxt, isn + 1);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
}

static void refused_open(enum tcpr_state state, struct tcpr_open open, enum tcpr_status want)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab.status = tcpr_open_active(&lab.c, &lab.config, lab.now, &open, &lab.fx);
    expect_status(&lab, want);
    expect_unchanged(&lab, &before);
    expect_silence(&lab);
}

static void active_open__no_remote__error(enum tcpr_state state)
{
    struct how how = {.active = true};
    struct tcpr_open open = lab_open(&how);
    open.remote_port = 0;
    refused_open(state, open, TCPR_REMOTE_UNSPECIFIED);
    open = lab_open(&how);
    open.ip.version = 0;
    refused_open(state, open, TCPR_REMOTE_UNSPECIFIED);
}

static void active_open__not_unicast__error(enum tcpr_state state)
{
    const uint8_t bad[][4] = {{224, 0, 0, 1}, {239, 255, 255, 255}, {255, 255, 255, 255}};
    struct how how = {.active = true};
    struct tcpr_open open = lab_open(&how);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t n = 0; n < 4; n++) {
            open.ip.destination[n] = bad[i][n];
        }
        refused_open(state, open, TCPR_REMOTE_INVALID);
    }
    open.ip = (struct tcpr_ip){.source = {0x20, 1}, .destination = {0xff, 2}, .version = 6, .ttl = 64};
    refused_open(state, open, TCPR_REMOTE_INVALID);
}

static void receive__does_not_exist(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    assert_int_equal(lab_receive(&lab, 1), 0);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
    expect_unchanged(&lab, &before);
}

static void close__does_not_exist(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_close(&lab);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
    lab_release(&lab);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
    expect_unchanged(&lab, &before);
}

static void abort__does_not_exist(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    lab_abort(&lab);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
    expect_unchanged(&lab, &before);
    expect_silence(&lab);
}

static void status__does_not_exist(enum tcpr_state state)
{
    struct lab lab;
    struct tcpr_report report;
    lab_reach(&lab, state, (struct how){0});
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_DOES_NOT_EXIST);
    assert_int_equal(report.state, TCPR_CLOSED);
}

static void rst__discarded(enum tcpr_state state)
{
    struct lab lab;
    struct tcpr_segment out;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = 5));
    expect_silence(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK | TCPR_SYN, .seq = 5, .ack = 9));
    expect_silence(&lab);
    expect_state(&lab, state);
    struct tcpr_segment rst = lab_segment(&lab, SEG(.ctl = TCPR_RST, .seq = 5));
    assert_false(tcpr_closed_reply(&rst, &out));
}

static void expect_refused(enum tcpr_state state, struct seg seg, struct seg want)
{
    struct lab lab;
    struct tcpr_segment out;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, seg);
    expect_reply(&lab, want);
    expect_state(&lab, state);
    assert_int_equal(lab.fx.reply.source_port, 80);
    assert_int_equal(lab.fx.reply.destination_port, 40000);
    struct tcpr_segment arrived = lab_segment(&lab, seg);
    assert_true(tcpr_closed_reply(&arrived, &out));
    expect_segment(&out, want);
}

static void without_ack__reset_acks_it(enum tcpr_state state)
{
    expect_refused(state, SEG(.ctl = 0, .seq = 100), SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = 100));
    expect_refused(state, SEG(.ctl = TCPR_SYN, .seq = 100), SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = 101));
    expect_refused(state, SEG(.ctl = TCPR_FIN, .seq = 100, .len = 7), SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = 108));
    expect_refused(state, SEG(.ctl = TCPR_SYN | TCPR_FIN, .seq = UINT32_MAX, .len = 7),
                   SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = 8));
}

static void with_ack__reset_takes_its_seq(enum tcpr_state state)
{
    const uint16_t controls[] = {TCPR_ACK, TCPR_ACK | TCPR_SYN, TCPR_ACK | TCPR_FIN, TCPR_ACK | TCPR_PSH | TCPR_URG};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        expect_refused(state, SEG(.ctl = controls[i], .seq = 100, .ack = 700, .len = 3),
                       SEG(.ctl = TCPR_RST, .seq = 700));
    }
}

static const struct row table[] = {
    {"OPEN-passive", "resources and access ok", "LISTEN", passive_open__listens, NULL},
    {"OPEN-active", "remote socket specified", "SYN-SENT", active_open__sends_syn, NULL},
    {"OPEN-active", "remote socket unspecified", "CLOSED", active_open__no_remote__error, NULL},
    {"OPEN", "no access to local socket", "CLOSED", NULL, HOST_ACCESS},
    {"OPEN", "no room", "CLOSED", NULL, HOST_ROOM},
    {"OPEN", "security/Diffserv not permitted", "CLOSED", NULL, NO_SECURITY},
    {"OPEN-active", "remote address invalid (broadcast/multicast)", "CLOSED", active_open__not_unicast__error, NULL},
    {"SEND", "no access", "CLOSED", NULL, HOST_ACCESS},
    {"SEND", "otherwise", "CLOSED", send_does_not_exist, NULL},
    {"RECEIVE", "no access", "CLOSED", NULL, HOST_ACCESS},
    {"RECEIVE", "otherwise", "CLOSED", receive__does_not_exist, NULL},
    {"CLOSE", "no access", "CLOSED", NULL, HOST_ACCESS},
    {"CLOSE", "otherwise", "CLOSED", close__does_not_exist, NULL},
    {"ABORT", "no access", "CLOSED", NULL, HOST_ACCESS},
    {"ABORT", "otherwise", "CLOSED", abort__does_not_exist, NULL},
    {"STATUS", "no access", "CLOSED", NULL, HOST_ACCESS},
    {"STATUS", "otherwise", "CLOSED", status__does_not_exist, NULL},
    {"SEG RST", "any", "CLOSED", rst__discarded, NULL},
    {"SEG no-ACK (SYN, data, FIN, null)", "RST off, ACK off", "CLOSED", without_ack__reset_acks_it, NULL},
    {"SEG with ACK (ACK, SYN-ACK, data, FIN)", "RST off, ACK on", "CLOSED", with_ack__reset_takes_its_seq, NULL},
    {"SEG FIN", "FIN without SYN", "CLOSED", fin_unprocessed, NULL},
    {"SEG bad checksum", "checksum wrong", "CLOSED", checksum_wrong, NULL},
    {"SEG bad option length", "option length illegal", "CLOSED", option_length_wrong, NULL},
};

const struct row_table rows_closed = ROW_TABLE(TCPR_CLOSED, table);
