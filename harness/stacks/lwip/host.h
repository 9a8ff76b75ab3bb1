/*
 * What the files of this plug-in share: one host, since lwIP keeps its state in globals. tcprove gives every host a
 * process of its own, so one is all there is.
 *
 * Debian's liblwip is built for threads and the real clock. Here it has neither: lwip_init() starts no thread, only the
 * raw API is called, and three functions that liblwip calls through its own symbol table are defined in this object,
 * which the loader asks first: the clock, the start of the timers, and the choice of an initial sequence number.
 */
#ifndef STACKS_LWIP_HOST_H
#define STACKS_LWIP_HOST_H

#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "tcprove/stack.h"

/** Who is to hear of what happens to a socket. */
enum host_owner {
    OWNER_LISTENER = 1, /* not accepted yet: nobody knows of it */
    OWNER_APPLICATION,
    OWNER_LEFT,   /* close() was called: only the orderly end is told */
    OWNER_ABORTED /* abort() was called: nothing is told */
};

struct host_socket {
    struct host_socket *next;
    tcprove_socket number;
    enum host_owner owner;
    struct tcp_pcb *pcb;   /* NULL: lwIP has nothing left of it */
    enum tcp_state last;   /* its state before the present call */
    struct pbuf *received; /* not yet read by the application */
    bool listens, eof, close_aborts;
    ip_addr_t local, remote;
    u16_t local_port, remote_port;
};

struct tcprove_stack {
    struct tcprove_host host;
    struct tcprove_setup setup;
    tcprove_time now;
    bool connecting; /* in the call that may choose the initial sequence number */
    struct netif netif;
    struct host_socket *sockets;
    tcprove_socket last_number;
};

void host_tell(struct tcprove_stack *stack, const struct host_socket *socket, enum tcprove_event event);

struct host_socket *host_socket_new(struct tcprove_stack *stack, struct tcp_pcb *pcb, enum host_owner owner);
struct host_socket *host_socket_numbered(const struct tcprove_stack *stack, tcprove_socket number);
/** The one of the application, of whom it has not taken leave; or NULL. */
struct host_socket *host_socket_of_application(const struct tcprove_stack *stack, tcprove_socket number);
/** The connection between two endpoints, made known when only lwIP knew of it; or NULL. */
struct host_socket *host_socket_between(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                                        const struct tcprove_endpoint *remote);
/** From now on nobody hears of anything. */
void host_sockets_silence(struct tcprove_stack *stack);
void host_sockets_free(struct tcprove_stack *stack);

/** Let the connection tell this socket what happens to it. */
void host_socket_attach(struct tcprove_stack *stack, struct host_socket *socket);
err_t host_accepted(void *listener, struct tcp_pcb *pcb, err_t error);

/** Before each call into lwIP: it is `now`. After it: find out what lwIP has removed without a word. */
void host_begin(struct tcprove_stack *stack, tcprove_time now);
void host_end(struct tcprove_stack *stack);

ip_addr_t host_address(const struct tcprove_endpoint *endpoint);

enum tcprove_result host_listen(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                uint32_t backlog, tcprove_socket *number);
enum tcprove_result host_connect(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                 const struct tcprove_endpoint *remote, tcprove_socket *number);
enum tcprove_result host_send(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                              const uint8_t *octets, size_t len, bool urgent, size_t *taken);
enum tcprove_result host_receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number, uint8_t *octets,
                                 size_t len, size_t *got);
enum tcprove_result host_shutdown(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number);
enum tcprove_result host_close(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number);
enum tcprove_result host_abort(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number);
enum tcprove_result host_set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket number,
                             enum tcprove_setting setting, uint64_t value);

#endif
