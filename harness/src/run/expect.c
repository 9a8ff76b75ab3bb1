/* Steps that want a segment: expect, expect-text, one_of. */
#include "play.h"

#define NO_ENTRY SIZE_MAX

/* The end of a wait: what is written, else what `after` needs, else the target's own default. */
bool step_deadline(struct play *p, const struct step *step, tcpr_time *until)
{
    tcpr_time now = play_now(p), length = p->target->reply_within_us, from = p->stamp;
    const struct expr *after = step->after ? expr_resolved(&p->eval, step->after) : NULL;
    if (step->within) {
        if (!evaluate_time(&p->eval, step->within, &length)) {
            play_fault(p, step->within);
            return false;
        }
        *until = from + length + p->target->path_us;
        return true;
    }
    *until = now + length;
    if (!after) { return true; }
    const struct expr *end = after->kind == EXPR_RANGE ? after->right : after;
    tcpr_time last;
    if ((step->since && !evaluate_time(&p->eval, step->since, &from)) || !evaluate_time(&p->eval, end, &last)) {
        play_fault(p, step->after);
        return false;
    }
    *until = from + last + length; /* the length again, so that what comes late is seen to be late */
    return true;
}

static const char *waited_text(struct play *p, tcpr_time until)
{
    struct value v = value_time(until > p->stamp ? until - p->stamp : 0);
    return value_text(&v, p->arena);
}

static void nothing_came(struct play *p, const struct step *step, tcpr_time until, size_t passed_over)
{
    if (p->over) { return; }
    if (passed_over == NO_ENTRY) {
        play_fail(p, "nothing came within %s", waited_text(p, until));
        return;
    }
    if (step->kind == STEP_EXPECT) { match_explain(p, step, passed_over); }
    play_blame(p, passed_over);
    play_fail(p, "nothing but other segments came within %s", waited_text(p, until));
}

/* The step holds by this segment. */
static void accept(struct play *p, const struct step *step, size_t entry)
{
    tcpr_time at = trace_at(p, entry)->at;
    match_bind_time(p, step, at);
    play_consume(p, entry);
    p->stamp = at;
    p->proved = true;
}

/* What a segment is to a step: the one it asks for, that one at the wrong time, or another. */
enum answer { ANSWER_YES, ANSWER_WRONG_TIME, ANSWER_NO };

static enum answer answers(struct play *p, const struct step *step, size_t entry)
{
    if (match_segment(p, step, entry) != MATCH_YES || p->over) { return ANSWER_NO; }
    if (match_time(p, step, trace_at(p, entry)->at) == MATCH_YES) { return ANSWER_YES; }
    match_unbind(p);
    return ANSWER_WRONG_TIME;
}

static const char *first_difference(const struct play *p)
{
    for (size_t i = 0; i < p->result->difference_count; i++) {
        if (p->result->difference[i].differs) { return p->result->difference[i].field; }
    }
    return "CTL";
}

static void mismatch(struct play *p, const struct step *step, size_t entry)
{
    match_explain(p, step, entry);
    play_blame(p, entry);
    const char *field = first_difference(p);
    for (size_t i = 0; i < p->result->difference_count; i++) {
        const struct field_difference *d = &p->result->difference[i];
        if (d->field != field) { continue; }
        play_fail(p, "another segment came: %s should be %s and is %s", field, d->expected, d->got);
        return;
    }
    play_fail(p, "another segment came");
}

void step_expect(struct play *p, const struct step *step)
{
    tcpr_time until;
    size_t entry, passed_over = NO_ENTRY;
    if (!step_deadline(p, step, &until)) { return; }
    while (play_next_segment(p, step->connection, until, &entry)) {
        if (!match_form(p, entry)) { return; }
        enum answer answer = answers(p, step, entry);
        if (p->over) { return; }
        if (answer == ANSWER_YES) {
            accept(p, step, entry);
            return;
        }
        if (answer == ANSWER_WRONG_TIME || !allow_bare_ack(p, entry)) {
            mismatch(p, step, entry);
            return;
        }
        play_consume(p, entry);
        passed_over = entry;
    }
    nothing_came(p, step, until, passed_over);
}

/* ---- expect-text ---- */

/* Which text is still wanted. */
struct wanted {
    const uint8_t *text; /* NULL: the pattern */
    uint32_t len, got;
};

static bool wanted_text(struct play *p, const struct step *step, struct wanted *w)
{
    int64_t count = 0;
    *w = (struct wanted){0};
    if (step->has_text) {
        w->text = step->text;
        w->len = (uint32_t)step->text_len;
        return true;
    }
    if (!evaluate_whole(&p->eval, step->count, 0, 1 << 30, &count)) {
        play_fault(p, step->count);
        return false;
    }
    w->len = (uint32_t)count;
    return true;
}

/* How much of the wanted text a segment brings, from snd.nxt on. @return false: other octets than those. */
static bool take_wanted(const struct play *p, struct wanted *w, size_t index, uint32_t *fresh)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    const struct track *t = &p->connection[entry->connection].track;
    const uint8_t *text = match_text(p, index);
    uint32_t old = tcpr_seq_distance(seg->seq, t->snd_nxt);
    *fresh = 0;
    if (!text || !t->iss_known || tcpr_seq_lt(t->snd_nxt, seg->seq) || old >= seg->text_len) { return true; }
    *fresh = seg->text_len - old;
    for (uint32_t i = 0; i < *fresh && w->got + i < w->len; i++) {
        uint8_t octet = w->text ? w->text[w->got + i] : pattern_octet(t->snd_nxt - t->iss - 1 + i);
        if (text[old + i] != octet) { return false; }
    }
    return true;
}

/* What expect-text may meet beside new text: bare ACKs and repeated text. A gap or another control bit is neither. */
static bool beside_text(const struct play *p, size_t entry)
{
    return allow_bare_ack(p, entry) || allow_retransmission(p, entry);
}

static bool expect_text_segment(struct play *p, struct wanted *w, size_t entry)
{
    uint32_t fresh;
    if (!match_form(p, entry)) { return false; }
    unsigned control = trace_at(p, entry)->segment.control;
    bool same = take_wanted(p, w, entry, &fresh);
    if (!same || (fresh == 0 && !beside_text(p, entry)) || (control & (TCPR_SYN | TCPR_RST)) != 0) {
        play_blame(p, entry);
        play_fail(p,
                  same ? "a segment that brings no text in order came, %u of %u octets were seen"
                       : "other text came than expected, after %u of %u octets",
                  w->got, w->len);
        return false;
    }
    w->got += fresh;
    if (fresh) {
        p->step_observations = 0;
        p->steps++; /* what goes wrong with one segment of many is not the same as with another */
    }
    if (w->got > w->len) {
        play_blame(p, entry);
        play_fail(p, "more text came than the %u octets expected", w->len);
        return false;
    }
    p->stamp = trace_at(p, entry)->at;
    play_consume(p, entry);
    return true;
}

static void text_until(struct play *p, const struct step *step, struct wanted *w)
{
    tcpr_time until;
    size_t entry = NO_ENTRY;
    while (w->got < w->len) {
        if (!step_deadline(p, step, &until)) { return; }
        if (!play_next_segment(p, step->connection, until, &entry)) {
            if (!p->over) { play_fail(p, "only %u of %u octets of text came", w->got, w->len); }
            return;
        }
        if (!expect_text_segment(p, w, entry)) { return; }
    }
    p->proved = true;
    match_bind_time(p, step, p->stamp);
}

void step_expect_text(struct play *p, const struct step *step)
{
    struct wanted w;
    if (wanted_text(p, step, &w)) { text_until(p, step, &w); }
}

/* ---- one_of ---- */

/* The deadline of each branch; of a silence, the time at which it has come true. */
static bool branch_deadlines(struct play *p, const struct step *step, tcpr_time *last, tcpr_time *silent)
{
    *last = 0;
    *silent = TCPR_NEVER;
    for (size_t i = 0; i < step->step_count; i++) {
        const struct step *branch = &step->steps[i];
        tcpr_time until, length;
        if (branch->kind == STEP_SILENCE) {
            if (!evaluate_time(&p->eval, branch->duration, &length)) {
                play_fault(p, branch->duration);
                return false;
            }
            until = play_now(p) + length;
            if (until < *silent) { *silent = until; }
        } else if (!step_deadline(p, branch, &until)) {
            return false;
        }
        if (until > *last) { *last = until; }
    }
    return true;
}

static bool branch_takes(struct play *p, const struct step *branch, size_t entry)
{
    if (branch->kind == STEP_EXPECT) {
        if (answers(p, branch, entry) != ANSWER_YES) { return false; }
        accept(p, branch, entry);
        return true;
    }
    struct wanted w;
    uint32_t fresh;
    if (branch->kind != STEP_EXPECT_TEXT || !wanted_text(p, branch, &w)) { return false; }
    if (!take_wanted(p, &w, entry, &fresh) || fresh == 0) { return false; }
    if (expect_text_segment(p, &w, entry)) { text_until(p, branch, &w); }
    return true;
}

static const struct step *branch_of(const struct step *step, enum step_kind kind)
{
    for (size_t i = 0; i < step->step_count; i++) {
        if (step->steps[i].kind == kind) { return &step->steps[i]; }
    }
    return NULL;
}

/* @return true: a branch came true, or the run is over. */
static bool segment_decides(struct play *p, const struct step *step, size_t entry)
{
    if (!match_form(p, entry)) { return true; }
    for (size_t i = 0; i < step->step_count; i++) {
        if (branch_takes(p, &step->steps[i], entry) || p->over) { return true; }
    }
    const struct step *silence = branch_of(step, STEP_SILENCE);
    const struct step *expect = branch_of(step, STEP_EXPECT);
    bool silent = silence && !silence->strict && (allow_news(p, entry) || !expect) && allow_bare_ack(p, entry);
    silent = silent || (silence && !silence->strict && allow_retransmission(p, entry));
    if (silent || (!silence && allow_bare_ack(p, entry))) {
        play_consume(p, entry);
        return false;
    }
    if (expect) {
        mismatch(p, expect, entry);
    } else {
        play_blame(p, entry);
        play_fail(p, "a segment came that no branch allows");
    }
    return true;
}

static bool event_decides(struct play *p, const struct step *step)
{
    for (size_t i = 0; i < step->step_count; i++) {
        const struct step *branch = &step->steps[i];
        if (branch->kind != STEP_EVENT) { continue; }
        uint32_t missing;
        struct told *told = play_told(p, branch->connection, event_of(branch->event));
        bool text = branch->event == SPEC_EVENT_TEXT;
        if (text ? !event_text_read(p, branch, &missing) : !told) { continue; }
        if (told) { told->taken = true; }
        p->stamp = told && !text ? trace_at(p, told->entry)->at : play_now(p);
        match_bind_time(p, branch, p->stamp);
        p->proved = true;
        return true;
    }
    return false;
}

static bool segment_waits(const struct play *p, const struct step *step)
{
    const struct list *waiting = &p->connection[step->connection].waiting;
    return waiting->head < waiting->count;
}

void step_one_of(struct play *p, const struct step *step)
{
    tcpr_time last, silent;
    size_t entry;
    const struct step *first = step->step_count ? &step->steps[0] : step;
    if (!branch_deadlines(p, step, &last, &silent)) { return; }
    tcpr_time until = silent < last ? silent : last;
    do {
        if (event_decides(p, step)) { return; }
        while (segment_waits(p, first)) {
            if (!play_next_segment(p, first->connection, until, &entry)) { return; }
            if (segment_decides(p, step, entry)) { return; }
        }
    } while (play_wait(p, until));
    if (p->over || segment_waits(p, first)) { return; }
    if (silent <= last) {
        p->stamp = play_now(p);
        p->proved = true;
        return;
    }
    play_fail(p, "none of the branches came true within %s", waited_text(p, until));
}
