#include "harness/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const covers_a[] = {"MUST-14", "SHLD-29"}, *const covers_b[] = {"RFC5961-3.2-1"};
static struct spec spec_a = {
    .path = "a.yaml", .name = "rfc9293/a10", .covers = covers_a, .covers_count = 2, .ip = 3, .cells = 1};
static struct spec spec_b = {
    .path = "b.yaml", .name = "rfc9293/a9", .covers = covers_b, .covers_count = 1, .ip = 1, .cells = 1};

static void filter__rule_name_or_part__matches(void **unused)
{
    (void)unused;
    assert_true(filter_matches("MUST-14", &spec_a));
    assert_true(filter_matches("SHLD-*", &spec_a));
    assert_true(filter_matches("rfc9293/*", &spec_a));
    assert_true(filter_matches("a10", &spec_a));
    assert_false(filter_matches("MUST-1", &spec_a));
    assert_false(filter_matches("a1?0", &spec_a));
    assert_false(filter_matches("MUST-14", &spec_b));
}

static void jobs__all__by_name_and_version(void **unused)
{
    (void)unused;
    struct spec *specs[] = {&spec_a, &spec_b};
    struct suite suite = {.spec = specs, .count = 2};
    struct suite_jobs jobs;
    suite_jobs_make(&jobs, &suite, &(struct suite_selection){.ip = 3}, NULL);
    assert_int_equal(jobs.count, 3);
    assert_ptr_equal(jobs.job[0].spec, &spec_b);
    assert_ptr_equal(jobs.job[1].spec, &spec_a);
    assert_int_equal(jobs.job[1].version, 4);
    assert_int_equal(jobs.job[2].version, 6);
    suite_jobs_free(&jobs);
}

static void jobs__ipv6_and_filter__narrow(void **unused)
{
    (void)unused;
    struct spec *specs[] = {&spec_a, &spec_b};
    struct suite suite = {.spec = specs, .count = 2};
    struct suite_jobs jobs;
    const char *const filter[] = {"MUST-99", "MUST-14"};
    suite_jobs_make(&jobs, &suite, &(struct suite_selection){.filter = filter, .filter_count = 2, .ip = 2}, NULL);
    assert_int_equal(jobs.count, 1);
    assert_int_equal(jobs.job[0].version, 6);
    suite_jobs_free(&jobs);
    suite_jobs_make(&jobs, &suite, &(struct suite_selection){.filter = filter, .filter_count = 1, .ip = 3}, NULL);
    assert_int_equal(jobs.count, 0);
    suite_jobs_free(&jobs);
}

static void jobs__shards__are_all_and_none_twice(void **unused)
{
    (void)unused;
    struct spec *specs[] = {&spec_a, &spec_b};
    struct suite suite = {.spec = specs, .count = 2};
    struct suite_jobs first, second;
    suite_jobs_make(&first, &suite, &(struct suite_selection){.ip = 3, .shard = 0, .shards = 2}, NULL);
    suite_jobs_make(&second, &suite, &(struct suite_selection){.ip = 3, .shard = 1, .shards = 2}, NULL);
    assert_int_equal(first.count, 2);
    assert_ptr_equal(first.job[0].spec, &spec_b);
    assert_int_equal(first.job[1].version, 6);
    assert_int_equal(second.count, 1);
    assert_ptr_equal(second.job[0].spec, &spec_a);
    assert_int_equal(second.job[0].version, 4);
    suite_jobs_free(&first);
    suite_jobs_free(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter__rule_name_or_part__matches),
        cmocka_unit_test(jobs__all__by_name_and_version),
        cmocka_unit_test(jobs__ipv6_and_filter__narrow),
        cmocka_unit_test(jobs__shards__are_all_and_none_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
