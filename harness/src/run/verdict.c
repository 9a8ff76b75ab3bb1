/* From what a step found to the run's verdict. */
#include "harness/catalogue.h"
#include "play.h"

static const char *rule_at_hand(const struct play *p)
{
    if (p->step && p->step->rule) { return p->step->rule; }
    return p->spec->covers_count ? p->spec->covers[0] : "none";
}

static enum rule_level level_of(const char *rule)
{
    const struct catalogue_rule *found = catalogue_find(rule);
    return found ? found->level : LEVEL_UNKNOWN;
}

/* A procedure the text states without a keyword binds as a MUST does; one not in the catalogue is taken to. */
static enum verdict verdict_of(enum rule_level level)
{
    switch (level) {
    case LEVEL_SHOULD:
    case LEVEL_MAY: return VERDICT_DEVIATION;
    case LEVEL_MUST:
    case LEVEL_STATED:
    case LEVEL_UNKNOWN: break;
    }
    return VERDICT_FAIL;
}

static void conclude(struct play *p, enum verdict verdict, const char *rule, const char *format, va_list args)
{
    if (p->over) { return; }
    struct run_result *result = p->result;
    p->over = true;
    result->verdict = verdict;
    result->rule = rule;
    result->level = level_of(rule);
    result->reason = arena_vprintf(p->arena, format, args);
    if (!p->step) { return; }
    result->file = p->step->place.file;
    result->line = p->step->place.line;
    result->steps = p->steps;
    result->step = p->step->source;
}

void play_stop(struct play *p, enum verdict verdict, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    conclude(p, verdict, rule_at_hand(p), format, args);
    va_end(args);
}

/* What goes wrong on the way to the state the spec asks about says nothing about the spec's own rule. */
static void fail(struct play *p, const char *rule, const char *format, va_list args)
{
    const char *acted = service_acted(p);
    if (acted) {
        play_stop(p, VERDICT_SKIP, "%s", acted);
        return;
    }
    if (!p->in_given) {
        conclude(p, verdict_of(level_of(rule)), rule, format, args);
        return;
    }
    const char *reason = arena_vprintf(p->arena, format, args);
    play_stop(p, VERDICT_INCONCLUSIVE, "on the way to the given state: %s", reason);
}

void play_fail(struct play *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(p, rule_at_hand(p), format, args);
    va_end(args);
}

void play_fail_rule(struct play *p, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(p, rule, format, args);
    va_end(args);
}

void play_fault(struct play *p, const struct expr *expr)
{
    const char *source = expr && expr->source ? expr->source : expr && expr->name ? expr->name : "a value";
    enum verdict verdict = p->eval.why == play_time_not_told ? VERDICT_SKIP : VERDICT_ERROR;
    play_stop(p, verdict, "%s: %s", source, p->eval.why ? p->eval.why : "it has no value");
}

void play_blame(struct play *p, size_t entry)
{
    if (entry < p->result->trace.count) { trace_at(p, entry)->failing = true; }
}
