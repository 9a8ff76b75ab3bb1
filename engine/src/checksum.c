/*
 * The Internet checksum (RFC 1071). Its sum does not care for byte order as long as the result is stored as it was
 * summed, so octets are added in the machine's own order, into sums too wide to overflow.
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

/* Sixteen octets, which compilers take in one operation where the machine has it; halves of 16 bits in lanes of 32. */
typedef uint32_t lanes __attribute__((vector_size(16)));
#define BLOCK sizeof(lanes)
#define BLOCKS_MAX ((size_t)0x8000) /* so many cannot fill a lane */

struct sums {
    lanes low, high;
};

static inline void add(struct sums *sums, lanes block)
{
    sums->low += block & 0xFFFFu;
    sums->high += block >> 16;
}

static inline uint64_t total(const struct sums *sums)
{
    lanes both = sums->low + sums->high;
    return (uint64_t)both[0] + both[1] + both[2] + both[3];
}

static inline lanes load(const uint8_t *octets)
{
    lanes block;
    memcpy(&block, octets, sizeof block);
    return block;
}

static inline lanes move(uint8_t *to, const uint8_t *from)
{
    lanes block = load(from);
    memcpy(to, &block, sizeof block);
    return block;
}

static inline size_t some_blocks(size_t len)
{
    return len / BLOCK < BLOCKS_MAX ? len / BLOCK : BLOCKS_MAX;
}

/* Two a turn: the loop itself is no small part of this. */
static uint64_t sum_blocks(const uint8_t *octets, size_t blocks)
{
    struct sums sums = {0};
    for (; blocks > 1; blocks -= 2, octets += 2 * BLOCK) {
        add(&sums, load(octets));
        add(&sums, load(octets + BLOCK));
    }
    if (blocks > 0) { add(&sums, load(octets)); }
    return total(&sums);
}

static uint64_t copy_blocks(uint8_t *to, const uint8_t *from, size_t blocks)
{
    struct sums sums = {0};
    for (; blocks > 1; blocks -= 2, from += 2 * BLOCK, to += 2 * BLOCK) {
        add(&sums, move(to, from));
        add(&sums, move(to + BLOCK, from + BLOCK));
    }
    if (blocks > 0) { add(&sums, move(to, from)); }
    return total(&sums);
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

uint64_t tcpr_sum(const uint8_t *octets, size_t len)
{
    uint64_t all = 0;
    for (size_t blocks; (blocks = some_blocks(len)) > 0; octets += blocks * BLOCK, len -= blocks * BLOCK) {
        all += sum_blocks(octets, blocks);
    }
    return all + sum_rest(octets, len);
}

/* Summed on its way, each octet is fetched once. */
uint64_t tcpr_copy_and_sum(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t all = 0;
    for (size_t blocks; (blocks = some_blocks(len)) > 0; len -= blocks * BLOCK) {
        all += copy_blocks(to, from, blocks);
        to += blocks * BLOCK;
        from += blocks * BLOCK;
    }
    memcpy(to, from, len);
    return all + sum_rest(to, len);
}

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
    return tcpr_checksum_of(tcpr_sum(octets, len), len, ip);
}
