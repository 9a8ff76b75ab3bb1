#include "breakage.h"

#include "harness/net.h"
#include "harness/target.h"

#include <stdlib.h>
#include <string.h>

/* The stack interface has no room for a test's wishes, so they stand here; the test has one thread. */
static struct {
    enum breakage_kind kind;
    unsigned from, count;
    struct tcprove_host host; /* what the engine's own host would have talked to */
    uint8_t last[2048];       /* the last datagram sent */
    size_t last_len;
    struct tcpr_options first; /* options of the first segment */
    bool sent_any, chatters;
    tcprove_time now;
} broken;

static const char names[BREAKAGES][12] = {"nothing",  "mute",  "seq",      "ack",  "control", "options",
                                          "urgent",   "echo",  "old opts", "text", "length",  "push",
                                          "checksum", "twice", "resets",   "deaf", "chatter", "events"};

const char *breakage_name(enum breakage_kind kind)
{
    return names[kind];
}

void breakage_set(enum breakage_kind kind, unsigned from)
{
    memset(&broken, 0, sizeof broken);
    broken.kind = kind;
    broken.from = from;
}

unsigned breakage_count(void)
{
    return broken.count;
}

/* Counts; true from the nth on. */
static bool now_broken(void)
{
    return broken.count++ >= broken.from;
}

static void send(const uint8_t *datagram, size_t len)
{
    if (len <= sizeof broken.last) {
        memcpy(broken.last, datagram, len);
        broken.last_len = len;
    }
    broken.host.output(broken.host.context, datagram, len);
}

static void spoil_control(struct tcpr_segment *seg)
{
    seg->control ^= TCPR_FIN;
}

static void spoil(struct tcpr_segment *seg, uint8_t *text)
{
    switch (broken.kind) {
    case BREAK_SEQ: seg->seq++; break;
    case BREAK_ACK: seg->ack--; break;
    case BREAK_CONTROL: spoil_control(seg); break;
    case BREAK_OPTIONS: memset(&seg->options, 0, sizeof seg->options); break;
    case BREAK_URGENT:
        seg->control &= (uint16_t)~TCPR_URG;
        seg->urgent = 0;
        break;
    case BREAK_ECHO: seg->options.ts_ecr++; break;
    case BREAK_OLD_OPTIONS: seg->options = broken.first; break;
    case BREAK_TEXT:
        if (seg->text_len > 0) { text[0] ^= 1u; }
        break;
    case BREAK_LENGTH: seg->text_len -= seg->text_len > 0; break;
    case BREAK_PUSH: seg->control &= (uint16_t) ~(TCPR_PSH | TCPR_ACK); break;
    case BREAK_NOTHING:
    case BREAK_MUTE:
    case BREAK_CHECKSUM:
    case BREAK_TWICE:
    case BREAK_RESETS:
    case BREAK_DEAF:
    case BREAK_CHATTER:
    case BREAK_EVENTS:
    case BREAKAGES: break;
    }
}

/* A segment taken apart, spoilt, and put together again with a right checksum. */
static void send_spoilt(const uint8_t *octets, size_t len)
{
    struct datagram datagram;
    struct tcpr_segment seg;
    uint8_t text[65535], out[NET_DATAGRAM_MAX];
    if (datagram_parse(octets, len, &datagram) != 0 || datagram.protocol != NET_TCP) {
        send(octets, len);
        return;
    }
    const uint8_t *payload = octets + datagram.payload_at;
    if (tcpr_segment_parse(payload, datagram.payload_len, &datagram.ip, &seg) != TCPR_PARSE_OK) { abort(); }
    if (!broken.sent_any) { broken.first = seg.options; }
    broken.sent_any = true;
    memcpy(text, payload + seg.header_len, seg.text_len);
    if (now_broken()) { spoil(&seg, text); }
    size_t out_len = datagram_emit_segment(&datagram.ip, &seg, text, out, sizeof out);
    send(out, out_len);
}

static void on_output(void *context, const uint8_t *octets, size_t len)
{
    (void)context;
    uint8_t copy[NET_DATAGRAM_MAX];
    switch (broken.kind) {
    case BREAK_MUTE:
        if (!now_broken()) { send(octets, len); }
        break;
    case BREAK_CHECKSUM:
        memcpy(copy, octets, len);
        if (now_broken()) { copy[len - 1] ^= 0xffu; }
        send(copy, len);
        break;
    case BREAK_TWICE:
        send(octets, len);
        if (now_broken()) { send(octets, len); }
        break;
    case BREAK_NOTHING:
    case BREAK_RESETS:
    case BREAK_DEAF:
    case BREAK_CHATTER:
    case BREAK_EVENTS:
    case BREAKAGES: send(octets, len); break;
    case BREAK_SEQ:
    case BREAK_ACK:
    case BREAK_CONTROL:
    case BREAK_OPTIONS:
    case BREAK_URGENT:
    case BREAK_ECHO:
    case BREAK_OLD_OPTIONS:
    case BREAK_TEXT:
    case BREAK_LENGTH:
    case BREAK_PUSH: send_spoilt(octets, len); break;
    }
}

static void on_event(void *context, tcprove_socket socket, enum tcprove_event event, tcprove_socket listener)
{
    (void)context;
    if (broken.kind == BREAK_EVENTS && now_broken()) { return; }
    broken.host.event(broken.host.context, socket, event, listener);
}

static void on_explain(void *context, tcprove_socket socket, const char *rule, const char *text)
{
    (void)context;
    broken.host.explain(broken.host.context, socket, rule, text);
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    broken.host = *host;
    const struct tcprove_host between = {NULL, on_output, on_event, on_explain};
    return engine_stack()->create(setup, &between, why);
}

/* What no connection would answer to the segment: an RST. */
static void reset_too(const uint8_t *octets, size_t len)
{
    struct datagram datagram;
    struct tcpr_segment seg, reply;
    uint8_t out[128];
    if (datagram_parse(octets, len, &datagram) != 0 || datagram.protocol != NET_TCP) { return; }
    if (tcpr_segment_parse(octets + datagram.payload_at, datagram.payload_len, &datagram.ip, &seg) != TCPR_PARSE_OK) {
        return;
    }
    if (!tcpr_closed_reply(&seg, &reply)) { return; }
    struct tcpr_ip back = {.version = datagram.ip.version, .ttl = 64};
    memcpy(back.source, datagram.ip.destination, sizeof back.source);
    memcpy(back.destination, datagram.ip.source, sizeof back.destination);
    size_t out_len = datagram_emit_segment(&back, &reply, NULL, out, sizeof out);
    broken.host.output(broken.host.context, out, out_len);
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    broken.now = now;
    bool counts = broken.kind == BREAK_DEAF || broken.kind == BREAK_RESETS || broken.kind == BREAK_CHATTER;
    bool broken_now = counts && now_broken();
    broken.chatters = broken.kind == BREAK_CHATTER && broken_now;
    if (broken.kind == BREAK_DEAF && broken_now) { return; }
    engine_stack()->input(stack, now, datagram, len);
    if (broken.kind == BREAK_RESETS && broken_now) { reset_too(datagram, len); }
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    tcprove_time engine = engine_stack()->deadline(stack);
    tcprove_time chatter = broken.now + 400000u;
    return broken.chatters && chatter < engine ? chatter : engine;
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    bool due = broken.chatters && now >= broken.now + 400000u && broken.last_len > 0;
    engine_stack()->time(stack, now);
    if (!due) { return; }
    broken.now = now;
    broken.host.output(broken.host.context, broken.last, broken.last_len);
}

const struct tcprove_stack_ops *broken_engine(void)
{
    static struct tcprove_stack_ops ops;
    ops = *engine_stack();
    ops.create = create;
    ops.input = input;
    ops.deadline = deadline;
    ops.time = time_passes;
    return &ops;
}
