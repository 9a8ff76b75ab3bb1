/* Text on SYNs (RFC 7413): what the client's cache says, and what a listener makes of it. */
#include "sim.h"

#include <string.h>

struct tcpr_ip path_from(uint8_t side)
{
    struct tcpr_ip ip = {.source = {10, 0, 0, 1}, .destination = {10, 0, 0, 1}, .version = 4, .ttl = 64};
    ip.source[3] = (uint8_t)(1 + side);
    ip.destination[3] = (uint8_t)(2 - side);
    return ip;
}

static bool is_on(const struct end *e)
{
    return (e->config.features & TCPR_FEATURE_FAST_OPEN) != 0;
}

static void set_cookie(struct tcpr_fast_open *fast, const uint8_t *octets, uint32_t len)
{
    fast->cookie_len = (uint8_t)len;
    memcpy(fast->cookie, octets, len);
}

/* None: one is asked for. Else what the peer would have given, or anything at all. */
static void draw_cookie(struct world *w, const struct end *e, struct tcpr_fast_open *fast)
{
    struct tcpr_options peers = {0};
    uint8_t anything[TCPR_COOKIE_MAX];
    const struct end *peer = &w->ends[1 - e->side];
    struct tcpr_ip ip = path_from(peer->side);
    if (chance(w, 250)) { return; }
    if (chance(w, 250)) {
        for (size_t i = 0; i < sizeof anything; i++) {
            anything[i] = (uint8_t)below(w, 256);
        }
        set_cookie(fast, anything, TCPR_COOKIE_MIN + 2 * below(w, (TCPR_COOKIE_MAX - TCPR_COOKIE_MIN) / 2 + 1));
        return;
    }
    tcpr_cookie_put(peer->config.isn_secret, &ip, end_time(w, peer), &peers);
    set_cookie(fast, peers.cookie, peers.cookie_len);
}

/* Draws nothing where the feature is off. */
void fast_open_draw(struct world *w, struct end *e, struct tcpr_open *open)
{
    if (!is_on(e)) { return; }
    uint64_t most = e->habits.total < e->habits.send_most ? e->habits.total : e->habits.send_most;
    open->text_len = below(w, (uint32_t)most + 1);
    open->fast_open.wanted = chance(w, 800); /* else the text waits for the handshake */
    open->fast_open.mss = (uint16_t)(chance(w, 500) ? 0 : below(w, 1600));
    draw_cookie(w, e, &open->fast_open);
}

bool fast_open_good(const struct world *w, struct end *e, const struct tcpr_segment *segment)
{
    struct tcpr_ip ip = path_from(e->side);
    bool syn = (segment->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == TCPR_SYN;
    if (!is_on(e) || !syn || e->c.state != TCPR_LISTEN) { return false; }
    enum tcpr_cookie cookie = tcpr_cookie_check(e->config.isn_secret, &ip, end_time(w, e), &segment->options);
    e->owes_cookie = cookie == TCPR_COOKIE_WANTED || cookie == TCPR_COOKIE_BAD;
    return cookie == TCPR_COOKIE_GOOD;
}

void fast_open_give(const struct world *w, struct end *e, struct tcpr_segment *out)
{
    struct tcpr_ip ip = path_from(e->side);
    if (!e->owes_cookie || !(out->control & TCPR_SYN)) { return; }
    tcpr_cookie_put(e->config.isn_secret, &ip, end_time(w, e), &out->options);
    e->owes_cookie = false;
    e->gave_cookie = true;
}

void fast_open_taken(const struct world *w, struct end *e, const struct tcpr_segment *segment)
{
    const struct tcpr_effects *fx = &e->fx;
    e->fast_opened = true;
    say(w, e, "fast open", NULL);
    require(w, (fx->events & TCPR_EVENT_FAST_OPENED) != 0, "a good cookie opens nothing");
    require(w, e->c.state == TCPR_SYN_RECEIVED, "a good cookie and no handshake");
    uint32_t most = e->c.rcv.buffer < segment->text_len ? e->c.rcv.buffer : segment->text_len;
    require(w, fx->readable == most, "text by a good cookie is not readable");
}

void fast_open_watch(const struct world *w, struct end *e)
{
    const struct end *peer = &w->ends[1 - e->side];
    bool cookie = (e->fx.events & TCPR_EVENT_COOKIE) != 0, failed = (e->fx.events & TCPR_EVENT_FAST_OPEN_FAILED) != 0;
    require(w, !cookie || peer->gave_cookie, "a cookie that was not given");
    require(w, !failed || !peer->fast_opened, "text that was taken is told to have failed");
    /* What of its SYN's text lies beyond the peer's window counts as never sent. */
    if ((e->fx.events & TCPR_EVENT_CONNECTED) != 0) { e->sent_end = tcpr_seq_min(e->sent_end, e->c.snd.nxt); }
}
