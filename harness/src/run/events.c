/* What the application learns, and the state the target shows. */
#include "play.h"

#include <string.h>

#define POLL_US TCPR_MS(2)

enum tcprove_event event_of(enum spec_event event)
{
    switch (event) {
    case SPEC_EVENT_CONNECTED: return TCPROVE_CONNECTED;
    case SPEC_EVENT_ACCEPTED: return TCPROVE_ACCEPTED;
    case SPEC_EVENT_TEXT: return TCPROVE_READABLE;
    case SPEC_EVENT_EOF: return TCPROVE_EOF;
    case SPEC_EVENT_RESET: return TCPROVE_RESET;
    case SPEC_EVENT_REFUSED: return TCPROVE_REFUSED;
    case SPEC_EVENT_TIMED_OUT: return TCPROVE_TIMED_OUT;
    case SPEC_EVENT_UNREACHABLE: return TCPROVE_UNREACHABLE;
    case SPEC_EVENT_SOFT_ERROR: return TCPROVE_SOFT_ERROR;
    case SPEC_EVENT_URGENT: return TCPROVE_URGENT;
    case SPEC_EVENT_CLOSED: return TCPROVE_CLOSED_OK;
    }
    return TCPROVE_CLOSED_OK;
}

static bool wanted_len(struct play *p, const struct step *step, uint32_t *len)
{
    int64_t count = 0;
    *len = (uint32_t)step->text_len;
    if (step->has_text || !step->count) { return true; }
    if (!evaluate_whole(&p->eval, step->count, 0, 1 << 30, &count)) {
        play_fault(p, step->count);
        return false;
    }
    *len = (uint32_t)count;
    return true;
}

static bool same_text(const struct connection *c, const struct step *step, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        uint8_t octet = step->has_text ? step->text[i] : pattern_octet(c->stream_read + i);
        if (c->received[i] != octet) { return false; }
    }
    return true;
}

bool event_text_read(struct play *p, const struct step *step, uint32_t *missing)
{
    struct connection *c = &p->connection[step->connection];
    uint32_t len;
    if (!wanted_len(p, step, &len)) { return false; }
    if (c->received_len < len) { play_receive(p, step->connection, len - (uint32_t)c->received_len); }
    *missing = c->received_len < len ? len - (uint32_t)c->received_len : 0;
    if (*missing || p->over) { return false; }
    if (!same_text(c, step, len)) {
        struct value got = {.type = TYPE_TEXT, .scale = 1, .text = c->received, .text_len = len};
        play_fail(p, "the application read other text: %s", value_text(&got, p->arena));
        return false;
    }
    c->received_len -= len;
    if (c->received_len) { memmove(c->received, c->received + len, c->received_len); }
    c->stream_read += len;
    struct told *told = play_told(p, step->connection, TCPROVE_READABLE);
    if (told) { told->taken = true; }
    return true;
}

/* The event's time must fit too: one too early is not the one meant, and says so. */
static bool take_event(struct play *p, const struct step *step, tcpr_time at)
{
    enum matched m = match_time(p, step, at);
    if (m == MATCH_NO) {
        struct value took = value_time(at > p->stamp ? at - p->stamp : 0);
        play_fail(p, "the event came after %s, wanted after %s", value_text(&took, p->arena),
                  expr_text(&p->eval, step->after, p->arena));
    }
    if (m != MATCH_YES) { return false; }
    p->stamp = at;
    match_bind_time(p, step, at);
    p->proved = true;
    return true;
}

static void event_text(struct play *p, const struct step *step)
{
    tcpr_time until;
    uint32_t missing = 0;
    if (!step_deadline(p, step, &until)) { return; }
    while (!event_text_read(p, step, &missing)) {
        if (play_wait(p, until)) { continue; }
        play_fail(p, "%u octets of the text could not be read", missing);
        return;
    }
    take_event(p, step, play_now(p));
}

void step_event(struct play *p, const struct step *step)
{
    tcpr_time until;
    struct told *told;
    if (service_passes_over(p, step)) { return; }
    if (step->event == SPEC_EVENT_TEXT) {
        event_text(p, step);
        return;
    }
    if (!step_deadline(p, step, &until)) { return; }
    while ((told = play_told(p, step->connection, event_of(step->event))) == NULL) {
        if (play_wait(p, until)) { continue; }
        play_fail(p, "the application was not told");
        return;
    }
    told->taken = true;
    take_event(p, step, trace_at(p, told->entry)->at);
}

/* Whether there is an event after `given` that no step has taken; of text, whether any lies unread. */
static bool has_come(struct play *p, const struct step *step, enum spec_event event)
{
    struct connection *c = &p->connection[step->connection];
    if (event == SPEC_EVENT_TEXT) {
        if (c->received_len == 0) { play_receive(p, step->connection, 1); }
        return c->received_len > 0;
    }
    for (size_t i = p->told_given; i < p->told_count; i++) {
        const struct told *told = &p->told[i];
        if (!told->taken && told->connection == step->connection && told->event == event_of(event)) { return true; }
    }
    return false;
}

/* What came before the fence's answer may still wait behind it. */
void step_no_event(struct play *p, const struct step *step)
{
    if (!play_fence(p)) { return; }
    play_pass(p, play_now(p));
    for (unsigned event = SPEC_EVENT_CONNECTED; event <= SPEC_EVENT_CLOSED && !p->over; event++) {
        if ((step->events >> event & 1u) == 0 || !has_come(p, step, (enum spec_event)event)) { continue; }
        play_fail(p, "the application was told: %s", event_name(event_of((enum spec_event)event)));
    }
    if (!p->over) { p->proved = true; }
}

/* ---- state ---- */

static unsigned wanted_states(struct play *p, const struct step *step)
{
    struct value v;
    if (!step->state_by_parameter) { return step->states; }
    const struct expr *expr = expr_resolved(&p->eval, step->value);
    if (expr && evaluate(&p->eval, expr, &v) && v.type == TYPE_STATE) { return 1u << v.number; }
    play_fault(p, step->value);
    return 0;
}

static const char *states_text(struct play *p, unsigned states)
{
    const char *text = "";
    for (unsigned i = 0; i < TCPR_STATES; i++) {
        if ((states >> i & 1u) == 0) { continue; }
        text = arena_printf(p->arena, "%s%s%s", text, *text ? " or " : "", tcpr_state_name((enum tcpr_state)i));
    }
    return text;
}

static void judge_state(struct play *p, unsigned states, enum tcprove_state got)
{
    const char *name = tcpr_state_name((enum tcpr_state)got);
    struct field_difference *difference = arena_alloc(p->arena, sizeof *difference);
    *difference = (struct field_difference){"STATE", states_text(p, states), name, true};
    p->result->difference = difference;
    p->result->difference_count = 1;
    play_blame(p, p->result->trace.count - 1);
    play_fail(p, "the target is in %s, should be in %s", name, difference->expected);
}

/* Look until the state is one of those or the time is over. @return the last seen. */
static enum tcprove_state poll_state(struct play *p, unsigned connection, unsigned states, tcpr_time until)
{
    enum tcprove_state got;
    bool is_virtual = (p->target->abilities & TARGET_VIRTUAL_TIME) != 0;
    for (;;) {
        got = p->target->ops->state(p->lane, connection);
        if (got == TCPROVE_UNKNOWN || (got < TCPR_STATES && (states >> got & 1u) != 0) || p->over) { return got; }
        tcpr_time now = play_now(p), next = now + POLL_US;
        if (now >= until) { return got; }
        play_wait(p, is_virtual || next > until ? until : next);
    }
}

void step_state(struct play *p, const struct step *step)
{
    tcpr_time until;
    unsigned states = wanted_states(p, step);
    if (states == 0) { return; }
    bool shown = (p->target->abilities & TCPROVE_CAN_STATE) != 0;
    enum tcprove_state got = TCPROVE_UNKNOWN;
    if (shown) {
        if (!step_deadline(p, step, &until) || !play_fence(p)) { return; }
        got = poll_state(p, step->connection, states, until);
        if (p->over) { return; }
    }
    if (got == TCPROVE_UNKNOWN || got >= TCPR_STATES) {
        trace_text(p, TRACE_NOTE, step->connection, "the target does not show its state: passed over");
        p->state_passed_over = true;
        return;
    }
    trace_text(p, TRACE_STATE, step->connection, "%s", tcpr_state_name((enum tcpr_state)got));
    if ((states >> got & 1u) == 0) {
        judge_state(p, states, got);
    } else {
        p->proved = true;
    }
}
