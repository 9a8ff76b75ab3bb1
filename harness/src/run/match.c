/* Expected against got, field by field. */
#include "harness/check.h"
#include "harness/net.h"
#include "play.h"

#include <string.h>

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
        enum matched m = field_match(p, &n->field[i], index);
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
        d[i] = (struct field_difference){.field = field_name(f->kind), .got = field_tell(p, f->kind, index)};
        d[i].expected = expected_text(p, f);
        d[i].differs = field_match(p, f, index) != MATCH_YES;
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
