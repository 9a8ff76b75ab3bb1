/* Warnings: what is allowed and reads badly, or proves nothing. */
#include "harness/catalogue.h"
#include "uses.h"

#include <stdarg.h>
#include <string.h>

#define TITLE_MAX 100u
#define WARNINGS_MAX 200u

struct lint {
    const struct spec *spec;
    struct arena *arena;
    struct spec_error *warning;
    size_t count;
    bool in_flight; /* text of the target's that no inject has acknowledged */
    bool auto_ack;
};

__attribute__((format(printf, 3, 4))) static void warn(struct lint *l, struct place at, const char *format, ...)
{
    if (l->count == WARNINGS_MAX) { return; }
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(l->arena, format, args);
    va_end(args);
    l->warning[l->count++] = (struct spec_error){at, text};
}

static const struct field *field_of(const struct notation *segment, enum field_kind kind)
{
    for (size_t i = 0; i < segment->count; i++) {
        if (segment->field[i].kind == kind) { return &segment->field[i]; }
    }
    return NULL;
}

/* An RST's numbers follow from what it answers, and `CTL=*` or a parameter says that the segment may be one. */
static bool numbers_are_free(const struct notation *segment)
{
    const struct field *ctl = field_of(segment, FIELD_CTL);
    return ctl && ctl->value && (ctl->value->kind != EXPR_FLAGS || (ctl->value->number & TCPR_RST));
}

static bool has_ack_bit(const struct notation *segment)
{
    const struct field *ctl = field_of(segment, FIELD_CTL);
    return !ctl || !ctl->value || ctl->value->kind != EXPR_FLAGS || (ctl->value->number & TCPR_ACK);
}

static void lint_expect(struct lint *l, const struct step *step)
{
    const struct notation *segment = &step->segment;
    if (!field_of(segment, FIELD_CTL)) { warn(l, step->place, "expect without CTL; write <CTL=*> where any will do"); }
    if (numbers_are_free(segment)) { return; }
    if (!field_of(segment, FIELD_SEQ)) { warn(l, step->place, "expect without SEQ; write <SEQ=*> where any will do"); }
    if (has_ack_bit(segment) && !field_of(segment, FIELD_ACK)) {
        warn(l, step->place, "expect without ACK; write <ACK=*> where any will do");
    }
}

/* After an RST nothing is sent again, whoever sent it. */
static bool resets(const struct step *step)
{
    const struct field *ctl = field_of(&step->segment, FIELD_CTL);
    return ctl && ctl->value && ctl->value->kind == EXPR_FLAGS && (ctl->value->number & TCPR_RST);
}

static bool carries_text(const struct step *step)
{
    return step->kind == STEP_EXPECT_TEXT || field_of(&step->segment, FIELD_DATA) ||
           field_of(&step->segment, FIELD_LEN);
}

/* By default an inject acknowledges all that was seen; one that names its ACK is trusted to unless it says snd.una. */
static bool acknowledges(const struct step *step)
{
    const struct field *ack = field_of(&step->segment, FIELD_ACK);
    if (step->icmp || step->raw || !has_ack_bit(&step->segment)) { return false; }
    return !ack || !ack->value || ack->value->kind != EXPR_NAME || ack->value->builtin != NAME_SND_UNA;
}

/* Below 100 ms nobody's timer runs out. */
static void lint_silence(struct lint *l, const struct step *step)
{
    const struct expr *duration = step->duration;
    if (!l->in_flight || (duration && duration->kind == EXPR_TIME && duration->number < (int64_t)TCPR_MS(100))) {
        return;
    }
    warn(l, step->place, "silence while text of the target's is in flight; acknowledge it first, or it is sent again");
}

static void lint_steps(struct lint *l, const struct step *step, size_t count);

/* What one branch leaves in flight is nothing to the next. */
static void lint_branches(struct lint *l, const struct step *step)
{
    bool before = l->in_flight, after = false;
    for (size_t i = 0; i < step->step_count; i++) {
        l->in_flight = before;
        lint_steps(l, &step->steps[i], 1);
        after = after || l->in_flight;
    }
    l->in_flight = after;
}

static void lint_steps(struct lint *l, const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++, step++) {
        switch (step->kind) {
        case STEP_EXPECT:
            lint_expect(l, step);
            l->in_flight = (l->in_flight || carries_text(step)) && !l->auto_ack && !resets(step);
            break;
        case STEP_EXPECT_TEXT: l->in_flight = !l->auto_ack; break;
        case STEP_INJECT: l->in_flight = l->in_flight && !acknowledges(step) && !resets(step); break;
        case STEP_SILENCE: lint_silence(l, step); break;
        case STEP_AUTO_ACK:
            l->auto_ack = step->on;
            l->in_flight = l->in_flight && !step->on;
            break;
        case STEP_ONE_OF: lint_branches(l, step); break;
        case STEP_REPEAT: lint_steps(l, step->steps, step->step_count); break;
        case STEP_CALL:
        case STEP_EVENT:
        case STEP_NO_EVENT:
        case STEP_STATE:
        case STEP_ADVANCE:
        case STEP_ACKED:
        case STEP_FENCE:
        case STEP_LET:
        case STEP_CHECK: break;
        }
    }
}

static bool looks(const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++, step++) {
        switch (step->kind) {
        case STEP_EXPECT:
        case STEP_EXPECT_TEXT:
        case STEP_SILENCE:
        case STEP_EVENT:
        case STEP_NO_EVENT:
        case STEP_STATE:
        case STEP_ACKED:
        case STEP_FENCE: return true;
        case STEP_ONE_OF:
        case STEP_REPEAT:
            if (looks(step->steps, step->step_count)) { return true; }
            break;
        case STEP_CALL:
            if (step->call_fails) { return true; }
            break;
        case STEP_INJECT:
        case STEP_ADVANCE:
        case STEP_AUTO_ACK:
        case STEP_LET:
        case STEP_CHECK: break;
        }
    }
    return false;
}

static void lint_head(struct lint *l)
{
    const struct spec *spec = l->spec;
    struct place top = {spec->path, 1, 1};
    size_t title_len = strlen(spec->title);
    if (title_len > TITLE_MAX) {
        warn(l, top, "a title of %zu characters; at most %u fit a report's line", title_len, TITLE_MAX);
    }
    if (!spec->why) { warn(l, top, "no `why`; say why the rule exists, or what breaks without it"); }
    for (size_t i = 0; i < spec->covers_count; i++) {
        const struct catalogue_rule *rule = catalogue_find(spec->covers[i]);
        if (!rule || rule->observable != OBSERVABLE_NONE) { continue; }
        warn(l, top, "covers %s, which the catalogue says nobody can observe; cover the rule that shows", rule->id);
    }
}

static void lint_names(struct lint *l)
{
    struct uses uses;
    uses_count(l->spec, &uses);
    for (size_t i = 0; i < l->spec->variable_count && i < USES_MAX; i++) {
        if (uses.variable[i] || !uses.bound_at[i].file) { continue; }
        warn(l, uses.bound_at[i], "'%s' is bound and never used; write *, or leave it out", l->spec->variable[i]);
    }
    for (size_t i = 0; i < l->spec->parameter_count && i < USES_MAX; i++) {
        const struct parameter *parameter = &l->spec->parameter[i];
        if (uses.parameter[i]) { continue; }
        warn(l, parameter->at, "{%s} is never used; the same spec runs %zu times", parameter->name, parameter->count);
    }
}

size_t spec_lint(const struct suite *suite, const struct spec *spec, struct arena *arena, struct spec_error **warning)
{
    (void)suite;
    struct lint l = {.spec = spec, .arena = arena};
    l.warning = arena_array(arena, WARNINGS_MAX, sizeof *l.warning);
    lint_head(&l);
    if (!looks(spec->step, spec->step_count)) {
        warn(&l, spec->step[0].place, "no step looks at the target; end with an expect, event, silence or state");
    }
    lint_steps(&l, spec->step, spec->step_count);
    lint_names(&l);
    *warning = l.warning;
    return l.count;
}
