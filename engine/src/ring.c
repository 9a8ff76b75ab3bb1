#include "tcprove/ring.h"

#include "assert.h"

#include <string.h>

/* Octets from offset `at` to where the ring's memory ends, `len` at most. */
static uint32_t before_end(const struct tcpr_ring *ring, uint64_t at, uint32_t len)
{
    TCPR_ASSERT(ring->size > 0 && (ring->size & (ring->size - 1)) == 0);
    TCPR_ASSERT(len <= ring->size);
    uint32_t room = ring->size - (uint32_t)(at & (ring->size - 1));
    return len < room ? len : room;
}

void tcpr_ring_put(const struct tcpr_ring *ring, uint64_t at, const uint8_t *from, uint32_t len)
{
    uint32_t first = before_end(ring, at, len);
    if (len == 0) { return; }
    memcpy(ring->octets + (at & (ring->size - 1)), from, first);
    memcpy(ring->octets, from + first, len - first);
}

void tcpr_ring_get(const struct tcpr_ring *ring, uint64_t at, uint8_t *to, uint32_t len)
{
    uint32_t first = before_end(ring, at, len);
    if (len == 0) { return; }
    memcpy(to, ring->octets + (at & (ring->size - 1)), first);
    memcpy(to + first, ring->octets, len - first);
}
