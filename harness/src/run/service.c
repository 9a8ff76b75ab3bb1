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
    bool fed = t->irs_known && t->rcv_nxt != t->irs + 1;
    bool reads_all = (p->target->abilities & TARGET_SERVICE_CLOSES) != 0;
    if (entry->segment.control & TCPR_SYN) { return false; }
    if (entry->segment.control & TCPR_RST) { return fed && !reads_all; }
    return entry->segment.text_len > 0 || (entry->segment.control & TCPR_FIN) != 0;
}

void service_begin(struct play *p)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        struct connection *c = &p->connection[i];
        c->given_known = c->track.irs_known;
        c->irs_given = c->track.irs;
        c->rcv_nxt_given = c->track.rcv_nxt;
    }
}

static bool spec_echoes(const struct play *p)
{
    bool echoes = false;
    for (size_t i = 1; i < p->spec->step_count; i++) {
        echoes = echoes || is_echo(&p->spec->step[i - 1], &p->spec->step[i]);
    }
    return echoes;
}

/* Did the tester send a FIN that is between `from` and RCV.NXT? */
static bool fin_delivered(const struct play *p, unsigned connection, uint32_t from)
{
    uint32_t to = p->connection[connection].track.rcv_nxt;
    for (size_t i = 0; i < p->result->trace.count; i++) {
        const struct trace_entry *entry = trace_at(p, i);
        bool fin = entry->kind == TRACE_TO_TARGET && entry->is_tcp && entry->connection == connection &&
                   entry->parsed == TCPR_PARSE_OK && (entry->segment.control & TCPR_FIN) != 0;
        uint32_t end = entry->segment.seq + tcpr_segment_len(&entry->segment);
        if (fin && tcpr_seq_lt(from, end) && tcpr_seq_le(end, to)) { return true; }
    }
    return false;
}

/* Has the spec delivered text to a service that may answer it, or a FIN? What the service does then comes sooner or
 * later: a verdict would hang on when. */
static bool was_given(const struct play *p, unsigned connection)
{
    const struct connection *c = &p->connection[connection];
    const struct track *t = &c->track;
    if (!t->irs_known) { return false; }
    uint32_t from = c->given_known && c->irs_given == t->irs ? c->rcv_nxt_given : t->irs + 1;
    bool silent = (p->target->abilities & (TARGET_SERVICE_CLOSES | TARGET_SERVICE_ECHOES)) == TARGET_SERVICE_CLOSES;
    bool text_is_harmless = silent || spec_echoes(p);
    return t->rcv_nxt != from && (!text_is_harmless || fin_delivered(p, connection, from));
}

const char *service_acted(const struct play *p)
{
    if (!is_uncontrolled(p)) { return NULL; }
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (was_given(p, i)) {
            return "the service on the target was given text or a FIN, and may answer when it likes";
        }
    }
    for (size_t i = 0; i < p->result->trace.count; i++) {
        if (is_services_own(p, trace_at(p, i))) { return "the service on the target sent or closed by itself"; }
    }
    return NULL;
}
