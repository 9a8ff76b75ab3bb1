/*
 * Many connections: what one costs from its SYN to its end, and what one octet there and back costs among K of them.
 *
 * Two hosts in one process and one thread, on a virtual clock. Every packet is octets in between: IPv4 and TCP headers
 * with checksums, made by one side and verified by the other, text copied into and out of a ring beside each slot.
 * Beside each figure stands its ratio to the floor: the same packets made and parsed, and nothing else done.
 *
 * usage: bench_host [MOST]     at most so many connections; 100000
 */
#define _POSIX_C_SOURCE 200809L
#include "tcprove/tcprove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RING 64u
#define IP_HEADER 20u
#define PACKET_MAX (IP_HEADER + TCPR_HEADER_MAX + RING)
#define BURST 32u
#define PORT 7u

struct packet {
    uint32_t len;
    uint8_t octets[PACKET_MAX];
};

/* One host, its rings, and the packets on their way to it. */
struct side {
    struct tcpr_host *host;
    uint8_t *sent;     /* RING octets a slot */
    uint8_t *received; /* RING octets a slot */
    struct packet queue[4 * BURST];
    uint32_t queued;
    struct tcpr_listener listener;
    bool echoes;
};

struct bench {
    struct tcpr_config config;
    struct side side[2]; /* client, server */
    tcpr_time now;
    uint64_t packets, text;
    uint32_t closed; /* connections the server saw to their end */
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID,
                  &t); /* of one thread that never waits: others on the machine do not count */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(bool holds, const char *what)
{
    if (holds) { return; }
    fprintf(stderr, "bench_host: %s\n", what);
    exit(1);
}

/* ---- packets ---- */

static uint16_t ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < IP_HEADER; i += 2) {
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    }
    sum = (sum >> 16) + (sum & 0xFFFFu);
    return (uint16_t) ~(sum + (sum >> 16));
}

static void make(struct packet *p, const struct tcpr_ip *ip, const struct tcpr_segment *seg, const uint8_t *text)
{
    size_t len = IP_HEADER + tcpr_segment_emit(seg, ip, text, p->octets + IP_HEADER);
    uint8_t header[IP_HEADER] = {0x45, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0x40, 0, 64, 6};
    memcpy(header + 12, ip->source, 4);
    memcpy(header + 16, ip->destination, 4);
    uint16_t sum = ip_checksum(header);
    header[10] = (uint8_t)(sum >> 8);
    header[11] = (uint8_t)sum;
    memcpy(p->octets, header, sizeof header);
    p->len = (uint32_t)len;
}

static void take(const struct packet *p, struct tcpr_ip *ip, struct tcpr_segment *seg)
{
    must(p->octets[0] == 0x45 && p->octets[9] == 6 && ip_checksum(p->octets) == 0, "an IP header is wrong");
    *ip = (struct tcpr_ip){.version = 4, .ttl = p->octets[8]};
    memcpy(ip->source, p->octets + 12, 4);
    memcpy(ip->destination, p->octets + 16, 4);
    enum tcpr_parse why = tcpr_segment_parse(p->octets + IP_HEADER, p->len - IP_HEADER, ip, seg);
    must(why == TCPR_PARSE_OK, "a segment is wrong");
}

/* ---- the two ends ---- */

static uint8_t *ring_of(uint8_t *rings, uint32_t index)
{
    return rings + (size_t)index * RING;
}

static void put_text(struct side *s, uint32_t index, uint64_t at, const uint8_t *text, uint32_t len)
{
    const struct tcpr_ring ring = {.octets = ring_of(s->received, index), .size = RING};
    tcpr_ring_put(&ring, at, text, len);
}

static void send_packet(struct bench *b, struct side *from, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                        uint32_t index)
{
    struct side *to = &b->side[from == &b->side[0]];
    uint8_t text[RING];
    if (seg->text_len > 0) {
        const struct tcpr_ring ring = {.octets = ring_of(from->sent, index), .size = RING};
        must(seg->text_len <= RING, "a segment is longer than a ring");
        tcpr_ring_get(&ring, seg->text_at, text, seg->text_len);
    }
    must(to->queued < 4 * BURST, "the wire is full");
    make(&to->queue[to->queued++], ip, seg, text);
    b->packets++;
}

static void pull(struct bench *b, struct side *s)
{
    struct tcpr_host_output out;
    while (tcpr_host_next_segment(s->host, &b->config, b->now, &out)) {
        send_packet(b, s, &out.ip, &out.seg, out.conn.index);
    }
}

static void say_octet(struct bench *b, struct side *s, struct tcpr_handle conn, uint8_t octet)
{
    struct tcpr_host_result res;
    uint64_t at = tcpr_host_conn(s->host, conn)->snd.end_at;
    const struct tcpr_ring ring = {.octets = ring_of(s->sent, conn.index), .size = RING};
    tcpr_ring_put(&ring, at, &octet, 1);
    enum tcpr_status status = tcpr_host_send(s->host, &b->config, b->now, conn, 1, false, &res);
    must(status == TCPR_OK, "a SEND failed");
}

/* The application reads all there is, and echoes it where it is the server. */
static void read_text(struct bench *b, struct side *s, struct tcpr_handle conn, uint32_t len)
{
    struct tcpr_host_result res;
    uint8_t text[RING];
    uint32_t taken;
    const struct tcpr_ring ring = {.octets = ring_of(s->received, conn.index), .size = RING};
    uint64_t at = tcpr_host_conn(s->host, conn)->rcv.read_at;
    enum tcpr_status status = tcpr_host_receive(s->host, &b->config, b->now, conn, len, &taken, &res);
    must(status == TCPR_OK && taken == len, "a RECEIVE failed");
    tcpr_ring_get(&ring, at, text, taken);
    b->text += text[0];
    if (s->echoes) { say_octet(b, s, conn, text[0]); }
}

static void let_go(struct bench *b, struct side *s, struct tcpr_handle conn)
{
    struct tcpr_host_result res;
    enum tcpr_status status = tcpr_host_release(s->host, &b->config, b->now, conn, &res);
    must(status == TCPR_OK && !res.fx.has_reply, "a release failed");
}

static void heard(struct bench *b, struct side *s, const struct tcpr_host_result *res)
{
    struct tcpr_handle conn = res->conn;
    if (res->listener.generation != 0) { must(tcpr_host_accept(s->host, res->listener, &conn), "nothing to accept"); }
    if (res->fx.readable > 0) { read_text(b, s, conn, res->fx.readable); }
    if (s->echoes && (res->fx.events & TCPR_EVENT_PEER_CLOSED)) {
        let_go(b, s, conn);
        b->closed++;
    }
}

static void arrive(struct bench *b, struct side *s, const struct packet *p)
{
    struct tcpr_ip ip;
    struct tcpr_segment seg;
    struct tcpr_host_result res;
    take(p, &ip, &seg);
    tcpr_host_input(s->host, &b->config, b->now, &ip, &seg, &res);
    const struct tcpr_place *place = &res.fx.place;
    if (place->len > 0) {
        const uint8_t *text = p->octets + IP_HEADER + seg.header_len + place->text_at;
        put_text(s, res.conn.index, place->stream_at, text, place->len);
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

/* As a driver does with a batch: hint at all of it, then go through it, then pull. */
static void deliver(struct bench *b, struct side *s)
{
    static struct packet batch[4 * BURST];
    uint32_t count = s->queued;
    memcpy(batch, s->queue, count * sizeof batch[0]);
    s->queued = 0;
    for (uint32_t i = 0; count > 1 && i < count; i++) {
        expect(s, &batch[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        arrive(b, s, &batch[i]);
    }
    pull(b, s);
}

static void settle(struct bench *b)
{
    while (b->side[0].queued > 0 || b->side[1].queued > 0) {
        deliver(b, &b->side[1]);
        deliver(b, &b->side[0]);
    }
}

static void time_goes_on(struct bench *b, tcpr_time us)
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

static void begin_side(struct bench *b, struct side *s, uint32_t connections, uint8_t last)
{
    const struct tcpr_host_options options = {.secret = {last},
                                              .connections = connections,
                                              .time_wait = 32768,
                                              .syn_queue = 256,
                                              .listeners = 1,
                                              .addresses = 2,
                                              .first_port = 1024};
    const uint8_t address[16] = {10, 0, 0, last}, second[16] = {10, 0, 1, last};
    size_t size = tcpr_host_size(&options), rings = (size_t)connections * RING;
    void *memory = aligned_alloc(64, size);
    s->sent = aligned_alloc(64, rings);
    s->received = aligned_alloc(64, rings);
    must(memory && s->sent && s->received, "out of memory");
    s->host = tcpr_host_init(memory, &options, b->now);
    must(tcpr_host_add_address(s->host, address, 4) == TCPR_OK, "no address");
    must(tcpr_host_add_address(s->host, second, 4) == TCPR_OK, "no address");
}

static struct bench *begin(uint32_t connections)
{
    struct bench *b = calloc(1, sizeof *b);
    must(b != NULL, "out of memory");
    tcpr_config_default(&b->config);
    b->config.msl_us = TCPR_MS(10);
    b->config.receive_buffer = RING;
    b->config.send_buffer = RING;
    b->now = TCPR_S(1);
    begin_side(b, &b->side[0], connections, 1);
    begin_side(b, &b->side[1], connections, 2);
    b->side[1].echoes = true;
    const struct tcpr_listen listen = {.port = PORT, .backlog = 256};
    must(tcpr_host_listen(b->side[1].host, &b->config, b->now, &listen, &b->side[1].listener) == TCPR_OK, "no LISTEN");
    return b;
}

static void end(struct bench *b)
{
    for (unsigned i = 0; i < 2; i++) {
        free(b->side[i].host);
        free(b->side[i].sent);
        free(b->side[i].received);
    }
    free(b);
}

static struct tcpr_handle open_one(struct bench *b, uint32_t n)
{
    struct tcpr_open open = {.ip = {.version = 4}, .remote_port = PORT};
    const uint8_t from[4] = {10, 0, (uint8_t)(n & 1u), 1}, to[4] = {10, 0, (uint8_t)(n >> 1 & 1u), 2};
    struct tcpr_handle conn;
    struct tcpr_host_result res;
    memcpy(open.ip.source, from, 4);
    memcpy(open.ip.destination, to, 4);
    enum tcpr_status status = tcpr_host_connect(b->side[0].host, &b->config, b->now, &open, &conn, &res);
    must(status == TCPR_OK, "an OPEN failed");
    pull(b, &b->side[0]);
    return conn;
}

/* ---- what is measured ---- */

/* One packet with an octet of text made and parsed: there is no TCP without it. */
static double floor_ns(void)
{
    const struct tcpr_ip ip = {.version = 4, .source = {10, 0, 0, 1}, .destination = {10, 0, 0, 2}};
    struct tcpr_segment seg = {.control = TCPR_ACK, .text_len = 1, .options = {.present = TCPR_OPT_TIMESTAMPS}}, got;
    struct tcpr_ip from;
    static struct packet p;
    const unsigned rounds = 2000000;
    double begun = now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        seg.seq = i;
        make(&p, &ip, &seg, (const uint8_t *)"x");
        take(&p, &from, &got);
        must(got.seq == i, "another segment came back");
    }
    return (now_ns() - begun) / rounds;
}

static double copy_ns(void)
{
    static uint8_t from[64], to[64];
    const unsigned rounds = 20000000;
    double begun = now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        __asm__ volatile("" : : "g"(from), "g"(to) : "memory");
        memcpy(to, from, 53);
    }
    return (now_ns() - begun) / rounds;
}

/* K connections that all live, `burst` of them talking at a time, in an order that no prefetcher guesses. */
static double ping_pong_ns(uint32_t connections, uint32_t burst, uint32_t rounds)
{
    struct bench *b = begin(connections);
    struct tcpr_handle *conn = calloc(connections, sizeof *conn);
    must(conn != NULL, "out of memory");
    for (uint32_t n = 0; n < connections; n++) {
        conn[n] = open_one(b, n);
        settle(b);
        time_goes_on(b, 1);
    }
    uint64_t next = 0, step = 0x9E3779B1u, packets = 0;
    double best = 1e18;
    for (unsigned repeat = 0; repeat < 3; repeat++) {
        packets = b->packets;
        double begun = now_ns();
        for (uint32_t done = 0; done < rounds; done += burst) {
            for (uint32_t i = 0; i < burst; i++, next += step) {
                say_octet(b, &b->side[0], conn[next % connections], (uint8_t)next);
            }
            pull(b, &b->side[0]);
            settle(b);
            if (done % (8 * BURST) == 0) { time_goes_on(b, 10); }
        }
        double each = (now_ns() - begun) / rounds;
        packets = b->packets - packets;
        if (each < best) { best = each; }
    }
    must(packets >= 2 * (uint64_t)rounds && packets < 3 * (uint64_t)rounds, "not two packets a round");
    free(conn);
    end(b);
    return best;
}

/* Open, an octet each way, close by both: nine packets or so. `burst` connections at a time. */
static double churn_ns(uint32_t burst, uint32_t count, double *packets)
{
    struct bench *b = begin(2 * BURST);
    struct tcpr_handle conn[BURST];
    double begun = now_ns();
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
    double each = (now_ns() - begun) / count;
    must(b->closed == count, "not every connection came to its end");
    *packets = (double)b->packets / count;
    end(b);
    return each;
}

static void show_caches(void)
{
    printf("caches: L1d %ld KiB, L2 %ld KiB, L3 %ld KiB\n", sysconf(_SC_LEVEL1_DCACHE_SIZE) / 1024,
           sysconf(_SC_LEVEL2_CACHE_SIZE) / 1024, sysconf(_SC_LEVEL3_CACHE_SIZE) / 1024);
}

static void show_ping_pong(uint32_t most, double least)
{
    double one = 0, one_burst = 0;
    printf("ping-pong, ns a round of two packets (with the floor of %.0f)\n", 2 * least);
    printf("%12s %10s %8s %8s %12s %8s\n", "connections", "alone", "to K=1", "floors", "bursts of 32", "to K=1");
    for (uint32_t k = 1; k <= most; k *= 10) {
        uint32_t rounds = 300000;
        double alone = ping_pong_ns(k, 1, rounds), bursts = ping_pong_ns(k, k < BURST ? k : BURST, rounds);
        if (k == 1) { one = alone; }
        if (k == 1) { one_burst = bursts; }
        printf("%12u %10.0f %8.2f %8.2f %12.0f %8.2f\n", k, alone, alone / one, alone / (2 * least), bursts,
               bursts / one_burst);
    }
}

int main(int argc, char **argv)
{
    uint32_t most = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    double packets, least = floor_ns();
    show_caches();
    printf("floor: a packet of one octet made and parsed, with checksums %.1f ns; memcpy of its 53 octets %.1f ns\n",
           least, copy_ns());
    for (uint32_t burst = 1; most != 0 && burst <= BURST; burst *= BURST) {
        double each = churn_ns(burst, 300000, &packets);
        printf("churn, %2u at a time: %.0f ns a connection of %.1f packets, %.2f M connections/s, %.2f floors\n", burst,
               each, packets, 1e3 / each, each / (packets * least));
    }
    show_ping_pong(most, least);
    return 0;
}
