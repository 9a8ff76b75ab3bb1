/* Both SYNs are acknowledged. */
#include "internal.h"

/* Data transmission begins, in FIN-WAIT-1 too: CLOSE may have come in SYN-RECEIVED. */
void our_syn_acked(struct tcpr_conn *c, const struct tcpr_config *config)
{
    unmark(c, TCPR_FLAG_REOPENED | TCPR_FLAG_SYN_NOW | TCPR_FLAG_FAST_OPEN);
    if (has(c, TCPR_FLAG_SYN_LOST)) {
        c->rtt.rto_us = config->rto_syn_lost_us; /* RFC6298-5-4 */
        c->cc.cwnd = smss(c);                    /* RFC5681-3.1-6 */
    }
    if (has(c, TCPR_FLAG_KEEPALIVE)) { arm(c, TCPR_TIMER_KEEPALIVE, keepalive_idle(c, config)); }
    begin_user_timeout(c, config);
}

void become_established(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule,
                        struct tcpr_effects *fx)
{
    enter(c, config, TCPR_ESTABLISHED, rule, fx);
    if (c->remote_uto != 0) { fx->events |= TCPR_EVENT_USER_TIMEOUT; } /* RFC5482-3.1-2 */
    if (has(c, TCPR_FLAG_FIN_QUEUED)) {                                /* CLOSE was queued until now (section 3.10.4) */
        enter(c, config, TCPR_FIN_WAIT_1, TCPR_RULE_9293_CLOSE_N1, fx);
    }
    release_queued(c, config, fx);
}
