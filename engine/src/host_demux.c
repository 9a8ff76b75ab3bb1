/* Which connection, handshake or TIME-WAIT a segment is for: a table of chains under a keyed hash. */
#include "host_state.h"
#include "octets.h"
#include "sip.h"

static bool same_octets(const uint8_t a[16], const uint8_t b[16])
{
    return ((load_u64(a) ^ load_u64(b)) | (load_u64(a + 8) ^ load_u64(b + 8))) == 0;
}

uint32_t local_index(const struct tcpr_host *h, const uint8_t address[16], uint8_t version)
{
    for (uint32_t index = 0; index < h->addresses; index++) {
        const struct address *own = address_at(h, index);
        if (own->version != version) { continue; }
        bool same = version == 6 ? same_octets(own->octets, address) : load_u32(own->octets) == load_u32(address);
        if (same) { return index; }
    }
    return NONE;
}

/* Of sixteen octets IPv4 has the first four. Written in pieces as large as those that are read right after. */
void demux_key(const struct tcpr_host *h, uint32_t local, const uint8_t remote[16], uint16_t local_port,
               uint16_t remote_port, struct found *key)
{
    static const uint8_t first_four[8] = {0xFF, 0xFF, 0xFF, 0xFF};
    const bool whole = address_at(h, local)->version == 6;
    store_u64(key->remote, load_u64(remote) & (whole ? UINT64_MAX : load_u64(first_four)));
    store_u64(key->remote + 8, whole ? load_u64(remote + 8) : 0);
    key->remote_port = remote_port;
    key->local_port = local_port;
    key->local = (uint16_t)local;
    key->flags = 0;
    key->chain = 0;
}

/* SipHash-1-3: a peer cannot choose sockets that share a chain. The local address tells the version, so IPv4 is short.
 */
uint32_t demux_hash(const struct tcpr_host *h, const struct found *key)
{
    uint64_t words[3] = {load_u64(key->remote)}, rest = load_u64(key->remote + 8);
    size_t count = 1;
    if (rest != 0) { words[count++] = rest; }
    words[count++] =
        key->remote_port | (uint64_t)key->local_port << 16 | (uint64_t)key->local << 32 | (uint64_t)1 << 63;
    return (uint32_t)sip_hash(h->options.secret, words, count, SIP_1_3);
}

static uint32_t *bucket_of(const struct tcpr_host *h, uint32_t hash)
{
    return bucket_at(h, hash & (h->buckets - 1u));
}

static bool same_sockets(const struct found *a, const struct found *b)
{
    return same_octets(a->remote, b->remote) && a->remote_port == b->remote_port && a->local_port == b->local_port &&
           a->local == b->local;
}

struct found *demux_entry(const struct tcpr_host *h, uint32_t id)
{
    if (id < first_syn(h)) { return &slot_at(h, id)->at; }
    if (id < first_linger(h)) { return &syn_at(h, id - first_syn(h))->at; }
    return &linger_at(h, id - first_linger(h))->at;
}

static uint32_t find_hashed(const struct tcpr_host *h, const struct found *key)
{
    uint32_t id = *bucket_of(h, key->hash);
    while (id != NONE) {
        const struct found *entry = demux_entry(h, id);
        if (same_sockets(entry, key)) { return id; }
        id = entry->chain;
    }
    return NONE;
}

uint32_t demux_find(const struct tcpr_host *h, struct found *key)
{
    key->hash = demux_hash(h, key);
    return find_hashed(h, key);
}

void demux_expect(const struct tcpr_host *h, uint32_t hash)
{
    uint32_t id = *bucket_of(h, hash);
    if (id >= first_syn(h)) { return; }
    const uint8_t *c = (const uint8_t *)conn_at(h, id);
    __builtin_prefetch(slot_at(h, id));
    for (size_t at = 0; at < h->at.conn_len; at += 64) {
        __builtin_prefetch(c + at);
    }
}

/* Segments come in trains, so the connection found last is asked before the hash is reckoned. */
uint32_t demux_find_segment(struct tcpr_host *h, struct found *key)
{
    if (h->found_last != NONE && same_sockets(&slot_at(h, h->found_last)->at, key)) { return h->found_last; }
    key->hash = demux_hash(h, key);
    demux_expect(h, key->hash);
    uint32_t id = find_hashed(h, key);
    if (id < first_syn(h)) { h->found_last = id; }
    return id;
}

void demux_link(struct tcpr_host *h, uint32_t id)
{
    struct found *entry = demux_entry(h, id);
    uint32_t *bucket = bucket_of(h, entry->hash);
    entry->chain = *bucket;
    *bucket = id;
}

void demux_unlink(struct tcpr_host *h, uint32_t id)
{
    struct found *entry = demux_entry(h, id);
    uint32_t hash = demux_hash(h, entry), *link = bucket_of(h, hash);
    while (*link != id) {
        TCPR_ASSERT(*link != NONE);
        link = &demux_entry(h, *link)->chain;
    }
    *link = entry->chain;
    entry->hash = hash;
    if (h->found_last == id) { h->found_last = NONE; }
}
