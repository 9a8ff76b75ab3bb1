/* A target whose application nobody controls: what can be asked all the same, and what cannot. */
#include "world.h"

#include <stdio.h>

#define NOBODY .target_unable = TARGET_APPLICATION
#define NONE NOBODY, .target_able = TARGET_SERVICE
#define DISCARD NOBODY, .target_able = TARGET_SERVICE | TARGET_SERVICE_CLOSES
#define ECHO NOBODY, .target_able = TARGET_SERVICE | TARGET_SERVICE_CLOSES | TARGET_SERVICE_ECHOES

#define CHALLENGE                                \
    "given: ESTABLISHED\nsteps:\n"               \
    "  - inject: <SEQ=rcv.nxt-1><CTL=RST,ACK>\n" \
    "  - silence: 500 ms\n"                      \
    "  - inject: <SEQ=rcv.nxt><CTL=SYN>\n"       \
    "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n"

static void service__listens_and_accepts__handshake_is_played(void **state)
{
    (void)state;
    assert_verdict(PLAY(NONE) HEAD CHALLENGE), VERDICT_PASS, "");
    assert_verdict(PLAY(NOBODY) HEAD CHALLENGE), VERDICT_SKIP, "no application");
    assert_verdict(PLAY(NONE, .from = 1, .ack = 1) HEAD CHALLENGE), VERDICT_FAIL, "ACK");
}

static void service__call_or_event_beyond_it__skips(void **state)
{
    (void)state;
    static const char *const step[] = {"call: send \"x\"",  "call: shutdown",         "call: abort",    "event: eof",
                                       "event: text \"x\"", "call: listen backlog=1", "no-event: reset"};
    for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
        char yaml[300];
        snprintf(yaml, sizeof yaml, HEAD "given: ESTABLISHED\nsteps:\n  - fence:\n  - %s\n", step[i]);
        assert_verdict(PLAY(DISCARD) yaml), VERDICT_SKIP, "no application");
    }
}

/* What is asked before the application listens is asked of a closed port. */
static void listen_after_an_inject__skips(void **state)
{
    (void)state;
    const char *yaml = HEAD "steps:\n"
                            "  - inject: <SEQ=100><CTL=SYN>\n  - expect: <SEQ=0><ACK=101><CTL=RST,ACK>\n"
                            "  - call: listen\n  - inject: <SEQ=200><CTL=SYN>\n"
                            "  - expect: <SEQ=*><ACK=201><CTL=SYN,ACK>\n";
    assert_verdict(world_play_engine(yaml), VERDICT_PASS, "");
    assert_verdict(PLAY(NONE) yaml), VERDICT_SKIP, "no application");
}

static void close_wait__is_no_state_a_service_stays_in(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: CLOSE-WAIT\nsteps:\n  - silence: 500 ms\n";
    assert_verdict(PLAY(DISCARD) yaml), VERDICT_SKIP, "CLOSE-WAIT");
}

static void last_ack__is_reached_by_a_service_that_closes(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: LAST-ACK\nsteps:\n  - inject: <CTL=ACK>\n  - silence: 500 ms\n";
    assert_verdict(PLAY(DISCARD) yaml), VERDICT_PASS, "");
    assert_verdict(PLAY(NONE) yaml), VERDICT_SKIP, "no application");
}

#define TEXT                                           \
    "given: ESTABLISHED\nsteps:\n"                     \
    "  - inject: <SEQ=rcv.nxt><CTL=ACK><DATA=\"x\">\n" \
    "  - acked: rcv.nxt\n    within: 1 s\n"

static void text_delivered__only_a_silent_service_is_judged(void **state)
{
    (void)state;
    assert_verdict(PLAY(DISCARD) HEAD TEXT), VERDICT_PASS, "");
    assert_verdict(PLAY(ECHO) HEAD TEXT), VERDICT_SKIP, "may answer");
    assert_verdict(PLAY(NONE) HEAD TEXT), VERDICT_SKIP, "may answer");
}

static void fin_delivered__no_service_is_judged(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: ESTABLISHED\nsteps:\n  - inject: <SEQ=rcv.nxt><CTL=FIN,ACK>\n"
                            "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n";
    assert_verdict(world_play_engine(yaml), VERDICT_PASS, "");
    assert_verdict(PLAY(DISCARD) yaml), VERDICT_SKIP, "a FIN");
}

static void text_outside_the_window__is_not_delivered(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: ESTABLISHED\nsteps:\n  - inject: <SEQ=rcv.nxt-1><CTL=ACK><DATA=\"x\">\n"
                            "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n";
    assert_verdict(PLAY(NONE) yaml), VERDICT_PASS, "");
}

/* The engine's own application sends it: to the runner it is the service. */
static void text_read_and_sent_back__is_what_an_echo_does(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: ESTABLISHED\nsteps:\n  - inject: <SEQ=rcv.nxt><CTL=ACK><DATA=\"ping\">\n"
                            "  - event: text \"ping\"\n  - call: send \"ping\"\n"
                            "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK><DATA=\"ping\">\n";
    assert_verdict(world_play_engine(yaml), VERDICT_PASS, "");
    assert_verdict(PLAY(ECHO) yaml), VERDICT_PASS, "");
    assert_verdict(PLAY(DISCARD) yaml), VERDICT_SKIP, "no application");
}

static void addresses_of_others__are_left_alone_where_they_may_be_somebodys(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: LISTEN\nsteps:\n  - inject: <CTL=SYN><IP.SRC=192.0.2.99>\n  - silence: 100 ms\n";
    assert_verdict(PLAY(.target_unable = TARGET_ANY_ADDRESS) yaml), VERDICT_SKIP, "ports alone");
}

static void path_mtu__is_not_told_to_a_target_that_keeps_it(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: ESTABLISHED\nsteps:\n  - call: send \"x\"\n  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n"
                            "  - inject: ICMP(3,4) QUOTE=snd.una MTU=1000\n  - silence: 1 ms\n";
    assert_verdict(world_play_engine(yaml), VERDICT_PASS, "");
    assert_verdict(PLAY(.target_unable = TARGET_FORGETS_PATH) yaml), VERDICT_SKIP, "path MTU");
}

/* An answer that takes 50 ms on the way is in time when the way is known to take that long. */
static void path_is_long__within_is_widened_by_it(void **state)
{
    (void)state;
    const char *yaml =
        HEAD "given: ESTABLISHED\nsteps:\n  - call: send \"x\"\n  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n"
             "    at: ?t0\n  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n    since: t0\n    after: 0 ms..990 ms\n";
    const char *within = HEAD "given: ESTABLISHED\nsteps:\n  - call: send \"x\"\n"
                              "  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n"
                              "  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n    within: 980 ms\n";
    assert_verdict(world_play_engine(yaml), VERDICT_FAIL, "TIME");
    assert_verdict(PLAY(.path_us = TCPR_MS(50)) yaml), VERDICT_PASS, "");
    assert_verdict(world_play_engine(within), VERDICT_FAIL, "nothing came");
    assert_verdict(PLAY(.path_us = TCPR_MS(50)) within), VERDICT_PASS, "");
}

static void jitter__a_little_early_is_early_enough(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: ESTABLISHED\nsteps:\n  - call: send \"x\"\n  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n"
                            "    at: ?t0\n  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n    since: t0\n    after: 1020 ms\n";
    assert_verdict(world_play_engine(yaml), VERDICT_FAIL, "TIME");
    assert_verdict(PLAY(.jitter_us = TCPR_MS(50)) yaml), VERDICT_PASS, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service__listens_and_accepts__handshake_is_played),
        cmocka_unit_test(service__call_or_event_beyond_it__skips),
        cmocka_unit_test(listen_after_an_inject__skips),
        cmocka_unit_test(close_wait__is_no_state_a_service_stays_in),
        cmocka_unit_test(last_ack__is_reached_by_a_service_that_closes),
        cmocka_unit_test(text_delivered__only_a_silent_service_is_judged),
        cmocka_unit_test(fin_delivered__no_service_is_judged),
        cmocka_unit_test(text_outside_the_window__is_not_delivered),
        cmocka_unit_test(text_read_and_sent_back__is_what_an_echo_does),
        cmocka_unit_test(addresses_of_others__are_left_alone_where_they_may_be_somebodys),
        cmocka_unit_test(path_mtu__is_not_told_to_a_target_that_keeps_it),
        cmocka_unit_test(path_is_long__within_is_widened_by_it),
        cmocka_unit_test(jitter__a_little_early_is_early_enough),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
