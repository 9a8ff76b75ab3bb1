/* Which port an active OPEN gets: RFC 6056 section 3.3.4, double-hash. */
#include "host_state.h"
#include "sip.h"

/* Two outputs of one keyed function of both addresses and the remote port: the offset F, and which counter, G. */
static uint64_t hash_of(const struct tcpr_host *h, const struct found *key)
{
    uint64_t words[3] = {sip_load(key->remote)}, rest = sip_load(key->remote + 8);
    size_t count = 1;
    if (rest != 0) { words[count++] = rest; } /* the local address tells the version, so IPv4 is short */
    words[count++] = key->remote_port | (uint64_t)key->local << 32 | (uint64_t)'P' << 48;
    return sip_hash(h->options.secret, words, count, SIP_2_4);
}

/* RFC6056-3.2-1: what is listened on is left alone. */
static bool is_free(const struct tcpr_host *h, struct found *key)
{
    if (listener_for(h, key->local, key->local_port) != NONE) { return false; }
    return demux_find(h, key) == NONE;
}

uint16_t port_choose(struct tcpr_host *h, struct found *key)
{
    uint64_t hash = hash_of(h, key);
    uint32_t *counter = &h->port_counter[(hash >> 32) % PORT_COUNTERS];
    uint32_t count = (uint32_t)h->options.last_port - h->options.first_port + 1u;
    uint32_t offset = (uint32_t)hash % count;
    for (uint32_t tries = 0; tries < count; tries++) {
        uint32_t step = offset + *counter; /* both below `count` */
        *counter = *counter + 1u < count ? *counter + 1u : 0;
        key->local_port = (uint16_t)(h->options.first_port + (step < count ? step : step - count));
        if (is_free(h, key)) { return key->local_port; }
    }
    return 0;
}
