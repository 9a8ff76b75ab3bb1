/* Listeners, and the connections that wait to be accepted. */
#include "host_state.h"

#include <string.h>

static bool listens(const struct listener *l)
{
    return l->generation % 2u == 1u;
}

struct tcpr_listener listener_handle(const struct tcpr_host *h, uint32_t index)
{
    return (struct tcpr_listener){.index = index, .generation = listener_at(h, index)->generation};
}

static struct listener *named(const struct tcpr_host *h, struct tcpr_listener handle)
{
    if (handle.index >= h->options.listeners) { return NULL; }
    struct listener *l = listener_at(h, handle.index);
    return listens(l) && l->generation == handle.generation ? l : NULL;
}

/* How closely a listener names what arrived: its address, its version, or neither. 0: not at all. */
static unsigned closeness(const struct tcpr_host *h, const struct listener *l, uint32_t local, uint16_t port)
{
    if (!listens(l) || l->port != port) { return 0; }
    if (l->local != ANY_ADDRESS) { return l->local == local ? 3 : 0; }
    if (l->version != 0) { return l->version == address_at(h, local)->version ? 2 : 0; }
    return 1;
}

uint32_t listener_for(const struct tcpr_host *h, uint32_t local, uint16_t port)
{
    uint32_t best = NONE;
    unsigned closest = 0;
    for (uint32_t index = 0; index < h->options.listeners; index++) {
        unsigned close = closeness(h, listener_at(h, index), local, port);
        if (close > closest) {
            closest = close;
            best = index;
        }
    }
    return best;
}

bool listener_has_room(const struct tcpr_host *h, uint32_t index)
{
    const struct listener *l = listener_at(h, index);
    return h->free_slot != NONE && l->waiting < l->backlog;
}

void listener_wait(struct tcpr_host *h, uint32_t index, uint32_t slot)
{
    struct listener *l = listener_at(h, index);
    slot_at(h, slot)->accepted = NONE;
    slot_at(h, slot)->at.flags |= SLOT_UNACCEPTED;
    slot_at(h, slot)->timer.listener = (uint16_t)index;
    *(l->waiting == 0 ? &l->first : &slot_at(h, l->last)->accepted) = slot;
    l->last = slot;
    l->waiting++;
}

static uint32_t stop_waiting(struct tcpr_host *h, struct listener *l)
{
    uint32_t slot = l->first;
    l->first = slot_at(h, slot)->accepted;
    l->waiting--;
    slot_at(h, slot)->at.flags &= (uint16_t)~SLOT_UNACCEPTED;
    return slot;
}

/* What tells listeners apart. */
static bool resolve(const struct tcpr_host *h, const struct tcpr_listen *listen, struct listener *out)
{
    static const uint8_t any[16] = {0};
    if (listen->port == 0 || listen->backlog == 0) { return false; }
    if (listen->version != 0 && listen->version != 4 && listen->version != 6) { return false; }
    *out = (struct listener){
        .local = ANY_ADDRESS, .port = listen->port, .version = listen->version, .backlog = listen->backlog};
    if (memcmp(listen->address, any, sizeof any) == 0) { return true; }
    uint32_t local = local_index(h, listen->address, listen->version);
    out->local = (uint16_t)local;
    return local != NONE;
}

/* @return where a new listener may stand; NONE: the table is full. `*taken`: there is one like it already. */
static uint32_t place_for(const struct tcpr_host *h, const struct listener *wanted, bool *taken)
{
    uint32_t place = NONE;
    *taken = false;
    for (uint32_t index = h->options.listeners; index-- > 0;) {
        const struct listener *l = listener_at(h, index);
        if (!listens(l)) {
            place = index;
        } else if (l->port == wanted->port && l->local == wanted->local && l->version == wanted->version) {
            *taken = true;
        }
    }
    return place;
}

enum tcpr_status tcpr_host_listen(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                  const struct tcpr_listen *listen, struct tcpr_listener *out)
{
    struct listener wanted;
    struct tcpr_host_result res;
    bool taken;
    host_begin(h, now, &res);
    if (!resolve(h, listen, &wanted)) { return TCPR_ILLEGAL_FOR_PROCESS; }
    uint32_t index = place_for(h, &wanted, &taken);
    if (taken) { return TCPR_ALREADY_EXISTS; } /* MUST-41 */
    if (index == NONE) { return TCPR_INSUFFICIENT_RESOURCES; }
    const struct tcpr_open open = {.local_port = listen->port,
                                   .receive_buffer = listen->receive_buffer,
                                   .user_timeout_us = listen->user_timeout_us};
    struct tcpr_conn *c = listener_conn(h, index);
    tcpr_conn_init_with_tail(c, h->options.sacked_ranges, h->options.records);
    enum tcpr_status status = tcpr_open_passive(c, config, now, &open, &res.fx);
    TCPR_ASSERT(status == TCPR_OK);
    stop(c, TCPR_TIMER_USER); /* a listener waits for ever */
    wanted.generation = listener_at(h, index)->generation + 1u;
    wanted.fast_open = listen->fast_open;
    wanted.unproved = listener_at(h, index)->unproved; /* of the one that was here before */
    *listener_at(h, index) = wanted;
    *out = listener_handle(h, index);
    return TCPR_OK;
}

enum tcpr_status tcpr_host_listener_set(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                                        struct tcpr_listener handle, enum tcpr_setting setting, uint64_t value)
{
    if (!named(h, handle)) { return TCPR_DOES_NOT_EXIST; }
    struct tcpr_conn *c = listener_conn(h, handle.index);
    tcpr_set(c, config, now, setting, value);
    stop(c, TCPR_TIMER_USER);
    return TCPR_OK;
}

bool tcpr_host_accept(struct tcpr_host *h, struct tcpr_listener handle, struct tcpr_handle *out)
{
    struct listener *l = named(h, handle);
    while (l && l->waiting != 0) {
        uint32_t slot = stop_waiting(h, l);
        const struct tcpr_conn *c = conn_at(h, slot);
        if (c->state != TCPR_CLOSED || unread(c) != 0) {
            *out = slot_handle(h, slot);
            return true;
        }
        slot_free(h, slot); /* reset before anybody took it */
    }
    *out = (struct tcpr_handle){0};
    return false;
}

bool tcpr_host_unlisten(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                        struct tcpr_listener handle, struct tcpr_host_result *res)
{
    struct tcpr_handle conn;
    struct listener *l = named(h, handle);
    host_begin(h, now, res);
    if (!l) { return false; }
    if (tcpr_host_accept(h, handle, &conn)) {
        enum tcpr_status status = tcpr_host_abort(h, config, now, conn, res);
        TCPR_ASSERT(status == TCPR_OK);
        return true;
    }
    syn_forget(h, handle.index);
    l->generation++;
    return false;
}
