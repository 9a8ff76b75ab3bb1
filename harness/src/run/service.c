/* A target whose application nobody controls: a service that listens, and does what it does. */
#include "play.h"

#include <string.h>

static const char uncontrolled[] = "no application on the target is under control";

static bool is_uncontrolled(const struct play *p)
{
    return (p->target->abilities & TARGET_APPLICATION) == 0;
}

static bool asks_application(const struct step *step)
{
    return step->kind == STEP_CALL || step->kind == STEP_EVENT || step->kind == STEP_NO_EVENT;
}

/* It listens already. */
static bool is_listen(const struct step *step)
{
    return step->kind == STEP_CALL && step->call == SPEC_CALL_LISTEN && !step->count && !step->call_fails;
}

/* Nobody tells, and what follows on the wire shows it. */
static bool is_accepted(const struct step *step)
{
    return step->kind == STEP_EVENT && step->event == SPEC_EVENT_ACCEPTED && !step->after;
}

/* Read, and send the same: what an echo service does. */
static bool is_echo(const struct step *event, const struct step *send)
{
    bool literal = event->kind == STEP_EVENT && event->event == SPEC_EVENT_TEXT && event->has_text &&
                   send->kind == STEP_CALL && send->call == SPEC_CALL_SEND && send->has_text;
    return literal && !send->urgent && !send->call_fails && event->text_len == send->text_len &&
           memcmp(event->text, send->text, send->text_len) == 0;
}

static bool steps_suit(const struct step *step, size_t count, bool echoes)
{
    bool injected = false;
    for (size_t i = 0; i < count; i++) {
        if (echoes && i + 1 < count && is_echo(&step[i], &step[i + 1])) {
            i++;
            continue;
        }
        injected = injected || step[i].kind == STEP_INJECT || step[i].step_count > 0;
        bool first_listens = is_listen(&step[i]) && !injected; /* before that it would have been a closed port */
        if (asks_application(&step[i]) && !first_listens && !is_accepted(&step[i])) { return false; }
        if (!steps_suit(step[i].steps, step[i].step_count, false)) { return false; }
    }
    return true;
}

/* The last step towards LAST-ACK is the service's own. */
static bool fragment_suits(const struct fragment *fragment, bool closes)
{
    bool last_ack = strcmp(fragment->state, tcpr_state_name(TCPR_LAST_ACK)) == 0;
    for (size_t i = 0; i < fragment->step_count; i++) {
        const struct step *step = &fragment->step[i];
        bool shutdown = step->kind == STEP_CALL && step->call == SPEC_CALL_SHUTDOWN && last_ack && closes;
        if (asks_application(step) && !is_listen(step) && !is_accepted(step) && !shutdown) { return false; }
    }
    return true;
}

const char *service_unmet(const struct play *p)
{
    unsigned able = p->target->abilities;
    const struct fragment *fragment = spec_fragment(p->suite, p->spec, p->eval.cell);
    if (!steps_suit(p->spec->step, p->spec->step_count, (able & TARGET_SERVICE_ECHOES) != 0)) { return uncontrolled; }
    if (fragment && strcmp(fragment->state, tcpr_state_name(TCPR_CLOSE_WAIT)) == 0) {
        return "a service that nobody controls does not stay in CLOSE-WAIT";
    }
    for (; fragment; fragment = fragment->from ? suite_fragment(p->suite, fragment->from, fragment->active) : NULL) {
        if (!fragment_suits(fragment, (able & TARGET_SERVICE_CLOSES) != 0)) { return uncontrolled; }
    }
    return NULL;
}

static bool any_listens(const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (step[i].kind == STEP_CALL && step[i].call == SPEC_CALL_LISTEN) { return true; }
    }
    return false;
}

bool service_listens(const struct play *p)
{
    bool listens = any_listens(p->spec->step, p->spec->step_count);
    const struct fragment *fragment = spec_fragment(p->suite, p->spec, p->eval.cell);
    for (; fragment; fragment = fragment->from ? suite_fragment(p->suite, fragment->from, fragment->active) : NULL) {
        listens = listens || any_listens(fragment->step, fragment->step_count);
    }
    return listens;
}

bool service_passes_over(struct play *p, const struct step *step)
{
    if (!is_uncontrolled(p)) { return false; }
    trace_text(p, TRACE_NOTE, step->connection, "the application does not tell: passed over");
    p->state_passed_over = true;
    return true;
}

/* Text, a FIN, or the reset of a connection it had not read to the end: a segment no step has taken. One that reads
 * everything resets nothing. */
static bool is_services_own(const struct play *p, const struct trace_entry *entry)
{
    bool taken = entry->line != 0 && !entry->failing;
    if (entry->kind != TRACE_FROM_TARGET || !entry->is_tcp || entry->parsed != TCPR_PARSE_OK || taken) { return false; }
    const struct track *t = &p->connection[entry->connection].track;
    bool was_given = t->irs_known && t->rcv_nxt != t->irs + 1;
    bool reads_all = (p->target->abilities & TARGET_SERVICE_CLOSES) != 0;
    if (entry->segment.control & TCPR_SYN) { return false; }
    if (entry->segment.control & TCPR_RST) { return was_given && !reads_all; }
    return entry->segment.text_len > 0 || (entry->segment.control & TCPR_FIN) != 0;
}

bool service_acted(const struct play *p)
{
    for (size_t i = 0; is_uncontrolled(p) && i < p->result->trace.count; i++) {
        if (is_services_own(p, trace_at(p, i))) { return true; }
    }
    return false;
}
