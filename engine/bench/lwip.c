/*
 * lwIP beside the engine: one stack, two interfaces, a wire between them that copies each packet once into one pbuf.
 * A connection is bound to its interface, so lwIP sends to its own other address without its loopback.
 */
#include "bench.h"
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

#include <stdlib.h>

#define PORT 7
#define WIRE_MAX 1024u

struct wire {
    struct pbuf *packet[WIRE_MAX];
    uint32_t packets;
};

/* lwIP keeps its state in globals, and so does what drives it. */
static struct netif ends[2]; /* client, server */
static struct wire wires[2]; /* to each */
static struct tcp_pcb *listening;
static uint64_t received;

/* What liblwip finds here before it looks at itself: a clock that stands still, so that nothing is ever due. */
u32_t sys_now(void)
{
    return 0;
}

void sys_timeouts_init(void) {}

static err_t transmit(struct netif *from, struct pbuf *p, const ip4_addr_t *next_hop)
{
    (void)next_hop;
    struct wire *to = &wires[from == &ends[0]];
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);
    bench_must(copy && pbuf_copy(copy, p) == ERR_OK && to->packets < WIRE_MAX, "lwIP: the wire is full");
    to->packet[to->packets++] = copy;
    return ERR_OK;
}

static err_t begin_end(struct netif *end)
{
    end->name[0] = 'b';
    end->name[1] = (char)('0' + (end == &ends[1]));
    end->mtu = BENCH_MSS + 40;
    end->output = transmit;
    end->flags = NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void deliver(unsigned to)
{
    static struct wire batch;
    batch = wires[to];
    wires[to].packets = 0;
    for (uint32_t i = 0; i < batch.packets; i++) {
        ends[to].input(batch.packet[i], &ends[to]);
    }
}

static void settle(void)
{
    while (wires[0].packets > 0 || wires[1].packets > 0) {
        deliver(1);
        deliver(0);
    }
}

/* ---- the two applications ---- */

static err_t client_hears(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg;
    (void)err;
    if (!p) { return ERR_OK; }
    received += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

/* Echoes one octet, swallows more, and closes when its peer does. */
static err_t server_hears(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg;
    (void)err;
    if (!p) { return tcp_close(pcb); }
    u16_t len = p->tot_len;
    received += len;
    tcp_recved(pcb, len);
    if (len == 1) { bench_must(tcp_write(pcb, p->payload, 1, TCP_WRITE_FLAG_COPY) == ERR_OK, "lwIP: no echo"); }
    pbuf_free(p);
    return ERR_OK;
}

static err_t server_accepts(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    bench_must(err == ERR_OK, "lwIP: nothing to accept");
    tcp_recv(pcb, server_hears);
    return ERR_OK;
}

static err_t client_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)pcb;
    return err;
}

static struct tcp_pcb *open_one(void)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_V4);
    bench_must(pcb != NULL, "lwIP: out of memory");
    tcp_bind_netif(pcb, &ends[0]);
    tcp_recv(pcb, client_hears);
    tcp_nagle_disable(pcb);
    err_t err = tcp_connect(pcb, netif_ip_addr4(&ends[1]), PORT, client_connected);
    bench_must(err == ERR_OK, "lwIP: no connection");
    return pcb;
}

static void say_octet(struct tcp_pcb *pcb, uint8_t octet)
{
    bench_must(tcp_write(pcb, &octet, 1, TCP_WRITE_FLAG_COPY) == ERR_OK, "lwIP: a write failed");
    tcp_output(pcb);
}

/* Its lists are searched one by one: those in TIME-WAIT go at once, so that they cost no search. */
static void end_time_waits(void)
{
    while (tcp_tw_pcbs) {
        tcp_abort(tcp_tw_pcbs);
    }
}

bool lwip_begin(void)
{
    ip4_addr_t address, mask, none;
    lwip_init();
    ip4_addr_set_zero(&none);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    for (unsigned i = 0; i < 2; i++) {
        IP4_ADDR(&address, 10, 0, (u8_t)i, 1);
        bench_must(netif_add(&ends[i], &address, &mask, &none, NULL, begin_end, ip_input) != NULL,
                   "lwIP: no interface");
        netif_set_up(&ends[i]);
    }
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_V4);
    tcp_bind_netif(pcb, &ends[1]);
    bench_must(tcp_bind(pcb, netif_ip_addr4(&ends[1]), PORT) == ERR_OK, "lwIP: no port");
    listening = tcp_listen_with_backlog(pcb, 255);
    tcp_accept(listening, server_accepts);
    return true;
}

/* ---- what is measured ---- */

double lwip_bulk_ns(uint32_t segments)
{
    static uint8_t text[TCP_WND];
    struct tcp_pcb *pcb = open_one();
    settle();
    uint64_t wanted = received + (uint64_t)segments * BENCH_MSS;
    double begun = bench_now_ns();
    while (received < wanted) {
        uint16_t room = (uint16_t)(tcp_sndbuf(pcb) / BENCH_MSS * BENCH_MSS);
        bench_must(room > 0 && tcp_write(pcb, text, room, 0) == ERR_OK, "lwIP: a write failed");
        tcp_output(pcb);
        settle();
        while (pcb->snd_queuelen > 0) { /* the last of an odd number of segments waits for its delayed ACK */
            tcp_fasttmr();
            settle();
        }
    }
    double each = (bench_now_ns() - begun) / segments;
    tcp_close(pcb);
    settle();
    end_time_waits();
    return each;
}

double lwip_churn_ns(uint32_t burst, uint32_t count)
{
    struct tcp_pcb *pcb[BENCH_BURST];
    double begun = bench_now_ns();
    for (uint32_t done = 0; done < count; done += burst) {
        for (uint32_t i = 0; i < burst; i++) {
            pcb[i] = open_one();
        }
        settle();
        for (uint32_t i = 0; i < burst; i++) {
            say_octet(pcb[i], (uint8_t)i);
        }
        settle();
        for (uint32_t i = 0; i < burst; i++) {
            tcp_close(pcb[i]);
        }
        settle();
        end_time_waits();
    }
    double each = (bench_now_ns() - begun) / count;
    bench_must(tcp_active_pcbs == NULL, "lwIP: not every connection came to its end");
    return each;
}

double lwip_ping_pong_ns(uint32_t connections, uint32_t burst, uint32_t rounds)
{
    struct tcp_pcb **pcb = calloc(connections, sizeof(struct tcp_pcb *));
    bench_must(pcb != NULL, "out of memory");
    for (uint32_t n = 0; n < connections; n++) {
        pcb[n] = open_one();
        settle();
    }
    uint64_t next = 0, before = received;
    double begun = bench_now_ns();
    for (uint32_t done = 0; done < rounds; done += burst) {
        for (uint32_t i = 0; i < burst; i++, next += 0x9E3779B1u) {
            say_octet(pcb[next % connections], (uint8_t)next);
        }
        settle();
    }
    double each = (bench_now_ns() - begun) / rounds;
    bench_must(received - before >= 2 * (uint64_t)rounds, "lwIP: an octet is lost");
    for (uint32_t n = 0; n < connections; n++) {
        tcp_close(pcb[n]);
        settle();
        end_time_waits();
    }
    free(pcb);
    return each;
}

uint32_t lwip_connection_octets(void)
{
    return sizeof(struct tcp_pcb);
}
