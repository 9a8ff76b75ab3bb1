/*
 * Fast Open at a listener (RFC 7413 section 4.2.2): SYNs whose cookie is good make connections, a bounded number of
 * which may wait for the ACK that proves their peer to be there.
 */
#include "host_state.h"

#include <string.h>

#define FAILED_COUNT_US TCPR_S(60)

static enum tcpr_cookie judge(const struct tcpr_host *h, const struct tcpr_config *config, const struct found *key,
                              uint32_t listener, const struct tcpr_segment *syn)
{
    struct tcpr_ip outgoing;
    bool on = feature(config, TCPR_FEATURE_FAST_OPEN) && listener_at(h, listener)->fast_open != 0;
    if (!on) { return TCPR_COOKIE_NONE; } /* RFC7413-4.2-2 */
    slot_addresses(h, key, &outgoing);
    return tcpr_cookie_check(h->options.secret, &outgoing, h->latest, &syn->options);
}

static bool is_good(enum tcpr_cookie cookie)
{
    return cookie == TCPR_COOKIE_GOOD || cookie == TCPR_COOKIE_AGEING;
}

/* RFC 7413 section 5.1: resets must not make room for more of their like. */
static bool too_many(const struct tcpr_host *h, const struct listener *l)
{
    uint32_t failed = h->latest < l->failed_until ? l->failed : 0;
    return l->unproved >= l->fast_open || failed >= l->fast_open - l->unproved; /* RFC7413-4.2-3 */
}

static void give_cookie(const struct tcpr_host *h, const struct found *key, struct tcpr_host_result *res)
{
    struct tcpr_ip outgoing;
    if (!res->fx.has_reply || !(res->fx.reply.control & TCPR_SYN)) { return; }
    slot_addresses(h, key, &outgoing);
    tcpr_cookie_put(h->options.secret, &outgoing, h->latest, &res->fx.reply.options);
}

bool fast_take(struct tcpr_host *h, const struct tcpr_config *config, const struct found *key, uint32_t listener,
               const struct tcpr_ip *ip, const struct tcpr_segment *syn, struct tcpr_host_result *res)
{
    struct tcpr_conn *c = scratch_conn(h);
    struct listener *l = listener_at(h, listener);
    enum tcpr_cookie cookie = judge(h, config, key, listener, syn);
    if (!is_good(cookie)) { return false; }
    if (too_many(h, l) || !listener_has_room(h, listener)) { return false; }
    memcpy(c, listener_conn(h, listener), h->at.conn_len);
    tcpr_fast_open_arrives(c, config, h->latest, ip, syn, &res->fx);
    if (c->state != TCPR_SYN_RECEIVED) { return true; }
    res->fx.has_reply = tcpr_next_segment(c, config, h->latest, &res->fx.reply);
    if (cookie == TCPR_COOKIE_AGEING) { give_cookie(h, key, res); }
    syn_promote(h, key, listener, res);
    slot_at(h, res->conn.index)->at.flags |= SLOT_UNPROVED;
    l->unproved++;
    h->counts.fast_opened++;
    return true;
}

void fast_answer(const struct tcpr_host *h, const struct tcpr_config *config, const struct found *key,
                 uint32_t listener, const struct tcpr_segment *syn, struct tcpr_host_result *res)
{
    enum tcpr_cookie cookie = judge(h, config, key, listener, syn);
    if (cookie == TCPR_COOKIE_NONE) { return; }
    if (is_good(cookie)) {
        decide_in(&res->fx, TCPR_ACT_IGNORED, TCPR_LISTEN, TCPR_RULE_7413_4_2_3);
    } else if (cookie == TCPR_COOKIE_BAD) {
        decide_in(&res->fx, TCPR_ACT_IGNORED, TCPR_LISTEN, TCPR_RULE_7413_4_2_2_N1);
    }
    if (cookie != TCPR_COOKIE_GOOD) { give_cookie(h, key, res); }
}

/* The index stands for the listener, though another may listen there by now: what is unproved counts for either. */
void fast_settle(struct tcpr_host *h, uint32_t slot)
{
    struct found *at = &slot_at(h, slot)->at;
    const struct tcpr_conn *c = conn_at(h, slot);
    struct listener *l = listener_at(h, slot_at(h, slot)->timer.listener);
    if (c->state != TCPR_CLOSED && syn_unacked(c)) { return; }
    at->flags &= (uint16_t)~SLOT_UNPROVED;
    l->unproved--;
    if (!syn_unacked(c)) { return; }
    if (h->latest >= l->failed_until) { l->failed = 0; }
    l->failed++;
    l->failed_until = later(h->latest, FAILED_COUNT_US);
}
