/* The network: it loses, doubles, corrupts, delays and so reorders. */
#include "sim.h"

#include <string.h>

#define IP_HEADER 20u

static tcpr_time delay(struct world *w)
{
    const struct weather *weather = &w->network.weather;
    tcpr_time us = weather->delay_us;
    if (!stormy(w)) { return us; }
    if (weather->jitter_us != 0) { us += below(w, (uint32_t)weather->jitter_us); }
    return chance(w, weather->held_up) ? us + weather->hold_us : us;
}

static void put(struct world *w, uint8_t to, uint8_t ecn, const uint8_t *octets, size_t len)
{
    struct network *n = &w->network;
    if (n->count == SIM_PACKETS_MAX) { return; }
    struct packet *p = &n->packets[n->count++];
    p->due = w->now + delay(w);
    p->order = n->order++;
    p->to = to;
    p->ecn = ecn;
    p->is_error = false;
    p->len = len;
    memcpy(p->octets, octets, len);
    if (stormy(w) && chance(w, n->weather.corrupted)) { /* one bit, which every checksum finds */
        uint32_t at = below(w, (uint32_t)len);
        p->octets[at] ^= (uint8_t)(1u << below(w, 8));
    }
}

/* Longer than a link on the way carries: what the router there says of it goes back. */
static void refuse(struct world *w, uint8_t from, const uint8_t *octets, size_t len)
{
    struct network *n = &w->network;
    if (n->count == SIM_PACKETS_MAX || (stormy(w) && chance(w, n->weather.lost))) { return; }
    struct packet *p = &n->packets[n->count++];
    uint32_t seq =
        (uint32_t)octets[4] << 24 | (uint32_t)octets[5] << 16 | (uint32_t)octets[6] << 8 | (uint32_t)octets[7];
    p->due = w->now + delay(w);
    p->order = n->order++;
    p->to = from;
    p->len = 0;
    p->is_error = true;
    p->error = (struct tcpr_icmp){.quoted_seq = seq,
                                  .mtu = n->weather.wordless ? 0 : n->weather.narrow,
                                  .quoted_len = (uint16_t)(len + IP_HEADER),
                                  .version = 4,
                                  .type = 3,
                                  .code = 4};
}

static bool fits(const struct world *w, size_t len)
{
    const struct weather *weather = &w->network.weather;
    return weather->narrow == 0 || w->now < weather->narrow_from || len + IP_HEADER <= weather->narrow;
}

/* RFC 3168 section 5: what is ECN-capable is marked where it would have been dropped for congestion. */
static uint8_t marked(struct world *w, uint8_t ecn)
{
    const struct weather *weather = &w->network.weather;
    if (weather->mangled != 0 && chance(w, weather->mangled)) { return (uint8_t)below(w, 4); }
    return ecn != 0 && chance(w, weather->marked) ? 3 : ecn;
}

void network_send(struct world *w, uint8_t to, uint8_t ecn, const uint8_t *octets, size_t len)
{
    require(w, len <= SIM_PACKET_MAX, "a segment larger than any MTU here");
    if (stormy(w) && chance(w, w->network.weather.lost)) { return; }
    if (!fits(w, len)) {
        refuse(w, (uint8_t)(1 - to), octets, len);
        return;
    }
    put(w, to, marked(w, ecn), octets, len);
    if (stormy(w) && chance(w, w->network.weather.doubled)) { put(w, to, marked(w, ecn), octets, len); }
}

static bool earlier(const struct packet *a, const struct packet *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

size_t network_next(const struct network *network)
{
    size_t next = SIZE_MAX;
    for (size_t i = 0; i < network->count; i++) {
        if (next == SIZE_MAX || earlier(&network->packets[i], &network->packets[next])) { next = i; }
    }
    return next;
}

void network_take(struct network *network, size_t index, struct packet *out)
{
    *out = network->packets[index];
    network->packets[index] = network->packets[--network->count];
}
