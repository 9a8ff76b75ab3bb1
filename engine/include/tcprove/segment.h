/**
 * tcprove/segment.h - one TCP segment as a value, and its codec (RFC 9293 section 3.1).
 *
 *     0                   1                   2                   3
 *    |          Source Port          |       Destination Port        |
 *    |                        Sequence Number                        |
 *    |                    Acknowledgment Number                      |
 *    | DOffset |Rsrv| control bits  |            Window             |
 *    |           Checksum            |         Urgent Pointer        |
 *    |                           [Options]                           |
 *
 * Parsing is lossless and without policy: every control bit, the reserved bits, port 0, SYN+FIN, any option at its
 * offset. Only what makes octets no segment at all is an error, and each such way has a name.
 */
#ifndef TCPROVE_SEGMENT_H
#define TCPROVE_SEGMENT_H

#include "tcprove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Control bits, at their places in the 16-bit word that begins with the data offset. With AE, of RFC 9768, they are
 * nine. */
enum tcpr_control {
    TCPR_FIN = 0x001,
    TCPR_SYN = 0x002,
    TCPR_RST = 0x004,
    TCPR_PSH = 0x008,
    TCPR_ACK = 0x010,
    TCPR_URG = 0x020,
    TCPR_ECE = 0x040,
    TCPR_CWR = 0x080,
    TCPR_AE = 0x100
};

/** Option kinds the codec knows. */
enum tcpr_option_kind {
    TCPR_KIND_EOL = 0,
    TCPR_KIND_NOP = 1,
    TCPR_KIND_MSS = 2,
    TCPR_KIND_WINDOW_SCALE = 3,
    TCPR_KIND_SACK_PERMITTED = 4,
    TCPR_KIND_SACK = 5,
    TCPR_KIND_TIMESTAMPS = 8,
    TCPR_KIND_USER_TIMEOUT = 28,
    TCPR_KIND_FAST_OPEN = 34 /* RFC7413-9-1; the experimental kind 254 is not read */
};

/** Bits of tcpr_options.present. */
enum tcpr_option_bit {
    TCPR_OPT_MSS = 0x01,
    TCPR_OPT_WINDOW_SCALE = 0x02,
    TCPR_OPT_SACK_PERMITTED = 0x04,
    TCPR_OPT_SACK = 0x08,
    TCPR_OPT_TIMESTAMPS = 0x10,
    TCPR_OPT_FAST_OPEN = 0x20, /* RFC 7413 */
    TCPR_OPT_USER_TIMEOUT = 0x40
};

#define TCPR_HEADER_MIN 20u
#define TCPR_HEADER_MAX 60u
#define TCPR_SACK_BLOCKS_MAX 4u
#define TCPR_COOKIE_MIN 4u
#define TCPR_COOKIE_MAX 16u

/** Sequence numbers first =< n < end. */
struct tcpr_range {
    uint32_t first;
    uint32_t end;
};

/**
 * The options of one segment. A field means something only when its bit is in `present`. Of an option that occurs
 * twice the first counts, whole. A known kind of a wrong length is not "present": it stays visible in `skipped_at`.
 * SACK and Fast Open, of which the one has its place where SYN is not and the other where it is, count as one kind in
 * that.
 */
struct tcpr_options {
    uint8_t present;       /* TCPR_OPT_... */
    uint8_t window_scale;  /* shift, as sent: values above 14 are possible */
    uint8_t sack_count;    /* blocks in `sack`, 0 to 4 */
    uint8_t cookie_len;    /* octets in `cookie`: 0 asks for one, else even and 4 to 16 (RFC7413-4.1.1-1) */
    uint16_t mss;          /* octets, as sent: 0 is possible */
    uint16_t user_timeout; /* RFC 5482, as sent: minutes where the highest bit is set, else seconds */
    uint32_t ts_val;       /* TSval (RFC 7323 section 3.2) */
    uint32_t ts_ecr;       /* TSecr */
    uint64_t skipped_at;   /* bit n: an option skipped (unknown kind, known kind of wrong length, repeated) begins at
                              octet 20+n */
    union {                /* by `present`; unused octets are 0 */
        struct tcpr_range sack[TCPR_SACK_BLOCKS_MAX]; /* in the order sent; edges as sent, even when reversed */
        uint8_t cookie[TCPR_COOKIE_MAX];              /* of RFC 7413 */
    };
};

/** One segment. Numbers are in host order. Nothing points anywhere: the text stays where it is. */
struct tcpr_segment {
    uint32_t seq;      /* SEG.SEQ */
    uint32_t ack;      /* SEG.ACK, as in the header even when the ACK bit is off */
    uint32_t text_len; /* octets of text */
    uint16_t source_port;
    uint16_t destination_port;
    uint16_t control;   /* TCPR_FIN | ... */
    uint16_t window;    /* the raw field, not scaled */
    uint16_t urgent;    /* the raw urgent pointer */
    uint8_t header_len; /* octets, 20 to 60; set by the parser and by tcpr_segment_header_len's caller */
    uint8_t ecn;        /* the IP header's ECN field, 0 to 3; not part of the TCP octets */
    struct tcpr_options options;
    uint64_t text_at;         /* of a segment to send: the stream offset of its first octet of text; arriving: 0 */
    uint8_t reserved;         /* the three reserved bits as a number, 0 to 7 */
    uint8_t reserved_zero[7]; /* always 0 */
};

/** SEG.LEN: the text and one each for SYN and FIN (RFC 9293 section 3.4). */
static inline uint32_t tcpr_segment_len(const struct tcpr_segment *seg)
{
    return seg->text_len + ((seg->control & TCPR_SYN) != 0) + ((seg->control & TCPR_FIN) != 0);
}

/** What IP says about the datagram that carries a segment: the pseudo-header's facts, and the hop count. */
struct tcpr_ip {
    uint8_t source[16]; /* IPv4: the first four octets, the rest 0 */
    uint8_t destination[16];
    uint8_t version; /* 4 or 6 */
    uint8_t ttl;     /* TTL or hop limit */
};

/** Why octets are no segment. */
enum tcpr_parse {
    TCPR_PARSE_OK = 0,
    TCPR_PARSE_SHORT = 1,         /* fewer than 20 octets */
    TCPR_PARSE_DATA_OFFSET = 2,   /* data offset below 5 words */
    TCPR_PARSE_HEADER_CUT = 3,    /* data offset beyond the octets there are */
    TCPR_PARSE_CHECKSUM = 4,      /* MUST-3 */
    TCPR_PARSE_OPTION_LENGTH = 5, /* an option of length 0 or 1, or past the header's end (MUST-7) */
    TCPR_PARSE_OPTION_CUT = 6,    /* a kind in the header's last octet, with no room for its length (MUST-7) */
    TCPR_PARSE_TOO_LONG = 7       /* more octets than an IP datagram of that version can carry */
};

/** The parse result in words: "checksum is wrong". */
const char *tcpr_parse_text(enum tcpr_parse why);

/**
 * Read a segment from the octets that follow the IP header.
 *
 * @param octets   `len` octets, header and text; need not be aligned.
 * @param ip       Version and addresses for the pseudo-header (RFC 9293 section 3.1; IPv6: RFC 8200 section 8.1).
 * @param out      Set whole when TCPR_PARSE_OK; after any other result the fields read before the fault are set and
 *                 the rest is zero, so that a report can still show what came.
 * @return the first of the faults in the order of the enumeration's header checks: SHORT, DATA_OFFSET, HEADER_CUT,
 *         TOO_LONG, CHECKSUM, then the options. The text is octets[out->header_len .. len).
 */
enum tcpr_parse tcpr_segment_parse(const uint8_t *octets, size_t len, const struct tcpr_ip *ip,
                                   struct tcpr_segment *out);

/**
 * As tcpr_segment_parse, for who has had the checksum verified elsewhere: every check but CHECKSUM and TOO_LONG. `len`
 * is below 2^32.
 */
enum tcpr_parse tcpr_segment_parse_verified(const uint8_t *octets, size_t len, struct tcpr_segment *out);

/** Octets the header of `seg` will take with its options, padded: 20 to 60. */
uint32_t tcpr_segment_header_len(const struct tcpr_segment *seg);

/** Octets the options alone take, padded to a multiple of four: 0 to 40. */
uint32_t tcpr_options_len(const struct tcpr_options *options);

/**
 * Write header, options and text, with the right checksum.
 *
 * Options go out in the order MSS, SACK-permitted, timestamps, window scale, Fast Open, user timeout, SACK, each with
 * NOPs in front where that aligns what follows it; so the header ends on a word by itself (MUST-68, MUST-69). Of the
 * SACK blocks as many go out, from the first, as the other options leave room for (RFC2018-4-7). `skipped_at` and
 * `header_len` are not heeded.
 *
 * @param text  seg->text_len octets; may be NULL when that is 0. May stand in its place in `out` already, which saves
 *              the copy; else it must not overlap `out`.
 * @param out   Room for tcpr_segment_header_len(seg) + seg->text_len octets.
 * @return      The octets written.
 */
size_t tcpr_segment_emit(const struct tcpr_segment *seg, const struct tcpr_ip *ip, const uint8_t *text, uint8_t *out);

/**
 * The Internet checksum of a TCP segment with its pseudo-header, as it stands in the header: over `len` octets, with
 * whatever is in the checksum field counted. So 0 means: the octets carry a right checksum.
 */
uint16_t tcpr_checksum(const uint8_t *octets, size_t len, const struct tcpr_ip *ip);

/** True for an address a connection may have: no multicast, no IPv4 broadcast 255.255.255.255, not unspecified
 * (MUST-46, MUST-57, MUST-63). */
bool tcpr_address_is_unicast(const uint8_t address[16], uint8_t version);

#ifdef __cplusplus
}
#endif
#endif
