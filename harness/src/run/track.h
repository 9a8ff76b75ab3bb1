/* track.h - the target's own TCB, as far as the tester can know it (docs/spec-language.md).
 *
 * What the tester sends is reckoned when it is sent. What the target sends counts twice: when it is observed (`acked`,
 * `rcv.right`, options: what a wait looks at), and when a step consumes it (`snd.nxt`, `iss`, `ts.val`: what the steps
 * count by, so that an expectation is not measured against the very segment it looks at). */
#ifndef HARNESS_RUN_TRACK_H
#define HARNESS_RUN_TRACK_H

#include "harness/eval.h"
#include "tcprove/tcprove.h"

#define TRACK_HELD_MAX 16u
#define TRACK_SYNS_MAX 4u

struct track {
    bool irs_known;   /* the tester sent a SYN the target may take: irs, rcv_nxt count */
    bool iss_known;   /* a SYN of the target was consumed: iss, snd_nxt, snd_una count */
    bool acked_known; /* the target acknowledged something of the present connection */
    bool right_known;
    bool target_syn_seen;   /* observed */
    bool target_offers_ecn; /* ... with both bits of RFC 3168 section 6.1.1 */
    bool accurate_asked;    /* a SYN of either asked for accurate ECN (RFC 9768) */
    bool accurate_agreed;   /* ... and a SYN,ACK took it */
    bool target_answered;   /* a SYN,ACK of the target was observed */
    bool ended;             /* an acceptable RST went either way: the next SYN begins anew */
    uint32_t irs, rcv_nxt, acked, rcv_right;
    uint32_t sent_end; /* the highest sequence number the tester ever put behind a segment */
    uint32_t iss, snd_nxt, snd_una, snd_wnd;
    uint32_t seen_end;               /* snd.nxt by what was observed in order, for auto-ack */
    uint32_t read_acked, read_right; /* the same as acked and rcv_right, by what was consumed */
    bool read_acked_known;
    uint32_t ts_recent, ts_val; /* the tester's last TSval; the target's */
    bool ts_val_known;
    uint16_t syn_window;                            /* window of the target's SYN, never scaled */
    uint16_t tester_mss, target_mss;                /* 0: not offered */
    uint8_t tester_offers, target_offers;           /* TCPR_OPT_... in the SYNs */
    uint8_t ever_tester_offers, ever_target_offers; /* in any SYN of this run */
    uint8_t target_asks;                            /* in a SYN without ACK */
    uint8_t tester_shift, target_shift;
    uint8_t version;
    uint32_t syn[TRACK_SYNS_MAX]; /* sequence numbers of the SYNs the tester sent last, newest first */
    unsigned syn_count;
    struct tcpr_range held[TRACK_HELD_MAX]; /* sent out of order, inside the window */
    unsigned held_count;
};

/* The tester sent a segment whose octets are right: checksum, lengths. */
void track_sent(struct track *t, const struct tcpr_segment *seg);
/* The target's segment reached the tester. */
void track_observed(struct track *t, const struct tcpr_segment *seg);
/* A step consumed it. */
void track_consumed(struct track *t, const struct tcpr_segment *seg);

/* True while the target owes an acknowledgment of something acceptable. */
bool track_behind(const struct track *t);

/* Options both SYNs carried. */
bool track_negotiated(const struct track *t, enum tcpr_option_bit option);

/* The advertised window of a segment of the target, in octets. */
uint32_t track_window(const struct track *t, const struct tcpr_segment *seg);

/* What SendMSS is to the target: what the tester offered, or the default (MUST-15). */
uint32_t track_send_mss(const struct track *t);

/* The value of a built-in name. @return false with *why. */
bool track_name(const struct track *t, enum spec_name name, struct value *out, const char **why);

#endif
