/* What the rooms of the host share: the layout of its block. Offsets, no pointers, so that a copy is a snapshot. */
#ifndef TCPR_HOST_STATE_H
#define TCPR_HOST_STATE_H

#include "internal.h"
#include "tcprove/host.h"

#pragma GCC visibility push(hidden)

#define NONE UINT32_MAX

/* A timer, in one list of the wheel. */
struct wheel_node {
    uint32_t next, prev;
    uint16_t head;     /* the list it is in; WHEEL_IDLE: none */
    uint16_t listener; /* rides along: whose handshake or connection this is; NO_LISTENER */
};

/* Digits of four bits: level n holds what differs from `now` first in digit n, so all 64 bits are covered. */
#define WHEEL_LEVELS 16u
#define WHEEL_DIGITS 16u
#define WHEEL_DUE (WHEEL_LEVELS * WHEEL_DIGITS) /* the list of what is due at `now` */
#define WHEEL_HEADS (WHEEL_DUE + 1u)
#define WHEEL_IDLE UINT16_MAX
#define NO_LISTENER UINT16_MAX

struct wheel {
    tcpr_time now;
    uint16_t levels;               /* bit n: level n has timers */
    uint16_t draining;             /* the list whose time has come; WHEEL_IDLE: none */
    uint16_t digits[WHEEL_LEVELS]; /* bit d: list d of that level has timers */
    uint32_t heads[WHEEL_HEADS];
};

/* What demultiplexing looks at; begins everything that can be found by sockets. */
struct found {
    uint8_t remote[16];
    uint16_t remote_port;
    uint16_t local_port;
    uint16_t local; /* index of our address; knows the version */
    uint16_t flags; /* no part of the key; each kind has its own */
    union {
        uint32_t chain; /* in the table or free: the next */
        uint32_t hash;  /* of a key that demux_find looked for, or of what demux_unlink took out */
    };
};

/* Flags of a slot. */
enum {
    SLOT_TAKEN = 1,
    SLOT_RELEASED = 2,
    SLOT_UNACCEPTED = 4,
    SLOT_READY = 8,
    SLOT_UNPROVED = 16 /* made by a cookie, and no ACK has come: counts among its listener's */
};

/* Flags of a handshake. */
enum { SYN_TAKEN = 1 };

struct slot {
    struct found at;
    uint32_t generation;
    struct wheel_node timer;
    uint32_t ready;    /* next that may owe a segment */
    uint32_t accepted; /* next that waits to be accepted */
};

/* A handshake, of a passive OPEN. syn_unpack makes the connection of it again. */
struct syn {
    struct found at;
    struct wheel_node timer;
    uint32_t iss;
    uint32_t irs;
    uint32_t edge;
    uint32_t ts_recent;
    uint32_t conn_flags; /* TCPR_FLAG_... */
    uint32_t challenges;
    tcpr_time born;
    tcpr_time rto_us;
    tcpr_time retransmit_at;
    tcpr_time sent_at;
    tcpr_time challenge_since;
    uint32_t backoff;
    uint32_t reopened_snd_nxt; /* where conn_flags has REOPENED */
    uint32_t reopened_rcv_nxt;
    uint16_t mss;
    uint16_t window;
    uint8_t shift;    /* the peer's window scale */
    uint8_t options;  /* TCPR_OPT_... that are in force */
    uint8_t ecn;      /* TCPR_ECN_... */
    uint8_t accurate; /* TCPR_ACCURATE_... */
    uint8_t ace;      /* TCPR_ACE_... */
    uint8_t reserved_zero[3];
};

/* Bits of a TIME-WAIT's flags. */
#define LINGER_PASSIVE 0x0001u
#define LINGER_TIMESTAMPS 0x0002u
#define LINGER_RCV_SHIFT_AT 2u   /* four bits */
#define LINGER_MAX_SHIFT_AT 6u   /* four bits: the largest window is max_window << this */
#define LINGER_CHALLENGES_AT 10u /* five bits */
#define LINGER_CHALLENGES_MAX 31u

/* The rest of TIME-WAIT. linger_unpack makes the connection of it again. */
struct linger {
    struct found at;
    uint32_t newer, older; /* in the order they end */
    uint32_t snd_nxt;
    uint32_t rcv_nxt;
    uint32_t edge;
    uint32_t ts_recent;
    uint32_t challenge_since; /* the low 32 bits */
    uint32_t ends_low;        /* the low 48 bits of when it ends */
    uint16_t ends_high;
    uint16_t max_window;
};

#define ANY_ADDRESS UINT16_MAX

/* A listener. Beside it stands its connection in LISTEN, which every handshake begins as a copy of. */
struct listener {
    uint32_t generation; /* odd: it listens */
    uint32_t backlog;
    uint32_t handshakes;  /* in the SYN queue */
    uint32_t waiting;     /* to be accepted */
    uint32_t first, last; /* of them */
    uint16_t local;       /* ANY_ADDRESS */
    uint16_t port;
    uint32_t version;       /* 0: any */
    uint32_t fast_open;     /* how many may be unproved; 0: RFC 7413 is off */
    uint32_t unproved;      /* PendingFastOpenRequests (RFC 7413 section 4.2) */
    uint32_t failed;        /* those that came to nothing ... */
    tcpr_time failed_until; /* ... and count until then (RFC 7413 section 5.1) */
};

struct address {
    uint8_t octets[16];
    uint32_t version;
};

struct places {
    size_t slots, syns, lingers, buckets, listeners, listening, addresses, scratch, conns, end;
    size_t conn_len;
};

#define PORT_COUNTERS 64u

struct tcpr_host {
    struct tcpr_host_options options;
    struct places at;
    tcpr_time latest;
    tcpr_time resets_since;
    tcpr_time cookies_until; /* as long as one that was sent can still be good */
    uint32_t resets;
    uint32_t buckets; /* a power of two */
    uint32_t addresses;
    uint32_t free_slot, free_syn, free_linger;
    uint32_t ready_first, ready_last;
    uint32_t found_last;                /* the connection that the last segment was for; NONE */
    uint32_t linger_first, linger_last; /* the one that ends first, and last */
    struct tcpr_host_counts counts;
    struct wheel wheel;
    uint32_t port_counter[PORT_COUNTERS]; /* RFC 6056 section 3.3.4: table[] */
};

TCPR_STATIC_ASSERT(sizeof(struct slot) + 8 <= 64, "a slot and its share of the hash take at most 64 octets");
TCPR_STATIC_ASSERT(sizeof(struct linger) <= 64, "a TIME-WAIT takes at most 64 octets");
TCPR_STATIC_ASSERT(sizeof(struct syn) <= 128, "a handshake takes at most 128 octets");

/* Ids: slots, then handshakes, then TIME-WAITs. */
static inline uint32_t first_syn(const struct tcpr_host *h)
{
    return h->options.connections;
}

static inline uint32_t first_linger(const struct tcpr_host *h)
{
    return h->options.connections + h->options.syn_queue;
}

static inline uint32_t all_ids(const struct tcpr_host *h)
{
    return first_linger(h) + h->options.time_wait;
}

static inline void *in_block(const struct tcpr_host *h, size_t place, size_t size, uint32_t index)
{
    return (uint8_t *)(uintptr_t)h + place + size * index;
}

static inline struct slot *slot_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.slots, sizeof(struct slot), index);
}

static inline struct syn *syn_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.syns, sizeof(struct syn), index);
}

static inline struct linger *linger_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.lingers, sizeof(struct linger), index);
}

static inline struct tcpr_conn *conn_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.conns, h->at.conn_len, index);
}

static inline struct listener *listener_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.listeners, sizeof(struct listener), index);
}

static inline struct tcpr_conn *listener_conn(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.listening, h->at.conn_len, index);
}

static inline struct address *address_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.addresses, sizeof(struct address), index);
}

static inline uint32_t *bucket_at(const struct tcpr_host *h, uint32_t index)
{
    return in_block(h, h->at.buckets, sizeof(uint32_t), index);
}

static inline struct tcpr_handle slot_handle(const struct tcpr_host *h, uint32_t index)
{
    return (struct tcpr_handle){.index = index, .generation = slot_at(h, index)->generation};
}

/* Where a handshake or a TIME-WAIT is a connection for as long as one call takes. */
static inline struct tcpr_conn *scratch_conn(const struct tcpr_host *h)
{
    return in_block(h, h->at.scratch, 0, 0);
}

/* ---- host.c ---- */

void host_begin(struct tcpr_host *h, tcpr_time now, struct tcpr_host_result *res);
uint32_t slot_take(struct tcpr_host *h, const struct found *key); /* NONE: all are taken */
void slot_free(struct tcpr_host *h, uint32_t index);
bool slot_named(const struct tcpr_host *h, struct tcpr_handle handle); /* by the application, which has not let go */
void slot_addresses(const struct tcpr_host *h, const struct found *key, struct tcpr_ip *out);

/* This connection may owe a segment: put it in the queue of those. */
void slot_owes(struct tcpr_host *h, uint32_t index);

/* An input did something to this connection: its timer, its place in the queue of who may owe a segment, its end. */
void slot_settle(struct tcpr_host *h, uint32_t index);

/* Let go of a slot in TIME-WAIT that nothing holds any more. @return true: it is free. */
bool slot_retire(struct tcpr_host *h, uint32_t index);

/* ---- host_demux.c ---- */

uint32_t local_index(const struct tcpr_host *h, const uint8_t address[16], uint8_t version); /* NONE: not ours */
void demux_key(const struct tcpr_host *h, uint32_t local, const uint8_t remote[16], uint16_t local_port,
               uint16_t remote_port, struct found *key);
uint32_t demux_hash(const struct tcpr_host *h, const struct found *key);
uint32_t demux_find(const struct tcpr_host *h, struct found *key);   /* an id, NONE */
uint32_t demux_find_segment(struct tcpr_host *h, struct found *key); /* the same, for one that arrives */
struct found *demux_entry(const struct tcpr_host *h, uint32_t id);
void demux_expect(const struct tcpr_host *h, uint32_t hash); /* fetch what it will find */
void demux_link(struct tcpr_host *h, uint32_t id);           /* its entry is a key with its hash */
void demux_unlink(struct tcpr_host *h, uint32_t id);

/* ---- host_wheel.c ---- */

void wheel_begin(struct wheel *wheel, tcpr_time now);
void wheel_place(struct tcpr_host *h, uint32_t id, tcpr_time due); /* TCPR_NEVER: nowhere. The node is idle */
void wheel_remove(struct tcpr_host *h, uint32_t id);               /* idle or not */
/* Be looked at by `due`, or sooner. */
void wheel_hasten(struct tcpr_host *h, uint32_t id, const struct wheel_node *node, tcpr_time due);
uint32_t wheel_pop(struct tcpr_host *h, tcpr_time now); /* the next to look at, idle now; NONE */
tcpr_time wheel_next(const struct tcpr_host *h);

/* ---- host_listen.c ---- */

uint32_t listener_for(const struct tcpr_host *h, uint32_t local, uint16_t port); /* NONE */
bool listener_has_room(const struct tcpr_host *h, uint32_t index); /* for one more to be accepted, a slot included */
void listener_wait(struct tcpr_host *h, uint32_t listener, uint32_t slot);
struct tcpr_listener listener_handle(const struct tcpr_host *h, uint32_t index);

/* ---- host_syn.c ---- */

void listener_segment(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                      const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_host_result *res);
void syn_segment(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, const struct tcpr_ip *ip,
                 const struct tcpr_segment *seg, struct tcpr_host_result *res);
void syn_icmp(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, const struct tcpr_icmp *icmp,
              struct tcpr_host_result *res);
bool syn_time(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, struct tcpr_host_result *res);
void syn_forget(struct tcpr_host *h, uint32_t listener); /* all of this listener */
/* The scratch connection has become SYN-RECEIVED: keep it, and give out its SYN,ACK. There is room. */
void syn_keep(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
              const struct tcpr_segment *syn, struct tcpr_host_result *res);
/* The scratch connection becomes a real one, which waits to be accepted. */
void syn_promote(struct tcpr_host *h, const struct found *key, uint32_t listener, struct tcpr_host_result *res);
/* A handshake from what is known of it: the scratch connection is in SYN-RECEIVED, as after `syn` at `born`. */
void syn_rebuild(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                 const struct tcpr_segment *syn, uint32_t iss, tcpr_time born);
struct tcpr_segment without_text(const struct tcpr_segment *seg);

/* ---- host_cookie.c ---- */

/* Answer a SYN with a cookie. @return false: it cannot be put in one. */
bool cookie_give(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                 const struct tcpr_ip *ip, const struct tcpr_segment *syn, struct tcpr_host_result *res);
/* The ACK may bring one back. @return true: it did, and all is done. */
bool cookie_take(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                 const struct tcpr_ip *ip, const struct tcpr_segment *ack, struct tcpr_host_result *res);

/* ---- host_fast.c: RFC 7413 ---- */

/* A SYN with a good cookie becomes a connection at once. @return true: it did, and all is done. */
bool fast_take(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
               const struct tcpr_ip *ip, const struct tcpr_segment *syn, struct tcpr_host_result *res);
/* It did not; its SYN,ACK may give a cookie. */
void fast_answer(const struct tcpr_host *h, const struct tcpr_config *config, const struct found *key,
                 uint32_t listener, const struct tcpr_segment *syn, struct tcpr_host_result *res);
/* An unproved connection may be proved now, or gone. */
void fast_settle(struct tcpr_host *h, uint32_t slot);

/* ---- host_linger.c: TIME-WAIT ---- */

bool linger_has_room(const struct tcpr_host *h);                                           /* or may make some */
void linger_keep(struct tcpr_host *h, const struct found *key, const struct tcpr_conn *c); /* there is room */
void linger_segment(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, const struct tcpr_ip *ip,
                    const struct tcpr_segment *seg, struct tcpr_host_result *res);
void linger_time(struct tcpr_host *h, tcpr_time now); /* end those that are due */
tcpr_time linger_next(const struct tcpr_host *h);
tcpr_time linger_ends(const struct tcpr_host *h, const struct linger *l);

/* ---- host_port.c ---- */

uint16_t port_choose(struct tcpr_host *h, struct found *key); /* 0: none is free; else key->local_port too */

#pragma GCC visibility pop

#endif
