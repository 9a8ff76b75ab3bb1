#include "check.h"
#include "tcprove/sums_best.h"

#include <stdlib.h>
#include <string.h>

/* Modulo 65535, but 0 only where all octets are: the one's complement sum of RFC 1071, in the machine's order. */
static uint16_t reference(const uint8_t *octets, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i += 2) {
        uint16_t word = 0;
        memcpy(&word, octets + i, i + 1 < len ? 2 : 1);
        sum += word;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static uint16_t folded(uint64_t sum)
{
    while (sum > 0xFFFF) {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/* Exact blocks, so that ASan sees a step beyond. */
static void check_one(const struct tcpr_sums *sums, const uint8_t *octets, size_t len, size_t off)
{
    uint8_t *from = malloc(off + len + 1), *to = malloc(off + len + 1);
    memcpy(from + off, octets, len);
    to[off + len] = 0xA5;
    assert_int_equal(folded(sums->sum(from + off, len)), reference(octets, len));
    assert_int_equal(folded(sums->copy(to + off, from + off, len)), reference(octets, len));
    assert_memory_equal(to + off, octets, len);
    assert_int_equal(to[off + len], 0xA5);
    free(from);
    free(to);
}

static void check_lengths(const struct tcpr_sums *sums, const uint8_t *octets)
{
    for (size_t len = 0; len <= 300; len++) {
        check_one(sums, octets, len, len % 7);
    }
    const size_t long_ones[] = {1459, 1460, 9000, 65535, 1000001};
    for (size_t n = 0; n < sizeof long_ones / sizeof *long_ones; n++) {
        check_one(sums, octets, long_ones[n], n);
    }
}

#define MOST 1000001u

static void check_octets(const uint8_t *octets)
{
    check_lengths(&tcpr_sums_portable, octets);
    check_lengths(tcpr_sums_best(), octets);
}

static void drawn_octets__have_their_sum_and_are_copied(void **state)
{
    (void)state;
    uint64_t seed = 1071;
    uint8_t *octets = malloc(MOST);
    draw_octets(&seed, octets, MOST);
    check_octets(octets);
    free(octets);
}

static void extreme_octets__have_their_sum(void **state)
{
    (void)state;
    uint8_t *octets = malloc(MOST);
    const uint8_t extremes[] = {0x00, 0x7F, 0x80, 0xFF};
    for (size_t n = 0; n < sizeof extremes; n++) {
        memset(octets, extremes[n], MOST);
        check_octets(octets);
    }
    free(octets);
}

static void codec_by_other_sums__makes_and_takes_the_same(void **state)
{
    (void)state;
    const struct tcpr_ip ip = {.version = 4, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
    const struct tcpr_segment seg = {
        .seq = 7, .control = TCPR_ACK, .text_len = 1000, .options = {.present = TCPR_OPT_TIMESTAMPS, .ts_val = 9}};
    uint8_t text[1000], one[TCPR_HEADER_MAX + 1000], two[TCPR_HEADER_MAX + 1000];
    struct tcpr_segment got, again;
    uint64_t seed = 793;
    draw_octets(&seed, text, sizeof text);
    size_t len = tcpr_segment_emit(&seg, &ip, text, one);
    assert_int_equal(tcpr_segment_emit_by(tcpr_sums_best(), &seg, &ip, text, two), len);
    assert_memory_equal(one, two, len);
    assert_int_equal(tcpr_segment_emit_by(tcpr_sums_best(), &seg, &ip, two + len - 1000, two), len); /* in its place */
    assert_memory_equal(one, two, len);
    assert_int_equal(tcpr_segment_parse(one, len, &ip, &got), TCPR_PARSE_OK);
    assert_int_equal(tcpr_segment_parse_by(tcpr_sums_best(), one, len, &ip, &again), TCPR_PARSE_OK);
    assert_memory_equal(&got, &again, sizeof got);
    one[len - 1] ^= 1;
    assert_int_equal(tcpr_segment_parse_by(tcpr_sums_best(), one, len, &ip, &again), TCPR_PARSE_CHECKSUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_octets__have_their_sum_and_are_copied),
        cmocka_unit_test(extreme_octets__have_their_sum),
        cmocka_unit_test(codec_by_other_sums__makes_and_takes_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
