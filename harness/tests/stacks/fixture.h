/* What most tests of the host begin with. */
#ifndef TESTS_STACKS_FIXTURE_H
#define TESTS_STACKS_FIXTURE_H

#include "world.h"

/* A function of the stack of side `n`, now. */
#define CALL(world, n, call, ...) ((world)->ops->call((world)->side[n].stack, (world)->now, __VA_ARGS__))

struct fixture {
    struct world *world;
    tcprove_socket active, passive, listener;
};

/** Setup: one connection, ESTABLISHED at both ends. */
int establish(void **state);
/** Setup: two hosts that have not met. */
int apart(void **state);
/** Teardown of either. */
int end(void **state);
void listen_80(struct fixture *f, uint32_t backlog);
tcprove_socket connect_80(struct fixture *f, uint16_t from_port);
/** A segment to side 1 port 80 as if from side 0. */
void inject_segment(struct fixture *f, uint16_t from_port, struct tcpr_segment seg, const char *text);
/** The latest segment on its way from side 1. */
struct tcpr_segment last_sent(const struct fixture *f);

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, end)

#endif
