/**
 * plugin.h - a stack in a shared object, each host of it in a process of its own.
 *
 * tcprove does not load the object. It forks a keeper, which does, and which forks again for every host that a lane
 * asks for. So a stack may keep its state in globals, two hosts cannot disturb each other, and one that crashes or does
 * not return costs its own run alone.
 *
 *     tcprove (plugin.c)       --control-->  keeper (plugin_keeper.c): dlopen, one process a host, tells how each ended
 *     a lane's stack           ----fd---->   host (plugin_host.c): makes the calls, sends back what the stack says
 *     (plugin_stack.c)
 */
#ifndef TARGET_PLUGIN_H
#define TARGET_PLUGIN_H

#include "tcprove/stack.h"

#include <sys/types.h>

/** How long one call into a plug-in, and its loading, may take. */
#define PLUGIN_CALL_S 10u
/** What one call may say before the stack is called restless. */
#define PLUGIN_SAID_MAX 65536u
#define PLUGIN_TEXT_MAX 256u

/* ---- The wire between a lane and its host: one side speaks at a time ---- */

enum plugin_call {
    PLUGIN_CREATE = 1,
    PLUGIN_INPUT,
    PLUGIN_TIME,
    PLUGIN_LISTEN,
    PLUGIN_CONNECT,
    PLUGIN_FAST_CONNECT,
    PLUGIN_SEND,
    PLUGIN_RECEIVE,
    PLUGIN_SHUTDOWN,
    PLUGIN_CLOSE,
    PLUGIN_ABORT,
    PLUGIN_SET,
    PLUGIN_STATE,
    PLUGIN_FIND
};

/** What the lane asks for. `len` octets follow: a datagram, text, or for CREATE the setup. */
struct plugin_request {
    enum plugin_call call;
    tcprove_socket socket;
    tcprove_time now;
    struct tcprove_endpoint local, remote;
    enum tcprove_setting setting;
    uint64_t value;
    uint64_t wanted; /* RECEIVE: octets */
    uint32_t backlog;
    bool urgent;
    uint64_t len;
};

enum plugin_said {
    PLUGIN_OUTPUT = 1, /* a datagram */
    PLUGIN_EVENT,
    PLUGIN_EXPLAIN,  /* two texts, each with its 0 */
    PLUGIN_RETURN,   /* the call has ended; with received text, or CREATE's reason */
    PLUGIN_RESTLESS, /* the call was ended: it said too much */
    PLUGIN_DIED      /* from the keeper: the host's process ended, `status` as waitpid() told */
};

/** What comes back. `len` octets follow. */
struct plugin_answer {
    enum plugin_said said;
    tcprove_socket socket; /* of EVENT and EXPLAIN; of RETURN: what LISTEN, CONNECT and FIND gave */
    tcprove_socket listener;
    uint32_t event;
    uint32_t result; /* RETURN: enum tcprove_result; STATE: enum tcprove_state; CREATE: 1 made, 0 not */
    int status;
    tcprove_time deadline; /* RETURN: as it is now */
    uint64_t count;        /* RETURN: what SEND or FAST_CONNECT took or RECEIVE got */
    uint64_t len;
};

/** One end of the wire, with what was read too much and what is not yet written. */
struct plugin_wire {
    int fd;
    uint8_t *in;
    size_t in_head, in_tail;
    uint8_t *out;
    size_t out_len;
};

void plugin_wire_begin(struct plugin_wire *wire, int fd);
void plugin_wire_end(struct plugin_wire *wire);
/** @return false: the other end is gone. */
bool plugin_wire_put(struct plugin_wire *wire, const void *octets, size_t len);
bool plugin_wire_flush(struct plugin_wire *wire);
/** Read exactly so much. @param patience_s  -1: any time. @return false: the other end is gone, or silent too long. */
bool plugin_wire_get(struct plugin_wire *wire, void *octets, size_t len, int patience_s);

/* ---- The processes ---- */

/** What a plug-in says of itself, once loaded. */
struct plugin_card {
    bool good;
    uint32_t abilities;
    tcprove_time msl, rto_initial, tick;
    char name[64], version[64];
    char why[PLUGIN_TEXT_MAX]; /* why it is not good */
};

/** Load the object. @return its operations, or NULL with card->why set. */
const struct tcprove_stack_ops *plugin_load(const char *file, struct plugin_card *card);

/** The keeper's whole life: load, tell the card, make hosts until `control` is closed. */
void plugin_keep(const char *file, int control);

/** Ask the keeper for a host. @return the lane's end of the wire, or -1. */
int plugin_keeper_ask(int control);

/** The host's whole life: make calls until the lane closes its end. */
void plugin_host(const struct tcprove_stack_ops *ops, int fd);

/** How a process ended, in words: "died of signal 11 (Segmentation fault)". */
void plugin_death(int status, char *text, size_t room);

/* ---- The lane's side ---- */

/** A host as the lane sees it: tcprove/stack.h over a wire. Its create() is none; see plugin_stack_new(). */
extern const struct tcprove_stack_ops plugin_stack_ops;
/** @param fd  taken over; -1: there is no process, and the host is broken from the start.
 *  @return NULL: the stack made no host, and `why` (PLUGIN_TEXT_MAX) tells its reason. */
struct tcprove_stack *plugin_stack_new(int fd, const struct tcprove_setup *setup, const struct tcprove_host *host,
                                       char *why);
const char *plugin_stack_fault(const struct tcprove_stack *stack);

#endif
