/*
 * The engine: two hosts in one process and one thread, on a virtual clock, octets in between.
 *
 * Every packet has IPv4 and TCP headers with checksums, made by one side and verified by the other. A ring for what is
 * sent and one for what is received stand beside each slot.
 */
#include "packet.h"
#include "tcprove/sums_best.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SMALL_RING 64u
#define CODEC_RING 262144u
#define PORT 7u
#define PER_ADDRESS_PAIR 64000u /* connections that two addresses can have, by their ports */

/* One host, its rings, and the wire to it. */
struct side {
    struct tcpr_host *host;
    uint8_t *sent;     /* a ring a slot */
    uint8_t *received; /* a ring a slot */
    struct wire *wire, *spare;
    struct tcpr_listener listener;
    bool echoes;
};

struct pair {
    struct tcpr_config config;
    struct side side[2]; /* client, server */
    tcpr_time now;
    uint32_t ring;        /* octets of each */
    uint32_t pulls_after; /* packets */
    uint32_t addresses;   /* of each host */
    bool out_of_packet;   /* text is copied into the ring */
    uint64_t packets, received;
    uint32_t closed; /* connections the server saw to their end */
};

/* ---- one end ---- */

static struct tcpr_ring ring_of(const struct pair *b, uint8_t *rings, uint32_t index)
{
    return (struct tcpr_ring){.octets = rings + (size_t)index * b->ring, .size = b->ring};
}

static void send_packet(struct pair *b, struct side *from, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                        uint32_t index)
{
    struct side *to = &b->side[from == &b->side[0]];
    const struct tcpr_ring ring = ring_of(b, from->sent, index);
    packet_make(to->wire, ip, seg, &ring);
    b->packets++;
}

static void pull(struct pair *b, struct side *s)
{
    struct tcpr_host_output out;
    while (tcpr_host_next_segment(s->host, &b->config, b->now, &out)) {
        send_packet(b, s, &out.ip, &out.seg, out.conn.index);
    }
}

static void say_octet(struct pair *b, struct side *s, struct tcpr_handle conn, uint8_t octet)
{
    struct tcpr_host_result res;
    const struct tcpr_ring ring = ring_of(b, s->sent, conn.index);
    tcpr_ring_put(&ring, tcpr_host_conn(s->host, conn)->snd.end_at, &octet, 1);
    enum tcpr_status status = tcpr_host_send(s->host, &b->config, b->now, conn, 1, false, &res);
    bench_must(status == TCPR_OK, "a SEND failed");
}

/* The application takes all there is, and the server echoes an octet that comes alone. */
static void read_text(struct pair *b, struct side *s, struct tcpr_handle conn, uint32_t len)
{
    struct tcpr_host_result res;
    uint32_t taken;
    enum tcpr_status status = tcpr_host_receive(s->host, &b->config, b->now, conn, len, &taken, &res);
    bench_must(status == TCPR_OK && taken == len, "a RECEIVE failed");
    b->received += taken;
    if (!s->echoes || len != 1) { return; }
    const struct tcpr_ring ring = ring_of(b, s->received, conn.index);
    uint64_t at = tcpr_host_conn(s->host, conn)->rcv.read_at - 1;
    say_octet(b, s, conn, ring.octets[at & (ring.size - 1)]);
}

static void let_go(struct pair *b, struct side *s, struct tcpr_handle conn)
{
    struct tcpr_host_result res;
    enum tcpr_status status = tcpr_host_release(s->host, &b->config, b->now, conn, &res);
    bench_must(status == TCPR_OK && !res.fx.has_reply, "a release failed");
}

static void heard(struct pair *b, struct side *s, const struct tcpr_host_result *res)
{
    struct tcpr_handle conn = res->conn;
    if (res->listener.generation != 0) {
        bench_must(tcpr_host_accept(s->host, res->listener, &conn), "nothing to accept");
    }
    if (res->fx.readable > 0) { read_text(b, s, conn, res->fx.readable); }
    if (s->echoes && (res->fx.events & TCPR_EVENT_PEER_CLOSED)) {
        let_go(b, s, conn);
        b->closed++;
    }
}

static void arrive(struct pair *b, struct side *s, const struct packet *p)
{
    struct tcpr_ip ip;
    struct tcpr_segment seg;
    struct tcpr_host_result res;
    const uint8_t *text = packet_take(s->wire->sums, p, &ip, &seg);
    tcpr_host_input(s->host, &b->config, b->now, &ip, &seg, &res);
    const struct tcpr_place *place = &res.fx.place;
    if (place->len > 0 && b->out_of_packet) {
        const struct tcpr_ring ring = ring_of(b, s->received, res.conn.index);
        tcpr_ring_put(&ring, place->stream_at, text + place->text_at, place->len);
    }
    if (res.fx.has_reply) { send_packet(b, s, &res.ip, &res.fx.reply, res.conn.index); }
    heard(b, s, &res);
}

static void expect(struct side *s, const struct packet *p)
{
    const uint8_t *o = p->octets;
    struct tcpr_ip ip = {.version = 4};
    memcpy(ip.source, o + 12, 4);
    memcpy(ip.destination, o + 16, 4);
    tcpr_host_expect(s->host, &ip, (uint16_t)(o[20] << 8 | o[21]), (uint16_t)(o[22] << 8 | o[23]));
}

/* As a driver does with a batch: hint at all of it, then go through it, and pull. */
static void deliver(struct pair *b, struct side *s)
{
    struct wire *batch = s->wire;
    if (batch->packets == 0) { return; }
    s->wire = s->spare;
    s->spare = batch;
    s->wire->packets = s->wire->used = 0;
    for (uint32_t i = 0; b->pulls_after == BATCH_MAX && batch->packets > 1 && i < batch->packets; i++) {
        expect(s, &batch->packet[i]);
    }
    for (uint32_t i = 0, next = b->pulls_after; i < batch->packets; i++) {
        arrive(b, s, &batch->packet[i]);
        if (i + 1 == next) {
            pull(b, s);
            next += b->pulls_after;
        }
    }
    pull(b, s);
}

static void settle(struct pair *b)
{
    while (b->side[0].wire->packets > 0 || b->side[1].wire->packets > 0) {
        deliver(b, &b->side[1]);
        deliver(b, &b->side[0]);
    }
}

static void time_goes_on(struct pair *b, tcpr_time us)
{
    struct tcpr_host_result res;
    b->now += us;
    for (unsigned i = 0; i < 2; i++) {
        struct side *s = &b->side[i];
        if (tcpr_host_next_deadline(s->host) > b->now) { continue; }
        while (tcpr_host_time_passes(s->host, &b->config, b->now, &res)) {}
        pull(b, s);
    }
    settle(b);
}

/* ---- both ---- */

#define LARGE_PAGE ((size_t)2 << 20)

/* In large pages where the kernel gives them: with small ones a quarter of 100,000 connections is walks of page tables.
 */
static void *large_alloc(size_t size)
{
    size_t whole = (size + LARGE_PAGE - 1u) & ~(LARGE_PAGE - 1u);
    void *memory = aligned_alloc(LARGE_PAGE, whole);
    if (memory) { (void)madvise(memory, whole, MADV_HUGEPAGE); }
    return memory;
}

static void begin_side(struct pair *b, struct side *s, uint32_t connections, uint8_t last)
{
    const struct tcpr_host_options options = {.secret = {last},
                                              .connections = connections,
                                              .time_wait = 32768,
                                              .syn_queue = 256,
                                              .listeners = 1,
                                              .addresses = (uint16_t)b->addresses,
                                              .first_port = 1024};
    size_t rings = (size_t)connections * b->ring;
    void *memory = large_alloc(tcpr_host_size(&options));
    s->sent = large_alloc(rings);
    s->received = large_alloc(rings);
    s->wire = calloc(1, sizeof *s->wire);
    s->spare = calloc(1, sizeof *s->spare);
    bench_must(memory && s->sent && s->received && s->wire && s->spare, "out of memory");
    s->wire->sums = s->spare->sums = &tcpr_sums_portable;
    memset(s->sent, last, rings);
    memset(s->received, last, rings);
    s->host = tcpr_host_init(memory, &options, b->now);
    for (uint8_t n = 0; n < b->addresses; n++) {
        const uint8_t address[16] = {10, 0, n, last};
        bench_must(tcpr_host_add_address(s->host, address, 4) == TCPR_OK, "no address");
    }
}

static struct pair *begin(uint32_t connections, uint32_t ring, bool options)
{
    struct pair *b = calloc(1, sizeof *b);
    bench_must(b != NULL, "out of memory");
    tcpr_config_default(&b->config);
    if (!options) { b->config.features &= ~(uint32_t)(TCPR_FEATURE_TIMESTAMPS | TCPR_FEATURE_SACK); }
    b->config.msl_us = TCPR_MS(10);
    b->config.receive_buffer = ring;
    b->config.send_buffer = ring;
    b->ring = ring;
    b->now = TCPR_S(1);
    b->out_of_packet = true;
    b->pulls_after = BATCH_MAX;
    for (b->addresses = 1; b->addresses * b->addresses * PER_ADDRESS_PAIR < connections;) {
        b->addresses++;
    }
    begin_side(b, &b->side[0], connections, 1);
    begin_side(b, &b->side[1], connections, 2);
    b->side[1].echoes = true;
    const struct tcpr_listen listen = {.port = PORT, .backlog = 256};
    enum tcpr_status status = tcpr_host_listen(b->side[1].host, &b->config, b->now, &listen, &b->side[1].listener);
    bench_must(status == TCPR_OK, "no LISTEN");
    return b;
}

static void end(struct pair *b)
{
    for (unsigned i = 0; i < 2; i++) {
        free(b->side[i].host);
        free(b->side[i].sent);
        free(b->side[i].received);
        free(b->side[i].wire);
        free(b->side[i].spare);
    }
    free(b);
}

static struct tcpr_handle open_one(struct pair *b, uint32_t n)
{
    struct tcpr_open open = {.ip = {.version = 4}, .remote_port = PORT};
    const uint8_t from[4] = {10, 0, (uint8_t)(n % b->addresses), 1};
    const uint8_t to[4] = {10, 0, (uint8_t)(n / b->addresses % b->addresses), 2};
    struct tcpr_handle conn;
    struct tcpr_host_result res;
    memcpy(open.ip.source, from, 4);
    memcpy(open.ip.destination, to, 4);
    enum tcpr_status status = tcpr_host_connect(b->side[0].host, &b->config, b->now, &open, &conn, &res);
    bench_must(status == TCPR_OK, "an OPEN failed");
    pull(b, &b->side[0]);
    return conn;
}

/* ---- what is measured ---- */

double ours_codec_ns(const struct tcpr_sums *sums, uint32_t text_len, uint32_t batch)
{
    const struct tcpr_ip ip = {.version = 4, .source = {10, 0, 0, 1}, .destination = {10, 0, 0, 2}};
    static uint8_t octets[CODEC_RING];
    static struct wire wire;
    const struct tcpr_ring ring = {.octets = octets, .size = CODEC_RING};
    struct tcpr_segment seg = {.control = TCPR_ACK, .text_len = text_len}, got;
    struct tcpr_ip from;
    const unsigned rounds = 200000 / batch;
    wire.sums = sums;
    double begun = bench_now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        wire.packets = wire.used = 0;
        for (uint32_t n = 0; n < batch; n++, seg.text_at += text_len) {
            seg.seq = n;
            packet_make(&wire, &ip, &seg, &ring);
        }
        for (uint32_t n = 0; n < batch; n++) {
            packet_take(sums, &wire.packet[n], &from, &got);
            bench_must(got.seq == n, "another segment came back");
        }
    }
    return (bench_now_ns() - begun) / rounds / batch;
}

/* Fill the send buffer, let all of it arrive, and again. */
static void send_much(struct pair *b, struct tcpr_handle conn, const uint8_t *application)
{
    struct tcpr_host_result res;
    struct side *client = &b->side[0];
    const struct tcpr_conn *c = tcpr_host_conn(client->host, conn);
    uint32_t room = b->ring - (uint32_t)(c->snd.end_at - c->snd.una_at);
    room -= room % BENCH_MSS;
    if (application) {
        const struct tcpr_ring ring = ring_of(b, client->sent, conn.index);
        tcpr_ring_put(&ring, c->snd.end_at, application, room);
    }
    enum tcpr_status status = tcpr_host_send(client->host, &b->config, b->now, conn, room, false, &res);
    bench_must(status == TCPR_OK, "a SEND failed");
    pull(b, client);
    settle(b);
}

double ours_bulk_ns(const struct bench_bulk *bulk, uint32_t segments)
{
    struct pair *b = begin(1, bulk->window, false);
    uint8_t *application = calloc(1, bulk->window);
    bench_must(application != NULL, "out of memory");
    struct tcpr_handle conn = open_one(b, 0);
    settle(b);
    b->out_of_packet = bulk->out_of_packet;
    for (unsigned i = 0; i < 2 && bulk->best_sums; i++) {
        b->side[i].wire->sums = b->side[i].spare->sums = tcpr_sums_best();
    }
    b->pulls_after = 2;
    b->packets = b->received = 0;
    double begun = bench_now_ns();
    while (b->received < (uint64_t)segments * BENCH_MSS) {
        send_much(b, conn, bulk->into_ring ? application : NULL);
        time_goes_on(b, 100);
    }
    double each = (bench_now_ns() - begun) / ((double)b->received / BENCH_MSS);
    bench_must(b->packets * BENCH_MSS * 9 < b->received * 14, "more than an ACK for two segments");
    free(application);
    end(b);
    return each;
}

double ours_ping_pong_ns(uint32_t connections, uint32_t burst, uint32_t rounds, bool options)
{
    struct pair *b = begin(connections, SMALL_RING, options);
    struct tcpr_handle *conn = calloc(connections, sizeof *conn);
    bench_must(conn != NULL, "out of memory");
    for (uint32_t n = 0; n < connections; n++) {
        conn[n] = open_one(b, n);
        settle(b);
        time_goes_on(b, 1);
    }
    uint64_t next = 0, packets = b->packets;
    double begun = bench_now_ns();
    for (uint32_t done = 0; done < rounds; done += burst) {
        for (uint32_t i = 0; i < burst; i++, next += 0x9E3779B1u) {
            say_octet(b, &b->side[0], conn[next % connections], (uint8_t)next);
        }
        pull(b, &b->side[0]);
        settle(b);
        if (done % 256 == 0) { time_goes_on(b, 10); }
    }
    double each = (bench_now_ns() - begun) / rounds;
    packets = b->packets - packets;
    bench_must(packets >= 2 * (uint64_t)rounds && packets < 3 * (uint64_t)rounds, "not two packets a round");
    free(conn);
    end(b);
    return each;
}

double ours_churn_ns(uint32_t burst, uint32_t count, bool options)
{
    struct pair *b = begin(2 * BENCH_BURST, SMALL_RING, options);
    struct tcpr_handle conn[BENCH_BURST];
    double begun = bench_now_ns();
    for (uint32_t done = 0; done < count; done += burst) {
        for (uint32_t i = 0; i < burst; i++) {
            conn[i] = open_one(b, done + i);
        }
        settle(b);
        for (uint32_t i = 0; i < burst; i++) {
            say_octet(b, &b->side[0], conn[i], (uint8_t)i);
        }
        pull(b, &b->side[0]);
        settle(b);
        for (uint32_t i = 0; i < burst; i++) {
            let_go(b, &b->side[0], conn[i]);
        }
        pull(b, &b->side[0]);
        settle(b);
        time_goes_on(b, burst);
    }
    double each = (bench_now_ns() - begun) / count;
    bench_must(b->closed == count, "not every connection came to its end");
    end(b);
    return each;
}

void ours_memory(uint32_t connections)
{
    struct tcpr_host_options options = {.connections = connections, .addresses = 1};
    size_t all = tcpr_host_size(&options);
    options.connections = 1;
    size_t one = tcpr_host_size(&options);
    options.time_wait = 1024;
    size_t waits = tcpr_host_size(&options) - one;
    options.time_wait = 0;
    options.syn_queue = 1024;
    size_t syns = tcpr_host_size(&options) - one;
    printf("memory: a connection %zu octets, with its slot and hash %.0f; TIME-WAIT %.0f, handshake %.0f\n",
           sizeof(struct tcpr_conn), (double)(all - one) / (connections - 1), (double)waits / 1024,
           (double)syns / 1024);
}
