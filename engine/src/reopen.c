/* TIME-WAIT reopened by a new SYN, and resumed should that SYN prove old (MAY-2, SHLD-4 by RFC 6191). */
#include "internal.h"

/* RFC 6191 section 2: timestamps tell a new SYN from an old one where both have them, else its sequence number. */
static bool syn_is_newer(const struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                         enum tcpr_rule *rule)
{
    bool beyond = tcpr_seq_le(c->rcv.nxt, seg->seq); /* greater than the number of the old FIN */
    bool stamped = (seg->options.present & TCPR_OPT_TIMESTAMPS) != 0 && feature(config, TCPR_FEATURE_TIMESTAMPS);
    *rule = stamped ? TCPR_RULE_SHLD_4 : TCPR_RULE_MAY_2;
    if (!stamped) { return TCPR_MUTANT(any_syn_reopens, beyond, true); }
    if (!has(c, TCPR_FLAG_TIMESTAMPS)) { return true; }
    if (seg->options.ts_val == c->ts.recent) { return beyond; }
    return tcpr_seq_lt(c->ts.recent, seg->options.ts_val);
}

/*
 * Only where a passive OPEN made the connection: there the application is one that takes new ones. Not before it has
 * read what came on the old one: that was acknowledged, and a new stream would void it.
 */
bool asks_to_reopen(const struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    bool bare_syn = (seg->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == TCPR_SYN;
    return bare_syn && c->state == TCPR_TIME_WAIT && has(c, TCPR_FLAG_PASSIVE) &&
           feature(config, TCPR_FEATURE_REOPEN_TIME_WAIT) && unread(c) == 0;
}

bool syn_reopens(const struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                 enum tcpr_rule *rule)
{
    return asks_to_reopen(c, config, seg) && syn_is_newer(c, config, seg, rule);
}

/* What of a connection does not outlive it. */
#define OF_ONE_LIFE                                                                                                  \
    (TCPR_FLAG_FIN_QUEUED | TCPR_FLAG_FIN_HELD | TCPR_FLAG_FIN_REACHED | TCPR_FLAG_RELEASED | TCPR_FLAG_ACK_NOW |    \
     TCPR_FLAG_URGENT_SENT | TCPR_FLAG_URGENT_TOLD | TCPR_FLAG_RTT_KNOWN | TCPR_FLAG_RECOVERY | TCPR_FLAG_SYN_LOST | \
     TCPR_FLAG_TROUBLE_TOLD)

void reopen(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, enum tcpr_rule rule,
            struct tcpr_effects *fx)
{
    c->reopened.snd_nxt = c->snd.nxt;
    c->reopened.rcv_nxt = c->rcv.nxt;
    uint32_t iss = tcpr_isn(c->snd.isn_key, c->latest);
    if (!tcpr_seq_lt(c->snd.nxt, iss)) { iss = c->snd.nxt + UINT16_MAX; } /* MAY-2: above every number used before */
    unmark(c, OF_ONE_LIFE);
    mark(c, TCPR_FLAG_REOPENED);
    c->snd.una_at = c->snd.end_at = 0;
    stop(c, TCPR_TIMER_TIME_WAIT);
    fx->stream_reset = true;
    accept_syn(c, config, seg, iss, false, fx);
    enter(c, config, TCPR_SYN_RECEIVED, rule, fx);
}

/* MAY-2: the SYN that reopened us was an old duplicate, so TIME-WAIT goes on, where it stood. */
void resume_time_wait(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    unmark(c, TCPR_FLAG_REOPENED | TCPR_FLAG_FIN_HELD);
    mark(c, TCPR_FLAG_FIN_QUEUED | TCPR_FLAG_FIN_REACHED);
    c->snd.iss = c->reopened.snd_nxt - 2u; /* a stream without text: SYN, FIN, both acknowledged */
    c->snd.una_at = c->snd.end_at = 0;
    c->snd.nxt = c->snd.una = c->reopened.snd_nxt;
    c->rcv.irs = c->reopened.rcv_nxt - 2u;
    c->rcv.nxt = c->rcv.last_ack_sent = c->reopened.rcv_nxt;
    c->rcv.edge = c->rcv.nxt + min_u32(c->rcv.buffer, UINT16_MAX);
    c->rcv.nxt_at = c->rcv.read_at = 0;
    forget_held(c);
    fx->stream_reset = true;
    enter(c, config, TCPR_TIME_WAIT, TCPR_RULE_MAY_2, fx);
}
