/* cmocka with what it needs, octets in blocks of exact size, and a seeded generator. */
#ifndef TESTS_NET_CHECK_H
#define TESTS_NET_CHECK_H

#include "harness/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct tcpr_ip ipv4 = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
static const struct tcpr_ip ipv6 = {.version = 6,
                                    .ttl = 64,
                                    .source = {0x20, 0x01, 0x0D, 0xB8, [15] = 1},
                                    .destination = {0x20, 0x01, 0x0D, 0xB8, [15] = 2}};

/* A copy that ends where ASan looks. To be freed. */
static inline uint8_t *exact(const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0) { memcpy(copy, octets, len); }
    return copy;
}

/* xorshift64*: the same seed gives the same run everywhere. */
static inline uint32_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)(*seed * 0x2545F4914F6CDD1Du >> 32);
}

#endif
