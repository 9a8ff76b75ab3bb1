/**
 * harness/target.h - the TCP under test, as the runner sees it: virtual or real time, in process or behind a wire.
 *
 * A target is shared by all runs; a lane is its share for one run of one spec: an address of the tester's own, the
 * target's address and port, the sockets the run opened. A lane is used by one thread. Time on a lane is microseconds
 * since the lane was opened; on a virtual clock it moves only inside lane_next().
 */
#ifndef HARNESS_TARGET_H
#define HARNESS_TARGET_H

#include "harness/arena.h"
#include "tcprove/stack.h"
#include "tcprove/tcprove.h"

/** Connections one spec can talk over: "a" is the first, "b" the second ... */
#define LANE_CONNECTIONS_MAX 8

/** Bits of target.abilities, beyond enum tcprove_ability, which it includes. */
enum target_ability {
    TARGET_VIRTUAL_TIME = 0x10000,  /* waiting costs nothing */
    TARGET_APPLICATION = 0x20000,   /* calls can be made and events are told */
    TARGET_ANY_ADDRESS = 0x40000,   /* datagrams from and to addresses other than the lane's hurt nobody */
    TARGET_OFFERS_ECN = 0x800000,   /* where lane_request.ecn says so, its SYN does */
    TARGET_PROBES_PATH = 0x1000000, /* where lane_request.mtu_probing says so, it does */
    TARGET_REASSEMBLES = 0x2000000, /* it puts the fragments of a datagram together */
    TARGET_FORGETS_PATH = 0x400000, /* what it learns of the way to the tester is forgotten with the lane */
    /* Without TARGET_APPLICATION: nobody calls the application there is, and it tells nothing. */
    TARGET_SERVICE = 0x80000,         /* it may listen on the lane's port */
    TARGET_SERVICE_CLOSES = 0x100000, /* it reads everything, and closes when its peer has */
    TARGET_SERVICE_ECHOES = 0x200000  /* it sends back what it reads */
};

/** What a spec asks of the target's side before it begins. Numbers 0: the target's default. */
struct lane_request {
    uint8_t version;         /* 4 or 6 */
    uint32_t receive_buffer; /* octets */
    uint32_t send_buffer;
    uint32_t mtu;                             /* 1500 when 0 */
    bool window_scale, timestamps, sack, ecn; /* what the target may negotiate */
    bool accurate_ecn;                        /* ... RFC 9768's, where it knows it, else RFC 3168's */
    bool user_timeout;                        /* ... and may say of its user timeout (RFC 5482) */
    bool mtu_probing;                         /* it begins with small segments and probes for the path MTU (RFC 4821) */
    uint32_t isn; /* with isn_forced: the target's ISS for the active open; a target that cannot says so */
    bool isn_forced;
    bool listens; /* the application will listen: where it does so already, on that port */
};

/** The addresses of a lane. The tester is the remote side of the target. */
struct lane_addresses {
    struct tcpr_ip to_target; /* source: the tester, destination: the target; ttl of what the tester sends */
    uint16_t target_port;     /* where the target listens or connects from */
    uint16_t tester_port[LANE_CONNECTIONS_MAX]; /* one a connection */
};

enum observed {
    OBSERVED_NOTHING = 0,     /* `until` was reached */
    OBSERVED_DATAGRAM = 1,    /* the target sent an IP datagram */
    OBSERVED_EVENT = 2,       /* the application learnt something */
    OBSERVED_EXPLANATION = 3, /* the target gave a reason */
    OBSERVED_FAULT = 4        /* the lane is broken: `text` says why; the run is an error */
};

/** One thing that happened at the target. Pointers live until the lane's next call. */
struct observation {
    enum observed what;
    tcpr_time at;
    const uint8_t *datagram; /* whole IP datagram */
    size_t datagram_len;
    unsigned connection; /* EVENT, EXPLANATION: index of the connection */
    enum tcprove_event event;
    const char *rule; /* EXPLANATION: id of the catalogue */
    const char *text; /* EXPLANATION, FAULT */
};

/** A call of the application on one connection. */
enum call_kind {
    CALL_LISTEN = 1,
    CALL_CONNECT,
    CALL_SEND,
    CALL_RECEIVE,
    CALL_SHUTDOWN,
    CALL_CLOSE,
    CALL_ABORT,
    CALL_SET
};
struct app_call {
    enum call_kind kind;
    unsigned connection;   /* whose socket; CONNECT makes it, an accepted one belongs to the tester port it came from */
    const uint8_t *octets; /* SEND, fast CONNECT */
    uint32_t len;          /* SEND, RECEIVE, fast CONNECT: octets */
    uint32_t backlog;      /* LISTEN; 0: the target's default */
    bool urgent;           /* SEND: the last octet is urgent */
    bool fast;             /* CONNECT: by RFC 7413, only with TCPROVE_CAN_FAST_OPEN */
    enum tcprove_setting setting;
    uint64_t value;
};
struct call_outcome {
    enum tcprove_result result;
    const uint8_t *octets; /* RECEIVE: what was read, until the lane's next call */
    size_t len;            /* RECEIVE: octets read; SEND, fast CONNECT: octets taken */
    const char *text;      /* the target's own word for a failure, or NULL */
};

struct target;
struct lane;

/** How a kind of target is made to work. All are called with the target or lane they were made by. */
struct target_ops {
    /** @return NULL with *why set: the environment or the target cannot give what the spec asks; the spec is skipped.
     */
    struct lane *(*open)(struct target *target, const struct lane_request *request, const char **why);
    void (*close)(struct lane *lane);
    const struct lane_addresses *(*addresses)(const struct lane *lane);
    tcpr_time (*now)(const struct lane *lane);
    /** Send an IP datagram to the target, now. */
    bool (*inject)(struct lane *lane, const uint8_t *datagram, size_t len);
    /** Wait for the next observation, `until` at most. Those of equal time come in the order in which they happened. */
    void (*next)(struct lane *lane, tcpr_time until, struct observation *out);
    void (*call)(struct lane *lane, const struct app_call *call, struct call_outcome *outcome);
    /** The state of a connection, TCPROVE_UNKNOWN where the target cannot show it. LISTEN: the listener of connection
     * `a`. */
    enum tcprove_state (*state)(struct lane *lane, unsigned connection);
    void (*destroy)(struct target *target);
    /** Why nothing more can be learnt of the target, which answers no longer; NULL: it does. May be left out. */
    const char *(*gone)(struct target *target);
};

/** A target. Embed it first in the struct of a kind. */
struct target {
    const struct target_ops *ops;
    const char *kind;          /* "engine", "kernel", "plugin" */
    const char *name;          /* "tcprove 0.1.0", "Linux 6.18.0" */
    const char *profile;       /* what the verdict depends on, in words: "default, cubic"; "" where nothing */
    unsigned abilities;        /* TCPROVE_CAN_... | TARGET_... */
    tcpr_time reply_within_us; /* default of `within`: the longest a delayed ACK and this target's jitter may take */
    tcpr_time path_us;         /* how much longer an answer takes by the way to the target and back; else 0 */
    tcpr_time jitter_us;       /* how much that differs from one answer to the next */
    tcpr_time msl_us;          /* maximum segment lifetime, the name `msl` in a spec; 0: not known */
    tcpr_time rto_initial_us;  /* retransmission timeout before any sample, the name `rto`; 0: not known */
    tcpr_time tick_us;         /* how coarse its clock is, the name `tick` (G of RFC 6298); 0: too fine to matter */
    bool may_lose;             /* a network lies between, which may lose what a verdict hangs on */
    unsigned lanes_max;        /* how many may be open at once */
};

/** The engine, or any stack behind tcprove/stack.h, in virtual time. @return NULL with *why. */
struct target *target_virtual_open(const struct tcprove_stack_ops *ops, const char *kind, const char **why);

/** The engine as a stack (harness/stacks/engine.c). */
const struct tcprove_stack_ops *engine_stack(void);

/**
 * A stack in a shared object that exports tcprove_stack(), in virtual time. Each lane's host has a process of its own:
 * one that crashes, hangs or never comes to rest ends its own run, as an error that says so.
 *
 * Forks: call it before any thread is made.
 *
 * @param why  gets the reason when NULL is returned: the object cannot be loaded or is no such stack.
 */
struct target *target_plugin_open(const char *file, char *why, size_t room);

/**
 * This machine's TCP, in network namespaces of tcprove's own that end with the process.
 *
 * Without root it becomes the owner of a user namespace, for good: call it before any thread is made. What a spec sees
 * of Linux here:
 * - segments bear the kernel's own stamps; an event bears the time at which its socket was looked at.
 * - URGENT is told when the urgent octet has arrived, which stays in the stream.
 * - RESET is also what Linux calls a broken pipe: a reset in CLOSE-WAIT.
 * - CLOSED_OK is told when nothing is left of a connection whose last segment was no RST. Linux itself does not say how
 *   a socket ended that the application has closed.
 * - SEND before the connection is established would block; keep-alive times are whole seconds.
 *
 * @param lanes    how many to prepare, side by side.
 * @param profile  "default" (or NULL): as Linux comes; "tuned": not throttled where a rule asks for an answer.
 * @return NULL with *why: the environment prevents it (exit status 3).
 */
struct target *target_kernel_open(unsigned lanes, const char *profile, const char **why);

#endif
