/*
 * SYN cookies (RFC 4987 section 3.6 and appendix A): a handshake that is remembered by the peer alone, in our ISS.
 *
 *      31                             3 2   0
 *     | keyed hash                     | MSS |     ISS; the hash covers sockets, IRS, time, MSS and options
 *
 *      31                       5 4  3     0
 *     | our clock                | S | shift |     TSval of the SYN,ACK, which the ACK echoes: SACK, window scale
 *
 * The hash is 29 bits of SipHash-2-4, tried for this period of 67 seconds and the one before. An ACK is looked at only
 * while a cookie is out. That accurate ECN was agreed on, the bits of the ACK tell. Without timestamps there is no
 * place for SACK and window scale, so they are not offered.
 */
#include "host_state.h"
#include "sip.h"

#include <string.h>

#define PERIOD_SHIFT 26u /* of microseconds */
#define MSS_BITS 3u
#define MSS_MASK 7u
#define STAMP_MASK 31u
#define STAMP_SACK 16u
#define SHIFT_MASK 15u
#define NO_SHIFT 15u /* RFC7323-2.3-7 allows 14 */
#define NO_STAMP 32u /* in the hash: there are no timestamps */

static const uint16_t mss_of[MSS_MASK + 1u] = {88, 536, 1220, 1300, 1360, 1440, 1460, 8940};

static uint32_t period(tcpr_time now)
{
    return (uint32_t)(now >> PERIOD_SHIFT);
}

/* The first 29 bits are for the ISS; low bits hold what it says. */
static uint32_t seal(const struct tcpr_host *h, const struct found *key, uint32_t irs, uint32_t when, uint32_t said)
{
    uint64_t words[5] = {[4] = said};
    memcpy(words, key->remote, sizeof key->remote);
    words[2] = key->remote_port | (uint64_t)key->local_port << 16 | (uint64_t)key->local << 32 | (uint64_t)'C' << 48;
    words[3] = irs | (uint64_t)when << 32;
    return (uint32_t)sip_hash(h->options.secret, words, 5, SIP_2_4) & ~MSS_MASK;
}

/* What the peer offered that fits into a timestamp. */
static uint32_t stamp_of(const struct tcpr_conn *c)
{
    if (!has(c, TCPR_FLAG_TIMESTAMPS)) { return NO_STAMP; }
    uint32_t shift = has(c, TCPR_FLAG_WINDOW_SCALE) ? c->snd_shift : NO_SHIFT;
    return shift | (has(c, TCPR_FLAG_SACK) ? STAMP_SACK : 0);
}

/* The largest entry not above what the peer takes; false: it takes less than any. */
static bool mss_index(uint32_t mss, uint32_t *index)
{
    *index = MSS_MASK;
    while (*index > 0 && mss_of[*index] > mss) {
        --*index;
    }
    return mss_of[*index] <= mss;
}

/* Not ahead of our clock, so that later timestamps do not go back (RFC 7323 section 4.1). */
static uint32_t stamped(uint32_t ts_val, uint32_t stamp)
{
    uint32_t value = (ts_val & ~STAMP_MASK) | stamp;
    return tcpr_seq_lt(ts_val, value) ? value - (STAMP_MASK + 1u) : value;
}

/* The SYN,ACK of the scratch connection becomes a cookie. */
static void write_cookie(struct tcpr_segment *syn_ack, uint32_t cookie, uint32_t stamp, bool accurately)
{
    struct tcpr_options *options = &syn_ack->options;
    syn_ack->seq = cookie;
    if (!accurately) { /* nowhere to remember it */
        syn_ack->control &= (uint16_t)~TCPR_ECE;
        syn_ack->ecn = 0;
    }
    if (stamp == NO_STAMP) {
        options->present &= (uint8_t) ~(TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED);
        options->window_scale = 0;
    } else {
        options->ts_val = stamped(options->ts_val, stamp);
    }
}

bool cookie_give(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                 const struct tcpr_ip *ip, const struct tcpr_segment *syn, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = scratch_conn(h);
    struct tcpr_effects unheard;
    uint32_t mss;
    memcpy(c, listener_conn(h, listener), h->at.conn_len);
    tcpr_segment_arrives(c, config, h->latest, ip, syn, &unheard);
    if (c->state != TCPR_SYN_RECEIVED || !mss_index(c->snd.mss, &mss)) { return false; }
    if (!tcpr_next_segment(c, config, h->latest, &res->fx.reply)) { return false; }
    uint32_t stamp = stamp_of(c);
    uint32_t said = mss | stamp << MSS_BITS;
    write_cookie(&res->fx.reply, seal(h, key, syn->seq, period(h->latest), said) | mss, stamp, accurate(c));
    res->fx.has_reply = true;
    decide_in(&res->fx, TCPR_ACT_COOKIE_SENT, TCPR_LISTEN, TCPR_RULE_4987_3_6_1);
    h->cookies_until = h->latest + ((tcpr_time)2 << PERIOD_SHIFT);
    h->counts.cookies_sent++;
    return true;
}

/*
 * RFC 9768 section 5.1: nothing but an agreement on accurate ECN gives the ACK of a handshake such bits, since cookies
 * agree on no other kind. None of its codes is 1.
 */
static uint16_t remembered_control(const struct tcpr_segment *ack)
{
    bool accurately = (ack->control >> 6 & 7u) > 1u;
    return accurately ? TCPR_SYN | TCPR_AE | TCPR_CWR | TCPR_ECE : TCPR_SYN;
}

/* The SYN that the cookie stands for, as far as it is known. */
static struct tcpr_segment remembered_syn(const struct tcpr_segment *ack, uint32_t cookie, uint32_t stamp)
{
    struct tcpr_segment syn = {.seq = ack->seq - 1u,
                               .control = remembered_control(ack),
                               .source_port = ack->source_port,
                               .destination_port = ack->destination_port,
                               .options = {.present = TCPR_OPT_MSS, .mss = mss_of[cookie & MSS_MASK]}};
    if (stamp == NO_STAMP) { return syn; }
    syn.options.present |= TCPR_OPT_TIMESTAMPS;
    syn.options.ts_val = ack->options.ts_val;
    if (stamp & STAMP_SACK) { syn.options.present |= TCPR_OPT_SACK_PERMITTED; }
    if ((stamp & SHIFT_MASK) != NO_SHIFT) {
        syn.options.present |= TCPR_OPT_WINDOW_SCALE;
        syn.options.window_scale = stamp & SHIFT_MASK;
    }
    return syn;
}

static bool is_good(const struct tcpr_host *h, const struct found *key, const struct tcpr_segment *ack, uint32_t stamp)
{
    uint32_t cookie = ack->ack - 1u;
    uint32_t said = (cookie & MSS_MASK) | stamp << MSS_BITS;
    uint32_t now = period(h->latest);
    uint32_t sealed = cookie & ~MSS_MASK;
    return sealed == seal(h, key, ack->seq - 1u, now, said) || sealed == seal(h, key, ack->seq - 1u, now - 1u, said);
}

bool cookie_take(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                 const struct tcpr_ip *ip, const struct tcpr_segment *ack, struct tcpr_host_result *res)
{
    if (h->latest >= h->cookies_until) { return false; }
    bool stamps = (ack->options.present & TCPR_OPT_TIMESTAMPS) != 0;
    uint32_t stamp = stamps ? ack->options.ts_ecr & STAMP_MASK : NO_STAMP;
    if (!is_good(h, key, ack, stamp)) { return false; } /* RFC4987-A-1: and LISTEN answers with a reset */
    if (!listener_has_room(h, listener)) {
        decide_in(&res->fx, TCPR_ACT_DROPPED, TCPR_LISTEN, TCPR_RULE_4987_3_4_1);
        h->counts.acks_dropped++;
        return true;
    }
    struct tcpr_segment syn = remembered_syn(ack, ack->ack - 1u, stamp);
    syn_rebuild(h, config, key, listener, &syn, ack->ack - 1u, h->latest);
    struct tcpr_conn *c = scratch_conn(h);
    unmark(c, TCPR_FLAG_SYN_NOW); /* it was sent */
    set_send_timers(c, config);
    tcpr_segment_arrives(c, config, h->latest, ip, ack, &res->fx);
    TCPR_ASSERT(in(c, SYNCHRONIZED));
    decide_in(&res->fx, TCPR_ACT_MOVED, TCPR_LISTEN, TCPR_RULE_4987_A_1);
    res->fx.decision[res->fx.decisions - 1].to = TCPR_SYN_RECEIVED;
    h->counts.cookies_taken++;
    syn_promote(h, key, listener, res);
    return true;
}
