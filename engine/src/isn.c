/* Initial sequence numbers (RFC 6528): M + F(connection, secret), where F is SipHash-2-4. */
#include "octets.h"
#include "tcprove/conn.h"

#include <string.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned left)
{
    return value << left | value >> (64 - left);
}

static uint64_t little_endian(const uint8_t *octets)
{
    uint64_t value = 0;
    for (unsigned i = 8; i > 0; i--) {
        value = value << 8 | octets[i - 1];
    }
    return value;
}

static void sip_round(struct sip *s)
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

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

static uint64_t sip_end(struct sip *s)
{
    s->v2 ^= 0xFF;
    for (unsigned i = 0; i < 4; i++) {
        sip_round(s);
    }
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* SipHash-2-4 of whole words; the last octet of the last is the message's length, as the algorithm pads it. */
static uint64_t sip_hash(const uint8_t key[16], const uint8_t *message, size_t words)
{
    uint64_t k0 = little_endian(key), k1 = little_endian(key + 8);
    struct sip s = {.v0 = k0 ^ 0x736F6D6570736575u,
                    .v1 = k1 ^ 0x646F72616E646F6Du,
                    .v2 = k0 ^ 0x6C7967656E657261u,
                    .v3 = k1 ^ 0x7465646279746573u};
    for (size_t i = 0; i < words; i++) {
        sip_word(&s, little_endian(message + 8 * i));
    }
    return sip_end(&s);
}

#define MESSAGE_LEN 37u /* version, two addresses, two ports */
#define MESSAGE_WORDS 5u

uint32_t tcpr_isn_key(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                      uint16_t remote_port)
{
    uint8_t message[8 * MESSAGE_WORDS] = {[8 * MESSAGE_WORDS - 1] = MESSAGE_LEN};
    size_t address_len = outgoing->version == 6 ? 16 : 4;
    memcpy(message, outgoing->source, address_len);
    memcpy(message + 16, outgoing->destination, address_len);
    put_u16(message + 32, local_port);
    put_u16(message + 34, remote_port);
    message[36] = outgoing->version;
    return (uint32_t)sip_hash(secret, message, MESSAGE_WORDS);
}

uint32_t tcpr_isn(uint32_t isn_key, tcpr_time now)
{
    return isn_key + (uint32_t)(now >> 2); /* MUST-8: a tick is 4 us */
}
