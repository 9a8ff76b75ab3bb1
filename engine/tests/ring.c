#include "tcprove/ring.h"

#include "check.h"

#include <stdlib.h>

#define SIZE 16u

/* Every offset within two turns of the ring, every length: what was put is got, and nothing else changed. */
static void every_place_and_length__comes_back(void **state)
{
    (void)state;
    uint8_t *memory = malloc(SIZE); /* exact, so that ASan sees a step beyond */
    struct tcpr_ring ring = {.octets = memory, .size = SIZE};
    for (uint64_t at = 0; at < 2 * SIZE; at++) {
        for (uint32_t len = 0; len <= SIZE; len++) {
            uint8_t before[SIZE], from[SIZE], to[SIZE];
            for (uint32_t i = 0; i < SIZE; i++) {
                before[i] = memory[i] = (uint8_t)(0x80 + i);
                from[i] = (uint8_t)(i + 1);
            }
            tcpr_ring_put(&ring, at, from, len);
            tcpr_ring_get(&ring, at, to, len);
            assert_memory_equal(to, from, len);
            for (uint64_t i = len; i < SIZE; i++) {
                assert_int_equal(memory[(at + i) % SIZE], before[(at + i) % SIZE]);
            }
        }
    }
    free(memory);
}

static void offsets_beyond_32_bits__wrap_on(void **state)
{
    (void)state;
    uint8_t memory[SIZE] = {0}, to[5];
    struct tcpr_ring ring = {.octets = memory, .size = SIZE};
    uint64_t at = ((uint64_t)7 << 32) - 2;
    tcpr_ring_put(&ring, at, (const uint8_t *)"hello", 5);
    tcpr_ring_get(&ring, at, to, 5);
    assert_memory_equal(to, "hello", 5);
    assert_int_equal(memory[SIZE - 2], 'h');
    assert_int_equal(memory[2], 'o');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_and_length__comes_back),
        cmocka_unit_test(offsets_beyond_32_bits__wrap_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
