/*
 * What the files of the engine's host share: a host of two addresses and any number of sockets, each with a connection
 * of the engine and a ring for either direction.
 */
#ifndef STACKS_ENGINE_HOST_H
#define STACKS_ENGINE_HOST_H

#include "harness/net.h"
#include "tcprove/stack.h"
#include "tcprove/tcprove.h"

/** Who is to hear of what happens to a socket. */
#define HOST_RANGES 32u
#define HOST_RECORDS 256u

enum host_owner {
    OWNER_LISTENER = 1, /* not accepted yet: nobody knows of it */
    OWNER_APPLICATION,
    OWNER_LEFT,   /* close() was called: only the orderly end is told */
    OWNER_ABORTED /* abort() was called: nothing is told */
};

/** One socket: a listener, or a connection. */
struct host_socket {
    struct host_socket *next;
    tcprove_socket number;
    tcprove_socket listener; /* of a connection that came in: the socket it came by; else 0 */
    enum host_owner owner;
    uint32_t backlog;   /* of a listener: connections in SYN-RECEIVED it may have at a time */
    uint32_t fast_open; /* of a listener: connections a cookie alone may make at a time; 0: none (RFC 7413) */
    bool gives_cookie;  /* the SYN,ACK is to carry one */
    bool asks_cookie;   /* its SYN asks for one */
    bool known_early;   /* the application was told of it before the handshake ended */
    bool linger_zero;   /* close() aborts */
    bool peer_closed;   /* the stream from the peer came to its end, and no reset after it */
    struct tcpr_ip ip;  /* of what is sent: the source is ours. Listener: version 0 for both */
    struct tcpr_config config;
    struct tcpr_conn conn;
    struct tcpr_range ranges[HOST_RANGES]; /* of `conn`: its tail */
    struct tcpr_rack_vars rack;
    struct tcpr_record records[HOST_RECORDS];
    struct tcpr_ring receive, send; /* none in a listener */
};

#define HOST_COOKIES 8u

/* What a client of Fast Open keeps of a peer: the newest cookie, with the MSS it came with (RFC7413-4.1.3-n1). */
struct host_cookie {
    struct tcpr_ip ip; /* of what is sent; version 0: none is kept here */
    struct tcpr_fast_open known;
};

/* A peer and port that Fast Open failed with (RFC7413-4.1.3.1-1). */
struct host_failure {
    struct tcpr_ip ip; /* version 0: none */
    uint16_t port;
    tcpr_time until;
};

struct tcprove_stack {
    struct tcprove_host host;
    struct tcpr_config config;
    uint8_t address[2][16]; /* IPv4, IPv6 */
    tcpr_time now;
    struct host_socket *sockets; /* newest first */
    tcprove_socket last_number;
    uint32_t isn; /* of a connect(), where isn_chosen */
    bool isn_chosen;
    uint16_t last_port; /* chosen for a connect() */
    struct host_cookie cookie[HOST_COOKIES];
    struct host_failure failure[HOST_COOKIES];
    unsigned cookies, failures; /* ever kept: the oldest makes room */
    uint8_t out[NET_DATAGRAM_MAX];
};

/* ---- engine_socket.c: the table of sockets ---- */

const uint8_t *host_address(const struct tcprove_stack *stack, uint8_t version);

/* @return NULL when there is no memory. The connection is in CLOSED. */
struct host_socket *host_socket_new(struct tcprove_stack *stack, bool with_rings);

/* A connection made of a listener for the peer that a segment came from. Not in the table yet. @return NULL: no memory.
 */
struct host_socket *host_socket_clone(struct tcprove_stack *stack, const struct host_socket *listener,
                                      const struct tcpr_ip *arrived);
void host_socket_add(struct tcprove_stack *stack, struct host_socket *socket);
void host_socket_free(struct host_socket *socket);

/* @return NULL: there is none of that number, or close() was called. */
struct host_socket *host_socket_of_application(const struct tcprove_stack *stack, tcprove_socket number);
struct host_socket *host_socket_numbered(const struct tcprove_stack *stack, tcprove_socket number);

/* The connection of a 4-tuple; not in CLOSED. `outgoing` has our address as its source. */
struct host_socket *host_connection(const struct tcprove_stack *stack, const struct tcpr_ip *outgoing,
                                    uint16_t local_port, uint16_t remote_port);
struct host_socket *host_listener(const struct tcprove_stack *stack, uint8_t version, uint16_t port);
uint32_t host_waiting(const struct tcprove_stack *stack, const struct host_socket *listener);

/* Forget every socket of which nothing is left. */
void host_sweep(struct tcprove_stack *stack);

/* ---- engine_effects.c: what an input did, brought to the network and the application ---- */

/* `text`: of the segment that arrived, or NULL. */
void host_apply(struct tcprove_stack *stack, struct host_socket *socket, const struct tcpr_effects *fx,
                const uint8_t *text);
void host_send_segment(struct tcprove_stack *stack, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                       const struct tcpr_ring *text);
void host_explain(const struct tcprove_stack *stack, tcprove_socket socket, enum tcpr_rule rule, const char *text);

/* ---- engine_cookies.c: what is known of servers with Fast Open ---- */

/* What an OPEN to this peer is to say: `wanted` unless it failed there lately, with the cookie if there is one. */
struct tcpr_fast_open host_cookie_for(struct tcprove_stack *stack, const struct tcpr_ip *outgoing, uint16_t port);
/* Learn from the SYN,ACK, where it opened the connection. */
void host_cookie_learn(struct tcprove_stack *stack, const struct host_socket *socket, const struct tcpr_segment *seg,
                       const struct tcpr_effects *fx);
/* Learn that it failed. */
void host_cookie_failed(struct tcprove_stack *stack, const struct host_socket *socket);

/* ---- engine_input.c ---- */

void host_input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len);

/* ---- engine_calls.c: the socket calls, as in tcprove/stack.h ---- */

enum tcprove_result host_listen(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                uint32_t backlog, tcprove_socket *number);
enum tcprove_result host_connect(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                 const struct tcprove_endpoint *remote, tcprove_socket *number);
enum tcprove_result host_fast_connect(struct tcprove_stack *stack, tcprove_time now,
                                      const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                      const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *number);
enum tcprove_result host_send(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                              const uint8_t *octets, size_t len, bool urgent, size_t *taken);
enum tcprove_result host_receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number, uint8_t *octets,
                                 size_t len, size_t *got);
enum tcprove_result host_shutdown(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number);
enum tcprove_result host_close(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number);
enum tcprove_result host_abort(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number);
enum tcprove_result host_set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                             enum tcprove_setting setting, uint64_t value);

static inline void host_time_is(struct tcprove_stack *stack, tcprove_time now)
{
    if (now > stack->now) { stack->now = now; }
}

#endif
