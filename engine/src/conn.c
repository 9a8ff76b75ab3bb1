/* The connection as a whole: creation, the one place that writes the state, invariants. */
#include "internal.h"

#include <string.h>

/* Figure 5, and what it leaves out: any state to CLOSED by RST, ABORT or timeout, FIN-WAIT-1 to TIME-WAIT, TIME-WAIT
 * reopened and back (MAY-2). */
static const uint16_t successors[TCPR_STATES] = {
    [TCPR_CLOSED] = BIT(TCPR_LISTEN) | BIT(TCPR_SYN_SENT),
    [TCPR_LISTEN] = BIT(TCPR_SYN_SENT) | BIT(TCPR_SYN_RECEIVED) | BIT(TCPR_CLOSED),
    [TCPR_SYN_SENT] = BIT(TCPR_SYN_RECEIVED) | BIT(TCPR_ESTABLISHED) | BIT(TCPR_CLOSED),
    [TCPR_SYN_RECEIVED] =
        BIT(TCPR_LISTEN) | BIT(TCPR_ESTABLISHED) | BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_TIME_WAIT) | BIT(TCPR_CLOSED),
    [TCPR_ESTABLISHED] = BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_CLOSE_WAIT) | BIT(TCPR_CLOSED),
    [TCPR_FIN_WAIT_1] = BIT(TCPR_FIN_WAIT_2) | BIT(TCPR_CLOSING) | BIT(TCPR_TIME_WAIT) | BIT(TCPR_CLOSED),
    [TCPR_FIN_WAIT_2] = BIT(TCPR_TIME_WAIT) | BIT(TCPR_CLOSED),
    [TCPR_CLOSE_WAIT] = BIT(TCPR_LAST_ACK) | BIT(TCPR_CLOSED),
    [TCPR_CLOSING] = BIT(TCPR_TIME_WAIT) | BIT(TCPR_CLOSED),
    [TCPR_LAST_ACK] = BIT(TCPR_CLOSED),
    [TCPR_TIME_WAIT] = BIT(TCPR_CLOSED) | BIT(TCPR_SYN_RECEIVED),
};

static void stop_all(struct tcpr_conn *c)
{
    for (unsigned timer = 0; timer < TCPR_TIMERS; timer++) {
        c->timer[timer] = TCPR_NEVER;
    }
}

size_t tcpr_conn_size(const struct tcpr_conn *c)
{
    return TCPR_CONN_SIZE(c->sacked_room, c->record_room);
}

void tcpr_conn_init_with_tail(struct tcpr_conn *c, uint8_t ranges, uint16_t records)
{
    memset(c, 0, TCPR_CONN_SIZE(ranges, records));
    c->record_room = records;
    c->sacked_room = ranges;
    c->state = TCPR_CLOSED;
    stop_all(c);
}

void tcpr_conn_init(struct tcpr_conn *c)
{
    tcpr_conn_init_with_tail(c, 0, 0);
}

void begin_call(struct tcpr_conn *c, tcpr_time now, struct tcpr_effects *fx)
{
    TCPR_ASSERT(now >= c->latest);
    c->latest = now;
    memset(fx, 0, offsetof(struct tcpr_effects, decision));
    fx->stream_reset = false;
    fx->has_reply = false;
}

void end_call_timers_stand(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    TCPR_ASSERT(conn_fault(c, config) == WHOLE);
}

void end_call(struct tcpr_conn *c, const struct tcpr_config *config)
{
    set_send_timers(c, config);
    end_call_timers_stand(c, config);
}

tcpr_time later(tcpr_time a, tcpr_time b)
{
    return b > TCPR_NEVER - a ? TCPR_NEVER : a + b;
}

void arm(struct tcpr_conn *c, enum tcpr_timer timer, tcpr_time after)
{
    c->timer[timer] = later(c->latest, after);
}

void decide_in(struct tcpr_effects *fx, enum tcpr_act act, enum tcpr_state state, enum tcpr_rule rule)
{
    TCPR_ASSERT(fx->decisions < TCPR_DECISIONS_MAX);
    fx->decision[fx->decisions++] = (struct tcpr_decision){
        .act = (uint8_t)act, .from = (uint8_t)state, .to = (uint8_t)state, .rule = (uint32_t)rule};
}

void decide(struct tcpr_effects *fx, const struct tcpr_conn *c, enum tcpr_act act, enum tcpr_rule rule)
{
    decide_in(fx, act, (enum tcpr_state)c->state, rule);
}

/* Nothing is owed any more, and nothing waits. */
static void fall_silent(struct tcpr_conn *c)
{
    stop_all(c);
    unmark(c, TCPR_FLAG_ACK_NOW | TCPR_FLAG_SYN_NOW | TCPR_FLAG_PROBE_NOW | TCPR_FLAG_KEEPALIVE_NOW |
                  TCPR_FLAG_OVERRIDE_NOW | TCPR_FLAG_TIMEOUT_NOW | TCPR_FLAG_RTT_TIMED | TCPR_FLAG_RTT_AMBIGUOUS);
    c->snd.rxt_nxt = c->snd.rxt_end = c->snd.nxt;
    c->ecn = 0; /* RFC 3168 section 6.1.1 */
    c->accurate = 0;
}

/* RFC 9293 section 3.10.7.4, eighth: start the time-wait timer, turn off the others. The ACK of the FIN stays owed. */
static void begin_time_wait(struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t ack_now = c->flags & TCPR_FLAG_ACK_NOW;
    uint8_t feedback = c->accurate;
    fall_silent(c);
    mark(c, ack_now);
    c->accurate = feedback; /* RFC9768-3.2.2-2: on the ACK of the FIN too */
    tcpr_time twice = later(config->msl_us, config->msl_us);
    twice = TCPR_MUTANT(time_wait_lasts_one_msl, twice, config->msl_us);
    arm(c, TCPR_TIMER_TIME_WAIT, TCPR_MUTANT(time_wait_never_ends, twice, TCPR_NEVER)); /* MUST-13 */
}

void enter(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_state state, enum tcpr_rule rule,
           struct tcpr_effects *fx)
{
    TCPR_ASSERT(successors[c->state] & BIT(state));
    decide(fx, c, TCPR_ACT_MOVED, rule);
    fx->decision[fx->decisions - 1].to = (uint8_t)state;
    c->state = (uint8_t)state;
    if (state == TCPR_ESTABLISHED) {
        fx->events |= TCPR_EVENT_CONNECTED;
    } else if (state == TCPR_TIME_WAIT) {
        begin_time_wait(c, config);
    } else if (state == TCPR_CLOSED) {
        fx->events |= TCPR_EVENT_CLOSED;
        fall_silent(c);
    }
}

void name_peer(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_ip *outgoing,
               uint16_t remote_port)
{
    c->version = outgoing->version;
    c->remote_port = remote_port;
    uint64_t hash = hash_of_sockets(config->isn_secret, outgoing, c->local_port, remote_port);
    c->snd.isn_key = (uint32_t)hash;
    c->ts.offset = (uint32_t)(hash >> 32); /* RFC7323-7-1 */
}

void begin_sending(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t iss)
{
    c->snd.iss = iss;
    c->snd.una = iss;
    c->snd.nxt = iss + 1u;
    c->snd.rxt_nxt = c->snd.rxt_end = c->snd.nxt;
    c->snd.wnd = 0;
    c->snd.max_wnd = 0;
    c->snd.mss = c->version == 6 ? 1220 : 536; /* MUST-15, until an MSS option says otherwise */
    c->progress_at = c->latest;
    c->ecn = 0;
    c->accurate = 0;
    rtt_reset(c, config);
    congestion_reset(c, config);
    mark(c, TCPR_FLAG_SYN_NOW);
}

/* What the application chose for the connection, and so survives a peer that went away. */
#define CHOSEN_FLAGS                                                                              \
    (TCPR_FLAG_REMOTE_GIVEN | TCPR_FLAG_NODELAY | TCPR_FLAG_KEEPALIVE | TCPR_FLAG_TIMEOUT_GIVEN | \
     TCPR_FLAG_TIMEOUT_KEPT | TCPR_FLAG_PASSIVE)

void listen_again(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule, struct tcpr_effects *fx)
{
    struct tcpr_conn fresh;
    enter(c, config, TCPR_LISTEN, rule, fx);
    tcpr_conn_init(&fresh);
    fresh.state = c->state;
    fresh.flags = c->flags & CHOSEN_FLAGS;
    fresh.local_port = c->local_port;
    if (has(c, TCPR_FLAG_REMOTE_GIVEN)) {
        fresh.remote_port = c->remote_port;
        fresh.version = c->version;
        fresh.snd.isn_key = c->snd.isn_key;
        fresh.ts.offset = c->ts.offset;
    }
    fresh.rcv.buffer = c->rcv.buffer;
    fresh.user_timeout_us = c->user_timeout_us;
    fresh.adv_uto = c->adv_uto;
    fresh.r2_us = c->r2_us;
    fresh.keepalive_idle_us = c->keepalive_idle_us;
    fresh.keepalive_interval_us = c->keepalive_interval_us;
    fresh.latest = c->latest;
    tcpr_conn_init_with_tail(c, c->sacked_room, c->record_room);
    fresh.sacked_room = c->sacked_room;
    fresh.record_room = c->record_room;
    *c = fresh;
    if (has(c, TCPR_FLAG_TIMEOUT_GIVEN) && c->user_timeout_us != 0) { arm(c, TCPR_TIMER_USER, c->user_timeout_us); }
    fx->events |= TCPR_EVENT_LISTENING;
    fx->stream_reset = true;
    fx->place.len = 0;
}

tcpr_time tcpr_next_deadline(const struct tcpr_conn *c)
{
    const tcpr_time *t = c->timer;
    TCPR_STATIC_ASSERT(TCPR_TIMERS == 8, "each timer is looked at");
    tcpr_time first_half = min_time(min_time(t[0], t[1]), min_time(t[2], t[3]));
    return min_time(first_half, min_time(min_time(t[4], t[5]), min_time(t[6], t[7])));
}
