/* RFC 3168 over a trace. Experiments may mark more (RFC 8311); a target that takes part in one is to be told apart by
 * its expectation file. Where reserved bits are set, as accurate ECN does (RFC 9768), nothing is said. */
#include "ecn.h"

#include <stddef.h>

#define ECT_1 1u

static unsigned bits_of(const struct tcpr_segment *seg)
{
    return seg->control & (TCPR_ECE | TCPR_CWR);
}

static bool asks(const struct tcpr_segment *seg)
{
    return (seg->control & (TCPR_SYN | TCPR_ACK)) == TCPR_SYN && bits_of(seg) == (TCPR_ECE | TCPR_CWR);
}

static bool answers(const struct tcpr_segment *seg)
{
    return (seg->control & (TCPR_SYN | TCPR_ACK)) == (TCPR_SYN | TCPR_ACK) && bits_of(seg) == TCPR_ECE;
}

void ecn_received(struct ecn_watched *w, const struct tcpr_segment *seg)
{
    if ((seg->control & TCPR_SYN) == 0) { return; }
    w->peer_asked = w->peer_asked || asks(seg);
    w->peer_answered = w->peer_answered || answers(seg);
    w->peer_plain = !asks(seg) && !answers(seg) && seg->reserved == 0;
}

static bool agreed(const struct ecn_watched *w)
{
    return (w->own_asked || w->own_answered) && (w->peer_asked || w->peer_answered);
}

static const char *syn_fault(const struct ecn_watched *w, const struct tcpr_segment *seg, const char **text)
{
    if (seg->ecn != 0) {
        *text = "a SYN is ECN-capable";
        return "RFC3168-6.1.1-9";
    }
    if (answers(seg) && w->peer_plain && !w->peer_asked) {
        *text = "a SYN,ACK agrees on ECN that nobody asked for";
        return "RFC3168-6.1.1-2";
    }
    return NULL;
}

const char *ecn_sent(struct ecn_watched *w, const struct tcpr_segment *seg, bool again, const char **text)
{
    if (seg->reserved != 0) { return NULL; }
    if (seg->control & TCPR_SYN) {
        w->own_asked = w->own_asked || asks(seg);
        w->own_answered = w->own_answered || answers(seg);
        return syn_fault(w, seg, text);
    }
    if (seg->ecn == 0) { return NULL; }
    *text = "ECT(1) is for experiments alone";
    if (seg->ecn == ECT_1) { return "RFC8311-4.2-5"; }
    *text = "an ECN-capable segment, and ECN was not agreed on";
    if (!agreed(w)) { return "RFC3168-6.1.1-3"; }
    *text = "a pure ACK is ECN-capable";
    if (seg->text_len == 0 && !(seg->control & (TCPR_FIN | TCPR_RST))) { return "RFC3168-6.1.4-1"; }
    *text = "text sent again is ECN-capable";
    return again && seg->text_len != 0 ? "RFC3168-6.1.5-1a" : NULL;
}
