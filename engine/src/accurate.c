/*
 * Accurate ECN (RFC 9768): SYNs whose three bits AE, CWR and ECE agree on it and say how the peer's arrived, and the
 * same bits as a counter of marked segments, ACE, on all others.
 *
 * Of r.cep and s.cep nothing but what ACE shows is kept. The option of the RFC is neither sent nor read: RFC 9768
 * leaves that to the implementation, and its three counters would cost each connection nine octets.
 */
#include "internal.h"

#define CONGESTION_EXPERIENCED 3u
#define FIRST 5u /* r.cep and s.cep, so that no mark is not zero (RFC9768-3.2.2.2-1) */
#define CE_SEEN 6u
#define CLASSIC_SYN 3u

/* Sets of what the three bits say as a number. */
#define SYNS 0xF6u             /* that ask, all but none and RFC 3168's (RFC9768-3.1.3-1) */
#define SYN_ACKS 0x7Cu         /* that agree: nor do all three, a reflection (RFC9768-3.1.2-1, RFC9768-3.1.2-6) */
#define NEVER_OF_NOT_ECT 0x58u /* what no router makes of a SYN that was Not-ECT: ECT(1), ECT(0), CE */
#define NEVER_OF_ECT_0 0x0Cu   /* ... ECT(0): Not-ECT, ECT(1) */

static bool among(unsigned set, unsigned said)
{
    return (set >> said & 1u) != 0;
}

/* The three bits as a number. */
static uint8_t bits_of(const struct tcpr_segment *seg)
{
    return (uint8_t)(seg->control >> 6 & 7u);
}

/* How an IP-ECN field is told, by 2, 3, 4 and 6: RFC9768-3.1.1-3, and Table 3 for RFC9768-3.2.2.1-1. */
static unsigned told(unsigned field)
{
    return field + 2u + (field == CONGESTION_EXPERIENCED);
}

static bool bits(const struct tcpr_conn *c, uint8_t set)
{
    return (c->accurate & set) != 0;
}

static uint8_t counter(const struct tcpr_conn *c, unsigned at)
{
    return (uint8_t)(c->cc.ace >> at & 7u);
}

static void set_counter(struct tcpr_conn *c, unsigned at, unsigned value)
{
    c->cc.ace = (uint8_t)((c->cc.ace & ~(7u << at)) | (value & 7u) << at);
}

static void set_bits(struct tcpr_conn *c, uint8_t mask, unsigned value)
{
    c->accurate = (uint8_t)((c->accurate & ~(unsigned)mask) | (value & mask));
}

static unsigned pending(const struct tcpr_conn *c)
{
    return (c->accurate & TCPR_ACCURATE_PENDING) >> TCPR_ACCURATE_PENDING_AT;
}

/* ---- the SYNs ---- */

bool accurate_asks(const struct tcpr_segment *syn)
{
    return among(syn->control & TCPR_ACK ? SYN_ACKS : SYNS, bits_of(syn));
}

/* RFC 9768 section 3.2.2.3: can what the peer says of our SYN's IP-ECN field not be? What is no such word says nothing.
 */
static bool mangled(const struct tcpr_config *config, unsigned said)
{
    unsigned never = feature(config, TCPR_FEATURE_ECT_EVERYWHERE) ? NEVER_OF_ECT_0 : NEVER_OF_NOT_ECT;
    return among(TCPR_MUTANT(mangled_field_is_not_noticed, never, 0u), said);
}

/* RFC9768-3.2.2.3-1, -2: go on with the feedback, and send nothing that may be marked. */
static void stop_marking(struct tcpr_conn *c)
{
    c->ecn |= TCPR_ECN_WITHDRAWN;
}

static void remember_field(struct tcpr_conn *c, const struct tcpr_segment *syn)
{
    set_bits(c, TCPR_ACCURATE_FIELD, (unsigned)syn->ecn << TCPR_ACCURATE_FIELD_AT);
}

/* RFC9768-3.1.1-2, RFC9768-3.1.1-5. RFC9768-3.2.2.2-2, -4: only a mark on a SYN,ACK counts, that on a SYN was told. */
void accurate_begin(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn)
{
    bool answer = (syn->control & TCPR_ACK) != 0;
    bool counts = answer && syn->ecn == CONGESTION_EXPERIENCED;
    c->ecn |= TCPR_ECN_AGREED;
    c->accurate =
        (uint8_t)(TCPR_ACCURATE_ON | (answer ? TCPR_ACCURATE_REFLECT : 0) | (syn->ecn & 3u) << TCPR_ACCURATE_FIELD_AT);
    c->cc.ace = (uint8_t)(TCPR_ACE_UNHEARD | FIRST << TCPR_ACE_HEARD_AT | (FIRST + counts) << TCPR_ACE_RECEIVED_AT);
    if (answer && mangled(config, bits_of(syn))) { stop_marking(c); }
}

/* RFC9768-3.1.5-7: the latest counts. RFC9768-3.1.5-15: and one that does not ask ends our marks, though not the
 * feedback. */
static void take_syn_again(struct tcpr_conn *c, const struct tcpr_segment *syn)
{
    remember_field(c, syn);
    if (bits_of(syn) == 0) { stop_marking(c); }
}

/* The SYN,ACK of a simultaneous open says how our SYN arrived, as any does. */
static void take_crossing_syn_ack(struct tcpr_conn *c, const struct tcpr_config *config,
                                  const struct tcpr_segment *syn_ack)
{
    if (bits_of(syn_ack) == 0 || mangled(config, bits_of(syn_ack))) { stop_marking(c); }
    c->cc.ace &= (uint8_t)~TCPR_ACE_UNHEARD; /* its bits are no counter */
}

/* In SYN-RECEIVED, the peer's SYN again. RFC9768-3.1.5-5: @return it is of the other kind, which nobody sends */
bool accurate_hear_syn_again(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn)
{
    if (syn->control & TCPR_ACK) {
        take_crossing_syn_ack(c, config, syn);
        return false;
    }
    if (TCPR_MUTANT(both_kinds_of_syn_are_taken, bits_of(syn), 0) == CLASSIC_SYN) { return true; }
    take_syn_again(c, syn);
    return false;
}

/* The same where we agreed on RFC 3168's kind. */
bool accurate_is_news(const struct tcpr_config *config, const struct tcpr_segment *syn)
{
    bool is_syn = (syn->control & (TCPR_SYN | TCPR_ACK)) == TCPR_SYN;
    return is_syn && feature(config, TCPR_FEATURE_ACCURATE_ECN) && accurate_asks(syn);
}

/* What our SYN,ACK says. */
uint16_t accurate_answer(const struct tcpr_conn *c)
{
    unsigned field = (c->accurate & TCPR_ACCURATE_FIELD) >> TCPR_ACCURATE_FIELD_AT;
    return (uint16_t)(TCPR_MUTANT(syn_ack_does_not_tell_the_field, told(field), 2u) << 6);
}

/* A SYN,ACK that comes again, since our ACK was lost: RFC9768-3.2.2.1-4. @return the ACK it draws reflects it */
bool accurate_reflects_again(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool again = (seg->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == (TCPR_SYN | TCPR_ACK) && seg->seq == c->rcv.irs;
    if (!accurate(c) || !again || c->state == TCPR_SYN_RECEIVED || has(c, TCPR_FLAG_PASSIVE)) { return false; }
    remember_field(c, seg);
    c->accurate |= TCPR_ACCURATE_REFLECT;
    return true;
}

void accurate_reflected(struct tcpr_conn *c)
{
    c->accurate &= (uint8_t)~TCPR_ACCURATE_REFLECT;
}

/*
 * The ACK that ends the handshake of a passive OPEN (RFC9768-3.2.2.1-5, Table 4). With text or SACK it is no such ACK,
 * and ACE is a counter. RFC9768-3.2.2.1-6: zero says that something on the path clears the bits.
 */
void accurate_take_handshake_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    bool bare = seg->text_len == 0 && !(seg->control & TCPR_FIN) && !(seg->options.present & TCPR_OPT_SACK);
    uint8_t said = bits_of(seg);
    if (!accurate(c) || !has(c, TCPR_FLAG_PASSIVE) || !bare) { return; }
    if (said == CE_SEEN) { set_counter(c, TCPR_ACE_HEARD_AT, CE_SEEN); } /* RFC9768-3.2.2.2-5 */
    if (mangled(config, said)) { stop_marking(c); }
}

/* ---- as a receiver ---- */

/*
 * RFC9768-3.2.2.5.1-1: the first mark after none, on text, is told at once. RFC9768-3.2.2.5.1-4, -5: any second where
 * text waits for its ACK, else any third, since then ACKs would answer ACKs.
 */
static bool tells_at_once(const struct tcpr_conn *c, bool text, bool first)
{
    bool waits = text || c->rcv.unacked != 0;
    bool enough = pending(c) >= TCPR_MUTANT(marks_wait_for_an_ack, waits ? 2u : 3u, 4u);
    return enough || (text && TCPR_MUTANT(first_mark_waits, first, false));
}

/* RFC9768-3.2-1: whatever is acceptable, but SYNs, be it text or not. */
static void count_mark(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool text = seg->text_len != 0;
    bool first = !bits(c, TCPR_ACCURATE_CE_LAST);
    bool counts = TCPR_MUTANT(marks_on_acks_are_not_counted, true, text);
    unsigned marks = min_u32(pending(c) + 1u, 3);
    if (!counts) { return; }
    set_counter(c, TCPR_ACE_RECEIVED_AT, counter(c, TCPR_ACE_RECEIVED_AT) + 1u);
    set_bits(c, TCPR_ACCURATE_PENDING, marks << TCPR_ACCURATE_PENDING_AT);
    if (!tells_at_once(c, text, first)) { return; }
    bool alone = !text && !has(c, TCPR_FLAG_ACK_NOW) && c->rcv.unacked == 0;
    if (alone) { c->accurate |= TCPR_ACCURATE_ACK_OF_ACK; }
    mark(c, TCPR_FLAG_ACK_NOW);
}

/* An acceptable segment, before it is looked at. RFC9768-3.2.2.4-2: should the first ACE be zero, something clears it.
 */
void accurate_take(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    if (!accurate(c) || (seg->control & (TCPR_SYN | TCPR_RST | TCPR_ACK)) != TCPR_ACK) { return; }
    if ((c->cc.ace & TCPR_ACE_UNHEARD) && TCPR_MUTANT(cleared_bits_are_not_noticed, bits_of(seg), 1) == 0) {
        stop_marking(c);
    }
    c->cc.ace &= (uint8_t)~TCPR_ACE_UNHEARD;
    if (seg->text_len != 0) { c->accurate &= (uint8_t)~TCPR_ACCURATE_ACK_OF_ACK; }
    if (seg->ecn == CONGESTION_EXPERIENCED) {
        count_mark(c, seg);
        c->accurate |= TCPR_ACCURATE_CE_LAST;
    } else {
        c->accurate &= (uint8_t)~TCPR_ACCURATE_CE_LAST;
    }
}

/* RFC9768-3.2.2-2, on all that acknowledges but SYNs; RFC9768-3.2.2.1-1, once. */
uint16_t accurate_ace(const struct tcpr_conn *c)
{
    if (TCPR_MUTANT(handshake_ack_counts, bits(c, TCPR_ACCURATE_REFLECT), false)) { return accurate_answer(c); }
    return (uint16_t)(TCPR_MUTANT(marks_are_never_told, counter(c, TCPR_ACE_RECEIVED_AT), FIRST) << 6);
}

/* An ACK went out, with all of that. */
void accurate_told(struct tcpr_conn *c)
{
    const uint8_t once = TCPR_ACCURATE_REFLECT | TCPR_ACCURATE_PENDING | TCPR_ACCURATE_ACK_OF_ACK;
    c->accurate &= (uint8_t)~once;
}

/* ---- as a sender ---- */

/* Does ACE say other than last? */
bool accurate_differs(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return bits_of(seg) != counter(c, TCPR_ACE_HEARD_AT);
}

/*
 * An ACK, already taken, that covers `octets` more; one that covers nothing may be an old one. RFC9768-3.2.2.5.2-1,
 * RFC9768-3.2.3.2.3-1: from eight segments on ACE may have come round, and is taken to have. Not where it `repairs` a
 * loss: of what arrived long ago the ACKs between have told.
 * @return it tells of marks
 */
bool accurate_heard(struct tcpr_conn *c, const struct tcpr_segment *seg, uint32_t octets, bool repairs)
{
    if (octets == 0) { return false; }
    bool differs = accurate_differs(c, seg), may_wrap = octets > 7u * smss(c) && !repairs;
    set_counter(c, TCPR_ACE_HEARD_AT, bits_of(seg));
    return ecn_marks(c) && (differs || TCPR_MUTANT(counter_never_comes_round, may_wrap, false));
}
