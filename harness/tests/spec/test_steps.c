/* Every form of a step, as the tree holds it. */
#include "harness/spec.h"
#include "tcprove/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct suite suite;

static int end(void **unused)
{
    (void)unused;
    suite_free(&suite);
    return 0;
}

static const struct spec *read_yaml(const char *yaml)
{
    const struct spec *spec = spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml));
    for (size_t i = 0; i < suite.error_count; i++) {
        print_error("%u:%u: %s\n", suite.error[i].at.line, suite.error[i].at.column, suite.error[i].text);
    }
    assert_non_null(spec);
    return spec;
}

/* A spec of these steps; the first of them. */
static const struct step *read_steps(const char *steps)
{
    char yaml[2048];
    snprintf(yaml, sizeof yaml, "title: t\ncovers: [MUST-3]\nsteps:\n%s", steps);
    return read_yaml(yaml)->step;
}

static void inject__notation__keeps_fields_in_order(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - inject: <NOP><SEQ=rcv.nxt-1><NOP><CTL=SYN,ACK><MSS=1460><DATA=\"x\\n\">\n");
    assert_int_equal(s->kind, STEP_INJECT);
    assert_int_equal(s->segment.count, 6);
    const struct field *f = s->segment.field;
    assert_int_equal(f[0].kind, FIELD_NOP);
    assert_int_equal(f[1].kind, FIELD_SEQ);
    assert_string_equal(f[1].source, "SEQ=rcv.nxt-1");
    assert_string_equal(f[1].value->source, "rcv.nxt-1");
    assert_int_equal(f[2].kind, FIELD_NOP);
    assert_int_equal(f[3].value->kind, EXPR_FLAGS);
    assert_int_equal(f[3].value->number, TCPR_SYN | TCPR_ACK);
    assert_int_equal(f[4].value->number, 1460);
    assert_int_equal(f[5].value->kind, EXPR_TEXT);
    assert_int_equal(f[5].value->text_len, 2);
    assert_memory_equal(f[5].value->text, "x\n", 2);
}

static void expect__bits_that_must_be_absent__are_kept_apart(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - expect: <SEQ=*><ACK=*><CTL=SYN,ACK,ECE,!CWR,!URG>\n");
    int64_t absent = TCPR_CWR | TCPR_URG;
    assert_int_equal(s->segment.field[2].value->number,
                     (absent << CONTROL_ABSENT_SHIFT) | TCPR_SYN | TCPR_ACK | TCPR_ECE);
}

static void inject__malformed_on_purpose__is_kept_as_written(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - inject: <CSUM=bad><DOFF=4><RSV=5><CUT=12><OPT=253:00ff><OPT=254/1:>"
                                      "<SACK=1:2,3:4><IP.SRC=192.0.2.1><IP.ECN=CE><TS=none>\n");
    const struct field *f = s->segment.field;
    assert_true(f[0].bad && !f[0].value);
    assert_int_equal(f[1].value->number, 4);
    assert_int_equal(f[4].value->number, 253);
    assert_int_equal(f[4].octets_len, 2);
    assert_memory_equal(f[4].octets, "\x00\xff", 2);
    assert_int_equal(f[5].value2->number, 1);
    assert_int_equal(f[5].octets_len, 0);
    assert_int_equal(f[6].value2->number, 2);
    assert_int_equal(f[6].next_pair->value->number, 3);
    assert_null(f[6].next_pair->next_pair);
    assert_int_equal(f[7].address_version, 4);
    assert_memory_equal(f[7].address, "\xc0\x00\x02\x01", 4);
    assert_int_equal(f[8].value->number, 3);
    assert_true(f[9].none);
}

static void inject__raw_and_icmp__are_not_segments(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - raw: \"45 00 0028\"\n  - inject: {raw: 6000}\n"
                                      "  - inject: ICMP(3,4) MTU=600 QUOTE=snd.una\n");
    assert_int_equal(s[0].kind, STEP_INJECT);
    assert_int_equal(s[0].raw_len, 4);
    assert_memory_equal(s[0].raw, "\x45\x00\x00\x28", 4);
    assert_int_equal(s[1].raw_len, 2);
    assert_int_equal(s[2].icmp->type->number, 3);
    assert_int_equal(s[2].icmp->code->number, 4);
    assert_int_equal(s[2].icmp->mtu->number, 600);
    assert_int_equal(s[2].icmp->quote->builtin, NAME_SND_UNA);
}

static void expect__siblings__are_taken(void **unused)
{
    (void)unused;
    const struct step *s =
        read_steps("  - fence:\n    because: begin\n  - expect: <SEQ=?x><ACK=*><WND=1..9><TS=*:?e>\n"
                   "    within: 200 ms\n    at: ?t0\n    rule: SHLD-29\n    because: it must\n    on: b\n"
                   "  - expect: <SEQ=x><ACK=e>\n    after: 1.5 s..t0*2\n    since: t0\n");
    assert_int_equal(s[0].kind, STEP_FENCE);
    assert_string_equal(s[0].because, "begin");
    const struct field *f = s[1].segment.field;
    assert_int_equal(f[0].value->kind, EXPR_BIND);
    assert_int_equal(f[0].value->type, TYPE_SEQUENCE);
    assert_int_equal(f[1].value->kind, EXPR_ANY);
    assert_int_equal(f[2].value->kind, EXPR_RANGE);
    assert_int_equal(f[2].value->right->number, 9);
    assert_int_equal(f[3].value2->kind, EXPR_BIND);
    assert_int_equal(s[1].within->number, 200000);
    assert_int_equal(s[1].at->type, TYPE_TIME);
    assert_string_equal(s[1].rule, "SHLD-29");
    assert_string_equal(s[1].because, "it must");
    assert_int_equal(s[1].connection, 1);
    assert_string_equal(s[1].source, "expect: <SEQ=?x><ACK=*><WND=1..9><TS=*:?e> within: 200 ms at: ?t0 rule: SHLD-29 "
                                     "because: it must on: b");
    assert_int_equal(s[2].after->kind, EXPR_RANGE);
    assert_int_equal(s[2].after->left->number, 1500000);
    assert_int_equal(s[2].since->variable, s[1].at->variable);
}

static void call__each_form__is_read(void **unused)
{
    (void)unused;
    const struct step *s = read_steps(
        "  - call: listen\n  - call: listen backlog=4\n  - call: connect\n  - call: send \"hello\"\n  - call: send 5000\n"
        "  - call: send urgent \"x\"\n  - call: receive 100\n  - call: shutdown\n  - call: close\n    fails: true\n"
        "  - call: abort\n  - call: set nodelay on\n  - call: set keepalive-idle 5 s\n  - call: set linger 0\n"
        "  - call: set keepalive-probes 3\n  - call: set linger off\n  - call: connect fast-open \"text\"\n"
        "  - call: connect fast-open 3000\n");
    static const enum spec_call calls[] = {SPEC_CALL_LISTEN, SPEC_CALL_LISTEN, SPEC_CALL_CONNECT, SPEC_CALL_SEND,
                                           SPEC_CALL_SEND,   SPEC_CALL_SEND,   SPEC_CALL_RECEIVE, SPEC_CALL_SHUTDOWN,
                                           SPEC_CALL_CLOSE,  SPEC_CALL_ABORT,  SPEC_CALL_SET};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_int_equal(s[i].kind, STEP_CALL);
        assert_int_equal(s[i].call, calls[i]);
        assert_int_equal(s[i].call_fails, i == 8);
    }
    assert_null(s[0].count);
    assert_int_equal(s[1].count->number, 4);
    assert_true(s[3].has_text);
    assert_memory_equal(s[3].text, "hello", 5);
    assert_int_equal(s[4].count->number, 5000);
    assert_true(s[5].urgent && s[5].text_len == 1);
    assert_int_equal(s[6].count->number, 100);
    assert_int_equal(s[10].setting, TCPROVE_SET_NODELAY);
    assert_int_equal(s[10].value->number, 1);
    assert_int_equal(s[11].setting, TCPROVE_SET_KEEPALIVE_IDLE);
    assert_int_equal(s[11].value->number, 5000000);
    assert_int_equal(s[12].setting, TCPROVE_SET_LINGER_ZERO);
    assert_int_equal(s[12].value->number, 1);
    assert_int_equal(s[13].value->number, 3);
    assert_int_equal(s[14].value->number, 0);
    assert_false(s[2].fast);
    assert_true(s[15].call == SPEC_CALL_CONNECT && s[15].fast && s[15].has_text && s[15].text_len == 4);
    assert_true(s[16].call == SPEC_CALL_CONNECT && s[16].fast && !s[16].has_text && s[16].count->number == 3000);
}

static void event__each_form__is_read(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - event: text \"a\\0b\"\n  - event: text 1460\n  - event: accepted\n"
                                      "    within: 1 s\n  - event: timed-out\n  - event: soft-error\n");
    assert_int_equal(s[0].event, SPEC_EVENT_TEXT);
    assert_int_equal(s[0].text_len, 3);
    assert_memory_equal(s[0].text, "a\0b", 3);
    assert_int_equal(s[1].count->number, 1460);
    assert_int_equal(s[2].event, SPEC_EVENT_ACCEPTED);
    assert_int_equal(s[2].within->number, 1000000);
    assert_int_equal(s[3].event, SPEC_EVENT_TIMED_OUT);
    assert_int_equal(s[4].event, SPEC_EVENT_SOFT_ERROR);
}

static void no_event__one_or_a_list__is_read(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - no-event: reset\n  - no-event: [text, closed]\n    on: b\n");
    assert_int_equal(s[0].kind, STEP_NO_EVENT);
    assert_int_equal(s[0].events, 1u << SPEC_EVENT_RESET);
    assert_int_equal(s[1].events, 1u << SPEC_EVENT_TEXT | 1u << SPEC_EVENT_CLOSED);
    assert_int_equal(s[1].connection, 1);
}

static void steps__short_forms__are_read(void **unused)
{
    (void)unused;
    const struct step *s =
        read_steps("  - state: ESTABLISHED\n  - state: [SYN-SENT, CLOSED]\n  - silence: 1 s\n"
                   "  - silence: strict 1.5 s\n  - advance: 2 min\n  - acked: rcv.nxt\n    within: 1 s\n"
                   "  - expect-text: 3000\n  - expect-text: \"hello\"\n  - auto-ack: on\n"
                   "  - auto-ack: off\n  - let: {x: 1, y: 2*x}\n  - check: x < y\n");
    assert_int_equal(s[0].states, 1u << TCPR_ESTABLISHED);
    assert_int_equal(s[1].states, 1u << TCPR_SYN_SENT | 1u << TCPR_CLOSED);
    assert_true(s[2].duration->number == 1000000 && !s[2].strict);
    assert_true(s[3].duration->number == 1500000 && s[3].strict);
    assert_int_equal(s[4].duration->number, 120000000);
    assert_int_equal(s[5].value->builtin, NAME_RCV_NXT);
    assert_int_equal(s[6].count->number, 3000);
    assert_true(s[7].has_text && s[7].text_len == 5);
    assert_true(s[8].on && !s[9].on);
    assert_true(s[10].kind == STEP_LET && s[11].kind == STEP_LET && s[12].kind == STEP_CHECK);
    assert_int_equal(s[11].variable, 1);
    assert_int_equal(s[12].relation, RELATION_LT);
    assert_int_equal(s[12].value2->variable, 1);
}

static void steps__nested__are_read(void **unused)
{
    (void)unused;
    const struct step *s = read_steps("  - one_of:\n      - expect: <SEQ=*><ACK=*>\n      - silence: 1 s\n"
                                      "        because: throttled\n"
                                      "  - repeat: {times: 3, steps: [{inject: <SEQ=1>}, {fence: }]}\n");
    assert_int_equal(s[0].kind, STEP_ONE_OF);
    assert_int_equal(s[0].step_count, 2);
    assert_int_equal(s[0].steps[1].kind, STEP_SILENCE);
    assert_string_equal(s[0].steps[1].because, "throttled");
    assert_int_equal(s[0].steps[1].place.line, 6);
    assert_int_equal(s[0].steps[1].place.column, 9);
    assert_int_equal(s[1].count->number, 3);
    assert_int_equal(s[1].steps[1].kind, STEP_FENCE);
}

static void parameters__cells__count_with_the_last_fastest(void **unused)
{
    (void)unused;
    const struct spec *spec =
        read_yaml("title: t\ncovers: [MUST-3, MUST-2]\nparameters:\n  n: [1, rcv.wnd/2, rcv.nxt]\n"
                  "  ctl: [RST, \"RST,ACK\"]\n  state: [LISTEN, SYN-SENT]\n"
                  "given: {state: \"{state}\"}\nwhen: [sack, wscale]\nip: [6]\n"
                  "steps:\n  - inject: <SEQ={n}><CTL={ctl}>\n  - state: \"{state}\"\n");
    assert_int_equal(spec->cells, 12);
    assert_int_equal(spec->parameter[0].type, TYPE_SEQUENCE);
    assert_int_equal(spec->parameter[1].type, TYPE_FLAGS);
    assert_int_equal(spec->parameter[2].type, TYPE_STATE);
    assert_string_equal(spec_cell_name(spec, 0, &suite.arena), "n=1 ctl=RST state=LISTEN");
    assert_string_equal(spec_cell_name(spec, 7, &suite.arena), "n=rcv.wnd/2 ctl=RST,ACK state=SYN-SENT");
    assert_int_equal(spec_cell_value(spec, 7, 1)->number, TCPR_RST | TCPR_ACK);
    assert_null(spec_cell_value(spec, 0, 3));
    assert_int_equal(spec->when, WHEN_SACK | WHEN_WSCALE);
    assert_int_equal(spec->ip, 2);
    assert_int_equal(spec->covers_count, 2);
    assert_true(spec->step[1].state_by_parameter);
    assert_int_equal(spec->step[0].segment.field[0].value->parameter, 0);
}

static void given__each_key__is_taken(void **unused)
{
    (void)unused;
    const struct spec *spec =
        read_yaml("title: t\ncovers: [MUST-3]\ngiven: {state: ESTABLISHED, open: active, mtu: 1280, "
                  "options: {mss: 536, wscale: 7, sack: true, timestamps: on}, window: 100, "
                  "receive-buffer: 4096, send-buffer: 8192, isn: 7, target-isn: 0xffffffff, mtu-probing: on}\n"
                  "steps:\n  - fence:\n");
    const struct given *given = &spec->given;
    assert_string_equal(given->state, "ESTABLISHED");
    assert_true(given->active && given->open_written && given->sack && given->timestamps && !given->mss_none);
    assert_int_equal(given->mss->number, 536);
    assert_int_equal(given->wscale->number, 7);
    assert_int_equal(given->mtu, 1280);
    assert_true(given->mtu_probing);
    assert_int_equal(given->tester_window, 100);
    assert_int_equal(given->receive_buffer, 4096);
    assert_int_equal(given->send_buffer, 8192);
    assert_int_equal(given->tester_isn->number, 7);
    assert_int_equal(given->target_isn->number, 0xffffffff);
}

static void given__short_forms__mean_the_usual(void **unused)
{
    (void)unused;
    const struct given *given = &read_yaml("title: t\ncovers: [MUST-3]\ngiven: SYN-SENT\nsteps:\n  - fence:\n")->given;
    assert_true(given->active && !given->open_written);
    given = &read_yaml("title: t\ncovers: [MUST-3]\ngiven: {open: passive}\nsteps:\n  - fence:\n")->given;
    assert_string_equal(given->state, "LISTEN");
    given = &read_yaml("title: t\ncovers: [MUST-3]\ngiven: {options: {mss: none}}\nsteps:\n  - fence:\n")->given;
    assert_null(given->state);
    assert_true(given->mss_none);
    given = &read_yaml("title: t\ncovers: [MUST-3]\nsteps:\n  - fence:\n")->given;
    assert_true(!given->state && given->tester_window == 65535 && !given->sack);
}

static void application__calls_and_events__need_one(void **unused)
{
    (void)unused;
    const char *head = "title: t\ncovers: [MUST-3]\nsteps:\n";
    static const struct {
        const char *steps;
        bool needed;
    } table[] = {{"  - inject: <SEQ=1>\n", false},
                 {"  - call: listen\n", true},
                 {"  - one_of: [{silence: 1 s}, {event: eof}]\n", true},
                 {"  - no-event: eof\n", true},
                 {"  - repeat: {times: 2, steps: [{call: connect}]}\n", true}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char yaml[256];
        snprintf(yaml, sizeof yaml, "%s%s", head, table[i].steps);
        assert_int_equal(read_yaml(yaml)->needs_application, table[i].needed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(inject__notation__keeps_fields_in_order, end),
        cmocka_unit_test_teardown(expect__bits_that_must_be_absent__are_kept_apart, end),
        cmocka_unit_test_teardown(inject__malformed_on_purpose__is_kept_as_written, end),
        cmocka_unit_test_teardown(inject__raw_and_icmp__are_not_segments, end),
        cmocka_unit_test_teardown(expect__siblings__are_taken, end),
        cmocka_unit_test_teardown(call__each_form__is_read, end),
        cmocka_unit_test_teardown(event__each_form__is_read, end),
        cmocka_unit_test_teardown(no_event__one_or_a_list__is_read, end),
        cmocka_unit_test_teardown(steps__short_forms__are_read, end),
        cmocka_unit_test_teardown(steps__nested__are_read, end),
        cmocka_unit_test_teardown(parameters__cells__count_with_the_last_fastest, end),
        cmocka_unit_test_teardown(given__each_key__is_taken, end),
        cmocka_unit_test_teardown(given__short_forms__mean_the_usual, end),
        cmocka_unit_test_teardown(application__calls_and_events__need_one, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
