/* A bad network between a host and its device: datagrams are lost, sent twice, and overtaken by later ones. */
#ifndef EXAMPLE_SHIM_H
#define EXAMPLE_SHIM_H

#include "tcprove/base.h"

#define DATAGRAM_MAX 2048u
#define SHIM_HELD_MAX 64u

/* How bad, in hundredths of a percent of all datagrams. */
struct shim_rates {
    uint32_t loss;
    uint32_t duplicate;
    uint32_t reorder;
};

/* What it did. */
struct shim_counts {
    uint64_t datagrams;
    uint64_t lost;
    uint64_t duplicated;
    uint64_t reordered;
};

/* One datagram under way. */
struct shim_held {
    tcpr_time due;     /* it goes no later than this */
    uint32_t overtake; /* ... or when so many more have come */
    uint32_t len;
    uint8_t octets[DATAGRAM_MAX];
};

/* One direction. */
struct shim {
    struct shim_rates rates;
    struct shim_counts counts;
    uint64_t random;
    uint32_t held_count;
    struct shim_held held[SHIM_HELD_MAX]; /* in the order they came */
};

void shim_begin(struct shim *shim, struct shim_rates rates, uint64_t seed);

/* True where it does nothing, and need not be asked. */
bool shim_is_clean(const struct shim *shim);

/* A datagram enters. Anything longer than DATAGRAM_MAX, and what finds no room, is lost. */
void shim_put(struct shim *shim, tcpr_time now, const uint8_t *octets, size_t len);

/* The next datagram that leaves; `to` has room for DATAGRAM_MAX. @return its length; 0: none yet. */
size_t shim_take(struct shim *shim, tcpr_time now, uint8_t *to);

/* When one may leave without another coming; TCPR_NEVER where none waits. */
tcpr_time shim_deadline(const struct shim *shim);

#endif
