/**
 * tcprove/host.h - many connections behind one set of addresses, in memory the caller supplies.
 *
 *      segments, ICMP ---->  +-- struct tcpr_host ------------------+ ----> result: which connection, what it did,
 *      calls by handle --->  |  connections     a slot each         |       at most one reply
 *      time -------------->  |  SYN queue       128 octets each     |
 *                            |  TIME-WAIT       64 octets each      | ----> tcpr_host_next_segment, pulled until false
 *                            |  listeners, local addresses, timers  |
 *                            +--------------------------------------+
 *
 * The host finds the connection of a segment, keeps its timers, listens, opens, chooses ports, and answers where there
 * is no connection. What TCP does is conn.h's: every connection here is a struct tcpr_conn, and all the effects below
 * are its effects. Like a connection the host is one plain block: no pointer in it, no allocation, clock, randomness,
 * I/O or callback behind it; memcpy to memory of the same alignment is a snapshot. The same `config` goes with every
 * call.
 *
 * Memory. tcpr_host_size tells how much, tcpr_host_init takes it, and nothing more is ever asked for. A connection
 * costs TCPR_CONN_SIZE(sacked_ranges, records) and at most 64 octets beside it; text is elsewhere, as everywhere in
 * this engine.
 *
 * Handles. A connection is named by index and generation. The index is below `connections`, so that whoever keeps a
 * ring, a name or a state beside each connection keeps an array of them. The generation tells a connection from the
 * ones that had its slot before: calls with an old handle return TCPR_DOES_NOT_EXIST and do nothing.
 *
 * The life of a slot. Taken by tcpr_host_connect, or by the ACK that completes a handshake: that connection may hold
 * text at once, and waits for tcpr_host_accept. Free again once the application has let go (tcpr_host_release,
 * tcpr_host_abort) and the connection is CLOSED, or in TIME-WAIT with nothing left to send: the rest of TIME-WAIT is
 * spent in a small entry of its own. After TCPR_EVENT_CLOSE_OK or TCPR_EVENT_CLOSED no text is asked for any more, so
 * what lies beside the slot may go. A connection that dies by itself keeps its slot until the application lets go: what
 * it received can still be read.
 *
 * A handshake lives in the SYN queue until it is complete. Text and FIN on a SYN are not taken there; the SYN,ACK
 * acknowledges the SYN alone and they come again. When the queue is full, SYN cookies take its place (RFC 4987 section
 * 3.6): they keep MSS always, window scale and SACK where both ends use timestamps, and are good for 67 to 134 seconds.
 *
 * Fast Open (RFC 7413). A listener that allows it gives cookies with its SYN,ACKs. A SYN that brings one back makes a
 * connection at once (TCPR_EVENT_FAST_OPENED): its text can be read and answered before the handshake is over, which
 * CONNECTED tells later. While as many as the listener allows are not proved by an ACK, SYNs are as any; those that
 * come to nothing count for a minute more (RFC 7413 section 5.1). tcpr_host_connect with open->fast_open sends text on
 * the SYN: the SYN is the result's reply, and the cache of cookies the caller's.
 *
 * What a peer can do. The hash that finds connections is keyed by `secret`, so no one else can choose collisions.
 * Floods of SYNs meet a bounded queue, then cookies; segments for no connection meet a bounded rate of resets.
 *
 * One loop, for each datagram or batch of them:
 *
 *     tcpr_host_input(host, &config, now, &ip, &seg, &result);
 *     if (result.fx.events & (TCPR_EVENT_CONNECTED | TCPR_EVENT_FAST_OPENED)) { set up what is kept beside the slot:
 * text may come with it } copy result.fx.place into the ring of result.conn.index if (result.fx.has_reply) { emit
 * result.fx.reply with result.ip }
 *     ... the application hears of result.fx.events, accepts, receives, sends ...
 *     while (tcpr_host_next_segment(host, &config, now, &output)) { emit output.seg with output.ip }
 *
 * and, when tcpr_host_next_deadline has come:
 *
 *     while (tcpr_host_time_passes(host, &config, now, &result)) { as above }
 */
#ifndef TCPROVE_HOST_H
#define TCPROVE_HOST_H

#include "tcprove/conn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tcpr_host;

/** When a listener answers SYNs with cookies. */
enum tcpr_cookies {
    TCPR_COOKIES_UNDER_PRESSURE = 0, /* when its SYN queue is full */
    TCPR_COOKIES_NEVER = 1,          /* a SYN that finds the queue full is dropped */
    TCPR_COOKIES_ALWAYS = 2
};

/** What tcpr_host_init is told. Zero is allowed where no range is given. */
struct tcpr_host_options {
    uint8_t secret[16];         /* the caller's, random, kept for the host's life, another than config.isn_secret */
    uint32_t connections;       /* slots, 1 to 2^24 */
    uint32_t time_wait;         /* entries, 0 to 2^24 */
    uint32_t syn_queue;         /* entries, for all listeners together, 0 to 2^24 */
    uint16_t listeners;         /* 0 to 4096 */
    uint16_t addresses;         /* local addresses, 1 to 4096; a segment's is searched for one by one */
    uint16_t first_port;        /* of the ports connect chooses from; 0: 1024 (RFC6056-3.2-3) */
    uint16_t last_port;         /* 0: 65535 */
    uint32_t reset_limit;       /* at most so many resets for no connection in ... ; 0: no limit */
    uint32_t reset_interval_us; /* ... this time */
    uint8_t cookies;            /* enum tcpr_cookies */
    bool recycle_time_wait;     /* no entry is free: the oldest ends before its 2 MSL; else slots are kept (MUST-13) */
    uint8_t sacked_ranges;      /* room of each connection's scoreboard, 8 octets a range; 0: RFC 6582 without SACK */
    uint16_t records;           /* of segments sent, 16 octets each, for RACK-TLP (RFC 8985); 0: RFC 6675 */
    uint8_t reserved_zero[3];   /* always 0 */
};

/** A connection. Zero is none. */
struct tcpr_handle {
    uint32_t index; /* below options.connections */
    uint32_t generation;
};

/** A listener. Zero is none. */
struct tcpr_listener {
    uint32_t index; /* below options.listeners */
    uint32_t generation;
};

static inline bool tcpr_handle_is_none(struct tcpr_handle handle)
{
    return handle.generation == 0;
}

static inline bool tcpr_handle_equal(struct tcpr_handle a, struct tcpr_handle b)
{
    return a.index == b.index && a.generation == b.generation;
}

/** What tcpr_host_listen is told. */
struct tcpr_listen {
    uint8_t address[16];       /* one of the host's; all zero: any */
    uint8_t version;           /* 4, 6, or 0 for both (address then all zero) */
    uint16_t port;             /* not 0 */
    uint32_t backlog;          /* handshakes at a time, and connections waiting to be accepted; at least 1 */
    uint32_t receive_buffer;   /* of each connection; 0: the config's */
    tcpr_time user_timeout_us; /* of each connection; 0: the config's */
    uint32_t fast_open;        /* connections made by a SYN's cookie alone that may be unproved at a time (RFC 7413); 0:
                                  Fast Open is off. Takes TCPR_FEATURE_FAST_OPEN too */
};

/** What one input did, and to whom. */
struct tcpr_host_result {
    struct tcpr_handle conn;       /* none: a handshake, TIME-WAIT, a listener, or nobody; then only fx.reply and the
                                      decisions concern the caller */
    struct tcpr_listener listener; /* where this input made `conn`: it waits to be accepted there; else none */
    struct tcpr_ip ip;             /* of fx.reply: ours is the source; set only with has_reply */
    struct tcpr_effects fx;
};

/** A segment to send. */
struct tcpr_host_output {
    struct tcpr_handle conn; /* whose text it is: seg.text_len octets from stream offset seg.text_at. Told even when the
                                application has let go of it */
    struct tcpr_ip ip;
    struct tcpr_segment seg;
};

/** Counts since tcpr_host_init, and how full things are. */
struct tcpr_host_counts {
    uint32_t connections;   /* slots taken */
    uint32_t time_wait;     /* entries taken */
    uint32_t syn_queue;     /* entries taken */
    uint32_t cookies_sent;  /* these and the following wrap */
    uint32_t cookies_taken; /* connections made from one */
    uint32_t syns_dropped;  /* for want of room */
    uint32_t acks_dropped;  /* handshakes that found no slot or a full backlog; they come again */
    uint32_t resets_throttled;
    uint32_t time_wait_recycled;
    uint32_t fast_opened; /* connections made by a SYN's cookie */
};

/** @name Making. @{ */

/** Octets the host needs; 0 when an option is out of its range. */
size_t tcpr_host_size(const struct tcpr_host_options *options);

/** An upper bound of tcpr_host_size as a constant expression, for memory that is laid out at compile time; each
 * connection and listener, and one more, takes its tail besides. */
#define TCPR_HOST_SIZE_MAX(connections, time_wait, syn_queue, listeners, addresses)                        \
    (4096u + (size_t)(connections) * (sizeof(struct tcpr_conn) + 64u) + (size_t)(time_wait) * (64u + 8u) + \
     (size_t)(syn_queue) * (128u + 8u) + (size_t)(listeners) * (sizeof(struct tcpr_conn) + 64u) +          \
     (size_t)(addresses)*20u)

/**
 * Make a host in `memory`.
 *
 * @param memory  tcpr_host_size(options) octets, aligned to 64. The host's until the caller forgets it.
 * @return `memory`.
 */
struct tcpr_host *tcpr_host_init(void *memory, const struct tcpr_host_options *options, tcpr_time now);

/** The host has one more address. @return OK, REMOTE_INVALID (no unicast address), ALREADY_EXISTS,
 * INSUFFICIENT_RESOURCES. */
enum tcpr_status tcpr_host_add_address(struct tcpr_host *host, const uint8_t address[16], uint8_t version);
/** @} */

/** @name Listening. @{ */

/** @return OK with `*out` set; ALREADY_EXISTS; ILLEGAL_FOR_PROCESS (port 0, backlog 0, or an address not ours);
 * INSUFFICIENT_RESOURCES. MUST-41, MUST-42: no connection is disturbed. */
enum tcpr_status tcpr_host_listen(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                  const struct tcpr_listen *listen, struct tcpr_listener *out);

/** What connections of this listener begin with. @return OK, DOES_NOT_EXIST. */
enum tcpr_status tcpr_host_listener_set(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                        struct tcpr_listener listener, enum tcpr_setting setting, uint64_t value);

/**
 * Listen no longer. Connections not accepted are aborted, one a call: call until it returns false.
 *
 * @return true: `*result` is about one of them; its reply is to be sent.
 */
bool tcpr_host_unlisten(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                        struct tcpr_listener listener, struct tcpr_host_result *result);

/** The connection that has waited longest. It may have text already; one that died unread is passed over.
 * @return false: none waits. */
bool tcpr_host_accept(struct tcpr_host *host, struct tcpr_listener listener, struct tcpr_handle *out);
/** @} */

/** @name Calls on a connection: conn.h's, by handle. DOES_NOT_EXIST for an old handle, with an empty result. @{ */

/**
 * Active OPEN.
 *
 * @param open  Its ip.source may be all zero: the host's first address of that version (MUST-44). Its local_port may be
 *              0: chosen by RFC 6056 section 3.3.4, among those not in use with that peer and not listened on.
 * @param out   The new connection, when OK. The SYN is pulled with tcpr_host_next_segment; that of a fast OPEN is the
 *              result's reply, with the first reply.text_len octets of the stream.
 * @return OK; REMOTE_UNSPECIFIED; REMOTE_INVALID; ILLEGAL_FOR_PROCESS (the source is not ours); ALREADY_EXISTS (these
 *         sockets are in use, TIME-WAIT included); INSUFFICIENT_RESOURCES (no slot, no port, or too
 *         much text).
 */
enum tcpr_status tcpr_host_connect(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                   const struct tcpr_open *open, struct tcpr_handle *out,
                                   struct tcpr_host_result *result);

enum tcpr_status tcpr_host_send(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                struct tcpr_handle conn, uint32_t octets, bool urgent, struct tcpr_host_result *result);
enum tcpr_status tcpr_host_receive(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                   struct tcpr_handle conn, uint32_t octets, uint32_t *taken,
                                   struct tcpr_host_result *result);
enum tcpr_status tcpr_host_close(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                 struct tcpr_handle conn, struct tcpr_host_result *result);

/** tcpr_release, and the handle is old from here on. OK also where the connection is CLOSED: its slot is free then. */
enum tcpr_status tcpr_host_release(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                   struct tcpr_handle conn, struct tcpr_host_result *result);

/** tcpr_abort, and the slot is free. OK also where the connection is CLOSED. */
enum tcpr_status tcpr_host_abort(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                                 struct tcpr_handle conn, struct tcpr_host_result *result);
enum tcpr_status tcpr_host_set(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                               struct tcpr_handle conn, enum tcpr_setting setting, uint64_t value);

/** The connection itself, to read: stream offsets, the state, tcpr_status_of. NULL for an old handle. */
const struct tcpr_conn *tcpr_host_conn(const struct tcpr_host *host, struct tcpr_handle conn);

/** Its addresses, ours as the source. @return false for an old handle. */
bool tcpr_host_addresses(const struct tcpr_host *host, struct tcpr_handle conn, struct tcpr_ip *out);
/** @} */

/** @name Events from below. @{ */

/**
 * A segment arrived, for one of our addresses or not.
 *
 * Its text, where result->fx.place says so, is to be copied before the next call. Decisions without a connection name
 * their rules too: a reset (RFC9293-3.5.2-n1), a SYN dropped (RFC4987-3.4-1), a cookie given or taken (RFC4987-3.6-1,
 * RFC4987-A-1).
 */
void tcpr_host_input(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now, const struct tcpr_ip *ip,
                     const struct tcpr_segment *seg, struct tcpr_host_result *result);

/** An ICMP error arrived that quotes a segment with these addresses and ports, ours as the source (MUST-54). */
void tcpr_host_icmp(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                    const struct tcpr_ip *quoted, uint16_t local_port, uint16_t remote_port,
                    const struct tcpr_icmp *icmp, struct tcpr_host_result *result);

/**
 * Time has come to `now`: fire the timers due of one connection or handshake. Call until it returns false.
 *
 * @return true: `*result` tells whose, as for an input. false: nothing is due, and the result is not set.
 */
bool tcpr_host_time_passes(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                           struct tcpr_host_result *result);

/** When to call tcpr_host_time_passes next: never too late; now and then too early, and then nothing happens. */
tcpr_time tcpr_host_next_deadline(const struct tcpr_host *host);

/** The next segment any connection owes the network. One connection's come in a row. @return false: nothing is owed. */
bool tcpr_host_next_segment(struct tcpr_host *host, const struct tcpr_config *config, tcpr_time now,
                            struct tcpr_host_output *out);

/**
 * A hint: tcpr_host_input will soon be called for a segment of `ip` with these ports. Whoever reads datagrams in
 * batches gives it some datagrams ahead, and the memory of many connections is fetched at once. Changes nothing.
 */
void tcpr_host_expect(const struct tcpr_host *host, const struct tcpr_ip *ip, uint16_t source_port,
                      uint16_t destination_port);
/** @} */

/** @name Looking. @{ */

/** The connection with these sockets that the application may use, ours as the source; none. */
struct tcpr_handle tcpr_host_find(const struct tcpr_host *host, const struct tcpr_ip *ip, uint16_t local_port,
                                  uint16_t remote_port);

/** The state behind these sockets, wherever it is kept: CLOSED where there is nothing. */
enum tcpr_state tcpr_host_state(const struct tcpr_host *host, const struct tcpr_ip *ip, uint16_t local_port,
                                uint16_t remote_port);

/** The connection after `conn` in the order of indices; the first after none. @return none: that was the last. */
struct tcpr_handle tcpr_host_next(const struct tcpr_host *host, struct tcpr_handle conn);

void tcpr_host_count(const struct tcpr_host *host, struct tcpr_host_counts *out);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
