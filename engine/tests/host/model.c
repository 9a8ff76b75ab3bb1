#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long model_seed;

_Noreturn void model_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "seed %lu: %s:%d: broken: %s\n", model_seed, file, line, what);
    exit(1);
}

void said_result(struct said *out, const struct tcpr_ip *ip, uint16_t local_port, uint16_t remote_port,
                 const struct tcpr_effects *fx)
{
    memset(out, 0, sizeof *out);
    memcpy(out->ip.source, ip->source, sizeof ip->source);
    memcpy(out->ip.destination, ip->destination, sizeof ip->destination);
    out->ip.version = ip->version;
    out->local_port = local_port;
    out->remote_port = remote_port;
    out->fx.events = fx->events;
    out->fx.decisions = fx->decisions;
    out->fx.readable = fx->readable;
    out->fx.released = fx->released;
    if (fx->place.len != 0) { out->fx.place = fx->place; }
    memcpy(out->fx.decision, fx->decision, fx->decisions * sizeof fx->decision[0]);
    out->fx.stream_reset = fx->stream_reset;
    out->fx.has_reply = fx->has_reply;
    if (fx->has_reply) { out->seg = fx->reply; }
}

void said_segment(struct said *out, const struct tcpr_ip *ip, const struct tcpr_segment *seg)
{
    const struct tcpr_effects nothing = {0};
    said_result(out, ip, seg->source_port, seg->destination_port, &nothing);
    out->seg = *seg;
}

void model_hush(struct model *m)
{
    m->count = 0;
    m->made = NULL;
}

static struct said *say(struct model *m)
{
    require(m->count < MODEL_SAID_MAX);
    return &m->said[m->count++];
}

static void say_result(struct model *m, const struct model_conn *e, const struct tcpr_effects *fx)
{
    said_result(say(m), &e->ip, e->c.local_port, e->c.remote_port, fx);
}

static struct model_conn *new_conn(struct model *m)
{
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        if (m->conns[i].kind == MODEL_FREE) {
            memset(&m->conns[i], 0, sizeof m->conns[i]);
            tcpr_conn_init(&m->conns[i].c);
            return &m->conns[i];
        }
    }
    model_broken("the model's table is full", __FILE__, __LINE__);
    return NULL;
}

static uint32_t count(const struct model *m, enum model_kind kind, uint32_t listener)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        const struct model_conn *e = &m->conns[i];
        found += e->kind == kind && (listener == MODEL_LISTENERS || e->listener == listener);
    }
    return found;
}

uint32_t model_slots(const struct model *m)
{
    return count(m, MODEL_SLOT, MODEL_LISTENERS);
}

struct model_conn *model_find(struct model *m, const struct tcpr_ip *outgoing, uint16_t local_port,
                              uint16_t remote_port)
{
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        struct model_conn *e = &m->conns[i];
        if (e->kind == MODEL_FREE || e->c.state == TCPR_CLOSED) { continue; }
        if (e->c.local_port == local_port && e->c.remote_port == remote_port && e->ip.version == outgoing->version &&
            memcmp(e->ip.source, outgoing->source, 16) == 0 &&
            memcmp(e->ip.destination, outgoing->destination, 16) == 0) {
            return e;
        }
    }
    return NULL;
}

static struct model_listener *listener_of(struct model *m, uint16_t port)
{
    for (uint32_t i = 0; i < MODEL_LISTENERS; i++) {
        if (m->listeners[i].listens && m->listeners[i].port == port) { return &m->listeners[i]; }
    }
    return NULL;
}

static uint32_t index_of(const struct model *m, const struct model_listener *l)
{
    return (uint32_t)(l - m->listeners);
}

static bool has_room(const struct model *m, const struct model_listener *l)
{
    return model_slots(m) < m->options.connections && l->waiting < l->backlog;
}

static bool syn_queue_full(const struct model *m, const struct model_listener *l)
{
    return count(m, MODEL_HANDSHAKE, MODEL_LISTENERS) >= m->options.syn_queue ||
           count(m, MODEL_HANDSHAKE, index_of(m, l)) >= l->backlog;
}

static void pull_reply(struct model *m, struct model_conn *e, struct tcpr_effects *fx)
{
    if (e->c.state == TCPR_SYN_RECEIVED && !fx->has_reply) {
        fx->has_reply = tcpr_next_segment(&e->c, &m->config, m->now, &fx->reply);
    }
}

/* Where a connection is kept now. */
static void settle(struct model *m, struct model_conn *e)
{
    enum tcpr_state state = (enum tcpr_state)e->c.state;
    bool gone = state == TCPR_CLOSED || state == TCPR_LISTEN;
    if (e->kind == MODEL_HANDSHAKE && !gone && state != TCPR_SYN_RECEIVED) {
        if (state == TCPR_TIME_WAIT) {
            e->kind = MODEL_LINGER;
        } else {
            struct model_listener *l = &m->listeners[e->listener];
            e->kind = MODEL_SLOT;
            e->waits = true;
            e->released = false; /* where TIME-WAIT was reopened, its last application's */
            l->queue[l->waiting++] = (uint32_t)(e - m->conns);
            m->made = e;
        }
    } else if (e->kind == MODEL_LINGER && state == TCPR_SYN_RECEIVED) {
        e->kind = MODEL_HANDSHAKE;
        e->listener = index_of(m, listener_of(m, e->c.local_port));
    } else if (gone && (e->kind != MODEL_SLOT || e->released)) {
        e->kind = MODEL_FREE;
    }
}

static struct tcpr_segment bare(const struct tcpr_segment *seg)
{
    struct tcpr_segment syn = *seg;
    syn.text_len = 0;
    syn.control &= (uint16_t) ~(TCPR_FIN | TCPR_PSH | TCPR_URG);
    return syn;
}

static bool is_bare_syn(const struct tcpr_segment *seg)
{
    return (seg->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == TCPR_SYN;
}

static void dropped(struct model *m, const struct tcpr_ip *outgoing, const struct tcpr_segment *seg,
                    enum tcpr_state state)
{
    struct tcpr_effects fx = {.decisions = 1};
    fx.decision[0] = (struct tcpr_decision){
        .act = TCPR_ACT_DROPPED, .from = (uint8_t)state, .to = (uint8_t)state, .rule = TCPR_RULE_4987_3_4_1};
    said_result(say(m), outgoing, seg->destination_port, seg->source_port, &fx);
}

static void at_linger(struct model *m, struct model_conn *e, const struct tcpr_ip *ip, const struct tcpr_segment *seg)
{
    struct model_listener *l = listener_of(m, e->c.local_port);
    uint32_t passive = e->c.flags & TCPR_FLAG_PASSIVE;
    struct tcpr_effects fx;
    struct tcpr_segment syn = bare(seg);
    if (!l || !has_room(m, l) || syn_queue_full(m, l)) { e->c.flags &= ~(uint32_t)TCPR_FLAG_PASSIVE; }
    bool asks = is_bare_syn(seg) && (e->c.flags & TCPR_FLAG_PASSIVE);
    tcpr_segment_arrives(&e->c, &m->config, m->now, ip, asks ? &syn : seg, &fx);
    e->c.flags |= passive;
    pull_reply(m, e, &fx);
    say_result(m, e, &fx);
    settle(m, e);
}

static void at_conn(struct model *m, struct model_conn *e, const struct tcpr_ip *ip, const struct tcpr_segment *seg)
{
    struct tcpr_config config = m->config;
    struct tcpr_effects fx;
    if (e->kind == MODEL_HANDSHAKE && !has_room(m, &m->listeners[e->listener]) &&
        (seg->control & (TCPR_ACK | TCPR_RST | TCPR_SYN)) == TCPR_ACK) {
        dropped(m, &e->ip, seg, TCPR_SYN_RECEIVED);
        return;
    }
    if (e->c.state == TCPR_TIME_WAIT) { config.features &= ~(uint32_t)TCPR_FEATURE_REOPEN_TIME_WAIT; }
    struct said *said = say(m);
    tcpr_segment_arrives(&e->c, &config, m->now, ip, seg, &fx);
    if (e->kind == MODEL_HANDSHAKE) { pull_reply(m, e, &fx); }
    said_result(said, &e->ip, seg->destination_port, seg->source_port, &fx);
    settle(m, e);
}

static void at_listener(struct model *m, struct model_listener *l, const struct tcpr_ip *ip,
                        const struct tcpr_ip *outgoing, const struct tcpr_segment *seg)
{
    struct tcpr_segment given = is_bare_syn(seg) ? bare(seg) : *seg;
    if (is_bare_syn(seg) && (l->waiting >= l->backlog || syn_queue_full(m, l))) {
        dropped(m, outgoing, seg, TCPR_LISTEN);
        return;
    }
    struct model_conn *e = new_conn(m);
    struct tcpr_effects fx;
    e->kind = MODEL_HANDSHAKE;
    e->c = l->c;
    e->ip = *outgoing;
    e->listener = index_of(m, l);
    tcpr_segment_arrives(&e->c, &m->config, m->now, ip, &given, &fx);
    pull_reply(m, e, &fx);
    said_result(say(m), outgoing, seg->destination_port, seg->source_port, &fx);
    settle(m, e);
}

void model_input(struct model *m, const struct tcpr_ip *ip, const struct tcpr_segment *seg)
{
    struct tcpr_ip outgoing = {.version = ip->version, .ttl = 64};
    memcpy(outgoing.source, ip->destination, 16);
    memcpy(outgoing.destination, ip->source, 16);
    struct model_conn *e = model_find(m, &outgoing, seg->destination_port, seg->source_port);
    struct model_listener *l = listener_of(m, seg->destination_port);
    if (e && e->kind == MODEL_LINGER) {
        at_linger(m, e, ip, seg);
    } else if (e) {
        at_conn(m, e, ip, seg);
    } else if (l) {
        at_listener(m, l, ip, &outgoing, seg);
    } else {
        struct tcpr_conn nobody;
        struct tcpr_effects fx;
        tcpr_conn_init(&nobody);
        tcpr_segment_arrives(&nobody, &m->config, m->now, ip, seg, &fx);
        said_result(say(m), &outgoing, seg->destination_port, seg->source_port, &fx);
    }
}

void model_time(struct model *m)
{
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        struct model_conn *e = &m->conns[i];
        if (e->kind == MODEL_FREE || tcpr_next_deadline(&e->c) > m->now) { continue; }
        struct tcpr_effects fx;
        tcpr_time_passes(&e->c, &m->config, m->now, &fx);
        if (e->kind == MODEL_HANDSHAKE) { pull_reply(m, e, &fx); }
        if (e->kind != MODEL_LINGER) { say_result(m, e, &fx); }
        settle(m, e);
    }
}

void model_pull(struct model *m)
{
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        struct model_conn *e = &m->conns[i];
        struct tcpr_segment seg;
        if (e->kind != MODEL_SLOT) { continue; }
        while (tcpr_next_segment(&e->c, &m->config, m->now, &seg)) {
            said_segment(say(m), &e->ip, &seg);
        }
        bool read = e->c.rcv.nxt_at == e->c.rcv.read_at;
        if (e->released && read && e->c.state == TCPR_TIME_WAIT) { e->kind = MODEL_LINGER; }
    }
}

tcpr_time model_deadline(const struct model *m)
{
    tcpr_time next = TCPR_NEVER;
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        const struct model_conn *e = &m->conns[i];
        tcpr_time due = e->kind == MODEL_FREE ? TCPR_NEVER : tcpr_next_deadline(&e->c);
        if (due < next) { next = due; }
    }
    return next;
}

void model_listen(struct model *m, uint32_t index, uint16_t port, uint32_t backlog)
{
    struct model_listener *l = &m->listeners[index];
    const struct tcpr_open open = {.local_port = port};
    struct tcpr_effects fx;
    *l = (struct model_listener){.listens = true, .port = port, .backlog = backlog};
    tcpr_conn_init(&l->c);
    require((tcpr_open_passive(&l->c, &m->config, m->now, &open, &fx)) == (TCPR_OK));
}

struct model_conn *model_accept(struct model *m, uint32_t index)
{
    struct model_listener *l = &m->listeners[index];
    while (l->waiting > 0) {
        struct model_conn *e = &m->conns[l->queue[0]];
        l->waiting--;
        memmove(l->queue, l->queue + 1, l->waiting * sizeof l->queue[0]);
        e->waits = false;
        if (e->c.state != TCPR_CLOSED || e->c.rcv.nxt_at != e->c.rcv.read_at) { return e; }
        e->kind = MODEL_FREE;
    }
    return NULL;
}

void model_unlisten(struct model *m, uint32_t index)
{
    struct model_conn *e;
    while ((e = model_accept(m, index)) != NULL) {
        model_let_go(m, e, true);
    }
    m->listeners[index].listens = false;
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        if (m->conns[i].kind == MODEL_HANDSHAKE && m->conns[i].listener == index) { m->conns[i].kind = MODEL_FREE; }
    }
}

struct model_conn *model_connect(struct model *m, const struct tcpr_ip *ip, uint16_t local_port, uint16_t remote_port)
{
    struct model_conn *e = new_conn(m);
    const struct tcpr_open open = {.ip = *ip, .local_port = local_port, .remote_port = remote_port};
    struct tcpr_effects fx;
    e->kind = MODEL_SLOT;
    e->ip = *ip;
    require((tcpr_open_active(&e->c, &m->config, m->now, &open, &fx)) == (TCPR_OK));
    say_result(m, e, &fx);
    return e;
}

static enum tcpr_status done(struct model *m, struct model_conn *e, enum tcpr_status status, struct tcpr_effects *fx)
{
    const struct tcpr_effects nothing = {0};
    say_result(m, e, status == TCPR_OK ? fx : &nothing);
    settle(m, e);
    return status;
}

enum tcpr_status model_send(struct model *m, struct model_conn *e, uint32_t octets)
{
    struct tcpr_effects fx;
    return done(m, e, tcpr_send(&e->c, &m->config, m->now, octets, false, &fx), &fx);
}

enum tcpr_status model_receive(struct model *m, struct model_conn *e, uint32_t octets, uint32_t *taken)
{
    struct tcpr_effects fx;
    return done(m, e, tcpr_receive(&e->c, &m->config, m->now, octets, taken, &fx), &fx);
}

enum tcpr_status model_close(struct model *m, struct model_conn *e)
{
    struct tcpr_effects fx;
    return done(m, e, tcpr_close(&e->c, &m->config, m->now, &fx), &fx);
}

void model_let_go(struct model *m, struct model_conn *e, bool abort)
{
    struct tcpr_effects fx;
    e->released = true;
    enum tcpr_status status =
        abort ? tcpr_abort(&e->c, &m->config, m->now, &fx) : tcpr_release(&e->c, &m->config, m->now, &fx);
    done(m, e, status, &fx);
}

void model_icmp(struct model *m, struct model_conn *e, const struct tcpr_icmp *icmp)
{
    struct tcpr_effects fx;
    tcpr_icmp_arrives(&e->c, &m->config, m->now, icmp, &fx);
    if (e->kind == MODEL_HANDSHAKE) { pull_reply(m, e, &fx); }
    say_result(m, e, &fx);
    settle(m, e);
}
