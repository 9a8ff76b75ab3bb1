/* User calls (RFC 9293 sections 3.10.1 to 3.10.6). */
#include "internal.h"

#include <string.h>

#define STATES_THAT_LISTEN_TO_SEND \
    (BIT(TCPR_SYN_SENT) | BIT(TCPR_SYN_RECEIVED) | BIT(TCPR_ESTABLISHED) | BIT(TCPR_CLOSE_WAIT))
#define STATES_WHERE_ABORT_RESETS (BIT(TCPR_SYN_RECEIVED) | MAY_RECEIVE_TEXT | BIT(TCPR_CLOSE_WAIT))

/* What both kinds of OPEN fill in. */
static void create(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, const struct tcpr_open *open)
{
    tcpr_conn_init_with_tail(c, c->sacked_room, c->record_room);
    c->latest = now;
    c->local_port = open->local_port;
    c->rcv.buffer = open->receive_buffer != 0 ? open->receive_buffer : config->receive_buffer;
    c->user_timeout_us = open->user_timeout_us != 0 ? open->user_timeout_us : config->user_timeout_us;
    c->r2_us = config->r2_us;
    c->keepalive_idle_us = config->keepalive_idle_us;
    c->keepalive_interval_us = config->keepalive_interval_us;
    if (open->user_timeout_us != 0) { mark(c, TCPR_FLAG_TIMEOUT_GIVEN | TCPR_FLAG_TIMEOUT_KEPT); } /* RFC5482-3-1 */
    advertise_timeout(c, config, c->user_timeout_us);
    if (feature(config, TCPR_FEATURE_KEEPALIVE)) { mark(c, TCPR_FLAG_KEEPALIVE); }
}

static bool peer_is_named(const struct tcpr_open *open)
{
    return open->ip.version != 0 && open->remote_port != 0;
}

static bool peer_is_unicast(const struct tcpr_open *open)
{
    return tcpr_address_is_unicast(open->ip.destination, open->ip.version);
}

enum tcpr_status tcpr_open_passive(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                                   const struct tcpr_open *open, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    if (c->state != TCPR_CLOSED) { return TCPR_ALREADY_EXISTS; } /* MUST-41 */
    if (peer_is_named(open) && !peer_is_unicast(open)) { return TCPR_REMOTE_INVALID; }
    create(c, config, now, open);
    mark(c, TCPR_FLAG_PASSIVE);
    if (peer_is_named(open)) {
        mark(c, TCPR_FLAG_REMOTE_GIVEN);
        name_peer(c, config, &open->ip, open->remote_port);
    }
    if (open->user_timeout_us != 0) { arm(c, TCPR_TIMER_USER, open->user_timeout_us); }
    enter(c, config, TCPR_LISTEN, TCPR_RULE_9293_OPEN_N1, fx);
    end_call(c, config);
    return TCPR_OK;
}

/* The peer is named: choose ISS, owe a SYN. */
static void become_active(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t iss, struct tcpr_effects *fx)
{
    unmark(c, TCPR_FLAG_PASSIVE);
    stop(c, TCPR_TIMER_USER);
    begin_sending(c, config, iss);
    enter(c, config, TCPR_SYN_SENT, TCPR_RULE_9293_OPEN_N1, fx);
}

enum tcpr_status tcpr_open_active(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                                  const struct tcpr_open *open, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    if (!in(c, NO_CONNECTION)) { return TCPR_ALREADY_EXISTS; }
    if (!peer_is_named(open)) { return TCPR_REMOTE_UNSPECIFIED; }
    if (!peer_is_unicast(open)) { return TCPR_REMOTE_INVALID; } /* MUST-46 */
    if (open->text_len > config->send_buffer) { return TCPR_INSUFFICIENT_RESOURCES; }
    if (c->state == TCPR_CLOSED) { create(c, config, now, open); }
    name_peer(c, config, &open->ip, open->remote_port);
    become_active(c, config, open->iss_given ? open->iss : tcpr_isn(c->snd.isn_key, c->latest), fx);
    c->snd.end_at = open->text_len;
    if (open->fast_open.wanted && feature(config, TCPR_FEATURE_FAST_OPEN)) {
        fast_open_send(c, config, &open->fast_open, fx);
    }
    end_call(c, config);
    return TCPR_OK;
}

static enum tcpr_status may_send(const struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets)
{
    if (c->state == TCPR_CLOSED) { return TCPR_DOES_NOT_EXIST; }
    if (c->state == TCPR_LISTEN && !has(c, TCPR_FLAG_REMOTE_GIVEN)) { return TCPR_REMOTE_UNSPECIFIED; }
    bool open_to_send = c->state == TCPR_LISTEN || in(c, STATES_THAT_LISTEN_TO_SEND);
    if (!open_to_send || has(c, TCPR_FLAG_FIN_QUEUED)) { return TCPR_CLOSING_ERROR; }
    uint64_t waiting = c->snd.end_at - c->snd.una_at;
    return octets > config->send_buffer - waiting ? TCPR_INSUFFICIENT_RESOURCES : TCPR_OK;
}

enum tcpr_status tcpr_send(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, uint32_t octets,
                           bool urgent, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    enum tcpr_status status = may_send(c, config, octets);
    if (status != TCPR_OK) { return status; }
    if (c->state == TCPR_LISTEN) {
        become_active(c, config, tcpr_isn(c->snd.isn_key, c->latest), fx);
    } /* from passive to active (section 3.10.2) */
    if (!delivery_pending(c)) { c->progress_at = c->latest; }
    c->snd.end_at += octets;
    if (urgent && octets != 0) {
        mark(c, TCPR_FLAG_URGENT_SENT);
        c->snd.up = text_seq(c, c->snd.end_at);
    }
    end_call(c, config);
    return TCPR_OK;
}

/*
 * Text that came before the peer's FIN is given out first, in every state: the text of section 3.10.3 says so of
 * CLOSE-WAIT, and in CLOSING, LAST-ACK and TIME-WAIT it would otherwise be lost though it was acknowledged.
 */
static enum tcpr_status may_receive(const struct tcpr_conn *c)
{
    if (unread(c) != 0) { return TCPR_OK; }
    if (c->state == TCPR_CLOSED) { return TCPR_DOES_NOT_EXIST; }
    return has(c, TCPR_FLAG_FIN_REACHED) ? TCPR_CLOSING_ERROR : TCPR_OK;
}

enum tcpr_status tcpr_receive(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, uint32_t octets,
                              uint32_t *taken, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    *taken = 0;
    enum tcpr_status status = may_receive(c);
    if (status != TCPR_OK) { return status; }
    *taken = min_u32(octets, unread(c));
    c->rcv.read_at += *taken;
    bool past_urgent = !tcpr_seq_lt(c->rcv.nxt - unread(c), c->rcv.up);
    if (past_urgent) { unmark(c, TCPR_FLAG_URGENT_TOLD); }
    if (*taken != 0 && window_update_due(c, config)) { mark(c, TCPR_FLAG_ACK_NOW); }
    end_call_timers_stand(c, config);
    return TCPR_OK;
}

static bool nothing_to_send(const struct tcpr_conn *c)
{
    return c->snd.end_at == 0 && c->held_count == 0 && !has(c, TCPR_FLAG_FIN_HELD);
}

/* Queue the FIN and go where its sending leads. */
static void close_sending(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (!delivery_pending(c)) { c->progress_at = c->latest; }
    mark(c, TCPR_FLAG_FIN_QUEUED);
    if (c->state == TCPR_SYN_RECEIVED && !nothing_to_send(c)) { return; } /* queued until ESTABLISHED */
    enter(c, config, c->state == TCPR_CLOSE_WAIT ? TCPR_LAST_ACK : TCPR_FIN_WAIT_1, TCPR_RULE_9293_CLOSE_N1, fx);
}

enum tcpr_status tcpr_close(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                            struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    if (c->state == TCPR_CLOSED) { return TCPR_DOES_NOT_EXIST; }
    if (in(c, BIT(TCPR_LISTEN) | BIT(TCPR_SYN_SENT))) {
        enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_CLOSE_N1, fx);
        end_call(c, config);
        return TCPR_OK;
    }
    if (has(c, TCPR_FLAG_FIN_QUEUED)) { return TCPR_CLOSING_ERROR; }
    close_sending(c, config, fx);
    end_call(c, config);
    return TCPR_OK;
}

enum tcpr_status tcpr_release(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                              struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    if (c->state == TCPR_CLOSED) { return TCPR_DOES_NOT_EXIST; }
    mark(c, TCPR_FLAG_RELEASED);
    bool loses_text = unread(c) != 0 && in(c, MAY_RECEIVE_TEXT | BIT(TCPR_CLOSE_WAIT) | BIT(TCPR_SYN_RECEIVED));
    if (in(c, BIT(TCPR_LISTEN) | BIT(TCPR_SYN_SENT))) {
        enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_CLOSE_N1, fx);
    } else if (TCPR_MUTANT(unread_text_is_forgotten, loses_text, false)) { /* SHLD-3: the peer is to know of the loss */
        reply_abort(c, fx, TCPR_RULE_SHLD_3);
        c->rcv.read_at = c->rcv.nxt_at;
        enter(c, config, TCPR_CLOSED, TCPR_RULE_SHLD_3, fx);
    } else if (!has(c, TCPR_FLAG_FIN_QUEUED)) {
        close_sending(c, config, fx);
    }
    end_call(c, config);
    return TCPR_OK;
}

enum tcpr_status tcpr_abort(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                            struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    if (c->state == TCPR_CLOSED) { return TCPR_DOES_NOT_EXIST; }
    if (in(c, STATES_WHERE_ABORT_RESETS)) { reply_abort(c, fx, TCPR_RULE_9293_ABORT_N1); }
    if (!in(c, BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK) | BIT(TCPR_TIME_WAIT))) { fx->events |= TCPR_EVENT_RESET; }
    c->rcv.read_at = c->rcv.nxt_at;
    enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_ABORT_N1, fx);
    end_call(c, config);
    return TCPR_OK;
}

static uint64_t urgent_left(const struct tcpr_conn *c)
{
    uint32_t read = c->rcv.nxt - unread(c);
    bool pending = has(c, TCPR_FLAG_URGENT_TOLD) && tcpr_seq_lt(read, c->rcv.up);
    return pending ? tcpr_seq_distance(read, c->rcv.up) : 0;
}

enum tcpr_status tcpr_status_of(const struct tcpr_conn *c, struct tcpr_report *report)
{
    memset(report, 0, sizeof *report);
    report->state = (enum tcpr_state)c->state;
    if (c->state == TCPR_CLOSED) { return TCPR_DOES_NOT_EXIST; }
    report->send_window = c->snd.wnd;
    report->receive_window = receive_window(c);
    report->awaiting_ack = c->snd.end_at - c->snd.una_at;
    report->awaiting_receipt = unread(c);
    report->urgent_left = urgent_left(c);
    report->user_timeout_us = c->user_timeout_us;
    report->advertised_timeout_us = from_option(c->adv_uto);
    report->remote_timeout_us = from_option(c->remote_uto);
    return TCPR_OK;
}

static void set_flag(struct tcpr_conn *c, uint32_t flag, uint64_t value)
{
    TCPR_ASSERT(value <= 1);
    if (value != 0) {
        mark(c, flag);
    } else {
        unmark(c, flag);
    }
}

/* Keep-alives run while the connection is one (MUST-24). */
static void set_keepalive_timer(struct tcpr_conn *c, const struct tcpr_config *config)
{
    c->probes = 0;
    bool wanted = has(c, TCPR_FLAG_KEEPALIVE) && in(c, SYNCHRONIZED & ~BIT(TCPR_TIME_WAIT));
    c->timer[TCPR_TIMER_KEEPALIVE] = wanted ? later(c->heard_at, keepalive_idle(c, config)) : TCPR_NEVER;
}

static void set_keepalive(struct tcpr_conn *c, const struct tcpr_config *config, uint64_t value)
{
    if (value == has(c, TCPR_FLAG_KEEPALIVE)) { return; } /* probes that are out stay counted (MUST-29) */
    set_flag(c, TCPR_FLAG_KEEPALIVE, value);
    set_keepalive_timer(c, config);
}

static void set_keepalive_idle(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time idle_us)
{
    c->keepalive_idle_us = idle_us;
    if (c->probes == 0) { set_keepalive_timer(c, config); }
}

static void set_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time timeout_us)
{
    mark(c, TCPR_FLAG_TIMEOUT_KEPT); /* RFC5482-3-1 */
    advertise_timeout(c, config, timeout_us);
    c->user_timeout_us = timeout_us;
    set_flag(c, TCPR_FLAG_TIMEOUT_GIVEN, timeout_us != 0);
    if (c->state == TCPR_LISTEN) { c->timer[TCPR_TIMER_USER] = timeout_us ? later(c->latest, timeout_us) : TCPR_NEVER; }
}

void tcpr_set(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, enum tcpr_setting setting,
              uint64_t value)
{
    struct tcpr_effects fx;
    begin_call(c, now, &fx);
    switch (setting) {
    case TCPR_SET_NODELAY: set_flag(c, TCPR_FLAG_NODELAY, value); break;
    case TCPR_SET_KEEPALIVE: set_keepalive(c, config, value); break;
    case TCPR_SET_KEEPALIVE_IDLE: set_keepalive_idle(c, config, value); break;
    case TCPR_SET_KEEPALIVE_INTERVAL: c->keepalive_interval_us = value; break;
    case TCPR_SET_USER_TIMEOUT: set_user_timeout(c, config, value); break;
    case TCPR_SET_R2: c->r2_us = value; break;
    case TCPR_SET_ADVERTISED_TIMEOUT: advertise_timeout(c, config, value); break;
    case TCPR_SET_CHANGEABLE_TIMEOUT: set_flag(c, TCPR_FLAG_TIMEOUT_KEPT, value ^ 1u); break;
    case TCPR_SET_CONTROLLER: controller_choose(c, value); break;
    }
    end_call(c, config);
}
