/* What every test of the engine includes: cmocka with what it needs, and a seeded generator. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* xorshift64*: the same seed gives the same run everywhere. */
static inline uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545F4914F6CDD1Du;
}

/* 0 =< result < n */
static inline uint32_t draw_below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)((draw(seed) >> 32) * n >> 32);
}

static inline void draw_octets(uint64_t *seed, uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(draw(seed) >> 56);
    }
}

#endif
