/* Each verdict, and what it counts for. */
#include "harness/run.h"
#include "world.h"

#include <stdatomic.h>
#include <string.h>

#define ANSWER                         \
    "given: LISTEN\nsteps:\n"          \
    "  - inject: <SEQ=100><CTL=SYN>\n" \
    "  - expect: <SEQ=?x><ACK=101><CTL=SYN,ACK>\n"

static void engine__handshake__passes(void **state)
{
    (void)state;
    const struct run_result *r = world_play_engine(HEAD ANSWER);
    assert_verdict(r, VERDICT_PASS, "");
    assert_string_equal(r->rule, "MUST-2");
    assert_int_equal(r->finding_count, 0);
}

static void wrong_ack__expect__fails_and_marks_ack(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.ack = 1) HEAD ANSWER);
    assert_verdict(r, VERDICT_FAIL, "ACK should be 101 and is 102");
    assert_differs(r, "ACK");
    assert_int_equal(r->line, 7);
    assert_string_equal(r->level == LEVEL_MUST ? "MUST" : "", "MUST");
    bool blamed = false;
    for (size_t i = 0; i < r->trace.count; i++) {
        blamed = blamed || (r->trace.entry[i].failing && r->trace.entry[i].kind == TRACE_FROM_TARGET);
    }
    assert_true(blamed);
}

static void wrong_control__expect__marks_ctl(void **state)
{
    (void)state;
    assert_differs(PLAY(.control = TCPR_FIN) HEAD ANSWER), "CTL");
}

static void push_not_written__expect__is_not_compared(void **state)
{
    (void)state;
    assert_verdict(PLAY(.control = TCPR_PSH) HEAD ANSWER), VERDICT_PASS, "");
}

static void rule_is_a_should__mismatch__deviates(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.ack = 1) "title: t\ncovers: [SHLD-29]\n" ANSWER);
    assert_verdict(r, VERDICT_DEVIATION, "ACK");
    assert_string_equal(r->rule, "SHLD-29");
}

static void step_names_rule__mismatch__counts_for_it(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.ack = 1) HEAD ANSWER "    rule: MAY-8\n");
    assert_verdict(r, VERDICT_DEVIATION, "ACK");
    assert_string_equal(r->rule, "MAY-8");
}

static void given_goes_wrong__is_inconclusive(void **state)
{
    (void)state;
    const struct run_result *r =
        PLAY(.ack = 1) HEAD "given: ESTABLISHED\nsteps:\n  - inject: <SEQ=1><CTL=RST>\n  - silence: 1 s\n");
    assert_verdict(r, VERDICT_INCONCLUSIVE, "on the way to the given state");
    assert_non_null(strstr(r->file, "fragments/"));
}

static void wrong_checksum__expect__fails_for_must_2(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.bad_checksum = true) "title: t\ncovers: [SHLD-29]\n" ANSWER);
    assert_verdict(r, VERDICT_FAIL, "CSUM");
    assert_string_equal(r->rule, "MUST-2");
    assert_differs(r, "CSUM");
}

static void another_source__expect__fails_for_must_45(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.other_source = true) HEAD ANSWER);
    assert_verdict(r, VERDICT_FAIL, "IP.SRC");
    assert_string_equal(r->rule, "MUST-45");
}

static void reserved_bits__expect__fail(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.reserved = 2) HEAD ANSWER);
    assert_string_equal(r->rule, "RFC9293-3.1-n1");
    assert_differs(r, "RSV");
}

static void timestamps_not_negotiated__expect__deviates(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.option = 2) HEAD ANSWER);
    assert_string_equal(r->rule, "RFC7323-3.2-5");
    assert_differs(r, "TS");
}

static void mss_without_syn__expect__fails(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.from = 1, .option = 1) HEAD
        "given: ESTABLISHED\nsteps:\n  - call: send \"x\"\n  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n");
    assert_string_equal(r->rule, "MUST-65");
}

static void monitor__finds_what_the_spec_did_not_ask(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.from = 1, .window = 10) HEAD
        "given: ESTABLISHED\nsteps:\n  - inject: <DATA=\"x\">\n  - expect: <SEQ=*><ACK=rcv.nxt><CTL=ACK>\n");
    assert_verdict(r, VERDICT_PASS, "");
    assert_int_equal(r->finding_count, 1);
    assert_string_equal(r->finding[0].rule, "SHLD-14");
    assert_int_equal(r->finding[0].level, LEVEL_SHOULD);
    assert_int_equal(r->trace.entry[r->finding[0].entry].kind, TRACE_FROM_TARGET);
}

static void nothing_sent__expect__fails_in_time(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.drop = true) HEAD ANSWER "    within: 2 s\n");
    assert_verdict(r, VERDICT_FAIL, "nothing came within 2 s");
    assert_int_equal(r->took_us, 2000000);
}

static void no_ipv6__is_skipped(void **state)
{
    (void)state;
    const struct run_result *r = world_play6(&(struct bend){.unable = TCPROVE_CAN_IPV6}, HEAD ANSWER);
    assert_verdict(r, VERDICT_SKIP, "version of IP");
}

static void ipv6__passes(void **state)
{
    (void)state;
    assert_verdict(world_play6(&(struct bend){0}, HEAD ANSWER), VERDICT_PASS, "");
}

static void no_application__calls__are_skipped(void **state)
{
    (void)state;
    assert_verdict(PLAY(.target_unable = TARGET_APPLICATION) HEAD ANSWER), VERDICT_SKIP, "application");
}

static void no_application__wire_alone__is_played(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.target_unable = TARGET_APPLICATION)
        HEAD "steps:\n  - inject: <SEQ=100><CTL=SYN>\n  - expect: <SEQ=0><ACK=101><CTL=RST,ACK>\n");
    assert_verdict(r, VERDICT_PASS, "");
}

#define URGENT "given: ESTABLISHED\nsteps:\n  - call: send urgent \"x\"\n  - expect: <SEQ=*><ACK=*><CTL=ACK,URG>\n"
#define ICMP "given: SYN-SENT\nsteps:\n  - inject: ICMP(3,1)\n  - silence: 500 ms\n"
#define ABORT "given: ESTABLISHED\nsteps:\n  - call: abort\n  - expect: <SEQ=snd.nxt><CTL=RST>\n"
#define PROBING "given: {state: ESTABLISHED, mtu-probing: true}\nsteps:\n  - silence: 1 s\n"
#define FRAGMENTS "given: ESTABLISHED\nsteps:\n  - inject: <DATA=40><IP.FRAGMENT=CE>\n  - expect: <SEQ=*><ACK=*>\n"
#define CROSSING "given: SYN-SENT\nsteps:\n  - inject: <CTL=SYN>\n  - expect: <SEQ=*><ACK=*><CTL=SYN,ACK>\n"

static void abilities__missing__skip_and_present__pass(void **state)
{
    (void)state;
    assert_verdict(world_play_engine(HEAD URGENT), VERDICT_PASS, "");
    assert_verdict(PLAY(.unable = TCPROVE_CAN_URGENT) HEAD URGENT), VERDICT_SKIP, "urgent");
    assert_verdict(world_play_engine(HEAD ICMP), VERDICT_PASS, "");
    assert_verdict(PLAY(.unable = TCPROVE_CAN_ICMP) HEAD ICMP), VERDICT_SKIP, "ICMP");
    assert_verdict(world_play_engine(HEAD ABORT), VERDICT_PASS, "");
    assert_verdict(PLAY(.unable = TCPROVE_CAN_ABORT) HEAD ABORT), VERDICT_SKIP, "abort");
    assert_verdict(world_play_engine(HEAD PROBING), VERDICT_SKIP, "RFC 4821");
    assert_verdict(PLAY(.target_able = TARGET_PROBES_PATH) HEAD PROBING), VERDICT_PASS, "");
    assert_verdict(world_play_engine(HEAD FRAGMENTS), VERDICT_SKIP, "fragments together");
    assert_verdict(PLAY(.target_able = TARGET_REASSEMBLES) HEAD FRAGMENTS), VERDICT_FAIL, "nothing came");
    assert_verdict(world_play_engine(HEAD CROSSING), VERDICT_PASS, "");
    assert_verdict(PLAY(.unable = TCPROVE_CAN_SIMULTANEOUS) HEAD CROSSING), VERDICT_SKIP, "simultaneous");
}

#define FAST(text)                                                                            \
    "steps:\n  - call: connect fast-open " text "\n  - expect: <SEQ=?x><CTL=SYN><TFO=\"\">\n" \
    "  - inject: <SEQ=9><ACK=x+1><CTL=SYN,ACK>\n  - auto-ack: on\n  - expect-text: " text "\n"

static void fast_open__not_there__is_skipped(void **state)
{
    (void)state;
    assert_verdict(world_play_engine(HEAD FAST("\"request\"")), VERDICT_PASS, "");
    assert_verdict(PLAY(.unable = TCPROVE_CAN_FAST_OPEN) HEAD FAST("\"request\"")), VERDICT_SKIP, "text on its SYN");
    assert_verdict(PLAY(.target_unable = TARGET_FORGETS_PATH) HEAD FAST("9")), VERDICT_SKIP, "the cookie");
}

static void fast_open__text_not_taken_at_once__follows(void **state)
{
    static const size_t spares[] = {1, 2, 4, 7, 8, 2000};
    (void)state;
    for (size_t i = 0; i < sizeof spares / sizeof spares[0]; i++) {
        assert_verdict(PLAY(.spares = spares[i]) HEAD FAST("\"request\"")), VERDICT_PASS, "");
        assert_verdict(PLAY(.spares = spares[i]) HEAD FAST("40000")), VERDICT_PASS, "");
    }
}

#define STATE_ONLY "given: LISTEN\nsteps:\n  - inject: <CTL=RST>\n  - state: LISTEN\n"

static void no_states__nothing_else_looked_at__is_skipped(void **state)
{
    (void)state;
    assert_verdict(world_play_engine(HEAD STATE_ONLY), VERDICT_PASS, "");
    assert_verdict(PLAY(.unable = TCPROVE_CAN_STATE) HEAD STATE_ONLY), VERDICT_SKIP, "state");
}

static void no_states__more_looked_at__passes_with_a_note(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.unable = TCPROVE_CAN_STATE) HEAD ANSWER "  - state: SYN-RECEIVED\n");
    assert_verdict(r, VERDICT_PASS, "");
    assert_non_null(strstr(world_entry(r, TRACE_NOTE, 0)->text, "passed over"));
}

#define SCALED "when: wscale\ngiven: LISTEN\nsteps:\n  - inject: <CTL=SYN><WS=2>\n  - expect: <SEQ=*><ACK=*><WS=*>\n"

static void when__arises__is_played(void **state)
{
    (void)state;
    assert_verdict(world_play_engine(HEAD SCALED), VERDICT_PASS, "");
}

static void when__probe_unanswered__is_inconclusive(void **state)
{
    (void)state;
    assert_verdict(PLAY(.drop = true) HEAD SCALED), VERDICT_INCONCLUSIVE, "probe");
}

static void when__does_not_arise__is_skipped(void **state)
{
    (void)state;
    assert_verdict(PLAY(.no_options = true) HEAD SCALED), VERDICT_SKIP, "does not arise");
}

#define LONG                                                                                         \
    "given: LISTEN\nsteps:\n  - inject: <CTL=RST>\n  - silence: 10 s\n  - repeat:\n      times: 3\n" \
    "      steps:\n        - advance: 20 s\n"

static void patience__virtual_clock__has_any(void **state)
{
    (void)state;
    struct run_options options = {.patience_us = TCPR_S(5)};
    assert_verdict(world_play(&(struct bend){0}, &options, HEAD LONG), VERDICT_PASS, "");
}

static void patience__real_clock__skips_by_name(void **state)
{
    (void)state;
    struct run_options options = {.patience_us = TCPR_S(69)};
    struct bend real = {.target_unable = TARGET_VIRTUAL_TIME};
    assert_verdict(world_play(&real, &options, HEAD LONG), VERDICT_SKIP, "would wait 70 s, the patience is 69 s");
    options.patience_us = TCPR_S(70);
    assert_verdict(world_play(&real, &options, HEAD LONG), VERDICT_PASS, "");
}

static void name_not_known_yet__is_an_error(void **state)
{
    (void)state;
    assert_verdict(world_play_engine(HEAD "steps:\n  - inject: <SEQ=snd.una><CTL=SYN>\n  - silence: 1 s\n"),
                   VERDICT_ERROR, "snd.una");
}

#define MSL "given: LISTEN\nsteps:\n  - inject: <CTL=RST>\n  - silence: 2*msl\n"
#define TICK "given: LISTEN\nsteps:\n  - inject: <CTL=RST>\n  - silence: 1 s+tick\n"

static void time_not_told__is_skipped(void **state)
{
    (void)state;
    const struct run_result *r = world_play_engine(HEAD MSL);
    assert_verdict(r, VERDICT_PASS, "");
    assert_int_equal(r->took_us, 240000000);
    assert_verdict(PLAY(.time_unknown = true) HEAD MSL), VERDICT_SKIP, "does not tell this time");
    assert_verdict(PLAY(.time_unknown = true) HEAD TICK), VERDICT_PASS, "");
}

static void flood__silence__is_an_error_and_ends(void **state)
{
    (void)state;
    const struct run_result *r = PLAY(.flood = 3) HEAD ANSWER "  - advance: 1 min\n  - silence: 1 s\n");
    assert_verdict(r, VERDICT_ERROR, "does not come to rest");
}

static void deadline_never_moves__is_an_error(void **state)
{
    (void)state;
    assert_verdict(PLAY(.restless = true) HEAD "given: LISTEN\nsteps:\n  - silence: 1 s\n"), VERDICT_ERROR, "deadline");
}

static void stop__is_inconclusive(void **state)
{
    (void)state;
    atomic_bool stop = true;
    struct run_options options = {.stop = &stop};
    assert_verdict(world_play(&(struct bend){0}, &options, HEAD ANSWER), VERDICT_INCONCLUSIVE, "interrupted");
}

static void explain__reasons_are_traced(void **state)
{
    (void)state;
    struct run_options options = {.explain = true};
    const struct run_result *r = world_play(&(struct bend){0}, &options,
                                            HEAD "given: LISTEN\nsteps:\n  - inject: <CTL=ACK><ACK=5>\n"
                                                 "  - expect: <SEQ=5><CTL=RST>\n");
    assert_verdict(r, VERDICT_PASS, "");
    assert_non_null(world_entry(r, TRACE_RULE, 0)->rule);
}

static void entries__carry_file_and_line_of_their_step(void **state)
{
    (void)state;
    const struct run_result *r = world_play_engine(HEAD ANSWER);
    assert_int_equal(world_entry(r, TRACE_TO_TARGET, 0)->line, 6);
    assert_int_equal(world_entry(r, TRACE_FROM_TARGET, 0)->line, 7);
    assert_string_equal(world_entry(r, TRACE_FROM_TARGET, 0)->file, "test.yaml");
    assert_true(r->trace.entry[0].in_given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine__handshake__passes),
        cmocka_unit_test(wrong_ack__expect__fails_and_marks_ack),
        cmocka_unit_test(wrong_control__expect__marks_ctl),
        cmocka_unit_test(push_not_written__expect__is_not_compared),
        cmocka_unit_test(rule_is_a_should__mismatch__deviates),
        cmocka_unit_test(step_names_rule__mismatch__counts_for_it),
        cmocka_unit_test(given_goes_wrong__is_inconclusive),
        cmocka_unit_test(wrong_checksum__expect__fails_for_must_2),
        cmocka_unit_test(another_source__expect__fails_for_must_45),
        cmocka_unit_test(reserved_bits__expect__fail),
        cmocka_unit_test(timestamps_not_negotiated__expect__deviates),
        cmocka_unit_test(mss_without_syn__expect__fails),
        cmocka_unit_test(monitor__finds_what_the_spec_did_not_ask),
        cmocka_unit_test(nothing_sent__expect__fails_in_time),
        cmocka_unit_test(no_ipv6__is_skipped),
        cmocka_unit_test(ipv6__passes),
        cmocka_unit_test(no_application__calls__are_skipped),
        cmocka_unit_test(no_application__wire_alone__is_played),
        cmocka_unit_test(abilities__missing__skip_and_present__pass),
        cmocka_unit_test(fast_open__not_there__is_skipped),
        cmocka_unit_test(fast_open__text_not_taken_at_once__follows),
        cmocka_unit_test(no_states__nothing_else_looked_at__is_skipped),
        cmocka_unit_test(no_states__more_looked_at__passes_with_a_note),
        cmocka_unit_test(when__arises__is_played),
        cmocka_unit_test(when__probe_unanswered__is_inconclusive),
        cmocka_unit_test(when__does_not_arise__is_skipped),
        cmocka_unit_test(patience__virtual_clock__has_any),
        cmocka_unit_test(patience__real_clock__skips_by_name),
        cmocka_unit_test(name_not_known_yet__is_an_error),
        cmocka_unit_test(time_not_told__is_skipped),
        cmocka_unit_test(flood__silence__is_an_error_and_ends),
        cmocka_unit_test(deadline_never_moves__is_an_error),
        cmocka_unit_test(stop__is_inconclusive),
        cmocka_unit_test(explain__reasons_are_traced),
        cmocka_unit_test(entries__carry_file_and_line_of_their_step),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
