/*
 * tcpr_host against the model: a seed draws segments, calls, errors and time for both, and after each step they must
 * have said the same, octet by octet.
 *
 * usage: engine_host_random FIRST COUNT
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 400u
#define LISTEN_PORT 80u
#define TUPLES_REMOTE 3u

struct run {
    uint64_t seed;
    struct model model;
    struct tcpr_host *host;
    size_t size;
    struct said said[MODEL_SAID_MAX];
    size_t count;
    struct tcpr_handle made;
    struct tcpr_listener listeners[MODEL_LISTENERS];
    unsigned long states[TCPR_STATES]; /* inputs by the state they met, to see that the draw reaches them */
    unsigned long reopened;            /* TIME-WAITs by a SYN */
};

static uint32_t below(struct run *r, uint32_t n)
{
    return draw_below(&r->seed, n);
}

static bool chance(struct run *r, uint32_t percent)
{
    return below(r, 100) < percent;
}

static void local_address(uint8_t out[16], uint8_t version, uint32_t which)
{
    memset(out, 0, 16);
    out[0] = version == 6 ? 0xFD : 10;
    out[version == 6 ? 15 : 3] = (uint8_t)(1 + which);
}

static void remote_address(uint8_t out[16], uint8_t version, uint32_t which)
{
    local_address(out, version, which);
    out[1] = 9;
}

/* Ours is the source. */
static struct tcpr_ip draw_ip(struct run *r)
{
    struct tcpr_ip ip = {.version = chance(r, 70) ? 4 : 6, .ttl = 64};
    local_address(ip.source, ip.version, below(r, 2));
    remote_address(ip.destination, ip.version, below(r, TUPLES_REMOTE));
    return ip;
}

static struct tcpr_ip turned(const struct tcpr_ip *ip)
{
    struct tcpr_ip other = {.version = ip->version, .ttl = 64};
    memcpy(other.source, ip->destination, 16);
    memcpy(other.destination, ip->source, 16);
    return other;
}

static struct said *say(struct run *r)
{
    require(r->count < MODEL_SAID_MAX);
    return &r->said[r->count++];
}

static int in_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct said));
}

static void describe(const char *who, const struct said *said, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct said *s = &said[i];
        fprintf(stderr,
                "  %s %u>%u events %x place %u reply %d seq %u ack %u ctl %x wnd %u opt %x ts %u,%u mss %u:", who,
                s->local_port, s->remote_port, s->fx.events, s->fx.place.len, s->fx.has_reply, s->seg.seq, s->seg.ack,
                s->seg.control, s->seg.window, s->seg.options.present, s->seg.options.ts_val, s->seg.options.ts_ecr,
                s->seg.options.mss);
        for (uint32_t d = 0; d < s->fx.decisions; d++) {
            fprintf(stderr, " %s(%s)", tcpr_act_text((enum tcpr_act)s->fx.decision[d].act),
                    tcpr_rule_id((enum tcpr_rule)s->fx.decision[d].rule));
        }
        fprintf(stderr, "\n");
    }
}

/* Both said the same, in whatever order they went through their connections. */
static void compare(struct run *r, const char *what)
{
    struct model *m = &r->model;
    qsort(m->said, m->count, sizeof m->said[0], in_order);
    qsort(r->said, r->count, sizeof r->said[0], in_order);
    bool same = m->count == r->count && memcmp(m->said, r->said, m->count * sizeof m->said[0]) == 0;
    if (!same) {
        fprintf(stderr, "after %s:\n", what);
        describe("model", m->said, m->count);
        describe("host ", r->said, r->count);
    }
    require(same);
    require((r->made.generation != 0) == (m->made != NULL));
    if (m->made) { m->made->handle = r->made; }
    require(tcpr_host_next_deadline(r->host) <= model_deadline(m));
    struct tcpr_host_counts counts;
    tcpr_host_count(r->host, &counts);
    require(counts.connections == model_slots(m));
    r->count = 0;
    r->made = (struct tcpr_handle){0};
    model_hush(m);
}

static void note_result(struct run *r, const struct tcpr_ip *ip, uint16_t local_port, uint16_t remote_port,
                        const struct tcpr_host_result *res)
{
    said_result(say(r), ip, local_port, remote_port, &res->fx);
    if (res->listener.generation != 0) { r->made = res->conn; }
    if (res->fx.has_reply) {
        require(memcmp(res->ip.source, ip->source, 16) == 0);
        require(memcmp(res->ip.destination, ip->destination, 16) == 0);
    }
}

/* ---- steps ---- */

static void pull(struct run *r)
{
    struct tcpr_host_output out;
    while (tcpr_host_next_segment(r->host, &r->model.config, r->model.now, &out)) {
        said_segment(say(r), &out.ip, &out.seg);
    }
    model_pull(&r->model);
}

static void input(struct run *r, const struct tcpr_ip *outgoing, const struct tcpr_segment *seg)
{
    struct tcpr_ip ip = turned(outgoing);
    struct tcpr_host_result res;
    tcpr_host_expect(r->host, &ip, seg->source_port, seg->destination_port);
    r->states[tcpr_host_state(r->host, outgoing, seg->destination_port, seg->source_port)]++;
    tcpr_host_input(r->host, &r->model.config, r->model.now, &ip, seg, &res);
    note_result(r, outgoing, seg->destination_port, seg->source_port, &res);
    const struct tcpr_decision *first = &res.fx.decision[0];
    r->reopened += res.fx.decisions > 0 && first->from == TCPR_TIME_WAIT && first->to == TCPR_SYN_RECEIVED;
    model_input(&r->model, &ip, seg);
    compare(r, "a segment");
}

static struct model_conn *draw_conn(struct run *r, bool of_application)
{
    struct model_conn *chosen = NULL;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        struct model_conn *e = &r->model.conns[i];
        if (e->kind == MODEL_FREE) { continue; }
        if (of_application && (e->kind != MODEL_SLOT || e->waits || e->released)) { continue; }
        if (below(r, ++seen) == 0) { chosen = e; }
    }
    return chosen;
}

static void draw_options(struct run *r, struct tcpr_options *o)
{
    if (chance(r, 60)) { o->present |= TCPR_OPT_MSS; }
    if (chance(r, 60)) { o->present |= TCPR_OPT_TIMESTAMPS; }
    if (chance(r, 60)) { o->present |= TCPR_OPT_SACK_PERMITTED; }
    if (chance(r, 60)) { o->present |= TCPR_OPT_WINDOW_SCALE; }
    o->mss = (uint16_t)(below(r, 3) * 730);
    o->window_scale = (uint8_t)below(r, 17);
    o->ts_val = (uint32_t)draw(&r->seed);
}

static void draw_ports(struct run *r, struct tcpr_segment *seg)
{
    seg->source_port = (uint16_t)(1000 + below(r, 3));
    seg->destination_port = (uint16_t)(LISTEN_PORT + below(r, 3));
}

static void send_syn(struct run *r)
{
    struct tcpr_ip ip = draw_ip(r);
    struct tcpr_segment seg = {.control = TCPR_SYN};
    seg.seq = (uint32_t)draw(&r->seed);
    draw_ports(r, &seg);
    seg.window = (uint16_t)below(r, 65536);
    draw_options(r, &seg.options);
    if (chance(r, 20)) { seg.text_len = below(r, 100); }
    if (chance(r, 10)) { seg.control |= TCPR_FIN; }
    input(r, &ip, &seg);
}

static uint16_t draw_control(struct run *r)
{
    static const uint16_t controls[] = {TCPR_ACK,
                                        TCPR_ACK,
                                        TCPR_ACK,
                                        TCPR_ACK | TCPR_PSH,
                                        TCPR_ACK | TCPR_FIN,
                                        TCPR_ACK | TCPR_FIN,
                                        TCPR_RST,
                                        TCPR_SYN,
                                        TCPR_SYN | TCPR_ACK,
                                        TCPR_RST | TCPR_ACK,
                                        0,
                                        TCPR_ACK | TCPR_URG};
    return controls[below(r, sizeof controls / sizeof controls[0])];
}

static uint32_t near(struct run *r, uint32_t number)
{
    switch (below(r, 12)) {
    case 0: return number - 1u;
    case 1: return number + 1u;
    case 2: return number + below(r, 70000);
    case 3: return number - below(r, 70000);
    default: return number;
    }
}

/* A segment that makes sense to the connection more often than not. */
static void send_to(struct run *r, const struct model_conn *e)
{
    const struct tcpr_conn *c = &e->c;
    struct tcpr_segment seg = {.source_port = c->remote_port, .destination_port = c->local_port};
    seg.seq = near(r, c->rcv.nxt);
    seg.ack = near(r, c->snd.nxt);
    seg.control = draw_control(r);
    seg.window = (uint16_t)below(r, 65536);
    if (c->state == TCPR_SYN_SENT) {
        seg.control = chance(r, 70) ? TCPR_SYN | TCPR_ACK : seg.control;
        seg.seq = (uint32_t)draw(&r->seed);
    }
    if (c->state == TCPR_TIME_WAIT && chance(r, 80)) { seg.control = TCPR_SYN; }
    if (seg.control & TCPR_SYN) { draw_options(r, &seg.options); }
    if (chance(r, 50)) { seg.text_len = below(r, 3000); }
    if (c->flags & TCPR_FLAG_TIMESTAMPS && chance(r, 90)) {
        seg.options.present |= TCPR_OPT_TIMESTAMPS;
        seg.options.ts_val = near(r, c->ts.recent + below(r, 3));
        seg.options.ts_ecr = c->ts.offset + (uint32_t)(r->model.now >> 10);
    }
    struct tcpr_ip ip = e->ip;
    input(r, &ip, &seg);
}

static void garbage(struct run *r)
{
    struct tcpr_ip ip = draw_ip(r);
    struct tcpr_segment seg = {0};
    seg.seq = (uint32_t)draw(&r->seed);
    seg.ack = (uint32_t)draw(&r->seed);
    seg.control = (uint16_t)below(r, 256);
    draw_ports(r, &seg);
    seg.text_len = below(r, 10);
    input(r, &ip, &seg);
}

static void accept_one(struct run *r)
{
    uint32_t index = below(r, 2);
    struct tcpr_handle handle;
    if (!r->model.listeners[index].listens) { return; }
    struct model_conn *e = model_accept(&r->model, index);
    require((tcpr_host_accept(r->host, r->listeners[index], &handle)) == (e != NULL));
    if (e) { require(tcpr_handle_equal(handle, e->handle)); }
}

static size_t keep(struct said *said, size_t count, bool (*wanted)(const struct said *))
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (wanted(&said[i])) { said[kept++] = said[i]; }
    }
    return kept;
}

/* The dead that nobody accepted leave without a word. */
static bool has_decisions(const struct said *s)
{
    return s->fx.decisions != 0;
}

static const struct model_conn *of_handle(const struct model *m, struct tcpr_handle handle)
{
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        const struct model_conn *e = &m->conns[i];
        if (e->kind == MODEL_SLOT && tcpr_handle_equal(e->handle, handle)) { return e; }
    }
    return NULL;
}

static void listen_or_not(struct run *r)
{
    uint32_t index = below(r, 2);
    struct model *m = &r->model;
    struct tcpr_host_result res;
    if (!m->listeners[index].listens) {
        struct tcpr_listen listen = {.port = (uint16_t)(LISTEN_PORT + index), .backlog = 1 + below(r, 4)};
        require((tcpr_host_listen(r->host, &m->config, m->now, &listen, &r->listeners[index])) == (TCPR_OK));
        require((tcpr_host_listen(r->host, &m->config, m->now, &listen, &r->listeners[2])) == (TCPR_ALREADY_EXISTS));
        model_listen(m, index, listen.port, listen.backlog);
    } else if (chance(r, 15)) {
        while (tcpr_host_unlisten(r->host, &m->config, m->now, r->listeners[index], &res)) {
            const struct model_conn *e = of_handle(m, res.conn);
            if (e) { note_result(r, &e->ip, e->c.local_port, e->c.remote_port, &res); }
        }
        model_unlisten(m, index);
        m->count = keep(m->said, m->count, has_decisions);
        r->count = keep(r->said, r->count, has_decisions);
        compare(r, "unlisten");
    }
}

static void connect_one(struct run *r)
{
    struct model *m = &r->model;
    struct tcpr_open open = {.ip = draw_ip(r)};
    struct tcpr_handle handle;
    struct tcpr_host_result res;
    open.remote_port = (uint16_t)(1000 + below(r, 3));
    if (chance(r, 30)) { open.local_port = (uint16_t)(LISTEN_PORT + below(r, 4)); }
    bool in_use = open.local_port != 0 && model_find(m, &open.ip, open.local_port, open.remote_port) != NULL;
    bool full = model_slots(m) == m->options.connections;
    enum tcpr_status status = tcpr_host_connect(r->host, &m->config, m->now, &open, &handle, &res);
    require(status == (in_use ? TCPR_ALREADY_EXISTS : full ? TCPR_INSUFFICIENT_RESOURCES : TCPR_OK));
    if (status != TCPR_OK) { return; }
    uint16_t port = tcpr_host_conn(r->host, handle)->local_port;
    require(open.local_port == 0 ? port >= 1024 : port == open.local_port);
    require(model_find(m, &open.ip, port, open.remote_port) == NULL);
    struct model_conn *e = model_connect(m, &open.ip, port, open.remote_port);
    e->handle = handle;
    note_result(r, &e->ip, port, open.remote_port, &res);
    compare(r, "connect");
}

static void call(struct run *r)
{
    struct model *m = &r->model;
    struct model_conn *e = draw_conn(r, true);
    struct tcpr_host_result res;
    uint32_t octets = below(r, 5000), taken[2];
    if (!e) { return; }
    struct tcpr_handle h = e->handle;
    struct tcpr_ip ip = e->ip;
    uint16_t local = e->c.local_port, remote = e->c.remote_port;
    uint32_t what = below(r, 20);
    if (what < 8) {
        enum tcpr_status status = tcpr_host_send(r->host, &m->config, m->now, h, octets, false, &res);
        require(status == model_send(m, e, octets));
    } else if (what < 15) {
        enum tcpr_status status = tcpr_host_receive(r->host, &m->config, m->now, h, octets, &taken[0], &res);
        require(status == model_receive(m, e, octets, &taken[1]));
        require((taken[0]) == (taken[1]));
    } else if (what < 17) {
        enum tcpr_status status = tcpr_host_close(r->host, &m->config, m->now, h, &res);
        require(status == model_close(m, e));
    } else {
        bool abort = what == 19;
        enum tcpr_status status = (abort ? tcpr_host_abort : tcpr_host_release)(r->host, &m->config, m->now, h, &res);
        require(status == TCPR_OK);
        model_let_go(m, e, abort);
        require(tcpr_host_conn(r->host, h) == NULL);
    }
    note_result(r, &ip, local, remote, &res);
    compare(r, "a call");
}

static void icmp(struct run *r)
{
    struct model_conn *e = draw_conn(r, false);
    struct tcpr_host_result res;
    if (!e || e->c.state == TCPR_CLOSED || e->kind == MODEL_LINGER) { return; }
    struct tcpr_ip ip = e->ip;
    uint16_t local = e->c.local_port, remote = e->c.remote_port;
    struct tcpr_icmp error = {.version = ip.version, .type = ip.version == 4 ? 3 : 2};
    error.quoted_seq = near(r, e->c.snd.una);
    error.code = ip.version == 4 ? (uint8_t)below(r, 6) : 0;
    error.mtu = 1280 + below(r, 200);
    tcpr_host_icmp(r->host, &r->model.config, r->model.now, &ip, local, remote, &error, &res);
    model_icmp(&r->model, e, &error);
    note_result(r, &ip, local, remote, &res);
    compare(r, "an ICMP error");
}

/* A result of a timer tells by its handle whose it is; a handshake's, by its reply. */
static void note_timer(struct run *r, const struct tcpr_host_result *res)
{
    for (uint32_t i = 0; i < MODEL_CONNS; i++) {
        const struct model_conn *e = &r->model.conns[i];
        bool named = e->kind == MODEL_SLOT && tcpr_handle_equal(e->handle, res->conn);
        bool replied =
            e->kind == MODEL_HANDSHAKE && res->fx.has_reply && e->c.local_port == res->fx.reply.source_port &&
            e->c.remote_port == res->fx.reply.destination_port && memcmp(e->ip.source, res->ip.source, 16) == 0 &&
            memcmp(e->ip.destination, res->ip.destination, 16) == 0;
        if (named || (tcpr_handle_is_none(res->conn) && replied)) {
            note_result(r, &e->ip, e->c.local_port, e->c.remote_port, res);
            return;
        }
    }
    /* a handshake that gave up */
    require(tcpr_handle_is_none(res->conn) && !res->fx.has_reply && (res->fx.events & TCPR_EVENT_TIMED_OUT));
}

/* A handshake that gives up has nobody to tell, so its sockets are not known. */
static bool not_given_up(const struct said *s)
{
    bool handshake = s->fx.decisions > 0 && s->fx.decision[0].from == TCPR_SYN_RECEIVED;
    return !handshake || !(s->fx.events & TCPR_EVENT_TIMED_OUT) || s->fx.has_reply;
}

static void wait(struct run *r)
{
    static const tcpr_time spans[] = {TCPR_MS(1), TCPR_MS(300), TCPR_S(2), TCPR_S(40), TCPR_S(300)};
    struct model *m = &r->model;
    struct tcpr_host_result res;
    tcpr_time due = tcpr_host_next_deadline(r->host);
    if (chance(r, 50) && due != TCPR_NEVER) {
        m->now = due > m->now ? due : m->now;
    } else {
        m->now += below(r, (uint32_t)spans[below(r, chance(r, 10) ? 5 : 3)]);
    }
    while (tcpr_host_time_passes(r->host, &m->config, m->now, &res)) {
        note_timer(r, &res);
    }
    model_time(m);
    m->count = keep(m->said, m->count, not_given_up);
    r->count = keep(r->said, r->count, not_given_up);
    compare(r, "time");
    require(tcpr_host_next_deadline(r->host) > m->now);
}

static void step(struct run *r)
{
    uint32_t what = below(r, 100);
    struct model_conn *e = draw_conn(r, false);
    if (what < 10) {
        send_syn(r);
    } else if (what < 55 && e) {
        send_to(r, e);
    } else if (what < 58) {
        garbage(r);
    } else if (what < 66) {
        accept_one(r);
    } else if (what < 68) {
        listen_or_not(r);
    } else if (what < 72) {
        connect_one(r);
    } else if (what < 90) {
        call(r);
    } else if (what < 92) {
        icmp(r);
    } else {
        wait(r);
    }
    if (chance(r, 80)) {
        pull(r);
        compare(r, "pulling");
    }
}

static void begin(struct run *r, uint64_t seed)
{
    struct model *m = &r->model;
    memset(r, 0, sizeof *r);
    r->seed = seed * 2u + 1u;
    for (unsigned i = 0; i < 8; i++) {
        (void)draw(&r->seed);
    }
    tcpr_config_default(&m->config);
    draw_octets(&r->seed, m->config.isn_secret, sizeof m->config.isn_secret);
    if (chance(r, 30)) { m->config.features ^= TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_RST; }
    if (chance(r, 30)) { m->config.features |= TCPR_FEATURE_KEEPALIVE; }
    if (chance(r, 30)) { m->config.features |= TCPR_FEATURE_RFC1337; }
    if (chance(r, 30)) { m->config.msl_us = TCPR_S(1); }
    if (chance(r, 30)) { m->config.receive_buffer = 1 + below(r, 400000); }
    m->options = (struct tcpr_host_options){.connections = 12,
                                            .time_wait = 200,
                                            .syn_queue = 5,
                                            .listeners = 3,
                                            .addresses = 4,
                                            .cookies = TCPR_COOKIES_NEVER};
    draw_octets(&r->seed, m->options.secret, sizeof m->options.secret);
    m->now = draw(&r->seed) >> (8 + below(r, 40));
    r->size = tcpr_host_size(&m->options);
    r->host = tcpr_host_init(aligned_alloc(64, r->size), &m->options, m->now);
    for (uint32_t which = 0; which < 4; which++) {
        uint8_t address[16], version = which < 2 ? 4 : 6;
        local_address(address, version, which % 2);
        require((tcpr_host_add_address(r->host, address, version)) == (TCPR_OK));
    }
    listen_or_not(r);
}

int main(int argc, char **argv)
{
    static struct run run;
    unsigned long states[TCPR_STATES] = {0}, reopened = 0;
    unsigned long first = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, seeds = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    for (unsigned long seed = first; seed < first + seeds; seed++) {
        model_seed = seed;
        begin(&run, seed);
        for (unsigned i = 0; i < STEPS; i++) {
            step(&run);
        }
        for (unsigned i = 0; i < TCPR_STATES; i++) {
            states[i] += run.states[i];
        }
        reopened += run.reopened;
        free(run.host);
    }
    require(seeds < 1000 || reopened > 0);
    for (unsigned i = 0; i < TCPR_STATES; i++) {
        printf("%s %lu\n", tcpr_state_name((enum tcpr_state)i), states[i]);
        require(seeds < 100 || i == TCPR_LISTEN || states[i] > 0);
    }
    printf("TIME-WAIT reopened %lu\n", reopened);
    return 0;
}
