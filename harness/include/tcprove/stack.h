/**
 * tcprove/stack.h - the interface between tcprove and a user-space TCP/IP stack in virtual time.
 *
 * A stack is one host with one IPv4 and one IPv6 address. tcprove gives it IP datagrams and the time, makes the socket
 * calls an application would make, and hears through callbacks which datagrams it sends and what its application
 * learns. tcprove's own engine is the first user of this header; a shared object that exports tcprove_stack() is any
 * other.
 *
 * Everything happens in one thread, inside the calls below. Callbacks may be made from any of them; tcprove calls no
 * function of the stack from inside a callback.
 *
 * Where state may stand: each host of a shared object lives in a process of its own, in which the object was loaded and
 * create() is called once. Globals are therefore as good as fields of struct tcprove_stack. (A stack linked into
 * tcprove keeps all in its struct: several threads make hosts side by side.) A call that takes more than ten seconds,
 * crashes, or sends without end costs its own run, which ends as an error. (Of a destroy() that does so, when the run
 * has its verdict already, tcprove tells on stderr.)
 */
#ifndef TCPROVE_STACK_H
#define TCPROVE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TCPROVE_STACK_ABI 1u

/** One host; the stack's own type. */
struct tcprove_stack;

/** Microseconds of virtual time; TCPROVE_NEVER where none. */
typedef uint64_t tcprove_time;
#define TCPROVE_NEVER UINT64_MAX

/** A socket, as the stack numbers them; 0 is none. */
typedef uint32_t tcprove_socket;

/** What the stack can do, as bits of tcprove_stack_ops.abilities. A spec that needs more is skipped, with the reason.
 */
enum tcprove_ability {
    TCPROVE_CAN_IPV4 = 0x0001,
    TCPROVE_CAN_IPV6 = 0x0002,
    TCPROVE_CAN_STATE = 0x0004,   /* state() tells the RFC's state */
    TCPROVE_CAN_EXPLAIN = 0x0008, /* explain() is called with rules */
    TCPROVE_CAN_URGENT = 0x0010,  /* send() honours `urgent`, and TCPROVE_URGENT is told */
    TCPROVE_CAN_ABORT = 0x0020,
    TCPROVE_CAN_SIMULTANEOUS = 0x0040, /* an active open may meet a SYN */
    TCPROVE_CAN_ICMP = 0x0080,         /* input() acts on ICMP errors and answers echo requests */
    TCPROVE_CAN_CHOOSE_ISN = 0x0100,   /* setup.isn is honoured */
    TCPROVE_CAN_FAST_OPEN = 0x0200     /* there is fast_connect() */
};

/** The states of RFC 9293 section 3.3.2, numbered as in tcprove/base.h; UNKNOWN where the stack cannot say. */
enum tcprove_state {
    TCPROVE_CLOSED = 0,
    TCPROVE_LISTEN = 1,
    TCPROVE_SYN_SENT = 2,
    TCPROVE_SYN_RECEIVED = 3,
    TCPROVE_ESTABLISHED = 4,
    TCPROVE_FIN_WAIT_1 = 5,
    TCPROVE_FIN_WAIT_2 = 6,
    TCPROVE_CLOSE_WAIT = 7,
    TCPROVE_CLOSING = 8,
    TCPROVE_LAST_ACK = 9,
    TCPROVE_TIME_WAIT = 10,
    TCPROVE_UNKNOWN = 255
};

/** What an application learns. */
enum tcprove_event {
    TCPROVE_CONNECTED = 1,   /* a connect() succeeded */
    TCPROVE_ACCEPTED = 2,    /* a listener has a new connection: `socket` is the connection */
    TCPROVE_READABLE = 3,    /* receive() would give text */
    TCPROVE_EOF = 4,         /* the peer closed; told when all text before it may be read */
    TCPROVE_RESET = 5,       /* "connection reset" */
    TCPROVE_REFUSED = 6,     /* "connection refused" */
    TCPROVE_TIMED_OUT = 7,   /* the stack gave up: user timeout, R2, keep-alive */
    TCPROVE_UNREACHABLE = 8, /* an ICMP error aborted the connection */
    TCPROVE_SOFT_ERROR = 9,  /* an ICMP error, or retransmission without an answer (R1); the connection lives */
    TCPROVE_URGENT = 10,     /* urgent data announced */
    TCPROVE_CLOSED_OK = 11   /* nothing of the connection is left, by an orderly close */
};

/** How a call ended. */
enum tcprove_result {
    TCPROVE_OK = 0,
    TCPROVE_REFUSED_CALL = 1, /* the stack's error: the connection does not exist, is closing, an invalid address ... */
    TCPROVE_WOULD_BLOCK = 2,  /* no room, or nothing to read */
    TCPROVE_NOT_SUPPORTED = 3 /* this stack cannot do that: the spec is skipped */
};

/** Settings of a socket; values as in the comments. */
enum tcprove_setting {
    TCPROVE_SET_NODELAY = 1,            /* 0, 1 */
    TCPROVE_SET_KEEPALIVE = 2,          /* 0, 1 */
    TCPROVE_SET_KEEPALIVE_IDLE = 3,     /* microseconds */
    TCPROVE_SET_KEEPALIVE_INTERVAL = 4, /* microseconds */
    TCPROVE_SET_KEEPALIVE_PROBES = 5,   /* count */
    TCPROVE_SET_USER_TIMEOUT = 6,       /* microseconds; 0: none */
    TCPROVE_SET_LINGER_ZERO = 7,        /* 1: close() aborts */
    TCPROVE_SET_ADVERTISED_TIMEOUT = 8, /* microseconds: ADV_UTO of RFC 5482 */
    TCPROVE_SET_CUBIC = 9,              /* 1: congestion control by CUBIC, 0: as RFC 5681 has it */
    TCPROVE_SET_FAST_OPEN = 10          /* of a listener: how many connections a cookie alone may make at a time (RFC
                                          7413); 0: off, as it begins */
};

/** An IP address and port. */
struct tcprove_endpoint {
    uint8_t address[16]; /* IPv4: the first four octets, the rest 0 */
    uint8_t version;     /* 4 or 6 */
    uint16_t port;
};

/** How the host is to be. A stack that cannot honour a field returns NULL from create() only if it says why. */
struct tcprove_setup {
    uint8_t ipv4[4];
    uint8_t ipv6[16];
    uint8_t secret[16]; /* for ISNs and the like: a given secret gives a given run */
    tcprove_time now;   /* time of creation */
    uint32_t mtu;
    uint32_t receive_buffer; /* octets a socket; 0: the stack's default */
    uint32_t send_buffer;
    bool window_scale; /* option negotiation the stack may use */
    bool timestamps;
    bool sack;
    bool isn_chosen; /* connect() is to use `isn` as its initial sequence number; only with TCPROVE_CAN_CHOOSE_ISN */
    uint32_t isn;
    bool user_timeout; /* the stack may use RFC 5482's option */
    bool ecn;          /* RFC 3168: SYNs ask for it, and are answered. A stack that has none passes over it */
    bool accurate_ecn; /* RFC 9768, in the same way */
};

/** What tcprove gives to the stack. */
struct tcprove_host {
    void *context; /* to be given back */
    /** The stack sends an IP datagram. Taken before the call returns. */
    void (*output)(void *context, const uint8_t *datagram, size_t len);
    /** The application of `socket` learns something. `listener` is set for ACCEPTED, else 0. */
    void (*event)(void *context, tcprove_socket socket, enum tcprove_event event, tcprove_socket listener);
    /** Optional: the stack explains a decision: the rule's id and a short text. Never NULL when TCPROVE_CAN_EXPLAIN. */
    void (*explain)(void *context, tcprove_socket socket, const char *rule, const char *text);
};

/** The stack's side. Every function pointer is set, but for fast_connect without its ability; all return at once. */
struct tcprove_stack_ops {
    uint32_t abi;       /* TCPROVE_STACK_ABI */
    uint32_t abilities; /* TCPROVE_CAN_... */
    const char *name;
    const char *version;
    tcprove_time msl;         /* its maximum segment lifetime; 0: two minutes, as RFC 9293 has it */
    tcprove_time rto_initial; /* its retransmission timeout before any sample; 0: one second, as RFC 6298 has it */
    tcprove_time tick;        /* granularity of its timers and of what it measures, G in RFC 6298; 0: fine */

    /** Make a host. @return NULL with *why set to a static text when it cannot. */
    struct tcprove_stack *(*create)(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why);
    void (*destroy)(struct tcprove_stack *stack);

    /** A datagram arrives at time `now`. */
    void (*input)(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len);
    /** It is `now`: whatever was due is done. */
    void (*time)(struct tcprove_stack *stack, tcprove_time now);
    /** When time() next has something to do, or TCPROVE_NEVER. */
    tcprove_time (*deadline)(struct tcprove_stack *stack);

    enum tcprove_result (*listen)(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                  uint32_t backlog, tcprove_socket *socket);
    /** A non-blocking connect: the outcome is an event. local->port 0 lets the stack choose. */
    enum tcprove_result (*connect)(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                   const struct tcprove_endpoint *remote, tcprove_socket *socket);
    /** @param taken  octets accepted, possibly fewer than `len`. */
    enum tcprove_result (*send)(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                const uint8_t *octets, size_t len, bool urgent, size_t *taken);
    /** @param got  octets read; 0 with TCPROVE_OK: end of the stream. */
    enum tcprove_result (*receive)(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                   uint8_t *octets, size_t len, size_t *got);
    /** RFC 9293's CLOSE: no more to send, reading goes on. */
    enum tcprove_result (*shutdown)(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket);
    /** The application gives the socket up, reading included. The number may be used again once nothing is left. */
    enum tcprove_result (*close)(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket);
    enum tcprove_result (*abort)(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket);
    enum tcprove_result (*set)(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                               enum tcprove_setting setting, uint64_t value);
    /** The state of a connection, also after close() while anything of it is left. CLOSED when nothing is. */
    enum tcprove_state (*state)(struct tcprove_stack *stack, tcprove_socket socket);
    /** The connection between two endpoints: one not yet accepted and one given up by close() included. 0: there is
     * none. So tcprove knows which peer an accepted socket talks to, and can ask for the state in SYN-RECEIVED. */
    tcprove_socket (*find)(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote);
    /** Only with TCPROVE_CAN_FAST_OPEN: connect() by RFC 7413. What a cookie of the peer allows goes with the SYN; who
     * has none asks for one. The stack keeps cookies by itself. A stack that knows nothing of this ends with `find`.
     * @param taken  octets accepted; what is left is given to send() as soon as that takes it. */
    enum tcprove_result (*fast_connect)(struct tcprove_stack *stack, tcprove_time now,
                                        const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                        const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *socket);
};

/** What a plug-in exports, under this name, also where all else is hidden. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const struct tcprove_stack_ops *
tcprove_stack(void);

#ifdef __cplusplus
}
#endif
#endif
