/*
 * The Internet checksum (RFC 1071). Its sum does not care for byte order as long as the result is stored as it was
 * summed, so octets are added in the machine's own order, four at a time, into a sum too wide to overflow.
 */
#include "octets.h"
#include "tcprove/segment.h"
#include "tcprove/sums.h"

#include <string.h>

#define PROTOCOL_TCP 6u

static uint32_t load_u32(const uint8_t *octets)
{
    uint32_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

/* Four sums side by side: they do not wait for each other. */
static uint64_t sum_blocks(const uint8_t *octets, size_t blocks)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; blocks > 0; blocks--, octets += 16) {
        a += load_u32(octets);
        b += load_u32(octets + 4);
        c += load_u32(octets + 8);
        d += load_u32(octets + 12);
    }
    return a + b + c + d;
}

static uint64_t sum_rest(const uint8_t *octets, size_t len)
{
    uint64_t total = 0;
    for (; len >= 4; len -= 4, octets += 4) {
        total += load_u32(octets);
    }
    uint8_t rest[4] = {0}; /* an odd last octet counts as if a zero followed it */
    memcpy(rest, octets, len);
    return total + load_u32(rest);
}

static uint64_t sum(const uint8_t *octets, size_t len)
{
    return sum_blocks(octets, len / 16) + sum_rest(octets + (len & ~(size_t)15), len & 15);
}

/* Sixteen octets, which compilers take in one operation where the machine has it; halves of 16 bits in lanes of 32. */
typedef uint32_t lanes __attribute__((vector_size(16)));
#define BLOCKS_MAX 0x8000u /* so many cannot fill a lane */

static uint64_t copy_blocks(uint8_t *to, const uint8_t *from, size_t blocks)
{
    lanes low = {0}, high = {0};
    for (; blocks > 0; blocks--, from += sizeof(lanes), to += sizeof(lanes)) {
        lanes block;
        memcpy(&block, from, sizeof block);
        memcpy(to, &block, sizeof block);
        low += block & 0xFFFFu;
        high += block >> 16;
    }
    low += high;
    return (uint64_t)low[0] + low[1] + low[2] + low[3];
}

/* Summed on its way, each octet is fetched once. */
static uint64_t copy(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t total = 0;
    while (len >= sizeof(lanes)) {
        size_t blocks = len / sizeof(lanes) < BLOCKS_MAX ? len / sizeof(lanes) : BLOCKS_MAX,
               octets = blocks * sizeof(lanes);
        total += copy_blocks(to, from, blocks);
        to += octets;
        from += octets;
        len -= octets;
    }
    memcpy(to, from, len);
    return total + sum_rest(to, len);
}

const struct tcpr_sums tcpr_sums_portable = {.sum = sum, .copy = copy};

/* The source and destination address, the length, and the protocol number. */
static uint64_t sum_pseudo_header(const struct tcpr_ip *ip, uint32_t len)
{
    uint8_t tail[8] = {[7] = PROTOCOL_TCP};
    put_u32(tail, len);
    uint64_t total = (uint64_t)load_u32(tail) + load_u32(tail + 4);
    if (ip->version == 6) { return total + sum_blocks(ip->source, 1) + sum_blocks(ip->destination, 1); }
    return total + load_u32(ip->source) + load_u32(ip->destination);
}

uint16_t tcpr_checksum_of(uint64_t sum_of_octets, size_t len, const struct tcpr_ip *ip)
{
    uint64_t total = (sum_of_octets >> 32) + (sum_of_octets & 0xFFFFFFFFu) + sum_pseudo_header(ip, (uint32_t)len);
    total = (total >> 32) + (total & 0xFFFFFFFFu);
    total = (total >> 32) + (total & 0xFFFFFFFFu);
    total = (total >> 16) + (total & 0xFFFFu);
    total = (total >> 16) + (total & 0xFFFFu);
    uint16_t stored = (uint16_t)~total;
    uint8_t in_network_order[2];
    memcpy(in_network_order, &stored, sizeof stored);
    return get_u16(in_network_order);
}

uint16_t tcpr_checksum(const uint8_t *octets, size_t len, const struct tcpr_ip *ip)
{
    return tcpr_checksum_of(sum(octets, len), len, ip);
}
