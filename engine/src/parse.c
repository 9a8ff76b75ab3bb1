/* Octets to a segment (RFC 9293 sections 3.1 and 3.2). */
#include "assert.h"
#include "built.h"
#include "clear.h"
#include "mutant.h"
#include "octets.h"
#include "tcprove/segment.h"
#include "tcprove/sums.h"

#include <string.h>

#define IPV4_HEADER_LEN 20u

/* The commonest options, as RFC 7323's Appendix A lays them out: NOP, NOP, timestamps of length 10. */
#define ALIGNED_TIMESTAMPS 0x0101080Au
#define ALIGNED_TIMESTAMPS_LEN 12u

static void read_timestamps(struct tcpr_options *options, const uint8_t *values)
{
    options->ts_val = get_u32(values);
    options->ts_ecr = get_u32(values + 4);
    options->present |= TCPR_OPT_TIMESTAMPS;
}

static void read_sack(struct tcpr_options *options, const uint8_t *blocks, size_t len)
{
    options->sack_count = (uint8_t)(len / 8);
    for (size_t i = 0; i < options->sack_count; i++) {
        options->sack[i].first = get_u32(blocks + 8 * i);
        options->sack[i].end = get_u32(blocks + 8 * i + 4);
    }
    options->present |= TCPR_OPT_SACK;
}

#define SHARED_PLACE (TCPR_OPT_SACK | TCPR_OPT_FAST_OPEN)

/* One that this build reads; neither there nor its place taken. */
static bool is_new(const struct tcpr_options *options, uint32_t bit)
{
    uint32_t place = bit & SHARED_PLACE ? SHARED_PLACE : bit;
    return !(options_left_out() & bit) && (options->present & place) == 0;
}

/* RFC7413-4.1.1-1: no cookie, or an even number of octets. */
static bool read_cookie(struct tcpr_options *options, const uint8_t *cookie, size_t len)
{
    bool in_bounds = len == 0 || (len >= TCPR_COOKIE_MIN && len <= TCPR_COOKIE_MAX);
    bool fits = in_bounds && TCPR_MUTANT(odd_cookie_is_read, len % 2 == 0, true);
    if (!fits || !is_new(options, TCPR_OPT_FAST_OPEN)) { return false; }
    options->cookie_len = (uint8_t)len;
    memcpy(options->cookie, cookie, len);
    options->present |= TCPR_OPT_FAST_OPEN;
    return true;
}

/* One option with a length octet. @return false: unknown, of a wrong length, or a repetition. */
static bool read_option(struct tcpr_options *options, const uint8_t *option, size_t len)
{
    switch (option[0]) {
    case TCPR_KIND_MSS:
        if (len != 4 || !is_new(options, TCPR_OPT_MSS)) { return false; }
        options->mss = get_u16(option + 2);
        options->present |= TCPR_OPT_MSS;
        return true;
    case TCPR_KIND_WINDOW_SCALE:
        if (len != 3 || !is_new(options, TCPR_OPT_WINDOW_SCALE)) { return false; }
        options->window_scale = option[2];
        options->present |= TCPR_OPT_WINDOW_SCALE;
        return true;
    case TCPR_KIND_SACK_PERMITTED:
        if (len != 2 || !is_new(options, TCPR_OPT_SACK_PERMITTED)) { return false; }
        options->present |= TCPR_OPT_SACK_PERMITTED;
        return true;
    case TCPR_KIND_SACK:
        if (len < 10 || len > 34 || len % 8 != 2 || !is_new(options, TCPR_OPT_SACK)) { return false; }
        read_sack(options, option + 2, len - 2);
        return true;
    case TCPR_KIND_TIMESTAMPS:
        if (len != TCPR_MUTANT(timestamps_of_any_length, 10, len) || !is_new(options, TCPR_OPT_TIMESTAMPS)) {
            return false;
        }
        read_timestamps(options, option + 2);
        return true;
    case TCPR_KIND_USER_TIMEOUT:
        if (len != 4 || !is_new(options, TCPR_OPT_USER_TIMEOUT)) { return false; } /* RFC5482-3.3-3 */
        options->user_timeout = get_u16(option + 2);
        options->present |= TCPR_OPT_USER_TIMEOUT;
        return true;
    case TCPR_KIND_FAST_OPEN: return read_cookie(options, option + 2, len - 2);
    default: return false; /* MUST-6 */
    }
}

/* Options stand at any octet (MUST-64); what follows EOL is padding. */
static enum tcpr_parse read_options(struct tcpr_options *options, const uint8_t *octets, size_t len)
{
    size_t at = 0;
    while (at < len && octets[at] != TCPR_KIND_EOL) {
        if (octets[at] == TCPR_KIND_NOP) {
            at++;
            continue;
        }
        if (at + 1 == len) { return TCPR_PARSE_OPTION_CUT; }
        size_t option_len = octets[at + 1];
        bool too_short = TCPR_MUTANT(option_of_no_length, option_len < 2, option_len == 1);
        if (too_short || option_len > len - at) { return TCPR_PARSE_OPTION_LENGTH; } /* MUST-7 */
        if (!read_option(options, octets + at, option_len)) { options->skipped_at |= (uint64_t)1 << at; }
        at += TCPR_MUTANT(unknown_option_ends_them, option_len, options->skipped_at ? len - at : option_len);
    }
    return TCPR_PARSE_OK;
}

static enum tcpr_parse read_header(const uint8_t *octets, size_t len, struct tcpr_segment *out)
{
    clear_segment(out);
    if (len < TCPR_HEADER_MIN) { return TCPR_PARSE_SHORT; }
    out->source_port = get_u16(octets);
    out->destination_port = get_u16(octets + 2);
    out->seq = get_u32(octets + 4);
    out->ack = get_u32(octets + 8);
    out->header_len = (uint8_t)((octets[12] >> 4) * 4);
    out->reserved = octets[12] >> 1 & 7;
    out->control = get_u16(octets + 12) & 0x1FF;
    out->window = get_u16(octets + 14);
    out->urgent = get_u16(octets + 18);
    if (out->header_len < TCPR_HEADER_MIN) { return TCPR_PARSE_DATA_OFFSET; }
    if (out->header_len > len) { return TCPR_PARSE_HEADER_CUT; }
    return TCPR_PARSE_OK;
}

static enum tcpr_parse read_rest(const uint8_t *octets, size_t len, struct tcpr_segment *out)
{
    out->text_len = (uint32_t)(len - out->header_len);
    const uint8_t *options = octets + TCPR_HEADER_MIN;
    size_t options_len = out->header_len - TCPR_HEADER_MIN;
    if (options_len == 0) { return TCPR_PARSE_OK; }
    bool aligned = built(TCPR_FEATURE_TIMESTAMPS) && options_len == ALIGNED_TIMESTAMPS_LEN;
    if (aligned && get_u32(options) == ALIGNED_TIMESTAMPS) {
        read_timestamps(&out->options, options + 4);
        return TCPR_PARSE_OK;
    }
    return read_options(&out->options, options, options_len);
}

enum tcpr_parse tcpr_segment_parse_by(const struct tcpr_sums *sums, const uint8_t *octets, size_t len,
                                      const struct tcpr_ip *ip, struct tcpr_segment *out)
{
    enum tcpr_parse why = read_header(octets, len, out);
    if (why != TCPR_PARSE_OK) { return why; }
    if (len > (ip->version == 6 ? UINT16_MAX : UINT16_MAX - IPV4_HEADER_LEN)) { return TCPR_PARSE_TOO_LONG; }
    uint16_t sum = TCPR_MUTANT(checksum_not_checked, tcpr_checksum_of(sums->sum(octets, len), len, ip), 0);
    if (sum != 0) { return TCPR_PARSE_CHECKSUM; } /* MUST-3 */
    return read_rest(octets, len, out);
}

enum tcpr_parse tcpr_segment_parse(const uint8_t *octets, size_t len, const struct tcpr_ip *ip,
                                   struct tcpr_segment *out)
{
    const struct tcpr_sums sums = {.sum = tcpr_sum, .copy = tcpr_copy_and_sum};
    return tcpr_segment_parse_by(&sums, octets, len, ip, out);
}

enum tcpr_parse tcpr_segment_parse_verified(const uint8_t *octets, size_t len, struct tcpr_segment *out)
{
    TCPR_ASSERT(len <= UINT32_MAX);
    enum tcpr_parse why = read_header(octets, len, out);
    return why == TCPR_PARSE_OK ? read_rest(octets, len, out) : why;
}
