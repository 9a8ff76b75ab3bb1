/* ICMP errors (RFC 9293 section 3.9.2.2). */
#include "internal.h"

enum kind { SOURCE_QUENCH, SOFT, HARD, TOO_BIG, OTHER };

static enum kind kind_v4(const struct tcpr_icmp *icmp)
{
    switch (icmp->type) {
    case 3:
        if (icmp->code == 4) { return TOO_BIG; }
        return icmp->code == 2 || icmp->code == 3 ? HARD : SOFT; /* codes beyond 5 are newer shades of unreachable */
    case 4: return SOURCE_QUENCH;
    case 11:
    case 12: return SOFT;
    default: return OTHER;
    }
}

static enum kind kind_v6(const struct tcpr_icmp *icmp)
{
    switch (icmp->type) {
    case 1: return icmp->code == 1 || icmp->code == 4 ? HARD : SOFT; /* prohibited, port unreachable (RFC 5461) */
    case 2: return TOO_BIG;
    case 3:
    case 4: return SOFT;
    default: return OTHER;
    }
}

static void soft_error(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    fx->events |= TCPR_EVENT_SOFT_ERROR; /* SHLD-25 */
    decide(fx, c, TCPR_ACT_IGNORED, TCPR_RULE_MUST_56);
}

static void hard_error(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx)
{
    if (in(c, SYNCHRONIZED) && !feature(config, TCPR_FEATURE_ICMP_HARD_ABORTS)) {
        soft_error(c, fx);
        return;
    }
    fx->events |= TCPR_EVENT_HARD_ERROR;
    fast_open_failed(c, fx);
    c->rcv.read_at = c->rcv.nxt_at;
    enter(c, config, TCPR_CLOSED, TCPR_RULE_SHLD_26, fx);
}

/* The least datagram a path may be said to carry: a smaller claim is a mistake or an attack. */
static uint32_t least_mtu(const struct tcpr_conn *c)
{
    return c->version == 6 ? 1280 : 68;
}

/* RFC 1191: a router too old to say how much sends 0. */
static uint32_t claimed_mtu(const struct tcpr_conn *c, const struct tcpr_icmp *icmp)
{
    uint32_t mtu = icmp->mtu == 0 ? 576 : icmp->mtu;
    return max_u32(mtu, least_mtu(c));
}

/* Section 3.7.2: smaller segments from now on, and what was too big goes again at once; it was no congestion. */
static void too_big(struct tcpr_conn *c, const struct tcpr_icmp *icmp, struct tcpr_effects *fx)
{
    uint32_t mss = claimed_mtu(c, icmp) - (c->version == 6 ? 60u : 40u);
    if (mss >= c->snd.mss) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_1191_3_1);
        return;
    }
    c->snd.mss = mss;
    if (c->snd.una != c->snd.nxt && !syn_unacked(c)) { owe_retransmission(c, c->snd.nxt); }
    decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_1191_3_1);
}

/* RFC 5927 section 4.1: who cannot quote a segment in flight has not seen one. */
static bool quotes_what_is_in_flight(const struct tcpr_conn *c, const struct tcpr_icmp *icmp)
{
    return tcpr_seq_within(icmp->quoted_seq, c->snd.una, tcpr_seq_distance(c->snd.una, c->snd.nxt));
}

void tcpr_icmp_arrives(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                       const struct tcpr_icmp *icmp, struct tcpr_effects *fx)
{
    begin_call(c, now, fx);
    enum kind kind = icmp->version == 6 ? kind_v6(icmp) : kind_v4(icmp);
    if (in(c, NO_CONNECTION) || kind == OTHER) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_MUST_54);
    } else if (kind == SOURCE_QUENCH) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_MUST_55);
    } else if (TCPR_MUTANT(quotation_is_not_checked, feature(config, TCPR_FEATURE_ICMP_CHECK_SEQ), false) &&
               !quotes_what_is_in_flight(c, icmp)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_5927_4_1_1);
    } else if (TCPR_MUTANT(soft_error_aborts, kind == SOFT, false)) {
        soft_error(c, fx);
    } else if (TCPR_MUTANT(soft_error_aborts, kind == HARD, kind == HARD || kind == SOFT)) {
        hard_error(c, config, fx);
    } else {
        too_big(c, icmp, fx);
    }
    end_call(c, config);
}
