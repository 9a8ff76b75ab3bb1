/**
 * tcprove/control.h - what congestion control remembers in one phase and another: the parts of tcpr_congestion_vars
 * that share their octets (conn.h).
 */
#ifndef TCPROVE_CONTROL_H
#define TCPROVE_CONTROL_H

#include "tcprove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/** What CUBIC remembers (RFC 9438 section 4.1.2). */
struct tcpr_cubic_vars {
    uint32_t w_max;      /* octets: where the last loss was, or a little lower */
    uint32_t w_est;      /* octets: what Reno would have; 0: congestion avoidance has yet to begin */
    uint32_t cwnd_prior; /* octets, before the last loss */
    uint32_t credit;     /* octets acknowledged since w_est last grew */
    uint32_t k_ticks;    /* K, in ticks of 1024 us */
    uint32_t elapsed_us; /* of this congestion avoidance, idling left out */
    uint32_t last_us;    /* clock at the last ACK */
};

/** What Reno remembers. */
struct tcpr_reno_vars {
    uint32_t acked; /* octets acknowledged since cwnd last grew in congestion avoidance (RFC5681-3.1-12) */
};

/** HyStart++ (RFC 9406), in the first slow start. Round trips in microseconds; 0: none is known. */
struct tcpr_hystart_vars {
    uint32_t last_us;     /* lastRoundMinRTT */
    uint32_t current_us;  /* currentRoundMinRTT */
    uint32_t baseline_us; /* cssBaselineMinRtt; other than 0: conservative slow start */
    uint32_t round_end;   /* windowEnd: acknowledged, the next round begins */
    uint16_t samples;     /* rttSampleCount, no more than are asked for */
    uint16_t rounds;      /* of conservative slow start that are over */
};

/** Proportional rate reduction (RFC 6937), in recovery. */
struct tcpr_prr_vars {
    uint32_t delivered;  /* prr_delivered: octets that arrived since recovery began */
    uint32_t out;        /* prr_out: octets sent since */
    uint32_t recover_fs; /* RecoverFS: octets under way when it began */
};

/** How things stood before a timeout, until it is known whether that was spurious (RFC 4015 section 3.1, step 0). */
struct tcpr_undo_vars {
    uint32_t retransmit_ts; /* RetransmitTS of RFC 3522: of the first segment that went again */
    uint32_t pipe_prev;     /* octets */
    uint32_t w_max;         /* CUBIC's */
};

/** How much the path has lately carried in a round trip (RFC 7661 section 4.2). */
struct tcpr_pipe_vars {
    uint32_t acked;     /* pipeACK, octets; TCPR_PIPE_UNDEFINED: no round trip is over */
    uint32_t at;        /* when that was, in ticks of 1024 us */
    uint32_t round_una; /* SND.UNA when the present round trip began ... */
    uint32_t round_at;  /* ... and when that was */
};
#define TCPR_PIPE_UNDEFINED UINT32_MAX

#pragma GCC diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
