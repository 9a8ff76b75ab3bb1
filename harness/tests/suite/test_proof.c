#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ATTEMPTS 20u

static void proof__network_makes_no_mistakes__two_agree(void **unused)
{
    (void)unused;
    for (unsigned made = 1; made <= ATTEMPTS; made++) {
        assert_int_equal(proof_wanted(made, 0), 2);
    }
}

static void proof__mistakes_come_again__more_must_agree(void **unused)
{
    (void)unused;
    assert_int_equal(proof_wanted(4, 0.02), 4);
    assert_int_equal(proof_wanted(5, 0.05), 5);
    assert_int_equal(proof_wanted(4, 0.05), 5); /* four are too few */
    assert_int_equal(proof_wanted(10, 0.05), 7);
    assert_int_equal(proof_wanted(5, 0.15), 6);
    for (unsigned made = 2; made <= ATTEMPTS; made++) {
        assert_true(proof_wanted(made, 0.1) >= proof_wanted(made, 0.05));
        assert_true(proof_wanted(made, 0.1) >= proof_wanted(made - 1, 0.1) || made < 8);
    }
}

static void proof__every_second_mistake_comes_again__hardly_any_number_is_enough(void **unused)
{
    (void)unused;
    assert_true(proof_wanted(ATTEMPTS, 0.5) >= 19);
    assert_true(proof_wanted(10, 0.9) > 10);
}

/* xorshift */
static double draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / (double)(1ull << 53);
}

/* Whether of attempts that all are mistakes, each one of `kinds`, any is believed. */
static bool is_believed(uint64_t *state, unsigned kinds)
{
    unsigned seen[ATTEMPTS] = {0};
    for (unsigned made = 1; made <= ATTEMPTS; made++) {
        unsigned kind = (unsigned)(draw(state) * kinds);
        if (++seen[kind] >= proof_wanted(made, 1.0 / kinds)) { return true; }
    }
    return false;
}

static void proof__nothing_but_mistakes__next_to_none_is_believed(void **unused)
{
    (void)unused;
    uint64_t state = 88172645463325252u;
    for (unsigned kinds = 5; kinds <= ATTEMPTS; kinds += 5) {
        unsigned believed = 0;
        for (unsigned i = 0; i < 20000; i++) {
            believed += is_believed(&state, kinds);
        }
        assert_true(believed <= 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proof__network_makes_no_mistakes__two_agree),
        cmocka_unit_test(proof__mistakes_come_again__more_must_agree),
        cmocka_unit_test(proof__every_second_mistake_comes_again__hardly_any_number_is_enough),
        cmocka_unit_test(proof__nothing_but_mistakes__next_to_none_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
