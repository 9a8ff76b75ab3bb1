/* The host's block: how it is laid out, and who has which slot. */
#include "host_state.h"

#include <string.h>

#define ENTRIES_MAX ((uint32_t)1 << 24)
#define SMALL_MAX 4096u
#define LINE 64u
#define FIRST_PORT 1024u /* RFC6056-3.2-3 */

static bool options_fit(const struct tcpr_host_options *o)
{
    if (o->connections == 0 || o->connections > ENTRIES_MAX) { return false; }
    if (o->time_wait > ENTRIES_MAX || o->syn_queue > ENTRIES_MAX) { return false; }
    if (o->listeners > SMALL_MAX || o->addresses == 0 || o->addresses > SMALL_MAX) { return false; }
    if (o->first_port != 0 && o->last_port != 0 && o->first_port > o->last_port) { return false; }
    if (o->first_port == 0 && o->last_port != 0 && o->last_port < FIRST_PORT) { return false; }
    return o->cookies <= TCPR_COOKIES_ALWAYS && o->reserved_zero[0] == 0 && o->reserved_zero[1] == 0 &&
           o->reserved_zero[2] == 0;
}

/* At least as many as there are entries: the hash costs 4 to 8 octets an entry. */
static uint32_t buckets_for(const struct tcpr_host_options *o)
{
    uint32_t entries = o->connections + o->syn_queue + o->time_wait, buckets = 1;
    while (buckets < entries) {
        buckets *= 2;
    }
    return buckets;
}

static size_t lined(size_t size)
{
    return (size + LINE - 1u) & ~(size_t)(LINE - 1u);
}

/* Claim `count` things of `size` octets each behind what is claimed already. @return where they begin. */
static size_t claim(struct places *at, size_t count, size_t size)
{
    size_t begin = at->end;
    if (size != 0 && count > (SIZE_MAX / 2u - begin) / size) {
        at->end = SIZE_MAX / 2u; /* more than there can be; stays so */
        return begin;
    }
    at->end = lined(begin + count * size);
    return begin;
}

static struct places lay_out(const struct tcpr_host_options *o)
{
    struct places at = {.conn_len = TCPR_CONN_SIZE(o->sacked_ranges, o->records),
                        .end = lined(sizeof(struct tcpr_host))};
    at.slots = claim(&at, o->connections, sizeof(struct slot));
    at.syns = claim(&at, o->syn_queue, sizeof(struct syn));
    at.lingers = claim(&at, o->time_wait, sizeof(struct linger));
    at.buckets = claim(&at, buckets_for(o), sizeof(uint32_t));
    at.listeners = claim(&at, o->listeners, sizeof(struct listener));
    at.listening = claim(&at, o->listeners, at.conn_len);
    at.addresses = claim(&at, o->addresses, sizeof(struct address));
    at.scratch = claim(&at, 1, at.conn_len);
    at.conns = claim(&at, o->connections, at.conn_len);
    return at;
}

size_t tcpr_host_size(const struct tcpr_host_options *options)
{
    if (!options_fit(options)) { return 0; }
    size_t size = lay_out(options).end;
    return size < SIZE_MAX / 2u ? size : 0;
}

/* Everything free, each free list in the order of its indices. */
static void free_all(struct tcpr_host *h)
{
    for (uint32_t id = all_ids(h); id-- > 0;) {
        uint32_t *list = id < first_syn(h) ? &h->free_slot : id < first_linger(h) ? &h->free_syn : &h->free_linger;
        demux_entry(h, id)->chain = *list;
        *list = id;
    }
    for (uint32_t index = 0; index < h->options.connections; index++) {
        slot_at(h, index)->timer.head = WHEEL_IDLE;
    }
    for (uint32_t index = 0; index < h->options.syn_queue; index++) {
        syn_at(h, index)->timer.head = WHEEL_IDLE;
    }
}

struct tcpr_host *tcpr_host_init(void *memory, const struct tcpr_host_options *options, tcpr_time now)
{
    size_t size = tcpr_host_size(options);
    TCPR_ASSERT(size != 0 && ((uintptr_t)memory & (LINE - 1u)) == 0);
    struct tcpr_host *h = memory;
    memset(h, 0, size);
    h->options = *options;
    if (h->options.first_port == 0) { h->options.first_port = FIRST_PORT; }
    if (h->options.last_port == 0) { h->options.last_port = UINT16_MAX; }
    h->at = lay_out(options);
    h->latest = now;
    h->buckets = buckets_for(options);
    h->free_slot = h->free_syn = h->free_linger = NONE;
    h->found_last = h->ready_first = h->ready_last = h->linger_first = h->linger_last = NONE;
    wheel_begin(&h->wheel, now);
    memset(bucket_at(h, 0), 0xFF, h->buckets * sizeof(uint32_t)); /* NONE in each */
    free_all(h);
    return h;
}

enum tcpr_status tcpr_host_add_address(struct tcpr_host *h, const uint8_t address[16], uint8_t version)
{
    if (!tcpr_address_is_unicast(address, version)) { return TCPR_REMOTE_INVALID; }
    if (local_index(h, address, version) != NONE) { return TCPR_ALREADY_EXISTS; }
    if (h->addresses == h->options.addresses) { return TCPR_INSUFFICIENT_RESOURCES; }
    struct address *own = address_at(h, h->addresses++);
    own->version = version;
    memcpy(own->octets, address, version == 6 ? 16 : 4);
    return TCPR_OK;
}

void host_begin(struct tcpr_host *h, tcpr_time now, struct tcpr_host_result *res)
{
    TCPR_ASSERT(now >= h->latest);
    h->latest = now;
    res->conn = (struct tcpr_handle){0};
    res->listener = (struct tcpr_listener){0};
    memset(&res->fx, 0, offsetof(struct tcpr_effects, decision));
    res->fx.stream_reset = false;
    res->fx.has_reply = false;
}

uint32_t slot_take(struct tcpr_host *h, const struct found *key)
{
    uint32_t index = h->free_slot;
    if (index == NONE) { return NONE; }
    struct slot *slot = slot_at(h, index);
    uint16_t still_queued = slot->at.flags & SLOT_READY;
    h->free_slot = slot->at.chain;
    slot->at = *key;
    slot->at.flags = (uint16_t)(SLOT_TAKEN | still_queued);
    slot->generation = slot->generation == UINT32_MAX ? 1 : slot->generation + 1u;
    slot->timer.listener = NO_LISTENER;
    h->counts.connections++;
    demux_link(h, index);
    return index;
}

/* Its sockets are unlinked and its timer is idle. */
void slot_free(struct tcpr_host *h, uint32_t index)
{
    struct slot *slot = slot_at(h, index);
    slot->at.flags &= SLOT_READY; /* the queue of who may owe a segment finds out in its turn */
    slot->at.chain = h->free_slot;
    h->free_slot = index;
    h->counts.connections--;
}

#define NOT_THE_APPLICATIONS (SLOT_TAKEN | SLOT_RELEASED | SLOT_UNACCEPTED)

bool slot_named(const struct tcpr_host *h, struct tcpr_handle handle)
{
    if (tcpr_handle_is_none(handle) || handle.index >= h->options.connections) { return false; }
    const struct slot *slot = slot_at(h, handle.index);
    return slot->generation == handle.generation && (slot->at.flags & NOT_THE_APPLICATIONS) == SLOT_TAKEN;
}

void slot_addresses(const struct tcpr_host *h, const struct found *key, struct tcpr_ip *out)
{
    const struct address *own = address_at(h, key->local);
    out->version = (uint8_t)own->version;
    out->ttl = 64;
    memcpy(out->source, own->octets, sizeof out->source);
    memcpy(out->destination, key->remote, sizeof out->destination);
}

void slot_owes(struct tcpr_host *h, uint32_t index)
{
    struct slot *slot = slot_at(h, index);
    if (slot->at.flags & SLOT_READY) { return; }
    slot->at.flags |= SLOT_READY;
    slot->ready = NONE;
    if (h->ready_first == NONE) {
        h->ready_first = index;
    } else {
        slot_at(h, h->ready_last)->ready = index;
    }
    h->ready_last = index;
}

void slot_settle(struct tcpr_host *h, uint32_t index)
{
    struct slot *slot = slot_at(h, index);
    const struct tcpr_conn *c = conn_at(h, index);
    if (slot->at.flags & SLOT_UNPROVED) { fast_settle(h, index); }
    if (c->state == TCPR_CLOSED) {
        demux_unlink(h, index);
        wheel_remove(h, index);
        if (slot->at.flags & SLOT_RELEASED) { slot_free(h, index); }
        return;
    }
    wheel_hasten(h, index, &slot->timer, tcpr_next_deadline(c));
    slot_owes(h, index);
}

bool slot_retire(struct tcpr_host *h, uint32_t index)
{
    const struct slot *slot = slot_at(h, index);
    const struct tcpr_conn *c = conn_at(h, index);
    bool done = (slot->at.flags & SLOT_RELEASED) != 0 && c->state == TCPR_TIME_WAIT && unread(c) == 0;
    if (!done || !linger_has_room(h)) { return false; }
    demux_unlink(h, index);
    wheel_remove(h, index);
    struct found key = slot->at;
    slot_free(h, index);
    linger_keep(h, &key, c);
    return true;
}

const struct tcpr_conn *tcpr_host_conn(const struct tcpr_host *h, struct tcpr_handle handle)
{
    return slot_named(h, handle) ? conn_at(h, handle.index) : NULL;
}

bool tcpr_host_addresses(const struct tcpr_host *h, struct tcpr_handle handle, struct tcpr_ip *out)
{
    if (!slot_named(h, handle)) { return false; }
    slot_addresses(h, &slot_at(h, handle.index)->at, out);
    return true;
}

struct tcpr_handle tcpr_host_next(const struct tcpr_host *h, struct tcpr_handle handle)
{
    uint32_t index = tcpr_handle_is_none(handle) ? 0 : handle.index + 1u;
    for (; index < h->options.connections; index++) {
        struct tcpr_handle next = slot_handle(h, index);
        if (slot_named(h, next)) { return next; }
    }
    return (struct tcpr_handle){0};
}

void tcpr_host_count(const struct tcpr_host *h, struct tcpr_host_counts *out)
{
    *out = h->counts;
}
