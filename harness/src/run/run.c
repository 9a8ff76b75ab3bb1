/* One run: what stands before the steps, the steps, what stands behind them. */
#include "harness/run.h"

#include "harness/catalogue.h"
#include "harness/check.h"
#include "play.h"

#include <inttypes.h>
#include <stdlib.h>

#define CHAIN_MAX 16u

const char play_time_not_told[] = "the target does not tell this time";

struct run_result *run_result_of(const struct spec *spec, size_t cell, uint8_t version, enum verdict verdict,
                                 const char *reason)
{
    struct run_result *result = calloc(1, sizeof *result);
    if (!result) { abort(); }
    result->spec = spec->path;
    result->name = spec->name;
    result->title = spec->title;
    result->cell = spec_cell_name(spec, cell, &result->arena);
    result->version = version;
    result->covers = spec->covers;
    result->covers_count = spec->covers_count;
    result->verdict = verdict;
    result->rule = spec->covers_count ? spec->covers[0] : "none";
    const struct catalogue_rule *rule = catalogue_find(result->rule);
    result->level = rule ? rule->level : LEVEL_UNKNOWN;
    result->reason = arena_printf(&result->arena, "%s", reason);
    result->file = spec->path;
    result->attempts = 1;
    result->agreed = 1;
    return result;
}

void run_result_free(struct run_result *result)
{
    if (!result) { return; }
    struct arena arena = result->arena;
    arena_free(&arena);
    free(result);
}

static bool play_name(const void *context, enum spec_name name, struct value *out, const char **why)
{
    const struct play *p = context;
    if (target_name(p->target, name, out)) { return true; }
    if (name == NAME_MSL || name == NAME_RTO) {
        *why = play_time_not_told;
        return false;
    }
    return track_name(&p->connection[p->step ? p->step->connection : 0].track, name, out, why);
}

static void use_variables(struct play *p, size_t count)
{
    p->eval.variable = arena_array(p->arena, count + 1, sizeof *p->eval.variable);
    p->eval.variable_count = count;
    p->scratch = arena_array(p->arena, count + 1, sizeof *p->scratch);
}

/* What `given` asks of the target's side, the options its own steps write included. */
static bool request_of(struct play *p, struct lane_request *request)
{
    const struct given *g = &p->spec->given;
    unsigned written = needs_options(p->spec);
    int64_t isn = 0;
    *request = (struct lane_request){
        .version = p->result->version,
        .receive_buffer = g->receive_buffer,
        .send_buffer = g->send_buffer,
        .mtu = g->mtu,
        .window_scale = g->wscale != NULL || (written & TCPR_OPT_WINDOW_SCALE) != 0,
        .timestamps = g->timestamps || (written & TCPR_OPT_TIMESTAMPS) != 0,
        .ecn = g->ecn,
        .mtu_probing = g->mtu_probing,
        .accurate_ecn = g->accurate_ecn,
        .sack = g->sack || (written & (TCPR_OPT_SACK_PERMITTED | TCPR_OPT_SACK)) != 0,
        .user_timeout = (written & TCPR_OPT_USER_TIMEOUT) != 0,
        .isn_forced = g->target_isn != NULL,
        .listens = service_listens(p),
    };
    if (g->target_isn && !evaluate_whole(&p->eval, g->target_isn, 0, UINT32_MAX, &isn)) {
        play_fault(p, g->target_isn);
        return false;
    }
    request->isn = (uint32_t)isn;
    return true;
}

/* Bare ACKs the fragment left lying must not pass for answers to the spec's first step. */
static void tidy_given(struct play *p)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX && !p->over; i++) {
        struct list *waiting = &p->connection[i].waiting;
        while (waiting->head < waiting->count && allow_bare_ack(p, waiting->item[waiting->head])) {
            play_consume(p, waiting->item[waiting->head++]);
        }
    }
}

static void play_given(struct play *p)
{
    const struct fragment *chain[CHAIN_MAX];
    size_t count = 0;
    const struct fragment *f = spec_fragment(p->suite, p->spec, p->eval.cell);
    for (; f && count < CHAIN_MAX; count++) {
        chain[count] = f;
        f = f->from ? suite_fragment(p->suite, f->from, f->active) : NULL;
    }
    p->in_given = true;
    while (count-- > 0 && !p->over) {
        use_variables(p, chain[count]->variable_count);
        play_steps(p, chain[count]->step, chain[count]->step_count);
    }
    play_pass(p, play_now(p)); /* its last event may still wait to be told */
    p->told_given = p->told_count;
    tidy_given(p);
    p->in_given = false;
    service_begin(p);
}

/* A run that looked at nothing, because the target shows no states, has proved nothing. */
static void conclude(struct play *p)
{
    p->step = NULL;
    if (p->over) { return; }
    if (p->state_passed_over && !p->proved) {
        play_stop(p, VERDICT_SKIP, "all that was looked at is the state, which the target does not show");
        return;
    }
    const char *acted = service_acted(p);
    if (acted) {
        play_stop(p, VERDICT_SKIP, "%s", acted);
        return;
    }
    p->result->verdict = VERDICT_PASS;
    p->result->reason = "";
}

/* What was or was not seen while the target, or who makes its calls, went away says nothing. */
static void doubt_what_broke_off(struct play *p)
{
    const char *why = p->target->ops->gone ? p->target->ops->gone(p->target) : NULL;
    if (!why) { return; }
    p->result->verdict = VERDICT_INCONCLUSIVE;
    p->result->reason = arena_printf(p->arena, "%s", why);
}

static void play_on_lane(struct play *p)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        p->connection[i].track.version = p->result->version;
    }
    p->addresses = p->target->ops->addresses(p->lane);
    late_begin(p);
    play_given(p);
    p->proved = false;
    use_variables(p, p->spec->variable_count);
    play_steps(p, p->spec->step, p->spec->step_count);
    p->result->took_us = play_now(p);
    conclude(p);
    doubt_what_broke_off(p);
    p->target->ops->close(p->lane);
    if (p->options->monitor_off) { return; }
    p->result->finding_count = check_trace(&p->result->trace, p->arena, &p->result->finding);
}

static bool too_long(struct play *p)
{
    if (p->options->patience_us == 0 || (p->target->abilities & TARGET_VIRTUAL_TIME) != 0) { return false; }
    tcpr_time wait = run_wait_us(p->suite, p->spec, p->eval.cell, p->target);
    if (wait <= p->options->patience_us) { return false; }
    struct value takes = value_time(wait), patience = value_time(p->options->patience_us);
    play_stop(p, VERDICT_SKIP, "would wait %s, the patience is %s", value_text(&takes, p->arena),
              value_text(&patience, p->arena));
    return true;
}

static void play(struct play *p)
{
    struct lane_request request;
    enum verdict verdict = VERDICT_SKIP;
    const char *why = needs_unmet(p);
    if (!why && p->target->ops->gone && (why = p->target->ops->gone(p->target)) != NULL) {
        verdict = VERDICT_INCONCLUSIVE;
    }
    if (!why && too_long(p)) { return; }
    if (!why && p->spec->when) { why = probe_when(p->target, p->result->version, p->spec->when, &verdict); }
    if (!why && !request_of(p, &request)) { return; }
    if (!why) {
        p->lane = p->target->ops->open(p->target, &request, &why);
        if (p->lane) {
            play_on_lane(p);
            return;
        }
        if (p->target->ops->gone && p->target->ops->gone(p->target)) { verdict = VERDICT_INCONCLUSIVE; }
    }
    play_stop(p, verdict, "%s", why ? why : "the target opened no lane and did not say why");
}

struct run_result *run_spec(const struct suite *suite, const struct spec *spec, size_t cell, uint8_t version,
                            struct target *target, const struct run_options *options)
{
    static const struct run_options defaults = {0};
    struct run_result *result = run_result_of(spec, cell, version, VERDICT_ERROR, "");
    struct play *p = arena_alloc(&result->arena, sizeof *p);
    p->suite = suite;
    p->spec = spec;
    p->target = target;
    p->options = options ? options : &defaults;
    p->result = result;
    p->arena = &result->arena;
    p->eval = (struct evaluator){.spec = spec, .cell = cell, .builtin = play_name, .context = p};
    play(p);
    result->doubtful = target->may_lose && result->verdict != VERDICT_ERROR;
    return result;
}
