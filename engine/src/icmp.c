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
        path_too_big(c, config, icmp, fx);
    }
    end_call(c, config);
}
