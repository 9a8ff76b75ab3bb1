/* What comes from below: octets that are no segment, ICMP errors, time. */
#include "rows.h"

#include <string.h>

/* A parser in front of the connection, as every embedder has it: only what parses arrives. */
static enum tcpr_parse octets_arrive(struct lab *lab, const uint8_t *octets, size_t len)
{
    struct tcpr_segment seg;
    enum tcpr_parse why = tcpr_segment_parse(octets, len, &lab->ip, &seg);
    if (why == TCPR_PARSE_OK) { lab_given(lab, &seg); }
    return why;
}

/* A segment that would matter: an RST that is right in every state with a TCB, and a bare one in the others. */
static size_t rst_octets(const struct lab *lab, uint8_t octets[64])
{
    struct tcpr_segment seg =
        lab_segment(lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
    seg.options = (struct tcpr_options){.present = TCPR_OPT_MSS, .mss = 1000};
    seg.header_len = (uint8_t)tcpr_segment_header_len(&seg);
    return tcpr_segment_emit(&seg, &lab->ip, NULL, octets);
}

static bool dies_by_rst(enum tcpr_state state)
{
    return state != TCPR_CLOSED && state != TCPR_LISTEN && state != TCPR_SYN_RECEIVED;
}

void checksum_wrong(enum tcpr_state state)
{
    struct lab lab;
    uint8_t octets[64];
    lab_reach(&lab, state, (struct how){0});
    size_t len = rst_octets(&lab, octets);
    struct tcpr_conn before = lab.c;
    octets[14] ^= 0x01; /* in the window field */
    assert_int_equal(octets_arrive(&lab, octets, len), TCPR_PARSE_CHECKSUM);
    expect_unchanged(&lab, &before);
    assert_false(lab.fx.has_reply);
    octets[14] ^= 0x01;
    assert_int_equal(octets_arrive(&lab, octets, len), TCPR_PARSE_OK);
    if (dies_by_rst(state)) { expect_state(&lab, TCPR_CLOSED); }
}

static void set_checksum(uint8_t *octets, size_t len, const struct tcpr_ip *ip)
{
    octets[16] = octets[17] = 0;
    uint16_t sum = tcpr_checksum(octets, len, ip);
    octets[16] = (uint8_t)(sum >> 8);
    octets[17] = (uint8_t)sum;
}

void option_length_wrong(enum tcpr_state state)
{
    const uint8_t lengths[] = {0, 1, 5, 255};
    struct lab lab;
    uint8_t octets[64];
    lab_reach(&lab, state, (struct how){0});
    struct tcpr_conn before = lab.c;
    for (size_t i = 0; i < sizeof lengths; i++) {
        size_t len = rst_octets(&lab, octets);
        assert_int_equal(octets[20], TCPR_KIND_MSS);
        octets[21] = lengths[i];
        set_checksum(octets, len, &lab.ip);
        assert_int_equal(octets_arrive(&lab, octets, len), TCPR_PARSE_OPTION_LENGTH);
        expect_unchanged(&lab, &before);
    }
}

enum { UNREACHABLE = 3, SOURCE_QUENCH = 4, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12 };
enum { V6_UNREACHABLE = 1, V6_TOO_BIG = 2, V6_TIME_EXCEEDED = 3, V6_PARAMETER_PROBLEM = 4 };

/* Where nothing is outstanding no quoted SEQ can be in flight, so there the text is tested without RFC 5927's check. */
static struct how how_for_icmp(enum tcpr_state state, uint32_t off)
{
    bool in_flight = state != TCPR_FIN_WAIT_2 && state != TCPR_TIME_WAIT;
    return (struct how){.text = 2000, .features_off = off | (in_flight ? 0 : TCPR_FEATURE_ICMP_CHECK_SEQ)};
}

void icmp_hard(enum tcpr_state state)
{
    for (uint8_t code = 2; code <= 3; code++) {
        struct lab lab;
        lab_reach(&lab, state, how_for_icmp(state, 0));
        lab_icmp(&lab, 4, UNREACHABLE, code, lab.c.snd.una, 0);
        expect_state(&lab, TCPR_CLOSED);
        expect_event(&lab, TCPR_EVENT_HARD_ERROR);
        expect_rule(&lab, TCPR_RULE_SHLD_26);
        expect_silence(&lab);
    }
}

void icmp_hard_is_soft(enum tcpr_state state)
{
    for (uint8_t code = 2; code <= 3; code++) {
        struct lab lab;
        lab_reach(&lab, state, how_for_icmp(state, TCPR_FEATURE_ICMP_HARD_ABORTS));
        lab_icmp(&lab, 4, UNREACHABLE, code, lab.c.snd.una, 0);
        expect_state(&lab, state);
        expect_no_event(&lab, TCPR_EVENT_HARD_ERROR);
        expect_event(&lab, TCPR_EVENT_SOFT_ERROR);
    }
}

void icmp_not_in_flight(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    const uint32_t quoted[] = {lab.c.snd.una - 1, lab.c.snd.nxt, lab.c.snd.nxt + 1, lab.c.snd.una + 0x40000000};
    for (size_t i = 0; i < sizeof quoted / sizeof quoted[0]; i++) {
        lab_icmp(&lab, 4, UNREACHABLE, 3, quoted[i], 0);
        expect_state(&lab, state);
        assert_int_equal(lab.fx.events, 0);
        lab_icmp(&lab, 4, UNREACHABLE, 4, quoted[i], 600);
        assert_true(lab.c.snd.mss > 1000 || state == TCPR_SYN_SENT);
        expect_silence(&lab);
    }
}

void icmp_soft(enum tcpr_state state)
{
    const struct {
        uint8_t version, type, code;
    } soft[] = {{4, UNREACHABLE, 0},          {4, UNREACHABLE, 1},         {4, UNREACHABLE, 5},
                {4, TIME_EXCEEDED, 0},        {4, TIME_EXCEEDED, 1},       {4, PARAMETER_PROBLEM, 0},
                {4, PARAMETER_PROBLEM, 1},    {6, V6_UNREACHABLE, 0},      {6, V6_UNREACHABLE, 3},
                {6, V6_TIME_EXCEEDED, 0},     {6, V6_TIME_EXCEEDED, 1},    {6, V6_PARAMETER_PROBLEM, 0},
                {6, V6_PARAMETER_PROBLEM, 1}, {6, V6_PARAMETER_PROBLEM, 2}};
    for (size_t i = 0; i < sizeof soft / sizeof soft[0]; i++) {
        struct lab lab;
        lab_reach(&lab, state, how_for_icmp(state, 0));
        lab_icmp(&lab, soft[i].version, soft[i].type, soft[i].code, lab.c.snd.una, 0);
        expect_state(&lab, state);
        expect_event(&lab, TCPR_EVENT_SOFT_ERROR);
        expect_silence(&lab);
    }
}

void icmp_source_quench(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, how_for_icmp(state, 0));
    uint32_t cwnd = lab.c.cc.cwnd;
    lab_icmp(&lab, 4, SOURCE_QUENCH, 0, lab.c.snd.una, 0);
    expect_state(&lab, state);
    assert_int_equal(lab.fx.events, 0);
    assert_int_equal(lab.c.cc.cwnd, cwnd);
    expect_rule(&lab, TCPR_RULE_MUST_55);
    expect_silence(&lab);
}

/* RFC 1191, RFC 8201: what was lost for its size goes again, smaller; the text it carries is the same. */
void icmp_too_big(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    uint32_t una = lab.c.snd.una;
    bool has_text = state != TCPR_SYN_SENT && state != TCPR_SYN_RECEIVED;
    lab_icmp(&lab, 4, UNREACHABLE, 4, una, 1000);
    expect_state(&lab, state);
    expect_no_event(&lab, TCPR_EVENT_HARD_ERROR);
    assert_int_equal(lab.c.snd.mss == 960, has_text); /* of a SYN alone such an error is not */
    lab_pull(&lab);
    for (size_t i = 0; i < lab.outs; i++) {
        assert_true(lab.out[i].text_len <= 960);
    }
    if (has_text) {
        assert_true(lab.outs >= 1);
        expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = una, .ack = lab.c.rcv.nxt, .len = 960));
    }
    lab_icmp(&lab, 4, UNREACHABLE, 4, lab.c.snd.una, 1400); /* never back up */
    assert_int_equal(lab.c.snd.mss == 960, has_text);
}

/* The timer is set by hand where nothing is outstanding that would have it run. */
void user_timeout(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    lab.c.timer[TCPR_TIMER_USER] = lab.now + 1;
    lab_fire(&lab, TCPR_TIMER_USER);
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_TIMED_OUT);
    expect_rule(&lab, TCPR_RULE_9293_3_10_8_N2);
    expect_silence(&lab);
    assert_true(tcpr_next_deadline(&lab.c) == TCPR_NEVER);
}

void retransmission_none(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    assert_false(lab_runs(&lab, TCPR_TIMER_PERSIST));
}

/* RFC6298-5-4..6 and RFC 5681 section 3.1: the front again, twice the time, one segment of congestion window. */
void retransmission_text(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    uint32_t una = lab.c.snd.una, nxt = lab.c.snd.nxt;
    tcpr_time rto = lab.c.rtt.rto_us;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = una, .ack = lab.c.rcv.nxt, .len = 1460));
    assert_int_equal(lab.out[0].text_at, 0);
    assert_true(lab.c.rtt.rto_us == 2 * rto);
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + 2 * rto);
    assert_int_equal(lab.c.cc.cwnd, 1460);
    assert_int_equal(lab.c.snd.nxt, nxt);
    expect_state(&lab, state);
}

void retransmission_fin(enum tcpr_state state)
{
    retransmission_text(state);
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    tcpr_time rto = lab.c.rtt.rto_us;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = lab.c.snd.una, .ack = lab.c.rcv.nxt));
    assert_true(lab.c.rtt.rto_us == 2 * rto);
    expect_state(&lab, state);
}

/* MUST-20, MUST-23, SHLD-9..11: first a word of trouble, then the end, not before R2. */
void retransmission_limit(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 2000});
    bool syn = state == TCPR_SYN_SENT || state == TCPR_SYN_RECEIVED;
    tcpr_time began = lab.now;
    uint32_t events = 0, transmissions = 0;
    lab_set_user_timeout(&lab, 0);
    while (lab.c.state != TCPR_CLOSED) {
        assert_true(++transmissions < 100);
        assert_true(tcpr_next_deadline(&lab.c) != TCPR_NEVER);
        lab.now = tcpr_next_deadline(&lab.c);
        lab_wait(&lab, 1);
        events |= lab.fx.events;
        lab_pull(&lab);
        if (transmissions == 2) { assert_int_equal(events & TCPR_EVENT_TROUBLE, 0); }
    }
    assert_true(lab.now - began >= (syn ? TCPR_S(180) : TCPR_S(100)));
    assert_true(events & TCPR_EVENT_TROUBLE);
    assert_true(events & TCPR_EVENT_TIMED_OUT);
    assert_true(transmissions > 4);
}

void delayed_ack(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una, .len = 10));
    expect_silence(&lab);
    tcpr_time began = lab.now;
    lab_fire(&lab, TCPR_TIMER_DELAYED_ACK);
    assert_true(lab.now - began < TCPR_MS(500));
    expect_pulled(&lab, lab_ack(&lab));
    expect_state(&lab, state);
}

/* MUST-36, MUST-37, SHLD-29, SHLD-30: after one RTO, then at growing intervals, without end while it is answered. */
void zero_window_probe(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 1000, .lowered = true, .lower = 0});
    uint32_t una = lab.c.snd.una;
    tcpr_time last = 0;
    assert_true(lab.c.timer[TCPR_TIMER_PERSIST] <= lab.now + lab.c.rtt.rto_us);
    for (int i = 0; i < 60; i++) {
        tcpr_time began = lab.now;
        lab_fire(&lab, TCPR_TIMER_PERSIST);
        lab_pull(&lab);
        assert_int_equal(lab.outs, 1);
        expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = una, .ack = lab.c.rcv.nxt, .len = 1));
        assert_true(lab.now - began >= last);
        if (i > 0 && i < 5) { assert_true(lab.now - began >= 2 * last - TCPR_MS(2)); }
        last = lab.now - began;
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una, .no_wnd = true));
        expect_state(&lab, state);
        assert_int_equal(lab_pull(&lab), 0);
    }
}

static void keepalive_on(struct lab *lab, enum tcpr_state state)
{
    lab_reach(lab, state, (struct how){0});
    assert_false(lab_runs(lab, TCPR_TIMER_KEEPALIVE)); /* MUST-25 */
    tcpr_set(&lab->c, &lab->config, lab->now, TCPR_SET_KEEPALIVE, 1);
    assert_true(lab_runs(lab, TCPR_TIMER_KEEPALIVE));
}

void keepalive_probe(enum tcpr_state state)
{
    struct lab lab;
    keepalive_on(&lab, state);
    tcpr_time began = lab.now;
    lab_fire(&lab, TCPR_TIMER_KEEPALIVE);
    assert_true(lab.now - began >= TCPR_S(7200) - TCPR_S(1)); /* MUST-28, from when the peer was last heard */
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt - 1, .ack = lab.c.rcv.nxt));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    assert_int_equal(lab.c.probes, 0);
    lab_wait(&lab, TCPR_S(7200) - 1);
    expect_silence(&lab);
    lab_send(&lab, 10); /* MUST-26: not while something is outstanding */
    lab_pull(&lab);
    tcpr_time end = lab.now + TCPR_S(80);
    while (lab.now < end) {
        lab_wait(&lab, TCPR_S(1));
        lab_pull(&lab);
        assert_true(lab.outs == 0 || lab.out[0].text_len == 10);
    }
}

/* MUST-29: never after a single one. */
void keepalive_failure(enum tcpr_state state)
{
    struct lab lab;
    uint32_t probes = 0;
    keepalive_on(&lab, state);
    while (lab.c.state != TCPR_CLOSED) {
        lab_fire(&lab, TCPR_TIMER_KEEPALIVE);
        probes += (uint32_t)lab_pull(&lab);
        assert_true(probes < 100);
    }
    assert_int_equal(probes, lab.config.keepalive_probes);
    assert_true(probes > 1);
    expect_event(&lab, TCPR_EVENT_TIMED_OUT);
}

/* RFC 9293 section 3.8.6.2.1: 100 octets of window are less than half of the largest ever seen, so they wait. */
void sws_override(enum tcpr_state state)
{
    struct lab lab;
    lab_reach(&lab, state, (struct how){.text = 1000, .lowered = true, .lower = 100});
    uint32_t nxt = lab.c.snd.nxt;
    expect_silence(&lab);
    tcpr_time began = lab.now;
    lab_fire(&lab, TCPR_TIMER_OVERRIDE);
    assert_true(lab.now - began <= TCPR_S(1));
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = nxt, .ack = lab.c.rcv.nxt, .len = 100));
    expect_state(&lab, state);
}
