/* Each warning of lint, and that good specs draw none. */
#include "harness/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define UNOBSERVABLE "SHLD-13"
#define HEAD "title: t\ncovers: [MUST-3]\nwhy: because\n"
#define SEEN "  - expect: <SEQ=*><ACK=*><CTL=ACK>\n"

static void assert_warnings(const char *yaml, const char *expected)
{
    struct suite suite = {0};
    const struct spec *spec = spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml));
    assert_non_null(spec);
    struct spec_error *warning;
    char got[1024] = "";
    size_t len = 0, count = spec_lint(&suite, spec, &suite.arena, &warning);
    for (size_t i = 0; i < count && len < sizeof got; i++) {
        const struct place *at = &warning[i].at;
        len += (size_t)snprintf(got + len, sizeof got - len, "%u:%u: %s\n", at->line, at->column, warning[i].text);
    }
    assert_string_equal(got, expected);
    suite_free(&suite);
}

static void lint__expect_without_numbers__is_asked_for_them(void **unused)
{
    (void)unused;
    assert_warnings(HEAD "steps:\n  - expect: <CTL=ACK>\n",
                    "5:5: expect without SEQ; write <SEQ=*> where any will do\n"
                    "5:5: expect without ACK; write <ACK=*> where any will do\n");
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><ACK=*>\n",
                    "5:5: expect without CTL; write <CTL=*> where any will do\n");
    assert_warnings(HEAD "steps:\n  - expect: <CTL=RST>\n", "");
    assert_warnings(HEAD "steps:\n  - expect: <CTL=*>\n", "");
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><CTL=SYN>\n", "");
}

static void lint__silence_while_text_is_in_flight__is_doubted(void **unused)
{
    (void)unused;
    const char *warning = "6:5: silence while text of the target's is in flight; acknowledge it first, or it is sent "
                          "again\n";
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"x\">\n  - silence: 1 s\n", warning);
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"x\">\n  - silence: 100 ms\n", warning);
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"x\">\n  - silence: 99 ms\n", "");
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"x\">\n  - inject: <CTL=ACK>\n"
                         "  - silence: 1 s\n",
                    "");
    assert_warnings(HEAD "steps:\n  - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"x\">\n  - inject: <CTL=RST>\n"
                         "  - silence: 1 s\n",
                    "");
    assert_warnings(HEAD "steps:\n  - auto-ack: on\n  - expect-text: 3000\n  - silence: 1 s\n", "");
    assert_warnings(HEAD "steps:\n  - one_of:\n      - expect: <SEQ=*><ACK=*><CTL=ACK><DATA=\"x\">\n"
                         "      - silence: 1 s\n",
                    "");
}

static void lint__steps_that_look_at_nothing__prove_nothing(void **unused)
{
    (void)unused;
    assert_warnings(HEAD "steps:\n  - inject: <CTL=SYN>\n  - advance: 1 s\n",
                    "5:5: no step looks at the target; end with an expect, event, silence or state\n");
    assert_warnings(HEAD "steps:\n  - repeat: {times: 2, steps: [{silence: 1 s}]}\n", "");
}

static void lint__head__is_read_too(void **unused)
{
    (void)unused;
    assert_warnings("title: t\ncovers: [MUST-3]\nsteps:\n" SEEN,
                    "1:1: no `why`; say why the rule exists, or what breaks without it\n");
    assert_warnings(
        "title: A title that goes on and on that goes on and on that goes on and on that goes on and on that goes on.\ncovers: [MUST-3]\nwhy: x\nsteps:\n" SEEN,
        "1:1: a title of 101 characters; at most 100 fit a report's line\n");
    assert_warnings("title: t\ncovers: [MUST-3, " UNOBSERVABLE "]\nwhy: x\nsteps:\n" SEEN,
                    "1:1: covers " UNOBSERVABLE
                    ", which the catalogue says nobody can observe; cover the rule that shows\n");
}

static void lint__names_nobody_reads__are_named(void **unused)
{
    (void)unused;
    assert_warnings(HEAD "parameters: {a: [1, 2]}\nsteps:\n  - expect: <SEQ=?x><ACK=*><CTL=ACK>\n    at: ?t\n"
                         "  - let: {y: x}\n",
                    "7:9: 't' is bound and never used; write *, or leave it out\n"
                    "8:5: 'y' is bound and never used; write *, or leave it out\n"
                    "4:14: {a} is never used; the same spec runs 2 times\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lint__expect_without_numbers__is_asked_for_them),
        cmocka_unit_test(lint__silence_while_text_is_in_flight__is_doubted),
        cmocka_unit_test(lint__steps_that_look_at_nothing__prove_nothing),
        cmocka_unit_test(lint__head__is_read_too),
        cmocka_unit_test(lint__names_nobody_reads__are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
