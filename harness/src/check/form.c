/* The form of one segment. */
#include "harness/check.h"

#define WORD 4u

static bool wrong(struct form_fault *fault, const char *rule, const char *field, const char *expected, const char *got)
{
    *fault = (struct form_fault){.rule = rule, .field = field, .expected = expected, .got = got};
    return false;
}

static bool check_parse(enum tcpr_parse parsed, struct form_fault *fault)
{
    switch (parsed) {
    case TCPR_PARSE_OK: return true;
    case TCPR_PARSE_CHECKSUM: return wrong(fault, "MUST-2", "CSUM", "right", "wrong");
    case TCPR_PARSE_SHORT: return wrong(fault, "MUST-2", "LEN", "a header", "fewer than 20 octets");
    case TCPR_PARSE_DATA_OFFSET: return wrong(fault, "MUST-2", "DOFF", "5 to 15", "below 5");
    case TCPR_PARSE_HEADER_CUT: return wrong(fault, "MUST-2", "DOFF", "a header within the segment", "beyond its end");
    case TCPR_PARSE_TOO_LONG: return wrong(fault, "MUST-2", "LEN", "a datagram's worth", "more");
    case TCPR_PARSE_OPTION_LENGTH: return wrong(fault, "MUST-68", "OPT", "a right length", "an illegal length");
    case TCPR_PARSE_OPTION_CUT: return wrong(fault, "MUST-68", "OPT", "a length", "cut off at the header's end");
    }
    return true;
}

/* Where the TCP header begins in the datagram, or NULL. */
static const uint8_t *header_of(const struct trace_entry *entry)
{
    const uint8_t *datagram = entry->datagram;
    if (!datagram || entry->datagram_len == 0) { return NULL; }
    size_t at = datagram[0] >> 4 == 4 ? (size_t)(datagram[0] & 15) * WORD : 40u;
    return entry->datagram_len >= at + entry->segment.header_len ? datagram + at : NULL;
}

/* MUST-69: what follows End of Option List is zero. The parser found the lengths right. */
static bool zero_after_eol(const struct trace_entry *entry)
{
    const uint8_t *header = header_of(entry);
    if (!header) { return true; }
    size_t at = TCPR_HEADER_MIN, end = entry->segment.header_len;
    while (at + 1 < end && header[at] != TCPR_KIND_EOL) {
        at += header[at] == TCPR_KIND_NOP || header[at + 1] == 0 ? 1 : header[at + 1];
    }
    if (at >= end || header[at] != TCPR_KIND_EOL) { return true; }
    while (at < end && header[at] == 0) {
        at++;
    }
    return at == end;
}

static bool is_cookie(unsigned len)
{
    return len == 0 || (len >= TCPR_COOKIE_MIN && len <= TCPR_COOKIE_MAX && len % 2 == 0);
}

static bool check_skipped(const uint8_t *option, bool syn, struct form_fault *fault)
{
    unsigned len = option[1];
    switch ((enum tcpr_option_kind)option[0]) {
    case TCPR_KIND_FAST_OPEN:
        if (!syn) { return wrong(fault, "RFC7413-4.1.1-2", "TFO", "none without SYN", "present"); }
        return is_cookie(len - 2) || wrong(fault, "RFC7413-4.1.1-1", "TFO", "a cookie of 4 to 16 octets, even", "not");
    case TCPR_KIND_SACK:
        return (len >= 10 && len % 8 == 2) || wrong(fault, "RFC2018-3-n1", "SACK", "blocks of 8 octets", "others");
    case TCPR_KIND_USER_TIMEOUT: return len == 4 || wrong(fault, "RFC5482-3.3-3", "UTO", "4 octets", "others");
    case TCPR_KIND_EOL:
    case TCPR_KIND_NOP:
    case TCPR_KIND_MSS:
    case TCPR_KIND_WINDOW_SCALE:
    case TCPR_KIND_SACK_PERMITTED:
    case TCPR_KIND_TIMESTAMPS: break;
    }
    return true;
}

/* What the parser passed over: kinds it does not know, and known ones of an illegal length. */
static bool check_all_skipped(const struct trace_entry *entry, struct form_fault *fault)
{
    const struct tcpr_segment *seg = &entry->segment;
    const uint8_t *header = seg->options.skipped_at ? header_of(entry) : NULL;
    for (unsigned at = 0; header && at + TCPR_HEADER_MIN + 1 < seg->header_len; at++) {
        bool skipped = (seg->options.skipped_at >> at & 1) != 0;
        bool syn = (seg->control & TCPR_SYN) != 0;
        if (skipped && !check_skipped(header + TCPR_HEADER_MIN + at, syn, fault)) { return false; }
    }
    return true;
}

static bool check_cookie(const struct tcpr_segment *seg, const struct form_context *context, struct form_fault *fault)
{
    bool answers = (seg->control & TCPR_ACK) != 0, empty = seg->options.cookie_len == 0;
    unsigned heard = (unsigned)context->peer_offered | context->own_asked;
    if ((seg->options.present & TCPR_OPT_FAST_OPEN) == 0) { return true; }
    if (answers && (heard & TCPR_OPT_FAST_OPEN) == 0) {
        return wrong(fault, "RFC7413-4.2.1-n1", "TFO", "none: not asked for", "present");
    }
    if (answers && empty) { return wrong(fault, "RFC7413-4.1.1-1", "TFO", "a cookie", "empty"); }
    bool stranger = !answers && empty && seg->text_len != 0;
    return !stranger || wrong(fault, "RFC7413-4.2.2-1", "LEN", "0 where a cookie is asked for", "more");
}

static bool check_syn_options(const struct tcpr_segment *seg, const struct form_context *context,
                              struct form_fault *fault)
{
    unsigned present = seg->options.present;
    bool answers = (seg->control & TCPR_ACK) != 0;
    unsigned unasked = answers ? present & ~(unsigned)context->peer_offered : 0;
    /* Where SYNs cross, Linux repeats what its own SYN had offered. Specs about crossing SYNs ask about that; here it
     * would keep every simultaneous open from telling of anything else. */
    unasked &= ~(unsigned)context->own_asked;
    if (unasked & TCPR_OPT_WINDOW_SCALE) { return wrong(fault, "RFC7323-2.2-6", "WS", "none: not offered", "present"); }
    if (unasked & TCPR_OPT_TIMESTAMPS) { return wrong(fault, "RFC7323-3.2-5", "TS", "none: not offered", "present"); }
    if (!answers && (present & TCPR_OPT_TIMESTAMPS) && seg->options.ts_ecr != 0) {
        return wrong(fault, "RFC7323-3.2-1", "TSecr", "0 without ACK", "not 0");
    }
    return check_cookie(seg, context, fault);
}

static bool check_other_options(const struct tcpr_segment *seg, const struct form_context *context,
                                struct form_fault *fault)
{
    unsigned present = seg->options.present;
    unsigned both = (unsigned)context->peer_offered & context->own_offered;
    if (present & TCPR_OPT_MSS) { return wrong(fault, "MUST-65", "MSS", "none without SYN", "present"); }
    if (present & TCPR_OPT_SACK_PERMITTED) {
        return wrong(fault, "RFC2018-2-1", "SACKOK", "none without SYN", "present");
    }
    if (present & TCPR_OPT_WINDOW_SCALE) { return wrong(fault, "RFC7323-2.2-6", "WS", "none without SYN", "present"); }
    if (present & TCPR_OPT_FAST_OPEN) { return wrong(fault, "RFC7413-4.1.1-2", "TFO", "none without SYN", "present"); }
    if ((present & TCPR_OPT_SACK) != 0 && (context->peer_offered & TCPR_OPT_SACK_PERMITTED) == 0) {
        return wrong(fault, "RFC2018-4-3", "SACK", "none: not negotiated", "present");
    }
    /* An RST may echo the timestamp of what provoked it, negotiated or not (RFC7323-5.2-2). */
    if ((present & TCPR_OPT_TIMESTAMPS) != 0 && (both & TCPR_OPT_TIMESTAMPS) == 0 && (seg->control & TCPR_RST) == 0) {
        return wrong(fault, "RFC7323-3.2-5", "TS", "none: not negotiated", "present");
    }
    return true;
}

bool check_form(const struct trace_entry *entry, const struct form_context *context, struct form_fault *fault)
{
    const struct tcpr_segment *seg = &entry->segment;
    if (!check_parse(entry->parsed, fault)) { return false; }
    if (seg->reserved != 0) { return wrong(fault, "RFC9293-3.1-n1", "RSV", "0", "not 0"); }
    bool asks = (seg->control & (TCPR_SYN | TCPR_ACK)) == TCPR_SYN; /* RFC9768-3.1.1-1 */
    if ((seg->control & TCPR_AE) && !asks && !context->accurate_asked) {
        return wrong(fault, "RFC9293-3.1-n1", "CTL", "no AE: not negotiated", "AE");
    }
    if (!zero_after_eol(entry)) { return wrong(fault, "MUST-69", "EOL", "zero octets after it", "others"); }
    if (!check_all_skipped(entry, fault)) { return false; }
    if ((seg->options.present & TCPR_OPT_USER_TIMEOUT) != 0 && (seg->options.user_timeout & 0x7FFF) == 0) {
        return wrong(fault, "RFC5482-3.4-1", "UTO", "some time", "0");
    }
    return seg->control & TCPR_SYN ? check_syn_options(seg, context, fault) : check_other_options(seg, context, fault);
}
