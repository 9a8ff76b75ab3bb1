#include "harness/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void catalogue__known_id__gives_its_row(void **unused)
{
    (void)unused;
    const struct catalogue_rule *rule = catalogue_find("RFC5961-3.2-1");
    assert_non_null(rule);
    assert_string_equal(rule->id, "RFC5961-3.2-1");
    assert_int_equal(rule->rfc, 5961);
    assert_string_equal(rule->section, "3.2");
    assert_int_equal(rule->level, LEVEL_SHOULD);
}

static void catalogue__every_row__is_found_by_its_id(void **unused)
{
    (void)unused;
    size_t count;
    const struct catalogue_rule *rule = catalogue_rules(&count);
    assert_in_range(count, 800, 4096);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(catalogue_find(rule[i].id), &rule[i]);
        assert_true(strlen(rule[i].summary) > 0);
    }
}

static void catalogue__levels__count_as_their_keyword(void **unused)
{
    (void)unused;
    size_t count, seen[LEVEL_UNKNOWN + 1] = {0};
    const struct catalogue_rule *rule = catalogue_rules(&count);
    for (size_t i = 0; i < count; i++) {
        seen[rule[i].level]++;
        if (strncmp(rule[i].level_text, "MUST", 4) == 0) { assert_int_equal(rule[i].level, LEVEL_MUST); }
        if (strcmp(rule[i].level_text, "RECOMMENDED") == 0) { assert_int_equal(rule[i].level, LEVEL_SHOULD); }
    }
    assert_true(seen[LEVEL_MUST] > 0 && seen[LEVEL_SHOULD] > 0 && seen[LEVEL_MAY] > 0 && seen[LEVEL_STATED] > 0);
    assert_int_equal(seen[LEVEL_UNKNOWN], 0);
}

static void catalogue__what_cannot_be_decided__has_a_reason(void **unused)
{
    (void)unused;
    assert_true(catalogue_is_decidable(catalogue_find("MUST-3")));
    assert_null(catalogue_find("MUST-3")->undecided);
    assert_false(catalogue_is_decidable(catalogue_find("MUST-49")));
    assert_string_equal(catalogue_find("MUST-49")->undecided, "no call sets the TTL");
    size_t count;
    const struct catalogue_rule *rule = catalogue_rules(&count);
    for (size_t i = 0; i < count; i++) {
        if (rule[i].rfc == 9293 && !catalogue_is_decidable(&rule[i])) { assert_non_null(rule[i].undecided); }
    }
}

static void catalogue__unknown_id__is_null_and_names_the_nearest(void **unused)
{
    (void)unused;
    assert_null(catalogue_find("MUST-999"));
    assert_null(catalogue_find(""));
    assert_string_equal(catalogue_nearest("RFC5961-3.2-1x"), "RFC5961-3.2-1");
    assert_null(catalogue_nearest("whatever it is"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalogue__known_id__gives_its_row),
        cmocka_unit_test(catalogue__every_row__is_found_by_its_id),
        cmocka_unit_test(catalogue__levels__count_as_their_keyword),
        cmocka_unit_test(catalogue__what_cannot_be_decided__has_a_reason),
        cmocka_unit_test(catalogue__unknown_id__is_null_and_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
