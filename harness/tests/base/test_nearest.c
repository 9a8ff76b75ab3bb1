#include "harness/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const steps[] = {"inject", "expect", "silence", "state", "call"};

static const char *of(const char *word)
{
    return nearest_word(word, steps, sizeof steps / sizeof *steps);
}

static void nearest__one_letter_too_many__is_found(void **unused)
{
    (void)unused;
    assert_string_equal(of("exspect"), "expect");
    assert_string_equal(of("EXPECT"), "expect");
}

static void nearest__swapped_neighbours__count_once(void **unused)
{
    (void)unused;
    assert_string_equal(of("clal"), "call");
    assert_string_equal(of("satte"), "state");
}

static void nearest__nothing_like_it__is_null(void **unused)
{
    (void)unused;
    assert_null(of("retransmit"));
    assert_null(of("q"));
    assert_null(nearest_word("call", steps, 0));
    static const char *const versions[] = {"4", "6"};
    assert_null(nearest_word("5", versions, 2));
}

static void nearest__word_beyond_the_table__is_null(void **unused)
{
    (void)unused;
    assert_null(of("expectexpectexpectexpectexpectexpectexpectexpectexpectexpectexpectexpect"));
    static const char *const longer[] = {"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccall",
                                         "call"};
    assert_string_equal(nearest_word("cal", longer, 2), "call");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest__one_letter_too_many__is_found),
        cmocka_unit_test(nearest__swapped_neighbours__count_once),
        cmocka_unit_test(nearest__nothing_like_it__is_null),
        cmocka_unit_test(nearest__word_beyond_the_table__is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
