/* The user calls by handle, and what connections owe the network. */
#include "host_state.h"

#include <string.h>

static void settle(struct tcpr_host *h, struct tcpr_handle handle, struct tcpr_host_result *res)
{
    res->conn = handle;
    if (res->fx.has_reply) { slot_addresses(h, &slot_at(h, handle.index)->at, &res->ip); }
    slot_settle(h, handle.index);
}

/* @return the connection to call; NULL: an old handle, or nothing but CLOSED is left (unread text apart). */
static struct tcpr_conn *begin(struct tcpr_host *h, tcpr_time now, struct tcpr_handle handle,
                               struct tcpr_host_result *res)
{
    host_begin(h, now, res);
    return slot_named(h, handle) ? conn_at(h, handle.index) : NULL;
}

/* A connection in CLOSED was settled when it got there. */
static enum tcpr_status done(struct tcpr_host *h, struct tcpr_handle handle, bool was_closed, enum tcpr_status status,
                             struct tcpr_host_result *res)
{
    if (status == TCPR_OK && !was_closed) { settle(h, handle, res); }
    return status;
}

enum tcpr_status tcpr_host_send(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                struct tcpr_handle handle, uint32_t octets, bool urgent, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = begin(h, now, handle, res);
    if (!c) { return TCPR_DOES_NOT_EXIST; }
    bool closed = c->state == TCPR_CLOSED;
    return done(h, handle, closed, tcpr_send(c, config, now, octets, urgent, &res->fx), res);
}

enum tcpr_status tcpr_host_receive(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                   struct tcpr_handle handle, uint32_t octets, uint32_t *taken,
                                   struct tcpr_host_result *res)
{
    struct tcpr_conn *c = begin(h, now, handle, res);
    *taken = 0;
    if (!c) { return TCPR_DOES_NOT_EXIST; }
    enum tcpr_status status = tcpr_receive(c, config, now, octets, taken, &res->fx);
    if (status == TCPR_OK && c->state != TCPR_CLOSED) {
        res->conn = handle;
        if (has(c, TCPR_FLAG_ACK_NOW)) {
            slot_owes(h, handle.index);
        } /* a window update: nothing else can have changed */
    }
    return status;
}

enum tcpr_status tcpr_host_close(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                 struct tcpr_handle handle, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = begin(h, now, handle, res);
    if (!c) { return TCPR_DOES_NOT_EXIST; }
    bool closed = c->state == TCPR_CLOSED;
    return done(h, handle, closed, tcpr_close(c, config, now, &res->fx), res);
}

typedef enum tcpr_status leave(struct tcpr_conn *, const struct tcpr_config *, tcpr_time, struct tcpr_effects *);

/* The application lets go, in one way or the other. */
static enum tcpr_status let_go(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                               struct tcpr_handle handle, leave *how, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = begin(h, now, handle, res);
    if (!c) { return TCPR_DOES_NOT_EXIST; }
    slot_at(h, handle.index)->at.flags |= SLOT_RELEASED;
    if (c->state == TCPR_CLOSED) {
        slot_free(h, handle.index);
        return TCPR_OK;
    }
    enum tcpr_status status = how(c, config, now, &res->fx);
    TCPR_ASSERT(status == TCPR_OK);
    settle(h, handle, res);
    return TCPR_OK;
}

enum tcpr_status tcpr_host_release(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                   struct tcpr_handle handle, struct tcpr_host_result *res)
{
    return let_go(h, config, now, handle, tcpr_release, res);
}

enum tcpr_status tcpr_host_abort(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                 struct tcpr_handle handle, struct tcpr_host_result *res)
{
    return let_go(h, config, now, handle, tcpr_abort, res);
}

enum tcpr_status tcpr_host_set(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                               struct tcpr_handle handle, enum tcpr_setting setting, uint64_t value)
{
    struct tcpr_host_result res;
    struct tcpr_conn *c = begin(h, now, handle, &res);
    if (!c) { return TCPR_DOES_NOT_EXIST; }
    bool closed = c->state == TCPR_CLOSED;
    tcpr_set(c, config, now, setting, value);
    return done(h, handle, closed, TCPR_OK, &res);
}

/* ---- active OPEN ---- */

/* MUST-43, MUST-44: the source the application names, else our first address of that version. */
static uint32_t source_for(const struct tcpr_host *h, const struct tcpr_ip *ip)
{
    static const uint8_t unspecified[16] = {0};
    if (memcmp(ip->source, unspecified, sizeof unspecified) != 0) { return local_index(h, ip->source, ip->version); }
    for (uint32_t index = 0; index < h->addresses; index++) {
        if (address_at(h, index)->version == ip->version) { return index; }
    }
    return NONE;
}

/* The sockets of a new connection; INSUFFICIENT_RESOURCES: every port is in use. */
static enum tcpr_status choose_sockets(struct tcpr_host *h, const struct tcpr_open *open, struct found *key)
{
    if (open->ip.version == 0 || open->remote_port == 0) { return TCPR_REMOTE_UNSPECIFIED; }
    if (!tcpr_address_is_unicast(open->ip.destination, open->ip.version)) { return TCPR_REMOTE_INVALID; } /* MUST-46 */
    uint32_t local = source_for(h, &open->ip);
    if (local == NONE) { return TCPR_ILLEGAL_FOR_PROCESS; }
    demux_key(h, local, open->ip.destination, open->local_port, open->remote_port, key);
    if (open->local_port == 0) { return port_choose(h, key) == 0 ? TCPR_INSUFFICIENT_RESOURCES : TCPR_OK; }
    return demux_find(h, key) == NONE ? TCPR_OK : TCPR_ALREADY_EXISTS;
}

enum tcpr_status tcpr_host_connect(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                   const struct tcpr_open *open, struct tcpr_handle *out, struct tcpr_host_result *res)
{
    struct found key;
    host_begin(h, now, res);
    *out = (struct tcpr_handle){0};
    enum tcpr_status status = choose_sockets(h, open, &key);
    if (status != TCPR_OK) { return status; }
    bool too_much = open->text_len > config->send_buffer;
    uint32_t index = too_much ? NONE : slot_take(h, &key);
    if (index == NONE) { return TCPR_INSUFFICIENT_RESOURCES; }
    struct tcpr_open complete = *open;
    complete.local_port = key.local_port;
    slot_addresses(h, &key, &complete.ip);
    tcpr_conn_init_with_tail(conn_at(h, index), h->options.sacked_ranges, h->options.records);
    status = tcpr_open_active(conn_at(h, index), config, now, &complete, &res->fx);
    TCPR_ASSERT(status == TCPR_OK);
    *out = slot_handle(h, index);
    settle(h, *out, res);
    return TCPR_OK;
}

/* ---- output ---- */

/* The first in the queue owes nothing any more. */
static void leave_queue(struct tcpr_host *h, uint32_t index, struct slot *slot)
{
    h->ready_first = slot->ready;
    slot->at.flags &= (uint16_t)~SLOT_READY;
    if (slot->at.flags & SLOT_RELEASED) { (void)slot_retire(h, index); }
}

/* The queue is not empty. */
static APART bool next_of_ready(struct tcpr_host *h, const struct tcpr_config *config, struct tcpr_host_output *out)
{
    do {
        uint32_t index = h->ready_first;
        struct slot *slot = slot_at(h, index);
        struct tcpr_conn *c = conn_at(h, index);
        if ((slot->at.flags & SLOT_TAKEN) && tcpr_next_segment(c, config, h->latest, &out->seg)) {
            wheel_hasten(h, index, &slot->timer, tcpr_next_deadline(c));
            out->conn = (struct tcpr_handle){.index = index, .generation = slot->generation};
            slot_addresses(h, &slot->at, &out->ip);
            return true;
        }
        leave_queue(h, index, slot);
    } while (h->ready_first != NONE);
    return false;
}

bool tcpr_host_next_segment(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                            struct tcpr_host_output *out)
{
    TCPR_ASSERT(now >= h->latest);
    h->latest = now;
    return h->ready_first != NONE && next_of_ready(h, config, out);
}

/* ---- looking ---- */

static uint32_t look_up(const struct tcpr_host *h, const struct tcpr_ip *ip, uint16_t local_port, uint16_t remote_port)
{
    uint32_t local = local_index(h, ip->source, ip->version);
    if (local == NONE) { return NONE; }
    struct found key;
    demux_key(h, local, ip->destination, local_port, remote_port, &key);
    return demux_find(h, &key);
}

struct tcpr_handle tcpr_host_find(const struct tcpr_host *h, const struct tcpr_ip *ip, uint16_t local_port,
                                  uint16_t remote_port)
{
    const struct tcpr_handle none = {0};
    uint32_t id = look_up(h, ip, local_port, remote_port);
    if (id == NONE || id >= first_syn(h)) { return none; }
    struct tcpr_handle handle = slot_handle(h, id);
    return slot_named(h, handle) ? handle : none;
}

enum tcpr_state tcpr_host_state(const struct tcpr_host *h, const struct tcpr_ip *ip, uint16_t local_port,
                                uint16_t remote_port)
{
    uint32_t id = look_up(h, ip, local_port, remote_port);
    if (id == NONE) { return TCPR_CLOSED; }
    if (id < first_syn(h)) { return (enum tcpr_state)conn_at(h, id)->state; }
    return id < first_linger(h) ? TCPR_SYN_RECEIVED : TCPR_TIME_WAIT;
}

void tcpr_host_expect(const struct tcpr_host *h, const struct tcpr_ip *ip, uint16_t source_port,
                      uint16_t destination_port)
{
    uint32_t local = local_index(h, ip->destination, ip->version);
    if (local == NONE) { return; }
    struct found key;
    demux_key(h, local, ip->source, destination_port, source_port, &key);
    demux_expect(h, demux_hash(h, &key));
}
