#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_PORT 80
#define REMOTE_PORT 40000

static struct tcpr_ip arriving_ip(void)
{
    return (struct tcpr_ip){.source = {10, 0, 0, 2}, .destination = {10, 0, 0, 1}, .version = 4, .ttl = 64};
}

static struct tcpr_ip outgoing_ip(void)
{
    return (struct tcpr_ip){.source = {10, 0, 0, 1}, .destination = {10, 0, 0, 2}, .version = 4, .ttl = 64};
}

struct tcpr_open lab_open(const struct how *how)
{
    return (struct tcpr_open){.ip = outgoing_ip(),
                              .local_port = LOCAL_PORT,
                              .remote_port = REMOTE_PORT,
                              .user_timeout_us = how->user_timeout};
}

/* RFC 6528's M is the time in units of 4 us, so an ISN is chosen by choosing when the connection opens. */
static tcpr_time time_for_isn(const struct tcpr_config *config, uint32_t isn)
{
    struct tcpr_ip ip = outgoing_ip();
    uint32_t key = tcpr_isn_key(config->isn_secret, &ip, LOCAL_PORT, REMOTE_PORT);
    tcpr_time now = (tcpr_time)(uint32_t)(isn - key) * 4;
    assert_int_equal(tcpr_isn(key, now), isn);
    return now;
}

void lab_init(struct lab *lab, const struct how *how)
{
    memset(lab, 0, sizeof *lab);
    tcpr_config_default(&lab->config);
    memcpy(lab->config.isn_secret, "a secret, random", sizeof lab->config.isn_secret);
    lab->config.features = (lab->config.features | how->features_on) & ~how->features_off;
    if (how->ecn) { lab->config.features |= TCPR_FEATURE_ECN; }
    if (how->accurate) { lab->config.features |= TCPR_FEATURE_ACCURATE_ECN; }
    if (!how->nagle) { lab->config.features &= ~(uint32_t)TCPR_FEATURE_NAGLE; }
    lab->config.receive_buffer = how->receive_buffer != 0 ? how->receive_buffer : 8000;
    if (how->send_buffer != 0) { lab->config.send_buffer = how->send_buffer; }
    lab->ip = arriving_ip();
    lab->window = how->window != 0 ? how->window : 65535;
    lab->now = how->iss_given ? time_for_isn(&lab->config, how->iss) : TCPR_S(5000);
    assert_null(tcpr_config_fault(&lab->config));
    tcpr_conn_init_with_tail(&lab->c, how->ranges, how->records);
    lab_check(lab);
}

/* --- What holds after every input --- */

static void check_decision(const struct tcpr_decision *d)
{
    assert_in_range(d->act, TCPR_ACT_DROPPED, TCPR_ACT_REDUCED);
    assert_in_range(d->rule, TCPR_RULE_NONE + 1, TCPR_RULE_COUNT - 1);
    assert_in_range(d->from, 0, TCPR_STATES - 1);
    assert_in_range(d->to, 0, TCPR_STATES - 1);
    if (d->act == TCPR_ACT_MOVED) { assert_int_not_equal(d->from, d->to); }
}

bool lab_did(const struct lab *lab, enum tcpr_act act)
{
    for (uint32_t i = 0; i < lab->fx.decisions; i++) {
        if (lab->fx.decision[i].act == act) { return true; }
    }
    return false;
}

bool lab_event(const struct lab *lab, uint32_t events)
{
    return (lab->fx.events & events) == events;
}

void lab_check(const struct lab *lab)
{
    const char *fault = tcpr_conn_fault(&lab->c, &lab->config);
    if (fault != NULL) { fail_msg("invariant broken: %s", fault); }
    assert_true(lab->fx.decisions <= TCPR_DECISIONS_MAX);
    for (uint32_t i = 0; i < lab->fx.decisions; i++) {
        check_decision(&lab->fx.decision[i]);
    }
    if (!lab->fx.has_reply) { return; }
    assert_true(lab->fx.reply.text_len == 0 || (lab->fx.reply.control & TCPR_SYN) != 0);
    assert_true(lab_did(lab, TCPR_ACT_RESET_SENT) == ((lab->fx.reply.control & TCPR_RST) != 0));
}

/* A wrapper around every input: the state a test sees moved must be the one the decisions say. */
static void after(const struct lab *lab, uint8_t from)
{
    uint8_t at = from;
    for (uint32_t i = 0; i < lab->fx.decisions; i++) {
        if (lab->fx.decision[i].act != TCPR_ACT_MOVED) { continue; }
        assert_int_equal(lab->fx.decision[i].from, at);
        at = lab->fx.decision[i].to;
    }
    assert_int_equal(lab->c.state, at);
    lab_check(lab);
}

/* --- Inputs --- */

static bool has_timestamps(const struct lab *lab)
{
    return (lab->c.flags & TCPR_FLAG_TIMESTAMPS) != 0;
}

struct tcpr_segment lab_segment(const struct lab *lab, struct seg seg)
{
    struct tcpr_segment out = {.seq = seg.seq,
                               .ack = seg.ack,
                               .text_len = seg.len,
                               .source_port = REMOTE_PORT,
                               .destination_port = LOCAL_PORT,
                               .window = (uint16_t)(seg.no_wnd     ? 0
                                                    : seg.wnd != 0 ? seg.wnd
                                                                   : lab->window),
                               .urgent = seg.up,
                               .control = seg.ctl,
                               .ecn = seg.ecn,
                               .header_len = TCPR_HEADER_MIN};
    if (seg.options != NULL) { out.options = *seg.options; }
    if (seg.ts || (has_timestamps(lab) && !seg.no_ts && seg.options == NULL)) {
        out.options.present |= TCPR_OPT_TIMESTAMPS;
        out.options.ts_val = seg.ts ? seg.ts_val : (uint32_t)(lab->now / 1000);
        out.options.ts_ecr = (seg.ctl & TCPR_ACK) != 0 ? lab->ts_echo : 0;
    }
    out.header_len = (uint8_t)(TCPR_HEADER_MIN + (out.options.present != 0 ? 12 : 0));
    return out;
}

void lab_given(struct lab *lab, const struct tcpr_segment *segment)
{
    uint8_t from = lab->c.state;
    tcpr_segment_arrives(&lab->c, &lab->config, lab->now, &lab->ip, segment, &lab->fx);
    after(lab, from);
    /* RFC 9293 section 3.5.2: no RST answers an RST. */
    if ((segment->control & TCPR_RST) != 0 && lab->fx.has_reply) {
        assert_int_equal(lab->fx.reply.control & TCPR_RST, 0);
    }
}

void lab_arrives(struct lab *lab, struct seg seg)
{
    struct tcpr_segment segment = lab_segment(lab, seg);
    lab_given(lab, &segment);
}

void lab_acked(struct lab *lab, uint32_t number)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = number));
}

void lab_reported(struct lab *lab, uint32_t first, uint32_t end)
{
    struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{first, end}}};
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .options = &o));
}

void lab_icmp(struct lab *lab, uint8_t version, uint8_t type, uint8_t code, uint32_t quoted, uint32_t mtu)
{
    struct tcpr_icmp icmp = {.quoted_seq = quoted, .mtu = mtu, .version = version, .type = type, .code = code};
    uint8_t from = lab->c.state;
    tcpr_icmp_arrives(&lab->c, &lab->config, lab->now, &icmp, &lab->fx);
    after(lab, from);
}

void lab_open_passive(struct lab *lab, const struct how *how)
{
    struct tcpr_open open = lab_open(how);
    uint8_t from = lab->c.state;
    open.ip.version = 0;
    open.remote_port = 0;
    lab->status = tcpr_open_passive(&lab->c, &lab->config, lab->now, &open, &lab->fx);
    after(lab, from);
}

void lab_open_active(struct lab *lab, const struct how *how)
{
    struct tcpr_open open = lab_open(how);
    uint8_t from = lab->c.state;
    lab->status = tcpr_open_active(&lab->c, &lab->config, lab->now, &open, &lab->fx);
    after(lab, from);
}

static void lab_send_as(struct lab *lab, uint32_t octets, bool urgent)
{
    uint8_t from = lab->c.state;
    lab->status = tcpr_send(&lab->c, &lab->config, lab->now, octets, urgent, &lab->fx);
    after(lab, from);
}

void lab_send(struct lab *lab, uint32_t octets)
{
    lab_send_as(lab, octets, false);
}

void lab_send_urgent(struct lab *lab, uint32_t octets)
{
    lab_send_as(lab, octets, true);
}

uint32_t lab_receive(struct lab *lab, uint32_t octets)
{
    uint32_t taken = 0;
    uint8_t from = lab->c.state;
    lab->status = tcpr_receive(&lab->c, &lab->config, lab->now, octets, &taken, &lab->fx);
    after(lab, from);
    return taken;
}

void lab_close(struct lab *lab)
{
    uint8_t from = lab->c.state;
    lab->status = tcpr_close(&lab->c, &lab->config, lab->now, &lab->fx);
    after(lab, from);
}

void lab_release(struct lab *lab)
{
    uint8_t from = lab->c.state;
    lab->status = tcpr_release(&lab->c, &lab->config, lab->now, &lab->fx);
    after(lab, from);
}

void lab_abort(struct lab *lab)
{
    uint8_t from = lab->c.state;
    lab->status = tcpr_abort(&lab->c, &lab->config, lab->now, &lab->fx);
    after(lab, from);
}

void lab_set_user_timeout(struct lab *lab, tcpr_time us)
{
    tcpr_set(&lab->c, &lab->config, lab->now, TCPR_SET_USER_TIMEOUT, us);
    lab_check(lab);
}

static void fire(struct lab *lab)
{
    uint8_t from = lab->c.state;
    tcpr_time_passes(&lab->c, &lab->config, lab->now, &lab->fx);
    after(lab, from);
    assert_true(tcpr_next_deadline(&lab->c) > lab->now);
}

void lab_wait(struct lab *lab, tcpr_time us)
{
    tcpr_time end = lab->now + us;
    uint32_t events = 0;
    while (lab->now < end) {
        tcpr_time due = tcpr_next_deadline(&lab->c);
        lab->now = due > end ? end : due > lab->now ? due : lab->now;
        fire(lab);
        events |= lab->fx.events;
    }
    lab->fx.events = events;
}

void lab_fire(struct lab *lab, enum tcpr_timer timer)
{
    tcpr_time due = lab->c.timer[timer];
    assert_true(due != TCPR_NEVER);
    assert_true(tcpr_next_deadline(&lab->c) <= due);
    lab->now = due > lab->now ? due : lab->now;
    fire(lab);
}

size_t lab_pull(struct lab *lab)
{
    uint8_t then[offsetof(struct lab, fx) - offsetof(struct lab, c)]; /* the connection with its tail */
    const uint8_t *now = (const uint8_t *)lab + offsetof(struct lab, c);
    lab->outs = 0;
    for (;;) {
        struct tcpr_segment *out = &lab->out[lab->outs];
        memcpy(then, now, sizeof then);
        if (!tcpr_next_segment(&lab->c, &lab->config, lab->now, out)) { break; }
        const char *fault = tcpr_conn_fault(&lab->c, &lab->config);
        if (fault != NULL) { fail_msg("invariant broken by an output: %s", fault); }
        if ((out->options.present & TCPR_OPT_TIMESTAMPS) != 0) { lab->ts_echo = out->options.ts_val; }
        assert_true(++lab->outs < LAB_OUT_MAX);
    }
    assert_memory_equal(now, then, sizeof then);
    return lab->outs;
}

/* --- Reading --- */

uint32_t lab_window(const struct lab *lab)
{
    return lab->c.rcv.edge - lab->c.rcv.nxt;
}

bool lab_same(const struct lab *lab, const struct tcpr_conn *before)
{
    struct tcpr_conn now = lab->c;
    now.latest = before->latest;
    return memcmp(&now, before, sizeof now) == 0;
}

bool lab_runs(const struct lab *lab, enum tcpr_timer timer)
{
    return lab->c.timer[timer] != TCPR_NEVER;
}

uint32_t lab_fin_seq(const struct lab *lab)
{
    return lab->c.snd.iss + 1 + (uint32_t)lab->c.snd.end_at;
}

struct seg lab_ack(const struct lab *lab)
{
    return SEG(.ctl = TCPR_ACK, .seq = lab->c.snd.nxt, .ack = lab->c.rcv.nxt);
}

/* --- Expecting --- */

static const char *describe(char *to, size_t size, uint32_t seq, uint32_t ack, uint32_t ctl, uint32_t len)
{
    snprintf(to, size, "<SEQ=%" PRIu32 "><ACK=%" PRIu32 "><CTL=%s%s%s%s%s%s><LEN=%" PRIu32 ">", seq, ack,
             (ctl & TCPR_SYN) != 0 ? "S" : "", (ctl & TCPR_FIN) != 0 ? "F" : "", (ctl & TCPR_RST) != 0 ? "R" : "",
             (ctl & TCPR_ACK) != 0 ? "A" : "", (ctl & TCPR_PSH) != 0 ? "P" : "", (ctl & TCPR_URG) != 0 ? "U" : "", len);
    return to;
}

void expect_segment_at(const struct tcpr_segment *got, struct seg want, const char *file, int line)
{
    const uint32_t compared = TCPR_SYN | TCPR_FIN | TCPR_RST | TCPR_ACK | (want.ctl & TCPR_PSH) | (want.ctl & TCPR_URG);
    char a[96], b[96];
    bool same = got->seq == want.seq && (got->control & compared) == (want.ctl & compared) && got->text_len == want.len;
    same = same && ((want.ctl & TCPR_ACK) == 0 || got->ack == want.ack);
    if (!same) {
        print_error("want %s\n got %s\n", describe(a, sizeof a, want.seq, want.ack, want.ctl, want.len),
                    describe(b, sizeof b, got->seq, got->ack, got->control, got->text_len));
        _fail(file, line);
    }
}

void expect_rule_at(const struct lab *lab, enum tcpr_rule rule, const char *file, int line)
{
    for (uint32_t i = 0; i < lab->fx.decisions; i++) {
        if (lab->fx.decision[i].rule == (uint32_t)rule) { return; }
    }
    for (uint32_t i = 0; i < lab->fx.decisions; i++) {
        print_error("decided %s by %s\n", tcpr_act_text((enum tcpr_act)lab->fx.decision[i].act),
                    tcpr_rule_id((enum tcpr_rule)lab->fx.decision[i].rule));
    }
    print_error("not by %s\n", tcpr_rule_id(rule));
    _fail(file, line);
}

void expect_reply_at(const struct lab *lab, struct seg want, const char *file, int line)
{
    if (!lab->fx.has_reply) {
        print_error("no reply\n");
        _fail(file, line);
    }
    expect_segment_at(&lab->fx.reply, want, file, line);
}

static void show_outputs(const struct lab *lab)
{
    char text[96];
    for (size_t i = 0; i < lab->outs; i++) {
        const struct tcpr_segment *s = &lab->out[i];
        print_error("pulled %s\n", describe(text, sizeof text, s->seq, s->ack, s->control, s->text_len));
    }
}

void expect_silence_at(struct lab *lab, const char *file, int line)
{
    lab_pull(lab);
    if (lab->fx.has_reply) { print_error("a reply\n"); }
    show_outputs(lab);
    if (lab->fx.has_reply || lab->outs != 0) { _fail(file, line); }
}

void expect_pulled_at(struct lab *lab, struct seg want, const char *file, int line)
{
    lab_pull(lab);
    if (lab->outs != 1) {
        show_outputs(lab);
        print_error("%zu segments instead of one\n", lab->outs);
        _fail(file, line);
    }
    expect_segment_at(&lab->out[0], want, file, line);
}
