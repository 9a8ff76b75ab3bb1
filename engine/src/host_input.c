/* What arrives from below: segments, ICMP errors, and time. */
#include "host_state.h"

#include <string.h>

/* The reply goes back where the segment came from. */
static void address_reply(const struct tcpr_ip *arrived, struct tcpr_host_result *res)
{
    if (!res->fx.has_reply) { return; }
    res->ip.version = arrived->version;
    res->ip.ttl = 64;
    memcpy(res->ip.source, arrived->destination, sizeof res->ip.source);
    memcpy(res->ip.destination, arrived->source, sizeof res->ip.destination);
}

static bool may_reset(struct tcpr_host *h)
{
    if (h->options.reset_limit == 0) { return true; }
    if (h->resets == 0 || h->latest - h->resets_since >= h->options.reset_interval_us) {
        h->resets_since = h->latest;
        h->resets = 0;
    }
    if (h->resets >= h->options.reset_limit) { return false; }
    h->resets++;
    return true;
}

/* RFC 9293 section 3.10.7.1. Withholding a reset harms nobody for long: its cause comes again. */
static void arrives_nowhere(struct tcpr_host *h, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    enum tcpr_act act = TCPR_ACT_RESET_SENT;
    enum tcpr_rule rule = TCPR_RULE_9293_3_5_2_N1;
    if (!tcpr_closed_reply(seg, &fx->reply)) {
        act = TCPR_ACT_DROPPED;
        rule = TCPR_RULE_9293_CLOSED_N1;
    } else if (!may_reset(h)) {
        act = TCPR_ACT_THROTTLED;
        h->counts.resets_throttled++;
    }
    fx->has_reply = act == TCPR_ACT_RESET_SENT;
    decide_in(fx, act, TCPR_CLOSED, rule);
}

/* A connection that outlived its application's interest may not be reopened in its slot: that is for a new one. */
static void arrives_in_time_wait(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time now,
                                 const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    struct tcpr_config strict = *config;
    strict.features &= ~(uint32_t)TCPR_FEATURE_REOPEN_TIME_WAIT;
    tcpr_segment_arrives(c, &strict, now, ip, seg, fx);
}

static void slot_segment(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index,
                         const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = conn_at(h, index);
    res->conn = slot_handle(h, index);
    if (c->state == TCPR_TIME_WAIT) {
        arrives_in_time_wait(c, config, h->latest, ip, seg, &res->fx);
    } else {
        tcpr_segment_arrives(c, config, h->latest, ip, seg, &res->fx);
    }
    slot_settle(h, index);
}

static bool from_a_host(const struct tcpr_ip *ip, struct tcpr_effects *fx)
{
    if (tcpr_address_is_unicast(ip->source, ip->version)) { return true; }
    decide_in(fx, TCPR_ACT_DROPPED, TCPR_CLOSED, TCPR_RULE_MUST_63);
    return false;
}

static void unfound_segment(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key,
                            const struct tcpr_ip *ip, const struct tcpr_segment *seg, struct tcpr_host_result *res)
{
    if (!from_a_host(ip, &res->fx)) { return; }
    uint32_t listener = listener_for(h, key->local, key->local_port);
    if (listener == NONE) {
        arrives_nowhere(h, seg, &res->fx);
    } else {
        listener_segment(h, config, key, listener, ip, seg, res);
    }
}

void tcpr_host_input(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now, const struct tcpr_ip *ip,
                     const struct tcpr_segment *seg, struct tcpr_host_result *res)
{
    host_begin(h, now, res);
    uint32_t local = local_index(h, ip->destination, ip->version);
    if (local == NONE) {
        decide_in(&res->fx, TCPR_ACT_DROPPED, TCPR_CLOSED, TCPR_RULE_MUST_57);
        return;
    }
    struct found key;
    demux_key(h, local, ip->source, seg->destination_port, seg->source_port, &key);
    uint32_t id = demux_find_segment(h, &key);
    if (id == NONE) {
        unfound_segment(h, config, &key, ip, seg, res);
    } else if (id < first_syn(h)) {
        slot_segment(h, config, id, ip, seg, res);
    } else if (id < first_linger(h)) {
        syn_segment(h, config, id - first_syn(h), ip, seg, res);
    } else {
        linger_segment(h, config, id - first_linger(h), ip, seg, res);
    }
    address_reply(ip, res);
}

void tcpr_host_icmp(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now, const struct tcpr_ip *quoted,
                    uint16_t local_port, uint16_t remote_port, const struct tcpr_icmp *icmp,
                    struct tcpr_host_result *res)
{
    host_begin(h, now, res);
    uint32_t local = local_index(h, quoted->source, quoted->version);
    if (local == NONE) { return; }
    struct found key;
    demux_key(h, local, quoted->destination, local_port, remote_port, &key);
    uint32_t id = demux_find(h, &key);
    if (id == NONE || id >= first_linger(h)) { return; } /* TIME-WAIT has nothing more to learn */
    if (id < first_syn(h)) {
        res->conn = slot_handle(h, id);
        tcpr_icmp_arrives(conn_at(h, id), config, now, icmp, &res->fx);
        slot_settle(h, id);
    } else {
        syn_icmp(h, config, id - first_syn(h), icmp, res);
    }
    if (res->fx.has_reply) { slot_addresses(h, &key, &res->ip); }
}

/* @return false: its deadline had moved away. */
static bool slot_time(struct tcpr_host *h, const struct tcpr_config *config, uint32_t index,
                      struct tcpr_host_result *res)
{
    struct tcpr_conn *c = conn_at(h, index);
    tcpr_time due = tcpr_next_deadline(c);
    if (due > h->latest) {
        wheel_place(h, index, due);
        return false;
    }
    res->conn = slot_handle(h, index);
    tcpr_time_passes(c, config, h->latest, &res->fx);
    slot_settle(h, index);
    return true;
}

static bool timer_fires(struct tcpr_host *h, const struct tcpr_config *config, uint32_t id,
                        struct tcpr_host_result *res)
{
    struct found key = *demux_entry(h, id);
    bool fired = id < first_syn(h) ? slot_time(h, config, id, res) : syn_time(h, config, id - first_syn(h), res);
    if (fired && res->fx.has_reply) { slot_addresses(h, &key, &res->ip); }
    return fired;
}

bool tcpr_host_time_passes(struct tcpr_host *h, const struct tcpr_config *config, tcpr_time now,
                           struct tcpr_host_result *res)
{
    host_begin(h, now, res);
    linger_time(h, now);
    uint32_t id = wheel_pop(h, now);
    while (id != NONE && !timer_fires(h, config, id, res)) {
        id = wheel_pop(h, now);
    }
    return id != NONE;
}

tcpr_time tcpr_host_next_deadline(const struct tcpr_host *h)
{
    return min_time(wheel_next(h), linger_next(h));
}
