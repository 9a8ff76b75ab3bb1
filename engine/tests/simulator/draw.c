/* Everything that the seed decides. */
#include "sim.h"

#include <string.h>

/* The next `count` dice, as one number. */
static uint32_t throw_dice(struct world *w, size_t count)
{
    uint32_t number = 0;
    for (size_t i = 0; i < count && w->dice_left > 0; i++, w->dice_left--) {
        number = number << 8 | *w->dice++;
    }
    return number;
}

uint32_t below(struct world *w, uint32_t n)
{
    if (w->dice_left == 0) { return draw_below(&w->random, n); }
    return throw_dice(w, n <= 256 ? 1 : n <= 65536 ? 2 : 4) % n;
}

uint32_t any(struct world *w)
{
    return w->dice_left == 0 ? (uint32_t)draw(&w->random) : throw_dice(w, 4);
}

bool stormy(const struct world *w)
{
    return w->now < w->network.weather.calm_at && (!w->dice || w->dice_left != 0);
}

bool chance(struct world *w, uint32_t thousandths)
{
    if (thousandths == 0) { return false; }
    if (w->dice_left != 0) { return throw_dice(w, 1) * 1000u / 256u < thousandths; }
    return below(w, 1000) < thousandths;
}

/* A size with as many small as large ones: 2^bits at most. */
static uint32_t size(struct world *w, unsigned bits)
{
    return 1 + below(w, 1u << below(w, bits + 1));
}

static void draw_weather(struct world *w)
{
    struct weather *weather = &w->network.weather;
    bool fair = chance(w, 200);
    weather->lost = fair ? 0 : below(w, 300);
    weather->doubled = fair ? 0 : below(w, 200);
    weather->held_up = fair ? 0 : below(w, 200);
    weather->mangled = chance(w, 100) ? 1 + below(w, 200) : 0;
    weather->marked = chance(w, 300) ? 0 : chance(w, 100) ? 1000 : below(w, 300);
    weather->corrupted = fair ? 0 : below(w, 50);
    weather->attacked = chance(w, 700) ? 0 : below(w, 200);
    weather->delay_us = size(w, 18);
    weather->jitter_us = fair ? 0 : size(w, 18);
    weather->hold_us = size(w, 21);
    weather->calm_at = TCPR_S(below(w, 300));
    weather->narrow = chance(w, 700) ? 0 : 128 + below(w, 1400);
    weather->narrow_from = chance(w, 500) ? 0 : TCPR_S(below(w, 400));
    weather->wordless = chance(w, 300);
}

static uint32_t draw_features(struct world *w)
{
    const uint32_t negotiable = TCPR_FEATURE_WINDOW_SCALE | TCPR_FEATURE_TIMESTAMPS | TCPR_FEATURE_SACK |
                                TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK |
                                TCPR_FEATURE_NAGLE | TCPR_FEATURE_DELAYED_ACK | TCPR_FEATURE_NEWRENO |
                                TCPR_FEATURE_SACK_RECOVERY | TCPR_FEATURE_DSACK | TCPR_FEATURE_LIMITED_TRANSMIT |
                                TCPR_FEATURE_RESTART_WINDOW | TCPR_FEATURE_VALIDATED_WINDOW | TCPR_FEATURE_PRR |
                                TCPR_FEATURE_FRTO | TCPR_FEATURE_RACK | TCPR_FEATURE_TLP | TCPR_FEATURE_USER_TIMEOUT |
                                TCPR_FEATURE_PREDICTION | TCPR_FEATURE_FAST_OPEN | TCPR_FEATURE_EIFEL;
    const uint32_t wanted = TCPR_FEATURES_DEFAULT | TCPR_FEATURE_USER_TIMEOUT | TCPR_FEATURE_FAST_OPEN;
    return wanted & ~(negotiable & any(w) & any(w));
}

/* RFC 3168 and what goes with it, at three ends of four; RFC 9768 at half of the ends. */
static uint32_t draw_ecn(struct world *w)
{
    const uint32_t ecn = TCPR_FEATURE_ECN | TCPR_FEATURE_ABE;
    uint32_t accurate = chance(w, 500) ? TCPR_FEATURE_ACCURATE_ECN : 0;
    uint32_t everywhere = chance(w, 100) ? TCPR_FEATURE_ECT_EVERYWHERE : 0;
    return (ecn & ~(any(w) & any(w))) | accurate | everywhere;
}

static void draw_config(struct world *w, struct end *e)
{
    const uint16_t mtus[] = {128, 200, 296, 576, 1280, 1500};
    struct tcpr_config *config = &e->config;
    tcpr_config_default(config);
    draw_octets(&w->random, config->isn_secret, sizeof config->isn_secret);
    config->features = draw_features(w);
    config->features |= draw_ecn(w);
    config->features &= tcpr_features_built();
    config->receive_buffer = chance(w, 200) ? size(w, 6) : size(w, 18);
    config->send_buffer = chance(w, 200) ? size(w, 6) : size(w, 18);
    config->mtu = mtus[below(w, sizeof mtus / sizeof mtus[0])];
    config->initial_window_segments = (uint8_t)(chance(w, 500) ? 0 : 1 + below(w, 10));
    config->slow_start_segments = (uint8_t)(1 + below(w, 2));
    config->slow_start = (uint8_t)(chance(w, 700) ? TCPR_SLOW_START_HYSTART : TCPR_SLOW_START_STANDARD);
    config->controller = (uint8_t)below(w, 2);
    if (tcpr_config_fault(config) != NULL) { config->controller = TCPR_RENO; } /* an engine built without CUBIC */
    config->msl_us = size(w, 27);
    config->r2_us = TCPR_NEVER; /* what is proved is that patience is rewarded */
    config->r2_syn_us = TCPR_NEVER;
    config->user_timeout_us = 0;
    config->user_timeout_most_us = TCPR_S(31536000);
    config->user_timeout_least_us = config->user_timeout_most_us; /* whatever the peer asks for */
    config->rto_min_us = chance(w, 500) ? TCPR_S(1) : TCPR_MS(200);
}

static void draw_habits(struct world *w, struct end *e, const struct making *making)
{
    struct habits *h = &e->habits;
    h->total = chance(w, 100) ? 0 : size(w, making->total_bits);
    h->send_most = size(w, 12);
    if (h->send_most > e->config.send_buffer) { h->send_most = e->config.send_buffer; }
    h->receive_most = size(w, 14);
    h->pause_us = TCPR_MS(1) + (chance(w, 100) ? size(w, making->pause_bits) : size(w, 17));
    h->close_after = chance(w, 500) ? 0 : size(w, 22);
    h->pull_us = chance(w, 600) ? 0 : size(w, 13);
    h->urgent = chance(w, 800) ? 0 : below(w, 500);
    h->closes_last = chance(w, 300);
    h->active = true;
}

/* ISN = key + clock / 4 us (RFC 6528): the clock decides it. Half of them close before the wrap. */
static void draw_clock(struct world *w, struct end *e)
{
    struct tcpr_ip ip = {.source = {10, 0, 0, 1}, .destination = {10, 0, 0, 1}, .version = 4};
    ip.source[3] = (uint8_t)(1 + e->side);
    ip.destination[3] = (uint8_t)(2 - e->side);
    uint32_t key = tcpr_isn_key(e->config.isn_secret, &ip, (uint16_t)(1000 + e->side), (uint16_t)(1001 - e->side));
    uint32_t isn = chance(w, 500) ? 0u - size(w, 17) : any(w);
    e->clock = (tcpr_time)(uint32_t)(isn - key) * 4;
}

static void draw_end(struct world *w, uint8_t side, const struct making *making)
{
    struct end *e = &w->ends[side];
    e->side = side;
    draw_config(w, e);
    draw_habits(w, e, making);
    draw_clock(w, e);
    e->sending = (struct tcpr_ring){e->send_octets, SIM_BUFFER_MAX};
    e->receiving = (struct tcpr_ring){e->receive_octets, SIM_BUFFER_MAX};
    e->pull_at = TCPR_NEVER;
    uint32_t ranges = chance(w, 200) ? 0 : 1 + below(w, SIM_RANGES_MAX);
    uint32_t records = chance(w, 300) ? 0 : chance(w, 500) ? 1 + below(w, 20) : SIM_RECORDS_MAX;
    tcpr_conn_init_with_tail(&e->c, (uint8_t)ranges, (uint16_t)records);
    if (tcpr_config_fault(&e->config) != NULL) { give_up(w, tcpr_config_fault(&e->config)); }
}

/* Octets of buffers keep their old content: nothing may read what was not written, or the text would be wrong. */
static void forget(struct end *e)
{
    memset(e, 0, offsetof(struct end, send_octets));
    memset(&e->clock, 0, sizeof *e - offsetof(struct end, clock));
}

/* A window of one octet carries a few hundred as well as a few thousand. */
static void bound_total(struct world *w, struct end *e, const struct end *peer)
{
    uint64_t most = 200;
    most *= e->config.send_buffer < peer->config.receive_buffer ? e->config.send_buffer : peer->config.receive_buffer;
    if (most > (uint64_t)e->habits.send_most * 500) { most = (uint64_t)e->habits.send_most * 500; }
    if (e->habits.total > most) { e->habits.total = 1 + below(w, (uint32_t)most); }
}

void world_draw(struct world *w, const struct making *making)
{
    forget(&w->ends[0]);
    forget(&w->ends[1]);
    w->seed = making->seed;
    w->random = (making->seed + 1) * 0x9E3779B97F4A7C15u;
    w->dice = making->dice;
    w->dice_left = making->dice ? making->dice_count : 0;
    w->now = w->calm_since = 0;
    w->steps = w->segments = 0;
    w->network.count = 0;
    w->network.order = 0;
    for (int i = 0; i < 10; i++) {
        draw(&w->random);
    }
    draw_weather(w);
    draw_end(w, 0, making);
    draw_end(w, 1, making);
    if (chance(w, 700)) { w->ends[1].habits.active = false; } /* else both open at once (Figure 7) */
    for (int i = 0; i < 2; i++) {
        bool waits = w->ends[1].habits.active && chance(w, 500);
        w->ends[i].turn_at = waits ? size(w, 16) : 0;
    }
    if (!w->ends[1].habits.active) { w->ends[0].turn_at = 1 + size(w, 16); } /* the listener is there first */
    for (int i = 0; i < 2; i++) {
        bound_total(w, &w->ends[i], &w->ends[1 - i]);
    }
    if (w->ends[0].habits.closes_last) { w->ends[1].habits.closes_last = false; }
}
