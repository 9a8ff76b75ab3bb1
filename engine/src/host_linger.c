/*
 * TIME-WAIT in 64 octets. Nothing of the state machine is here: an entry becomes a connection again for as long as a
 * segment takes, so its answers are those of RFC 9293 section 3.10.7.4 and RFC 6191 because they come from there.
 *
 * Not kept, for it is of no effect: text, congestion, round-trip time. Simpler than in a slot: the receive buffer
 * counts as the config's, TS.Recent as taken when TIME-WAIT last began, and at most 31 challenge ACKs go out an
 * interval.
 */
#include "host_state.h"

#include <string.h>

#define MASK48 (((tcpr_time)1 << 48) - 1u)

/* 48 bits of microseconds are almost nine years, and no TIME-WAIT is longer. */
tcpr_time linger_ends(const struct tcpr_host *h, const struct linger *l)
{
    tcpr_time low = (tcpr_time)l->ends_high << 32 | l->ends_low;
    tcpr_time ahead = (low - h->latest) & MASK48;
    bool past = (ahead >> 47) != 0;
    return past ? h->latest - ((h->latest - low) & MASK48) : h->latest + ahead;
}

static void set_ends(struct linger *l, tcpr_time ends)
{
    l->ends_low = (uint32_t)ends;
    l->ends_high = (uint16_t)(ends >> 32);
}

/* A window is 16 bits times a power of two, so nothing is lost. */
static uint16_t pack_max_window(struct linger *l, uint32_t window)
{
    uint32_t shift = 0;
    while (window >> shift > UINT16_MAX) {
        shift++;
    }
    l->max_window = (uint16_t)(window >> shift);
    return (uint16_t)(shift << LINGER_MAX_SHIFT_AT);
}

static uint16_t bits_of(uint16_t flags, unsigned at, unsigned count)
{
    return (uint16_t)((uint32_t)flags >> at & ((1u << count) - 1u));
}

/* The connection of an entry, in TIME-WAIT. */
static struct tcpr_conn *unpack(const struct tcpr_host *h, const struct tcpr_config *config, const struct linger *l)
{
    struct tcpr_conn *c = scratch_conn(h);
    struct tcpr_ip outgoing;
    tcpr_conn_init_with_tail(c, h->options.sacked_ranges, h->options.records);
    slot_addresses(h, &l->at, &outgoing);
    c->latest = h->latest;
    c->local_port = l->at.local_port;
    c->rcv.buffer = config->receive_buffer;
    name_peer(c, config, &outgoing, l->at.remote_port);
    begin_sending(c, config, l->snd_nxt - 2u); /* a stream without text: SYN, FIN, both acknowledged */
    c->flags = TCPR_FLAG_FIN_QUEUED | TCPR_FLAG_FIN_REACHED | TCPR_FLAG_RELEASED;
    c->snd.una = c->snd.nxt = c->snd.rxt_nxt = c->snd.rxt_end = l->snd_nxt;
    c->snd.max_wnd = (uint32_t)l->max_window << bits_of(l->at.flags, LINGER_MAX_SHIFT_AT, 4);
    c->rcv.irs = l->rcv_nxt - 2u;
    c->rcv.nxt = c->rcv.last_ack_sent = l->rcv_nxt;
    c->rcv.edge = l->edge;
    c->rcv_shift = (uint8_t)bits_of(l->at.flags, LINGER_RCV_SHIFT_AT, 4);
    if (l->at.flags & LINGER_PASSIVE) { mark(c, TCPR_FLAG_PASSIVE); }
    if (l->at.flags & LINGER_TIMESTAMPS) { mark(c, TCPR_FLAG_TIMESTAMPS | TCPR_FLAG_TS_RECENT); }
    c->timer[TCPR_TIMER_TIME_WAIT] = linger_ends(h, l);
    c->ts.recent = l->ts_recent;
    c->ts.recent_at = c->latest;
    c->challenges = bits_of(l->at.flags, LINGER_CHALLENGES_AT, 5);
    if (c->challenges == LINGER_CHALLENGES_MAX) { c->challenges = UINT32_MAX; }
    c->challenge_since = c->latest - (uint32_t)((uint32_t)c->latest - l->challenge_since);
    c->state = TCPR_TIME_WAIT; /* no transition: it never left it */
    return c;
}

static void pack(struct linger *l, const struct tcpr_conn *c)
{
    uint32_t challenges = min_u32(c->challenges, LINGER_CHALLENGES_MAX);
    l->at.flags = pack_max_window(l, c->snd.max_wnd);
    l->at.flags |= (uint16_t)((unsigned)c->rcv_shift << LINGER_RCV_SHIFT_AT | challenges << LINGER_CHALLENGES_AT);
    if (has(c, TCPR_FLAG_PASSIVE)) { l->at.flags |= LINGER_PASSIVE; }
    if (has(c, TCPR_FLAG_TIMESTAMPS)) { l->at.flags |= LINGER_TIMESTAMPS; }
    l->snd_nxt = c->snd.nxt;
    l->rcv_nxt = c->rcv.nxt;
    l->edge = c->rcv.edge;
    l->ts_recent = c->ts.recent;
    l->challenge_since = (uint32_t)c->challenge_since;
    set_ends(l, c->timer[TCPR_TIMER_TIME_WAIT]);
}

/* ---- in the order they end ---- */

static struct linger *by_id(const struct tcpr_host *h, uint32_t id)
{
    return linger_at(h, id - first_linger(h));
}

static void leave_order(struct tcpr_host *h, uint32_t id)
{
    const struct linger *l = by_id(h, id);
    *(l->older == NONE ? &h->linger_first : &by_id(h, l->older)->newer) = l->newer;
    *(l->newer == NONE ? &h->linger_last : &by_id(h, l->newer)->older) = l->older;
}

/* All last equally long, so its place is at the end; unless the config changed, or one was kept in its slot at first.
 */
static void join_order(struct tcpr_host *h, uint32_t id)
{
    struct linger *l = by_id(h, id);
    uint32_t after = h->linger_last;
    while (after != NONE && linger_ends(h, by_id(h, after)) > linger_ends(h, l)) {
        after = by_id(h, after)->older;
    }
    l->older = after;
    l->newer = after == NONE ? h->linger_first : by_id(h, after)->newer;
    *(after == NONE ? &h->linger_first : &by_id(h, after)->newer) = id;
    *(l->newer == NONE ? &h->linger_last : &by_id(h, l->newer)->older) = id;
}

/* @return what it was found by. */
static struct found end(struct tcpr_host *h, uint32_t id)
{
    struct linger *l = by_id(h, id);
    demux_unlink(h, id);
    leave_order(h, id);
    struct found key = l->at;
    l->at.chain = h->free_linger;
    h->free_linger = id;
    h->counts.time_wait--;
    return key;
}

bool linger_has_room(const struct tcpr_host *h)
{
    return h->free_linger != NONE || (h->options.recycle_time_wait && h->linger_first != NONE);
}

void linger_keep(struct tcpr_host *h, const struct found *key, const struct tcpr_conn *c)
{
    if (h->free_linger == NONE) {
        (void)end(h, h->linger_first);
        h->counts.time_wait_recycled++;
    }
    uint32_t id = h->free_linger;
    struct linger *l = by_id(h, id);
    h->free_linger = l->at.chain;
    l->at = *key;
    pack(l, c);
    demux_link(h, id);
    join_order(h, id);
    h->counts.time_wait++;
}

void linger_time(struct tcpr_host *h, tcpr_time now)
{
    while (h->linger_first != NONE && linger_ends(h, by_id(h, h->linger_first)) <= now) {
        (void)end(h, h->linger_first);
    }
}

tcpr_time linger_next(const struct tcpr_host *h)
{
    return h->linger_first == NONE ? TCPR_NEVER : linger_ends(h, by_id(h, h->linger_first));
}

/* ---- a segment ---- */

/* MAY-2 needs an application that takes new connections, and room for one. */
static void choose_reopening(const struct tcpr_host *h, struct tcpr_conn *c, uint32_t listener)
{
    bool wanted = listener != NONE && h->free_syn != NONE && listener_has_room(h, listener) &&
                  listener_at(h, listener)->handshakes < listener_at(h, listener)->backlog;
    if (!wanted) { unmark(c, TCPR_FLAG_PASSIVE); }
}

/* What the application chose for the listener holds for the connection that reopens. */
static void inherit(struct tcpr_conn *c, const struct tcpr_conn *listener)
{
    c->rcv.buffer = listener->rcv.buffer;
    c->user_timeout_us = listener->user_timeout_us;
    c->r2_us = listener->r2_us;
    c->keepalive_idle_us = listener->keepalive_idle_us;
    c->keepalive_interval_us = listener->keepalive_interval_us;
    mark(c, listener->flags & (TCPR_FLAG_NODELAY | TCPR_FLAG_KEEPALIVE | TCPR_FLAG_TIMEOUT_GIVEN));
}

static void stay(struct tcpr_host *h, uint32_t id, const struct tcpr_conn *c, uint16_t passive)
{
    struct linger *l = by_id(h, id);
    pack(l, c);
    l->at.flags |= passive;
    leave_order(h, id);
    join_order(h, id);
}

void linger_segment(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, const struct tcpr_ip *ip,
                    const struct tcpr_segment *seg, struct tcpr_host_result *res)
{
    struct linger *l = linger_at(h, index);
    uint32_t id = first_linger(h) + index;
    uint16_t passive = l->at.flags & LINGER_PASSIVE;
    struct tcpr_conn *c = unpack(h, config, l);
    uint32_t listener = listener_for(h, l->at.local, l->at.local_port);
    choose_reopening(h, c, listener);
    if (has(c, TCPR_FLAG_PASSIVE)) { inherit(c, listener_conn(h, listener)); }
    struct tcpr_segment syn = without_text(seg);
    const struct tcpr_segment *given = asks_to_reopen(c, config, seg) ? &syn : seg;
    tcpr_segment_arrives(c, config, h->latest, ip, given, &res->fx);
    if (c->state == TCPR_TIME_WAIT) {
        stay(h, id, c, passive);
        return;
    }
    struct found key = end(h, id); /* by a reset, or reopened */
    if (c->state == TCPR_SYN_RECEIVED) { syn_keep(h, config, &key, listener, given, res); }
}
