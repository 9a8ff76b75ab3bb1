/**
 * sim.h - two connections, their applications and the network between them, all drawn from one seed, or from dice that
 * a fuzzer throws.
 *
 * Time is virtual and common; each end reads it through a clock of its own, chosen so that its ISN lies where the seed
 * wants it. Text is a function of who sends it and where it stands, so that a wrong octet is seen where it is read.
 */
#ifndef TCPROVE_TESTS_SIM_H
#define TCPROVE_TESTS_SIM_H

#include "../check.h"
#include "tcprove/tcprove.h"

#define SIM_BUFFER_MAX (1u << 18) /* octets; a ring holds any window */
#define SIM_PACKETS_MAX 1024u     /* in flight; beyond it the network loses them */
#define SIM_PACKET_MAX 1600u
#define SIM_RANGES_MAX 16u
#define SIM_RECORDS_MAX 400u

/** Octets on the way, without their IP header. */
struct packet {
    tcpr_time due;
    uint64_t order; /* which of those due at once goes first */
    size_t len;
    uint8_t to;    /* 0 or 1 */
    uint8_t ecn;   /* of the IP header */
    bool is_error; /* `error` comes, and no segment */
    struct tcpr_icmp error;
    uint8_t octets[SIM_PACKET_MAX];
};

/** What the network does to a packet, in thousandths; after `calm_at` nothing. */
struct weather {
    uint32_t lost, doubled, held_up, corrupted;
    uint32_t marked;   /* of those that are ECN-capable, instead of lost; in calm weather too */
    uint32_t mangled;  /* of all: their IP-ECN field is any (RFC 9768 section 3.2.2.3) */
    uint32_t attacked; /* of the steps */
    tcpr_time delay_us, jitter_us, hold_us;
    tcpr_time calm_at;
    tcpr_time narrow_from; /* from when on ... */
    uint32_t narrow; /* ... a link carries datagrams of so many octets, and says so of longer ones; 0: none does */
    bool wordless;   /* it does not say how many (RFC 1191 section 5) */
};

struct network {
    struct weather weather;
    struct packet packets[SIM_PACKETS_MAX];
    size_t count;
    uint64_t order;
};

/** How an application behaves. */
struct habits {
    uint64_t total;        /* octets it will send */
    uint32_t send_most;    /* in one SEND */
    uint32_t receive_most; /* in one RECEIVE */
    tcpr_time pause_us;    /* between two turns, at most */
    tcpr_time start_at;    /* when it opens */
    tcpr_time close_after; /* what it waits with CLOSE after its last SEND */
    tcpr_time pull_us;     /* how long outputs may wait, so that inputs come in batches */
    uint32_t urgent;       /* thousandths of SENDs that are urgent */
    bool active;
    bool closes_last; /* CLOSE only after the peer's */
};

/** One end: the connection, its buffers, its application, and what its peer was promised. */
struct end {
    struct tcpr_config config;
    struct tcpr_conn c;
    struct tcpr_range ranges[SIM_RANGES_MAX]; /* of `c`: its tail */
    struct tcpr_rack_vars rack;
    struct tcpr_record records[SIM_RECORDS_MAX];
    struct tcpr_effects fx;
    struct habits habits;
    struct tcpr_ring sending, receiving;
    uint8_t send_octets[SIM_BUFFER_MAX], receive_octets[SIM_BUFFER_MAX];
    tcpr_time clock;         /* its time when the common time is 0 */
    tcpr_time turn_at;       /* the application's next turn */
    tcpr_time pull_at;       /* TCPR_NEVER: nothing was put in since the last pull */
    tcpr_time read_whole_at; /* when it had read all its peer gave so far */
    tcpr_time sent_last_at;  /* when the last octet was given to SEND */
    uint64_t given, received;
    uint32_t readable;   /* announced and not read yet */
    uint32_t edge;       /* highest right edge it advertised */
    uint32_t acked;      /* highest ACK it sent */
    uint32_t sent_end;   /* highest number it sent */
    uint32_t una_then;   /* SND.UNA when timeouts were last counted from 0 */
    uint32_t timeouts;   /* retransmission timeouts since, in calm weather */
    uint32_t idle_turns; /* turns in a row that did nothing */
    uint8_t side;
    bool opened, advertised, closing, peer_closed, at_end, was_closed;
    bool owes_cookie, gave_cookie, fast_opened; /* as a listener, by RFC 7413 */
};

struct world;

/** What a world is made of, and how long it may last. */
struct making {
    uint64_t seed;
    const uint8_t *dice; /* NULL: everything is drawn from the seed. Else octets that decide, as far as they reach; then
                            the weather is calm and the seed decides */
    size_t dice_count;
    unsigned total_bits; /* an application sends up to 2^total_bits octets */
    unsigned pause_bits; /* and pauses for up to 2^pause_bits microseconds */
    uint64_t steps_max;
    tcpr_time time_max;                               /* after the weather calmed */
    void (*adjust)(struct world *w, const void *how); /* NULL, or what is to be other than drawn */
    const void *how;
};

struct world {
    uint64_t seed, random;
    const uint8_t *dice;
    size_t dice_left;
    tcpr_time calm_since;
    tcpr_time now;
    struct end ends[2];
    struct network network;
    uint64_t steps, segments;
    bool verbose;
};

/** @name draw.c: everything that the seed decides. @{ */
void world_draw(struct world *w, const struct making *making);
bool chance(struct world *w, uint32_t thousandths);
uint32_t below(struct world *w, uint32_t n); /* 0 =< result < n; n > 0 */
uint32_t any(struct world *w);               /* any number at all */
bool stormy(const struct world *w);
/** @} */

/** Make a world and let it run until both ends are done (world.c). */
void world_run(struct world *w, const struct making *making);

/** @name network.c @{ */
void network_send(struct world *w, uint8_t to, uint8_t ecn, const uint8_t *octets, size_t len);
/** The packet due first, by index; SIZE_MAX when none is on the way. */
size_t network_next(const struct network *network);
void network_take(struct network *network, size_t index, struct packet *out);
/** @} */

/** @name end.c @{ */
tcpr_time end_time(const struct world *w, const struct end *e);
/** When this end has something to do, in common time. */
tcpr_time end_next(const struct world *w, const struct end *e);
void end_acts(struct world *w, struct end *e);
void end_hears(struct world *w, struct end *e, const struct packet *packet);
void end_takes(struct world *w, struct end *e, const struct tcpr_segment *segment, const uint8_t *text);
void end_gets_icmp(struct world *w, struct end *e, const struct tcpr_icmp *icmp);
bool end_done(const struct end *e);
/** @} */

/** @name fast_open.c: text on SYNs (RFC 7413). @{ */
struct tcpr_ip path_from(uint8_t side);
void fast_open_draw(struct world *w, struct end *e, struct tcpr_open *open);
/** Is this a SYN for a listener, and its cookie good? If one is to be given, that is remembered. */
bool fast_open_good(const struct world *w, struct end *e, const struct tcpr_segment *segment);
void fast_open_give(const struct world *w, struct end *e, struct tcpr_segment *out);
void fast_open_taken(const struct world *w, struct end *e, const struct tcpr_segment *segment);
void fast_open_watch(const struct world *w, struct end *e);
/** @} */

/** Something from off the path reaches one of the ends (attack.c). */
void attack(struct world *w);

/** @name watch.c: what must hold. Each failure tells the seed and ends the program. @{ */
_Noreturn void give_up(const struct world *w, const char *what);
void require(const struct world *w, bool holds, const char *what);
void watch_conn(const struct world *w, const struct end *e);
void watch_effects(struct world *w, struct end *e);
void watch_output(struct world *w, struct end *e, const struct tcpr_segment *out);
uint8_t octet_at(uint8_t side, uint64_t at);
void say(const struct world *w, const struct end *e, const char *what, const struct tcpr_segment *segment);
/** @} */

#endif
