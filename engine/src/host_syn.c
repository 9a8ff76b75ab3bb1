/*
 * Handshakes of passive OPENs, in 128 octets each, and what listeners answer. As with TIME-WAIT nothing of the state
 * machine is here: a handshake becomes a connection again for as long as a segment or a timeout takes.
 */
#include "host_state.h"

#include <string.h>

#define SYN_OPTIONS (TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_TIMESTAMPS)

/* What a handshake changes in the flags it begins with. */
#define HANDSHAKE_FLAGS                                                                                           \
    (TCPR_FLAG_ACK_NOW | TCPR_FLAG_SYN_NOW | TCPR_FLAG_RTT_TIMED | TCPR_FLAG_RTT_AMBIGUOUS | TCPR_FLAG_SYN_LOST | \
     TCPR_FLAG_REOPENED | TCPR_FLAG_TROUBLE_TOLD)

struct tcpr_segment without_text(const struct tcpr_segment *seg)
{
    struct tcpr_segment bare = *seg;
    bare.text_len = 0;
    bare.control &= (uint16_t) ~(TCPR_FIN | TCPR_PSH | TCPR_URG);
    return bare;
}

static struct syn *by_id(const struct tcpr_host *h, uint32_t id)
{
    return syn_at(h, id - first_syn(h));
}

void syn_rebuild(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                 const struct tcpr_segment *syn, uint32_t iss, tcpr_time born)
{
    struct tcpr_conn *c = scratch_conn(h);
    struct tcpr_effects unheard = {0};
    struct tcpr_ip outgoing;
    memcpy(c, listener_conn(h, listener), h->at.conn_len);
    slot_addresses(h, key, &outgoing);
    c->latest = born;
    name_peer(c, config, &outgoing, key->remote_port);
    accept_syn(c, config, syn, iss, false, &unheard);
    enter(c, config, TCPR_SYN_RECEIVED, TCPR_RULE_9293_LISTEN_N1, &unheard);
}

static void pack(struct syn *s, const struct tcpr_conn *c)
{
    s->iss = c->snd.iss;
    s->irs = c->rcv.irs;
    s->edge = c->rcv.edge;
    s->ts_recent = c->ts.recent;
    s->conn_flags = c->flags & HANDSHAKE_FLAGS;
    s->rto_us = c->rtt.rto_us;
    s->backoff = c->rtt.backoff;
    s->retransmit_at = c->timer[TCPR_TIMER_RETRANSMIT];
    s->sent_at = c->sent_at;
    s->challenge_since = c->challenge_since;
    s->challenges = c->challenges;
    s->reopened_snd_nxt = c->reopened.snd_nxt;
    s->reopened_rcv_nxt = c->reopened.rcv_nxt;
    s->mss = (uint16_t)c->snd.mss;
    s->ecn = c->ecn;
    s->accurate = c->accurate;
    s->ace = c->cc.ace;
}

/* What is known of the SYN once and for all. */
static void pack_syn(struct syn *s, const struct tcpr_segment *syn, tcpr_time born)
{
    s->born = born;
    s->window = syn->window;
    s->options = syn->options.present & SYN_OPTIONS;
    s->shift = syn->options.window_scale;
}

static void unpack(struct tcpr_host *h, const struct tcpr_config *config, const struct syn *s)
{
    struct tcpr_conn *c = scratch_conn(h);
    const struct tcpr_segment syn = {.seq = s->irs,
                                     .window = s->window,
                                     .control = TCPR_SYN,
                                     .source_port = s->at.remote_port,
                                     .destination_port = s->at.local_port,
                                     .options = {.present = (uint8_t)(s->options | TCPR_OPT_MSS),
                                                 .mss = s->mss,
                                                 .ts_val = s->ts_recent,
                                                 .window_scale = s->shift}};
    syn_rebuild(h, config, &s->at, s->timer.listener, &syn, s->iss, s->born);
    c->flags = (c->flags & ~(uint32_t)HANDSHAKE_FLAGS) | s->conn_flags;
    c->snd.mss = s->mss;
    c->ecn = s->ecn;
    c->accurate = s->accurate;
    c->cc.ace = s->ace;
    c->rcv.edge = s->edge;
    c->rtt.rto_us = s->rto_us;
    c->rtt.backoff = s->backoff;
    c->rtt.timed_at = s->born; /* a SYN,ACK leaves at once */
    c->rtt.timed_seq = c->snd.nxt;
    c->timer[TCPR_TIMER_RETRANSMIT] = s->retransmit_at;
    c->sent_at = s->sent_at;
    c->challenge_since = s->challenge_since;
    c->challenges = s->challenges;
    c->reopened.snd_nxt = s->reopened_snd_nxt;
    c->reopened.rcv_nxt = s->reopened_rcv_nxt;
    set_send_timers(c, config); /* the user timeout */
}

static uint32_t take(struct tcpr_host *h, const struct found *key, uint32_t listener)
{
    uint32_t id = h->free_syn;
    struct syn *s = by_id(h, id);
    h->free_syn = s->at.chain;
    s->at = *key;
    s->timer.listener = (uint16_t)listener;
    s->at.flags = SYN_TAKEN;
    listener_at(h, listener)->handshakes++;
    h->counts.syn_queue++;
    demux_link(h, id);
    return id;
}

/* @return what it was found by. */
static struct found give_back(struct tcpr_host *h, uint32_t index)
{
    uint32_t id = first_syn(h) + index;
    struct syn *s = syn_at(h, index);
    listener_at(h, s->timer.listener)->handshakes--;
    demux_unlink(h, id);
    wheel_remove(h, id);
    s->at.flags = 0;
    struct found key = s->at;
    s->at.chain = h->free_syn;
    h->free_syn = id;
    h->counts.syn_queue--;
    return key;
}

void syn_forget(struct tcpr_host *h, uint32_t listener)
{
    for (uint32_t index = 0; index < h->options.syn_queue && listener_at(h, listener)->handshakes != 0; index++) {
        const struct syn *s = syn_at(h, index);
        if ((s->at.flags & SYN_TAKEN) && s->timer.listener == listener) { (void)give_back(h, index); }
    }
}

/* A SYN,ACK goes out as the reply: nothing else of a handshake is ever pulled. */
static void pull_reply(const struct tcpr_host *h, const struct tcpr_config *config, struct tcpr_host_result *res)
{
    if (!res->fx.has_reply) {
        res->fx.has_reply = tcpr_next_segment(scratch_conn(h), config, h->latest, &res->fx.reply);
    }
}

static bool owes(const struct tcpr_conn *c)
{
    return has(c, TCPR_FLAG_SYN_NOW | TCPR_FLAG_ACK_NOW);
}

/* Still SYN-RECEIVED. What could not be given out, since another reply went first, is due at once. */
static void keep_on(struct tcpr_host *h, const struct tcpr_config *config, uint32_t id, struct tcpr_host_result *res)
{
    const struct tcpr_conn *c = scratch_conn(h);
    struct syn *s = by_id(h, id);
    pull_reply(h, config, res);
    pack(s, c);
    wheel_hasten(h, id, &s->timer, owes(c) ? h->latest : tcpr_next_deadline(c));
}

void syn_keep(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
              const struct tcpr_segment *syn, struct tcpr_host_result *res)
{
    uint32_t id = take(h, key, listener);
    pack_syn(by_id(h, id), syn, h->latest);
    keep_on(h, config, id, res);
}

void syn_promote(struct tcpr_host *h, const struct found *key, uint32_t listener, struct tcpr_host_result *res)
{
    uint32_t slot = slot_take(h, key);
    TCPR_ASSERT(slot != NONE);
    memcpy(conn_at(h, slot), scratch_conn(h), h->at.conn_len);
    listener_wait(h, listener, slot);
    slot_settle(h, slot);
    res->conn = slot_handle(h, slot);
    res->listener = listener_handle(h, listener);
}

/* Where the handshake stands after an input. */
static void settle(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, struct tcpr_host_result *res)
{
    const struct tcpr_conn *c = scratch_conn(h);
    uint32_t listener = syn_at(h, index)->timer.listener;
    if (c->state == TCPR_SYN_RECEIVED) {
        keep_on(h, config, first_syn(h) + index, res);
        return;
    }
    struct found key = give_back(h, index);
    if (c->state == TCPR_TIME_WAIT) { /* the SYN that reopened it was an old one (MAY-2) */
        if (linger_has_room(h)) { linger_keep(h, &key, c); }
    } else if (!in(c, NO_CONNECTION)) {
        syn_promote(h, &key, listener, res);
    }
}

/* An ACK may complete the handshake; it waits until there is room, as RFC 4987 section 3.4 bounds the backlog. */
static bool must_wait(struct tcpr_host *h, const struct syn *s, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    if ((seg->control & (TCPR_ACK | TCPR_RST | TCPR_SYN)) != TCPR_ACK) { return false; }
    if (listener_has_room(h, s->timer.listener)) { return false; }
    decide_in(fx, TCPR_ACT_DROPPED, TCPR_SYN_RECEIVED, TCPR_RULE_4987_3_4_1);
    h->counts.acks_dropped++;
    return true;
}

void syn_segment(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, const struct tcpr_ip *ip,
                 const struct tcpr_segment *seg, struct tcpr_host_result *res)
{
    const struct syn *s = syn_at(h, index);
    if (must_wait(h, s, seg, &res->fx)) { return; }
    unpack(h, config, s);
    tcpr_segment_arrives(scratch_conn(h), config, h->latest, ip, seg, &res->fx);
    settle(h, config, index, res);
}

void syn_icmp(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, const struct tcpr_icmp *icmp,
              struct tcpr_host_result *res)
{
    unpack(h, config, syn_at(h, index));
    tcpr_icmp_arrives(scratch_conn(h), config, h->latest, icmp, &res->fx);
    settle(h, config, index, res);
}

bool syn_time(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = scratch_conn(h);
    unpack(h, config, syn_at(h, index));
    if (!owes(c) && tcpr_next_deadline(c) > h->latest) {
        wheel_place(h, first_syn(h) + index, tcpr_next_deadline(c));
        return false;
    }
    tcpr_time_passes(c, config, h->latest, &res->fx);
    settle(h, config, index, res);
    return true;
}

/* ---- LISTEN ---- */

static void drop_syn(struct tcpr_host *h, struct tcpr_effects *fx)
{
    decide_in(fx, TCPR_ACT_DROPPED, TCPR_LISTEN, TCPR_RULE_4987_3_4_1);
    h->counts.syns_dropped++;
}

/* The scratch connection is the listener's, and takes the segment: the listener itself stays in LISTEN. */
static void arrives_at_copy(struct tcpr_host *h, const struct tcpr_config *config, uint32_t listener,
                            const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    memcpy(scratch_conn(h), listener_conn(h, listener), h->at.conn_len);
    tcpr_segment_arrives(scratch_conn(h), config, h->latest, ip, seg, fx);
}

static void listener_syn(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key,
                         uint32_t listener, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                         struct tcpr_host_result *res)
{
    const struct listener *l = listener_at(h, listener);
    struct tcpr_segment syn = without_text(seg);
    bool full = h->free_syn == NONE || l->handshakes >= l->backlog;
    bool wants_cookie = h->options.cookies == TCPR_COOKIES_ALWAYS || (full && h->options.cookies != TCPR_COOKIES_NEVER);
    if (l->waiting >= l->backlog) {
        drop_syn(h, &res->fx);
    } else if (wants_cookie) {
        if (!cookie_give(h, config, key, listener, ip, &syn, res)) { drop_syn(h, &res->fx); }
    } else if (full) {
        drop_syn(h, &res->fx);
    } else {
        arrives_at_copy(h, config, listener, ip, &syn, &res->fx);
        if (scratch_conn(h)->state == TCPR_SYN_RECEIVED) { syn_keep(h, config, key, listener, &syn, res); }
    }
}

void listener_segment(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
                      const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_host_result *res)
{
    uint16_t bits = seg->control & (TCPR_SYN | TCPR_ACK | TCPR_RST);
    if (bits == TCPR_SYN) {
        if (fast_take(h, config, key, listener, ip, seg, res)) { return; }
        listener_syn(h, config, key, listener, ip, seg, res);
        fast_answer(h, config, key, listener, seg, res);
    } else if (bits != TCPR_ACK || !cookie_take(h, config, key, listener, ip, seg, res)) {
        arrives_at_copy(h, config, listener, ip, seg, &res->fx);
    }
}
