/* lwIP as a stack behind tcprove/stack.h: the host's making, its link, its clock, and the table of its operations. */
#include "host.h"

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/timeouts.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MAX 65535u
#define EXPORTED __attribute__((visibility("default")))

static struct tcprove_stack the_host;

/* ---- What liblwip is to find here before it looks at itself ---- */

EXPORTED u32_t sys_now(void)
{
    return (u32_t)(the_host.now / 1000);
}

/* Of lwIP's cyclic timers only TCP's has anything to do on this link, and TCP starts it when it is needed. */
EXPORTED void sys_timeouts_init(void) {}

EXPORTED u32_t tcp_next_iss(struct tcp_pcb *pcb)
{
    union {
        void *object;
        u32_t (*function)(struct tcp_pcb *pcb);
    } own = {dlsym(RTLD_NEXT, "tcp_next_iss")};
    /* tcp_connect() sends its SYN with one less than what it is given here. */
    if (the_host.connecting && the_host.setup.isn_chosen) { return the_host.setup.isn + 1; }
    return own.function ? own.function(pcb) : 0;
}

/* ---- The link ---- */

static err_t transmit(struct netif *netif, struct pbuf *p)
{
    const struct tcprove_stack *stack = netif->state;
    static u8_t datagram[LINK_MAX];
    stack->host.output(stack->host.context, datagram, pbuf_copy_partial(p, datagram, LINK_MAX, 0));
    return ERR_OK;
}

static err_t transmit_ipv4(struct netif *netif, struct pbuf *p, const ip4_addr_t *next_hop)
{
    (void)next_hop;
    return transmit(netif, p);
}

static err_t transmit_ipv6(struct netif *netif, struct pbuf *p, const ip6_addr_t *next_hop)
{
    (void)next_hop;
    return transmit(netif, p);
}

static err_t begin_link(struct netif *netif)
{
    const struct tcprove_stack *stack = netif->state;
    netif->name[0] = 't';
    netif->name[1] = 'p';
    netif->mtu = (u16_t)stack->setup.mtu;
    netif->mtu6 = netif->mtu;
    netif->output = transmit_ipv4;
    netif->output_ip6 = transmit_ipv6;
    netif->flags = NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static bool make_link(struct tcprove_stack *stack)
{
    const struct tcprove_setup *setup = &stack->setup;
    struct netif *netif = &stack->netif;
    ip4_addr_t address, mask, none;
    IP4_ADDR(&address, setup->ipv4[0], setup->ipv4[1], setup->ipv4[2], setup->ipv4[3]);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    ip4_addr_set_zero(&none);
    if (!netif_add(netif, &address, &mask, &none, stack, begin_link, ip_input)) { return false; }
    struct tcprove_endpoint own = {.version = 6};
    memcpy(own.address, setup->ipv6, sizeof own.address);
    ip_addr_t ipv6 = host_address(&own);
    netif_set_default(netif);
    netif_set_up(netif);
    netif_ip6_addr_set(netif, 0, ip_2_ip6(&ipv6));
    netif_ip6_addr_set_state(netif, 0, IP6_ADDR_PREFERRED);
    return true;
}

/* ---- The operations ---- */

static const char *unwilling(const struct tcprove_setup *setup)
{
    if (the_host.host.output) { return "lwIP keeps its state in globals: one host a process"; }
    if (setup->mtu > LINK_MAX) { return "lwIP's MTU has 16 bits"; }
    if (setup->receive_buffer != 0 && setup->receive_buffer != TCP_WND) {
        return "lwIP's receive buffer is fixed when it is built (TCP_WND)";
    }
    if (setup->send_buffer > TCP_SND_BUF) { return "lwIP's send buffer is fixed when it is built (TCP_SND_BUF)"; }
    return NULL;
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    unsigned seed;
    *why = unwilling(setup);
    if (*why) { return NULL; }
    memcpy(&seed, setup->secret, sizeof seed);
    srand(seed); /* lwIP's LWIP_RAND(), for the ports it chooses */
    the_host = (struct tcprove_stack){.host = *host, .setup = *setup, .now = setup->now};
    lwip_init();
    if (make_link(&the_host)) { return &the_host; }
    *why = "lwIP made no network interface";
    return NULL;
}

static void destroy(struct tcprove_stack *stack)
{
    host_sockets_silence(stack); /* without the link lwIP aborts every connection, and says so */
    netif_remove(&stack->netif);
    host_sockets_free(stack);
    *stack = (struct tcprove_stack){0};
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    if (len == 0 || len > LINK_MAX) { return; } /* no driver hands over what is not there, or no datagram's size */
    host_begin(stack, now);
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
    if (p && pbuf_take(p, datagram, (u16_t)len) == ERR_OK) {
        stack->netif.input(p, &stack->netif);
    } else if (p) {
        pbuf_free(p);
    }
    host_end(stack);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    host_begin(stack, now);
    sys_check_timeouts();
    host_end(stack);
}

/* lwIP counts whole milliseconds. */
static tcprove_time deadline(struct tcprove_stack *stack)
{
    u32_t wait_ms = sys_timeouts_sleeptime();
    return wait_ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? TCPROVE_NEVER : (stack->now / 1000 + wait_ms) * 1000;
}

/* enum tcp_state has the RFC's states in the order of enum tcprove_state. */
static enum tcprove_state state(struct tcprove_stack *stack, tcprove_socket number)
{
    const struct host_socket *socket = host_socket_numbered(stack, number);
    return socket && socket->pcb ? (enum tcprove_state)socket->pcb->state : TCPROVE_CLOSED;
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    const struct host_socket *socket = host_socket_between(stack, local, remote);
    return socket ? socket->number : 0;
}

const struct tcprove_stack_ops *tcprove_stack(void)
{
    static const struct tcprove_stack_ops ops = {
        .abi = TCPROVE_STACK_ABI,
        /* lwIP opens no connection simultaneously. It is claimed all the same: MUST-10 is to be asked, not skipped. */
        .abilities = TCPROVE_CAN_IPV4 | TCPROVE_CAN_IPV6 | TCPROVE_CAN_STATE | TCPROVE_CAN_ABORT | TCPROVE_CAN_ICMP |
                     TCPROVE_CAN_SIMULTANEOUS | TCPROVE_CAN_CHOOSE_ISN,
        .name = "lwIP",
        .version = LWIP_VERSION_STRING,
        .msl = 60000000,        /* TCP_MSL, lwip/priv/tcp_priv.h */
        .rto_initial = 3000000, /* LWIP_TCP_RTO_TIME, lwip/opt.h */
        .tick = 500000,         /* TCP_SLOW_INTERVAL, lwip/priv/tcp_priv.h */
        .create = create,
        .destroy = destroy,
        .input = input,
        .time = time_passes,
        .deadline = deadline,
        .listen = host_listen,
        .connect = host_connect,
        .send = host_send,
        .receive = host_receive,
        .shutdown = host_shutdown,
        .close = host_close,
        .abort = host_abort,
        .set = host_set,
        .state = state,
        .find = find,
    };
    return &ops;
}
