#include "json_trace.h"

#include "reports/text.h"

#include <stdlib.h>

static void check(int failed)
{
    if (!failed) { return; }
    fputs("tcprove: out of memory\n", stderr);
    abort();
}

void json_put(json_t *object, const char *key, json_t *value)
{
    check(json_object_set_new(object, key, value));
}

void json_add(json_t *array, json_t *value)
{
    check(json_array_append_new(array, value));
}

json_t *json_text(struct arena *arena, const char *text)
{
    return text ? json_string(text_utf8(arena, text)) : json_null();
}

json_t *json_time(tcpr_time time_us)
{
    return time_us <= INT64_MAX ? json_integer((json_int_t)time_us) : json_null();
}

static const char *kind_name(enum trace_kind kind)
{
    switch (kind) {
    case TRACE_TO_TARGET: return "to target";
    case TRACE_FROM_TARGET: return "from target";
    case TRACE_CALL: return "call";
    case TRACE_EVENT: return "event";
    case TRACE_STATE: return "state";
    case TRACE_RULE: return "rule";
    case TRACE_NOTE: return "note";
    }
    return "?";
}

static json_t *hex(struct arena *arena, const uint8_t *octets, size_t len)
{
    static const char digit[] = "0123456789abcdef";
    char *text = arena_array(arena, len + 1, 2);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digit[octets[i] >> 4];
        text[2 * i + 1] = digit[octets[i] & 15];
    }
    return json_string(text);
}

static json_t *control_bits(unsigned control)
{
    static const char name[][4] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
    json_t *bits = json_array();
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++) {
        if (control >> i & 1) { json_add(bits, json_string(name[i])); }
    }
    return bits;
}

static json_t *cookie(const struct tcpr_options *seen)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * TCPR_COOKIE_MAX + 1] = "";
    for (unsigned i = 0; i < seen->cookie_len && i < TCPR_COOKIE_MAX; i++) {
        hex[2 * i] = digits[seen->cookie[i] >> 4];
        hex[2 * i + 1] = digits[seen->cookie[i] & 15];
    }
    return json_string(hex);
}

static json_t *options(const struct tcpr_options *seen)
{
    json_t *object = json_object();
    if (seen->present & TCPR_OPT_MSS) { json_put(object, "mss", json_integer(seen->mss)); }
    if (seen->present & TCPR_OPT_WINDOW_SCALE) { json_put(object, "window_scale", json_integer(seen->window_scale)); }
    if (seen->present & TCPR_OPT_SACK_PERMITTED) { json_put(object, "sack_permitted", json_true()); }
    if (seen->present & TCPR_OPT_TIMESTAMPS) {
        json_put(object, "ts_val", json_integer(seen->ts_val));
        json_put(object, "ts_ecr", json_integer(seen->ts_ecr));
    }
    if (seen->present & TCPR_OPT_FAST_OPEN) { json_put(object, "fast_open", cookie(seen)); }
    if (seen->present & TCPR_OPT_USER_TIMEOUT) { json_put(object, "user_timeout", json_integer(seen->user_timeout)); }
    if (!(seen->present & TCPR_OPT_SACK)) { return object; }
    json_t *blocks = json_array();
    for (unsigned i = 0; i < seen->sack_count && i < TCPR_SACK_BLOCKS_MAX; i++) {
        json_t *block = json_array();
        json_add(block, json_integer(seen->sack[i].first));
        json_add(block, json_integer(seen->sack[i].end));
        json_add(blocks, block);
    }
    json_put(object, "sack", blocks);
    return object;
}

static json_t *segment(const struct tcpr_segment *seg)
{
    json_t *object = json_object();
    json_put(object, "source_port", json_integer(seg->source_port));
    json_put(object, "destination_port", json_integer(seg->destination_port));
    json_put(object, "seq", json_integer(seg->seq));
    json_put(object, "ack", json_integer(seg->ack));
    json_put(object, "control", control_bits(seg->control));
    json_put(object, "window", json_integer(seg->window));
    json_put(object, "urgent", json_integer(seg->urgent));
    json_put(object, "reserved", json_integer(seg->reserved));
    json_put(object, "header_len", json_integer(seg->header_len));
    json_put(object, "text_len", json_integer(seg->text_len));
    json_put(object, "options", options(&seg->options));
    return object;
}

static json_t *trace_entry(struct arena *arena, const struct trace_entry *entry)
{
    json_t *object = json_object();
    json_put(object, "kind", json_string(kind_name(entry->kind)));
    json_put(object, "at_us", json_time(entry->at));
    json_put(object, "connection", json_integer(entry->connection));
    if (entry->failing) { json_put(object, "failing", json_true()); }
    if (entry->in_given) { json_put(object, "in_given", json_true()); }
    if (entry->file && entry->line) {
        json_put(object, "file", json_text(arena, entry->file));
        json_put(object, "line", json_integer(entry->line));
    }
    if (entry->text) { json_put(object, "text", json_text(arena, entry->text)); }
    if (entry->rule) { json_put(object, "rule", json_text(arena, entry->rule)); }
    if (!entry->datagram) { return object; }
    json_put(object, "datagram", hex(arena, entry->datagram, entry->datagram_len));
    if (!entry->is_tcp) { return object; }
    if (entry->parsed != TCPR_PARSE_OK) { json_put(object, "fault", json_string(tcpr_parse_text(entry->parsed))); }
    json_put(object, "segment", segment(&entry->segment));
    return object;
}

json_t *json_trace(struct arena *arena, const struct trace *trace)
{
    json_t *array = json_array();
    for (size_t i = 0; i < trace->count; i++) {
        json_add(array, trace_entry(arena, &trace->entry[i]));
    }
    return array;
}
