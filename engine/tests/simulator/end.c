/* One end: the connection between its application and the network. */
#include "sim.h"

#include <string.h>

#define IDLE_TURNS_MAX 9u /* an application with nothing to do looks ever more rarely */
#define OUTPUTS_MAX 4096u /* one pull: a whole window of the smallest segments, and more */

tcpr_time end_time(const struct world *w, const struct end *e)
{
    return e->clock + w->now;
}

/* --- Towards the network --- */

static void transmit(struct world *w, struct end *e, const struct tcpr_segment *out)
{
    uint8_t text[SIM_PACKET_MAX], octets[SIM_PACKET_MAX + TCPR_HEADER_MAX];
    struct tcpr_ip ip = path_from(e->side);
    watch_output(w, e, out);
    tcpr_ring_get(&e->sending, out->text_at, text, out->text_len);
    size_t len = tcpr_segment_emit(out, &ip, text, octets);
    network_send(w, (uint8_t)(1 - e->side), out->ecn, octets, len);
}

static void pull(struct world *w, struct end *e)
{
    struct tcpr_segment out;
    uint8_t then[offsetof(struct end, fx) - offsetof(struct end, c)]; /* the connection with its tail */
    const uint8_t *now = (const uint8_t *)e + offsetof(struct end, c);
    unsigned count = 0;
    e->pull_at = TCPR_NEVER;
    memcpy(then, now, sizeof then);
    while (tcpr_next_segment(&e->c, &e->config, end_time(w, e), &out)) {
        watch_conn(w, e);
        fast_open_give(w, e, &out);
        transmit(w, e, &out);
        require(w, ++count < OUTPUTS_MAX, "outputs without end");
        memcpy(then, now, sizeof then);
    }
    require(w, memcmp(then, now, sizeof then) == 0, "false changed the connection");
}

/* After any input: the reply at once, the rest when this end gets round to it. */
static void after_input(struct world *w, struct end *e)
{
    watch_effects(w, e);
    fast_open_watch(w, e);
    if (e->fx.has_reply) { transmit(w, e, &e->fx.reply); }
    e->readable += e->fx.readable;
    if ((e->fx.events & TCPR_EVENT_PEER_CLOSED) != 0) { e->peer_closed = true; }
    if ((e->fx.events & TCPR_EVENT_CLOSED) != 0) { e->was_closed = true; }
    if (e->turn_at > w->now && (e->fx.events & (TCPR_EVENT_READABLE | TCPR_EVENT_WRITABLE)) != 0 && chance(w, 500)) {
        e->turn_at = w->now;
    }
    if (e->habits.pull_us == 0) {
        pull(w, e);
    } else if (e->pull_at == TCPR_NEVER) {
        e->pull_at = w->now + below(w, (uint32_t)e->habits.pull_us);
    }
}

void end_takes(struct world *w, struct end *e, const struct tcpr_segment *segment, const uint8_t *text)
{
    struct tcpr_ip ip = path_from((uint8_t)(1 - e->side));
    say(w, e, "<-", segment);
    bool fast = fast_open_good(w, e, segment);
    (fast ? tcpr_fast_open_arrives : tcpr_segment_arrives)(&e->c, &e->config, end_time(w, e), &ip, segment, &e->fx);
    if (fast) { fast_open_taken(w, e, segment); }
    const struct tcpr_place *place = &e->fx.place;
    require(w, place->len == 0 || place->text_at + place->len <= segment->text_len, "text placed that did not arrive");
    require(w, place->len <= e->receiving.size, "more text placed than the buffer holds");
    if (place->len != 0) { tcpr_ring_put(&e->receiving, place->stream_at, text + place->text_at, place->len); }
    if (e->fx.stream_reset) { e->readable = 0; }
    after_input(w, e);
}

void end_hears(struct world *w, struct end *e, const struct packet *packet)
{
    struct tcpr_segment segment;
    struct tcpr_ip ip = path_from((uint8_t)(1 - e->side));
    if (!e->opened) { return; } /* nobody is there yet, not even to refuse */
    if (tcpr_segment_parse(packet->octets, packet->len, &ip, &segment) != TCPR_PARSE_OK) { return; }
    segment.ecn = packet->ecn;
    end_takes(w, e, &segment, packet->octets + segment.header_len);
}

void end_gets_icmp(struct world *w, struct end *e, const struct tcpr_icmp *icmp)
{
    say(w, e, "ICMP", NULL);
    tcpr_icmp_arrives(&e->c, &e->config, end_time(w, e), icmp, &e->fx);
    after_input(w, e);
}

/* --- Towards the application --- */

static void give(struct world *w, struct end *e, uint32_t octets)
{
    for (uint32_t i = 0; i < octets; i++) {
        uint8_t octet = octet_at(e->side, e->given + i);
        tcpr_ring_put(&e->sending, e->given + i, &octet, 1);
    }
    e->given += octets;
    e->sent_last_at = w->now;
}

static void app_opens(struct world *w, struct end *e)
{
    struct tcpr_open open = {
        .ip = path_from(e->side), .local_port = (uint16_t)(1000 + e->side), .remote_port = (uint16_t)(1001 - e->side)};
    enum tcpr_status status;
    if (e->habits.active) {
        fast_open_draw(w, e, &open);
        give(w, e, open.text_len);
        status = tcpr_open_active(&e->c, &e->config, end_time(w, e), &open, &e->fx);
    } else {
        status = tcpr_open_passive(&e->c, &e->config, end_time(w, e), &open, &e->fx);
    }
    require(w, status == TCPR_OK, "OPEN fails");
    e->opened = true;
    after_input(w, e);
}

/* Another ADV_UTO (RFC 5482): what an option takes up is never text. */
static void advertise(struct world *w, struct end *e)
{
    tcpr_set(&e->c, &e->config, end_time(w, e), TCPR_SET_ADVERTISED_TIMEOUT, TCPR_S(1 + e->given % 50000));
}

static void app_sends(struct world *w, struct end *e)
{
    uint64_t left = e->habits.total - e->given;
    uint64_t held = e->c.snd.end_at - e->c.snd.una_at;
    uint32_t octets = 1 + below(w, e->habits.send_most);
    if (octets > left) { octets = (uint32_t)left; }
    if (octets == 0 || e->closing || e->c.state == TCPR_LISTEN) { return; }
    bool room = octets <= e->config.send_buffer - held;
    enum tcpr_status status = tcpr_send(&e->c, &e->config, end_time(w, e), octets, chance(w, e->habits.urgent), &e->fx);
    require(w, status == (room ? TCPR_OK : TCPR_INSUFFICIENT_RESOURCES), "SEND answers otherwise");
    if (!room) { return; }
    give(w, e, octets);
    if (e->given % 8 == 0) { advertise(w, e); }
    after_input(w, e);
}

static void check_text(struct world *w, struct end *e, uint64_t at, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        uint8_t octet;
        tcpr_ring_get(&e->receiving, at + i, &octet, 1);
        require(w, octet == octet_at((uint8_t)(1 - e->side), at + i), "a wrong octet was read");
    }
}

static void app_receives(struct world *w, struct end *e)
{
    uint32_t taken, most = 1 + below(w, e->habits.receive_most);
    if (e->at_end || e->c.state == TCPR_LISTEN) { return; }
    enum tcpr_status status = tcpr_receive(&e->c, &e->config, end_time(w, e), most, &taken, &e->fx);
    if (status == TCPR_CLOSING_ERROR || (status == TCPR_DOES_NOT_EXIST && e->was_closed)) {
        require(w, e->peer_closed, "the end of the stream without a FIN");
        require(w, e->received == w->ends[1 - e->side].given, "the stream ends too early");
        e->at_end = true;
        return;
    }
    require(w, status == TCPR_OK, "RECEIVE fails");
    require(w, taken == (most < e->readable ? most : e->readable), "RECEIVE gives other than was announced");
    check_text(w, e, e->received, taken);
    e->readable -= taken;
    e->received += taken;
    if (taken != 0) { e->read_whole_at = w->now; }
    after_input(w, e);
}

static void app_closes(struct world *w, struct end *e)
{
    bool waits = e->habits.closes_last && !e->peer_closed;
    if (e->closing || e->given != e->habits.total || waits) { return; }
    if (w->now < e->sent_last_at + e->habits.close_after || e->c.state == TCPR_SYN_SENT) { return; }
    if (e->c.state == TCPR_LISTEN) { return; }
    require(w, tcpr_close(&e->c, &e->config, end_time(w, e), &e->fx) == TCPR_OK, "CLOSE fails");
    say(w, e, "CLOSE", NULL);
    e->closing = true;
    after_input(w, e);
}

static void app_acts(struct world *w, struct end *e)
{
    uint64_t before = e->given + e->received + e->closing + e->at_end;
    e->turn_at = w->now + 1 + ((tcpr_time)below(w, (uint32_t)e->habits.pause_us) << e->idle_turns);
    if (!e->opened) {
        app_opens(w, e);
        return;
    }
    app_sends(w, e);
    app_receives(w, e);
    app_closes(w, e);
    bool idle = before == e->given + e->received + e->closing + e->at_end;
    e->idle_turns = !idle ? 0 : e->idle_turns < IDLE_TURNS_MAX ? e->idle_turns + 1 : IDLE_TURNS_MAX;
}

/* --- Time --- */

bool end_done(const struct end *e)
{
    return e->was_closed && e->at_end;
}

tcpr_time end_next(const struct world *w, const struct end *e)
{
    (void)w;
    tcpr_time due = tcpr_next_deadline(&e->c);
    tcpr_time next = due == TCPR_NEVER ? TCPR_NEVER : due <= e->clock ? 0 : due - e->clock;
    if (e->pull_at < next) { next = e->pull_at; }
    if (!end_done(e) && e->turn_at < next) { next = e->turn_at; }
    return next;
}

void end_acts(struct world *w, struct end *e)
{
    if (e->pull_at <= w->now) { pull(w, e); }
    if (tcpr_next_deadline(&e->c) <= end_time(w, e)) {
        tcpr_time_passes(&e->c, &e->config, end_time(w, e), &e->fx);
        require(w, tcpr_next_deadline(&e->c) > end_time(w, e), "a timer fired and is still due");
        after_input(w, e);
    }
    if (!end_done(e) && e->turn_at <= w->now) { app_acts(w, e); }
}
