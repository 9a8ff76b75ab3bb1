/* Timeouts (RFC 9293 section 3.10.8): what runs, and what happens when it expires. */
#include "internal.h"

/* The window is shut and something waits for it: the persist timer rules instead of the retransmission timer. */
static bool must_probe(const struct tcpr_conn *c)
{
    bool blocked = TCPR_MUTANT(fin_blocks_the_probe, false, has(c, TCPR_FLAG_FIN_QUEUED));
    return c->snd.wnd == 0 && !syn_unacked(c) && delivery_pending(c) && !blocked;
}

/* MUST-36, SHLD-29, SHLD-30: the first probe after one RTO, then ever later. */
static tcpr_time probe_interval(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    tcpr_time interval = c->rtt.rto_us;
    for (uint32_t n = 0; n < c->rtt.backoff && interval < config->rto_max_us; n++) {
        interval = min_time(interval * TCPR_MUTANT(probes_do_not_back_off, 2u, 1u), config->rto_max_us);
    }
    return interval;
}

static APART void set_persist(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (!running(c, TCPR_TIMER_PERSIST) && !has(c, TCPR_FLAG_PROBE_NOW)) {
        c->rtt.backoff = 0;
        arm(c, TCPR_TIMER_PERSIST, probe_interval(c, config));
    }
    stop(c, TCPR_TIMER_RETRANSMIT);
    stop(c, TCPR_TIMER_LOSS);
    stop(c, TCPR_TIMER_OVERRIDE);
    owe_retransmission(c, c->snd.una); /* nothing but the probe */
}

static void set_retransmission(struct tcpr_conn *c)
{
    bool outstanding = (c->snd.una != c->snd.nxt && !has(c, TCPR_FLAG_SYN_NOW)) || ecn_held_back(c);
    stop(c, TCPR_TIMER_PERSIST);
    unmark(c, TCPR_FLAG_PROBE_NOW);
    if (!outstanding) {
        stop(c, TCPR_TIMER_RETRANSMIT); /* RFC6298-5-n2 */
        stop(c, TCPR_TIMER_LOSS);
    } else if (!running(c, TCPR_TIMER_RETRANSMIT)) {
        arm(c, TCPR_TIMER_RETRANSMIT, c->rtt.rto_us); /* RFC6298-5-n1 */
    }
}

/* RFC 9293 section 3.8.6.2.1: text that is held back with nothing in flight to release it must not wait for ever. */
static void set_override(struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool waits = unsent(c) != 0 && c->snd.una == c->snd.nxt && in(c, MAY_SEND_TEXT) &&
                 !has(c, TCPR_FLAG_OVERRIDE_NOW) && sendable(c, config) == 0;
    if (!waits) {
        stop(c, TCPR_TIMER_OVERRIDE);
    } else if (!running(c, TCPR_TIMER_OVERRIDE)) {
        TCPR_MUTANT(small_window_is_waited_out, arm(c, TCPR_TIMER_OVERRIDE, config->override_us), (void)0);
    }
}

static void set_user(struct tcpr_conn *c, const struct tcpr_config *config)
{
    tcpr_time timeout_us = delivery_pending(c) ? tcpr_user_timeout(c, config) : 0;
    c->timer[TCPR_TIMER_USER] = timeout_us != 0 ? later(c->progress_at, timeout_us) : TCPR_NEVER;
}

void set_send_timers(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (in(c, NO_CONNECTION | BIT(TCPR_TIME_WAIT))) { return; }
    if (must_probe(c)) {
        set_persist(c, config);
    } else {
        set_retransmission(c);
        set_override(c, config);
    }
    set_user(c, config);
}

/* Give up: by the user's timeout, R2 or keep-alive. */
static void time_out(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule,
                     struct tcpr_effects *fx)
{
    fx->events |= TCPR_EVENT_TIMED_OUT;
    fast_open_failed(c, fx);
    if (!in(c, BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK) | BIT(TCPR_TIME_WAIT))) {
        c->rcv.read_at = c->rcv.nxt_at; /* all queues are flushed */
    }
    enter(c, config, TCPR_CLOSED, rule, fx);
}

static void user_timeout(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    bool adopted = tcpr_user_timeout(c, config) != c->user_timeout_us;
    time_out(c, config, adopted ? TCPR_RULE_5482_3_1_6 : TCPR_RULE_9293_3_10_8_N2, fx);
}

/* MUST-20, SHLD-9: at R1 the user hears of it once. */
static void tell_of_trouble(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (c->rtt.backoff < config->r1_retransmissions || has(c, TCPR_FLAG_TROUBLE_TOLD)) { return; }
    mark(c, TCPR_FLAG_TROUBLE_TOLD);
    fx->events |= TCPR_MUTANT(trouble_is_not_told, TCPR_EVENT_TROUBLE, 0u);
}

/* R2, by the time for which nothing has been acknowledged (SHLD-11, MUST-23). */
static bool patience_is_over(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    tcpr_time r2 = syn_unacked(c) ? config->r2_syn_us : data_patience(c, config);
    return c->latest - c->progress_at >= r2;
}

static void retransmission_timeout(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (ecn_held_back_until_now(c)) { return; }
    if (patience_is_over(c, config)) {
        time_out(c, config, TCPR_RULE_MUST_20, fx);
        return;
    }
    if (syn_unacked(c)) {
        mark(c, TCPR_FLAG_SYN_NOW | TCPR_FLAG_SYN_LOST);
    } else {
        congestion_timeout(c, config);
    }
    bool too_big = path_timeout(c, config);
    if (has(c, TCPR_FLAG_RTT_TIMED)) { mark(c, TCPR_FLAG_RTT_AMBIGUOUS); } /* Karn (MUST-18) */
    c->rtt.rto_us = backed_off(c, config);
    c->rtt.backoff++;
    decide(fx, c, TCPR_ACT_RETRANSMITS, too_big ? TCPR_RULE_5927_7_2_1 : TCPR_RULE_9293_3_10_8_N1);
    tell_of_trouble(c, config, fx);
}

/* RFC8985-8-1: one timer for reordering and for the probe. */
static void loss_timeout(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    TCPR_ASSERT(rack(c));
    if (rack_overdue(c)) {
        congestion_sacked(c, config, 0, 0, fx);
    } else if (probe_due(c)) {
        decide(fx, c, TCPR_ACT_PROBES, TCPR_RULE_8985_7_3_3);
    }
}

static void persist_timeout(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (patience_is_over(c, config)) { /* a peer that answers keeps progress_at young (MUST-37) */
        time_out(c, config, TCPR_RULE_MUST_20, fx);
        return;
    }
    c->rtt.backoff++;
    mark(c, TCPR_MUTANT(window_is_not_probed, TCPR_FLAG_PROBE_NOW, 0));
    arm(c, TCPR_TIMER_PERSIST, probe_interval(c, config));
    decide(fx, c, TCPR_ACT_PROBES, TCPR_RULE_MUST_36);
}

/* MUST-26: only where nothing is outstanding and nothing was heard for the whole interval. MUST-29: never after one. */
static void keepalive_timeout(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    tcpr_time idle_us = keepalive_idle(c, config), due = later(c->heard_at, idle_us);
    if (c->probes == 0 && (c->latest < due || delivery_pending(c))) {
        c->timer[TCPR_TIMER_KEEPALIVE] = c->latest < due ? due : later(c->latest, idle_us);
        return;
    }
    if (c->probes >= TCPR_MUTANT(one_keepalive_is_enough, config->keepalive_probes, 1)) {
        time_out(c, config, TCPR_RULE_MUST_29, fx);
        return;
    }
    c->probes++;
    mark(c, TCPR_FLAG_KEEPALIVE_NOW);
    arm(c, TCPR_TIMER_KEEPALIVE, c->keepalive_interval_us);
    decide(fx, c, TCPR_ACT_PROBES, TCPR_RULE_SHLD_12);
}

static void expire(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_timer timer,
                   struct tcpr_effects *fx)
{
    stop(c, timer);
    switch (timer) {
    case TCPR_TIMER_TIME_WAIT: enter(c, config, TCPR_CLOSED, TCPR_RULE_9293_3_10_8_N3, fx); break;
    case TCPR_TIMER_USER: user_timeout(c, config, fx); break;
    case TCPR_TIMER_LOSS: loss_timeout(c, config, fx); break;
    case TCPR_TIMER_RETRANSMIT: retransmission_timeout(c, config, fx); break;
    case TCPR_TIMER_PERSIST: persist_timeout(c, config, fx); break;
    case TCPR_TIMER_OVERRIDE: mark(c, TCPR_FLAG_OVERRIDE_NOW); break;
    case TCPR_TIMER_DELAYED_ACK: mark(c, TCPR_FLAG_ACK_NOW); break;
    case TCPR_TIMER_KEEPALIVE: keepalive_timeout(c, config, fx); break;
    }
}

void tcpr_time_passes(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    for (unsigned timer = 0; timer < TCPR_TIMERS; timer++) {
        if (c->timer[timer] <= now) { expire(c, config, (enum tcpr_timer)timer, fx); }
    }
    end_call(c, config);
}
