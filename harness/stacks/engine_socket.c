#include "engine_host.h"

#include <stdlib.h>
#include <string.h>

const uint8_t *host_address(const struct tcprove_stack *stack, uint8_t version)
{
    return stack->address[version == 6];
}

static uint32_t power_of_two(uint32_t at_least)
{
    uint32_t size = 1;
    while (size < at_least) {
        size *= 2;
    }
    return size;
}

/* Memory for both rings in one block, receive first. */
static bool make_rings(struct host_socket *socket)
{
    uint32_t receive = power_of_two(socket->config.receive_buffer), send = power_of_two(socket->config.send_buffer);
    uint8_t *octets = malloc((size_t)receive + send);
    if (!octets) { return false; }
    socket->receive = (struct tcpr_ring){.octets = octets, .size = receive};
    socket->send = (struct tcpr_ring){.octets = octets + receive, .size = send};
    return true;
}

struct host_socket *host_socket_new(struct tcprove_stack *stack, bool with_rings)
{
    struct host_socket *socket = calloc(1, sizeof *socket);
    if (!socket) { return NULL; }
    socket->config = stack->config;
    socket->owner = OWNER_APPLICATION;
    tcpr_conn_init_with_tail(&socket->conn, HOST_RANGES, HOST_RECORDS);
    if (with_rings && !make_rings(socket)) {
        free(socket);
        return NULL;
    }
    return socket;
}

struct host_socket *host_socket_clone(struct tcprove_stack *stack, const struct host_socket *listener,
                                      const struct tcpr_ip *arrived)
{
    struct host_socket *socket = host_socket_new(stack, true);
    if (!socket) { return NULL; }
    socket->listener = listener->number;
    socket->owner = OWNER_LISTENER;
    socket->linger_zero = listener->linger_zero;
    socket->config = listener->config;
    socket->conn = listener->conn;
    socket->ip = (struct tcpr_ip){.version = arrived->version, .ttl = 64};
    memcpy(socket->ip.source, arrived->destination, sizeof socket->ip.source);
    memcpy(socket->ip.destination, arrived->source, sizeof socket->ip.destination);
    return socket;
}

void host_socket_add(struct tcprove_stack *stack, struct host_socket *socket)
{
    socket->number = ++stack->last_number;
    socket->next = stack->sockets;
    stack->sockets = socket;
}

void host_socket_free(struct host_socket *socket)
{
    free(socket->receive.octets);
    free(socket);
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

static bool has_tuple(const struct host_socket *socket, const struct tcpr_ip *outgoing, uint16_t local_port,
                      uint16_t remote_port)
{
    return socket->conn.local_port == local_port && socket->conn.remote_port == remote_port &&
           socket->ip.version == outgoing->version &&
           memcmp(socket->ip.source, outgoing->source, sizeof outgoing->source) == 0 &&
           memcmp(socket->ip.destination, outgoing->destination, sizeof outgoing->destination) == 0;
}

struct host_socket *host_connection(const struct tcprove_stack *stack, const struct tcpr_ip *outgoing,
                                    uint16_t local_port, uint16_t remote_port)
{
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        bool is_one = socket->conn.state != TCPR_CLOSED && socket->conn.state != TCPR_LISTEN;
        if (is_one && has_tuple(socket, outgoing, local_port, remote_port)) { return socket; }
    }
    return NULL;
}

struct host_socket *host_listener(const struct tcprove_stack *stack, uint8_t version, uint16_t port)
{
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        bool of_version = socket->ip.version == 0 || version == 0 || socket->ip.version == version;
        if (socket->conn.state == TCPR_LISTEN && of_version && socket->conn.local_port == port) { return socket; }
    }
    return NULL;
}

uint32_t host_waiting(const struct tcprove_stack *stack, const struct host_socket *listener)
{
    uint32_t count = 0;
    for (const struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        count += socket->listener == listener->number && socket->conn.state == TCPR_SYN_RECEIVED;
    }
    return count;
}

/* Of a connection that came in and fell back to LISTEN nothing is left: its listener listens on. */
static bool is_left_over(const struct host_socket *socket)
{
    if (socket->listener != 0 && socket->conn.state == TCPR_LISTEN) { return true; }
    return socket->conn.state == TCPR_CLOSED && socket->owner != OWNER_APPLICATION;
}

void host_sweep(struct tcprove_stack *stack)
{
    struct host_socket **link = &stack->sockets;
    while (*link) {
        struct host_socket *socket = *link;
        if (is_left_over(socket)) {
            *link = socket->next;
            host_socket_free(socket);
        } else {
            link = &socket->next;
        }
    }
}
