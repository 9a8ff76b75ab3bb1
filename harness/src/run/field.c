/* What each field of a segment is matched with, and how it is told: one line a field at the end. */
#include "harness/net.h"
#include "play.h"

#include <string.h>

#define EXACT_CONTROL (TCPR_SYN | TCPR_FIN | TCPR_RST | TCPR_ACK)
/* <CTL=RST> leaves ACK open: a reset with the ACK bit does what one without it does. <ACK=none> asks for the form. */
#define EXACT_OF_RESET (TCPR_SYN | TCPR_FIN | TCPR_RST)

static enum matched match_control(struct play *p, const struct expr *expr, unsigned got)
{
    const struct expr *resolved = expr_resolved(&p->eval, expr);
    struct value v = {.type = TYPE_FLAGS, .number = got, .scale = 1};
    if (!resolved) { return MATCH_FAULT; }
    if (resolved->kind == EXPR_ANY || resolved->kind == EXPR_BIND) { return pattern_match(&p->eval, resolved, &v); }
    if (!evaluate(&p->eval, resolved, &v) || v.type != TYPE_FLAGS) { return MATCH_FAULT; }
    unsigned wanted = (unsigned)v.number & 0xffffu, absent = (unsigned)v.number >> CONTROL_ABSENT_SHIFT;
    unsigned exact = (wanted & (TCPR_RST | TCPR_ACK)) == TCPR_RST ? EXACT_OF_RESET : EXACT_CONTROL;
    return ((wanted ^ got) & exact) == 0 && (wanted & ~got) == 0 && (absent & got) == 0 ? MATCH_YES : MATCH_NO;
}

static enum matched match_flags(struct play *p, const struct field *f, size_t index)
{
    return match_control(p, f->value, trace_at(p, index)->segment.control);
}

static const char *tell_flags(struct play *p, size_t index)
{
    return control_text(trace_at(p, index)->segment.control, p->arena);
}

static const char *number_text(struct play *p, uint32_t number)
{
    return arena_printf(p->arena, "%u", number);
}

/* ---- ACK, which a segment may have none of ---- */

static enum matched match_acknowledgment(struct play *p, const struct field *f, size_t index)
{
    const struct tcpr_segment *seg = &trace_at(p, index)->segment;
    bool present = (seg->control & TCPR_ACK) != 0;
    bool any = f->value && f->value->kind == EXPR_ANY;
    if (f->none || !present) { return any || f->none != present ? MATCH_YES : MATCH_NO; }
    struct value v = value_sequence(seg->ack);
    return pattern_match(&p->eval, f->value, &v);
}

static const char *tell_acknowledgment(struct play *p, size_t index)
{
    const struct tcpr_segment *seg = &trace_at(p, index)->segment;
    return seg->control & TCPR_ACK ? number_text(p, seg->ack) : "none";
}

/* ---- Options that are there ---- */

static enum matched match_present(struct play *p, const struct field *f, size_t index)
{
    (void)p;
    (void)f;
    (void)index;
    return MATCH_YES;
}

static const char *tell_present(struct play *p, size_t index)
{
    (void)p;
    (void)index;
    return "present";
}

static enum matched match_sack(struct play *p, const struct field *f, size_t index)
{
    const struct tcpr_options *o = &trace_at(p, index)->segment.options;
    for (unsigned i = 0; i < o->sack_count; i++, f = f->next_pair) {
        if (!f) { return MATCH_NO; }
        struct value first = value_sequence(o->sack[i].first), end = value_sequence(o->sack[i].end);
        enum matched m = pattern_match(&p->eval, f->value, &first);
        if (m == MATCH_YES && f->value2) { m = pattern_match(&p->eval, f->value2, &end); }
        if (m != MATCH_YES) { return m; }
    }
    return f ? MATCH_NO : MATCH_YES;
}

static const char *tell_sack(struct play *p, size_t index)
{
    const struct tcpr_options *o = &trace_at(p, index)->segment.options;
    const char *text = "";
    for (unsigned i = 0; i < o->sack_count; i++) {
        text = arena_printf(p->arena, "%s%s%u:%u", text, i ? "," : "", o->sack[i].first, o->sack[i].end);
    }
    return text;
}

static enum matched match_timestamps(struct play *p, const struct field *f, size_t index)
{
    const struct tcpr_options *o = &trace_at(p, index)->segment.options;
    struct value value = value_sequence(o->ts_val), echo = value_sequence(o->ts_ecr);
    enum matched m = f->value ? pattern_match(&p->eval, f->value, &value) : MATCH_YES;
    return m == MATCH_YES && f->value2 ? pattern_match(&p->eval, f->value2, &echo) : m;
}

static const char *tell_timestamps(struct play *p, size_t index)
{
    const struct tcpr_options *o = &trace_at(p, index)->segment.options;
    return arena_printf(p->arena, "%u:%u", o->ts_val, o->ts_ecr);
}

static struct value cookie_value(struct play *p, size_t index)
{
    const struct tcpr_options *o = &trace_at(p, index)->segment.options;
    struct value v = {.type = TYPE_TEXT, .scale = 1, .text_len = o->cookie_len};
    v.text = (const uint8_t *)arena_copy(p->arena, (const char *)o->cookie, o->cookie_len);
    return v;
}

static enum matched match_cookie(struct play *p, const struct field *f, size_t index)
{
    struct value v = cookie_value(p, index);
    return f->value ? pattern_match(&p->eval, f->value, &v) : MATCH_YES;
}

static const char *tell_cookie(struct play *p, size_t index)
{
    struct value v = cookie_value(p, index);
    return value_text(&v, p->arena);
}

/* ---- Text ---- */

static enum matched match_pattern_text(struct play *p, int64_t wanted, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct track *t = &p->connection[entry->connection].track;
    const uint8_t *text = match_text(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    if (wanted != seg->text_len) { return MATCH_NO; }
    bool syn = (seg->control & TCPR_SYN) != 0;
    uint32_t first = seg->seq + syn - (t->iss_known ? t->iss : seg->seq) - 1;
    for (uint32_t i = 0; text && i < seg->text_len; i++) {
        if (text[i] != pattern_octet(first + i)) { return MATCH_NO; }
    }
    return MATCH_YES;
}

static enum matched match_data(struct play *p, const struct field *f, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    struct value got = {.type = TYPE_TEXT, .scale = 1};
    got.text = match_text(p, index);
    got.text_len = entry->segment.text_len;
    if (f->none) { return got.text_len == 0 ? MATCH_YES : MATCH_NO; }
    const struct expr *resolved = expr_resolved(&p->eval, f->value);
    struct value v;
    bool pattern = resolved && (resolved->kind == EXPR_ANY || resolved->kind == EXPR_BIND);
    if (pattern || (resolved && resolved->kind == EXPR_TEXT)) { return pattern_match(&p->eval, resolved, &got); }
    int64_t len;
    if (resolved && evaluate(&p->eval, resolved, &v) && v.type == TYPE_TEXT) {
        return pattern_match(&p->eval, resolved, &got);
    }
    if (!evaluate_whole(&p->eval, f->value, 0, UINT32_MAX, &len)) { return MATCH_FAULT; }
    return match_pattern_text(p, len, index);
}

static const char *tell_data(struct play *p, size_t index)
{
    struct value v = {.type = TYPE_TEXT, .scale = 1, .text = match_text(p, index)};
    v.text_len = v.text ? trace_at(p, index)->segment.text_len : 0;
    return v.text_len ? value_text(&v, p->arena) : "none";
}

/* ---- Numbers ---- */

static uint32_t seq_of(const struct trace_entry *entry)
{
    return entry->segment.seq;
}

static uint32_t ace_of(const struct trace_entry *entry)
{
    return entry->segment.control >> 6 & 7u;
}

static uint32_t window_of(const struct trace_entry *entry)
{
    return entry->segment.window;
}

static uint32_t urgent_of(const struct trace_entry *entry)
{
    return entry->segment.urgent;
}

static uint32_t source_port_of(const struct trace_entry *entry)
{
    return entry->segment.source_port;
}

static uint32_t destination_port_of(const struct trace_entry *entry)
{
    return entry->segment.destination_port;
}

static uint32_t text_len_of(const struct trace_entry *entry)
{
    return entry->segment.text_len;
}

static uint32_t mss_of(const struct trace_entry *entry)
{
    return entry->segment.options.mss;
}

static uint32_t scale_of(const struct trace_entry *entry)
{
    return entry->segment.options.window_scale;
}

static uint32_t user_timeout_of(const struct trace_entry *entry)
{
    return entry->segment.options.user_timeout;
}

static uint32_t ecn_of(const struct trace_entry *entry)
{
    return entry->segment.ecn;
}

static uint32_t ttl_of(const struct trace_entry *entry)
{
    return entry->datagram[0] >> 4 == 4 ? entry->datagram[8] : entry->datagram[7];
}

/* IPv6 routers never fragment. */
static uint32_t df_of(const struct trace_entry *entry)
{
    return entry->datagram[0] >> 4 == 6 || (entry->datagram[6] & 0x40) != 0;
}

/* ---- One line a field ---- */

struct reading {
    unsigned option;                                     /* it is part of this one; 0: every segment has it */
    uint32_t (*number)(const struct trace_entry *entry); /* it is a number */
    bool in_sequence;                                    /* ... of the sequence space */
    enum matched (*match)(struct play *p, const struct field *f, size_t index); /* it is more than that */
    const char *(*tell)(struct play *p, size_t index);
};

/* What the reader allows in inject alone has nothing here. */
static const struct reading readings[FIELD_IP_OPT + 1] = {
    [FIELD_SEQ] = {.number = seq_of, .in_sequence = true},
    [FIELD_ACK] = {.match = match_acknowledgment, .tell = tell_acknowledgment},
    [FIELD_CTL] = {.match = match_flags, .tell = tell_flags},
    [FIELD_ACE] = {.number = ace_of},
    [FIELD_WND] = {.number = window_of},
    [FIELD_UP] = {.number = urgent_of},
    [FIELD_SPORT] = {.number = source_port_of},
    [FIELD_DPORT] = {.number = destination_port_of},
    [FIELD_MSS] = {.option = TCPR_OPT_MSS, .number = mss_of},
    [FIELD_WS] = {.option = TCPR_OPT_WINDOW_SCALE, .number = scale_of},
    [FIELD_SACKOK] = {.option = TCPR_OPT_SACK_PERMITTED, .match = match_present, .tell = tell_present},
    [FIELD_SACK] = {.option = TCPR_OPT_SACK, .match = match_sack, .tell = tell_sack},
    [FIELD_TS] = {.option = TCPR_OPT_TIMESTAMPS, .match = match_timestamps, .tell = tell_timestamps},
    [FIELD_UTO] = {.option = TCPR_OPT_USER_TIMEOUT, .number = user_timeout_of},
    [FIELD_TFO] = {.option = TCPR_OPT_FAST_OPEN, .match = match_cookie, .tell = tell_cookie},
    [FIELD_DATA] = {.match = match_data, .tell = tell_data},
    [FIELD_LEN] = {.number = text_len_of},
    [FIELD_IP_TTL] = {.number = ttl_of},
    [FIELD_IP_ECN] = {.number = ecn_of},
    [FIELD_IP_DF] = {.number = df_of},
};

static bool is_absent(const struct play *p, const struct reading *reading, size_t index)
{
    return reading->option != 0 && (trace_at(p, index)->segment.options.present & reading->option) == 0;
}

enum matched field_match(struct play *p, const struct field *f, size_t index)
{
    const struct reading *reading = &readings[f->kind];
    bool absent = is_absent(p, reading, index);
    if (absent || (reading->option != 0 && f->none)) { return f->none == absent ? MATCH_YES : MATCH_NO; }
    if (reading->match) { return reading->match(p, f, index); }
    if (!reading->number || !f->value) { return MATCH_YES; }
    uint32_t number = reading->number(trace_at(p, index));
    struct value v = reading->in_sequence ? value_sequence(number) : value_number(number);
    return pattern_match(&p->eval, f->value, &v);
}

const char *field_tell(struct play *p, enum field_kind kind, size_t index)
{
    const struct reading *reading = &readings[kind];
    if (is_absent(p, reading, index)) { return "none"; }
    if (reading->tell) { return reading->tell(p, index); }
    return reading->number ? number_text(p, reading->number(trace_at(p, index))) : "?";
}
