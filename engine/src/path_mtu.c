/*
 * How large a datagram the path carries, by what ICMP says of it (RFC 1191, RFC 8201), with RFC 5927's caution: whoever
 * says that a size does not fit which has been seen to arrive is believed only once nothing arrives any more.
 */
#include "internal.h"

#define RAISE_SHIFT 26u /* raise_at counts in 2^26 us, 67 s */

static uint32_t headers_len(const struct tcpr_conn *c)
{
    return c->version == 6 ? 60 : 40;
}

void path_reset(struct tcpr_conn *c)
{
    c->path = (struct tcpr_path_vars){.most_mss = (uint16_t)c->snd.mss};
}

/* RFC1191-3-5: a router too old to say how much sends 0. The next of RFC 1191's plateaus below what did not fit, or,
 * where that is not known, the size that hosts must take. */
static uint32_t plateau(uint32_t quoted_len)
{
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};
    if (quoted_len == 0) { return 576; }
    for (unsigned n = 0; n < sizeof plateaus / sizeof plateaus[0]; n++) {
        if (plateaus[n] < quoted_len) { return plateaus[n]; }
    }
    return 68;
}

/* RFC1191-3-6, RFC5927-7.2-2, RFC8201-4-2: no path is narrower, so such a claim is a mistake or an attack. */
static bool below_the_least(const struct tcpr_conn *c, uint32_t mtu, struct tcpr_effects *fx)
{
    if (TCPR_MUTANT(any_path_mtu_is_taken, mtu >= (c->version == 6 ? 1280u : 68u), mtu > headers_len(c))) {
        return false;
    }
    decide(fx, c, TCPR_ACT_DROPPED, c->version == 6 ? TCPR_RULE_8201_4_2 : TCPR_RULE_5927_7_2_2);
    return true;
}

/* Could the datagram that `icmp` quotes have been longer than `mtu`? It begins where all that went out since does. A
 * SYN without text never is, so no handshake in a host's queue has to keep what is known of its path. */
static bool may_have_been_longer(const struct tcpr_conn *c, const struct tcpr_config *config,
                                 const struct tcpr_icmp *icmp, uint32_t mtu)
{
    uint32_t first = feature(config, TCPR_FEATURE_ICMP_CHECK_SEQ) ? icmp->quoted_seq : c->snd.una;
    uint32_t most = tcpr_seq_distance(first, c->snd.nxt) + headers_len(c) + (c->snd.mss - smss(c));
    return mtu < most && (icmp->quoted_len == 0 || mtu < icmp->quoted_len);
}

/* RFC5681-3.1-7, RFC5681-3.1-8: the window stays as many segments as it was, so that smaller ones do not burst out. In
 * two steps, so that 32 bits hold it. */
static uint32_t window_of_smaller(uint32_t cwnd, uint32_t old_mss, uint32_t mss)
{
    return cwnd / old_mss * mss + cwnd % old_mss * mss / old_mss;
}

/* RFC1191-3-4, RFC8201-4-4: larger segments are tried again some time after the last that was too large. */
static void lower(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t mss)
{
    uint32_t window = window_of_smaller(c->cc.cwnd, c->snd.mss, mss);
    c->snd.mss = mss;
    TCPR_MUTANT(smaller_segments_burst, c->cc.cwnd = max_u32(window, smss(c)), (void)0);
    controller_choose(c, c->cc.controller); /* what it remembers counts in the larger ones */
    c->path.proved_mss = (uint16_t)min_u32(c->path.proved_mss, mss);
    c->path.claimed_mss = 0;
    c->path.raise_at = 0;
    if (config->path_mtu_age_us == TCPR_NEVER) { return; }
    uint16_t at = (uint16_t)(later(c->latest, config->path_mtu_age_us) >> RAISE_SHIFT);
    c->path.raise_at = (uint16_t)(at + 1u) != 0 ? (uint16_t)(at + 1u) : 1;
}

/* RFC5927-7.2-1: recorded, and heard if the timer expires before what it quotes is acknowledged. */
static void keep_in_mind(struct tcpr_conn *c, uint32_t quoted_seq, uint32_t mss, struct tcpr_effects *fx)
{
    bool first = c->path.claimed_mss == 0 || tcpr_seq_lt(quoted_seq, c->path.claimed_seq);
    if (first) {
        c->path.claimed_mss = (uint16_t)mss;
        c->path.claimed_seq = quoted_seq;
    }
    decide(fx, c, TCPR_ACT_HELD, TCPR_RULE_5927_7_2_1);
}

/* RFC1191-3-1, RFC8201-4-1: smaller segments from now on, and what was too big goes again at once. It was no congestion
 * (RFC1191-6.4-4, RFC8201-5.4-3), so CWND loses no segment, nor by what is found missing until all of it has come. */
void path_too_big(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_icmp *icmp,
                  struct tcpr_effects *fx)
{
    uint32_t mtu = icmp->mtu == 0 && c->version != 6 ? plateau(icmp->quoted_len) : icmp->mtu;
    if (below_the_least(c, mtu, fx)) { return; }
    uint32_t mss = mtu - headers_len(c);
    if (mss >= c->snd.mss || !may_have_been_longer(c, config, icmp, mtu)) { /* RFC1191-3-7, RFC8201-4-5 */
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_1191_6_4_3);
        return;
    }
    bool cautious = TCPR_MUTANT(any_too_big_is_heard, feature(config, TCPR_FEATURE_PATH_MTU_CAUTION), false);
    if (cautious && mss < c->path.proved_mss) {
        keep_in_mind(c, icmp->quoted_seq, mss, fx);
        return;
    }
    lower(c, config, mss);
    if (c->snd.una != c->snd.nxt && !syn_unacked(c)) {
        TCPR_MUTANT(too_big_is_a_loss, c->cc.recover = c->snd.nxt, (void)0);
        owe_retransmission(c, c->snd.nxt);
    }
    decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_1191_3_1);
}

/* The segment at SND.UNA timed out. @return whether a claim about it is believed from here on */
bool path_timeout(struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t mss = c->path.claimed_mss;
    bool about_it = mss != 0 && tcpr_seq_within(c->path.claimed_seq, c->snd.una, c->snd.mss);
    if (!TCPR_MUTANT(late_too_big_is_not_heard, about_it, false)) { return false; }
    lower(c, config, mss);
    return true;
}

/* RFC1191-6.3-1: the claim has aged, and what the path carries is found out anew. Counted in larger segments too a
 * window holds one, and after a loss two (RFC5681-3.1-16). */
static void raise_in_time(struct tcpr_conn *c)
{
    uint16_t now = (uint16_t)(c->latest >> RAISE_SHIFT);
    if (c->path.raise_at == 0 || (uint16_t)(now - c->path.raise_at) >= 0x8000u) { return; }
    c->path.raise_at = 0;
    TCPR_MUTANT(path_mtu_never_rises, c->snd.mss = c->path.most_mss, (void)0);
    c->cc.cwnd = max_u32(c->cc.cwnd, smss(c));
    c->cc.ssthresh = max_u32(c->cc.ssthresh, 2u * smss(c));
}

/* SND.UNA moved over `octets` of text, and so the path carries that much or a full segment. What was claimed of a
 * segment that arrived was not true. */
void path_ack(struct tcpr_conn *c, uint32_t octets)
{
    uint32_t with_options = octets + (c->snd.mss - smss(c));
    if (octets != 0 && with_options > c->path.proved_mss) {
        c->path.proved_mss = (uint16_t)min_u32(with_options, c->snd.mss);
    }
    if (c->path.claimed_mss != 0 && tcpr_seq_lt(c->path.claimed_seq, c->snd.una)) { c->path.claimed_mss = 0; }
    raise_in_time(c);
}
