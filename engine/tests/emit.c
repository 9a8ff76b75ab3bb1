#include "check.h"
#include "tcprove/segment.h"

#include <stdlib.h>
#include <string.h>

static const struct tcpr_ip ipv4 = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};

static const uint8_t all_bits =
    TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_SACK | TCPR_OPT_TIMESTAMPS;

static const uint8_t syn_bits =
    TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_FAST_OPEN | TCPR_OPT_TIMESTAMPS;

/* SACK blocks that the other options leave room for, counted from what each takes with its NOPs. */
static uint8_t blocks_that_fit(const struct tcpr_options *options)
{
    unsigned taken = 0;
    if (options->present & TCPR_OPT_MSS) { taken += 4; }
    if (options->present & TCPR_OPT_TIMESTAMPS) {
        taken += 12;
    } else if (options->present & TCPR_OPT_SACK_PERMITTED) {
        taken += 4;
    }
    if (options->present & TCPR_OPT_WINDOW_SCALE) { taken += 4; }
    unsigned fit = (40 - taken - 4) / 8;
    return (uint8_t)(options->sack_count < fit ? options->sack_count : fit);
}

static struct tcpr_options draw_options(uint64_t *seed)
{
    struct tcpr_options options = {.present = draw_below(seed, 4) ? all_bits : syn_bits};
    options.present &= (uint8_t)draw(seed);
    if (options.present & TCPR_OPT_MSS) { options.mss = (uint16_t)draw(seed); }
    if (options.present & TCPR_OPT_WINDOW_SCALE) { options.window_scale = (uint8_t)draw(seed); }
    if (options.present & TCPR_OPT_TIMESTAMPS) {
        options.ts_val = (uint32_t)draw(seed);
        options.ts_ecr = (uint32_t)draw(seed);
    }
    if (options.present & TCPR_OPT_SACK) {
        options.sack_count = (uint8_t)(1 + draw_below(seed, 4));
        options.sack_count = blocks_that_fit(&options);
        for (unsigned i = 0; i < options.sack_count; i++) {
            options.sack[i].first = (uint32_t)draw(seed);
            options.sack[i].end = (uint32_t)draw(seed);
        }
    }
    if (options.present & TCPR_OPT_FAST_OPEN) {
        options.cookie_len = draw_below(seed, 8) ? (uint8_t)(4 + 2 * draw_below(seed, 7)) : 0;
        draw_octets(seed, options.cookie, options.cookie_len);
    }
    return options;
}

static struct tcpr_segment draw_segment(uint64_t *seed)
{
    struct tcpr_segment seg = {.text_len = draw_below(seed, 2) ? draw_below(seed, 1500) : 0};
    seg.seq = (uint32_t)draw(seed);
    seg.ack = (uint32_t)draw(seed);
    seg.source_port = (uint16_t)draw(seed);
    seg.destination_port = (uint16_t)draw(seed);
    seg.window = (uint16_t)draw(seed);
    seg.urgent = (uint16_t)draw(seed);
    seg.control = (uint16_t)(draw(seed) & 0x1FF);
    seg.reserved = (uint8_t)(draw(seed) & 7);
    seg.options = draw_options(seed);
    seg.header_len = (uint8_t)tcpr_segment_header_len(&seg);
    return seg;
}

static struct tcpr_ip draw_ip(uint64_t *seed)
{
    struct tcpr_ip ip = {.version = draw_below(seed, 2) ? 4 : 6};
    draw_octets(seed, ip.source, ip.version == 4 ? 4 : 16);
    draw_octets(seed, ip.destination, ip.version == 4 ? 4 : 16);
    return ip;
}

static void random_segments__come_back_from_the_parser(void **state)
{
    (void)state;
    uint64_t seed = 20260101;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t text[1500];
        struct tcpr_segment sent = draw_segment(&seed), back;
        struct tcpr_ip ip = draw_ip(&seed);
        draw_octets(&seed, text, sent.text_len);
        size_t room = (size_t)sent.header_len + sent.text_len;
        uint8_t *octets = malloc(room); /* exact, so that ASan sees a step beyond */
        assert_int_equal(tcpr_segment_emit(&sent, &ip, sent.text_len ? text : NULL, octets), room);
        assert_int_equal(tcpr_segment_parse(octets, room, &ip, &back), TCPR_PARSE_OK);
        assert_memory_equal(&back, &sent, sizeof back);
        assert_memory_equal(octets + back.header_len, text, sent.text_len);
        free(octets);
    }
}

/* All 32 sets of options: whole words, nothing skipped, each option where its value is aligned. */
static void every_set_of_options__is_whole_words(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 32; set++) {
        struct tcpr_segment seg = {.control = TCPR_ACK};
        seg.options.present = (uint8_t)set & all_bits;
        if (set & TCPR_OPT_SACK) { seg.options.sack_count = 4; }
        uint32_t header_len = tcpr_segment_header_len(&seg);
        assert_int_equal(header_len % 4, 0);
        assert_int_equal(header_len, TCPR_HEADER_MIN + tcpr_options_len(&seg.options));
        assert_true(header_len <= TCPR_HEADER_MAX);
        uint8_t octets[TCPR_HEADER_MAX];
        assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), header_len);
        struct tcpr_segment back;
        assert_int_equal(tcpr_segment_parse(octets, header_len, &ipv4, &back), TCPR_PARSE_OK);
        assert_int_equal(back.options.present, set);
        assert_int_equal(back.options.sack_count, blocks_that_fit(&seg.options));
        assert_int_equal(back.options.skipped_at, 0);
    }
}

static void syn_options__stand_in_their_order(void **state)
{
    (void)state;
    struct tcpr_segment seg = {.control = TCPR_SYN};
    seg.options = (struct tcpr_options){.present = TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED |
                                                   TCPR_OPT_TIMESTAMPS,
                                        .mss = 1460,
                                        .window_scale = 7,
                                        .ts_val = 0x01020304};
    uint8_t octets[TCPR_HEADER_MAX];
    assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), 40);
    const uint8_t expected[20] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};
    assert_memory_equal(octets + TCPR_HEADER_MIN, expected, sizeof expected);
    seg.options.present = TCPR_OPT_SACK_PERMITTED;
    assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), 24);
    assert_memory_equal(octets + TCPR_HEADER_MIN, ((const uint8_t[]){1, 1, 4, 2}), 4);
}

static void timestamps_alone__stand_where_the_fast_path_looks(void **state)
{
    (void)state;
    struct tcpr_segment seg = {.control = TCPR_ACK};
    seg.options = (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS, .ts_ecr = 9};
    uint8_t octets[TCPR_HEADER_MAX];
    assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), 32);
    assert_memory_equal(octets + TCPR_HEADER_MIN, ((const uint8_t[]){1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 9}), 12);
}

/* RFC7413-4.1.1-1: asked for with none, else 4 to 16 octets; the longest fits beside all that a SYN carries. */
static void cookie__ends_on_a_word(void **state)
{
    (void)state;
    struct tcpr_segment seg = {.control = TCPR_SYN, .options = {.present = TCPR_OPT_FAST_OPEN}};
    uint8_t octets[TCPR_HEADER_MAX];
    assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), 24);
    assert_memory_equal(octets + TCPR_HEADER_MIN, ((const uint8_t[]){1, 1, 34, 2}), 4);
    seg.options.cookie_len = 6;
    memcpy(seg.options.cookie, "cookie", 6);
    assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), 28);
    assert_memory_equal(octets + TCPR_HEADER_MIN, ((const uint8_t[]){34, 8, 'c', 'o', 'o', 'k', 'i', 'e'}), 8);
    seg.options.cookie_len = 16;
    seg.options.present = syn_bits;
    assert_int_equal(tcpr_segment_emit(&seg, &ipv4, NULL, octets), 60);
}

/* RFC2018-4-7: four blocks alone, three beside timestamps, two beside all that a SYN can carry. */
static void sack_blocks__as_many_as_fit(void **state)
{
    (void)state;
    struct tcpr_options options = {.present = TCPR_OPT_SACK, .sack_count = 4};
    assert_int_equal(tcpr_options_len(&options), 36);
    options.present |= TCPR_OPT_TIMESTAMPS;
    assert_int_equal(tcpr_options_len(&options), 40);
    options.present = all_bits;
    assert_int_equal(tcpr_options_len(&options), 40);
}

static void sack_without_blocks__is_not_written(void **state)
{
    (void)state;
    struct tcpr_options options = {.present = TCPR_OPT_SACK};
    assert_int_equal(tcpr_options_len(&options), 0);
}

static void text_in_its_place_already__is_left_there(void **state)
{
    (void)state;
    struct tcpr_segment seg = {.control = TCPR_ACK, .text_len = 5};
    uint8_t there[25] = {0}, apart[25];
    memcpy(there + 20, "hello", 5);
    tcpr_segment_emit(&seg, &ipv4, (const uint8_t *)"hello", apart);
    tcpr_segment_emit(&seg, &ipv4, there + 20, there);
    assert_memory_equal(there, apart, sizeof there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_segments__come_back_from_the_parser),
        cmocka_unit_test(every_set_of_options__is_whole_words),
        cmocka_unit_test(syn_options__stand_in_their_order),
        cmocka_unit_test(timestamps_alone__stand_where_the_fast_path_looks),
        cmocka_unit_test(cookie__ends_on_a_word),
        cmocka_unit_test(sack_blocks__as_many_as_fit),
        cmocka_unit_test(sack_without_blocks__is_not_written),
        cmocka_unit_test(text_in_its_place_already__is_left_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
