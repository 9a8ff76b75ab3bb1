/*
 * The segment parser takes any octets: a segment or a named error, the one that a plain reading of the header gives.
 * What was parsed can be emitted and parsed again and is the same.
 *
 * Input: one octet that chooses the IP version, then what follows the IP header. A wrong checksum is told from a right
 * one and then passed over, so that a fuzzer need not make it right.
 */
#include "fuzz.h"
#include "tcprove/tcprove.h"

#include <string.h>

static const struct tcpr_ip ip_of[2] = {
    {.source = {192, 0, 2, 1}, .destination = {198, 51, 100, 2}, .version = 4, .ttl = 64},
    {.source = {0x20, 1, 0xd, 0xb8, [15] = 1}, .destination = {0x20, 1, 0xd, 0xb8, [15] = 2}, .version = 6, .ttl = 64},
};

/* ---- A second reading, as plain as can be ---- */

static uint32_t fold(uint32_t sum)
{
    return (sum & 0xffff) + (sum >> 16);
}

/* RFC 9293 section 3.1: the sum of 16-bit words of pseudo-header and segment. */
static bool checksum_is_right(const uint8_t *octets, size_t len, const struct tcpr_ip *ip)
{
    uint32_t sum = 6 + (uint32_t)len;
    for (size_t i = 0; i < 16; i += 2) { /* the octets an IPv4 address does not have are zero */
        sum += (uint32_t)(ip->source[i] << 8 | ip->source[i + 1]);
        sum += (uint32_t)(ip->destination[i] << 8 | ip->destination[i + 1]);
    }
    for (size_t i = 0; i + 1 < len; i += 2) {
        sum = fold(sum + (uint32_t)(octets[i] << 8 | octets[i + 1]));
    }
    if (len % 2 != 0) { sum += (uint32_t)octets[len - 1] << 8; }
    return fold(fold(sum)) == 0xffff;
}

static enum tcpr_parse options_fault(const uint8_t *options, size_t len)
{
    for (size_t at = 0; at < len && options[at] != TCPR_KIND_EOL;) {
        if (options[at] == TCPR_KIND_NOP) {
            at++;
            continue;
        }
        if (at + 1 == len) { return TCPR_PARSE_OPTION_CUT; }
        if (options[at + 1] < 2 || options[at + 1] > len - at) { return TCPR_PARSE_OPTION_LENGTH; }
        at += options[at + 1];
    }
    return TCPR_PARSE_OK;
}

static enum tcpr_parse fault_of(const uint8_t *octets, size_t len, const struct tcpr_ip *ip, bool checksum_right)
{
    size_t most = ip->version == 4 ? 65535 - 20 : 65535;
    if (len < 20) { return TCPR_PARSE_SHORT; }
    size_t header_len = (size_t)(octets[12] >> 4) * 4;
    if (header_len < 20) { return TCPR_PARSE_DATA_OFFSET; }
    if (header_len > len) { return TCPR_PARSE_HEADER_CUT; }
    if (len > most) { return TCPR_PARSE_TOO_LONG; }
    return checksum_right ? options_fault(octets + 20, header_len - 20) : TCPR_PARSE_CHECKSUM;
}

/* Each field stands where the figure has it. */
static void check_fields(const uint8_t *o, size_t len, const struct tcpr_segment *seg)
{
    fuzz_require(seg->source_port == (o[0] << 8 | o[1]) && seg->destination_port == (o[2] << 8 | o[3]), "ports");
    fuzz_require(seg->seq == ((uint32_t)o[4] << 24 | (uint32_t)o[5] << 16 | (uint32_t)o[6] << 8 | o[7]), "SEQ");
    fuzz_require(seg->ack == ((uint32_t)o[8] << 24 | (uint32_t)o[9] << 16 | (uint32_t)o[10] << 8 | o[11]), "ACK");
    fuzz_require(seg->header_len == (o[12] >> 4) * 4 && seg->reserved == (o[12] >> 1 & 7), "data offset");
    fuzz_require(seg->control == (o[13] | (o[12] & 1) << 8) && seg->window == (o[14] << 8 | o[15]),
                 "control bits, window");
    fuzz_require(seg->urgent == (o[18] << 8 | o[19]), "urgent pointer");
    fuzz_require(seg->text_len == len - seg->header_len, "text");
    fuzz_require(seg->options.sack_count <= TCPR_SACK_BLOCKS_MAX, "more SACK blocks than there is room for");
}

/* ---- There and back ---- */

/* Skipped options do not go out, and alignment may leave no room for the last SACK blocks, or a user
 * timeout beside a long cookie. */
static void check_same_options(const struct tcpr_options *was, const struct tcpr_options *is)
{
    unsigned lost = (unsigned)was->present & ~(unsigned)is->present;
    bool long_cookie = was->cookie_len > 12;
    unsigned may_go = TCPR_OPT_SACK | (long_cookie ? TCPR_OPT_USER_TIMEOUT : 0u);
    fuzz_require((is->present & ~was->present) == 0 && (lost & ~may_go) == 0, "options came or went");
    fuzz_require(is->ts_val == was->ts_val && is->ts_ecr == was->ts_ecr && is->mss == was->mss, "TS, MSS");
    fuzz_require(is->window_scale == was->window_scale && is->skipped_at == 0, "window scale");
    fuzz_require((lost & TCPR_OPT_USER_TIMEOUT) || is->user_timeout == was->user_timeout, "user timeout");
    fuzz_require(is->sack_count <= was->sack_count, "SACK blocks");
    fuzz_require(memcmp(is->sack, was->sack, is->sack_count * sizeof is->sack[0]) == 0, "SACK edges");
    fuzz_require(is->cookie_len == was->cookie_len, "a cookie");
    fuzz_require(memcmp(is->cookie, was->cookie, is->cookie_len) == 0, "a cookie's octets");
    bool alone = was->present == TCPR_OPT_SACK || was->present == (TCPR_OPT_SACK | TCPR_OPT_TIMESTAMPS);
    fuzz_require(!alone || is->sack_count == was->sack_count, "SACK blocks lost where there was room");
}

static void there_and_back(const struct tcpr_segment *seg, const uint8_t *text, const struct tcpr_ip *ip,
                           struct digest *digest)
{
    static uint8_t octets[65536 + TCPR_HEADER_MAX]; /* on the stack ASan would paint it twice a run */
    struct tcpr_segment again;
    size_t header_len = tcpr_segment_header_len(seg), len = tcpr_segment_emit(seg, ip, text, octets);
    fuzz_require(header_len % 4 == 0 && header_len <= TCPR_HEADER_MAX, "a header of no whole words");
    fuzz_require(len == header_len + seg->text_len, "emit writes other than it said");
    enum tcpr_parse why = tcpr_segment_parse(octets, len, ip, &again);
    bool too_long = len > (ip->version == 4 ? 65535u - 20u : 65535u); /* realigned options may need more room */
    fuzz_require(why == (too_long ? TCPR_PARSE_TOO_LONG : TCPR_PARSE_OK), "what was emitted is no segment");
    digest_add(digest, octets, len);
    if (why != TCPR_PARSE_OK) { return; }
    fuzz_require(again.seq == seg->seq && again.ack == seg->ack && again.control == seg->control, "SEQ, ACK, control");
    fuzz_require(again.source_port == seg->source_port && again.destination_port == seg->destination_port, "ports");
    fuzz_require(again.window == seg->window && again.urgent == seg->urgent, "window, urgent pointer");
    fuzz_require(again.reserved == seg->reserved && again.text_len == seg->text_len, "reserved bits, text length");
    fuzz_require(memcmp(octets + header_len, text, seg->text_len) == 0, "text");
    check_same_options(&seg->options, &again.options);
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct tcpr_segment seg, verified;
    if (len == 0 || len > UINT16_MAX + 2) { return; }
    const struct tcpr_ip *ip = &ip_of[octets[0] & 1];
    octets++;
    len--;
    bool right = checksum_is_right(octets, len, ip);
    enum tcpr_parse why = tcpr_segment_parse(octets, len, ip, &seg);
    digest_add(digest, &why, sizeof why);
    digest_add(digest, &seg, sizeof seg);
    fuzz_require(why == fault_of(octets, len, ip, right), "the error is another");
    if (why != TCPR_PARSE_OK && why != TCPR_PARSE_CHECKSUM) { return; }
    enum tcpr_parse rest = tcpr_segment_parse_verified(octets, len, &verified);
    fuzz_require(rest == fault_of(octets, len, ip, true), "without the checksum the error is another");
    if (rest != TCPR_PARSE_OK) { return; }
    fuzz_require(why == TCPR_PARSE_CHECKSUM || memcmp(&seg, &verified, sizeof seg) == 0, "two parsers disagree");
    check_fields(octets, len, &verified);
    there_and_back(&verified, octets + verified.header_len, ip, digest);
}
