/**
 * tcprove/effects.h - what one input did to a connection.
 *
 * Every input fills one of these afresh; nothing is queued inside the connection.
 */
#ifndef TCPROVE_EFFECTS_H
#define TCPROVE_EFFECTS_H

#include "tcprove/rule.h"
#include "tcprove/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of tcpr_effects.events: what the application is to learn. */
enum tcpr_event {
    TCPR_EVENT_CONNECTED = 0x0001,     /* entered ESTABLISHED */
    TCPR_EVENT_READABLE = 0x0002,      /* `readable` octets more may be read */
    TCPR_EVENT_WRITABLE = 0x0004,      /* `released` octets of the send buffer are free */
    TCPR_EVENT_PEER_CLOSED = 0x0008,   /* "connection closing": the peer's FIN has been reached */
    TCPR_EVENT_CLOSE_OK = 0x0010,      /* our FIN is acknowledged: the user's CLOSE is answered "ok" */
    TCPR_EVENT_RESET = 0x0020,         /* "connection reset" */
    TCPR_EVENT_REFUSED = 0x0040,       /* "connection refused" */
    TCPR_EVENT_TIMED_OUT = 0x0080,     /* "connection aborted due to user timeout", R2, or keep-alive */
    TCPR_EVENT_URGENT = 0x0100,        /* urgent data began, or its end moved on (MUST-32) */
    TCPR_EVENT_SOFT_ERROR = 0x0200,    /* an ICMP error that aborts nothing (SHLD-25) */
    TCPR_EVENT_HARD_ERROR = 0x0400,    /* an ICMP error that aborted (SHLD-26) */
    TCPR_EVENT_TROUBLE = 0x0800,       /* R1 reached: tell the user, advise IP about the path (MUST-20, SHLD-9) */
    TCPR_EVENT_CLOSED = 0x1000,        /* entered CLOSED: the TCB is deleted */
    TCPR_EVENT_LISTENING = 0x2000,     /* fell back to LISTEN; the user need not be told */
    TCPR_EVENT_PUSHED = 0x4000,        /* text with PSH was released (MAY-17) */
    TCPR_EVENT_USER_TIMEOUT = 0x10000, /* the peer named another user timeout (RFC5482-3.1-2); STATUS has it */
    TCPR_EVENT_FAST_OPENED = 0x100000, /* SYN-RECEIVED by a good cookie: the application may read and send already */
    TCPR_EVENT_COOKIE = 0x200000,      /* the SYN,ACK just given carries a cookie, which replaces what is cached for the
                                          peer (RFC7413-4.2.2-7) */
    TCPR_EVENT_FAST_OPEN_FAILED = 0x400000 /* no text on SYNs to this peer for a while (RFC7413-4.1.3.1-1) */
};

/** What a decision did with the input. */
enum tcpr_act {
    TCPR_ACT_DROPPED = 1,      /* nothing further was done with the segment or message */
    TCPR_ACT_RESET_SENT = 2,   /* `reply` is an RST */
    TCPR_ACT_ACK_SENT = 3,     /* `reply` is an ACK that the segment called for */
    TCPR_ACT_CHALLENGED = 4,   /* `reply` is a challenge ACK */
    TCPR_ACT_THROTTLED = 5,    /* a challenge ACK was due and withheld */
    TCPR_ACT_MOVED = 6,        /* the state changed; see from, to */
    TCPR_ACT_HELD = 7,         /* text or FIN was kept for later */
    TCPR_ACT_RETRANSMITS = 8,  /* a retransmission is now owed */
    TCPR_ACT_PROBES = 9,       /* a zero-window or keep-alive probe is now owed */
    TCPR_ACT_IGNORED = 10,     /* part of the segment was passed over, the rest processed */
    TCPR_ACT_COOKIE_SENT = 11, /* `reply` is a SYN,ACK of which nothing is remembered here; a host does that */
    TCPR_ACT_DEGRADED = 12,    /* the connection's tail is full: what does not fit is done without */
    TCPR_ACT_UNDONE = 13,      /* a timeout or a loss proved to be none */
    TCPR_ACT_REDUCED = 14      /* the congestion window shrank, though nothing was lost */
};

struct tcpr_decision {
    uint8_t act;  /* enum tcpr_act */
    uint8_t from; /* enum tcpr_state before; the state itself for acts other than MOVED */
    uint8_t to;   /* enum tcpr_state after */
    uint8_t reserved_zero;
    uint32_t rule; /* enum tcpr_rule: why */
};

/** Decisions one input can make, counted over the longest path through the engine; asserted, never silently cut. */
#define TCPR_DECISIONS_MAX 9

/**
 * Where the text of an arriving segment belongs. Final: trimmed to the window, after all checks. The caller copies
 * octets [text_at, text_at + len) of the segment's text to stream offset stream_at before the next call.
 */
struct tcpr_place {
    uint64_t stream_at; /* offset in the stream from the peer; 0 is the octet after its SYN */
    uint32_t text_at;   /* offset in the segment's text */
    uint32_t len;       /* octets; 0: nothing to copy */
};

struct tcpr_effects {
    uint32_t events;    /* TCPR_EVENT_... */
    uint32_t decisions; /* how many of `decision` are set, in the order made */
    uint32_t readable;  /* octets that this input released to the application */
    uint32_t released;  /* octets of sent text that this input acknowledged: the caller may free them */
    struct tcpr_place place;
    struct tcpr_decision decision[TCPR_DECISIONS_MAX];
    bool stream_reset; /* fell back to LISTEN: whatever was placed is void */
    bool has_reply;    /* `reply` is to be sent, before any segment pulled later */
    uint8_t reserved_zero[6];
    struct tcpr_segment reply; /* the one segment that answers this input; without text, unless it is the SYN of a fast
                                  OPEN. Meaningless unless has_reply */
};

/** An act in words: "challenged". */
const char *tcpr_act_text(enum tcpr_act act);

#ifdef __cplusplus
}
#endif
#endif
