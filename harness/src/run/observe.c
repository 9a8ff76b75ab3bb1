/* Waiting for the target, and keeping the books of what comes. */
#include "harness/net.h"
#include "play.h"

#include <string.h>

/* An echo may be lost or late on a busy machine. */
#define FENCE_ATTEMPTS 3u
/* On a real clock a wait looks up this often to see whether the user has had enough. */
#define SLICE_US TCPR_MS(100)

tcpr_time play_now(const struct play *p)
{
    return p->target->ops->now(p->lane);
}

void list_push(struct arena *arena, struct list *list, size_t item)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        size_t *more = arena_array(arena, room, sizeof *more);
        if (list->count) { memcpy(more, list->item, list->count * sizeof *more); }
        list->item = more;
        list->room = room;
    }
    list->item[list->count++] = item;
}

/* In two fragments, where the segment crafted last asks for it. */
static bool send_on_the_wire(struct play *p, const uint8_t *octets, size_t len)
{
    if (!p->fragments) { return p->target->ops->inject(p->lane, octets, len); }
    p->fragments = false;
    if (octets[0] >> 4 != 4) {
        play_stop(p, VERDICT_ERROR, "only IPv4 datagrams are cut in two; write ip: [4]");
        return true;
    }
    uint8_t *whole = arena_alloc(p->arena, 2 * len), *part = whole + len;
    memcpy(whole, octets, len);
    uint16_t identification = (uint16_t)(p->fragmented++ + 1u);
    size_t second = datagram_fragment(octets, len, 1, identification, part);
    if (second == 0 || !p->target->ops->inject(p->lane, part, second)) { return false; }
    whole[1] = (uint8_t)((whole[1] & 0xfcu) | p->first_ecn);
    return p->target->ops->inject(p->lane, part, datagram_fragment(whole, len, 0, identification, part));
}

void play_send(struct play *p, const uint8_t *octets, size_t len)
{
    size_t index = trace_datagram(p, TRACE_TO_TARGET, play_now(p), octets, len);
    struct trace_entry *entry = trace_at(p, index);
    if (entry->is_tcp && entry->parsed == TCPR_PARSE_OK) {
        track_sent(&p->connection[entry->connection].track, &entry->segment);
    }
    if (!send_on_the_wire(p, octets, len)) {
        play_stop(p, VERDICT_ERROR, "the datagram could not be sent to the target");
    }
    late_acted(p);
}

static void acknowledge(struct play *p, unsigned connection)
{
    size_t len = craft_ack(p, connection);
    if (len != 0) { play_send(p, p->octets, len); }
}

static void note_segment(struct play *p, size_t index)
{
    struct trace_entry *entry = trace_at(p, index);
    if (!entry->is_tcp) { return; }
    struct connection *c = &p->connection[entry->connection];
    unsigned connection = entry->connection;
    bool owed = entry->segment.text_len != 0 || (entry->segment.control & TCPR_FIN) != 0;
    list_push(p->arena, &c->waiting, index);
    c->last_sent = index + 1;
    if (entry->parsed != TCPR_PARSE_OK) { return; }
    track_observed(&c->track, &entry->segment);
    if (c->auto_ack && owed) { acknowledge(p, connection); }
}

static const char *const event_names[] = {
    [TCPROVE_CONNECTED] = "connected",   [TCPROVE_ACCEPTED] = "accepted",
    [TCPROVE_READABLE] = "text",         [TCPROVE_EOF] = "eof",
    [TCPROVE_RESET] = "reset",           [TCPROVE_REFUSED] = "refused",
    [TCPROVE_TIMED_OUT] = "timed-out",   [TCPROVE_UNREACHABLE] = "unreachable",
    [TCPROVE_SOFT_ERROR] = "soft-error", [TCPROVE_URGENT] = "urgent",
    [TCPROVE_CLOSED_OK] = "closed",
};

const char *event_name(enum tcprove_event event)
{
    size_t count = sizeof event_names / sizeof event_names[0];
    const char *name = (size_t)event < count ? event_names[event] : NULL;
    return name ? name : "an event without a name";
}

static void note_event(struct play *p, const struct observation *seen)
{
    unsigned connection = seen->connection < LANE_CONNECTIONS_MAX ? seen->connection : 0;
    trace_add(p, TRACE_EVENT, seen->at, connection)->text = event_name(seen->event);
    if (p->told_count == p->told_room) {
        size_t room = p->told_room ? 2 * p->told_room : 8;
        struct told *more = arena_array(p->arena, room, sizeof *more);
        if (p->told_count) { memcpy(more, p->told, p->told_count * sizeof *more); }
        p->told = more;
        p->told_room = room;
    }
    p->told[p->told_count++] = (struct told){seen->event, connection, p->result->trace.count - 1, false};
}

static void note_explanation(struct play *p, const struct observation *seen)
{
    if (!p->options->explain) { return; }
    struct trace_entry *entry = trace_add(p, TRACE_RULE, seen->at, seen->connection % LANE_CONNECTIONS_MAX);
    entry->rule = seen->rule ? arena_printf(p->arena, "%s", seen->rule) : NULL;
    entry->text = seen->text ? arena_printf(p->arena, "%s", seen->text) : NULL;
}

static bool note(struct play *p, const struct observation *seen)
{
    switch (seen->what) {
    case OBSERVED_NOTHING: return false;
    case OBSERVED_DATAGRAM:
        note_segment(p, trace_datagram(p, TRACE_FROM_TARGET, seen->at, seen->datagram, seen->datagram_len));
        return true;
    case OBSERVED_EVENT: note_event(p, seen); return true;
    case OBSERVED_EXPLANATION: note_explanation(p, seen); return true;
    case OBSERVED_FAULT:
        play_stop(p, VERDICT_ERROR, "the target broke: %s", seen->text ? seen->text : "?");
        return true;
    }
    return false;
}

static bool raving(struct play *p)
{
    p->observations++;
    p->step_observations++;
    if (p->step_observations <= OBSERVATIONS_STEP_MAX && p->observations <= OBSERVATIONS_RUN_MAX) { return false; }
    play_fail(p, "the target never rests: more than %zu segments and events in one step", p->step_observations - 1);
    return true;
}

/* The next observation before `until`, in slices on a real clock. */
static bool observe(struct play *p, tcpr_time until, struct observation *seen)
{
    bool is_virtual = (p->target->abilities & TARGET_VIRTUAL_TIME) != 0;
    for (;;) {
        if (p->options->stop && atomic_load(p->options->stop)) {
            play_stop(p, VERDICT_INCONCLUSIVE, "interrupted");
            return false;
        }
        late_acted(p);
        tcpr_time slice = play_now(p) + SLICE_US;
        if (is_virtual || until < slice) { slice = until; }
        p->target->ops->next(p->lane, slice, seen);
        late_woke(p, slice, seen);
        if (seen->what != OBSERVED_NOTHING) { return true; }
        if (is_virtual || play_now(p) >= until) { return false; }
    }
}

bool play_wait(struct play *p, tcpr_time until)
{
    if (p->over) { return false; }
    struct observation seen = {0};
    if (!observe(p, until, &seen) || raving(p)) { return false; }
    bool came = note(p, &seen) && !p->over;
    if (came) { play_continue_calls(p); }
    return came && !p->over;
}

void play_pass(struct play *p, tcpr_time until)
{
    while (play_wait(p, until)) {}
}

/* An echo through the same path: its answer comes after every reply to what was sent before. */
static bool echo_answered(const struct play *p, size_t from, uint16_t number)
{
    for (size_t i = from; i < p->result->trace.count; i++) {
        const struct trace_entry *entry = trace_at(p, i);
        if (entry->kind != TRACE_FROM_TARGET || entry->is_tcp) { continue; }
        struct datagram d;
        struct icmp icmp;
        if (datagram_parse(entry->datagram, entry->datagram_len, &d) != NET_OK) { continue; }
        if (icmp_parse(entry->datagram, &d, &icmp) != NET_OK || !icmp_is_echo_reply(&icmp)) { continue; }
        if ((uint16_t)icmp.word == number) { return true; }
    }
    return false;
}

/* One echo, and the wait for its answer. */
static bool echo(struct play *p)
{
    tcpr_time until = play_now(p) + p->target->reply_within_us;
    size_t from = p->result->trace.count;
    uint16_t number = (uint16_t)from;
    size_t len = craft_echo(p, number);
    play_send(p, p->octets, len);
    while (!echo_answered(p, from, number)) {
        if (!play_wait(p, until)) { return false; }
    }
    return true;
}

bool play_fence(struct play *p)
{
    tcpr_time until = play_now(p);
    if ((p->target->abilities & TARGET_VIRTUAL_TIME) != 0) {
        play_pass(p, until); /* a reply is made before the input returns */
        return !p->over;
    }
    if ((p->target->abilities & TCPROVE_CAN_ICMP) == 0) {
        play_pass(p, until + p->target->reply_within_us);
        return !p->over;
    }
    for (unsigned attempt = 0; attempt < FENCE_ATTEMPTS; attempt++) {
        bool answered = echo(p);
        if (answered && p->target->jitter_us) { play_pass(p, play_now(p) + p->target->jitter_us); }
        if (answered || p->over) { return !p->over; }
    }
    play_stop(p, VERDICT_INCONCLUSIVE, "the echo that fences off earlier replies was not answered");
    return false;
}

static bool any_behind(const struct play *p)
{
    return track_behind(&p->connection[p->step->connection].track);
}

/* The bare ACKs that brought `acked` up to date have done their work; left lying they would pass for the answer to what
 * is injected next. A duplicate ACK is no such and stays. */
void play_absorb_acks(struct play *p)
{
    struct connection *c = &p->connection[p->step->connection];
    struct list kept = {.item = c->waiting.item, .room = c->waiting.room};
    size_t count = c->waiting.count;
    bool in_front = true;
    for (size_t i = c->waiting.head; i < count; i++) {
        size_t index = c->waiting.item[i];
        if (in_front && allow_bare_ack(p, index) && allow_news(p, index)) {
            play_consume(p, index);
            continue;
        }
        in_front = false;
        kept.item[kept.count++] = index;
    }
    c->waiting = kept;
}

bool play_catch_up(struct play *p)
{
    tcpr_time until = play_now(p) + CATCH_UP_US;
    while (any_behind(p)) {
        if (play_wait(p, until)) { continue; }
        play_stop(p, VERDICT_INCONCLUSIVE, "the target has not acknowledged what it was given, so rcv.nxt is not sure");
        return false;
    }
    play_absorb_acks(p);
    return !p->over;
}

bool play_next_segment(struct play *p, unsigned connection, tcpr_time until, size_t *entry)
{
    struct list *waiting = &p->connection[connection].waiting;
    while (waiting->head == waiting->count) {
        if (!play_wait(p, until)) { return false; }
    }
    *entry = waiting->item[waiting->head++];
    if (waiting->head == waiting->count) { waiting->head = waiting->count = 0; }
    return !p->over;
}

void play_consume(struct play *p, size_t index)
{
    struct trace_entry *entry = trace_at(p, index);
    struct connection *c = &p->connection[entry->connection];
    if (p->step) {
        entry->file = p->step->place.file;
        entry->line = p->step->place.line;
    }
    if (entry->parsed == TCPR_PARSE_OK) { track_consumed(&c->track, &entry->segment); }
}

struct told *play_told(struct play *p, unsigned connection, enum tcprove_event event)
{
    for (size_t i = 0; i < p->told_count; i++) {
        struct told *told = &p->told[i];
        if (!told->taken && told->connection == connection && told->event == event) { return told; }
    }
    return NULL;
}
