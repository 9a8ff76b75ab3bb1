/* Sums with AVX2. */
#include "tcprove/sums_best.h"

#include <immintrin.h>

#define BLOCK 64u
#define AVX2 __attribute__((target("avx2")))

/*
 * As src/checksum.c adds, four numbers of 64 bits at a time. A multiply-add of 16 bits would need an operation less,
 * but processors lower their clock for 256-bit multiplications, and all else pays for that.
 */
struct sums {
    __m256i all, upper;
};

AVX2 static inline void add(struct sums *sums, __m256i block)
{
    sums->all = _mm256_add_epi64(sums->all, block);
    sums->upper = _mm256_add_epi64(sums->upper, _mm256_srli_epi64(block, 32));
}

AVX2 static inline uint64_t total(const struct sums *sums)
{
    __m256i lower = _mm256_sub_epi64(sums->all, _mm256_slli_epi64(sums->upper, 32));
    __m256i both = _mm256_add_epi64(lower, sums->upper);
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    return (uint64_t)_mm_extract_epi64(half, 0) + (uint64_t)_mm_extract_epi64(half, 1);
}

AVX2 static inline __m256i load(const uint8_t *octets)
{
    return _mm256_loadu_si256((const __m256i_u *)octets);
}

AVX2 static inline void store(uint8_t *octets, __m256i block)
{
    _mm256_storeu_si256((__m256i_u *)octets, block);
}

AVX2 static uint64_t sum(const uint8_t *octets, size_t len)
{
    struct sums sums = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (; len >= BLOCK; len -= BLOCK, octets += BLOCK) {
        add(&sums, load(octets));
        add(&sums, load(octets + BLOCK / 2));
    }
    return total(&sums) + tcpr_sum(octets, len);
}

AVX2 static uint64_t copy(uint8_t *to, const uint8_t *from, size_t len)
{
    struct sums sums = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (; len >= BLOCK; len -= BLOCK, from += BLOCK, to += BLOCK) {
        __m256i first = load(from), second = load(from + BLOCK / 2);
        store(to, first);
        store(to + BLOCK / 2, second);
        add(&sums, first);
        add(&sums, second);
    }
    return total(&sums) + tcpr_copy_and_sum(to, from, len);
}

const struct tcpr_sums *tcpr_sums_best(void)
{
    static const struct tcpr_sums with_avx2 = {.sum = sum, .copy = copy};
    return __builtin_cpu_supports("avx2") ? &with_avx2 : &tcpr_sums_portable;
}
