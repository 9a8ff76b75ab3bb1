/**
 * tcprove/seq.h - sequence number arithmetic, modulo 2^32 (RFC 9293 section 3.4).
 *
 * A comparison is one signed reading of one unsigned subtraction, so it is right across the wrap as long as the two
 * numbers are less than 2^31 apart, which the largest window guarantees (RFC 7323 section 2.3).
 */
#ifndef TCPROVE_SEQ_H
#define TCPROVE_SEQ_H

#include "tcprove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Numbers less than this apart have an order. */
#define TCPR_SEQ_HALF 0x80000000u

/** How far `b` lies beyond `a`; modulo 2^32. */
static inline uint32_t tcpr_seq_distance(uint32_t a, uint32_t b)
{
    return (uint32_t)(b - a);
}

/** a < b */
static inline bool tcpr_seq_lt(uint32_t a, uint32_t b)
{
    return (uint32_t)(a - b) >= TCPR_SEQ_HALF;
}

/** a =< b */
static inline bool tcpr_seq_le(uint32_t a, uint32_t b)
{
    return !tcpr_seq_lt(b, a);
}

/** first =< seq < first + size, as one subtraction: right at the wrap, and false for every seq when size is 0. */
static inline bool tcpr_seq_within(uint32_t seq, uint32_t first, uint32_t size)
{
    return (uint32_t)(seq - first) < size;
}

/** The later of two sequence numbers. */
static inline uint32_t tcpr_seq_max(uint32_t a, uint32_t b)
{
    return tcpr_seq_lt(a, b) ? b : a;
}

/** The earlier of two sequence numbers. */
static inline uint32_t tcpr_seq_min(uint32_t a, uint32_t b)
{
    return tcpr_seq_lt(a, b) ? a : b;
}

#ifdef __cplusplus
}
#endif
#endif
