#include "sample.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *rendered(struct run_result **run, size_t count)
{
    struct suite_result suite = sample_suite(run, count);
    char *text = sample_render("json", &suite, &(struct report){0});
    json_error_t error;
    json_t *document = json_loads(text, 0, &error);
    if (!document) { fail_msg("%d:%d: %s", error.line, error.column, error.text); }
    free(text);
    return document;
}

static json_t *first_run(json_t *document)
{
    json_t *target = json_array_get(json_object_get(document, "targets"), 0);
    return json_array_get(json_object_get(target, "runs"), 0);
}

static const char *string_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void json__failure__has_it_all(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    json_t *document = rendered(&run, 1), *object = first_run(document);
    assert_string_equal(string_of(document, "format"), "tcprove-report");
    assert_string_equal(string_of(object, "verdict"), "fail");
    assert_string_equal(string_of(object, "rule"), "MUST-14");
    assert_int_equal(json_integer_value(json_object_get(object, "line")), 9);
    assert_int_equal(json_array_size(json_object_get(object, "difference")), 3);
    json_t *trace = json_object_get(object, "trace");
    assert_int_equal(json_array_size(trace), 8);
    json_t *text = json_array_get(trace, 4);
    assert_int_equal(strlen(string_of(text, "datagram")), 90);
    assert_string_equal(string_of(text, "datagram") + 80, "68656c6c6f");
    json_t *segment = json_object_get(text, "segment");
    assert_int_equal(json_integer_value(json_object_get(segment, "seq")), 301);
    assert_true(json_is_true(json_object_get(json_array_get(trace, 6), "failing")));
    json_decref(document);
    sample_free(run);
}

static void json__hostile_octets__stay_valid(void **unused)
{
    (void)unused;
    static char hostile[256];
    for (unsigned i = 0; i < 255; i++) {
        hostile[i] = (char)(i + 1);
    }
    struct run_result *run = sample_failure();
    run->name = run->title = run->cell = run->rule = run->reason = run->step = run->file = hostile;
    run->expectation = hostile;
    run->difference[1].got = hostile;
    run->trace.entry[2].text = run->trace.entry[5].rule = hostile;
    json_t *document = rendered(&run, 1);
    assert_non_null(strstr(string_of(first_run(document), "title"), "\\xff"));
    json_decref(document);
    sample_free(run);
}

static void json__rule_status__is_the_worst_seen(void **unused)
{
    (void)unused;
    struct run_result *run[] = {sample_run("a", VERDICT_PASS, NULL, ""), sample_run("b", VERDICT_FAIL, "MUST-14", "no"),
                                sample_run("c", VERDICT_SKIP, NULL, "no state")};
    json_t *document = rendered(run, 3);
    json_t *target = json_array_get(json_object_get(document, "targets"), 0);
    json_t *rules = json_object_get(target, "rules");
    assert_int_equal(json_array_size(rules), 2);
    json_t *must = json_array_get(rules, 1), *other = json_array_get(rules, 0);
    assert_string_equal(string_of(other, "rule"), "RFC5961-3.2-1");
    assert_string_equal(string_of(other, "status"), "kept");
    assert_string_equal(string_of(must, "status"), "broken");
    assert_int_equal(json_integer_value(json_object_get(must, "runs")), 3);
    assert_string_equal(string_of(target, "outcome"), "broken");
    json_decref(document);
    for (size_t i = 0; i < 3; i++) {
        sample_free(run[i]);
    }
}

static void json__no_run__is_undecided(void **unused)
{
    (void)unused;
    json_t *document = rendered(NULL, 0);
    json_t *target = json_array_get(json_object_get(document, "targets"), 0);
    assert_string_equal(string_of(target, "outcome"), "undecided");
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__failure__has_it_all),
        cmocka_unit_test(json__hostile_octets__stay_valid),
        cmocka_unit_test(json__rule_status__is_the_worst_seen),
        cmocka_unit_test(json__no_run__is_undecided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
