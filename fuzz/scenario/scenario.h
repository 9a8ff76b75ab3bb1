/**
 * scenario.h - one connection lived through as a list of events: user calls, segments, ICMP errors, time.
 *
 * The decoder is total: every string of octets is a scenario. Eight octets say what the connection and its peer are
 * like, then each eight octets are one event; what is left over at the end is not heeded. So whoever mutates octets
 * mutates scenarios, and an event that is cut out or copied in leaves the others what they were.
 *
 * Sequence numbers are told from where the connection stands (RCV.NXT, SND.UNA ...), so that a segment near the window
 * stays near it when the events before it change. All offsets zero is the peer's natural next segment.
 */
#ifndef FUZZ_SCENARIO_H
#define FUZZ_SCENARIO_H

#include "fuzz.h"
#include "tcprove/tcprove.h"

#define SCENARIO_HEAD 8u  /* octets */
#define SCENARIO_EVENT 8u /* octets */
#define SCENARIO_EVENTS_MAX 128u
#define SCENARIO_RECORDS 16u
#define SCENARIO_RANGES 8u      /* the connection's scoreboard */
#define SCENARIO_TEXT_MAX 1600u /* octets of text in an arriving segment */

enum event_kind {
    EVENT_SEGMENT,
    EVENT_TIME,
    EVENT_SEND,
    EVENT_RECEIVE,
    EVENT_CLOSE,
    EVENT_RELEASE,
    EVENT_ABORT,
    EVENT_SET,
    EVENT_ICMP,
    EVENT_OPEN_ACTIVE,
    EVENT_OPEN_PASSIVE,
    EVENT_STATUS
};

/** Where SEG.SEQ is told from. */
enum seq_anchor {
    SEQ_NEXT,  /* RCV.NXT; before there is one, the peer's ISN */
    SEQ_EDGE,  /* the right edge of the window */
    SEQ_IRS,   /* IRS */
    SEQ_HELD,  /* the end of the island that arrived last */
    SEQ_HOLE,  /* its beginning */
    SEQ_ACKED, /* the last ACK sent */
    SEQ_FIN,   /* the peer's FIN, where known */
    SEQ_ZERO
};

/** Where SEG.ACK is told from. */
enum ack_anchor {
    ACK_NEXT,   /* SND.NXT */
    ACK_UNA,    /* SND.UNA */
    ACK_ISS,    /* ISS */
    ACK_FIN,    /* the number of our FIN, sent or to be sent */
    ACK_OLD,    /* SND.UNA - MAX.SND.WND */
    ACK_RESENT, /* what is retransmitted next */
    ACK_EDGE,   /* SND.UNA + SND.WND */
    ACK_ZERO
};

/** What passes before an event. */
enum pause { PAUSE_NONE, PAUSE_SHORT, PAUSE_DELAYED_ACK, PAUSE_DEADLINE };

/** How an arriving segment's timestamps are. */
enum stamp { STAMP_NATURAL, STAMP_NONE, STAMP_OLD, STAMP_STRANGE };

/** One event, decoded. Fields mean something for their kinds alone. */
struct event {
    enum event_kind kind;
    enum pause pause;
    bool hold;        /* outputs are not pulled after it */
    bool urgent;      /* SEND */
    bool stepwise;    /* TIME: every deadline on the way fires at its time */
    uint16_t control; /* SEGMENT: control bits ... */
    uint8_t seq_from; /* enum seq_anchor */
    uint8_t ack_from; /* enum ack_anchor */
    uint8_t stamp;    /* enum stamp */
    uint8_t options;  /* SYN: 1 MSS, 2 window scale, 4 SACK permitted; else 1: a SACK block, 2 a user timeout */
    uint8_t choice;   /* SYN: which MSS and shift; else where the SACK block stands */
    uint8_t ecn;
    int32_t seq_delta; /* ... from the anchors */
    int32_t ack_delta;
    uint32_t amount;  /* octets: of text, of SEND, of RECEIVE */
    uint16_t window;  /* raw */
    uint16_t pointer; /* urgent */
    tcpr_time us;     /* TIME */
    enum tcpr_setting setting;
    uint64_t value;
    struct tcpr_icmp icmp; /* quoted_seq: told from SND.UNA */
};

/** What stands before the events. */
struct scenario_head {
    struct tcpr_config config;
    uint8_t version; /* of IP */
    bool stamps;     /* the peer's SYN carries timestamps */
    uint8_t ranges;  /* room of the scoreboard */
    uint8_t records; /* room for records */
    uint32_t irs;    /* the peer's ISN */
    tcpr_time begin; /* the clock's first reading, and with it our ISN and timestamps */
};

/** @name decode.c @{ */
void scenario_head_decode(const uint8_t octets[SCENARIO_HEAD], struct scenario_head *head);
void event_decode(const uint8_t octets[SCENARIO_EVENT], struct event *event);
/** How many events `len` octets are. */
size_t scenario_events(size_t len);
uint16_t scenario_mss(unsigned choice);
uint16_t scenario_user_timeout(unsigned choice);
uint8_t scenario_shift(unsigned choice);
/** @} */

/** Text that was not looked at yet, in stream offsets. */
struct stretch {
    uint64_t first, end;
};
#define STRETCHES_MAX 32u

/** Who looks on: all may be NULL. */
struct observer {
    void *context;
    void (*arrives)(void *context, tcpr_time now, const struct tcpr_ip *ip, const struct tcpr_segment *segment);
    void (*leaves)(void *context, tcpr_time now, const struct tcpr_ip *ip, const struct tcpr_segment *segment);
    void (*event)(void *context, tcpr_time now, const struct event *event, const struct tcpr_conn *conn);
};

/** The connection, and what the oracle remembers of it. */
struct stage {
    struct scenario_head head;
    struct tcpr_conn c;                        /* now ... */
    struct tcpr_range ranges[SCENARIO_RANGES]; /* ... with its tail */
    struct tcpr_rack_vars rack;
    struct tcpr_record records[SCENARIO_RECORDS];
    struct tcpr_conn before; /* the event at hand */
    struct tcpr_range ranges_before[SCENARIO_RANGES];
    struct tcpr_rack_vars rack_before;
    struct tcpr_record records_before[SCENARIO_RECORDS];
    struct tcpr_effects fx;
    struct tcpr_segment arrived; /* the segment at hand */
    struct tcpr_ip incoming, outgoing;
    bool settled; /* nothing happened since `before` was taken */
    tcpr_time now;
    uint64_t readable;                    /* announced and not read yet */
    struct stretch placed[STRETCHES_MAX]; /* told to be copied, not yet readable */
    unsigned placed_count;
    uint32_t edge; /* the right edge that was advertised */
    bool advertised;
    uint32_t echo;       /* the TSval sent last */
    uint32_t peer_stamp; /* the TSval received last, where `stamped` */
    bool stamped;
    const struct observer *observer;
    struct digest *digest;
};

/** @name play.c @{ */
void scenario_begin(struct stage *stage, const uint8_t *octets, size_t len, const struct observer *observer,
                    struct digest *digest);
void scenario_event(struct stage *stage, const struct event *event);
/** All of it. */
void scenario_play(struct stage *stage, const uint8_t *octets, size_t len, const struct observer *observer,
                   struct digest *digest);
/** The segment an event stands for, told from where the connection is now. */
void scenario_segment(const struct stage *stage, const struct event *event, struct tcpr_segment *out);
uint32_t scenario_seq_anchor(const struct stage *stage, unsigned anchor);
uint32_t scenario_ack_anchor(const struct stage *stage, unsigned anchor);
/** @} */

/** @name watch.c: what must hold; anything else is a finding. @{ */
void watch_input(struct stage *stage, enum event_kind kind);
void watch_output(struct stage *stage, const struct tcpr_segment *out);
/** @} */

#endif
