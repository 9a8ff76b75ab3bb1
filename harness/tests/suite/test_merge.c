#include "harness/run.h"
#include "harness/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct spec spec = {.path = "a.yaml", .name = "a", .ip = 1, .cells = 1};

static struct suite_result suite_of(enum verdict verdict)
{
    struct suite_result suite = {.run = calloc(1, sizeof *suite.run), .count = 1, .wall_s = 1};
    suite.run[0] = run_result_of(&spec, 0, 4, verdict, "");
    suite_count(&suite);
    return suite;
}

static void merge__same_verdict__is_counted_and_not_flaky(void **unused)
{
    (void)unused;
    struct suite_result sum = suite_of(VERDICT_PASS);
    for (unsigned i = 0; i < 2; i++) {
        struct suite_result again = suite_of(VERDICT_PASS);
        suite_merge(&sum, &again);
    }
    assert_int_equal(sum.run[0]->repeated[VERDICT_PASS], 3);
    assert_false(run_is_flaky(sum.run[0]));
    assert_true(sum.wall_s > 2.5);
    suite_result_free(&sum);
}

static void merge__one_fails__is_kept_whenever_it_came(void **unused)
{
    (void)unused;
    for (unsigned bad = 0; bad < 3; bad++) {
        struct suite_result sum = suite_of(bad == 0 ? VERDICT_FAIL : VERDICT_PASS);
        for (unsigned i = 1; i < 3; i++) {
            struct suite_result again = suite_of(bad == i ? VERDICT_FAIL : VERDICT_PASS);
            suite_merge(&sum, &again);
        }
        assert_int_equal(sum.run[0]->verdict, VERDICT_FAIL);
        assert_int_equal(sum.run[0]->repeated[VERDICT_PASS], 2);
        assert_int_equal(sum.run[0]->repeated[VERDICT_FAIL], 1);
        assert_true(run_is_flaky(sum.run[0]));
        assert_int_equal(sum.unexpected, 1);
        suite_result_free(&sum);
    }
}

static void merge__undecided__outweighs_a_pass(void **unused)
{
    (void)unused;
    struct suite_result sum = suite_of(VERDICT_PASS), again = suite_of(VERDICT_INCONCLUSIVE);
    suite_merge(&sum, &again);
    assert_int_equal(sum.run[0]->verdict, VERDICT_INCONCLUSIVE);
    assert_int_equal(sum.undecided, 1);
    suite_result_free(&sum);
}

static void merge__interrupted__counts_for_nothing(void **unused)
{
    (void)unused;
    struct suite_result sum = suite_of(VERDICT_PASS), again = suite_of(VERDICT_SKIP);
    again.interrupted = true;
    suite_merge(&sum, &again);
    assert_true(sum.interrupted);
    assert_int_equal(sum.run[0]->verdict, VERDICT_PASS);
    assert_int_equal(run_repetitions(sum.run[0]), 0);
    suite_result_free(&sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge__same_verdict__is_counted_and_not_flaky),
        cmocka_unit_test(merge__one_fails__is_kept_whenever_it_came),
        cmocka_unit_test(merge__undecided__outweighs_a_pass),
        cmocka_unit_test(merge__interrupted__counts_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
