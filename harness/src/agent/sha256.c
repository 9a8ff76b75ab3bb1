/* SHA-256 (FIPS 180-4) and HMAC (FIPS 198-1), for octets that lie in one piece. */
#include "harness/agent.h"
#include "harness/octets.h"

#include <string.h>

#define BLOCK 64u

static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, unsigned by)
{
    return value >> by | value << (32 - by);
}

static void expand(const uint8_t *block, uint32_t word[64])
{
    for (unsigned i = 0; i < 16; i++) {
        word[i] = octets_get_u32(block + 4 * i);
    }
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = word[i - 15], b = word[i - 2];
        word[i] = word[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + word[i - 7] +
                  (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

static void compress(uint32_t hash[8], const uint8_t *block)
{
    uint32_t word[64], v[8];
    expand(block, word);
    memcpy(v, hash, sizeof v);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t first =
            v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + choice + round_constant[i] + word[i];
        uint32_t second = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + majority;
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += first;
        v[0] = first + second;
    }
    for (unsigned i = 0; i < 8; i++) {
        hash[i] += v[i];
    }
}

/* A stretch of whole blocks that may stand before the rest. */
struct stretch {
    const uint8_t *octets;
    size_t len;
};

static void digest(struct stretch before, const uint8_t *octets, size_t len, uint8_t out[32])
{
    uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t last[2 * BLOCK] = {0};
    uint64_t bits = 8 * ((uint64_t)before.len + len);
    for (size_t at = 0; at < before.len; at += BLOCK) {
        compress(hash, before.octets + at);
    }
    for (; len >= BLOCK; len -= BLOCK, octets += BLOCK) {
        compress(hash, octets);
    }
    if (len > 0) { memcpy(last, octets, len); }
    last[len] = 0x80;
    size_t end = len < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    octets_put_u32(last + end - 8, (uint32_t)(bits >> 32));
    octets_put_u32(last + end - 4, (uint32_t)bits);
    for (size_t at = 0; at < end; at += BLOCK) {
        compress(hash, last + at);
    }
    for (unsigned i = 0; i < 8; i++) {
        octets_put_u32(out + 4 * i, hash[i]);
    }
}

void sha256(const uint8_t *octets, size_t len, uint8_t out[32])
{
    digest((struct stretch){0}, octets, len, out);
}

void hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *octets, size_t len, uint8_t out[32])
{
    uint8_t inner[BLOCK] = {0}, outer[BLOCK], inside[32];
    if (key_len > BLOCK) {
        sha256(key, key_len, inner);
    } else if (key_len > 0) {
        memcpy(inner, key, key_len);
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    digest((struct stretch){inner, BLOCK}, octets, len, inside);
    digest((struct stretch){outer, BLOCK}, inside, sizeof inside, out);
}
