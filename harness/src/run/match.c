/* Expected against got, field by field. */
#include "harness/check.h"
#include "harness/net.h"
#include "play.h"

#include <string.h>

#define EXACT_CONTROL (TCPR_SYN | TCPR_FIN | TCPR_RST | TCPR_ACK)
/* <CTL=RST> leaves ACK open: a reset with the ACK bit does what one without it does. <ACK=none> asks for the form. */
#define EXACT_OF_RESET (TCPR_SYN | TCPR_FIN | TCPR_RST)

const uint8_t *match_text(const struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    uint32_t len = entry->segment.text_len;
    return len && len <= entry->datagram_len ? entry->datagram + entry->datagram_len - len : NULL;
}

void match_bind_time(struct play *p, const struct step *step, tcpr_time at)
{
    if (step->at && step->at->variable < p->eval.variable_count) {
        p->eval.variable[step->at->variable] = value_time(at);
    }
}

/* A field that is there or not, with a number when it is. */
static enum matched optional(struct play *p, const struct field *f, bool present, struct value got)
{
    if (f->none || !present) { return f->none != present ? MATCH_YES : MATCH_NO; }
    return f->value ? pattern_match(&p->eval, f->value, &got) : MATCH_YES;
}

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

static enum matched match_sack(struct play *p, const struct field *f, const struct tcpr_options *o)
{
    if ((o->present & TCPR_OPT_SACK) == 0 || f->none) {
        return f->none == ((o->present & TCPR_OPT_SACK) == 0) ? MATCH_YES : MATCH_NO;
    }
    for (unsigned i = 0; i < o->sack_count; i++, f = f->next_pair) {
        if (!f) { return MATCH_NO; }
        struct value first = value_sequence(o->sack[i].first), end = value_sequence(o->sack[i].end);
        enum matched m = pattern_match(&p->eval, f->value, &first);
        if (m == MATCH_YES && f->value2) { m = pattern_match(&p->eval, f->value2, &end); }
        if (m != MATCH_YES) { return m; }
    }
    return f ? MATCH_NO : MATCH_YES;
}

static enum matched match_timestamps(struct play *p, const struct field *f, const struct tcpr_options *o)
{
    bool present = (o->present & TCPR_OPT_TIMESTAMPS) != 0;
    struct value echo = value_sequence(o->ts_ecr);
    enum matched m = optional(p, f, present, value_sequence(o->ts_val));
    if (m != MATCH_YES || f->none || !f->value2) { return m; }
    return pattern_match(&p->eval, f->value2, &echo);
}

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

static enum matched match_number(struct play *p, const struct field *f, int64_t got)
{
    struct value v = value_number(got);
    return pattern_match(&p->eval, f->value, &v);
}

static enum matched match_sequence(struct play *p, const struct field *f, uint32_t got)
{
    struct value v = value_sequence(got);
    return pattern_match(&p->eval, f->value, &v);
}

static enum matched match_acknowledgment(struct play *p, const struct field *f, const struct tcpr_segment *seg)
{
    bool present = (seg->control & TCPR_ACK) != 0;
    bool any = f->value && f->value->kind == EXPR_ANY;
    if (f->none || !present) { return any || f->none != present ? MATCH_YES : MATCH_NO; }
    return match_sequence(p, f, seg->ack);
}

static uint8_t ttl_of(const struct trace_entry *entry)
{
    return entry->datagram[0] >> 4 == 4 ? entry->datagram[8] : entry->datagram[7];
}

/* IPv6 routers never fragment. */
static uint8_t df_of(const struct trace_entry *entry)
{
    return entry->datagram[0] >> 4 == 6 || (entry->datagram[6] & 0x40) != 0;
}

static struct value cookie_value(struct play *p, const struct tcpr_options *o)
{
    struct value v = {.type = TYPE_TEXT, .scale = 1, .text_len = o->cookie_len};
    v.text = (const uint8_t *)arena_copy(p->arena, (const char *)o->cookie, o->cookie_len);
    return v;
}

static enum matched match_cookie(struct play *p, const struct field *f, const struct tcpr_options *o)
{
    bool present = (o->present & TCPR_OPT_FAST_OPEN) != 0;
    return optional(p, f, present, present ? cookie_value(p, o) : value_number(0));
}

static enum matched match_option(struct play *p, const struct field *f, const struct tcpr_options *o)
{
    if (f->kind == FIELD_MSS) { return optional(p, f, o->present & TCPR_OPT_MSS, value_number(o->mss)); }
    if (f->kind == FIELD_WS) {
        return optional(p, f, o->present & TCPR_OPT_WINDOW_SCALE, value_number(o->window_scale));
    }
    if (f->kind == FIELD_SACKOK) { return optional(p, f, o->present & TCPR_OPT_SACK_PERMITTED, value_number(0)); }
    if (f->kind == FIELD_UTO) {
        return optional(p, f, o->present & TCPR_OPT_USER_TIMEOUT, value_number(o->user_timeout));
    }
    if (f->kind == FIELD_TFO) { return match_cookie(p, f, o); }
    return f->kind == FIELD_SACK ? match_sack(p, f, o) : match_timestamps(p, f, o);
}

static enum matched match_field(struct play *p, const struct field *f, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    switch (f->kind) {
    case FIELD_SEQ: return match_sequence(p, f, seg->seq);
    case FIELD_ACK: return match_acknowledgment(p, f, seg);
    case FIELD_CTL: return match_control(p, f->value, seg->control);
    case FIELD_WND: return match_number(p, f, seg->window);
    case FIELD_UP: return match_number(p, f, seg->urgent);
    case FIELD_SPORT: return match_number(p, f, seg->source_port);
    case FIELD_DPORT: return match_number(p, f, seg->destination_port);
    case FIELD_MSS:
    case FIELD_WS:
    case FIELD_SACKOK:
    case FIELD_SACK:
    case FIELD_TS:
    case FIELD_UTO:
    case FIELD_TFO: return match_option(p, f, &seg->options);
    case FIELD_DATA: return match_data(p, f, index);
    case FIELD_ACE: return match_number(p, f, seg->control >> 6 & 7);
    case FIELD_LEN: return match_number(p, f, seg->text_len);
    case FIELD_IP_TTL: return match_number(p, f, ttl_of(entry));
    case FIELD_IP_ECN: return match_number(p, f, seg->ecn);
    case FIELD_IP_DF: return match_number(p, f, df_of(entry));
    case FIELD_IP_FRAGMENT:
    case FIELD_IP_OPT:
    case FIELD_OPT:
    case FIELD_NOP:
    case FIELD_EOL:
    case FIELD_CSUM:
    case FIELD_DOFF:
    case FIELD_RSV:
    case FIELD_CUT:
    case FIELD_IP_SRC:
    case FIELD_IP_DST: break; /* the reader allows them in inject alone */
    }
    return MATCH_YES;
}

static void keep_variables(struct play *p)
{
    size_t count = p->eval.variable_count;
    if (count) { memcpy(p->scratch, p->eval.variable, count * sizeof *p->scratch); }
}

void match_unbind(struct play *p)
{
    size_t count = p->eval.variable_count;
    if (count) { memcpy(p->eval.variable, p->scratch, count * sizeof *p->scratch); }
}

enum matched match_segment(struct play *p, const struct step *step, size_t index)
{
    const struct notation *n = &step->segment;
    keep_variables(p);
    for (size_t i = 0; i < n->count; i++) {
        enum matched m = match_field(p, &n->field[i], index);
        if (m == MATCH_YES) { continue; }
        if (m == MATCH_FAULT) { play_fault(p, n->field[i].value); }
        match_unbind(p);
        return m;
    }
    return MATCH_YES;
}

static bool since(struct play *p, const struct step *step, tcpr_time *from)
{
    *from = p->stamp;
    if (!step->since || evaluate_time(&p->eval, step->since, from)) { return true; }
    play_fault(p, step->since);
    return false;
}

/* On a way that takes time and not always the same, a little early is early enough, and the way there is not the
 * target's. */
static enum matched match_took(struct play *p, const struct expr *range, tcpr_time took)
{
    tcpr_time path = p->target->path_us;
    const struct value candidate[] = {value_time(took), value_time(took + p->target->jitter_us),
                                      value_time(took > path ? took - path : 0)};
    enum matched m = MATCH_NO;
    for (size_t i = 0; i < 3 && m == MATCH_NO; i++) {
        m = pattern_match(&p->eval, range, &candidate[i]);
    }
    return m;
}

enum matched match_time(struct play *p, const struct step *step, tcpr_time at)
{
    const struct expr *after = step->after ? expr_resolved(&p->eval, step->after) : NULL;
    tcpr_time from, low;
    if (!after) { return MATCH_YES; }
    if (!since(p, step, &from)) { return MATCH_FAULT; }
    if (step->since && at + p->target->jitter_us < from) { return MATCH_NO; } /* it waited for this step: too early */
    if (after->kind == EXPR_RANGE) {
        enum matched m = match_took(p, after, at > from ? at - from : 0);
        if (m == MATCH_FAULT) { play_fault(p, after); }
        return m;
    }
    if (!evaluate_time(&p->eval, after, &low)) {
        play_fault(p, after);
        return MATCH_FAULT;
    }
    tcpr_time took = at > from ? at - from : 0;
    return took + p->target->jitter_us >= low ? MATCH_YES : MATCH_NO;
}

/* MUST-45: all the target sends comes from the address it was spoken to at. */
static bool from_the_target(const struct play *p, const struct trace_entry *entry)
{
    struct datagram d;
    const struct tcpr_ip *ip = &p->addresses->to_target;
    if (datagram_parse(entry->datagram, entry->datagram_len, &d) != NET_OK) { return true; }
    return memcmp(d.ip.source, ip->destination, ip->version == 4 ? 4 : 16) == 0;
}

static bool check_all_form(const struct play *p, const struct trace_entry *entry, const struct form_context *context,
                           struct form_fault *fault)
{
    if (from_the_target(p, entry)) { return check_form(entry, context, fault); }
    *fault = (struct form_fault){"MUST-45", "IP.SRC", "the target's address", "another"};
    return false;
}

bool match_form(struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct track *t = &p->connection[entry->connection].track;
    struct form_context context = {t->ever_tester_offers, t->ever_target_offers, t->target_asks, t->accurate_asked};
    struct form_fault fault;
    if (check_all_form(p, entry, &context, &fault)) { return true; }
    struct field_difference *difference = arena_alloc(p->arena, sizeof *difference);
    *difference = (struct field_difference){fault.field, fault.expected, fault.got, true};
    p->result->difference = difference;
    p->result->difference_count = 1;
    play_blame(p, index);
    play_fail_rule(p, fault.rule, "a segment of a wrong form: %s is %s, should be %s", fault.field, fault.got,
                   fault.expected);
    return false;
}

/* ---- In words ---- */

static const char *field_name(enum field_kind kind)
{
    switch (kind) {
    case FIELD_SEQ: return "SEQ";
    case FIELD_ACK: return "ACK";
    case FIELD_ACE: return "ACE";
    case FIELD_CTL: return "CTL";
    case FIELD_WND: return "WND";
    case FIELD_UP: return "UP";
    case FIELD_SPORT: return "SPORT";
    case FIELD_DPORT: return "DPORT";
    case FIELD_MSS: return "MSS";
    case FIELD_WS: return "WS";
    case FIELD_SACKOK: return "SACKOK";
    case FIELD_SACK: return "SACK";
    case FIELD_TS: return "TS";
    case FIELD_UTO: return "UTO";
    case FIELD_TFO: return "TFO";
    case FIELD_OPT: return "OPT";
    case FIELD_NOP: return "NOP";
    case FIELD_EOL: return "EOL";
    case FIELD_DATA: return "DATA";
    case FIELD_LEN: return "LEN";
    case FIELD_CSUM: return "CSUM";
    case FIELD_DOFF: return "DOFF";
    case FIELD_RSV: return "RSV";
    case FIELD_CUT: return "CUT";
    case FIELD_IP_SRC: return "IP.SRC";
    case FIELD_IP_DST: return "IP.DST";
    case FIELD_IP_TTL: return "IP.TTL";
    case FIELD_IP_DF: return "IP.DF";
    case FIELD_IP_FRAGMENT: return "IP.FRAGMENT";
    case FIELD_IP_ECN: return "IP.ECN";
    case FIELD_IP_OPT: return "IP.OPT";
    }
    return "?";
}

static const char *number_text(struct play *p, uint32_t number)
{
    return arena_printf(p->arena, "%u", number);
}

static const char *sack_text(struct play *p, const struct tcpr_options *o)
{
    const char *text = "";
    for (unsigned i = 0; i < o->sack_count; i++) {
        text = arena_printf(p->arena, "%s%s%u:%u", text, i ? "," : "", o->sack[i].first, o->sack[i].end);
    }
    return text;
}

static const char *cookie_text(struct play *p, const struct tcpr_options *o)
{
    struct value v = cookie_value(p, o);
    return value_text(&v, p->arena);
}

static const char *option_text(struct play *p, enum field_kind kind, const struct tcpr_options *o)
{
    static const unsigned bits[] = {
        [FIELD_MSS] = TCPR_OPT_MSS,      [FIELD_WS] = TCPR_OPT_WINDOW_SCALE, [FIELD_SACKOK] = TCPR_OPT_SACK_PERMITTED,
        [FIELD_SACK] = TCPR_OPT_SACK,    [FIELD_TS] = TCPR_OPT_TIMESTAMPS,   [FIELD_UTO] = TCPR_OPT_USER_TIMEOUT,
        [FIELD_TFO] = TCPR_OPT_FAST_OPEN};
    if ((o->present & bits[kind]) == 0) { return "none"; }
    if (kind == FIELD_MSS) { return number_text(p, o->mss); }
    if (kind == FIELD_WS) { return number_text(p, o->window_scale); }
    if (kind == FIELD_SACKOK) { return "present"; }
    if (kind == FIELD_SACK) { return sack_text(p, o); }
    if (kind == FIELD_UTO) { return number_text(p, o->user_timeout); }
    if (kind == FIELD_TFO) { return cookie_text(p, o); }
    return arena_printf(p->arena, "%u:%u", o->ts_val, o->ts_ecr);
}

static const char *data_text(struct play *p, size_t index)
{
    struct value v = {.type = TYPE_TEXT, .scale = 1, .text = match_text(p, index)};
    v.text_len = v.text ? trace_at(p, index)->segment.text_len : 0;
    return v.text_len ? value_text(&v, p->arena) : "none";
}

static const char *got_text(struct play *p, enum field_kind kind, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    switch (kind) {
    case FIELD_SEQ: return number_text(p, seg->seq);
    case FIELD_ACK: return seg->control & TCPR_ACK ? number_text(p, seg->ack) : "none";
    case FIELD_CTL: return control_text(seg->control, p->arena);
    case FIELD_ACE: return number_text(p, seg->control >> 6 & 7);
    case FIELD_WND: return number_text(p, seg->window);
    case FIELD_UP: return number_text(p, seg->urgent);
    case FIELD_SPORT: return number_text(p, seg->source_port);
    case FIELD_DPORT: return number_text(p, seg->destination_port);
    case FIELD_MSS:
    case FIELD_WS:
    case FIELD_SACKOK:
    case FIELD_SACK:
    case FIELD_TS:
    case FIELD_UTO:
    case FIELD_TFO: return option_text(p, kind, &seg->options);
    case FIELD_DATA: return data_text(p, index);
    case FIELD_LEN: return number_text(p, seg->text_len);
    case FIELD_IP_TTL: return number_text(p, ttl_of(entry));
    case FIELD_IP_ECN: return number_text(p, seg->ecn);
    case FIELD_IP_DF: return number_text(p, df_of(entry));
    case FIELD_IP_FRAGMENT:
    case FIELD_IP_OPT:
    case FIELD_OPT:
    case FIELD_NOP:
    case FIELD_EOL:
    case FIELD_CSUM:
    case FIELD_DOFF:
    case FIELD_RSV:
    case FIELD_CUT:
    case FIELD_IP_SRC:
    case FIELD_IP_DST: break;
    }
    return "?";
}

static const char *expected_text(struct play *p, const struct field *f)
{
    if (f->none) { return "none"; }
    if (!f->value) { return "present"; }
    const char *text = expr_text(&p->eval, f->value, p->arena);
    return f->value2 ? arena_printf(p->arena, "%s:%s", text, expr_text(&p->eval, f->value2, p->arena)) : text;
}

static const char *took_text(struct play *p, const struct step *step, tcpr_time at)
{
    tcpr_time from = p->stamp;
    if (step->since) { evaluate_time(&p->eval, step->since, &from); }
    struct value took = value_time(at > from ? at - from : 0);
    return value_text(&took, p->arena);
}

void match_explain(struct play *p, const struct step *step, size_t index)
{
    const struct notation *n = &step->segment;
    struct field_difference *d = arena_array(p->arena, n->count + 1, sizeof *d);
    keep_variables(p);
    for (size_t i = 0; i < n->count; i++) {
        const struct field *f = &n->field[i];
        d[i] = (struct field_difference){.field = field_name(f->kind), .got = got_text(p, f->kind, index)};
        d[i].expected = expected_text(p, f);
        d[i].differs = match_field(p, f, index) != MATCH_YES;
    }
    size_t count = n->count;
    if (step->after) {
        tcpr_time at = trace_at(p, index)->at;
        d[count] = (struct field_difference){.field = "TIME", .got = took_text(p, step, at)};
        d[count].expected = expr_text(&p->eval, step->after, p->arena);
        d[count++].differs = match_time(p, step, at) != MATCH_YES;
    }
    match_unbind(p);
    p->result->difference = d;
    p->result->difference_count = count;
}
