/* Sums with AVX2. */
#include "tcprove/sums_best.h"

#include <immintrin.h>

#define BLOCK 64u
#define BLOCKS_MAX 0x2000u         /* so many cannot fill a lane: each adds at most 2^17 to it */
#define BIAS_OF_BLOCK (32u << 15u) /* 32 words, each taken for less by 2^15 */

#define AVX2 __attribute__((target("avx2")))

/* There is no unsigned multiply-add of 16 bits, so words are moved to -2^15 and up. */
AVX2 static inline __m256i sum_pairs(__m256i words)
{
    return _mm256_madd_epi16(_mm256_xor_si256(words, _mm256_set1_epi16(INT16_MIN)), _mm256_set1_epi16(1));
}

AVX2 static inline uint64_t add_lanes(__m256i lanes, size_t blocks)
{
    int32_t lane[8];
    int64_t total = (int64_t)blocks * BIAS_OF_BLOCK;
    _mm256_storeu_si256((__m256i_u *)lane, lanes);
    for (unsigned n = 0; n < 8; n++) {
        total += lane[n];
    }
    return (uint64_t)total;
}

static inline size_t some_blocks(size_t len)
{
    return len / BLOCK < BLOCKS_MAX ? len / BLOCK : BLOCKS_MAX;
}

AVX2 static uint64_t sum(const uint8_t *octets, size_t len)
{
    uint64_t total = 0;
    while (len >= BLOCK) {
        __m256i a = _mm256_setzero_si256(), b = a;
        size_t blocks = some_blocks(len);
        len -= blocks * BLOCK;
        for (size_t n = 0; n < blocks; n++, octets += BLOCK) {
            a = _mm256_add_epi32(a, sum_pairs(_mm256_loadu_si256((const __m256i_u *)octets)));
            b = _mm256_add_epi32(b, sum_pairs(_mm256_loadu_si256((const __m256i_u *)(octets + 32))));
        }
        total += add_lanes(_mm256_add_epi32(a, b), blocks);
    }
    return total + tcpr_sum(octets, len);
}

AVX2 static uint64_t copy(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t total = 0;
    while (len >= BLOCK) {
        __m256i a = _mm256_setzero_si256(), b = a;
        size_t blocks = some_blocks(len);
        len -= blocks * BLOCK;
        for (size_t n = 0; n < blocks; n++, from += BLOCK, to += BLOCK) {
            __m256i first = _mm256_loadu_si256((const __m256i_u *)from);
            __m256i second = _mm256_loadu_si256((const __m256i_u *)(from + 32));
            _mm256_storeu_si256((__m256i_u *)to, first);
            _mm256_storeu_si256((__m256i_u *)(to + 32), second);
            a = _mm256_add_epi32(a, sum_pairs(first));
            b = _mm256_add_epi32(b, sum_pairs(second));
        }
        total += add_lanes(_mm256_add_epi32(a, b), blocks);
    }
    return total + tcpr_copy_and_sum(to, from, len);
}

const struct tcpr_sums *tcpr_sums_best(void)
{
    static const struct tcpr_sums with_avx2 = {.sum = sum, .copy = copy};
    return __builtin_cpu_supports("avx2") ? &with_avx2 : &tcpr_sums_portable;
}
