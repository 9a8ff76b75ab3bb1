/* RFC 3168 and RFC 9768 over a trace. Experiments may mark more (RFC 8311); a target that takes part in one is to be
 * told apart by its expectation file. */
#include "ecn.h"

#include <stddef.h>

#define ECT_1 1u

/* AE, CWR and ECE as a number. */
static unsigned bits_of(const struct tcpr_segment *seg)
{
    return seg->control >> 6 & 7;
}

#define CLASSIC_ASKS 3u
#define CLASSIC_ANSWERS 1u
#define ACCURATE_ASKS 7u
#define REFLECTED 7u /* ... by a host that knows none of it */
#define NEVER_SENT 5u

static bool is_syn(const struct tcpr_segment *seg)
{
    return (seg->control & (TCPR_SYN | TCPR_ACK)) == TCPR_SYN;
}

static bool asks(const struct tcpr_segment *seg)
{
    return is_syn(seg) && bits_of(seg) == CLASSIC_ASKS;
}

static bool answers(const struct tcpr_segment *seg)
{
    return (seg->control & (TCPR_SYN | TCPR_ACK)) == (TCPR_SYN | TCPR_ACK) && bits_of(seg) == CLASSIC_ANSWERS;
}

/* RFC9768-3.1.3-1: whatever is new counts as asking. */
static bool asks_for_accuracy(const struct tcpr_segment *seg)
{
    return is_syn(seg) && bits_of(seg) != 0 && bits_of(seg) != CLASSIC_ASKS;
}

static bool answers_accurately(const struct tcpr_segment *seg)
{
    return !is_syn(seg) && bits_of(seg) > CLASSIC_ANSWERS && bits_of(seg) != REFLECTED;
}

static void note_accuracy(struct ecn_watched *w, const struct tcpr_segment *seg)
{
    w->accurate_asked = w->accurate_asked || asks_for_accuracy(seg);
    w->accurate_answered = w->accurate_answered || answers_accurately(seg);
}

void ecn_received(struct ecn_watched *w, const struct tcpr_segment *seg)
{
    if ((seg->control & TCPR_SYN) == 0) { return; }
    w->peer_asked = w->peer_asked || asks(seg);
    w->peer_answered = w->peer_answered || answers(seg);
    w->peer_plain = is_syn(seg) ? (bits_of(seg) & CLASSIC_ASKS) != CLASSIC_ASKS : !answers(seg);
    note_accuracy(w, seg);
}

static bool agreed(const struct ecn_watched *w)
{
    bool answered = w->own_answered || w->peer_answered || w->accurate_answered;
    bool classic = (w->own_asked || w->own_answered) && (w->peer_asked || w->peer_answered);
    return classic || (w->accurate_asked && answered);
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
    *text = "a SYN asks for ECN in a way that is nobody's";
    if (is_syn(seg)) { return asks_for_accuracy(seg) && bits_of(seg) != ACCURATE_ASKS ? "RFC9768-3.1.3-2" : NULL; }
    *text = "a SYN,ACK agrees on accurate ECN that nobody asked for";
    if (answers_accurately(seg) && !w->accurate_asked) { return "RFC9768-3.1.1-4"; }
    *text = "a SYN,ACK with AE and ECE alone, which is for later use";
    return bits_of(seg) == NEVER_SENT ? "RFC9768-3.1.3-4" : NULL;
}

void ecn_syn_sent(struct ecn_watched *w, const struct tcpr_segment *seg)
{
    note_accuracy(w, seg);
    w->own_asked = w->own_asked || asks(seg);
    w->own_answered = w->own_answered || answers(seg);
}

const char *ecn_sent(const struct ecn_watched *w, const struct tcpr_segment *seg, bool again, const char **text)
{
    if (seg->control & TCPR_SYN) { return syn_fault(w, seg, text); }
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
