/* Sequence arithmetic against 64-bit arithmetic, around every boundary it has. */
#include "tcprove/seq.h"

#include "check.h"

static const uint32_t boundaries[] = {0,          1,          2,          0x7ffffffe, 0x7fffffff, 0x80000000,
                                      0x80000001, 0x80000002, 0xfffffffe, 0xffffffff, 1000,       0xfffffc18};
#define BOUNDARIES (sizeof boundaries / sizeof boundaries[0])

/* How far b lies ahead of a, as a signed number; modulo 2^32 half of them are behind. */
static int64_t ahead(uint32_t a, uint32_t b)
{
    int64_t distance = (int64_t)(((uint64_t)b + (1ull << 32) - a) % (1ull << 32));
    return distance > 0x7fffffff ? distance - (1ll << 32) : distance;
}

static void compare__around_every_boundary(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOUNDARIES; i++) {
        for (size_t j = 0; j < BOUNDARIES; j++) {
            uint32_t a = boundaries[i], b = boundaries[i] + boundaries[j];
            int64_t d = ahead(a, b);
            if (d == -0x80000000ll) { continue; } /* half way round neither is ahead; no two numbers in use are */
            assert_int_equal(tcpr_seq_lt(a, b), d > 0);
            assert_int_equal(tcpr_seq_le(a, b), d >= 0);
            assert_int_equal(tcpr_seq_max(a, b), d > 0 ? b : a);
            assert_int_equal(tcpr_seq_min(a, b), d > 0 ? a : b);
            assert_int_equal(tcpr_seq_distance(a, b), boundaries[j]);
        }
    }
}

static void within__around_every_boundary(void **state)
{
    const uint32_t sizes[] = {0, 1, 2, 65535, 1u << 30, 0x7fffffff, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < BOUNDARIES; i++) {
        for (size_t j = 0; j < BOUNDARIES; j++) {
            for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
                uint32_t first = boundaries[i], seq = first + boundaries[j];
                assert_int_equal(tcpr_seq_within(seq, first, sizes[k]), (uint64_t)boundaries[j] < sizes[k]);
            }
        }
    }
}

static void within__edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOUNDARIES; i++) {
        uint32_t first = boundaries[i];
        assert_false(tcpr_seq_within(first, first, 0));
        assert_true(tcpr_seq_within(first, first, 1));
        assert_false(tcpr_seq_within(first - 1, first, 65535));
        assert_true(tcpr_seq_within(first + 65534, first, 65535));
        assert_false(tcpr_seq_within(first + 65535, first, 65535));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare__around_every_boundary),
        cmocka_unit_test(within__around_every_boundary),
        cmocka_unit_test(within__edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
