/* Events to calls of the engine. */
#include "scenario.h"

#include <string.h>

#define STEPS_MAX 24u     /* deadlines that fire one by one within one event */
#define OUTPUTS_MAX 8192u /* one pull: a window of the smallest segments, and more */
#define LOCAL_PORT 80u
#define PEER_PORT 4000u

static void begin_addresses(struct stage *stage)
{
    static const struct tcpr_ip incoming[2] = {
        {.source = {198, 51, 100, 2}, .destination = {192, 0, 2, 1}, .version = 4, .ttl = 64},
        {.source = {0x20, 1, 0xd, 0xb8, [15] = 2},
         .destination = {0x20, 1, 0xd, 0xb8, [15] = 1},
         .version = 6,
         .ttl = 64},
    };
    stage->incoming = stage->outgoing = incoming[stage->head.version == 6];
    memcpy(stage->outgoing.source, stage->incoming.destination, sizeof stage->outgoing.source);
    memcpy(stage->outgoing.destination, stage->incoming.source, sizeof stage->outgoing.destination);
}

void scenario_begin(struct stage *stage, const uint8_t *octets, size_t len, const struct observer *observer,
                    struct digest *digest)
{
    static const struct observer nobody;
    uint8_t head[SCENARIO_HEAD] = {0};
    memcpy(head, octets, len < sizeof head ? len : sizeof head);
    scenario_head_decode(head, &stage->head);
    tcpr_conn_init_with_tail(&stage->c, stage->head.ranges, stage->head.records);
    begin_addresses(stage);
    stage->now = stage->head.begin;
    stage->readable = 0;
    stage->placed_count = 0;
    stage->edge = stage->echo = 0;
    stage->advertised = stage->settled = stage->stamped = false;
    stage->observer = observer ? observer : &nobody;
    stage->digest = digest;
}

/* ---- What the connection sends ---- */

static void leaves(struct stage *stage, const struct tcpr_segment *segment)
{
    if (segment->options.present & TCPR_OPT_TIMESTAMPS) { stage->echo = segment->options.ts_val; }
    digest_add(stage->digest, segment, sizeof *segment);
    if (stage->observer->leaves) {
        stage->observer->leaves(stage->observer->context, stage->now, &stage->outgoing, segment);
    }
}

#define BLOCK (offsetof(struct stage, before) - offsetof(struct stage, c)) /* a connection and its tail */

static const void *now_of(const struct stage *stage)
{
    return (const uint8_t *)stage + offsetof(struct stage, c);
}

static void remember(struct stage *stage)
{
    memcpy((uint8_t *)stage + offsetof(struct stage, before), now_of(stage), BLOCK);
}

static bool changed(const struct stage *stage)
{
    return memcmp((const uint8_t *)stage + offsetof(struct stage, before), now_of(stage), BLOCK) != 0;
}

static void pull(struct stage *stage)
{
    struct tcpr_segment out;
    unsigned count = 0;
    remember(stage);
    while (tcpr_next_segment(&stage->c, &stage->head.config, stage->now, &out)) {
        watch_output(stage, &out);
        leaves(stage, &out);
        fuzz_require(++count < OUTPUTS_MAX, "outputs without end");
        remember(stage);
    }
    fuzz_require(!changed(stage), "false changed the connection");
    stage->settled = true;
}

/* ---- Numbers told from where the connection stands ---- */

uint32_t scenario_seq_anchor(const struct stage *stage, unsigned anchor)
{
    const struct tcpr_conn *c = &stage->c;
    if (c->state <= TCPR_SYN_SENT) { return stage->head.irs; }
    switch ((enum seq_anchor)anchor) {
    case SEQ_NEXT: return c->rcv.nxt;
    case SEQ_EDGE: return c->rcv.edge;
    case SEQ_IRS: return c->rcv.irs;
    case SEQ_HELD: return c->held_count ? c->held[0].end : c->rcv.nxt + 1;
    case SEQ_HOLE: return c->held_count ? c->held[0].first : c->rcv.nxt - 1;
    case SEQ_ACKED: return c->rcv.last_ack_sent;
    case SEQ_FIN: return c->flags & TCPR_FLAG_FIN_HELD ? c->rcv.fin_seq : c->rcv.nxt + 100;
    case SEQ_ZERO: return 0;
    }
    return 0;
}

uint32_t scenario_ack_anchor(const struct stage *stage, unsigned anchor)
{
    const struct tcpr_conn *c = &stage->c;
    switch ((enum ack_anchor)anchor) {
    case ACK_NEXT: return c->snd.nxt;
    case ACK_UNA: return c->snd.una;
    case ACK_ISS: return c->snd.iss;
    case ACK_FIN: return c->snd.iss + 1 + (uint32_t)c->snd.end_at;
    case ACK_OLD: return c->snd.una - c->snd.max_wnd;
    case ACK_RESENT: return c->snd.rxt_nxt;
    case ACK_EDGE: return c->snd.una + c->snd.wnd;
    case ACK_ZERO: return 0;
    }
    return 0;
}

/* ---- Segments ---- */

static void add_syn_options(const struct event *event, struct tcpr_options *options)
{
    if (event->options & 1) {
        options->present |= TCPR_OPT_MSS;
        options->mss = scenario_mss(event->choice);
    }
    if (event->options & 2) {
        options->present |= TCPR_OPT_WINDOW_SCALE;
        options->window_scale = scenario_shift(event->choice);
    }
    if (event->options & 4) { options->present |= TCPR_OPT_SACK_PERMITTED; }
}

/* With the MSS on a SYN, by a bit of its own elsewhere; never where the feature is off. */
static void add_user_timeout(const struct stage *stage, const struct event *event, struct tcpr_options *options)
{
    bool named = event->control & TCPR_SYN ? event->options & 1 : event->options & 2;
    if (!named || !(stage->head.config.features & TCPR_FEATURE_USER_TIMEOUT)) { return; }
    options->present |= TCPR_OPT_USER_TIMEOUT;
    options->user_timeout = scenario_user_timeout(event->choice);
}

static void add_sack(const struct stage *stage, const struct event *event, struct tcpr_options *options)
{
    uint32_t first = stage->c.snd.una + event->choice * 100u;
    options->present |= TCPR_OPT_SACK;
    options->sack_count = 1;
    options->sack[0] = (struct tcpr_range){first, first + 1 + event->amount};
}

/* The peer's clock runs as ours does, 1.024 ms a tick. */
static void add_stamps(const struct stage *stage, const struct event *event, struct tcpr_options *options)
{
    uint32_t clock = (uint32_t)(stage->now >> 10);
    bool natural = event->control & TCPR_SYN ? stage->head.stamps : (stage->c.flags & TCPR_FLAG_TIMESTAMPS) != 0;
    if (event->stamp == STAMP_NONE || (event->stamp == STAMP_NATURAL && !natural)) { return; }
    options->present |= TCPR_OPT_TIMESTAMPS;
    options->ts_val = clock;
    options->ts_ecr = stage->echo;
    if (event->stamp == STAMP_OLD) { options->ts_val = stage->c.ts.recent - 1u - event->choice; }
    if (event->stamp == STAMP_STRANGE) {
        options->ts_val = clock + (uint32_t)event->ack_delta;
        options->ts_ecr = stage->echo + (uint32_t)event->seq_delta;
    }
}

void scenario_segment(const struct stage *stage, const struct event *event, struct tcpr_segment *out)
{
    *out = (struct tcpr_segment){.source_port = PEER_PORT,
                                 .destination_port = LOCAL_PORT,
                                 .seq = scenario_seq_anchor(stage, event->seq_from) + (uint32_t)event->seq_delta,
                                 .ack = scenario_ack_anchor(stage, event->ack_from) + (uint32_t)event->ack_delta,
                                 .text_len = event->amount,
                                 .control = event->control,
                                 .window = event->window,
                                 .urgent = event->pointer,
                                 .ecn = event->ecn};
    if (event->control & TCPR_SYN) {
        add_syn_options(event, &out->options);
    } else if (event->options & 1) {
        add_sack(stage, event, &out->options);
    }
    add_stamps(stage, event, &out->options);
    add_user_timeout(stage, event, &out->options);
    out->header_len = (uint8_t)tcpr_segment_header_len(out);
}

static void segment_arrives(struct stage *stage, const struct event *event)
{
    struct tcpr_segment *segment = &stage->arrived;
    scenario_segment(stage, event, segment);
    if (segment->options.present & TCPR_OPT_TIMESTAMPS) {
        stage->peer_stamp = segment->options.ts_val;
        stage->stamped = true;
    }
    if (stage->observer->arrives) {
        stage->observer->arrives(stage->observer->context, stage->now, &stage->incoming, segment);
    }
    tcpr_segment_arrives(&stage->c, &stage->head.config, stage->now, &stage->incoming, segment, &stage->fx);
}

/* ---- Calls ---- */

static struct tcpr_open open_of(const struct stage *stage, const struct event *event)
{
    struct tcpr_open open = {.ip = stage->outgoing, .local_port = LOCAL_PORT, .remote_port = PEER_PORT};
    bool any_peer = event->kind == EVENT_OPEN_PASSIVE && (event->amount & 1) == 0;
    if (any_peer) {
        open.ip = (struct tcpr_ip){0};
        open.remote_port = 0;
    }
    if (event->amount & 2) { open.user_timeout_us = TCPR_S(10); }
    if (event->amount & 4) { open.receive_buffer = 1000; }
    return open;
}

static void call_send(struct stage *stage, const struct event *event)
{
    const struct tcpr_conn *c = &stage->before;
    uint64_t room = stage->head.config.send_buffer - (c->snd.end_at - c->snd.una_at);
    enum tcpr_status status =
        tcpr_send(&stage->c, &stage->head.config, stage->now, event->amount, event->urgent, &stage->fx);
    fuzz_require(status != TCPR_OK || event->amount <= room, "SEND takes more than there is room for");
    fuzz_require(status != TCPR_OK || stage->c.snd.end_at == c->snd.end_at + event->amount,
                 "SEND takes other than given");
}

static void call_receive(struct stage *stage, const struct event *event)
{
    uint32_t taken;
    enum tcpr_status status =
        tcpr_receive(&stage->c, &stage->head.config, stage->now, event->amount, &taken, &stage->fx);
    uint64_t due = event->amount < stage->readable ? event->amount : stage->readable;
    fuzz_require(taken == (status == TCPR_OK ? due : 0), "RECEIVE gives other than was announced");
    fuzz_require(status == TCPR_OK || stage->readable == 0, "RECEIVE keeps text back");
    stage->readable -= taken;
}

static void call_status(const struct stage *stage)
{
    struct tcpr_report report;
    enum tcpr_status status = tcpr_status_of(&stage->c, &report);
    fuzz_require((status == TCPR_OK) == (stage->c.state != TCPR_CLOSED), "STATUS of what is not there");
    fuzz_require(report.awaiting_receipt == (status == TCPR_OK ? stage->readable : 0), "STATUS counts otherwise");
    fuzz_require(report.receive_window <= stage->c.rcv.buffer + (UINT32_C(1) << stage->c.rcv_shift),
                 "STATUS tells of a window larger than the buffer");
    digest_add(stage->digest, &report.send_window, sizeof report.send_window);
}

static void make_call(struct stage *stage, const struct event *event)
{
    struct tcpr_conn *c = &stage->c;
    const struct tcpr_config *config = &stage->head.config;
    struct tcpr_effects *fx = &stage->fx;
    struct tcpr_open open = open_of(stage, event);
    struct tcpr_icmp icmp = event->icmp;
    switch (event->kind) {
    case EVENT_SEGMENT: segment_arrives(stage, event); break;
    case EVENT_TIME: tcpr_time_passes(c, config, stage->now, fx); break;
    case EVENT_SEND: call_send(stage, event); break;
    case EVENT_RECEIVE: call_receive(stage, event); break;
    case EVENT_CLOSE: tcpr_close(c, config, stage->now, fx); break;
    case EVENT_RELEASE: tcpr_release(c, config, stage->now, fx); break;
    case EVENT_ABORT: tcpr_abort(c, config, stage->now, fx); break;
    case EVENT_SET:
        memset(fx, 0, sizeof *fx);
        tcpr_set(c, config, stage->now, event->setting, event->value);
        fuzz_require(event->setting == TCPR_SET_KEEPALIVE || c->probes == stage->before.probes,
                     "a setting forgets probes"); /* MUST-29 */
        break;
    case EVENT_ICMP:
        icmp.version = stage->head.version;
        icmp.quoted_seq += c->snd.una;
        tcpr_icmp_arrives(c, config, stage->now, &icmp, fx);
        break;
    case EVENT_OPEN_ACTIVE: tcpr_open_active(c, config, stage->now, &open, fx); break;
    case EVENT_OPEN_PASSIVE: tcpr_open_passive(c, config, stage->now, &open, fx); break;
    case EVENT_STATUS: call_status(stage); break;
    }
}

/* One input to the engine, and all that must hold after it. */
static void input(struct stage *stage, const struct event *event)
{
    if (!stage->settled) { remember(stage); } /* half a kilobyte, copied once an event */
    stage->settled = false;
    make_call(stage, event);
    if (event->kind == EVENT_STATUS) { return; }
    watch_input(stage, event->kind);
    if (stage->fx.has_reply) { leaves(stage, &stage->fx.reply); }
    bool syn_waits = (stage->c.flags & TCPR_FLAG_SYN_NOW) != 0; /* nobody can answer a SYN that never left */
    if (!event->hold || syn_waits) { pull(stage); }
}

/* ---- Time ---- */

static void fire(struct stage *stage, bool hold)
{
    struct event time = {.kind = EVENT_TIME, .hold = hold};
    input(stage, &time);
    fuzz_require(tcpr_next_deadline(&stage->c) > stage->now, "a timer fired and is still due");
}

static void time_passes(struct stage *stage, tcpr_time us, bool stepwise)
{
    tcpr_time until = stage->now + us;
    for (unsigned steps = 0; stepwise && steps < STEPS_MAX; steps++) {
        tcpr_time due = tcpr_next_deadline(&stage->c);
        if (due > until) { break; }
        if (due > stage->now) { stage->now = due; }
        fire(stage, false);
    }
    stage->now = until;
    if (tcpr_next_deadline(&stage->c) <= until) { fire(stage, false); }
}

static void pause_before(struct stage *stage, enum pause pause)
{
    tcpr_time due;
    switch (pause) {
    case PAUSE_NONE: return;
    case PAUSE_SHORT: stage->now += TCPR_MS(3); return; /* timers wait for whoever asks next */
    case PAUSE_DELAYED_ACK: time_passes(stage, TCPR_MS(120), true); return;
    case PAUSE_DEADLINE:
        due = tcpr_next_deadline(&stage->c);
        if (due != TCPR_NEVER && due > stage->now) { time_passes(stage, due - stage->now, true); }
        return;
    }
}

/* Beyond this the clock could run over: a few centuries. */
#define CLOCK_MAX ((tcpr_time)1 << 53)

void scenario_event(struct stage *stage, const struct event *event)
{
    if (stage->observer->event) { stage->observer->event(stage->observer->context, stage->now, event, &stage->c); }
    if (stage->now > CLOCK_MAX) { return; }
    pause_before(stage, event->pause);
    if (event->kind == EVENT_TIME) {
        time_passes(stage, event->us, event->stepwise);
    } else {
        input(stage, event);
    }
}

void scenario_play(struct stage *stage, const uint8_t *octets, size_t len, const struct observer *observer,
                   struct digest *digest)
{
    struct event event;
    scenario_begin(stage, octets, len, observer, digest);
    for (size_t i = 0; i < scenario_events(len); i++) {
        event_decode(octets + SCENARIO_HEAD + i * SCENARIO_EVENT, &event);
        scenario_event(stage, &event);
    }
    digest_add(digest, &stage->c, sizeof stage->c);
}
