/* TCP Fast Open (RFC 7413): text on a SYN. Cookies are kept, made and checked elsewhere. */
#include "internal.h"

#include <string.h>

/* The option, if it has room beside the others (RFC 7413 section 4.2.2). */
static bool put_cookie(struct tcpr_options *options, const struct tcpr_fast_open *fast)
{
    uint32_t without = tcpr_options_len(options);
    TCPR_ASSERT(fast->cookie_len % 2 == 0 && fast->cookie_len <= TCPR_COOKIE_MAX); /* RFC7413-4.1.1-1 */
    TCPR_ASSERT(fast->cookie_len == 0 || fast->cookie_len >= TCPR_COOKIE_MIN);
    options->cookie_len = fast->cookie_len;
    memcpy(options->cookie, fast->cookie, fast->cookie_len);
    options->present |= TCPR_OPT_FAST_OPEN;
    if (tcpr_options_len(options) != without) { return true; }
    options->present &= (uint8_t)~TCPR_OPT_FAST_OPEN;
    options->cookie_len = 0;
    memset(options->cookie, 0, sizeof options->cookie);
    return false;
}

/* What the peer takes in one segment, by its last word; the default of MUST-15 where it is not known. */
static uint32_t syn_text_room(const struct tcpr_conn *c, const struct tcpr_config *config,
                              const struct tcpr_fast_open *fast, uint32_t options_len)
{
    uint32_t known = TCPR_MUTANT(stranger_gets_a_full_segment, fast->mss != 0 ? fast->mss : c->snd.mss, UINT16_MAX);
    uint32_t mss = min_u32(known, own_mss(c, config));
    return mss > options_len ? mss - options_len : 0;
}

/* The SYN of a fast OPEN, given out at once: nothing of the connection remembers the cookie. */
void fast_open_send(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_fast_open *fast,
                    struct tcpr_effects *fx)
{
    struct tcpr_segment *syn = &fx->reply;
    fx->has_reply = send_syn(c, config, syn);
    if (!put_cookie(&syn->options, fast)) { return; }
    mark(c, TCPR_FLAG_FAST_OPEN);
    uint32_t room = syn_text_room(c, config, fast, tcpr_options_len(&syn->options));
    if (fast->cookie_len == 0) { room = TCPR_MUTANT(text_without_a_cookie, 0, room); } /* RFC7413-4.2.2-1 */
    syn->text_len = min_u32(unsent(c), room);
    if (syn->text_len == 0) { return; }
    c->snd.nxt += syn->text_len;
    c->snd.rxt_nxt = c->snd.rxt_end = c->snd.nxt;
    if (unsent(c) == 0) { syn->control |= TCPR_PSH; } /* MUST-61 */
}

/* The text of our SYN went before there was a window. What the peer had no room for counts as never sent: ACKs stand at
 * SND.NXT, and beyond its window it would not hear them (RFC 9293 appendix A.2). */
static void take_back(struct tcpr_conn *c)
{
    uint32_t edge = c->snd.una + c->snd.wnd;
    if (tcpr_seq_lt(edge, c->snd.nxt)) { c->snd.nxt = c->snd.rxt_nxt = c->snd.rxt_end = edge; }
}

/* Text that went before our SYN was acknowledged did not arrive, which is no congestion: it goes again at once. */
void resend_after_syn(struct tcpr_conn *c, struct tcpr_effects *fx)
{
    if (TCPR_MUTANT(text_of_a_syn_stands, !has(c, TCPR_FLAG_PASSIVE), false)) { take_back(c); }
    if (c->snd.una == c->snd.nxt) { return; }
    if (rack(c) && c->record_count == 0) { record_sent(c, c->snd.una, c->snd.nxt, c->snd.una); }
    TCPR_MUTANT(text_of_a_syn_waits, owe_retransmission(c, c->snd.nxt), (void)0);
    decide(fx, c, TCPR_ACT_RETRANSMITS, TCPR_RULE_7413_4_2_2_8);
}

/* RFC7413-4.2.2-7: the SYN,ACK came, and SND.UNA says how much of the text it acknowledged. */
void fast_open_answered(struct tcpr_conn *c, const struct tcpr_segment *syn_ack, struct tcpr_effects *fx)
{
    bool cookie = (syn_ack->options.present & TCPR_OPT_FAST_OPEN) && syn_ack->options.cookie_len != 0;
    bool refused = c->snd.una == c->snd.iss + 1u && c->snd.nxt != c->snd.una;
    if (cookie) {
        fx->events |= TCPR_EVENT_COOKIE;
    } else if (TCPR_MUTANT(failure_is_not_told, refused, false)) {
        fx->events |= TCPR_EVENT_FAST_OPEN_FAILED;
    }
    resend_after_syn(c, fx);
}

/* RFC7413-4.1.3.1-1: the connection comes to nothing. */
void fast_open_failed(const struct tcpr_conn *c, struct tcpr_effects *fx)
{
    if (c->state == TCPR_SYN_SENT && has(c, TCPR_FLAG_FAST_OPEN)) { fx->events |= TCPR_EVENT_FAST_OPEN_FAILED; }
}
