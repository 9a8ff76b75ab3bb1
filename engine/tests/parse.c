#include "check.h"
#include "tcprove/segment.h"

#include <stdlib.h>
#include <string.h>

static const struct tcpr_ip ipv4 = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
static const struct tcpr_ip ipv6 = {.version = 6,
                                    .ttl = 64,
                                    .source = {0x20, 0x01, 0x0D, 0xB8, [15] = 1},
                                    .destination = {0x20, 0x01, 0x0D, 0xB8, [15] = 2}};

/* Parse out of a block of exactly `len` octets, so that ASan sees a read beyond. */
static enum tcpr_parse parse_exact(const uint8_t *octets, size_t len, struct tcpr_segment *out)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0) { memcpy(copy, octets, len); }
    memset(out, 0xA5, sizeof *out);
    enum tcpr_parse why = tcpr_segment_parse_verified(copy + (len == 0), len, out);
    free(copy);
    return why;
}

/* A header whose options are the given ones; `len` is a multiple of four. */
static enum tcpr_parse parse_options(const uint8_t *options, size_t len, struct tcpr_segment *out)
{
    uint8_t octets[TCPR_HEADER_MAX] = {0x12, 0x34, 0, 80};
    octets[12] = (uint8_t)((TCPR_HEADER_MIN + len) / 4 << 4);
    octets[13] = TCPR_ACK;
    memcpy(octets + TCPR_HEADER_MIN, options, len);
    return parse_exact(octets, TCPR_HEADER_MIN + len, out);
}

#define OPTIONS(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void every_field__is_read(void **state)
{
    (void)state;
    const uint8_t octets[23] = {0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 1,   2,   3,  4,
                                0x5B, 0xC3, 0xFE, 0xDC, 0,    0,    0xBA, 0x98, 'a', 'b', 'c'};
    struct tcpr_segment seg;
    assert_int_equal(parse_exact(octets, sizeof octets, &seg), TCPR_PARSE_OK);
    const struct tcpr_segment expected = {.seq = 0x9ABCDEF0,
                                          .ack = 0x01020304,
                                          .text_len = 3,
                                          .source_port = 0x1234,
                                          .destination_port = 0x5678,
                                          .window = 0xFEDC,
                                          .urgent = 0xBA98,
                                          .control = TCPR_SYN | TCPR_FIN | TCPR_ECE | TCPR_CWR | TCPR_AE,
                                          .reserved = 5,
                                          .header_len = 20};
    assert_memory_equal(&seg, &expected, sizeof seg);
    assert_int_equal(tcpr_segment_len(&seg), 5);
}

static void fewer_than_20_octets__short(void **state)
{
    (void)state;
    const uint8_t octets[TCPR_HEADER_MIN] = {0xFF, 0xFF, [12] = 0x50};
    const struct tcpr_segment nothing = {0};
    for (size_t len = 0; len < TCPR_HEADER_MIN; len++) {
        struct tcpr_segment seg;
        assert_int_equal(parse_exact(octets, len, &seg), TCPR_PARSE_SHORT);
        assert_memory_equal(&seg, &nothing, sizeof seg);
    }
}

static void data_offset_below_5__named_and_shown(void **state)
{
    (void)state;
    for (uint8_t words = 0; words < 5; words++) {
        uint8_t octets[TCPR_HEADER_MAX] = {0, 7, [12] = (uint8_t)(words << 4), [13] = TCPR_SYN};
        struct tcpr_segment seg;
        assert_int_equal(parse_exact(octets, sizeof octets, &seg), TCPR_PARSE_DATA_OFFSET);
        assert_int_equal(seg.source_port, 7);
        assert_int_equal(seg.control, TCPR_SYN);
        assert_int_equal(seg.header_len, words * 4);
        assert_int_equal(seg.text_len, 0);
    }
}

static void data_offset_beyond_the_end__header_cut(void **state)
{
    (void)state;
    for (uint8_t words = 6; words < 16; words++) {
        uint8_t octets[TCPR_HEADER_MAX] = {[12] = (uint8_t)(words << 4)};
        struct tcpr_segment seg;
        assert_int_equal(parse_exact(octets, words * 4u - 1, &seg), TCPR_PARSE_HEADER_CUT);
        assert_int_equal(seg.text_len, 0);
        assert_int_equal(parse_exact(octets, words * 4u, &seg), TCPR_PARSE_OK);
    }
}

static void wrong_checksum__named_before_options(void **state)
{
    (void)state;
    const struct tcpr_segment sent = {.seq = 9, .control = TCPR_SYN};
    uint8_t octets[24];
    tcpr_segment_emit(&sent, &ipv4, NULL, octets);
    struct tcpr_segment seg;
    assert_int_equal(tcpr_segment_parse(octets, 20, &ipv4, &seg), TCPR_PARSE_OK);
    assert_int_equal(tcpr_segment_parse(octets, 20, &ipv6, &seg), TCPR_PARSE_CHECKSUM);
    octets[16] ^= 1;
    assert_int_equal(tcpr_segment_parse(octets, 20, &ipv4, &seg), TCPR_PARSE_CHECKSUM);
    assert_int_equal(seg.seq, 9);
    octets[12] = 0x60;
    octets[20] = TCPR_KIND_MSS; /* and an option of length 0 */
    octets[21] = 0;
    assert_int_equal(tcpr_segment_parse(octets, 24, &ipv4, &seg), TCPR_PARSE_CHECKSUM);
    assert_int_equal(tcpr_segment_parse_verified(octets, 24, &seg), TCPR_PARSE_OPTION_LENGTH);
}

static void more_than_a_datagram_carries__too_long(void **state)
{
    (void)state;
    static uint8_t octets[65536] = {[12] = 0x50};
    struct tcpr_segment seg;
    assert_int_equal(tcpr_segment_parse(octets, 65516, &ipv4, &seg), TCPR_PARSE_TOO_LONG);
    assert_int_equal(tcpr_segment_parse(octets, 65515, &ipv4, &seg), TCPR_PARSE_CHECKSUM);
    assert_int_equal(tcpr_segment_parse(octets, 65536, &ipv6, &seg), TCPR_PARSE_TOO_LONG);
    assert_int_equal(tcpr_segment_parse(octets, 65535, &ipv6, &seg), TCPR_PARSE_CHECKSUM);
}

static void option_length_0_or_1__named(void **state)
{
    (void)state;
    const uint8_t kinds[] = {TCPR_KIND_MSS,  TCPR_KIND_WINDOW_SCALE, TCPR_KIND_SACK_PERMITTED,
                             TCPR_KIND_SACK, TCPR_KIND_TIMESTAMPS,   253};
    struct tcpr_segment seg;
    for (size_t i = 0; i < sizeof kinds; i++) {
        assert_int_equal(parse_options(OPTIONS(kinds[i], 0, 0, 0), &seg), TCPR_PARSE_OPTION_LENGTH);
        assert_int_equal(parse_options(OPTIONS(kinds[i], 1, 0, 0), &seg), TCPR_PARSE_OPTION_LENGTH);
    }
}

static void option_past_the_header__named_and_earlier_ones_shown(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(2, 4, 5, 180, 8, 10, 0, 0), &seg), TCPR_PARSE_OPTION_LENGTH);
    assert_int_equal(seg.options.present, TCPR_OPT_MSS);
    assert_int_equal(seg.options.mss, 1460);
    assert_int_equal(parse_options(OPTIONS(253, 5, 0, 0), &seg), TCPR_PARSE_OPTION_LENGTH);
    assert_int_equal(parse_options(OPTIONS(253, 255, 0, 0), &seg), TCPR_PARSE_OPTION_LENGTH);
    assert_int_equal(parse_options(OPTIONS(253, 4, 0, 0), &seg), TCPR_PARSE_OK);
}

static void kind_in_the_last_octet__option_cut(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(1, 1, 1, 8), &seg), TCPR_PARSE_OPTION_CUT);
    assert_int_equal(parse_options(OPTIONS(3, 3, 7, 253), &seg), TCPR_PARSE_OPTION_CUT);
    assert_int_equal(seg.options.window_scale, 7);
    assert_int_equal(parse_options(OPTIONS(3, 3, 7, 1), &seg), TCPR_PARSE_OK);
    assert_int_equal(parse_options(OPTIONS(3, 3, 7, 0), &seg), TCPR_PARSE_OK);
}

static void each_known_option__is_read(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(2, 4, 0x12, 0x34), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_MSS);
    assert_int_equal(seg.options.mss, 0x1234);
    assert_int_equal(parse_options(OPTIONS(3, 3, 255, 0), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_WINDOW_SCALE);
    assert_int_equal(seg.options.window_scale, 255);
    assert_int_equal(parse_options(OPTIONS(4, 2, 0, 0), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_SACK_PERMITTED);
    assert_int_equal(parse_options(OPTIONS(8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_TIMESTAMPS);
    assert_int_equal(seg.options.ts_val, 0x01020304);
    assert_int_equal(seg.options.ts_ecr, 0x05060708);
    assert_int_equal(seg.options.skipped_at, 0);
}

static void one_to_four_sack_blocks__are_read_as_sent(void **state)
{
    (void)state;
    for (uint8_t blocks = 1; blocks <= 4; blocks++) {
        uint8_t options[36] = {1, 1, 5, (uint8_t)(2 + 8 * blocks)};
        for (uint8_t i = 0; i < 8 * blocks; i++) {
            options[4 + i] = (uint8_t)(0xF0 - i); /* each block reversed */
        }
        struct tcpr_segment seg;
        assert_int_equal(parse_options(options, 4u + 8u * blocks, &seg), TCPR_PARSE_OK);
        assert_int_equal(seg.options.present, TCPR_OPT_SACK);
        assert_int_equal(seg.options.sack_count, blocks);
        assert_int_equal(seg.options.sack[0].first, 0xF0EFEEEDu);
        assert_int_equal(seg.options.sack[blocks - 1].end, 0xECEBEAE9u - (blocks - 1) * 0x08080808u);
    }
}

/* MUST-64 */
static void options_at_odd_octets__are_read(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 3, 3, 9, 4, 2, 2, 4, 5, 180), &seg),
                     TCPR_PARSE_OK);
    assert_int_equal(seg.options.present,
                     TCPR_OPT_TIMESTAMPS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_MSS);
    assert_int_equal(seg.options.ts_val, 1);
    assert_int_equal(seg.options.ts_ecr, 2);
    assert_int_equal(seg.options.window_scale, 9);
    assert_int_equal(seg.options.mss, 1460);
    assert_int_equal(seg.options.skipped_at, 0);
}

/* MUST-6 */
static void unknown_option__is_skipped_and_later_ones_read(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(1, 253, 5, 0, 0, 0, 2, 4, 5, 180, 254, 2), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_MSS);
    assert_int_equal(seg.options.mss, 1460);
    assert_int_equal(seg.options.skipped_at, 1u << 1 | 1u << 10);
}

static void unknown_option_at_the_last_place__is_seen(void **state)
{
    (void)state;
    uint8_t options[40];
    memset(options, TCPR_KIND_NOP, sizeof options);
    options[38] = 200;
    options[39] = 2;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(options, sizeof options, &seg), TCPR_PARSE_OK);
    assert_true(seg.options.skipped_at == (uint64_t)1 << 38);
}

static void after_eol__nothing_is_read(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(0, 2, 4, 5, 180, 253, 0, 8), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, 0);
    assert_int_equal(seg.options.skipped_at, 0);
}

static void known_kind_of_wrong_length__is_skipped(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    const struct {
        uint8_t kind, right;
    } known[] = {{2, 4}, {3, 3}, {4, 2}, {8, 10}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (uint8_t len = 2; len <= 40; len++) {
            uint8_t options[40] = {known[i].kind, len};
            assert_int_equal(parse_options(options, 40, &seg), TCPR_PARSE_OK);
            assert_int_equal(seg.options.present != 0, len == known[i].right);
            assert_int_equal(seg.options.skipped_at, len != known[i].right);
        }
    }
    for (uint8_t len = 2; len <= 40; len++) { /* RFC7413-4.1.1-1, RFC7413-4.1.1-2 */
        uint8_t options[40] = {TCPR_KIND_FAST_OPEN, len, len > 2 ? 7 : 0};
        bool right = len == 2 || (len >= 6 && len <= 18 && len % 2 == 0);
        assert_int_equal(parse_options(options, 40, &seg), TCPR_PARSE_OK);
        assert_int_equal(seg.options.present == TCPR_OPT_FAST_OPEN, right);
        assert_int_equal(seg.options.skipped_at, !right);
        assert_int_equal(seg.options.cookie_len, right ? len - 2 : 0);
        assert_int_equal(seg.options.cookie[0], right && len > 2 ? 7 : 0);
    }
    for (uint8_t len = 2; len <= 40; len++) {
        uint8_t options[40] = {TCPR_KIND_SACK, len};
        bool right = len == 10 || len == 18 || len == 26 || len == 34;
        assert_int_equal(parse_options(options, 40, &seg), TCPR_PARSE_OK);
        assert_int_equal(seg.options.present == TCPR_OPT_SACK, right);
        assert_int_equal(seg.options.skipped_at, !right);
    }
}

static void repeated_option__first_counts(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(2, 4, 0, 1, 2, 4, 0, 2, 3, 3, 1, 3, 3, 2, 4, 2, 4, 2, 0, 0), &seg),
                     TCPR_PARSE_OK);
    assert_int_equal(seg.options.mss, 1);
    assert_int_equal(seg.options.window_scale, 1);
    assert_int_equal(seg.options.skipped_at, 1u << 4 | 1u << 11 | 1u << 16);
    uint8_t stamps[20] = {8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4};
    assert_int_equal(parse_options(stamps, sizeof stamps, &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.ts_val, 1);
    assert_int_equal(seg.options.ts_ecr, 2);
    assert_int_equal(seg.options.skipped_at, 1u << 10);
    uint8_t sacks[36] = {5, 18, [18] = 5, [19] = 10, [20] = 9};
    assert_int_equal(parse_options(sacks, sizeof sacks, &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.sack_count, 2);
    assert_int_equal(seg.options.sack[0].first, 0);
    assert_int_equal(seg.options.skipped_at, 1u << 18);
}

/* They share their place: the one belongs to SYNs, the other does not. */
static void sack_and_fast_open__first_counts(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    uint8_t cookie_first[16] = {34, 6, 1, 2, 3, 4, 5, 10}, sack_first[16] = {5, 10, [10] = 34, [11] = 6};
    assert_int_equal(parse_options(cookie_first, sizeof cookie_first, &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_FAST_OPEN);
    assert_int_equal(seg.options.cookie_len, 4);
    assert_memory_equal(seg.options.cookie, ((const uint8_t[16]){1, 2, 3, 4}), 16);
    assert_int_equal(seg.options.skipped_at, 1u << 6);
    assert_int_equal(parse_options(sack_first, sizeof sack_first, &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_SACK);
    assert_int_equal(seg.options.cookie_len, 0);
    assert_int_equal(seg.options.skipped_at, 1u << 10);
}

/* A first one that is malformed was no occurrence. */
static void right_option_after_one_of_wrong_length__counts(void **state)
{
    (void)state;
    struct tcpr_segment seg;
    assert_int_equal(parse_options(OPTIONS(2, 3, 9, 2, 4, 5, 180, 0), &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.mss, 1460);
    assert_int_equal(seg.options.skipped_at, 1);
}

/* Both ways through the parser give the same value: what stands aligned, and the same after a detour. */
static void aligned_timestamps__read_as_unaligned_ones(void **state)
{
    (void)state;
    struct tcpr_segment fast, slow;
    assert_int_equal(parse_options(OPTIONS(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8), &fast), TCPR_PARSE_OK);
    assert_int_equal(parse_options(OPTIONS(8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1), &slow), TCPR_PARSE_OK);
    assert_memory_equal(&fast, &slow, sizeof fast);
}

/* Random octets, mostly with a data offset that lets the options be reached; ASan guards the block. */
static void random_octets__never_read_out_of_bounds(void **state)
{
    (void)state;
    uint64_t seed = 9293;
    unsigned seen[TCPR_PARSE_TOO_LONG + 1] = {0};
    for (unsigned round = 0; round < 60000; round++) {
        uint8_t octets[80];
        size_t len = draw_below(&seed, sizeof octets + 1);
        draw_octets(&seed, octets, len);
        for (size_t at = TCPR_HEADER_MIN; at < len && round % 2; at++) {
            octets[at] &= 15; /* known kinds and likely lengths */
        }
        struct tcpr_segment seg;
        enum tcpr_parse why = parse_exact(octets, len, &seg);
        seen[why]++;
        if (why == TCPR_PARSE_OK) { assert_int_equal(seg.header_len + seg.text_len, len); }
        assert_true(seg.options.sack_count <= TCPR_SACK_BLOCKS_MAX);
        assert_true(seg.reserved <= 7 && seg.control <= 0x1FF);
    }
    assert_true(seen[TCPR_PARSE_OK] > 0 && seen[TCPR_PARSE_SHORT] > 0 && seen[TCPR_PARSE_DATA_OFFSET] > 0);
    assert_true(seen[TCPR_PARSE_HEADER_CUT] > 0 && seen[TCPR_PARSE_OPTION_LENGTH] > 0);
    assert_true(seen[TCPR_PARSE_OPTION_CUT] > 0);
}

static void every_fault__has_words_of_its_own(void **state)
{
    (void)state;
    for (int a = TCPR_PARSE_OK; a <= TCPR_PARSE_TOO_LONG; a++) {
        assert_true(strlen(tcpr_parse_text((enum tcpr_parse)a)) > 5);
        for (int b = TCPR_PARSE_OK; b < a; b++) {
            assert_string_not_equal(tcpr_parse_text((enum tcpr_parse)a), tcpr_parse_text((enum tcpr_parse)b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field__is_read),
        cmocka_unit_test(fewer_than_20_octets__short),
        cmocka_unit_test(data_offset_below_5__named_and_shown),
        cmocka_unit_test(data_offset_beyond_the_end__header_cut),
        cmocka_unit_test(wrong_checksum__named_before_options),
        cmocka_unit_test(more_than_a_datagram_carries__too_long),
        cmocka_unit_test(option_length_0_or_1__named),
        cmocka_unit_test(option_past_the_header__named_and_earlier_ones_shown),
        cmocka_unit_test(kind_in_the_last_octet__option_cut),
        cmocka_unit_test(each_known_option__is_read),
        cmocka_unit_test(one_to_four_sack_blocks__are_read_as_sent),
        cmocka_unit_test(options_at_odd_octets__are_read),
        cmocka_unit_test(unknown_option__is_skipped_and_later_ones_read),
        cmocka_unit_test(unknown_option_at_the_last_place__is_seen),
        cmocka_unit_test(after_eol__nothing_is_read),
        cmocka_unit_test(known_kind_of_wrong_length__is_skipped),
        cmocka_unit_test(repeated_option__first_counts),
        cmocka_unit_test(sack_and_fast_open__first_counts),
        cmocka_unit_test(right_option_after_one_of_wrong_length__counts),
        cmocka_unit_test(aligned_timestamps__read_as_unaligned_ones),
        cmocka_unit_test(random_octets__never_read_out_of_bounds),
        cmocka_unit_test(every_fault__has_words_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
