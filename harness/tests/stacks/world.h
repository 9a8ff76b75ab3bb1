/* Two hosts of the engine and the network between them, in virtual time. */
#ifndef TESTS_STACKS_WORLD_H
#define TESTS_STACKS_WORLD_H

#include "harness/net.h"
#include "harness/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LATENCY_US TCPR_MS(5)
#define TOLD_MAX 4096u

/** One event as the application heard it. */
struct told {
    tcprove_socket socket;
    enum tcprove_event event;
    tcprove_socket listener;
};

struct side {
    struct world *world;
    struct tcprove_stack *stack;
    struct tcprove_endpoint endpoint[2]; /* IPv4, IPv6; port 0 */
    struct told told[TOLD_MAX];
    size_t told_count;
    char explained[8192]; /* "rule text\n" for each, as long as there is room */
};

struct flight {
    struct flight *next;
    struct side *to;
    tcpr_time due;
    size_t len;
    uint8_t octets[];
};

struct world {
    const struct tcprove_stack_ops *ops;
    struct side side[2];
    struct flight *first, **last;
    tcpr_time now;
    unsigned lost_in_a_hundred; /* of datagrams */
    uint64_t seed;
};

struct options {
    bool all; /* window scale, timestamps, SACK */
    uint32_t receive_buffer, send_buffer;
    uint32_t mtu;
};

struct world *world_new(const struct options *options);
void world_free(struct world *world);

/** Let the next thing happen. @return false: nothing will, or nothing until `until`, which it then is. */
bool world_step(struct world *world, tcpr_time until);
/** Let everything happen for so long. */
void world_run(struct world *world, tcpr_time for_us);

/** Octets to one side, now, without the network. */
void world_inject(struct world *world, unsigned side, const uint8_t *octets, size_t len);

/** An endpoint of one side. */
struct tcprove_endpoint world_at(const struct world *world, unsigned side, uint8_t version, uint16_t port);

/** How often a side heard an event, of one socket or (0) of any. */
unsigned world_heard(const struct world *world, unsigned side, enum tcprove_event event, tcprove_socket socket);
/** The latest socket accepted; 0: none. */
tcprove_socket world_accepted(const struct world *world, unsigned side);

enum tcprove_state world_state(const struct world *world, unsigned side, tcprove_socket socket);

/** Listen on side 1 port 80 and connect from side 0 port 4000; both sockets are set once both are ESTABLISHED. */
void world_establish(struct world *world, uint8_t version, tcprove_socket *active, tcprove_socket *passive,
                     tcprove_socket *listener);

#endif
