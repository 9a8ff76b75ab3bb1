/* Each step: where it holds, and where it does not. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#define ESTABLISHED HEAD "given: ESTABLISHED\nsteps:\n"
#define SEND "  - call: send \"hello\"\n"
#define HELLO "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK><DATA=\"hello\">\n"
#define AGAIN "  - expect: <SEQ=snd.una><ACK=rcv.nxt><CTL=ACK><DATA=\"hello\">\n"
/* In an ESTABLISHED that a fragment reached, the target's segments before: SYN,ACK. */
#define FIRST 1

static void holds(const char *yaml)
{
    assert_verdict(world_play_engine(yaml), VERDICT_PASS, "");
}

static void breaks(const char *yaml, const char *why)
{
    assert_verdict(world_play_engine(yaml), VERDICT_FAIL, why);
}

static void expect__other_text__marks_data(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.from = FIRST, .text = 1) ESTABLISHED SEND HELLO);
    assert_verdict(r, VERDICT_FAIL, "DATA should be \"hello\"");
    assert_differs(r, "DATA");
}

static void expect__failed_branch__binds_nothing(void **state)
{
    (void)state;
    holds(ESTABLISHED SEND "  - let: {x: 7}\n  - one_of:\n"
                           "      - expect: <SEQ=?x><ACK=1><CTL=ACK>\n"
                           "      - expect: <SEQ=*><ACK=*><CTL=ACK>\n  - check: x == 7\n");
}

static void one_of__branch_at_the_wrong_time__binds_nothing(void **state)
{
    (void)state;
    holds(ESTABLISHED SEND "  - let: {x: 7}\n  - one_of:\n"
                           "      - expect: <SEQ=?x><ACK=*><CTL=ACK>\n        after: 1 s..2 s\n"
                           "      - expect: <SEQ=*><ACK=*><CTL=ACK>\n  - check: x == 7\n");
}

static void expect__bare_acks_before__are_passed_over(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <DATA=\"abc\">\n  - advance: 1 s\n" SEND
                      "  - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"hello\">\n");
}

static void expect__repeated_segment__is_not_passed_over(void **state)
{
    (void)state;
    const struct run_result *r =
        PLAY(.from = FIRST, .twice = true) ESTABLISHED SEND HELLO "  - call: shutdown\n"
                                                                  "  - expect: <SEQ=*><ACK=*><CTL=FIN,ACK>\n");
    assert_verdict(r, VERDICT_FAIL, "CTL");
}

static void expect__retransmission_of_what_is_acknowledged__fails(void **state)
{
    (void)state;
    breaks(ESTABLISHED SEND HELLO "  - advance: 1500 ms\n  - inject: <CTL=FIN,ACK>\n"
                                  "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK><LEN=0>\n",
           "SEQ");
}

static void late_tester__real_clock__is_measured(void **state)
{
    (void)state;
    const char *yaml = ESTABLISHED "  - advance: 500 ms\n" SEND HELLO;
    const struct run_result *r = PLAY(.target_unable = TARGET_VIRTUAL_TIME, .late_us = 80000) yaml);
    assert_int_equal(r->late_us, 80000);
    assert_int_equal(r->attempts, 1);
    r = PLAY(.target_unable = TARGET_VIRTUAL_TIME) yaml);
    assert_int_equal(r->late_us, 0);
    r = PLAY(.late_us = 80000) yaml);
    assert_int_equal(r->late_us, 0);
}

static void expect_after__measured_from_the_step_before(void **state)
{
    (void)state;
    holds(ESTABLISHED SEND HELLO AGAIN "    after: 0.9 s..1.2 s\n");
    breaks(ESTABLISHED SEND HELLO AGAIN "    after: 1.1 s..2 s\n", "TIME should be 1.1 s..2 s");
    assert_differs(world_play_engine(ESTABLISHED SEND HELLO AGAIN "    after: 1.1 s..2 s\n"), "TIME");
    breaks(ESTABLISHED SEND HELLO AGAIN "    after: 100 ms..500 ms\n", "TIME");
    breaks(ESTABLISHED SEND HELLO AGAIN "    after: 1.1 s\n    within: 5 s\n", "TIME");
}

static void expect_since__measured_from_a_named_time(void **state)
{
    (void)state;
    holds(ESTABLISHED SEND "    at: ?t\n" HELLO "  - advance: 500 ms\n" AGAIN
                           "    after: 0.9 s..1.2 s\n    since: t\n");
    breaks(ESTABLISHED SEND "    at: ?t\n" HELLO "  - advance: 500 ms\n" AGAIN "    after: 0.9 s..1.2 s\n", "TIME");
}

static void expect_since__before_the_named_time__is_too_early(void **state)
{
    (void)state;
    breaks(ESTABLISHED SEND HELLO "  - advance: 1500 ms\n"
                                  "  - inject: <ACK=snd.una><CTL=ACK>\n    at: ?t\n" AGAIN
                                  "    after: 0 s..1 s\n    since: t\n",
           "TIME");
}

static void expect_text__any_segmentation(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - auto-ack: on\n  - call: send 100000\n  - expect-text: 100000\n    within: 5 s\n");
    holds(ESTABLISHED
          "  - auto-ack: on\n  - call: send \"abc\"\n  - call: send \"def\"\n  - expect-text: \"abcdef\"\n");
    breaks(ESTABLISHED "  - auto-ack: on\n  - call: send 3000\n  - expect-text: 2999\n", "more text came");
    breaks(ESTABLISHED "  - auto-ack: on\n  - call: send 3000\n  - expect-text: 3001\n", "only 3000 of 3001");
    breaks(ESTABLISHED SEND "  - expect-text: \"hallo\"\n", "other text");
}

static void expect_text__not_acknowledged__stops_at_the_window(void **state)
{
    (void)state;
    breaks(ESTABLISHED "  - call: send 100000\n  - expect-text: 100000\n", "of 100000");
}

/* Where a run was lost: of many segments not any two are the same. */
static void expect_text__segments__count_as_steps(void **state)
{
    (void)state;
    const struct run_result *short_of = world_play_engine(
        ESTABLISHED "  - auto-ack: on\n  - call: send 3000\n  - expect-text: 20000\n    within: 5 s\n");
    unsigned steps = short_of->steps;
    assert_verdict(short_of, VERDICT_FAIL, "only 3000 of 20000");
    const struct run_result *farther = world_play_engine(
        ESTABLISHED "  - auto-ack: on\n  - call: send 9000\n  - expect-text: 20000\n    within: 5 s\n");
    assert_verdict(farther, VERDICT_FAIL, "only 9000 of 20000");
    assert_true(farther->steps > steps);
}

static void expect_text__wrong_octets__fail(void **state)
{
    (void)state;
    assert_verdict(PLAY(.from = FIRST, .text = 1) ESTABLISHED "  - call: send 10\n  - expect-text: 10\n"), VERDICT_FAIL,
                   "other text");
}

static void silence__kept_and_broken(void **state)
{
    (void)state;
    const char *broken = ESTABLISHED "  - inject: <SEQ=rcv.nxt-1><DATA=\"x\">\n  - silence: 1 s\n";
    holds(ESTABLISHED "  - inject: <CTL=ACK>\n  - silence: 1 s\n");
    breaks(broken, "broke the silence");
    assert_true(world_entry(world_play_engine(broken), TRACE_FROM_TARGET, 0)->failing);
}

static void silence__retransmission__allowed_unless_strict(void **state)
{
    (void)state;
    holds(ESTABLISHED SEND HELLO "  - silence: 2 s\n");
    breaks(ESTABLISHED SEND HELLO "  - silence: strict 2 s\n", "broke the silence");
}

/* The FIN goes out again before the tester, who is late, acknowledges it. */
static void silence__delayed_ack__is_owed_and_a_second_is_not(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <DATA=\"x\">\n  - silence: 1 s\n");
    assert_verdict(PLAY(.from = FIRST, .twice = true) ESTABLISHED "  - inject: <DATA=\"x\">\n  - silence: 1 s\n"),
                   VERDICT_FAIL, "broke the silence");
}

static void fence__reply_under_way__fails(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <CTL=ACK>\n  - fence:\n");
    breaks(ESTABLISHED "  - inject: <SEQ=rcv.nxt-1><DATA=\"x\">\n  - fence:\n", "broke the silence");
}

static void fence__real_clock__echo_comes_after_replies(void **state)
{
    (void)state;
    struct bend real = {.target_unable = TARGET_VIRTUAL_TIME};
    const struct run_result *r = world_play(&real, NULL, ESTABLISHED "  - inject: <CTL=ACK>\n  - fence:\n");
    assert_verdict(r, VERDICT_PASS, "");
    assert_non_null(strstr(world_entry(r, TRACE_FROM_TARGET, 0)->text, "ICMP(0,0)"));
    r = world_play(&real, NULL, ESTABLISHED "  - inject: <SEQ=rcv.nxt-1><DATA=\"x\">\n  - fence:\n");
    assert_verdict(r, VERDICT_FAIL, "broke the silence");
}

static void one_of__each_branch_can_come_true(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <SEQ=rcv.nxt-1><DATA=\"x\">\n  - one_of:\n"
                      "      - silence: 1 s\n      - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n");
    holds(ESTABLISHED "  - inject: <CTL=ACK>\n  - one_of:\n"
                      "      - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n      - silence: 1 s\n");
    holds(ESTABLISHED "  - inject: <CTL=RST>\n  - one_of:\n      - event: eof\n      - event: reset\n");
    holds(ESTABLISHED "  - call: send 5000\n  - auto-ack: on\n  - one_of:\n"
                      "      - expect: <SEQ=*><ACK=*><CTL=RST>\n      - expect-text: 5000\n");
}

static void one_of__no_branch__fails(void **state)
{
    (void)state;
    const char *yaml = ESTABLISHED SEND "  - one_of:\n      - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=RST,ACK>\n"
                                        "      - silence: 1 s\n";
    breaks(yaml, "CTL should be RST,ACK");
    breaks(ESTABLISHED "  - one_of:\n      - event: eof\n      - event: reset\n", "none of the branches");
}

/* The answer to a segment without the ACK bit bears it (RFC9293-3.5.2-n1), the other does not. */
static void reset__ack_bit__is_open_unless_asked(void **state)
{
    (void)state;
    const char *with = "  - inject: <SEQ=1><CTL=SYN>\n", *without = "  - inject: <SEQ=1><ACK=9><CTL=ACK>\n";
    char yaml[512];
    snprintf(yaml, sizeof yaml, HEAD "steps:\n%s  - expect: <SEQ=0><CTL=RST>\n", with);
    holds(yaml);
    snprintf(yaml, sizeof yaml, HEAD "steps:\n%s  - expect: <SEQ=0><ACK=none><CTL=RST>\n", with);
    breaks(yaml, "ACK should be none and is 2");
    snprintf(yaml, sizeof yaml, HEAD "steps:\n%s  - expect: <SEQ=9><ACK=none><CTL=RST>\n", without);
    holds(yaml);
    snprintf(yaml, sizeof yaml, HEAD "steps:\n%s  - expect: <SEQ=9><ACK=*><CTL=RST,ACK>\n", without);
    breaks(yaml, "CTL should be RST,ACK");
}

static void event__told_or_not(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <CTL=FIN,ACK>\n  - event: eof\n");
    breaks(ESTABLISHED "  - inject: <CTL=ACK>\n  - event: eof\n", "not told");
    holds(ESTABLISHED "  - inject: <CTL=RST>\n  - event: reset\n");
}

static void no_event__told__fails_unless_taken(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <CTL=ACK>\n  - no-event: [eof, reset, text]\n");
    breaks(ESTABLISHED "  - inject: <CTL=FIN,ACK>\n  - no-event: [reset, eof]\n", "the application was told: eof");
    breaks(ESTABLISHED "  - inject: <CTL=RST>\n  - no-event: reset\n", "told: reset");
    holds(ESTABLISHED "  - inject: <CTL=FIN,ACK>\n  - event: eof\n  - no-event: eof\n");
    holds(ESTABLISHED "  - inject: <CTL=RST>\n  - no-event: reset\n    on: b\n");
    holds(HEAD "given: CLOSE-WAIT\nsteps:\n  - no-event: eof\n");
    breaks(ESTABLISHED "  - inject: <DATA=\"ab\">\n  - event: text \"a\"\n  - no-event: text\n", "told: text");
    holds(ESTABLISHED "  - inject: <DATA=\"ab\">\n  - event: text \"ab\"\n  - no-event: text\n");
}

static void event_text__reads_just_this(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <DATA=\"abcdef\">\n  - event: text \"abc\"\n  - event: text \"def\"\n");
    holds(ESTABLISHED "  - inject: <DATA=100>\n  - event: text 60\n  - event: text 40\n");
    breaks(ESTABLISHED "  - inject: <DATA=\"abcdef\">\n  - event: text \"abd\"\n", "other text: \"abc\"");
    breaks(ESTABLISHED "  - inject: <DATA=\"ab\">\n  - event: text \"abc\"\n", "1 octets of the text");
    breaks(ESTABLISHED "  - inject: <DATA=\"aaaa\">\n  - event: text 4\n", "other text");
}

static void call__refused__fails_unless_wanted(void **state)
{
    (void)state;
    breaks(ESTABLISHED "  - call: shutdown\n  - call: send \"late\"\n", "the call failed");
    holds(ESTABLISHED "  - call: shutdown\n  - call: send \"late\"\n    fails: true\n");
    breaks(ESTABLISHED SEND "    fails: true\n", "was to be refused");
}

static void call_send__quoted_text_without_room__decides_nothing(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: {state: ESTABLISHED, send-buffer: 4}\nsteps:\n"
                            "  - call: send \"hell\"\n  - call: send \"o\"\n";
    assert_verdict(world_play_engine(yaml), VERDICT_INCONCLUSIVE, "none of the text");
}

static void call_send__more_than_the_buffer__goes_on_when_there_is_room(void **state)
{
    (void)state;
    holds(HEAD "given: {state: ESTABLISHED, send-buffer: 4000}\nsteps:\n  - auto-ack: on\n  - call: send 20000\n"
               "  - expect-text: 20000\n    within: 5 s\n");
}

static void call_receive__opens_the_window(void **state)
{
    (void)state;
    holds(HEAD "given: {state: ESTABLISHED, receive-buffer: 2000}\nsteps:\n  - inject: <DATA=1000>\n"
               "  - acked: rcv.nxt\n  - inject: <DATA=1000>\n  - acked: rcv.nxt\n  - check: rcv.wnd == 0\n"
               "  - call: receive 2000\n  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK><WND=2000>\n"
               "  - event: text 2000\n");
}

static void state__other__fails(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <CTL=FIN,ACK>\n  - state: [CLOSE-WAIT, CLOSED]\n");
    breaks(ESTABLISHED "  - inject: <CTL=FIN,ACK>\n  - state: ESTABLISHED\n",
           "in CLOSE-WAIT, should be in ESTABLISHED");
}

static void state__by_parameter(void **state)
{
    (void)state;
    holds(HEAD "given: {state: \"{s}\"}\nparameters:\n  s: [FIN-WAIT-1, LAST-ACK]\nsteps:\n  - inject: <CTL=none>\n"
               "  - silence: 100 ms\n  - state: \"{s}\"\n");
}

static void acked__reached_or_not(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <DATA=\"x\">\n  - acked: rcv.nxt\n");
    breaks(ESTABLISHED "  - inject: <DATA=\"x\">\n  - acked: rcv.nxt+1\n", "not acknowledged");
}

static void acked__uses_up_the_acks_that_said_so(void **state)
{
    (void)state;
    /* The ACK of "x" must not pass for the one that "x" calls for when it comes again. */
    const char *yaml = ESTABLISHED "  - inject: <DATA=\"x\">\n  - acked: rcv.nxt\n"
                                   "  - inject: <SEQ=rcv.nxt-1><DATA=\"x\">\n"
                                   "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n";
    holds(yaml);
    assert_verdict(PLAY(.from = FIRST + 1, .drop = true) yaml), VERDICT_FAIL, "nothing came");
}

static void reading_rcv_nxt__waits_for_the_delayed_ack(void **state)
{
    (void)state;
    /* The ACK of "x" must not pass for the duplicate ACK that the text beyond the gap calls for. */
    const char *yaml = ESTABLISHED "  - inject: <DATA=\"x\">\n  - inject: <SEQ=rcv.nxt+1><DATA=\"y\">\n"
                                   "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n    after: 0 s..10 ms\n";
    holds(yaml);
    assert_verdict(PLAY(.from = FIRST + 1, .drop = true) yaml), VERDICT_FAIL, "nothing came");
    assert_verdict(PLAY(.from = FIRST, .drop = true) yaml), VERDICT_INCONCLUSIVE, "not acknowledged what it was given");
}

static void acks_the_fragment_left__do_not_answer_the_first_step(void **state)
{
    (void)state;
    /* SYN,ACK and the ACK of the FIN pass, the reply to the old text does not. */
    assert_verdict(PLAY(.from = 2, .drop = true) HEAD "given: CLOSE-WAIT\nsteps:\n"
                                                      "  - inject: <SEQ=100><CTL=ACK><DATA=\"x\">\n"
                                                      "  - expect: <SEQ=snd.nxt><ACK=102><CTL=ACK>\n"),
                   VERDICT_FAIL, "nothing came");
}

static void let_and_check(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - let: {a: snd.nxt+5}\n  - check: a-snd.nxt == 5\n  - check: a > snd.nxt\n");
    breaks(ESTABLISHED "  - let: {a: snd.nxt+5}\n  - check: a <= snd.nxt\n", "does not hold");
}

static void repeat__plays_its_steps_so_often(void **state)
{
    (void)state;
    const struct run_result *r = world_play_engine(
        ESTABLISHED "  - repeat:\n      times: 3\n      steps:\n        - inject: <SEQ=rcv.nxt-1><DATA=\"x\">\n"
                    "        - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n");
    assert_verdict(r, VERDICT_PASS, "");
    world_entry(r, TRACE_FROM_TARGET, 2);
}

static void two_connections__are_told_apart(void **state)
{
    (void)state;
    holds(ESTABLISHED "  - inject: <SEQ=500><CTL=SYN>\n    on: b\n"
                      "  - expect: <SEQ=*><ACK=501><CTL=SYN,ACK>\n    on: b\n"
                      "  - state: SYN-RECEIVED\n    on: b\n"
                      "  - inject: <CTL=ACK><DATA=\"for b\">\n    on: b\n  - event: accepted\n    on: b\n"
                      "  - inject: <DATA=\"for a\">\n"
                      "  - event: text \"for b\"\n    on: b\n  - event: text \"for a\"\n"
                      "  - call: send \"b\"\n    on: b\n"
                      "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK><DATA=\"b\">\n    on: b\n");
}

static void active_open__closes_in_good_order(void **state)
{
    (void)state;
    holds(HEAD "given: {state: FIN-WAIT-2, open: active}\nsteps:\n  - inject: <CTL=FIN,ACK>\n"
               "  - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n  - state: TIME-WAIT\n  - advance: 2*msl\n"
               "  - state: CLOSED\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expect__other_text__marks_data),
        cmocka_unit_test(expect__failed_branch__binds_nothing),
        cmocka_unit_test(one_of__branch_at_the_wrong_time__binds_nothing),
        cmocka_unit_test(expect__bare_acks_before__are_passed_over),
        cmocka_unit_test(expect__repeated_segment__is_not_passed_over),
        cmocka_unit_test(expect__retransmission_of_what_is_acknowledged__fails),
        cmocka_unit_test(late_tester__real_clock__is_measured),
        cmocka_unit_test(expect_after__measured_from_the_step_before),
        cmocka_unit_test(expect_since__measured_from_a_named_time),
        cmocka_unit_test(expect_since__before_the_named_time__is_too_early),
        cmocka_unit_test(expect_text__any_segmentation),
        cmocka_unit_test(expect_text__not_acknowledged__stops_at_the_window),
        cmocka_unit_test(expect_text__segments__count_as_steps),
        cmocka_unit_test(expect_text__wrong_octets__fail),
        cmocka_unit_test(silence__kept_and_broken),
        cmocka_unit_test(silence__retransmission__allowed_unless_strict),
        cmocka_unit_test(silence__delayed_ack__is_owed_and_a_second_is_not),
        cmocka_unit_test(fence__reply_under_way__fails),
        cmocka_unit_test(fence__real_clock__echo_comes_after_replies),
        cmocka_unit_test(one_of__each_branch_can_come_true),
        cmocka_unit_test(one_of__no_branch__fails),
        cmocka_unit_test(reset__ack_bit__is_open_unless_asked),
        cmocka_unit_test(event__told_or_not),
        cmocka_unit_test(no_event__told__fails_unless_taken),
        cmocka_unit_test(event_text__reads_just_this),
        cmocka_unit_test(call__refused__fails_unless_wanted),
        cmocka_unit_test(call_send__quoted_text_without_room__decides_nothing),
        cmocka_unit_test(call_send__more_than_the_buffer__goes_on_when_there_is_room),
        cmocka_unit_test(call_receive__opens_the_window),
        cmocka_unit_test(state__other__fails),
        cmocka_unit_test(state__by_parameter),
        cmocka_unit_test(acked__reached_or_not),
        cmocka_unit_test(acked__uses_up_the_acks_that_said_so),
        cmocka_unit_test(reading_rcv_nxt__waits_for_the_delayed_ack),
        cmocka_unit_test(acks_the_fragment_left__do_not_answer_the_first_step),
        cmocka_unit_test(let_and_check),
        cmocka_unit_test(repeat__plays_its_steps_so_often),
        cmocka_unit_test(two_connections__are_told_apart),
        cmocka_unit_test(active_open__closes_in_good_order),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
