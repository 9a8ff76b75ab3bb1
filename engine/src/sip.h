/* SipHash: a hash of short messages that nobody without the key can steer. */
#ifndef TCPR_SIP_H
#define TCPR_SIP_H

#include <stddef.h>
#include <stdint.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t sip_rotate(uint64_t value, unsigned left)
{
    return value << left | value >> (64 - left);
}

/* Little-endian. Spelled out, for compilers see one load in it. */
static inline uint64_t sip_load(const uint8_t *o)
{
    return (uint64_t)o[0] | (uint64_t)o[1] << 8 | (uint64_t)o[2] << 16 | (uint64_t)o[3] << 24 | (uint64_t)o[4] << 32 |
           (uint64_t)o[5] << 40 | (uint64_t)o[6] << 48 | (uint64_t)o[7] << 56;
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = sip_rotate(s->v1, 13) ^ s->v0;
    s->v3 = sip_rotate(s->v3, 16) ^ s->v2;
    s->v0 = sip_rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = sip_rotate(s->v1, 17) ^ s->v2;
    s->v3 = sip_rotate(s->v3, 21) ^ s->v0;
    s->v2 = sip_rotate(s->v2, 32);
}

static inline struct sip sip_begin(const uint8_t key[16])
{
    uint64_t k0 = sip_load(key), k1 = sip_load(key + 8);
    return (struct sip){.v0 = k0 ^ 0x736F6D6570736575u,
                        .v1 = k1 ^ 0x646F72616E646F6Du,
                        .v2 = k0 ^ 0x6C7967656E657261u,
                        .v3 = k1 ^ 0x7465646279746573u};
}

static inline void sip_word(struct sip *s, uint64_t word, unsigned rounds)
{
    s->v3 ^= word;
    for (unsigned i = 0; i < rounds; i++) {
        sip_round(s);
    }
    s->v0 ^= word;
}

static inline uint64_t sip_end(struct sip *s, unsigned rounds)
{
    s->v2 ^= 0xFF;
    for (unsigned i = 0; i < rounds; i++) {
        sip_round(s);
    }
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif
