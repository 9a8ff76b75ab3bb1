/* The application's sockets over lwIP's protocol control blocks. A block may be freed by lwIP without a word (TIME-WAIT
 * that is over, the last ACK of a connection that was closed), so each call into lwIP ends with a look at its lists. */
#include "host.h"
#include "lwip/priv/tcp_priv.h"

#include <stdlib.h>
#include <string.h>

ip_addr_t host_address(const struct tcprove_endpoint *endpoint)
{
    ip_addr_t address;
    memset(&address, 0, sizeof address);
    if (endpoint->version == 4) {
        IP_ADDR4(&address, endpoint->address[0], endpoint->address[1], endpoint->address[2], endpoint->address[3]);
        return address;
    }
    IP_SET_TYPE_VAL(address, IPADDR_TYPE_V6);
    memcpy(ip_2_ip6(&address)->addr, endpoint->address, sizeof endpoint->address);
    ip6_addr_clear_zone(ip_2_ip6(&address));
    return address;
}

/* Everything is known of by its owner, but nobody owns what is not accepted. */
void host_tell(struct tcprove_stack *stack, const struct host_socket *socket, enum tcprove_event event)
{
    bool tell = socket->owner == OWNER_APPLICATION || (socket->owner == OWNER_LEFT && event == TCPROVE_CLOSED_OK);
    if (tell && !socket->listens) { stack->host.event(stack->host.context, socket->number, event, 0); }
}

struct host_socket *host_socket_numbered(const struct tcprove_stack *stack, tcprove_socket number)
{
    struct host_socket *socket = stack->sockets;
    while (socket && socket->number != number) {
        socket = socket->next;
    }
    return socket;
}

struct host_socket *host_socket_of_application(const struct tcprove_stack *stack, tcprove_socket number)
{
    struct host_socket *socket = host_socket_numbered(stack, number);
    return socket && socket->owner == OWNER_APPLICATION ? socket : NULL;
}

struct host_socket *host_socket_new(struct tcprove_stack *stack, struct tcp_pcb *pcb, enum host_owner owner)
{
    struct host_socket *socket = calloc(1, sizeof *socket);
    if (!socket) { abort(); }
    *socket = (struct host_socket){.next = stack->sockets,
                                   .number = ++stack->last_number,
                                   .owner = owner,
                                   .pcb = pcb,
                                   .last = pcb->state,
                                   .listens = pcb->state == LISTEN,
                                   .local = pcb->local_ip,
                                   .local_port = pcb->local_port};
    if (!socket->listens) {
        socket->remote = pcb->remote_ip;
        socket->remote_port = pcb->remote_port;
    }
    stack->sockets = socket;
    return socket;
}

void host_sockets_silence(struct tcprove_stack *stack)
{
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        socket->owner = OWNER_ABORTED;
    }
}

void host_sockets_free(struct tcprove_stack *stack)
{
    while (stack->sockets) {
        struct host_socket *socket = stack->sockets;
        stack->sockets = socket->next;
        if (socket->received) { pbuf_free(socket->received); }
        free(socket);
    }
}

static bool is_between(const struct tcp_pcb *pcb, const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                       u16_t remote_port)
{
    return pcb->local_port == local_port && pcb->remote_port == remote_port && ip_addr_cmp(&pcb->local_ip, local) &&
           ip_addr_cmp(&pcb->remote_ip, remote);
}

static struct tcp_pcb *connection(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
    struct tcp_pcb *lists[2] = {tcp_active_pcbs, tcp_tw_pcbs};
    for (unsigned i = 0; i < 2; i++) {
        for (struct tcp_pcb *pcb = lists[i]; pcb; pcb = pcb->next) {
            if (is_between(pcb, local, local_port, remote, remote_port)) { return pcb; }
        }
    }
    return NULL;
}

struct host_socket *host_socket_between(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                                        const struct tcprove_endpoint *remote)
{
    ip_addr_t here = host_address(local), there = host_address(remote);
    struct tcp_pcb *pcb = connection(&here, local->port, &there, remote->port);
    if (!pcb) { return NULL; }
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        if (socket->pcb == pcb) { return socket; }
    }
    return host_socket_new(stack, pcb, OWNER_LISTENER);
}

/* ---- What lwIP tells ---- */

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct host_socket *socket = argument;
    struct tcprove_stack *stack = netif_default->state;
    (void)pcb;
    (void)error;
    if (!p) {
        socket->eof = true;
        host_tell(stack, socket, TCPROVE_EOF);
        return ERR_OK;
    }
    if (socket->received) {
        pbuf_cat(socket->received, p);
    } else {
        socket->received = p;
    }
    host_tell(stack, socket, TCPROVE_READABLE);
    return ERR_OK;
}

/* lwIP has freed the block already, or will when this returns. */
static void on_error(void *argument, err_t error)
{
    struct host_socket *socket = argument;
    struct tcprove_stack *stack = netif_default->state;
    socket->pcb = NULL;
    switch (error) {
    case ERR_CLSD: host_tell(stack, socket, TCPROVE_CLOSED_OK); return;
    case ERR_RST: host_tell(stack, socket, socket->last == SYN_SENT ? TCPROVE_REFUSED : TCPROVE_RESET); return;
    case ERR_ABRT: host_tell(stack, socket, TCPROVE_TIMED_OUT); return;
    default: host_tell(stack, socket, TCPROVE_RESET); return;
    }
}

void host_socket_attach(struct tcprove_stack *stack, struct host_socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    tcp_arg(pcb, socket);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    if (stack->setup.send_buffer != 0) { pcb->snd_buf = (tcpwnd_size_t)stack->setup.send_buffer; }
}

err_t host_accepted(void *listener, struct tcp_pcb *pcb, err_t error)
{
    const struct host_socket *from = listener;
    struct tcprove_stack *stack = netif_default->state;
    if (error != ERR_OK || !pcb) { return ERR_VAL; }
    struct host_socket *socket = stack->sockets;
    while (socket && socket->pcb != pcb) { /* tcprove may have asked for it in SYN-RECEIVED */
        socket = socket->next;
    }
    if (!socket) { socket = host_socket_new(stack, pcb, OWNER_LISTENER); }
    socket->owner = OWNER_APPLICATION;
    host_socket_attach(stack, socket);
    stack->host.event(stack->host.context, socket->number, TCPROVE_ACCEPTED, from ? from->number : 0);
    return ERR_OK;
}

/* ---- Around each call ---- */

void host_begin(struct tcprove_stack *stack, tcprove_time now)
{
    stack->now = now;
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        if (socket->pcb) { socket->last = socket->pcb->state; }
    }
}

void host_end(struct tcprove_stack *stack)
{
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        if (!socket->pcb || socket->listens) { continue; }
        const struct tcp_pcb *pcb =
            connection(&socket->local, socket->local_port, &socket->remote, socket->remote_port);
        if (pcb == socket->pcb) { continue; }
        socket->pcb = NULL;
        host_tell(stack, socket, TCPROVE_CLOSED_OK);
    }
}
