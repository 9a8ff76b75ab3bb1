#include "label.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void drawn(struct run_result *run, const struct report *how, const char *expected)
{
    struct suite_result suite = sample_suite(&run, 1);
    char *text = sample_render("ladder", &suite, how);
    assert_string_equal(text, expected);
    free(text);
}

static void ladder__failure__folds_given_and_marks_the_segment(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    drawn(run, &(struct report){0},
          "engine (tcprove 0.1.0): rfc9293/sample [offset=1] IPv4\n"
          "              tester                                                    target\n"
          "     0.000000    |   (given: 2 segments, specs/fragments/established.yaml) |\n"
          "     0.000100    |                                                         |  ESTABLISHED\n"
          "     0.000200    |                                                         |  call send \"hello\"\n"
          "     0.000200    |<- SEQ=301 ACK=101 CTL=PSH,ACK LEN=5 WND=65535 \"hello\" --|\n"
          "     1.200200 >> |<- SEQ=306 CTL=RST WND=65535 ----------------------------|\n"
          "     1.200200    |                                                         |  event reset\n\n");
    sample_free(run);
}

static void ladder__verbose_and_explained__shows_all(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    run->trace.count = 6;
    drawn(run, &(struct report){.verbose = true, .explain = true},
          "engine (tcprove 0.1.0): rfc9293/sample [offset=1] IPv4\n"
          "              tester                                                    target\n"
          "     0.000000    |-- SEQ=100 CTL=SYN WND=65535 MSS=1460 ------------------>|\n"
          "     0.000100    |<- SEQ=300 ACK=101 CTL=SYN,ACK WND=65535 ----------------|\n"
          "     0.000100    |                                                         |  ESTABLISHED\n"
          "     0.000200    |                                                         |  call send \"hello\"\n"
          "     0.000200    |<- SEQ=301 ACK=101 CTL=PSH,ACK LEN=5 WND=65535 \"hello\" --|\n"
          "     0.000200    |                                                         |  because of MUST-60: "
          "text is sent\n\n");
    sample_free(run);
}

static void ladder__second_connection__is_named(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    run->trace.count = 5;
    run->trace.entry[3].connection = run->trace.entry[4].connection = 1;
    drawn(run, &(struct report){0},
          "engine (tcprove 0.1.0): rfc9293/sample [offset=1] IPv4\n"
          "              tester                                                       target\n"
          "     0.000000    |   (given: 2 segments, specs/fragments/established.yaml)    |\n"
          "     0.000100    |                                                            |  a: ESTABLISHED\n"
          "     0.000200    |                                                            |  b: call send \"hello\"\n"
          "     0.000200    |<- b: SEQ=301 ACK=101 CTL=PSH,ACK LEN=5 WND=65535 \"hello\" --|\n\n");
    sample_free(run);
}

static void ladder__many_options__go_below_the_arrow(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    struct trace_entry *entry = &run->trace.entry[6];
    run->trace.entry = entry;
    run->trace.count = 1;
    entry->segment.options =
        (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK,
                              .ts_val = 4294967295u,
                              .ts_ecr = 4294967294u,
                              .sack_count = 3,
                              .sack = {{4000000000u, 4000000100u}, {1, 2}, {4000000200u, 4000000300u}}};
    drawn(run, &(struct report){0},
          "engine (tcprove 0.1.0): rfc9293/sample [offset=1] IPv4\n"
          "              tester                                                                              target\n"
          "     1.200200 >> |<- SEQ=306 CTL=RST WND=65535 ------------------------------------------------------|\n"
          "                 |   TS=4294967295:4294967294 SACK=4000000000:4000000100,1:2,4000000200:4000000300   |\n\n");
    sample_free(run);
}

static void label__fast_open__shows_the_cookie(void **unused)
{
    (void)unused;
    struct arena arena = {0};
    struct trace_entry entry = {.kind = TRACE_TO_TARGET, .is_tcp = true};
    entry.segment.options =
        (struct tcpr_options){.present = TCPR_OPT_FAST_OPEN, .cookie_len = 4, .cookie = {0, 1, 0xAB, 0xFF}};
    assert_string_equal(label_options(&arena, &entry), "TFO=0001abff");
    arena_free(&arena);
}

static void ladder__long_note__widens_the_lanes(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    struct trace_entry *entry = run->trace.entry;
    entry[0].file = entry[1].file = "specs/fragments/long-name-of-a-fragment-that-leads-somewhere.yaml";
    entry[2] = (struct trace_entry){.kind = TRACE_NOTE, .text = "waited"};
    run->trace.count = 3;
    drawn(
        run, &(struct report){0},
        "engine (tcprove 0.1.0): rfc9293/sample [offset=1] IPv4\n"
        "              tester                                                                                     target\n"
        "     0.000000    |   (given: 2 segments, specs/fragments/long-name-of-a-fragment-that-leads-somewhere.yaml) |\n"
        "     0.000000    |   waited                                                                                 |\n"
        "\n");
    sample_free(run);
}

static void label__malformed__says_why(void **unused)
{
    (void)unused;
    struct arena arena = {0};
    struct trace_entry entry = {.kind = TRACE_TO_TARGET, .is_tcp = true, .parsed = TCPR_PARSE_CHECKSUM};
    assert_string_equal(label_header(&arena, &entry), "SEQ=0 CTL=none WND=0 (checksum is wrong)");
    entry.parsed = TCPR_PARSE_SHORT;
    entry.datagram_len = 23;
    assert_string_equal(label_header(&arena, &entry), "23 octets: shorter than a TCP header");
    entry.is_tcp = false;
    assert_string_equal(label_header(&arena, &entry), "a datagram of 23 octets that is no TCP");
    entry.text = "ICMP(3,4)\033";
    assert_string_equal(label_header(&arena, &entry), "ICMP(3,4)\\x1b");
    arena_free(&arena);
}

static void label__skipped_option__is_named_by_kind(void **unused)
{
    (void)unused;
    struct arena arena = {0};
    const uint8_t datagram[64] = {[0] = 0x45, [40] = 1, 253, 3};
    struct trace_entry entry = {
        .kind = TRACE_TO_TARGET, .is_tcp = true, .datagram = datagram, .datagram_len = sizeof datagram};
    entry.segment.options.skipped_at = 2;
    assert_string_equal(label_options(&arena, &entry), "OPT=253");
    entry.datagram_len = 41; /* cut before the option */
    assert_string_equal(label_options(&arena, &entry), "");
    arena_free(&arena);
}

static void label__text_longer_than_the_datagram__is_not_read(void **unused)
{
    (void)unused;
    struct arena arena = {0};
    const uint8_t datagram[41] = {[0] = 0x45};
    struct trace_entry entry = {
        .kind = TRACE_TO_TARGET, .is_tcp = true, .datagram = datagram, .datagram_len = sizeof datagram};
    entry.segment.header_len = 20;
    entry.segment.text_len = 2;
    assert_string_equal(label_options(&arena, &entry), "");
    entry.segment.text_len = 1;
    assert_string_equal(label_options(&arena, &entry), "\"\\x00\"");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladder__failure__folds_given_and_marks_the_segment),
        cmocka_unit_test(ladder__verbose_and_explained__shows_all),
        cmocka_unit_test(ladder__second_connection__is_named),
        cmocka_unit_test(ladder__many_options__go_below_the_arrow),
        cmocka_unit_test(label__fast_open__shows_the_cookie),
        cmocka_unit_test(ladder__long_note__widens_the_lanes),
        cmocka_unit_test(label__malformed__says_why),
        cmocka_unit_test(label__skipped_option__is_named_by_kind),
        cmocka_unit_test(label__text_longer_than_the_datagram__is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
