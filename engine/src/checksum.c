/*
 * The Internet checksum (RFC 1071). Its sum does not care for byte order as long as the result is stored as it was
 * summed, so octets are added in the machine's own order, into sums too wide to overflow.
 */
#include "octets.h"
#include "tcprove/segment.h"
#include "tcprove/sums.h"

#include <string.h>

#define PROTOCOL_TCP 6u

/* Where registers have 32 bits, sums of 64 take two, and lanes of them save nothing. */
#ifndef TCPR_NARROW
#define TCPR_NARROW (SIZE_MAX == UINT32_MAX)
#endif

/*
 * Sixteen octets, which compilers take in one operation where the machine has it, as two numbers of 64 bits. What all
 * of them add up to is only known modulo 2^64, but that and the sum of their upper halves give the sum of their lower
 * ones.
 */
typedef uint64_t lanes __attribute__((vector_size(16)));
#define BLOCK sizeof(lanes)

struct sums {
    lanes all, upper;
};

static inline void add(struct sums *sums, lanes block)
{
    sums->all += block;
    sums->upper += block >> 32;
}

static inline uint64_t total(const struct sums *sums)
{
    lanes both = sums->all - (sums->upper << 32) + sums->upper;
    return both[0] + both[1];
}

static inline lanes load(const uint8_t *octets)
{
    lanes block;
    __builtin_memcpy(&block, octets, sizeof block);
    return block;
}

static inline void store(uint8_t *octets, lanes block)
{
    __builtin_memcpy(octets, &block, sizeof block);
}

/* Four a turn: the loop itself is no small part of this. */
static uint64_t sum_blocks(const uint8_t *octets, size_t blocks)
{
    struct sums sums = {0};
    for (; blocks >= 4; blocks -= 4, octets += 4 * BLOCK) {
        add(&sums, load(octets));
        add(&sums, load(octets + BLOCK));
        add(&sums, load(octets + 2 * BLOCK));
        add(&sums, load(octets + 3 * BLOCK));
    }
    for (; blocks > 0; blocks--, octets += BLOCK) {
        add(&sums, load(octets));
    }
    return total(&sums);
}

static uint64_t copy_blocks(uint8_t *to, const uint8_t *from, size_t blocks)
{
    struct sums sums = {0};
    for (; blocks >= 4; blocks -= 4, from += 4 * BLOCK, to += 4 * BLOCK) {
        lanes first = load(from), second = load(from + BLOCK);
        lanes third = load(from + 2 * BLOCK), fourth = load(from + 3 * BLOCK);
        store(to, first);
        store(to + BLOCK, second);
        store(to + 2 * BLOCK, third);
        store(to + 3 * BLOCK, fourth);
        add(&sums, first);
        add(&sums, second);
        add(&sums, third);
        add(&sums, fourth);
    }
    for (; blocks > 0; blocks--, from += BLOCK, to += BLOCK) {
        store(to, load(from));
        add(&sums, load(from));
    }
    return total(&sums);
}

/* Fewer octets than a block: eight, four, two, one of them. */
static uint64_t sum_rest(const uint8_t *octets, size_t len)
{
    uint64_t sum = 0;
    if (len & 8u) { sum += (uint64_t)load_u32(octets) + load_u32(octets + 4); }
    octets += len & 8u;
    if (len & 4u) { sum += load_u32(octets); }
    octets += len & 4u;
    if (len & 2u) { sum += load_u16(octets); }
    octets += len & 2u;
    const uint8_t last[2] = {len & 1u ? *octets : 0, 0}; /* an odd last octet counts as if a zero followed it */
    return sum + load_u16(last);
}

/* The same, one word a turn. */
static uint64_t sum_words(const uint8_t *octets, size_t len)
{
    uint64_t sum = 0;
    uint8_t last[4] = {0};
    for (; len >= sizeof last; len -= sizeof last, octets += sizeof last) {
        sum += load_u32(octets);
    }
    memcpy(last, octets, len);
    return sum + load_u32(last);
}

uint64_t tcpr_sum(const uint8_t *octets, size_t len)
{
    if (TCPR_NARROW) { return sum_words(octets, len); }
    return sum_blocks(octets, len / BLOCK) + sum_rest(octets + (len - len % BLOCK), len % BLOCK);
}

/* Summed on its way, each octet is fetched once. */
uint64_t tcpr_copy_and_sum(uint8_t *to, const uint8_t *from, size_t len)
{
    if (TCPR_NARROW) { return sum_words(memcpy(to, from, len), len); }
    size_t in_blocks = len - len % BLOCK;
    uint64_t sum = copy_blocks(to, from, len / BLOCK);
    if (len >= BLOCK) {
        store(to + len - BLOCK, load(from + len - BLOCK)); /* the rest, and some of the last block again */
    } else {
        memcpy(to, from, len);
    }
    return sum + sum_rest(from + in_blocks, len % BLOCK);
}

static uint64_t sum_address(const uint8_t address[16], uint8_t version)
{
    if (version != 6) { return load_u32(address); }
    return TCPR_NARROW ? sum_words(address, 16) : sum_blocks(address, 1);
}

/* The source and destination address, the length, and the protocol number. */
static uint64_t sum_pseudo_header(const struct tcpr_ip *ip, uint32_t len)
{
    uint8_t tail[8] = {[7] = PROTOCOL_TCP};
    put_u32(tail, len);
    uint64_t total = (uint64_t)load_u32(tail) + load_u32(tail + 4);
    return total + sum_address(ip->source, ip->version) + sum_address(ip->destination, ip->version);
}

/* Adding a number to itself with its halves exchanged leaves their sum in the upper one, the carry already added. */
uint16_t tcpr_checksum_of(uint64_t sum_of_octets, size_t len, const struct tcpr_ip *ip)
{
    uint64_t total = sum_of_octets + sum_pseudo_header(ip, (uint32_t)len);
    uint32_t half = (uint32_t)((total + (total << 32 | total >> 32)) >> 32);
    uint32_t quarter = (half + (half << 16 | half >> 16)) >> 16;
    uint16_t stored = (uint16_t)~quarter;
    uint8_t in_network_order[2];
    __builtin_memcpy(in_network_order, &stored, sizeof stored);
    return get_u16(in_network_order);
}

uint16_t tcpr_checksum(const uint8_t *octets, size_t len, const struct tcpr_ip *ip)
{
    return tcpr_checksum_of(tcpr_sum(octets, len), len, ip);
}
