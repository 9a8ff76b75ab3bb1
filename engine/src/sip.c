#include "sip.h"

struct sip_state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t value, unsigned left)
{
    return value << left | value >> (64 - left);
}

static inline void mix(struct sip_state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

uint64_t sip_hash(const uint8_t key[16], const uint64_t *words, size_t count, enum sip kind)
{
    uint64_t k0 = sip_load(key), k1 = sip_load(key + 8);
    struct sip_state s = {.v0 = k0 ^ 0x736F6D6570736575u,
                          .v1 = k1 ^ 0x646F72616E646F6Du,
                          .v2 = k0 ^ 0x6C7967656E657261u,
                          .v3 = k1 ^ 0x7465646279746573u};
    for (size_t i = 0; i < count; i++) {
        s.v3 ^= words[i];
        mix(&s);
        if (kind == SIP_2_4) { mix(&s); }
        s.v0 ^= words[i];
    }
    s.v2 ^= 0xFF;
    mix(&s);
    mix(&s);
    mix(&s);
    if (kind == SIP_2_4) { mix(&s); }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

size_t sip_addresses(const struct tcpr_ip *ip, uint64_t words[4])
{
    words[0] = sip_load(ip->source);
    if (ip->version != 6) {
        words[0] = (words[0] & UINT32_MAX) | sip_load(ip->destination) << 32;
        return 1;
    }
    words[1] = sip_load(ip->source + 8);
    words[2] = sip_load(ip->destination);
    words[3] = sip_load(ip->destination + 8);
    return 4;
}
