/**
 * scene.h - a host of many connections lived through as a list of events, for the target `host`.
 *
 * The decoder is total, as scenario.h's is: eight octets say what the host is like, then each eight octets are one
 * event. There are sixteen far ends; a segment's numbers are told from what its far end has seen of the host on the
 * wire, so that all offsets zero is the natural next segment, whatever the host keeps of that connection: a slot, a
 * handshake, a TIME-WAIT, or nothing but a cookie.
 */
#ifndef FUZZ_SCENE_H
#define FUZZ_SCENE_H

#include "fuzz.h"
#include "tcprove/tcprove.h"

#define SCENE_HEAD 8u  /* octets */
#define SCENE_EVENT 8u /* octets */
#define SCENE_EVENTS_MAX 128u
#define SCENE_SLOTS_MAX 16u
#define SCENE_FARS 16u
#define SCENE_LISTENERS 4u
#define SCENE_HANDLES 16u /* the latest that the application was given, old ones among them */
#define SCENE_ISS_MAX 32u /* SYN,ACKs remembered of a far end */

enum scene_kind {
    SCENE_SEGMENT,
    SCENE_TIME,
    SCENE_CONNECT,
    SCENE_ACCEPT,
    SCENE_LISTEN,
    SCENE_UNLISTEN,
    SCENE_SEND,
    SCENE_RECEIVE,
    SCENE_CLOSE,
    SCENE_RELEASE,
    SCENE_ABORT,
    SCENE_SET,
    SCENE_LISTENER_SET,
    SCENE_ICMP,
    SCENE_MOVE /* the host's memory is copied elsewhere, and lives on there */
};

enum scene_pause { SCENE_AT_ONCE, SCENE_SOON, SCENE_LATER, SCENE_AT_DEADLINE };

/** What a segment's SEQ or ACK is told from. */
enum scene_anchor { ANCHOR_NEXT, ANCHOR_OTHER, ANCHOR_FIRST, ANCHOR_ZERO };

/** The Fast Open option of a SYN (RFC 7413): what the host gives now, gave a period ago, would not give; or a request.
 */
enum scene_cookie { COOKIE_ABSENT, COOKIE_OF_NOW, COOKIE_AGEING, COOKIE_FALSE, COOKIE_ASKED_FOR };

/** One event, decoded. Fields mean something for their kinds alone. */
struct scene_event {
    enum scene_kind kind;
    enum scene_pause pause;
    bool hold;         /* outputs are not pulled after it */
    uint8_t far;       /* whose segment; whom to connect to */
    uint8_t which;     /* handle, or listener */
    uint8_t control;   /* SEGMENT: control bits ... */
    uint8_t seq_from;  /* enum scene_anchor */
    uint8_t ack_from;  /* enum scene_anchor */
    int32_t seq_delta; /* ... from the anchors */
    int32_t ack_delta;
    bool stamps_off;            /* ... timestamps against what was negotiated */
    uint8_t syn_options;        /* 1 MSS, 2 window scale, 4 SACK permitted; without SYN 4: a SACK block */
    uint8_t strange;            /* 1: from a source that is no host, 2: to an address that is none of ours */
    uint16_t window;            /* raw */
    uint16_t port;              /* local: of a segment, 0 the one that far end knows; of CONNECT, 0 chosen; of LISTEN */
    uint32_t amount;            /* octets; of LISTEN the backlog; of CONNECT what is sent with it */
    uint32_t buffer;            /* of LISTEN: its connections' receive buffer */
    uint32_t fast_open;         /* of LISTEN */
    enum scene_cookie cookie;   /* of a SYN */
    uint8_t version;            /* of LISTEN */
    struct tcpr_fast_open fast; /* of CONNECT */
    bool named;                 /* LISTEN, CONNECT: one of our addresses is named */
    tcpr_time us;               /* TIME */
    struct tcpr_icmp icmp;      /* quoted_seq: told from the last sequence number the far end saw */
    enum tcpr_setting setting;
    uint64_t value;
};

struct scene_head {
    struct tcpr_config config;
    struct tcpr_host_options options;
    uint32_t fast_open; /* of the first listener */
    uint8_t addresses;  /* of ours, 1 to options.addresses */
    tcpr_time begin;
};

/** @name decode.c @{ */
void scene_head_decode(const uint8_t octets[SCENE_HEAD], struct scene_head *head);
void scene_event_decode(const uint8_t octets[SCENE_EVENT], struct scene_event *event);
size_t scene_events(size_t len);
/** @} */

/** A far end, and what it saw of the host. */
struct far {
    struct tcpr_ip ip; /* theirs is the source */
    uint16_t port, to;
    uint32_t next, edge;  /* the host's last ACK; the right edge of its window, as far as no scale moves it */
    uint32_t seen, first; /* beyond the last sequence number the host sent; its last ISS and one */
    uint32_t echo;        /* its last TSval */
    bool stamps;          /* its last segment had timestamps */
    uint32_t iss[SCENE_ISS_MAX];
    uint32_t iss_count;
};

/** What the application was told of a slot. */
struct told {
    uint32_t generation;
    uint64_t readable; /* announced and not read yet */
    bool waits;        /* to be accepted */
    bool fast;         /* opened by us with RFC 7413 */
    bool early;        /* made by a cookie alone, at ... */
    uint32_t listener; /* ... this index */
};

struct scene {
    struct scene_head head;
    struct tcpr_host *host;
    size_t size;
    struct tcpr_host_result res;
    struct tcpr_segment arrived; /* the segment at hand */
    struct far fars[SCENE_FARS];
    struct told told[SCENE_SLOTS_MAX];
    struct tcpr_handle handles[SCENE_HANDLES];
    struct tcpr_listener listeners[SCENE_LISTENERS];
    uint32_t fast_open[SCENE_LISTENERS]; /* limits, by a listener's index */
    uint32_t fast_opened;
    unsigned handle_count;
    tcpr_time now;
    tcpr_time resets_since; /* resets where nothing listens */
    uint32_t resets;
    bool moves; /* SCENE_MOVE does something */
    struct digest digest;
};

/** @name play.c @{ */
/** All of it. @return the sum over all that the host said. */
struct digest scene_play(const uint8_t *octets, size_t len, bool moves);
/** @} */

/** @name far.c @{ */
void fars_begin(struct scene *scene);
/** The far end of these addresses and this port; NULL. `ip`: ours is the source. */
struct far *far_of(struct scene *scene, const struct tcpr_ip *ip, uint16_t remote_port);
/** It sees what the host sends. */
void far_sees(struct scene *scene, const struct tcpr_ip *ip, const struct tcpr_segment *segment);
/** What it sends at this event: scene->arrived, and the datagram's addresses. */
void far_makes(struct scene *scene, const struct scene_event *event, struct tcpr_ip *ip);
/** One of ours, by number; false where the host has fewer. */
bool own_address(const struct scene *scene, unsigned index, uint8_t version, uint8_t out[16]);
/** @} */

/** @name watch.c: what must hold; anything else is a finding. @{ */
/** A result, of an input by `far` or of anything else (NULL). `state`: what stood behind its sockets before. */
void watch_result(struct scene *scene, const struct far *far, enum tcpr_state state);
void watch_pulled(struct scene *scene, const struct tcpr_host_output *out);
/** CONNECT went through. */
void watch_connect(struct scene *scene, struct tcpr_handle handle, const struct tcpr_open *open);
/** A new handle: of CONNECT, or of a handshake that was completed. */
void watch_new(struct scene *scene, struct tcpr_handle handle, bool waits);
void watch_host(struct scene *scene);
/** @} */

#endif
