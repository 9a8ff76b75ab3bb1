/* ecn.h - what RFC 3168 lets an endpoint mark, for the monitor. */
#ifndef HARNESS_CHECK_ECN_H
#define HARNESS_CHECK_ECN_H

#include "tcprove/segment.h"

/* What the SYNs of a connection said. */
struct ecn_watched {
    bool peer_asked, peer_answered; /* a SYN of the peer with both bits; a SYN,ACK with ECE alone */
    bool own_asked, own_answered;   /* the same of the target */
    bool accurate_asked;            /* a SYN of either asked for RFC 9768's feedback ... */
    bool accurate_answered;         /* ... and a SYN,ACK agreed */
    bool peer_plain;                /* the peer's last SYN did not ask */
};

void ecn_received(struct ecn_watched *w, const struct tcpr_segment *seg);

/* A SYN or SYN,ACK of the target, noted before it is judged. */
void ecn_syn_sent(struct ecn_watched *w, const struct tcpr_segment *seg);

/* A segment of the target; `again`: all its text was sent before. @return NULL, or the rule it breaks, with *text. */
const char *ecn_sent(const struct ecn_watched *w, const struct tcpr_segment *seg, bool again, const char **text);

#endif
