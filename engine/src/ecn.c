/*
 * Explicit congestion notification (RFC 3168): what SYNs agree on, which segments may be marked, and the echo of marks.
 * How the window answers an echo is congestion.c's.
 */
#include "internal.h"

#define SETUP_SYN (TCPR_ECE | TCPR_CWR)
#define ACCURATE_SYN (TCPR_AE | SETUP_SYN) /* RFC9768-3.1.1-1 */
#define CONGESTION_EXPERIENCED 3u
#define ECT_0 2u /* RFC3168-6.1.2-1, RFC8311-4.2-4 */

static bool willing(const struct tcpr_config *config)
{
    return feature(config, TCPR_FEATURE_ECN | TCPR_FEATURE_ACCURATE_ECN);
}

/* What our SYN asks for, or our SYN,ACK answers. */
static uint16_t wanted(const struct tcpr_conn *c, const struct tcpr_config *config, bool for_accuracy)
{
    if (c->state == TCPR_SYN_SENT && !willing(config)) { return 0; }
    if (c->state == TCPR_SYN_SENT) { return for_accuracy ? ACCURATE_SYN : SETUP_SYN; }
    if (for_accuracy) { return accurate_answer(c); }
    return has_ecn(c, TCPR_ECN_AGREED) ? TCPR_MUTANT(ecn_answer_reflects_the_syn, TCPR_ECE, SETUP_SYN) : 0;
}

/*
 * RFC3168-6.1.1-1: the bits of our SYN, or of the SYN,ACK. RFC3168-6.1.1.1-2: a SYN that went unanswered may have been
 * dropped for them, so the next goes without. RFC9768-3.1.4.1-1, -2: with the bits of RFC 9768 two go, and
 * (RFC9768-3.2.3.2.2-2) as many SYN,ACKs.
 */
uint16_t ecn_offer(struct tcpr_conn *c, const struct tcpr_config *config)
{
    bool asks = c->state == TCPR_SYN_SENT;
    bool for_accuracy = asks ? feature(config, TCPR_FEATURE_ACCURATE_ECN) : accurate(c);
    uint32_t patience = for_accuracy ? TCPR_MUTANT(accuracy_is_asked_for_once, 1u, 0u) : 0;
    bool unanswered = (asks || for_accuracy) && has(c, TCPR_FLAG_SYN_LOST) && c->rtt.backoff > patience;
    uint16_t offer = wanted(c, config, for_accuracy);
    unanswered = TCPR_MUTANT(ecn_is_offered_for_ever, unanswered, false);
    if (offer == 0) { return 0; }
    if (unanswered) { c->ecn |= TCPR_ECN_WITHDRAWN; }
    if (unanswered || (asks && has_ecn(c, TCPR_ECN_WITHDRAWN))) { return 0; }
    c->ecn |= TCPR_ECN_OFFERED;
    return offer;
}

/* RFC3168-6.1.1-8: all but these forms are a plain SYN. A SYN,ACK with both bits is an echo of ours by a host that does
 * not know them (RFC 3168 section 6.1.1.2). */
static bool is_setup(const struct tcpr_segment *syn)
{
    uint16_t setup = syn->control & TCPR_ACK ? TCPR_ECE : SETUP_SYN;
    uint16_t looked_at = TCPR_MUTANT(reflected_bits_agree_on_ecn, SETUP_SYN, TCPR_ECE);
    return (syn->control & looked_at) == (setup & looked_at);
}

/* The peer's SYN. RFC3168-6.1.1-2: what was not asked for is not answered. */
void ecn_take_syn(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn)
{
    bool concerned = c->state == TCPR_SYN_SENT ? has_ecn(c, TCPR_ECN_OFFERED) : willing(config);
    if (!concerned) { return; }
    if (feature(config, TCPR_FEATURE_ACCURATE_ECN) && accurate_asks(syn)) {
        accurate_begin(c, config, syn);
    } else if (is_setup(syn)) {
        c->ecn |= TCPR_ECN_AGREED;
    }
}

/* RFC3168-6.1.1-4: the peer's SYN again, and now without, since ours got lost. RFC9768-3.1.5-1: accurate feedback
 * stays.
 * @return one of another kind: RFC9768-3.1.5-5 */
bool ecn_hear_syn_again(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg)
{
    bool is_syn = (seg->control & (TCPR_SYN | TCPR_RST)) == TCPR_SYN;
    bool again = c->state == TCPR_SYN_RECEIVED && is_syn && seg->seq == c->rcv.irs;
    if (!again || !has_ecn(c, TCPR_ECN_AGREED)) { return false; }
    if (accurate(c)) { return accurate_hear_syn_again(c, config, seg); }
    if (!is_setup(seg)) { c->ecn &= (uint8_t)~TCPR_ECN_AGREED; }
    return accurate_is_news(config, seg);
}

/* RFC3168-6.1.1.1-1: a reset may be a middlebox's word about the two bits. @return the SYN goes again, without them */
bool ecn_withdraws(struct tcpr_conn *c)
{
    if (!has_ecn(c, TCPR_ECN_OFFERED) || has_ecn(c, TCPR_ECN_WITHDRAWN)) { return false; }
    c->ecn |= TCPR_ECN_WITHDRAWN;
    mark(c, TCPR_FLAG_SYN_NOW | TCPR_FLAG_RTT_AMBIGUOUS);
    return true;
}

/* ---- as a receiver ---- */

/*
 * Text in the window came (RFC3168-6.1.5-1b). RFC3168-6.1.3-n2: CWR ends the echo, unless a mark came since the last
 * ACK: of that one the sender cannot know yet.
 */
void ecn_take_text(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    if (!has_ecn(c, TCPR_ECN_AGREED) || accurate(c)) { return; }
    bool told = !has_ecn(c, TCPR_ECN_FRESH) && (seg->control & TCPR_CWR);
    if (TCPR_MUTANT(echo_never_ends, told, false)) { c->ecn &= (uint8_t)~TCPR_ECN_ECHO; }
    if (seg->ecn == CONGESTION_EXPERIENCED) { c->ecn |= TCPR_ECN_ECHO | TCPR_ECN_FRESH; }
}

/* RFC3168-6.1.3-n1: on everything that acknowledges. */
uint16_t ecn_echo(const struct tcpr_conn *c)
{
    if (accurate(c)) { return accurate_ace(c); }
    uint8_t why = TCPR_MUTANT(mark_is_echoed_once, TCPR_ECN_ECHO, TCPR_ECN_FRESH);
    return has_ecn(c, why) ? TCPR_ECE : 0;
}

/* ---- as a sender ---- */

/* New text leaves: RFC3168-6.1.2-1, and RFC3168-6.1.2-5 where the window was reduced since. */
void ecn_new_text(struct tcpr_conn *c, struct tcpr_segment *out)
{
    if (!TCPR_MUTANT(text_is_marked_unasked, ecn_marks(c), true) || out->text_len == 0) { return; }
    out->ecn = ECT_0;
    if (has_ecn(c, TCPR_ECN_CWR)) { out->control |= TCPR_CWR; }
    c->ecn &= (uint8_t)~TCPR_ECN_CWR;
}

/* RFC8311-4.3-n1: what an experiment may ask for. */
void ecn_everywhere(const struct tcpr_conn *c, struct tcpr_segment *out)
{
    bool offers = (out->control & TCPR_SYN) && (out->control & ACCURATE_SYN);
    if (ecn_marks(c) || offers) { out->ecn = ECT_0; }
}

/* The window was reduced, for whatever reason: the peer hears of it (RFC 3168 section 6.1.2). RFC9768-3.1.5-16: not
 * where CWR is part of ACE. */
void ecn_tell_reduced(struct tcpr_conn *c)
{
    if (ecn_marks(c) && !accurate(c)) { c->ecn |= TCPR_MUTANT(reduction_is_not_told, TCPR_ECN_CWR, 0); }
}

/* RFC3168-6.1.2-3: below one segment a round trip only the timer can slow us down. @return nothing else waited for it
 */
bool ecn_held_back_until_now(struct tcpr_conn *c)
{
    bool alone = ecn_held_back(c) && c->snd.una == c->snd.nxt;
    c->ecn &= (uint8_t)~TCPR_ECN_HELD_BACK;
    return alone;
}
