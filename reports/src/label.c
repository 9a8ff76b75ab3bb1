#include "label.h"

#include "reports/text.h"

#include <string.h>

#define TEXT_SHOWN_MAX 24u

static const char *append(struct arena *arena, const char *text, const char *more)
{
    return *text ? arena_printf(arena, "%s %s", text, more) : more;
}

const char *label_control(struct arena *arena, unsigned control)
{
    static const struct {
        unsigned bit;
        char name[4];
    } bits[] = {{TCPR_SYN, "SYN"}, {TCPR_FIN, "FIN"}, {TCPR_RST, "RST"}, {TCPR_PSH, "PSH"}, {TCPR_ACK, "ACK"},
                {TCPR_URG, "URG"}, {TCPR_ECE, "ECE"}, {TCPR_CWR, "CWR"}, {TCPR_AE, "AE"}};
    const char *text = "";
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        if (!(control & bits[i].bit)) { continue; }
        text = *text ? arena_printf(arena, "%s,%s", text, bits[i].name) : bits[i].name;
    }
    return *text ? text : "none";
}

static const char *header_fields(struct arena *arena, const struct tcpr_segment *seg)
{
    const char *text = arena_printf(arena, "SEQ=%u", seg->seq);
    if (seg->control & TCPR_ACK) { text = arena_printf(arena, "%s ACK=%u", text, seg->ack); }
    text = arena_printf(arena, "%s CTL=%s", text, label_control(arena, seg->control));
    if (seg->text_len) { text = arena_printf(arena, "%s LEN=%u", text, seg->text_len); }
    text = arena_printf(arena, "%s WND=%u", text, seg->window);
    if (seg->urgent || (seg->control & TCPR_URG)) { text = arena_printf(arena, "%s UP=%u", text, seg->urgent); }
    if (seg->reserved) { text = arena_printf(arena, "%s RSV=%u", text, seg->reserved); }
    return text;
}

const char *label_header(struct arena *arena, const struct trace_entry *entry)
{
    if (!entry->is_tcp) {
        const char *what = text_safe(arena, entry->text);
        return *what ? what : arena_printf(arena, "a datagram of %u octets that is no TCP", entry->datagram_len);
    }
    if (entry->parsed == TCPR_PARSE_SHORT) {
        return arena_printf(arena, "%u octets: %s", entry->datagram_len, tcpr_parse_text(entry->parsed));
    }
    const char *fields = header_fields(arena, &entry->segment);
    return entry->parsed == TCPR_PARSE_OK ? fields
                                          : arena_printf(arena, "%s (%s)", fields, tcpr_parse_text(entry->parsed));
}

/* Where the TCP header begins, or NULL: a datagram may be cut anywhere. */
static const uint8_t *tcp_octets(const struct trace_entry *entry, size_t *len)
{
    if (!entry->datagram || entry->datagram_len == 0) { return NULL; }
    size_t ip_len = entry->datagram[0] >> 4 == 6 ? 40 : (entry->datagram[0] & 15u) * 4;
    if (entry->datagram_len < ip_len + TCPR_HEADER_MIN) { return NULL; }
    *len = entry->datagram_len - ip_len;
    return entry->datagram + ip_len;
}

static const char *skipped_options(struct arena *arena, const char *text, const struct trace_entry *entry)
{
    size_t len = 0;
    const uint8_t *octets = tcp_octets(entry, &len);
    for (size_t at = 0; octets && at < 40 && TCPR_HEADER_MIN + at < len; at++) {
        if (!(entry->segment.options.skipped_at >> at & 1)) { continue; }
        text = append(arena, text, arena_printf(arena, "OPT=%u", octets[TCPR_HEADER_MIN + at]));
    }
    return text;
}

static const char *sack_blocks(struct arena *arena, const struct tcpr_options *options)
{
    const char *text = "SACK=";
    for (unsigned i = 0; i < options->sack_count && i < TCPR_SACK_BLOCKS_MAX; i++) {
        text = arena_printf(arena, "%s%s%u:%u", text, i ? "," : "", options->sack[i].first, options->sack[i].end);
    }
    return text;
}

static const char *cookie(struct arena *arena, const struct tcpr_options *options)
{
    const char *text = "TFO=";
    for (unsigned i = 0; i < options->cookie_len && i < TCPR_COOKIE_MAX; i++) {
        text = arena_printf(arena, "%s%02x", text, options->cookie[i]);
    }
    return text;
}

static const char *options_fields(struct arena *arena, const struct tcpr_options *options)
{
    const char *text = "";
    if (options->present & TCPR_OPT_MSS) { text = append(arena, text, arena_printf(arena, "MSS=%u", options->mss)); }
    if (options->present & TCPR_OPT_WINDOW_SCALE) {
        text = append(arena, text, arena_printf(arena, "WS=%u", options->window_scale));
    }
    if (options->present & TCPR_OPT_SACK_PERMITTED) { text = append(arena, text, "SACKOK"); }
    if (options->present & TCPR_OPT_TIMESTAMPS) {
        text = append(arena, text, arena_printf(arena, "TS=%u:%u", options->ts_val, options->ts_ecr));
    }
    if (options->present & TCPR_OPT_USER_TIMEOUT) {
        text = append(arena, text, arena_printf(arena, "UTO=%u", options->user_timeout));
    }
    if (options->present & TCPR_OPT_SACK) { text = append(arena, text, sack_blocks(arena, options)); }
    if (options->present & TCPR_OPT_FAST_OPEN) { text = append(arena, text, cookie(arena, options)); }
    return text;
}

static const char *short_text(struct arena *arena, const char *text, const struct trace_entry *entry)
{
    size_t len = 0;
    const uint8_t *octets = tcp_octets(entry, &len);
    size_t wanted = entry->segment.text_len;
    if (!octets || wanted == 0 || wanted > TEXT_SHOWN_MAX || len < entry->segment.header_len + wanted) { return text; }
    const char *safe = text_safe_octets(arena, octets + entry->segment.header_len, wanted);
    return append(arena, text, arena_printf(arena, "\"%s\"", safe));
}

const char *label_options(struct arena *arena, const struct trace_entry *entry)
{
    if (!entry->is_tcp || entry->parsed == TCPR_PARSE_SHORT) { return ""; }
    const char *text = skipped_options(arena, options_fields(arena, &entry->segment.options), entry);
    return short_text(arena, text, entry);
}
