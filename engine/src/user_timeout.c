/*
 * The user timeout option (RFC 5482): each end says how long it would wait for an acknowledgment, and where the
 * application left it open the connection waits as long as the more patient of the two, within limits of our own.
 */
#include "internal.h"

#define GRANULARITY 0x8000u /* G: minutes instead of seconds (RFC5482-3.3-4, RFC5482-3.3-5) */
#define VALUE 0x7FFFu       /* RFC5482-3.3-6 */

/* How many units last as long as `timeout_us`; the long ones found bit by bit, since a division would be one of 64
 * bits. */
static uint32_t units(tcpr_time timeout_us, tcpr_time unit_us)
{
    uint32_t below = 0;
    if (timeout_us <= UINT32_MAX) { return ((uint32_t)timeout_us - 1u) / (uint32_t)unit_us + 1u; }
    for (uint32_t bit = 0x4000; bit != 0; bit >>= 1) {
        if ((below | bit) * unit_us < timeout_us) { below |= bit; }
    }
    return below + 1u;
}

/* As the option has it, rounded up; never the reserved zero (RFC5482-3.4-1) but for "none". */
static uint16_t to_option(tcpr_time timeout_us)
{
    if (timeout_us == 0) { return 0; }
    uint32_t seconds = units(timeout_us, TCPR_S(1));
    if (seconds <= VALUE) { return (uint16_t)seconds; }
    return (uint16_t)(min_u32(units(timeout_us, TCPR_S(60)), VALUE) | GRANULARITY);
}

tcpr_time from_option(uint16_t option)
{
    bool minutes = TCPR_MUTANT(minutes_are_seconds, option & GRANULARITY, 0) != 0;
    return (option & VALUE) * (minutes ? TCPR_S(60) : TCPR_S(1));
}

static bool enabled(const struct tcpr_config *config)
{
    return feature(config, TCPR_FEATURE_USER_TIMEOUT);
}

/* RFC5482-3.3-1: elsewhere the user timeout is what it always was. RFC5482-3.1-1: what the application chose stands. */
static bool adopts(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool changeable = TCPR_MUTANT(peer_sets_the_chosen_timeout, !has(c, TCPR_FLAG_TIMEOUT_KEPT), true);
    return enabled(config) && changeable && in(c, SYNCHRONIZED);
}

/* RFC5482-3.1-6. That L_LIMIT is above the RTO (RFC5482-3.1-11) the config's own limits see to. */
tcpr_time tcpr_user_timeout(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (!adopts(c, config)) { return c->user_timeout_us; }
    tcpr_time own_us = c->adv_uto != 0 ? from_option(c->adv_uto) : TCPR_NEVER;
    tcpr_time longest_us = max_time(own_us, from_option(c->remote_uto));
    tcpr_time least_us = TCPR_MUTANT(user_timeout_has_no_least, config->user_timeout_least_us, 0);
    tcpr_time most_us = TCPR_MUTANT(user_timeout_has_no_most, config->user_timeout_most_us, TCPR_NEVER);
    return min_time(most_us, max_time(longest_us, least_us)); /* RFC5482-3.1-4, RFC5482-3-6 */
}

/* R2 is not to cut short what both ends agreed to wait for. */
tcpr_time data_patience(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    tcpr_time timeout_us = tcpr_user_timeout(c, config);
    return enabled(config) ? max_time(c->r2_us, timeout_us) : c->r2_us;
}

/* RFC5482-4.2-1: no probe ends what the user timeout would let live. */
tcpr_time keepalive_idle(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    tcpr_time timeout_us = TCPR_MUTANT(keepalive_cuts_the_timeout_short, tcpr_user_timeout(c, config), 0);
    return enabled(config) && timeout_us >= c->keepalive_idle_us ? later(timeout_us, 1) : c->keepalive_idle_us;
}

/* RFC5482-3-4: another timeout is in use from here on, and the next segment says so, once: sent again it goes without,
 * so that whoever drops unknown options costs a timeout and not the connection (RFC 5482 section 4.1). */
static void tell(struct tcpr_conn *c)
{
    if (c->adv_uto != 0) { mark(c, TCPR_FLAG_TIMEOUT_NOW); }
}

void advertise_timeout(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time timeout_us)
{
    if (!built(TCPR_FEATURE_USER_TIMEOUT)) { return; }
    c->adv_uto = to_option(timeout_us);
    if (enabled(config) && in(c, SYNCHRONIZED)) { tell(c); }
}

/* RFC5482-3-3: our SYN is acknowledged, and what it said is said once more. */
void begin_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (enabled(config)) { TCPR_MUTANT(user_timeout_is_said_once, tell(c), (void)0); }
}

void fill_user_timeout(const struct tcpr_conn *c, struct tcpr_options *options)
{
    if (c->adv_uto == 0) { return; }
    options->present |= TCPR_OPT_USER_TIMEOUT;
    options->user_timeout = c->adv_uto;
}

void fill_syn_user_timeout(const struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_options *options)
{
    if (enabled(config)) { fill_user_timeout(c, options); }
}

/* Of a SYN: kept until the connection is one. RFC5482-3.2-2: that none came means nothing. */
void take_syn_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_options *options)
{
    bool named = enabled(config) && (options->present & TCPR_OPT_USER_TIMEOUT) && (options->user_timeout & VALUE) != 0;
    c->remote_uto = named ? options->user_timeout : 0;
}

/* RFC5482-3.1-3, of a segment that has passed the checks. */
void take_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_options *options,
                       struct tcpr_effects *fx)
{
    if (!enabled(config) || !(options->present & TCPR_OPT_USER_TIMEOUT)) { return; }
    if (TCPR_MUTANT(reserved_user_timeout_is_taken, (options->user_timeout & VALUE) == 0, false)) {
        decide(fx, c, TCPR_ACT_IGNORED, TCPR_RULE_5482_3_4_1);
        return;
    }
    if (options->user_timeout == c->remote_uto) { return; }
    tcpr_time before_us = tcpr_user_timeout(c, config);
    c->remote_uto = options->user_timeout;
    fx->events |= TCPR_EVENT_USER_TIMEOUT; /* RFC5482-3.1-2 */
    if (tcpr_user_timeout(c, config) != before_us) { tell(c); }
}
