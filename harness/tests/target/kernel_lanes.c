/* Many lanes side by side, each in a thread: exchanges stay apart, under load too. */
#include "peer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define LANES 32u
#define RUNS_A_LANE 4u

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct worker {
    pthread_t thread;
    struct target *target;
    unsigned number;
    unsigned done; /* runs that went well */
    char failed_at[32];
};

/* What is sent in a lane says whose it is. */
static const char *exchange(struct peer *peer, unsigned number)
{
    char text[32];
    snprintf(text, sizeof text, "lane %u", number);
    if (!(number % 2 ? peer_establish_active(peer) : peer_establish_passive(peer))) { return "handshake"; }
    peer_send(peer, TCPR_ACK, text);
    if (!peer_event(peer, TCPROVE_READABLE)) { return "event"; }
    struct call_outcome got = peer_call_receive(peer, sizeof text);
    if (got.len != strlen(text) || memcmp(got.octets, text, got.len) != 0) { return "text to the target"; }
    if (peer_call_send(peer, text).len != strlen(text)) { return "send"; }
    do {
        if (!peer_receive(peer, PEER_PATIENCE_US)) { return "receive"; }
    } while (peer->segment.text_len == 0);
    if (memcmp(peer->text, text, strlen(text)) != 0) { return "text from the target"; }
    if (peer_state(peer) != TCPROVE_ESTABLISHED) { return "state"; }
    peer_send(peer, TCPR_RST, NULL);
    return peer_event(peer, TCPROVE_RESET) ? NULL : "reset";
}

static void *work(void *context)
{
    struct worker *worker = context;
    for (unsigned i = 0; i < RUNS_A_LANE; i++) {
        struct peer peer;
        bool six = (i & 1) && (worker->target->abilities & TCPROVE_CAN_IPV6);
        struct lane_request request = plain_request(six ? 6 : 4);
        request.timestamps = i & 2;
        request.sack = worker->number & 1;
        const char *failed = "open";
        if (peer_open(&peer, worker->target, &request)) {
            failed = exchange(&peer, worker->number);
            peer_close(&peer);
        }
        if (failed) {
            snprintf(worker->failed_at, sizeof worker->failed_at, "%s, run %u", failed, i);
            return NULL;
        }
        worker->done++;
    }
    return NULL;
}

static void lanes__in_threads__stay_apart(void **state)
{
    struct worker worker[LANES] = {0};
    for (unsigned i = 0; i < LANES; i++) {
        worker[i].target = *state;
        worker[i].number = i;
        assert_int_equal(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
    }
    unsigned done = 0;
    for (unsigned i = 0; i < LANES; i++) {
        pthread_join(worker[i].thread, NULL);
        done += worker[i].done;
        if (worker[i].failed_at[0]) { print_message("lane %u: %s\n", i, worker[i].failed_at); }
    }
    assert_int_equal(done, LANES * RUNS_A_LANE);
}

static void lanes__all_open__have_addresses_of_their_own(void **state)
{
    struct target *target = *state;
    struct peer peer[LANES];
    struct lane_request request = plain_request(4);
    for (unsigned i = 0; i < LANES; i++) {
        assert_true(peer_open(&peer[i], target, &request));
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(peer[i].addresses->to_target.source, peer[j].addresses->to_target.source, 4);
        }
    }
    for (unsigned i = 0; i < LANES; i++) {
        peer_close(&peer[i]);
    }
}

/* From a fixed sequence, so that a failure comes again. */
static void inject__any_octets__leaves_the_lane_working(void **state)
{
    static uint8_t octets[70000];
    struct peer peer;
    struct lane_request request = plain_request(4);
    uint32_t random = 1;
    assert_true(peer_open(&peer, *state, &request));
    for (unsigned i = 0; i < 3000; i++) {
        size_t len = i % 80;
        for (size_t j = 0; j < len; j++) {
            random = random * 1664525u + 1013904223u;
            octets[j] = (uint8_t)(random >> 24);
        }
        if (len > 0 && i % 3) { octets[0] = i % 3 == 1 ? 0x45 : 0x60; }
        bool sent = peer.ops->inject(peer.lane, octets, len);
        assert_int_equal(sent, len > 0);
    }
    assert_false(peer.ops->inject(peer.lane, octets, sizeof octets));
    assert_true(peer_fence(&peer));
    assert_true(peer_establish_passive(&peer));
    peer_close(&peer);
}

int main(void)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes__all_open__have_addresses_of_their_own),
        cmocka_unit_test(lanes__in_threads__stay_apart),
        cmocka_unit_test(inject__any_octets__leaves_the_lane_working),
    };
    const char *why = NULL;
    double began = seconds();
    struct target *target = target_kernel_open(LANES, "tuned", &why);
    if (!target) { return result_without_target(why); }
    printf("%u lanes opened in %.0f ms\n", LANES, (seconds() - began) * 1e3);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        tests[i].initial_state = target;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    target->ops->destroy(target);
    return failed;
}
