#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the terminal says of these runs, freed with them. */
static void said(struct run_result **run, size_t count, const struct report *how, const char *expected)
{
    struct suite_result suite = sample_suite(run, count);
    char *text = sample_render("terminal", &suite, how);
    assert_string_equal(text, expected);
    free(text);
    for (size_t i = 0; i < count; i++) {
        sample_free(run[i]);
    }
}

static void terminal__failure__is_told_in_full(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    run->trace.count = 0;
    said(&run, 1, &(struct report){0},
         "engine (tcprove 0.1.0)\n\n"
         "FAIL  rfc9293/sample [offset=1] IPv4\n"
         "  title     A sample shows what it shows\n"
         "  rule      MUST-14 (MUST): MSS option is both sent and honoured: target emits MSS on SYN and never sends\n"
         "            payload above the tester's MSS.\n"
         "  at        specs/sample.yaml:9: expect: <SEQ=snd.nxt><ACK=101><CTL=ACK>\n"
         "  because   another segment came\n"
         "  expected  SEQ=snd.nxt = 306  ACK=101   CTL=ACK\n"
         "  got       SEQ=306            ACK=none  CTL=RST\n"
         "                               ^^^^^^^^\n"
         "\n"
         "  runs       0 pass  1 fail\n"
         "  RFC 5961   1 undecided\n"
         "  RFC 9293   1 broken\n"
         "engine (tcprove 0.1.0) does not conform: 1 fail of 1 runs (0.25 s)\n");
}

static void terminal__as_expected__is_listed_and_conforms(void **unused)
{
    (void)unused;
    struct run_result *run[] = {sample_run("a", VERDICT_DEVIATION, "SHLD-29", "it kept silent"),
                                sample_run("b", VERDICT_SKIP, NULL, "no application"),
                                sample_run("c", VERDICT_PASS, NULL, ""),
                                sample_run("d", VERDICT_SKIP, NULL, "no application")};
    run[0]->expectation = "known since 6.1";
    said(run, 4, &(struct report){0},
         "engine (tcprove 0.1.0)\n\n"
         "As expected, otherwise than the rule asks:\n"
         "  a IPv4: SHLD-29: known since 6.1\n\n"
         "Skipped:\n"
         "     2  no application\n\n"
         "  runs       1 pass  1 deviation  2 skip\n"
         "  RFC 5961   1 kept\n"
         "  RFC 9293   1 kept  1 deviates (1 as expected)\n"
         "engine (tcprove 0.1.0) conforms: 1 of 4 runs pass, 1 otherwise as expected, 2 skipped (0.25 s)\n");
}

static void terminal__quiet__is_the_last_line(void **unused)
{
    (void)unused;
    struct run_result *run[] = {sample_run("a", VERDICT_PASS, NULL, ""),
                                sample_run("b", VERDICT_INCONCLUSIVE, NULL, "nothing came")};
    said(run, 2, &(struct report){.quiet = true},
         "engine (tcprove 0.1.0) undecided: 1 of 2 runs inconclusive, nothing broken (0.25 s)\n");
}

static void terminal__unexpected_pass__does_not_conform(void **unused)
{
    (void)unused;
    struct run_result *run = sample_run("a", VERDICT_PASS, NULL, "");
    run->expectation = "known since 6.1";
    run->unexpected_pass = true;
    said(&run, 1, &(struct report){.quiet = true},
         "engine (tcprove 0.1.0) does not conform: 1 unexpected pass of 1 runs (0.25 s)\n");
}

static void terminal__finding__does_not_conform(void **unused)
{
    (void)unused;
    struct run_result *run = sample_run("a", VERDICT_PASS, NULL, "");
    struct finding finding = {.rule = "MUST-14", .level = LEVEL_MUST, .text = "1461 octets"};
    run->finding = &finding;
    run->finding_count = 1;
    said(&run, 1, &(struct report){0},
         "engine (tcprove 0.1.0)\n\n"
         "FINDING  a IPv4\n"
         "  title     A sample shows what it shows\n"
         "  monitor   MUST-14 (MUST): MSS option is both sent and honoured: target emits MSS on SYN and never sends\n"
         "            payload above the tester's MSS. 1461 octets\n"
         "\n"
         "  runs       1 pass\n"
         "  RFC 5961   1 kept\n"
         "  RFC 9293   1 broken\n"
         "engine (tcprove 0.1.0) does not conform: 1 caught by the monitor of 1 runs (0.25 s)\n");
}

static void terminal__all_skipped__is_undecided(void **unused)
{
    (void)unused;
    struct run_result *run = sample_run("a", VERDICT_SKIP, NULL, "no application");
    said(&run, 1, &(struct report){.quiet = true},
         "engine (tcprove 0.1.0) undecided: not one of 1 runs came to a verdict (0.25 s)\n");
}

/* Every string an outsider can set, with the sequence that clears a screen. */
static void terminal__hostile_text__moves_no_cursor(void **unused)
{
    (void)unused;
    const char *hostile = "\033[2J\r\n\x9b"
                          "1m";
    struct run_result *run = sample_failure();
    run->name = run->title = run->cell = run->rule = run->reason = run->step = run->file = hostile;
    run->difference[0].expected = run->difference[1].got = hostile;
    for (size_t i = 0; i < run->trace.count; i++) {
        run->trace.entry[i].text = run->trace.entry[i].rule = run->trace.entry[i].file = hostile;
    }
    struct suite_result suite = sample_suite(&run, 1);
    suite.target = suite.profile = hostile;
    char *text = sample_render("terminal", &suite, &(struct report){.explain = true, .verbose = true});
    assert_null(strpbrk(text, "\033\r\x9b"));
    assert_non_null(strstr(text, "\\x1b[2J\\r\\n\\x9b1m"));
    free(text);
    sample_free(run);
}

static void terminal__color__is_closed_on_each_line(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    struct suite_result suite = sample_suite(&run, 1);
    char *text = sample_render("terminal", &suite, &(struct report){.color = true, .explain = true, .verbose = true});
    size_t begun = 0, ended = 0;
    for (const char *at = text; (at = strchr(at, '\033')); at++) {
        bool ends = !strncmp(at, "\033[0m", 4);
        begun += !ends;
        ended += ends;
    }
    assert_true(begun > 5);
    assert_int_equal(begun, ended);
    free(text);
    sample_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal__failure__is_told_in_full),
        cmocka_unit_test(terminal__as_expected__is_listed_and_conforms),
        cmocka_unit_test(terminal__quiet__is_the_last_line),
        cmocka_unit_test(terminal__unexpected_pass__does_not_conform),
        cmocka_unit_test(terminal__finding__does_not_conform),
        cmocka_unit_test(terminal__all_skipped__is_undecided),
        cmocka_unit_test(terminal__hostile_text__moves_no_cursor),
        cmocka_unit_test(terminal__color__is_closed_on_each_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
