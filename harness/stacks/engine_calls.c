/* The socket calls of an application (tcprove/stack.h). */
#include "engine_host.h"

#include <string.h>

#define DEFAULT_BACKLOG 128u
#define FIRST_CHOSEN_PORT 49152u /* RFC 6335 section 6 */
#define LONGEST_KEEPALIVE_US TCPR_S(31536000)

static enum tcprove_result result_of(enum tcpr_status status)
{
    switch (status) {
    case TCPR_OK: return TCPROVE_OK;
    case TCPR_INSUFFICIENT_RESOURCES: return TCPROVE_WOULD_BLOCK;
    case TCPR_REMOTE_UNSPECIFIED:
    case TCPR_ILLEGAL_FOR_PROCESS:
    case TCPR_ALREADY_EXISTS:
    case TCPR_DOES_NOT_EXIST:
    case TCPR_CLOSING_ERROR:
    case TCPR_REMOTE_INVALID: return TCPROVE_REFUSED_CALL;
    }
    return TCPROVE_REFUSED_CALL;
}

/* An address the application may bind to: none, or ours. */
static bool is_own(const struct tcprove_stack *stack, const struct tcprove_endpoint *local)
{
    static const uint8_t any[16] = {0};
    if (memcmp(local->address, any, sizeof any) == 0) { return true; }
    return memcmp(local->address, host_address(stack, local->version), sizeof any) == 0;
}

/* A new socket whose OPEN went through joins the table; another is as if it had never been. */
static enum tcprove_result opened(struct tcprove_stack *stack, struct host_socket *socket, enum tcpr_status status,
                                  const struct tcpr_effects *fx, tcprove_socket *number)
{
    if (status != TCPR_OK) {
        host_socket_free(socket);
        return result_of(status);
    }
    host_socket_add(stack, socket);
    *number = socket->number;
    host_apply(stack, socket, fx, NULL);
    return TCPROVE_OK;
}

enum tcprove_result host_listen(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                uint32_t backlog, tcprove_socket *number)
{
    host_time_is(stack, now);
    bool known_version = local->version == 0 || local->version == 4 || local->version == 6;
    if (!known_version || local->port == 0 || !is_own(stack, local)) { return TCPROVE_REFUSED_CALL; }
    if (host_listener(stack, local->version, local->port)) { return TCPROVE_REFUSED_CALL; } /* MUST-41 */
    struct host_socket *socket = host_socket_new(stack, false);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    socket->backlog = backlog > 0 ? backlog : DEFAULT_BACKLOG;
    socket->ip.version = local->version;
    const struct tcpr_open open = {.local_port = local->port};
    struct tcpr_effects fx;
    enum tcpr_status status = tcpr_open_passive(&socket->conn, &socket->config, stack->now, &open, &fx);
    return opened(stack, socket, status, &fx, number);
}

/* @return 0: every port is taken. */
static uint16_t choose_port(struct tcprove_stack *stack, const struct tcpr_ip *ip, uint16_t remote_port)
{
    for (uint32_t tries = 0; tries <= UINT16_MAX - FIRST_CHOSEN_PORT; tries++) {
        stack->last_port = stack->last_port == UINT16_MAX ? FIRST_CHOSEN_PORT : (uint16_t)(stack->last_port + 1);
        if (!host_connection(stack, ip, stack->last_port, remote_port)) { return stack->last_port; }
    }
    return 0;
}

/* What connect() says to OPEN. @return false: it is refused. */
static bool name_open(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                      const struct tcprove_endpoint *remote, struct tcpr_open *out)
{
    bool same_version = (remote->version == 4 || remote->version == 6) && local->version == remote->version;
    if (!same_version || !is_own(stack, local)) { return false; }
    struct tcpr_open open = {.ip = {.version = remote->version, .ttl = 64},
                             .remote_port = remote->port,
                             .iss = stack->isn,
                             .iss_given = stack->isn_chosen};
    memcpy(open.ip.source, host_address(stack, remote->version), sizeof open.ip.source);
    memcpy(open.ip.destination, remote->address, remote->version == 6 ? 16 : 4);
    open.local_port = local->port ? local->port : choose_port(stack, &open.ip, remote->port);
    *out = open;
    return open.local_port != 0 && !host_connection(stack, &open.ip, open.local_port, open.remote_port);
}

enum tcprove_result host_connect(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                 const struct tcprove_endpoint *remote, tcprove_socket *number)
{
    struct tcpr_open open;
    host_time_is(stack, now);
    struct host_socket *socket = name_open(stack, local, remote, &open) ? host_socket_new(stack, true) : NULL;
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    socket->ip = open.ip;
    struct tcpr_effects fx;
    enum tcpr_status status = tcpr_open_active(&socket->conn, &socket->config, stack->now, &open, &fx);
    return opened(stack, socket, status, &fx, number);
}

/* The text stands in the ring before OPEN, whose SYN takes what it may. */
enum tcprove_result host_fast_connect(struct tcprove_stack *stack, tcprove_time now,
                                      const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                      const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *number)
{
    struct tcpr_open open;
    *taken = 0;
    if (!(tcpr_features_built() & TCPR_FEATURE_FAST_OPEN)) { return TCPROVE_NOT_SUPPORTED; }
    host_time_is(stack, now);
    struct host_socket *socket = name_open(stack, local, remote, &open) ? host_socket_new(stack, true) : NULL;
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    socket->ip = open.ip;
    socket->config.features |= TCPR_FEATURE_FAST_OPEN;
    open.fast_open = host_cookie_for(stack, &open.ip, open.remote_port);
    socket->asks_cookie = open.fast_open.wanted && open.fast_open.cookie_len == 0;
    open.text_len = (uint32_t)(len < socket->config.send_buffer ? len : socket->config.send_buffer);
    if (open.text_len > 0) { tcpr_ring_put(&socket->send, 0, octets, open.text_len); }
    struct tcpr_effects fx;
    enum tcpr_status status = tcpr_open_active(&socket->conn, &socket->config, stack->now, &open, &fx);
    if (status == TCPR_OK) { *taken = open.text_len; }
    return opened(stack, socket, status, &fx, number);
}

/* The octets stand in the ring before SEND is called. Urgent is the last octet, so only when it was taken. */
enum tcprove_result host_send(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                              const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    host_time_is(stack, now);
    *taken = 0;
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    const struct tcpr_send_vars *snd = &socket->conn.snd;
    uint64_t room = socket->config.send_buffer - (snd->end_at - snd->una_at);
    uint32_t count = (uint32_t)(len < room ? len : room);
    if (count > 0 && socket->send.size > 0) { tcpr_ring_put(&socket->send, snd->end_at, octets, count); }
    struct tcpr_effects fx;
    enum tcpr_status status = tcpr_send(&socket->conn, &socket->config, stack->now, count, urgent && count == len, &fx);
    if (status != TCPR_OK) { return result_of(status); }
    host_apply(stack, socket, &fx, NULL);
    *taken = count;
    return count == 0 && len > 0 ? TCPROVE_WOULD_BLOCK : TCPROVE_OK;
}

enum tcprove_result host_receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number, uint8_t *octets,
                                 size_t len, size_t *got)
{
    host_time_is(stack, now);
    *got = 0;
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    uint64_t at = socket->conn.rcv.read_at;
    uint32_t taken, asked = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
    struct tcpr_effects fx;
    enum tcpr_status status = tcpr_receive(&socket->conn, &socket->config, stack->now, asked, &taken, &fx);
    if (status != TCPR_OK) { return socket->peer_closed ? TCPROVE_OK : TCPROVE_REFUSED_CALL; } /* the end */
    if (taken == 0) { return TCPROVE_WOULD_BLOCK; }
    tcpr_ring_get(&socket->receive, at, octets, taken);
    host_apply(stack, socket, &fx, NULL);
    *got = taken;
    return TCPROVE_OK;
}

enum tcprove_result host_shutdown(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number)
{
    host_time_is(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    struct tcpr_effects fx;
    enum tcpr_status status = tcpr_close(&socket->conn, &socket->config, stack->now, &fx);
    if (status == TCPR_OK) { host_apply(stack, socket, &fx, NULL); }
    return result_of(status);
}

/* ABORT where there is still a connection. */
static void abort_socket(struct tcprove_stack *stack, struct host_socket *socket)
{
    struct tcpr_effects fx;
    socket->owner = OWNER_ABORTED;
    enum tcpr_status status = tcpr_abort(&socket->conn, &socket->config, stack->now, &fx);
    if (status == TCPR_OK) { host_apply(stack, socket, &fx, NULL); }
}

/* Nobody will accept what came in by this listener. */
static void abort_waiting(struct tcprove_stack *stack, tcprove_socket listener)
{
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        if (socket->listener == listener && socket->owner == OWNER_LISTENER) { abort_socket(stack, socket); }
    }
}

enum tcprove_result host_close(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number)
{
    host_time_is(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    abort_waiting(stack, number);
    if (socket->linger_zero) {
        abort_socket(stack, socket);
    } else {
        struct tcpr_effects fx;
        socket->owner = OWNER_LEFT;
        enum tcpr_status status = tcpr_release(&socket->conn, &socket->config, stack->now, &fx);
        if (status == TCPR_OK) { host_apply(stack, socket, &fx, NULL); }
    }
    host_sweep(stack);
    return TCPROVE_OK;
}

enum tcprove_result host_abort(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number)
{
    host_time_is(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    abort_waiting(stack, number);
    abort_socket(stack, socket);
    host_sweep(stack);
    return TCPROVE_OK;
}

static enum tcprove_result set_conn(struct tcprove_stack *stack, struct host_socket *socket, enum tcpr_setting setting,
                                    uint64_t value, uint64_t least, uint64_t most)
{
    if (value < least || value > most) { return TCPROVE_REFUSED_CALL; }
    tcpr_set(&socket->conn, &socket->config, stack->now, setting, value);
    const struct tcpr_effects nothing = {0};
    host_apply(stack, socket, &nothing, NULL); /* without Nagle more may be sent */
    return TCPROVE_OK;
}

/* How long the application is willing to wait is this connection's R2 as well (MUST-21): else 100 s would be the end.
 */
static enum tcprove_result set_user_timeout(struct tcprove_stack *stack, struct host_socket *socket, uint64_t value)
{
    enum tcprove_result result = set_conn(stack, socket, TCPR_SET_USER_TIMEOUT, value, 0, TCPR_NEVER);
    if (result != TCPROVE_OK) { return result; }
    return set_conn(stack, socket, TCPR_SET_R2, value ? value : TCPR_NEVER, 1, TCPR_NEVER);
}

static enum tcprove_result set_probes(struct host_socket *socket, uint64_t value)
{
    if (value < 2 || value > UINT32_MAX) { return TCPROVE_REFUSED_CALL; } /* MUST-29 */
    socket->config.keepalive_probes = (uint32_t)value;
    return TCPROVE_OK;
}

static enum tcprove_result set_linger(struct host_socket *socket, uint64_t value)
{
    if (value > 1) { return TCPROVE_REFUSED_CALL; }
    socket->linger_zero = value != 0;
    return TCPROVE_OK;
}

static enum tcprove_result set_fast_open(struct host_socket *socket, uint64_t value)
{
    if (socket->backlog == 0 || value > UINT32_MAX) { return TCPROVE_REFUSED_CALL; }
    if (!(tcpr_features_built() & TCPR_FEATURE_FAST_OPEN)) { return TCPROVE_NOT_SUPPORTED; }
    socket->fast_open = (uint32_t)value;
    socket->config.features |= TCPR_FEATURE_FAST_OPEN;
    return TCPROVE_OK;
}

static enum tcprove_result set_cubic(struct tcprove_stack *stack, struct host_socket *socket, uint64_t value)
{
    struct tcpr_config config = socket->config;
    config.controller = value == 1 ? TCPR_CUBIC : TCPR_RENO;
    if (tcpr_config_fault(&config)) { return TCPROVE_NOT_SUPPORTED; } /* an engine built without it */
    return set_conn(stack, socket, TCPR_SET_CONTROLLER, value, TCPR_RENO, TCPR_CUBIC);
}

enum tcprove_result host_set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                             enum tcprove_setting setting, uint64_t value)
{
    host_time_is(stack, now);
    struct host_socket *socket = host_socket_of_application(stack, number);
    if (!socket) { return TCPROVE_REFUSED_CALL; }
    switch (setting) {
    case TCPROVE_SET_NODELAY: return set_conn(stack, socket, TCPR_SET_NODELAY, value, 0, 1);
    case TCPROVE_SET_KEEPALIVE: return set_conn(stack, socket, TCPR_SET_KEEPALIVE, value, 0, 1);
    case TCPROVE_SET_KEEPALIVE_IDLE:
        return set_conn(stack, socket, TCPR_SET_KEEPALIVE_IDLE, value, 1, LONGEST_KEEPALIVE_US);
    case TCPROVE_SET_KEEPALIVE_INTERVAL:
        return set_conn(stack, socket, TCPR_SET_KEEPALIVE_INTERVAL, value, 1, LONGEST_KEEPALIVE_US);
    case TCPROVE_SET_KEEPALIVE_PROBES: return set_probes(socket, value);
    case TCPROVE_SET_USER_TIMEOUT: return set_user_timeout(stack, socket, value);
    case TCPROVE_SET_LINGER_ZERO: return set_linger(socket, value);
    case TCPROVE_SET_FAST_OPEN: return set_fast_open(socket, value);
    case TCPROVE_SET_ADVERTISED_TIMEOUT:
        return set_conn(stack, socket, TCPR_SET_ADVERTISED_TIMEOUT, value, 0, TCPR_NEVER);
    case TCPROVE_SET_CUBIC: return set_cubic(stack, socket, value);
    }
    return TCPROVE_NOT_SUPPORTED;
}
