/**
 * tcprove/config.h - how a TCP is to behave: one const struct, shared by any number of connections.
 *
 * All behaviour is chosen here, at run time. tcpr_config_default() gives what the RFCs say where they say something.
 */
#ifndef TCPROVE_CONFIG_H
#define TCPROVE_CONFIG_H

#include "tcprove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of tcpr_config.features. */
enum tcpr_feature {
    TCPR_FEATURE_WINDOW_SCALE = 0x0001,   /* RFC 7323 section 2 */
    TCPR_FEATURE_TIMESTAMPS = 0x0002,     /* RFC 7323 section 3, with PAWS */
    TCPR_FEATURE_SACK = 0x0004,           /* RFC 2018, as a receiver */
    TCPR_FEATURE_RFC5961_RST = 0x0008,    /* RFC 5961 section 3; off: any RST in the window resets (RFC 793) */
    TCPR_FEATURE_RFC5961_SYN = 0x0010,    /* RFC 5961 section 4; off: a SYN in the window resets (RFC 793) */
    TCPR_FEATURE_RFC5961_ACK = 0x0020,    /* RFC 5961 section 5 (MAY-12) */
    TCPR_FEATURE_NAGLE = 0x0040,          /* SHLD-7; a connection can turn it off (MUST-17) */
    TCPR_FEATURE_DELAYED_ACK = 0x0080,    /* SHLD-18 */
    TCPR_FEATURE_ICMP_CHECK_SEQ = 0x0100, /* RFC 5927 section 4.1: the quoted SEQ must be in flight */
    TCPR_FEATURE_ICMP_HARD_ABORTS =
        0x0200, /* SHLD-26 in every state; off: in synchronized states a soft error, RFC 5927's practice */
    TCPR_FEATURE_RFC1337 = 0x0400,           /* TIME-WAIT ignores RST */
    TCPR_FEATURE_REOPEN_TIME_WAIT = 0x0800,  /* MAY-2, SHLD-4: a SYN may reopen a passively opened connection */
    TCPR_FEATURE_KEEPALIVE = 0x1000,         /* the default of new connections; off as MUST-25 asks */
    TCPR_FEATURE_NEWRENO = 0x2000,           /* RFC 6582's partial acknowledgments */
    TCPR_FEATURE_SACK_RECOVERY = 0x4000,     /* RFC 6675, where SACK is negotiated and the connection has a tail */
    TCPR_FEATURE_DSACK = 0x8000,             /* RFC 2883: report what came twice */
    TCPR_FEATURE_LIMITED_TRANSMIT = 0x10000, /* RFC 3042 */
    TCPR_FEATURE_RESTART_WINDOW = 0x20000,   /* RFC 5681 section 4.1: after idling begin as at the beginning */
    TCPR_FEATURE_VALIDATED_WINDOW = 0x40000, /* RFC 7661: a window that was not filled does not
                                               grow, and one that was not used ages */
    TCPR_FEATURE_PRR = 0x80000,              /* RFC 6937, in recovery by the scoreboard */
    TCPR_FEATURE_FRTO = 0x100000,            /* RFC 5682 */
    TCPR_FEATURE_RACK = 0x200000,            /* RFC 8985 section 6, where the tail has room for records */
    TCPR_FEATURE_TLP = 0x400000,             /* RFC 8985 section 7, with RACK */
    TCPR_FEATURE_ECN = 0x800000,             /* RFC 3168; see below */
    TCPR_FEATURE_ABE = 0x1000000,            /* RFC 8511: in congestion avoidance a mark takes less than a loss does */
    TCPR_FEATURE_ECT_EVERYWHERE = 0x2000000, /* RFC8311-4.3-n1: ECT on whatever tcpr_next_segment gives, as an
                                               experiment may want it; else on new text alone */
    TCPR_FEATURE_USER_TIMEOUT = 0x4000000,   /* RFC 5482's ENABLED: the option is sent and heard */
    TCPR_FEATURE_PATH_MTU_CAUTION = 0x8000000, /* RFC 5927 section 7.2: no smaller segments while large ones arrive */
    TCPR_FEATURE_FAST_OPEN = 0x10000000,       /* RFC 7413, for who asks for it in OPEN or LISTEN; off (RFC7413-2-1) */
    TCPR_FEATURE_EIFEL = 0x20000000,     /* RFC 3522, where timestamps are; and RFC 4015 after every spurious timeout */
    TCPR_FEATURE_PREDICTION = 0x40000000 /* the segment expected next by a short way; changes nothing but the time */
};

/** The last of them, which is no int: RFC 9768, and RFC 3168 with peers that know no more. */
#define TCPR_FEATURE_ACCURATE_ECN 0x80000000u

/** What decides how the congestion window grows and shrinks. */
enum tcpr_controller {
    TCPR_RENO = 0, /* RFC 5681 (MUST-19) */
    TCPR_CUBIC = 1 /* RFC 9438 */
};

/** How the first slow start ends when nothing is lost. */
enum tcpr_slow_start {
    TCPR_SLOW_START_STANDARD = 0, /* not at all (RFC 5681) */
    TCPR_SLOW_START_HYSTART = 1   /* as round trips grow longer: RFC 9406, where timestamps tell of each of them */
};

/**
 * What RFC 9293 and its family ask for by default: all but RFC1337, KEEPALIVE, FAST_OPEN, USER_TIMEOUT,
 * and ECN with what goes with it.
 *
 * SHLD-8 asks that ECN be implemented, RFC3168-6.1.1-1 leaves to each host whether it is used. It takes an IP layer
 * that carries tcpr_segment.ecn both ways: whoever offered ECN and did not read the marks would break the promise to
 * echo them, and leave the path without a signal of congestion. So it is off until the caller says that his does.
 */
#define TCPR_FEATURES_DEFAULT 0x687FEBFFu

/**
 * What RFC 9293 says itself, with the congestion control and the ECN that it asks for by name (MUST-19, SHLD-8) and
 * what costs next to nothing besides. An engine that is built with no more than this (docs/embedding.md) is the
 * smallest that passes all specs which do not ask for more.
 */
#define TCPR_FEATURES_LEAST                                                                                            \
    ((uint32_t)(TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK | TCPR_FEATURE_NAGLE |  \
                TCPR_FEATURE_DELAYED_ACK | TCPR_FEATURE_ICMP_CHECK_SEQ | TCPR_FEATURE_ICMP_HARD_ABORTS |               \
                TCPR_FEATURE_RFC1337 | TCPR_FEATURE_REOPEN_TIME_WAIT | TCPR_FEATURE_KEEPALIVE | TCPR_FEATURE_NEWRENO | \
                TCPR_FEATURE_LIMITED_TRANSMIT | TCPR_FEATURE_RESTART_WINDOW | TCPR_FEATURE_VALIDATED_WINDOW |          \
                TCPR_FEATURE_ECN | TCPR_FEATURE_PATH_MTU_CAUTION))

struct tcpr_config {
    uint32_t features;        /* TCPR_FEATURE_... */
    uint32_t challenge_limit; /* RFC5961-7-n1: at most so many challenges in challenge_interval_us; 10; 0: no limit */
    uint32_t receive_buffer;  /* octets a connection may hold for its application, 1 to 2^30 */
    uint32_t send_buffer;     /* octets a connection may hold for its peer, 1 to 2^30 */
    uint32_t r1_retransmissions; /* at least 3 (SHLD-10); then the user hears of trouble (SHLD-9) */
    uint32_t keepalive_probes;   /* unanswered probes before the peer is lost; more than 1 (MUST-29) */
    uint16_t
        mtu; /* octets of an IP datagram the link carries: bounds what is sent (MMS_S) and what is asked for (MSS) */
    uint8_t initial_window_segments; /* 0: RFC 5681's table (RFC5681-3.1-2); 10: RFC 6928's window */
    uint8_t slow_start_segments; /* L of RFC 3465, 1 or 2, with HYSTART 1 to 8: by how many an ACK may open the window;
                                    1 as RFC 5681 */
    uint8_t controller;          /* enum tcpr_controller; RENO */
    uint8_t slow_start;          /* enum tcpr_slow_start, for the first one; HYSTART */
    uint8_t reserved_zero[2];    /* always 0 */
    uint8_t isn_secret[16];      /* RFC 6528: the caller's, random, kept for its life */
    tcpr_time msl_us;            /* maximum segment lifetime; 2 minutes */
    tcpr_time rto_initial_us;    /* before any sample; 1 s (RFC6298-2-1) */
    tcpr_time rto_min_us;        /* 1 s (RFC6298-2-8) */
    tcpr_time rto_max_us;        /* at least 60 s (RFC6298-2-9) */
    tcpr_time rto_syn_lost_us;   /* once a SYN timed out: 3 s (RFC6298-5-4) */
    tcpr_time clock_granularity_us; /* G of RFC 6298; 1 ms */
    tcpr_time r2_us; /* data: give up after this long without progress, at least 100 s (SHLD-11); TCPR_NEVER is allowed
                        (MUST-21) */
    tcpr_time r2_syn_us;             /* SYN: at least 180 s (MUST-23) */
    tcpr_time user_timeout_us;       /* default of OPEN's timeout; 0: none. 5 minutes (RFC 9293 section 3.9.1.1) */
    tcpr_time user_timeout_least_us; /* L_LIMIT of RFC 5482, above rto_max_us; 100 s (RFC5482-3.1-10) */
    tcpr_time user_timeout_most_us;  /* U_LIMIT; an hour */
    tcpr_time delayed_ack_us;        /* below 500 ms (MUST-40); 100 ms */
    tcpr_time override_us;           /* sender's silly window override, 100 ms to 1 s (RFC9293-3.8.6.2.1-n1) */
    tcpr_time keepalive_idle_us;     /* at least 2 hours by default (MUST-28) */
    tcpr_time keepalive_interval_us; /* between unanswered probes; 75 s */
    tcpr_time path_mtu_age_us;       /* larger segments are tried so long after one was too large: 5 minutes to 20 days,
                                        or TCPR_NEVER; 10 minutes (RFC1191-3-4, RFC8201-4-4) */
    tcpr_time challenge_interval_us; /* 5 s */
};

/** Fill `config` with the defaults above: MTU 1500, 64 KiB buffers, a zero secret (the caller must set one). */
void tcpr_config_default(struct tcpr_config *config);

/** The features that this engine was built with, TCPR_FEATURE_...: all, unless whoever built it left some out. */
uint32_t tcpr_features_built(void);

/** @return NULL when every field is in its range, else the name of the first that is not: "features" and "controller"
 * too where one is asked for that was not built. */
const char *tcpr_config_fault(const struct tcpr_config *config);

#ifdef __cplusplus
}
#endif
#endif
