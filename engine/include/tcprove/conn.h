/**
 * tcprove/conn.h - one connection: its state, and every event RFC 9293 section 3.10 knows.
 *
 *      user calls ----\                       /---> effects (transitions, events, place, reply), returned at once
 *      segments  ------>  struct tcpr_conn --<
 *      time, ICMP ----/                       \---> tcpr_next_segment, pulled until false
 *
 * A connection is one plain struct that the caller owns: no pointer in it, no padding, no allocation, clock,
 * randomness, I/O or callback behind it. memcpy takes a snapshot and memcmp tells whether anything changed.
 *
 * Right behind the struct, in the same block, may stand a tail of a size the caller chooses: what SACK reports of our
 * text. Without it, or when it is full, the engine does with less (RFC 6582 instead of RFC 6675) and says so. Work per
 * segment is bounded by the tail's size, whatever a peer sends.
 *
 * The engine handles sequence space, not octets: it says which stretch of the stream belongs in a segment and where
 * arriving octets go (place); tcprove/ring.h copies for who wants it.
 *
 * Every call takes `now`, which must not be before any `now` given earlier, fills `*fx` afresh, and keeps the
 * connection's invariants. A broken precondition is an assertion (base.h), never an error.
 *
 * Output comes in two kinds, so that duplicate ACKs are exact. `fx->reply` answers the one segment or call just
 * given: RST, challenge ACK, the ACK of an unacceptable segment, the immediate duplicate ACK (RFC 5681 section 4.2).
 * tcpr_next_segment is derived from state alone: SYN, text, FIN, retransmissions, probes, the cumulative ACK, window
 * updates; there MUST-58 and MUST-59 hold by construction. Whoever feeds a batch sends the kept replies in order, then
 * pulls.
 */
#ifndef TCPROVE_CONN_H
#define TCPROVE_CONN_H

#include "tcprove/config.h"
#include "tcprove/control.h"
#include "tcprove/effects.h"
#include "tcprove/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The most ranges a scoreboard can have room for. */
#define TCPR_SACKED_MAX 255

/** Islands of text beyond RCV.NXT that a connection can hold (SHLD-31). */
#define TCPR_HELD_MAX 8

/** The timers; each is a deadline in tcpr_conn.timer, TCPR_NEVER when it does not run. They fire in this order. */
enum tcpr_timer {
    TCPR_TIMER_TIME_WAIT = 0,   /* 2 MSL (RFC 9293 section 3.10.8) */
    TCPR_TIMER_USER = 1,        /* OPEN's user timeout */
    TCPR_TIMER_LOSS = 2,        /* RFC 8985: reordering, or the tail loss probe */
    TCPR_TIMER_RETRANSMIT = 3,  /* RFC 6298 */
    TCPR_TIMER_PERSIST = 4,     /* zero-window probes (RFC 9293 section 3.8.6.1) */
    TCPR_TIMER_OVERRIDE = 5,    /* sender's silly window override (RFC 9293 section 3.8.6.2.1) */
    TCPR_TIMER_DELAYED_ACK = 6, /* MUST-40 */
    TCPR_TIMER_KEEPALIVE = 7    /* RFC 9293 section 3.8.4 */
};
#define TCPR_TIMERS 8

/** Bits of tcpr_conn.flags. */
enum tcpr_flag {
    TCPR_FLAG_PASSIVE = 0x00000001,       /* came from LISTEN (MUST-11) */
    TCPR_FLAG_REMOTE_GIVEN = 0x00000002,  /* the passive OPEN named its peer, so SEND may make it active */
    TCPR_FLAG_FIN_QUEUED = 0x00000004,    /* CLOSE was called: a FIN follows the last octet */
    TCPR_FLAG_FIN_HELD = 0x00000008,      /* the peer's FIN is known at rcv.fin_seq, not yet reached */
    TCPR_FLAG_FIN_REACHED = 0x00000010,   /* RCV.NXT is beyond the peer's FIN */
    TCPR_FLAG_RELEASED = 0x00000020,      /* the application reads no more (tcpr_release) */
    TCPR_FLAG_ACK_NOW = 0x00000040,       /* an ACK is owed and goes out at the next pull */
    TCPR_FLAG_SYN_NOW = 0x00000080,       /* the SYN or SYN,ACK is owed and was never sent */
    TCPR_FLAG_PROBE_NOW = 0x00000100,     /* a zero-window probe is owed */
    TCPR_FLAG_KEEPALIVE_NOW = 0x00000200, /* a keep-alive probe is owed */
    TCPR_FLAG_OVERRIDE_NOW = 0x00000400,  /* the override timer fired: small segments may go */
    TCPR_FLAG_URGENT_SENT = 0x00000800,   /* snd.up is valid and beyond snd.una */
    TCPR_FLAG_URGENT_TOLD = 0x00001000,   /* rcv.up is valid: the application is in urgent mode */
    TCPR_FLAG_NODELAY = 0x00002000,       /* Nagle is off for this connection (MUST-17) */
    TCPR_FLAG_KEEPALIVE = 0x00004000,     /* keep-alives are on (MUST-24) */
    TCPR_FLAG_WINDOW_SCALE = 0x00008000,  /* both SYNs carried the option */
    TCPR_FLAG_TIMESTAMPS = 0x00010000,    /* Snd.TS.OK */
    TCPR_FLAG_SACK = 0x00020000,          /* the peer's SYN permitted SACK and ours did */
    TCPR_FLAG_RTT_TIMED = 0x00040000,     /* rtt.timed_seq is being timed */
    TCPR_FLAG_RTT_AMBIGUOUS = 0x00080000, /* ... and was retransmitted since (Karn, MUST-18) */
    TCPR_FLAG_RTT_KNOWN = 0x00100000,     /* srtt_us, rttvar_us hold a measurement */
    TCPR_FLAG_RECOVERY = 0x00200000,      /* fast recovery (RFC 5681 section 3.2) */
    TCPR_FLAG_SYN_LOST = 0x00400000,      /* our SYN timed out (RFC5681-3.1-6, RFC6298-5-4) */
    TCPR_FLAG_REOPENED = 0x00800000,      /* came from TIME-WAIT by MAY-2; reopened.* are valid */
    TCPR_FLAG_TROUBLE_TOLD = 0x01000000,  /* R1 was reported for the loss at hand */
    TCPR_FLAG_TS_RECENT = 0x02000000,     /* ts.recent is valid */
    TCPR_FLAG_TIMEOUT_GIVEN = 0x04000000, /* OPEN or tcpr_set named a user timeout */
    TCPR_FLAG_TIMEOUT_DOUBTED =
        0x08000000, /* the first ACK after a timeout will tell whether it was spurious (RFC 3522) */
    TCPR_FLAG_TIMEOUT_KEPT = 0x10000000, /* CHANGEABLE of RFC 5482 is false: the peer does not change it */
    TCPR_FLAG_TIMEOUT_NOW = 0x40000000,  /* the next segment tells of our user timeout (RFC5482-3-4) */
    TCPR_FLAG_FAST_OPEN = 0x20000000     /* RFC 7413, until our SYN is acknowledged: it had the option, or the peer's
                                            cookie was good */
};

/** Bits of tcpr_conn.loss: how lost text is found and mended. */
enum tcpr_loss {
    TCPR_LOSS_SCOREBOARD = 0x01,      /* SACK was negotiated and there is a tail: RFC 6675 */
    TCPR_LOSS_SCOREBOARD_FULL = 0x02, /* a report found no room since SND.UNA last met SND.NXT */
    TCPR_LOSS_RESCUED = 0x04,         /* this recovery has had its rescue retransmission (RFC6675-4-8) */
    TCPR_LOSS_FRTO_FIRST = 0x08,      /* F-RTO waits for the first ACK after a timeout (RFC 5682 section 2.1, step 2) */
    TCPR_LOSS_RACK = 0x20,            /* there are records too: RFC 8985 */
    TCPR_LOSS_RECORDS_FULL = 0x40,    /* ... but too few, so until SND.UNA meets SND.NXT it is RFC 6675 */
    TCPR_LOSS_RECORDS_TOLD = 0x80,    /* ... which a decision has said */
    TCPR_LOSS_FRTO_SECOND = 0x10      /* ... for the second, and two new segments may go (step 3) */
};

/** Bits of tcpr_conn.ecn (RFC 3168). */
enum tcpr_ecn {
    TCPR_ECN_OFFERED = 0x01,   /* our SYN or SYN,ACK was an ECN-setup one */
    TCPR_ECN_WITHDRAWN = 0x02, /* ... and a later SYN was not: no ECT on our text (RFC3168-6.1.1-3) */
    TCPR_ECN_AGREED = 0x04,    /* ... and so was the peer's: marks are echoed */
    TCPR_ECN_ECHO = 0x08,      /* a mark came: what acknowledges bears ECE until CWR comes */
    TCPR_ECN_FRESH = 0x10,     /* ... and no ACK told of it yet */
    TCPR_ECN_REDUCED = 0x20,   /* an ECE has reduced the window, and cc.recover is not yet passed */
    TCPR_ECN_CWR = 0x40,       /* the next new text bears CWR */
    TCPR_ECN_HELD_BACK = 0x80  /* nothing new until the retransmission timer expires (RFC3168-6.1.2-3) */
};

/** Bits of tcpr_conn.accurate (RFC 9768). In that mode ECHO, FRESH and CWR above are never set. */
enum tcpr_accurate {
    TCPR_ACCURATE_ON = 0x01,         /* both SYNs agreed on it: AE, CWR and ECE are the counter ACE */
    TCPR_ACCURATE_REFLECT = 0x02,    /* the next ACK says how the SYN,ACK arrived, instead */
    TCPR_ACCURATE_CE_LAST = 0x04,    /* the last segment came marked */
    TCPR_ACCURATE_ACK_OF_ACK = 0x08, /* the ACK that is owed answers ACKs alone: no SACK (RFC9768-3.2.2.5.1-9) */
    TCPR_ACCURATE_FIELD = 0x30,      /* the IP-ECN field of the peer's latest SYN or SYN,ACK */
    TCPR_ACCURATE_PENDING = 0xC0     /* marks that no ACK has told of, 3 for more */
};
#define TCPR_ACCURATE_FIELD_AT 4u
#define TCPR_ACCURATE_PENDING_AT 6u

/** Bits of tcpr_congestion_vars.ace: r.cep and s.cep, as much of them as ACE shows. */
#define TCPR_ACE_RECEIVED_AT 0u /* r.cep: marked segments received */
#define TCPR_ACE_HEARD_AT 4u    /* s.cep: marked segments the peer has told of */
#define TCPR_ACE_UNHEARD 0x80u  /* no ACE of the peer has come yet */

/* No padding from here to the end of struct tcpr_conn: memcmp must be equality. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/** Send sequence variables (RFC 9293 section 3.3.1). Text octet n of our stream has sequence number iss + 1 + n. */
struct tcpr_send_vars {
    uint32_t una;     /* SND.UNA */
    uint32_t nxt;     /* SND.NXT: never moves back */
    uint32_t wnd;     /* SND.WND, octets from SND.UNA, scaled */
    uint32_t up;      /* SND.UP: sequence number after the last urgent octet */
    uint32_t wl1;     /* SND.WL1 */
    uint32_t wl2;     /* SND.WL2 */
    uint32_t iss;     /* ISS */
    uint32_t max_wnd; /* MAX.SND.WND (RFC 5961 section 5.2) */
    uint32_t rxt_nxt; /* next sequence number to retransmit; equals rxt_end when nothing is owed again */
    uint32_t rxt_end; /* where retransmission ends */
    uint32_t mss;     /* the most octets of text and options a segment may carry (MUST-16) */
    uint32_t isn_key; /* F() of RFC 6528 for this connection */
    uint64_t una_at;  /* stream offset of the first octet of text not acknowledged */
    uint64_t end_at;  /* stream offset after the last octet of SEND */
};

/** Receive sequence variables. */
struct tcpr_receive_vars {
    uint32_t nxt;                /* RCV.NXT */
    uint32_t edge;               /* RCV.NXT+RCV.WND: the highest right edge ever advertised */
    uint32_t up;                 /* RCV.UP: sequence number after the last urgent octet */
    uint32_t irs;                /* IRS */
    uint32_t fin_seq;            /* the peer's FIN, where FLAG_FIN_HELD */
    uint32_t buffer;             /* octets we may hold for the application */
    uint32_t unacked;            /* octets of new text since the last ACK we sent (SHLD-19) */
    uint32_t last_ack_sent;      /* Last.ACK.sent (RFC 7323 section 4.3) */
    struct tcpr_range duplicate; /* text that came again, for the next ACK to report (RFC 2883); empty: none */
    uint64_t nxt_at;             /* stream offset of RCV.NXT: octets received in order */
    uint64_t read_at;            /* stream offset the application has read to */
};

/** Timestamps (RFC 7323). */
struct tcpr_timestamp_vars {
    tcpr_time recent_at; /* when ts.recent was set, for its 24 days (RFC7323-5.5-n1) */
    uint32_t recent;     /* TS.Recent */
    uint32_t offset;     /* our clock's random offset (RFC7323-7-1) */
};

/** Round-trip time (RFC 6298). */
struct tcpr_rtt_vars {
    tcpr_time timed_at; /* when timed_seq was sent */
    tcpr_time rto_us;   /* RTO, with its backoff */
    uint32_t timed_seq; /* acknowledged beyond this: a sample */
    uint32_t srtt_us;   /* SRTT */
    uint32_t rttvar_us; /* RTTVAR */
    uint32_t backoff;   /* timeouts since progress */
};

/** Bits of tcpr_record.flags. */
enum tcpr_record_flag {
    TCPR_RECORD_SACKED = 1, /* the peer reports all of it */
    TCPR_RECORD_LOST = 2,   /* it is to go again */
    TCPR_RECORD_AGAIN = 4   /* it went more than once */
};

/** A segment that was sent (RFC 8985 section 5.2), in the tail. It begins where the one before it ends. */
struct tcpr_record {
    tcpr_time sent_at; /* Segment.xmit_ts: last */
    uint32_t end;
    uint32_t flags; /* TCPR_RECORD_... */
};

/** Bits of tcpr_rack_vars.flags. */
enum tcpr_rack_flag {
    TCPR_RACK_REORDERED = 1,     /* RACK.reordering_seen */
    TCPR_RACK_WAITS = 2,         /* the loss timer is the reordering timer */
    TCPR_RACK_SAMPLED = 4,       /* a round trip was measured since the last probe */
    TCPR_RACK_PROBE_NOW = 8,     /* a probe is owed */
    TCPR_RACK_PROBED = 16,       /* TLP.end_seq is valid: a probe is on its way */
    TCPR_RACK_PROBED_AGAIN = 32, /* TLP.is_retrans */
    TCPR_RACK_LOST_AGAIN = 64    /* a retransmission was found lost */
};

/** RACK-TLP's variables (RFC 8985 sections 5.3 and 7), in the tail before the records. */
struct tcpr_rack_vars {
    tcpr_time xmit_at;   /* RACK.xmit_ts: of what was sent last of all that arrived ... */
    uint32_t end_seq;    /* RACK.end_seq: ... and where it ends */
    uint32_t rtt_us;     /* RACK.rtt: ... and how long it took */
    uint32_t min_rtt_us; /* RACK.min_RTT */
    uint32_t min_rtt_at; /* when that was, in units of 2^20 us */
    uint32_t fack;       /* RACK.fack: the highest number that arrived */
    uint32_t round_end;  /* RACK.dsack_round */
    uint32_t probe_end;  /* TLP.end_seq */
    uint32_t lost;       /* octets marked lost that wait to go again */
    uint8_t widened;     /* RACK.reo_wnd_mult - 1 */
    uint8_t persists;    /* RACK.reo_wnd_persist */
    uint8_t flags;       /* TCPR_RACK_... */
    uint8_t reserved_zero[5];
};

/** Bits of tcpr_congestion_vars.flags. */
enum tcpr_congestion_flag {
    TCPR_CONGESTION_DSACK_SEEN = 0x01, /* the peer reports what it has twice (RFC 2883) */
    TCPR_CONGESTION_ADAPTS = 0x02,   /* a timeout was spurious: the next round trip makes RTO more careful (RFC 4015) */
    TCPR_CONGESTION_MEASURED = 0x04, /* cc.pipe is valid (RFC 7661) */
    TCPR_CONGESTION_UNPROVED = 0x08  /* the non-validated phase (RFC 7661), or in recovery: the loss was in it */
};

/** Congestion control (RFC 5681). */
struct tcpr_congestion_vars {
    uint32_t cwnd;     /* octets */
    uint32_t ssthresh; /* octets */
    uint32_t recover;  /* SND.NXT when loss (RFC 6582) or a mark was last noticed; never far behind SND.UNA */
    uint32_t dup_acks; /* in a row */
    uint32_t filled;   /* SND.NXT when the window was last full: what is acknowledged beyond it validates nothing */
    union {            /* by `controller`; reset whole */
        struct tcpr_hystart_vars hystart; /* until SSTHRESH is first set */
        struct tcpr_reno_vars reno;
        struct tcpr_cubic_vars cubic;
    } of;
    union {
        struct tcpr_prr_vars prr;   /* in recovery */
        struct tcpr_undo_vars undo; /* while a timeout is in doubt */
        struct tcpr_pipe_vars pipe; /* where CONGESTION_MEASURED */
    };
    union {                   /* where CONGESTION_UNPROVED */
        uint32_t unproved_at; /* since when, in ticks of 1024 us */
        uint32_t repaired;    /* in recovery: octets that went again */
    };
    uint8_t controller; /* enum tcpr_controller */
    uint8_t flags;      /* TCPR_CONGESTION_... */
    uint8_t ace;        /* TCPR_ACE_... (RFC 9768) */
    uint8_t reserved_zero;
};

/** What is known of the path's MTU (RFC 1191, RFC 8201, RFC 5927 section 7.2), as segment sizes like snd.mss. */
struct tcpr_path_vars {
    uint32_t claimed_seq; /* the segment that claimed_mss is about */
    uint16_t claimed_mss; /* said to be all that fits, and not believed yet; 0: none */
    uint16_t proved_mss;  /* a segment so large was acknowledged */
    uint16_t most_mss;    /* what snd.mss began with, and may be again */
    uint16_t raise_at;    /* when, in units of 2^26 us; 0: it has not been lowered */
};

/** One connection. At most 512 octets, and its tail. What is asked most comes first, where small machines reach it by
 * short instructions. In CLOSED the numbers of the last life stand until the next OPEN, for who wants to look; of them
 * no call but RECEIVE, which gives what was left unread, makes any use. */
struct tcpr_conn {
    uint32_t flags;       /* TCPR_FLAG_... */
    uint8_t state;        /* enum tcpr_state; written by enter() alone */
    uint8_t loss;         /* TCPR_LOSS_... */
    uint8_t ecn;          /* TCPR_ECN_... */
    uint8_t version;      /* 4 or 6; 0 in LISTEN for any */
    uint8_t snd_shift;    /* Snd.Wind.Shift, 0 to 14 */
    uint8_t rcv_shift;    /* Rcv.Wind.Shift, 0 to 14 */
    uint8_t held_count;   /* islands in `held` */
    uint8_t sacked_count; /* ranges in the tail's scoreboard */
    uint8_t sacked_room;  /* ... and how many it can hold; 0: no scoreboard */
    uint8_t accurate;     /* TCPR_ACCURATE_... */
    uint16_t record_room; /* how many records the tail can hold; 0: no RACK */
    uint16_t record_count;
    uint16_t record_first; /* where in the ring the first stands */
    uint16_t local_port;
    uint16_t remote_port; /* 0 in LISTEN for any */
    struct tcpr_send_vars snd;
    struct tcpr_receive_vars rcv;
    struct tcpr_congestion_vars cc;
    struct tcpr_timestamp_vars ts;
    struct tcpr_rtt_vars rtt;
    tcpr_time timer[TCPR_TIMERS];    /* by enum tcpr_timer */
    tcpr_time latest;                /* the latest `now` seen */
    tcpr_time heard_at;              /* when an acceptable segment last arrived (keep-alive, MUST-26) */
    tcpr_time sent_at;               /* when a segment with sequence space was last sent (RFC5681-4.1-1) */
    tcpr_time progress_at;           /* since when what is outstanding waits (R2, user timeout) */
    tcpr_time user_timeout_us;       /* 0: none */
    tcpr_time r2_us;                 /* MUST-21 */
    tcpr_time keepalive_idle_us;     /* MUST-27 */
    tcpr_time keepalive_interval_us; /* between unanswered probes */
    tcpr_time challenge_since;       /* start of the interval challenges are counted in */
    struct {                         /* what TIME-WAIT held, should the SYN that reopened it be an old duplicate */
        uint32_t snd_nxt;
        uint32_t rcv_nxt;
    } reopened;
    uint32_t challenges; /* sent in that interval */
    uint32_t probes;     /* unanswered keep-alive probes */
    uint16_t adv_uto;    /* ADV_UTO of RFC 5482, as the option has it; 0: nothing is advertised */
    uint16_t remote_uto; /* REMOTE_UTO, as the option had it; 0: none came */
    struct tcpr_path_vars path;
    struct tcpr_range held[TCPR_HELD_MAX]; /* text beyond RCV.NXT, most recent first; disjoint, not adjacent; unused
                                              entries are zero */
};

#pragma GCC diagnostic pop

TCPR_STATIC_ASSERT(sizeof(struct tcpr_conn) <= 512, "a connection is at most 512 octets");

/** What an active OPEN by RFC 7413 says. The cache of cookies is the caller's, by the peer's address. */
struct tcpr_fast_open {
    uint8_t cookie[TCPR_COOKIE_MAX]; /* as the peer gave it */
    uint8_t cookie_len;              /* even, 4 to 16; 0: ask for one, and the text waits (RFC7413-4.2.1-1) */
    bool wanted;                     /* else the rest means nothing */
    uint16_t mss;                    /* the peer's, as it came with the cookie; 0: not known (RFC7413-4.1.3-n1) */
};

/** What OPEN says (RFC 9293 section 3.9.1.1). Whether the process may is the caller's to judge. */
struct tcpr_open {
    struct tcpr_ip ip; /* active: source is the local, destination the remote address. Passive: only what is given;
                          version 0 for any */
    uint16_t local_port;
    uint16_t remote_port;      /* 0: remote socket unspecified */
    uint32_t receive_buffer;   /* octets; 0: the config's */
    tcpr_time user_timeout_us; /* 0: the config's */
    uint32_t text_len;         /* active: a SEND of so many octets goes with it, at stream offset 0 */
    uint32_t iss;              /* active, where iss_given: the ISS to use, for a reproduction. RFC 6528's is better */
    bool iss_given;
    struct tcpr_fast_open fast_open; /* active, where the config has TCPR_FEATURE_FAST_OPEN */
};

/** An ICMP or ICMPv6 error whose quotation names this connection (RFC 9293 section 3.9.2.2). */
struct tcpr_icmp {
    uint32_t quoted_seq; /* SEG.SEQ of the quoted segment */
    uint32_t mtu;        /* next-hop MTU of "fragmentation needed" or "packet too big", else 0 */
    uint16_t quoted_len; /* octets of the quoted datagram, by its own header; 0: not known */
    uint8_t version;     /* 4 or 6 */
    uint8_t type;
    uint8_t code;
};

/** Settings the application may change on its connection. */
enum tcpr_setting {
    TCPR_SET_NODELAY = 1,            /* 0 or 1 (MUST-17) */
    TCPR_SET_KEEPALIVE = 2,          /* 0 or 1 (MUST-24) */
    TCPR_SET_KEEPALIVE_IDLE = 3,     /* microseconds (MUST-27) */
    TCPR_SET_KEEPALIVE_INTERVAL = 4, /* microseconds */
    TCPR_SET_USER_TIMEOUT = 5,       /* microseconds; 0: none. Also advertised, and no more changed by the peer */
    TCPR_SET_R2 = 6,                 /* microseconds; TCPR_NEVER: no limit (MUST-21) */
    TCPR_SET_ADVERTISED_TIMEOUT = 7, /* microseconds, ADV_UTO of RFC 5482; 0: the option is not sent */
    TCPR_SET_CHANGEABLE_TIMEOUT = 8, /* 0 or 1: may the peer's option change the user timeout? */
    TCPR_SET_CONTROLLER = 9          /* enum tcpr_controller; until then the config's. Not in LISTEN */
};

/** What STATUS tells (RFC 9293 section 3.9.1.6), derived; nothing here is stored twice. */
struct tcpr_report {
    enum tcpr_state state;
    uint32_t send_window;            /* SND.WND */
    uint32_t receive_window;         /* RCV.WND */
    uint64_t awaiting_ack;           /* octets of text given and not acknowledged */
    uint64_t awaiting_receipt;       /* octets of text received in order and not read */
    uint64_t urgent_left;            /* octets up to the urgent pointer not read yet (MUST-33) */
    tcpr_time user_timeout_us;       /* OPEN's or tcpr_set's; what is in force, tcpr_user_timeout() tells */
    tcpr_time advertised_timeout_us; /* ADV_UTO of RFC 5482; 0: none */
    tcpr_time remote_timeout_us;     /* REMOTE_UTO; 0: none */
};

/** Make `*c` a connection in CLOSED, without a tail: whatever it was is forgotten. */
void tcpr_conn_init(struct tcpr_conn *c);

/**
 * Octets of a connection with a tail for `ranges` of SACKed text (8 octets each) and `records` of segments sent (16
 * each, and 48 where there are any), as a constant expression. The tail's layout: ranges, struct tcpr_rack_vars,
 * records.
 */
#define TCPR_CONN_SIZE(ranges, records)                                        \
    (sizeof(struct tcpr_conn) + (size_t)(ranges) * sizeof(struct tcpr_range) + \
     ((records) != 0 ? sizeof(struct tcpr_rack_vars) : (size_t)0) + (size_t)(records) * sizeof(struct tcpr_record))

/**
 * As tcpr_conn_init, for a block of TCPR_CONN_SIZE(ranges, records) octets that begins at `c`. Four ranges serve most
 * losses; a record is needed for each segment of the largest window. Whatever copies or compares the connection does so
 * with the whole block, tcpr_conn_size octets.
 */
void tcpr_conn_init_with_tail(struct tcpr_conn *c, uint8_t ranges, uint16_t records);

/** Octets of `*c` with its tail. */
size_t tcpr_conn_size(const struct tcpr_conn *c);

/** @name User calls (RFC 9293 sections 3.10.1 to 3.10.6). An error leaves `*c` unchanged but for `latest`. @{ */

/** Passive OPEN. @return OK (CLOSED only), ALREADY_EXISTS (MUST-41), REMOTE_INVALID. */
enum tcpr_status tcpr_open_passive(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                                   const struct tcpr_open *open, struct tcpr_effects *fx);

/**
 * Active OPEN, from CLOSED or LISTEN. The SYN is pulled with tcpr_next_segment; that of a fast OPEN is `fx->reply` at
 * once, with its first `reply.text_len` octets of text, and goes again without option and text (RFC7413-4.2.2-2).
 *
 * Whoever keeps cookies learns by the events: COOKIE with the SYN,ACK that has one; FAST_OPEN_FAILED where the text was
 * not taken and no new cookie came, or nothing came at all. CONNECTED without COOKIE, when one was asked for: the peer
 * has none to give. A SYN is duplicated as easily as any segment, and its text with it: only an application that bears
 * its request twice may ask for this (RFC7413-6.1-1).
 *
 * @return OK, REMOTE_UNSPECIFIED, REMOTE_INVALID (MUST-46), ALREADY_EXISTS, INSUFFICIENT_RESOURCES (`text_len`).
 */
enum tcpr_status tcpr_open_active(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                                  const struct tcpr_open *open, struct tcpr_effects *fx);

/**
 * SEND: `octets` more are in the caller's buffer at stream offset snd.end_at, and stay there until `released`.
 *
 * @param urgent  The last of them is the last urgent octet (MUST-30, MUST-31).
 * @return OK, INSUFFICIENT_RESOURCES (send buffer full; nothing is taken), DOES_NOT_EXIST, CLOSING_ERROR,
 *         REMOTE_UNSPECIFIED (LISTEN without a peer).
 */
enum tcpr_status tcpr_send(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, uint32_t octets,
                           bool urgent, struct tcpr_effects *fx);

/**
 * RECEIVE: the application takes up to `octets` of what is readable; the window may open.
 *
 * @param taken  Set to how many it got; 0 with OK: nothing yet, ask again when READABLE.
 * @return OK, DOES_NOT_EXIST, CLOSING_ERROR (the peer closed and all is read).
 */
enum tcpr_status tcpr_receive(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, uint32_t octets,
                              uint32_t *taken, struct tcpr_effects *fx);

/** CLOSE: no more to send; reading goes on (a half-close). @return OK, DOES_NOT_EXIST, CLOSING_ERROR. */
enum tcpr_status tcpr_close(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                            struct tcpr_effects *fx);

/**
 * The application will neither send nor read: CLOSE where it was not called, and RST where text is unread or arrives
 * later (SHLD-3). @return OK, DOES_NOT_EXIST.
 */
enum tcpr_status tcpr_release(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                              struct tcpr_effects *fx);

/** ABORT. @return OK, DOES_NOT_EXIST. */
enum tcpr_status tcpr_abort(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                            struct tcpr_effects *fx);

/** STATUS. @return OK; DOES_NOT_EXIST in CLOSED, with only `state` set. */
enum tcpr_status tcpr_status_of(const struct tcpr_conn *c, struct tcpr_report *report);

/** The user timeout in force: the application's, or what the option brought it to (RFC 5482 section 3.1). 0: none. */
tcpr_time tcpr_user_timeout(const struct tcpr_conn *c, const struct tcpr_config *config);

/** Change a setting. Allowed in every state; in LISTEN it is inherited. A value out of range is an assertion. */
void tcpr_set(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, enum tcpr_setting setting,
              uint64_t value);
/** @} */

/** @name Events from below (RFC 9293 sections 3.10.7, 3.9.2.2 and 3.10.8). @{ */

/**
 * SEGMENT ARRIVES. The segment is for this connection: ports and addresses were matched by the caller. CLOSED is
 * allowed and answers as tcpr_closed_reply does.
 */
void tcpr_segment_arrives(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                          const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_effects *fx);

/**
 * As tcpr_segment_arrives, for a SYN whose cookie the caller has found to be its own (RFC7413-4.1.2-1). In LISTEN, with
 * TCPR_FEATURE_FAST_OPEN, its text is readable at once and the SYN,ACK acknowledges it; text may be sent up to the
 * initial window before the handshake ends. That connection does not go back to LISTEN: a reset is told. The caller
 * bounds how many there are at a time (RFC7413-4.2-3). To give a cookie, put it into the options of the SYN,ACK when
 * that is pulled for the first time.
 */
void tcpr_fast_open_arrives(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                            const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_effects *fx);

/** An ICMP error that quotes a segment of this connection. */
void tcpr_icmp_arrives(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                       const struct tcpr_icmp *icmp, struct tcpr_effects *fx);

/** Time has come to `now`: fires every timer due, in the order of enum tcpr_timer. It alone fires timers. */
void tcpr_time_passes(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, struct tcpr_effects *fx);

/** When time_passes next has something to do; TCPR_NEVER when no timer runs. */
tcpr_time tcpr_next_deadline(const struct tcpr_conn *c);
/** @} */

/**
 * Take the next segment this connection owes the network.
 *
 * Call until it returns false. Order: SYN, retransmission, zero-window probe, new text and FIN, keep-alive, ACK or
 * window update (RFC 9293 section 3.10.7.4: MUST-58, MUST-59). Handed over means sent: timers and the advertised edge
 * are set then.
 *
 * @return true: `*out` is one segment; its text is text_len octets from stream offset text_at.
 *         false: nothing is owed; `*c` is unchanged to the octet.
 */
bool tcpr_next_segment(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now, struct tcpr_segment *out);

/**
 * What RFC 9293 section 3.10.7.1 answers where there is no connection.
 * @return false: nothing (the segment was an RST).
 */
bool tcpr_closed_reply(const struct tcpr_segment *seg, struct tcpr_segment *out);

/** RFC 6528: F(local, remote, secret), the part of the ISN that depends on the connection. */
uint32_t tcpr_isn_key(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                      uint16_t remote_port);

/** RFC 6528: the ISN at `now`: M + F, M ticking once in 4 microseconds (MUST-8). */
uint32_t tcpr_isn(uint32_t isn_key, tcpr_time now);

/** What a SYN's Fast Open option is worth (RFC 7413 section 4.1.2). */
enum tcpr_cookie {
    TCPR_COOKIE_NONE = 0,   /* there is no option */
    TCPR_COOKIE_WANTED = 1, /* one is asked for */
    TCPR_COOKIE_BAD = 2,    /* it is not ours, or too old */
    TCPR_COOKIE_GOOD = 3,
    TCPR_COOKIE_AGEING = 4 /* good, and it is time to give another */
};

/**
 * Judge the cookie of a SYN (RFC7413-4.1.2-1): a keyed hash of both addresses and of the time, good for 19 to 38 hours.
 * The comparison takes the same time whatever differs.
 *
 * @param outgoing  Our address as the source, the peer's as the destination.
 */
enum tcpr_cookie tcpr_cookie_check(const uint8_t secret[16], const struct tcpr_ip *outgoing, tcpr_time now,
                                   const struct tcpr_options *syn);

/** Put the peer's cookie into the options of a SYN,ACK; it goes out where it finds room. */
void tcpr_cookie_put(const uint8_t secret[16], const struct tcpr_ip *outgoing, tcpr_time now,
                     struct tcpr_options *syn_ack);

/**
 * Check what must be true of a connection between two calls.
 * @return NULL, or the name of the first invariant that does not hold. Every public call that changed something asserts
 *         it when it is done.
 */
const char *tcpr_conn_fault(const struct tcpr_conn *c, const struct tcpr_config *config);

#ifdef __cplusplus
}
#endif
#endif
