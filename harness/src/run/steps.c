/* The order of steps, and those that only take a few lines. */
#include "play.h"

#include <string.h>

#define RECEIVE_NAMES (1u << NAME_RCV_NXT | 1u << NAME_RCV_WND)
#define REPEAT_MAX 100000

static bool field_reads(const struct play *p, const struct field *f, unsigned names)
{
    for (; f; f = f->next_pair) {
        if (expr_reads(&p->eval, f->value, names) || expr_reads(&p->eval, f->value2, names)) { return true; }
    }
    return false;
}

/* Does a step of the tester's own count on the target's having taken all it was sent? An expectation does not: it is
 * the acknowledgment itself that it looks for. */
static bool counts_on_receipt(const struct play *p, const struct step *step)
{
    if (step->kind != STEP_INJECT && step->kind != STEP_LET && step->kind != STEP_CHECK && step->kind != STEP_CALL) {
        return false;
    }
    for (size_t i = 0; i < step->segment.count; i++) {
        if (field_reads(p, &step->segment.field[i], RECEIVE_NAMES)) { return true; }
    }
    return expr_reads(&p->eval, step->value, RECEIVE_NAMES) || expr_reads(&p->eval, step->value2, RECEIVE_NAMES) ||
           expr_reads(&p->eval, step->count, RECEIVE_NAMES);
}

void step_inject(struct play *p, const struct step *step)
{
    size_t len = step->icmp ? craft_icmp(p, step) : step->raw ? craft_raw(p, step) : craft_segment(p, step);
    if (p->over) { return; }
    p->stamp = play_now(p);
    match_bind_time(p, step, p->stamp);
    play_send(p, p->octets, len);
}

static void step_advance(struct play *p, const struct step *step)
{
    tcpr_time length;
    if (!evaluate_time(&p->eval, step->duration, &length)) {
        play_fault(p, step->duration);
        return;
    }
    play_pass(p, play_now(p) + length);
    p->stamp = play_now(p);
}

static void step_acked(struct play *p, const struct step *step)
{
    tcpr_time until;
    struct value wanted, acked;
    const struct track *t = &p->connection[step->connection].track;
    if (!step_deadline(p, step, &until)) { return; }
    for (;;) {
        int order = -1;
        if (!evaluate(&p->eval, step->value, &wanted)) {
            play_fault(p, step->value);
            return;
        }
        acked = value_sequence(t->acked);
        if (t->acked_known && !value_compare(&p->eval, &acked, &wanted, &order)) {
            play_fault(p, step->value);
            return;
        }
        if (order >= 0) { break; }
        if (play_wait(p, until)) { continue; }
        play_fail(p, "not acknowledged: wanted %s, highest ACK seen %s", expr_text(&p->eval, step->value, p->arena),
                  t->acked_known ? value_text(&acked, p->arena) : "none");
        return;
    }
    play_absorb_acks(p);
    p->proved = true;
}

static void step_let(struct play *p, const struct step *step)
{
    struct value v;
    if (!evaluate(&p->eval, step->value, &v)) {
        play_fault(p, step->value);
    } else if (step->variable < p->eval.variable_count) {
        p->eval.variable[step->variable] = v;
    }
}

static bool holds(enum relation relation, int order)
{
    switch (relation) {
    case RELATION_EQ: return order == 0;
    case RELATION_NE: return order != 0;
    case RELATION_LT: return order < 0;
    case RELATION_LE: return order <= 0;
    case RELATION_GT: return order > 0;
    case RELATION_GE: return order >= 0;
    }
    return false;
}

static void step_check(struct play *p, const struct step *step)
{
    struct value left, right;
    int order;
    if (!evaluate(&p->eval, step->value, &left) || !evaluate(&p->eval, step->value2, &right) ||
        !value_compare(&p->eval, &left, &right, &order)) {
        play_fault(p, step->value);
        return;
    }
    p->proved = true;
    if (holds(step->relation, order)) { return; }
    play_fail(p, "the relation does not hold: %s, %s", expr_text(&p->eval, step->value, p->arena),
              expr_text(&p->eval, step->value2, p->arena));
}

static void step_repeat(struct play *p, const struct step *step)
{
    int64_t count;
    if (!evaluate_whole(&p->eval, step->count, 0, REPEAT_MAX, &count)) {
        play_fault(p, step->count);
        return;
    }
    for (int64_t i = 0; i < count && !p->over; i++) {
        play_steps(p, step->steps, step->step_count);
    }
}

static void play_step(struct play *p, const struct step *step)
{
    switch (step->kind) {
    case STEP_INJECT: step_inject(p, step); return;
    case STEP_EXPECT: step_expect(p, step); return;
    case STEP_EXPECT_TEXT: step_expect_text(p, step); return;
    case STEP_ONE_OF: step_one_of(p, step); return;
    case STEP_SILENCE: step_silence(p, step); return;
    case STEP_CALL: step_call(p, step); return;
    case STEP_EVENT: step_event(p, step); return;
    case STEP_NO_EVENT: step_no_event(p, step); return;
    case STEP_STATE: step_state(p, step); return;
    case STEP_ADVANCE: step_advance(p, step); return;
    case STEP_ACKED: step_acked(p, step); return;
    case STEP_AUTO_ACK: p->connection[step->connection].auto_ack = step->on; return;
    case STEP_FENCE: step_fence(p, step); return;
    case STEP_LET: step_let(p, step); return;
    case STEP_CHECK: step_check(p, step); return;
    case STEP_REPEAT: step_repeat(p, step); return;
    }
}

void play_steps(struct play *p, const struct step *step, size_t count)
{
    for (size_t i = 0; i < count && !p->over; i++) {
        p->step = &step[i];
        p->steps++;
        p->step_observations = 0;
        if (counts_on_receipt(p, &step[i]) && !play_catch_up(p)) { return; }
        play_step(p, &step[i]);
    }
}
