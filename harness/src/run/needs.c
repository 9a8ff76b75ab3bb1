/* What can be said of a spec before it is played: what it needs, what it offers, how long it waits. */
#include "play.h"

#include <string.h>

#define WAIT_EXPECTED_US TCPR_S(5) /* a longer `within` is there because something does take that long */

/* Visit all steps of a list, those inside others too. */
static void visit(const struct step *step, size_t count, void (*each)(void *, const struct step *), void *context)
{
    for (size_t i = 0; i < count; i++) {
        each(context, &step[i]);
        visit(step[i].steps, step[i].step_count, each, context);
    }
}

/* The fragments `given` plays, the last to be played first. */
static const struct fragment *before(const struct suite *suite, const struct fragment *fragment)
{
    return fragment->from ? suite_fragment(suite, fragment->from, fragment->active) : NULL;
}

static void add_options(void *context, const struct step *step)
{
    static const unsigned bits[] = {
        [FIELD_MSS] = TCPR_OPT_MSS,      [FIELD_WS] = TCPR_OPT_WINDOW_SCALE, [FIELD_SACKOK] = TCPR_OPT_SACK_PERMITTED,
        [FIELD_SACK] = TCPR_OPT_SACK,    [FIELD_TS] = TCPR_OPT_TIMESTAMPS,   [FIELD_UTO] = TCPR_OPT_USER_TIMEOUT,
        [FIELD_TFO] = TCPR_OPT_FAST_OPEN};
    unsigned *options = context;
    for (size_t i = 0; i < step->segment.count; i++) {
        const struct field *f = &step->segment.field[i];
        if (f->kind >= FIELD_MSS && f->kind <= FIELD_TFO && !f->none) { *options |= bits[f->kind]; }
    }
}

unsigned needs_options(const struct spec *spec)
{
    unsigned options = 0;
    visit(spec->step, spec->step_count, add_options, &options);
    return options;
}

struct need {
    const struct spec *spec;
    unsigned abilities;
    bool proves;   /* something but the state is looked at */
    bool connects; /* the target opens */
};

/* Octets that stand there whole have addresses that are not the lane's. */
static bool is_misaddressed(const struct step *step)
{
    unsigned version = step->raw_len ? step->raw[0] >> 4 : 0;
    bool any = version == 4 || version == 6;
    for (size_t i = 0; step->kind == STEP_INJECT && i < step->segment.count; i++) {
        enum field_kind kind = step->segment.field[i].kind;
        any = any || kind == FIELD_SPORT || kind == FIELD_DPORT || kind == FIELD_IP_SRC || kind == FIELD_IP_DST;
    }
    return any;
}

static bool has_field(const struct step *step, enum field_kind kind)
{
    for (size_t i = 0; i < step->segment.count; i++) {
        if (step->segment.field[i].kind == kind) { return true; }
    }
    return false;
}

static void add_need(void *context, const struct step *step)
{
    struct need *need = context;
    if (step->kind == STEP_CALL || step->kind == STEP_EVENT || step->kind == STEP_NO_EVENT) {
        need->abilities |= TARGET_APPLICATION;
    }
    need->connects = need->connects || (step->kind == STEP_CALL && step->call == SPEC_CALL_CONNECT);
    /* A cookie would be known to the runs that follow. */
    if (step->kind == STEP_CALL && step->fast) {
        need->abilities |= (unsigned)TCPROVE_CAN_FAST_OPEN | TARGET_FORGETS_PATH;
    }
    if (step->kind == STEP_CALL && step->urgent) { need->abilities |= TCPROVE_CAN_URGENT; }
    if (step->kind == STEP_CALL && step->call == SPEC_CALL_ABORT) { need->abilities |= TCPROVE_CAN_ABORT; }
    if (step->kind == STEP_EVENT && step->event == SPEC_EVENT_URGENT) { need->abilities |= TCPROVE_CAN_URGENT; }
    if (step->icmp) { need->abilities |= TCPROVE_CAN_ICMP; }
    if (step->icmp && step->icmp->mtu) { need->abilities |= TARGET_FORGETS_PATH; }
    if (has_field(step, FIELD_IP_FRAGMENT)) { need->abilities |= TARGET_REASSEMBLES; }
    if (is_misaddressed(step)) { need->abilities |= TARGET_ANY_ADDRESS; }
    switch (step->kind) {
    case STEP_EXPECT:
    case STEP_EXPECT_TEXT:
    case STEP_ONE_OF:
    case STEP_SILENCE:
    case STEP_EVENT:
    case STEP_NO_EVENT:
    case STEP_ACKED:
    case STEP_FENCE:
    case STEP_CHECK: need->proves = true; return;
    case STEP_CALL: need->proves = need->proves || step->call_fails; return;
    case STEP_INJECT:
    case STEP_STATE:
    case STEP_ADVANCE:
    case STEP_AUTO_ACK:
    case STEP_LET:
    case STEP_REPEAT: return;
    }
}

/* A SYN without ACK that meets a SYN-SENT makes a simultaneous open. */
static bool opens_simultaneously(const struct step *step, size_t count, const char *state)
{
    bool waits = state && strcmp(state, tcpr_state_name(TCPR_SYN_SENT)) == 0;
    for (size_t i = 0; waits && i < count; i++) {
        for (size_t j = 0; j < step[i].segment.count && step[i].kind == STEP_INJECT; j++) {
            const struct field *f = &step[i].segment.field[j];
            if (f->kind == FIELD_CTL && f->value && f->value->kind == EXPR_FLAGS && f->value->number == TCPR_SYN) {
                return true;
            }
        }
    }
    return false;
}

static struct need need_of(const struct play *p)
{
    const struct fragment *fragment = spec_fragment(p->suite, p->spec, p->eval.cell);
    struct need need = {.spec = p->spec};
    visit(p->spec->step, p->spec->step_count, add_need, &need);
    bool simultaneous = fragment && opens_simultaneously(p->spec->step, p->spec->step_count, fragment->state);
    struct need ignored = {0};
    for (; fragment; fragment = before(p->suite, fragment)) {
        visit(fragment->step, fragment->step_count, add_need, &ignored);
        simultaneous = simultaneous || opens_simultaneously(fragment->step, fragment->step_count, fragment->from);
    }
    need.abilities |= ignored.abilities;
    bool asks = p->spec->given.ecn || p->spec->given.accurate_ecn;
    if (asks && (need.connects || ignored.connects)) { need.abilities |= TARGET_OFFERS_ECN; }
    if (p->spec->given.mtu_probing) { need.abilities |= TARGET_PROBES_PATH; }
    if (simultaneous) { need.abilities |= TCPROVE_CAN_SIMULTANEOUS; }
    return need;
}

const char *needs_unmet(struct play *p)
{
    struct need need = need_of(p);
    unsigned able = p->target->abilities, missing = need.abilities & ~able;
    unsigned version = p->result->version == 4 ? TCPROVE_CAN_IPV4 : TCPROVE_CAN_IPV6;
    if ((able & version) == 0) { return "the target does not speak this version of IP"; }
    if (missing & TARGET_APPLICATION) {
        const char *why = able & TARGET_SERVICE ? service_unmet(p) : "no application on the target is under control";
        if (why) { return why; }
    }
    if (missing & TARGET_ANY_ADDRESS) { return "the target is spoken to from the tester's addresses and ports alone"; }
    if (missing & TCPROVE_CAN_FAST_OPEN) { return "the target does not open with text on its SYN"; }
    if (missing & TARGET_FORGETS_PATH) {
        return "the target would keep the path MTU or the cookie it is told, to the harm of other runs";
    }
    if (missing & TARGET_OFFERS_ECN) { return "whether the target asks for ECN is not ours to say"; }
    if (missing & TARGET_PROBES_PATH) { return "the target does not probe for the path MTU (RFC 4821)"; }
    if (missing & TARGET_REASSEMBLES) { return "the target is not known to put fragments together"; }
    if (missing & TCPROVE_CAN_URGENT) { return "the target has no urgent mechanism"; }
    if (missing & TCPROVE_CAN_ABORT) { return "the target's application cannot abort"; }
    if (missing & TCPROVE_CAN_ICMP) { return "the target does not take ICMP messages"; }
    if (missing & TCPROVE_CAN_SIMULTANEOUS) { return "the target does not open simultaneously"; }
    bool blind = (able & TCPROVE_CAN_STATE) == 0;
    return blind && !need.proves ? "all that is looked at is the state, which the target does not show" : NULL;
}

/* ---- How long it waits ---- */

struct waiting {
    struct evaluator eval;
    tcpr_time total;
};

static tcpr_time known_time(struct waiting *w, const struct expr *expr)
{
    tcpr_time length;
    const struct expr *resolved = expr ? expr_resolved(&w->eval, expr) : NULL;
    if (resolved && resolved->kind == EXPR_RANGE) { resolved = resolved->left; }
    return resolved && evaluate_time(&w->eval, resolved, &length) ? length : 0;
}

static void add_waits(struct waiting *w, const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t times = 1;
        struct waiting inner = {.eval = w->eval};
        const struct step *s = &step[i];
        if (s->kind == STEP_REPEAT && !evaluate_whole(&w->eval, s->count, 0, 100000, &times)) { times = 1; }
        if (s->kind == STEP_SILENCE || s->kind == STEP_ADVANCE) { inner.total += known_time(w, s->duration); }
        tcpr_time within = known_time(w, s->within);
        inner.total += known_time(w, s->after) + (within > WAIT_EXPECTED_US ? within : 0);
        add_waits(&inner, s->steps, s->step_count);
        w->total += (tcpr_time)times * inner.total;
    }
}

bool target_name(const struct target *target, enum spec_name name, struct value *out)
{
    bool is_of_target = name == NAME_MSL || name == NAME_RTO || name == NAME_TICK;
    tcpr_time time = name == NAME_MSL ? target->msl_us : name == NAME_RTO ? target->rto_initial_us : target->tick_us;
    *out = value_time(time);
    return is_of_target && (time != 0 || name == NAME_TICK);
}

static bool times_known(const void *context, enum spec_name name, struct value *out, const char **why)
{
    (void)why;
    return target_name(context, name, out);
}

tcpr_time run_wait_us(const struct suite *suite, const struct spec *spec, size_t cell, const struct target *target)
{
    struct waiting w = {.eval = {.spec = spec, .cell = cell, .builtin = times_known, .context = target}};
    add_waits(&w, spec->step, spec->step_count);
    for (const struct fragment *f = spec_fragment(suite, spec, cell); f; f = before(suite, f)) {
        add_waits(&w, f->step, f->step_count);
    }
    return w.total;
}
