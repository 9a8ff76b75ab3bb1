/**
 * tcprove/ring.h - octets of a stream by 64-bit stream offset, in the caller's memory. Beside the engine, not part of
 * it.
 *
 * A ring of 2^n octets holds any window of the stream not longer than that. It has no cursors: offsets come from the
 * engine (place.stream_at, text_at), and the engine bounds them.
 */
#ifndef TCPROVE_RING_H
#define TCPROVE_RING_H

#include "tcprove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tcpr_ring {
    uint8_t *octets; /* the caller's */
    uint32_t size;   /* a power of two */
};

/** Copy `len` octets to stream offset `at`. len =< size. */
void tcpr_ring_put(const struct tcpr_ring *ring, uint64_t at, const uint8_t *from, uint32_t len);

/** Copy `len` octets from stream offset `at`. len =< size. */
void tcpr_ring_get(const struct tcpr_ring *ring, uint64_t at, uint8_t *to, uint32_t len);

#ifdef __cplusplus
}
#endif
#endif
