/* A segment to octets (RFC 9293 sections 3.1 and 3.2). */
#include "assert.h"
#include "built.h"
#include "octets.h"
#include "tcprove/segment.h"
#include "tcprove/sums.h"

#include <string.h>

#define CHECKSUM_AT 16u
#define OPTIONS_MAX (TCPR_HEADER_MAX - TCPR_HEADER_MIN)

static bool present(const struct tcpr_options *options, uint32_t bit)
{
    return (options->present & bit & ~options_left_out()) != 0;
}

static uint32_t fixed_options_len(const struct tcpr_options *options)
{
    uint32_t len = 0;
    if (present(options, TCPR_OPT_MSS)) { len += 4; }
    if (present(options, TCPR_OPT_TIMESTAMPS)) {
        len += 12;
    } else if (present(options, TCPR_OPT_SACK_PERMITTED)) {
        len += 4;
    }
    if (present(options, TCPR_OPT_WINDOW_SCALE)) { len += 4; }
    return len;
}

/* A cookie goes out whole or, where the other options leave too little room, not at all. @return octets with NOPs */
static uint32_t cookie_option_len(const struct tcpr_options *options, uint32_t taken)
{
    if (!present(options, TCPR_OPT_FAST_OPEN)) { return 0; }
    uint32_t len = (2u + options->cookie_len + 3u) & ~3u;
    return taken + len <= OPTIONS_MAX ? len : 0;
}

/* RFC 5482 section 3: where the space is used up, it does without. */
static uint32_t user_timeout_len(const struct tcpr_options *options, uint32_t taken)
{
    return present(options, TCPR_OPT_USER_TIMEOUT) && taken + 4 <= OPTIONS_MAX ? 4 : 0;
}

/* All but the SACK blocks. */
static uint32_t small_options_len(const struct tcpr_options *options)
{
    uint32_t len = fixed_options_len(options);
    len += cookie_option_len(options, len);
    return len + user_timeout_len(options, len);
}

/* RFC2018-4-7: as many blocks as the other options leave room for. */
static uint32_t sack_blocks(const struct tcpr_options *options, uint32_t taken)
{
    if (!present(options, TCPR_OPT_SACK)) { return 0; }
    uint32_t room = taken + 4 < OPTIONS_MAX ? (OPTIONS_MAX - taken - 4) / 8 : 0;
    return options->sack_count < room ? options->sack_count : room;
}

static void assert_bounds(const struct tcpr_options *options)
{
    TCPR_ASSERT(options->sack_count <= TCPR_SACK_BLOCKS_MAX);
    TCPR_ASSERT(options->cookie_len <= TCPR_COOKIE_MAX && options->cookie_len % 2 == 0);
    TCPR_ASSERT(!present(options, TCPR_OPT_SACK) || !present(options, TCPR_OPT_FAST_OPEN));
}

uint32_t tcpr_options_len(const struct tcpr_options *options)
{
    assert_bounds(options);
    uint32_t small = small_options_len(options);
    uint32_t blocks = sack_blocks(options, small);
    return small + (blocks > 0 ? 4 + 8 * blocks : 0);
}

uint32_t tcpr_segment_header_len(const struct tcpr_segment *seg)
{
    return TCPR_HEADER_MIN + tcpr_options_len(&seg->options);
}

/* Two NOPs, then kind and length: what follows is aligned. */
static uint8_t *put_kind(uint8_t *at, enum tcpr_option_kind kind, uint8_t len)
{
    at[0] = TCPR_KIND_NOP;
    at[1] = TCPR_KIND_NOP;
    at[2] = (uint8_t)kind;
    at[3] = len;
    return at + 4;
}

/* SACK-permitted takes the place of the two NOPs before the timestamps, where there are any. */
static uint8_t *put_timestamps(uint8_t *at, const struct tcpr_options *options)
{
    uint8_t *values = put_kind(at, TCPR_KIND_TIMESTAMPS, 10);
    if (present(options, TCPR_OPT_SACK_PERMITTED)) {
        at[0] = TCPR_KIND_SACK_PERMITTED;
        at[1] = 2;
    }
    put_u32(values, options->ts_val);
    put_u32(values + 4, options->ts_ecr);
    return values + 8;
}

/* The NOPs go in front, like those of the others: a cookie of 4n+2 octets ends on a word. */
static uint8_t *put_cookie(uint8_t *at, const struct tcpr_options *options)
{
    if (options->cookie_len % 4 == 0) {
        *at++ = TCPR_KIND_NOP;
        *at++ = TCPR_KIND_NOP;
    }
    at[0] = TCPR_KIND_FAST_OPEN;
    at[1] = (uint8_t)(2u + options->cookie_len);
    memcpy(at + 2, options->cookie, options->cookie_len);
    return at + at[1];
}

static uint8_t *put_sack(uint8_t *at, const struct tcpr_options *options, uint32_t blocks)
{
    if (blocks == 0) { return at; }
    at = put_kind(at, TCPR_KIND_SACK, (uint8_t)(2 + 8 * blocks));
    for (uint32_t i = 0; i < blocks; i++, at += 8) {
        put_u32(at, options->sack[i].first);
        put_u32(at + 4, options->sack[i].end);
    }
    return at;
}

/* What is left out for want of room depends on what stands before it, as in tcpr_options_len. @return the end */
static uint8_t *put_options(uint8_t *at, const struct tcpr_options *options)
{
    const uint8_t *begin = at;
    if (options->present == 0) { return at; }
    if (present(options, TCPR_OPT_MSS)) {
        at[0] = TCPR_KIND_MSS;
        at[1] = 4;
        put_u16(at + 2, options->mss);
        at += 4;
    }
    if (present(options, TCPR_OPT_TIMESTAMPS)) {
        at = put_timestamps(at, options);
    } else if (present(options, TCPR_OPT_SACK_PERMITTED)) {
        at = put_kind(at, TCPR_KIND_SACK_PERMITTED, 2);
    }
    if (present(options, TCPR_OPT_WINDOW_SCALE)) {
        at[0] = TCPR_KIND_NOP;
        at[1] = TCPR_KIND_WINDOW_SCALE;
        at[2] = 3;
        at[3] = options->window_scale;
        at += 4;
    }
    if (cookie_option_len(options, (uint32_t)(at - begin)) != 0) { at = put_cookie(at, options); }
    if (user_timeout_len(options, (uint32_t)(at - begin)) != 0) {
        at[0] = TCPR_KIND_USER_TIMEOUT; /* RFC5482-3.3-2 */
        at[1] = 4;
        put_u16(at + 2, options->user_timeout);
        at += 4;
    }
    return put_sack(at, options, sack_blocks(options, (uint32_t)(at - begin)));
}

static void put_header(uint8_t *out, const struct tcpr_segment *seg, uint32_t header_len)
{
    put_u32(out, (uint32_t)seg->source_port << 16 | seg->destination_port);
    put_u32(out + 4, seg->seq);
    put_u32(out + 8, seg->ack);
    put_u32(out + 12, header_len / 4 << 28 | (seg->reserved & 7u) << 25 | (seg->control & 0x1FFu) << 16 | seg->window);
    put_u32(out + 16, seg->urgent); /* and no checksum yet */
}

static uint8_t *put_all_but_text(uint8_t *out, const struct tcpr_segment *seg)
{
    assert_bounds(&seg->options);
    uint8_t *end = put_options(out + TCPR_HEADER_MIN, &seg->options);
    put_header(out, seg, (uint32_t)(end - out));
    return end;
}

/* In words as large as those just written: larger ones would wait until all of them have left the store buffer. */
static uint64_t sum_header(const uint8_t *header, const uint8_t *end)
{
    uint64_t sum = (uint64_t)load_u32(header) + load_u32(header + 4) + load_u32(header + 8) + load_u32(header + 12) +
                   load_u32(header + 16);
    for (const uint8_t *at = header + TCPR_HEADER_MIN; at != end; at += 4) {
        sum += load_u32(at);
    }
    return sum;
}

static size_t put_checksum(uint8_t *out, size_t len, uint64_t sum, const struct tcpr_ip *ip)
{
    put_u16(out + CHECKSUM_AT, tcpr_checksum_of(sum, len, ip));
    return len;
}

size_t tcpr_segment_emit_by(const struct tcpr_sums *sums, const struct tcpr_segment *seg, const struct tcpr_ip *ip,
                            const uint8_t *text, uint8_t *out)
{
    uint8_t *place = put_all_but_text(out, seg);
    uint64_t sum = sum_header(out, place);
    if (seg->text_len > 0) {
        sum += text != place ? sums->copy(place, text, seg->text_len) : sums->sum(place, seg->text_len);
    }
    return put_checksum(out, (size_t)(place - out) + seg->text_len, sum, ip);
}

/* The same without a pair of pointers, which would need a relocation. */
size_t tcpr_segment_emit(const struct tcpr_segment *seg, const struct tcpr_ip *ip, const uint8_t *text, uint8_t *out)
{
    uint8_t *place = put_all_but_text(out, seg);
    uint64_t sum = sum_header(out, place);
    if (seg->text_len > 0) {
        sum += text != place ? tcpr_copy_and_sum(place, text, seg->text_len) : tcpr_sum(place, seg->text_len);
    }
    return put_checksum(out, (size_t)(place - out) + seg->text_len, sum, ip);
}
