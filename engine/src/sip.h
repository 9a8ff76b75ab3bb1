/* SipHash: a hash of short messages that nobody without the key can steer. */
#ifndef TCPR_SIP_H
#define TCPR_SIP_H

#include "tcprove/segment.h"

#pragma GCC visibility push(hidden)

/* How many rounds a word takes, and how many the end. */
enum sip { SIP_1_3, SIP_2_4 };

/* Of whole words; the last octet of the last is the message's length, as the algorithm pads it. */
uint64_t sip_hash(const uint8_t key[16], const uint64_t *words, size_t count, enum sip kind);

/* Both addresses as words. @return how many: 1 for IPv4, 4 for IPv6 */
size_t sip_addresses(const struct tcpr_ip *ip, uint64_t words[4]);

/* Eight octets as a word, little-endian. Spelled out, for compilers see one load in it. */
static inline uint64_t sip_load(const uint8_t *o)
{
    return (uint64_t)o[0] | (uint64_t)o[1] << 8 | (uint64_t)o[2] << 16 | (uint64_t)o[3] << 24 | (uint64_t)o[4] << 32 |
           (uint64_t)o[5] << 40 | (uint64_t)o[6] << 48 | (uint64_t)o[7] << 56;
}

#pragma GCC visibility pop

#endif
