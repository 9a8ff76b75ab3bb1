/* The socket calls of an application, by lwIP's raw API. */
#include "host.h"

#include <string.h>

#define BACKLOG_MAX 255u

static enum tcprove_result result_of(err_t error)
{
    switch (error) {
    case ERR_OK: return TCPROVE_OK;
    case ERR_MEM:
    case ERR_WOULDBLOCK: return TCPROVE_WOULD_BLOCK;
    default: return TCPROVE_REFUSED_CALL;
    }
}

/* A block bound to an endpoint; SO_REUSEADDR, since a listener and its connections share a port. */
static struct tcp_pcb *bound(const struct tcprove_endpoint *local)
{
    ip_addr_t address = host_address(local);
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&address));
    if (!pcb) { return NULL; }
    ip_set_option(pcb, SOF_REUSEADDR);
    if (tcp_bind(pcb, &address, local->port) == ERR_OK) { return pcb; }
    tcp_close(pcb);
    return NULL;
}

enum tcprove_result host_listen(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                uint32_t backlog, tcprove_socket *number)
{
    host_begin(stack, now);
    struct tcp_pcb *pcb = bound(local);
    if (!pcb) { return TCPROVE_REFUSED_CALL; }
    u8_t most = backlog == 0 || backlog > BACKLOG_MAX ? BACKLOG_MAX : (u8_t)backlog;
    err_t error;
    struct tcp_pcb *listener = tcp_listen_with_backlog_and_err(pcb, most, &error);
    if (!listener) {
        tcp_close(pcb);
        return result_of(error);
    }
    struct host_socket *socket = host_socket_new(stack, listener, OWNER_APPLICATION);
    tcp_arg(listener, socket);
    tcp_accept(listener, host_accepted);
    *number = socket->number;
    return TCPROVE_OK;
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    (void)pcb;
    (void)error; /* always ERR_OK, says lwip/tcp.h; what fails goes to the error callback */
    host_tell(netif_default->state, argument, TCPROVE_CONNECTED);
    return ERR_OK;
}

enum tcprove_result host_connect(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                 const struct tcprove_endpoint *remote, tcprove_socket *number)
{
    host_begin(stack, now);
    struct tcp_pcb *pcb = bound(local);
    if (!pcb) { return TCPROVE_REFUSED_CALL; }
    ip_addr_t address = host_address(remote);
    stack->connecting = true;
    err_t error = tcp_connect(pcb, &address, remote->port, on_connected);
    stack->connecting = false;
    if (error != ERR_OK) {
        tcp_close(pcb);
        return result_of(error);
    }
    struct host_socket *socket = host_socket_new(stack, pcb, OWNER_APPLICATION);
    host_socket_attach(stack, socket);
    *number = socket->number;
    return TCPROVE_OK;
}

/* As much as lwIP takes: it may be short of segments before it is short of octets. */
static err_t write_some(struct tcp_pcb *pcb, const uint8_t *octets, size_t len, size_t *taken)
{
    err_t error = ERR_MEM;
    size_t part = len < tcp_sndbuf(pcb) ? len : tcp_sndbuf(pcb);
    for (; part > 0; part /= 2) {
        u16_t count = part < UINT16_MAX ? (u16_t)part : UINT16_MAX;
        error = tcp_write(pcb, octets, count, TCP_WRITE_FLAG_COPY);
        if (error == ERR_OK) { *taken = count; }
        if (error != ERR_MEM) { return error; }
    }
    return error;
}

enum tcprove_result host_send(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                              const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    *taken = 0;
    if (urgent) { return TCPROVE_NOT_SUPPORTED; }
    host_begin(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket || !socket->pcb || socket->listens) { return TCPROVE_REFUSED_CALL; }
    err_t error = ERR_OK;
    while (*taken < len && error == ERR_OK) {
        size_t part = 0;
        error = write_some(socket->pcb, octets + *taken, len - *taken, &part);
        *taken += part;
    }
    if (*taken > 0) { error = ERR_OK; }
    tcp_output(socket->pcb);
    host_end(stack);
    return result_of(error);
}

static void take_received(struct host_socket *socket, uint8_t *octets, size_t len, size_t *got)
{
    u16_t count = len < UINT16_MAX ? (u16_t)len : UINT16_MAX;
    count = pbuf_copy_partial(socket->received, octets, count, 0);
    socket->received = pbuf_free_header(socket->received, count);
    if (socket->pcb) { tcp_recved(socket->pcb, count); }
    *got = count;
}

enum tcprove_result host_receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number, uint8_t *octets,
                                 size_t len, size_t *got)
{
    *got = 0;
    host_begin(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket || socket->listens) { return TCPROVE_REFUSED_CALL; }
    if (socket->received) {
        take_received(socket, octets, len, got);
    } else if (!socket->eof) {
        return socket->pcb ? TCPROVE_WOULD_BLOCK : TCPROVE_REFUSED_CALL;
    }
    host_end(stack);
    return TCPROVE_OK;
}

/* lwIP cannot shut down what has no connection yet; there its close() is the RFC's CLOSE. */
enum tcprove_result host_shutdown(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number)
{
    host_begin(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket || !socket->pcb) { return TCPROVE_REFUSED_CALL; }
    if (socket->listens || socket->last == SYN_SENT) { return host_close(stack, now, number); }
    enum tcprove_result result = result_of(tcp_shutdown(socket->pcb, 0, 1));
    host_end(stack);
    return result;
}

static void abandon(struct host_socket *socket)
{
    if (socket->listens) {
        tcp_close(socket->pcb);
        socket->pcb = NULL;
    } else {
        tcp_abort(socket->pcb); /* its error callback forgets the block, where lwIP calls one */
    }
}

static void leave(struct host_socket *socket)
{
    if (socket->received) { pbuf_free(socket->received); }
    socket->received = NULL;
    if (!socket->pcb) { return; }
    if (socket->close_aborts) {
        abandon(socket);
        return;
    }
    if (!socket->listens) { tcp_recv(socket->pcb, NULL); }
    tcp_close(socket->pcb);
    if (socket->listens) { socket->pcb = NULL; }
}

enum tcprove_result host_close(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number)
{
    host_begin(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    socket->owner = socket->close_aborts ? OWNER_ABORTED : OWNER_LEFT;
    leave(socket);
    host_end(stack);
    return TCPROVE_OK;
}

enum tcprove_result host_abort(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number)
{
    host_begin(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket || !socket->pcb) { return TCPROVE_REFUSED_CALL; }
    socket->owner = OWNER_ABORTED;
    abandon(socket);
    host_end(stack);
    return TCPROVE_OK;
}

static bool switch_option(struct tcp_pcb *pcb, u8_t option, bool on)
{
    if (on) {
        ip_set_option(pcb, option);
    } else {
        ip_reset_option(pcb, option);
    }
    return true;
}

static bool set_pcb(struct tcp_pcb *pcb, enum tcprove_setting setting, uint64_t value)
{
    u32_t ms = value / 1000 < UINT32_MAX ? (u32_t)(value / 1000) : UINT32_MAX;
    switch (setting) {
    case TCPROVE_SET_NODELAY:
        if (value) {
            tcp_nagle_disable(pcb);
        } else {
            tcp_nagle_enable(pcb);
        }
        return true;
    case TCPROVE_SET_KEEPALIVE: return switch_option(pcb, SOF_KEEPALIVE, value != 0);
    case TCPROVE_SET_KEEPALIVE_IDLE: pcb->keep_idle = ms; return true;
    case TCPROVE_SET_KEEPALIVE_INTERVAL: pcb->keep_intvl = ms; return true;
    case TCPROVE_SET_KEEPALIVE_PROBES: pcb->keep_cnt = (u32_t)value; return true;
    case TCPROVE_SET_USER_TIMEOUT:
    case TCPROVE_SET_LINGER_ZERO:
    case TCPROVE_SET_ADVERTISED_TIMEOUT:
    case TCPROVE_SET_FAST_OPEN: return false;
    case TCPROVE_SET_CUBIC: return value == 0; /* lwIP has nothing but Reno */
    }
    return false;
}

enum tcprove_result host_set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                             enum tcprove_setting setting, uint64_t value)
{
    host_begin(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (setting == TCPROVE_SET_FAST_OPEN) { return TCPROVE_NOT_SUPPORTED; } /* RFC 7413 is not in lwIP */
    if (!socket || !socket->pcb || socket->listens) { return TCPROVE_REFUSED_CALL; }
    if (setting == TCPROVE_SET_LINGER_ZERO) {
        socket->close_aborts = value != 0;
        return TCPROVE_OK;
    }
    return set_pcb(socket->pcb, setting, value) ? TCPROVE_OK : TCPROVE_NOT_SUPPORTED;
}
