#include "shim.h"

#include <string.h>

#define REORDER_US TCPR_MS(5) /* a datagram overtaken waits no longer */
#define OVERTAKE_MAX 8u       /* ... and for no more than this many others */

/* splitmix64: the same seed gives the same network. */
static uint64_t next_random(struct shim *shim)
{
    uint64_t z = shim->random += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static bool chance(struct shim *shim, uint32_t rate)
{
    return next_random(shim) % 10000 < rate;
}

void shim_begin(struct shim *shim, struct shim_rates rates, uint64_t seed)
{
    shim->rates = rates;
    shim->random = seed;
    shim->counts = (struct shim_counts){0};
    shim->held_count = 0;
}

bool shim_is_clean(const struct shim *shim)
{
    return shim->rates.loss == 0 && shim->rates.duplicate == 0 && shim->rates.reorder == 0;
}

static void hold(struct shim *shim, tcpr_time now, const uint8_t *octets, size_t len)
{
    if (shim->held_count == SHIM_HELD_MAX) {
        shim->counts.lost++;
        return;
    }
    struct shim_held *held = &shim->held[shim->held_count++];
    bool late = chance(shim, shim->rates.reorder);
    shim->counts.reordered += late;
    held->overtake = late ? 1 + (uint32_t)(next_random(shim) % OVERTAKE_MAX) : 0;
    held->due = now + REORDER_US;
    held->len = (uint32_t)len;
    memcpy(held->octets, octets, len);
}

void shim_put(struct shim *shim, tcpr_time now, const uint8_t *octets, size_t len)
{
    for (uint32_t i = 0; i < shim->held_count; i++) {
        if (shim->held[i].overtake > 0) { shim->held[i].overtake--; }
    }
    shim->counts.datagrams++;
    if (len > DATAGRAM_MAX || chance(shim, shim->rates.loss)) {
        shim->counts.lost++;
        return;
    }
    hold(shim, now, octets, len);
    if (chance(shim, shim->rates.duplicate)) {
        shim->counts.duplicated++;
        hold(shim, now, octets, len);
    }
}

size_t shim_take(struct shim *shim, tcpr_time now, uint8_t *to)
{
    for (uint32_t i = shim->held_count; i-- > 0;) { /* the newest first: it overtakes those that wait */
        struct shim_held *held = &shim->held[i];
        if (held->overtake > 0 && held->due > now) { continue; }
        uint32_t len = held->len;
        memcpy(to, held->octets, len);
        memmove(held, held + 1, (--shim->held_count - i) * sizeof *held);
        return len;
    }
    return 0;
}

tcpr_time shim_deadline(const struct shim *shim)
{
    return shim->held_count > 0 ? shim->held[0].due : TCPR_NEVER;
}
