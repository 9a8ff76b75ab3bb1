#include "harness/expectation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOOD "- spec: rfc9293/*\n  rule: SHLD-29\n  verdict: deviation\n  reason: probes early\n  date: 2026-01-31\n"

static void read_good(struct expectations *expectations, const char *text)
{
    bool good = expectations_read_memory(expectations, "x.yaml", text, strlen(text));
    if (!good) {
        fail_msg("%u:%u: %s", expectations->error[0].at.line, expectations->error[0].at.column,
                 expectations->error[0].text);
    }
}

static void complains(const char *text, const char *expected)
{
    struct expectations expectations;
    char got[512];
    assert_false(expectations_read_memory(&expectations, "x.yaml", text, strlen(text)));
    const struct spec_error *error = &expectations.error[0];
    snprintf(got, sizeof got, "%s:%u:%u: %s", error->at.file, error->at.line, error->at.column, error->text);
    assert_string_equal(got, expected);
    expectations_free(&expectations);
}

static void expectation__good_file__is_read(void **unused)
{
    (void)unused;
    struct expectations expectations;
    read_good(&expectations, "# known\n" GOOD "  ip: 6\n  cell: offset=1*\n  profile: default\n" GOOD);
    assert_int_equal(expectations.count, 2);
    assert_string_equal(expectations.entry[0].rule, "SHLD-29");
    assert_int_equal(expectations.entry[0].version, 6);
    assert_int_equal(expectations.entry[0].at.line, 2);
    assert_int_equal(expectations.entry[1].version, 0);
    expectations_free(&expectations);
    read_good(&expectations, "# nothing yet\n");
    assert_int_equal(expectations.count, 0);
    expectations_free(&expectations);
}

static void expectation__mistakes__are_placed_and_mended(void **unused)
{
    (void)unused;
    complains(GOOD "  reson: x\n", "x.yaml:6:3: unknown key 'reson'; did you mean 'reason'?");
    complains("- spec: a\n  rule: SHLD-2999\n  verdict: fail\n  reason: r\n  date: 2026-01-31\n",
              "x.yaml:2:9: unknown rule 'SHLD-2999'; did you mean 'SHLD-29'?");
    complains("- spec: a\n  rule: SHLD-29\n  verdict: pass\n  reason: r\n  date: 2026-01-31\n",
              "x.yaml:3:12: verdict is 'pass'; it can be deviation, fail or inconclusive");
    complains("- spec: a\n  rule: SHLD-29\n  verdict: fail\n  reason: r\n  date: yesterday\n",
              "x.yaml:5:9: date is 'yesterday'; write it as 2026-01-31");
    complains("- spec: a\n  rule: SHLD-29\n  verdict: fail\n  date: 2026-01-31\n",
              "x.yaml:1:3: the entry has no 'reason'; every entry needs one");
    complains(GOOD "  ip: 5\n", "x.yaml:6:7: ip is '5'; it can be 4 or 6");
    complains(GOOD "  spec: b\n", "x.yaml:6:3: 'spec' stands twice in this entry");
    complains(GOOD "  cell: [1]\n", "x.yaml:6:9: cell must be text, not a list or a mapping");
    complains("spec: a\n", "x.yaml:1:1: an expectation file is a list of entries; begin each with '- spec:'");
    complains("- a\n", "x.yaml:1:3: an entry is a mapping: spec, rule, verdict, reason, date");
    complains("[]\n---\n[]\n", "x.yaml:3:1: a second document; an expectation file has one");
}

static void expectation__no_yaml__is_an_error(void **unused)
{
    (void)unused;
    struct expectations expectations;
    const char *const bad[] = {"- {", "\t- a", "- *nowhere", "- \"", "\xff\xff", "- spec: \"\\0\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(expectations_read_memory(&expectations, "x.yaml", bad[i], strlen(bad[i])));
        assert_true(expectations.error_count > 0);
        expectations_free(&expectations);
    }
    assert_false(expectations_read(&expectations, "/no/such/file"));
    assert_string_equal(expectations.error[0].text, "cannot be read: No such file or directory");
    expectations_free(&expectations);
    assert_false(expectations_read(&expectations, "/"));
    expectations_free(&expectations);
}

/* Every file that is a piece of a good one, or a good one with an octet changed. */
static void expectation__any_octets__end(void **unused)
{
    (void)unused;
    char text[] = GOOD;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (unsigned octet = 0; octet < 256; octet += 3) {
            char before = text[i];
            struct expectations expectations;
            text[i] = (char)octet;
            bool good = expectations_read_memory(&expectations, "x.yaml", text, sizeof text - 1);
            assert_int_equal(good, expectations.error_count == 0);
            expectations_free(&expectations);
            text[i] = before;
        }
    }
}

static struct run_result run_of(const char *name, enum verdict verdict, const char *rule)
{
    return (struct run_result){.name = name, .cell = "", .version = 4, .verdict = verdict, .rule = rule};
}

static void expectation__deviation_named__is_expected(void **unused)
{
    (void)unused;
    struct expectations expectations;
    read_good(&expectations, GOOD);
    struct run_result run = run_of("rfc9293/a/b", VERDICT_DEVIATION, "SHLD-29");
    expectations_apply(&expectations, "", &run);
    assert_string_equal(run.expectation, "probes early");
    assert_false(run_is_unexpected(&run));
    assert_true(atomic_load(&expectations.entry[0].used));
    expectations_free(&expectations);
}

static void expectation__other_rule_or_verdict__is_unexpected(void **unused)
{
    (void)unused;
    struct expectations expectations;
    read_good(&expectations, GOOD);
    struct run_result other_rule = run_of("rfc9293/a", VERDICT_DEVIATION, "SHLD-3");
    expectations_apply(&expectations, "", &other_rule);
    assert_true(run_is_unexpected(&other_rule));
    struct run_result other_verdict = run_of("rfc9293/a", VERDICT_FAIL, "SHLD-29");
    expectations_apply(&expectations, "", &other_verdict);
    assert_true(run_is_unexpected(&other_verdict));
    struct run_result other_spec = run_of("rfc5961/a", VERDICT_DEVIATION, "SHLD-29");
    expectations_apply(&expectations, "", &other_spec);
    assert_true(run_is_unexpected(&other_spec));
    expectations_free(&expectations);
}

static void expectation__pass__is_unexpected(void **unused)
{
    (void)unused;
    struct expectations expectations;
    read_good(&expectations, GOOD);
    struct run_result run = run_of("rfc9293/a", VERDICT_PASS, NULL);
    expectations_apply(&expectations, "", &run);
    assert_true(run.unexpected_pass);
    assert_true(run_is_unexpected(&run));
    struct run_result skipped = run_of("rfc9293/a", VERDICT_SKIP, NULL);
    expectations_apply(&expectations, "", &skipped);
    assert_false(run_is_unexpected(&skipped));
    expectations_free(&expectations);
}

static void expectation__finding_of_a_passing_run__is_expected(void **unused)
{
    (void)unused;
    struct expectations expectations;
    read_good(&expectations, GOOD);
    struct finding finding[] = {{.rule = "SHLD-29"}, {.rule = "MUST-58"}};
    struct run_result run = run_of("rfc9293/a", VERDICT_PASS, NULL);
    run.finding = finding;
    run.finding_count = 1;
    expectations_apply(&expectations, "", &run);
    assert_false(run.unexpected_pass);
    assert_false(run_is_unexpected(&run));
    run.finding_count = 2;
    expectations_apply(&expectations, "", &run);
    assert_true(run_is_unexpected(&run));
    expectations_free(&expectations);
}

static void expectation__narrowed__holds_for_those_alone(void **unused)
{
    (void)unused;
    struct expectations expectations;
    read_good(&expectations, GOOD "  ip: 6\n  cell: offset=1*\n  profile: tuned\n");
    struct run_result run = run_of("rfc9293/a", VERDICT_DEVIATION, "SHLD-29");
    run.version = 6;
    run.cell = "offset=1 ctl=RST";
    expectations_apply(&expectations, "default, cubic", &run);
    assert_null(run.expectation);
    run.cell = "offset=2";
    expectations_apply(&expectations, "tuned, cubic", &run);
    assert_null(run.expectation);
    run.cell = "offset=1 ctl=RST";
    run.version = 4;
    expectations_apply(&expectations, "tuned, cubic", &run);
    assert_null(run.expectation);
    assert_false(atomic_load(&expectations.entry[0].used));
    run.version = 6;
    expectations_apply(&expectations, "tuned, cubic", &run);
    assert_non_null(run.expectation);
    expectations_free(&expectations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expectation__good_file__is_read),
        cmocka_unit_test(expectation__mistakes__are_placed_and_mended),
        cmocka_unit_test(expectation__no_yaml__is_an_error),
        cmocka_unit_test(expectation__any_octets__end),
        cmocka_unit_test(expectation__deviation_named__is_expected),
        cmocka_unit_test(expectation__other_rule_or_verdict__is_unexpected),
        cmocka_unit_test(expectation__pass__is_unexpected),
        cmocka_unit_test(expectation__finding_of_a_passing_run__is_expected),
        cmocka_unit_test(expectation__narrowed__holds_for_those_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
