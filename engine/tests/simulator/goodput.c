/*
 * What each way of finding loss is worth: 2 MiB one way, 40 ms there and back, windows of 256 KiB.
 *
 *     goodput SEEDS     the mean over so many seeds, in KiB a second; fails where SACK is not faster than NewReno
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OCTETS (2u << 20)

/* One way to find loss, and the weather it is tried in. */
struct way {
    const char *name;
    uint32_t off; /* features */
    uint8_t ranges;
    uint16_t records;
    uint8_t controller;
    uint32_t lost; /* thousandths */
};

static const struct way ways[] = {
    {"RFC 6582 (NewReno)", TCPR_FEATURE_SACK, 0, 0, TCPR_RENO, 0},
    {"RFC 6675 (SACK)", TCPR_FEATURE_PRR, 16, 0, TCPR_RENO, 0},
    {"RFC 6675, PRR", 0, 16, 0, TCPR_RENO, 0},
    {"RFC 8985 (RACK-TLP), PRR", 0, 16, SIM_RECORDS_MAX, TCPR_RENO, 0},
    {"RFC 8985, PRR, CUBIC", 0, 16, SIM_RECORDS_MAX, TCPR_CUBIC, 0},
};
#define WAYS (sizeof ways / sizeof ways[0])

static void set_end(struct end *e, const struct way *way)
{
    uint8_t secret[16];
    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = e->config.isn_secret[i];
    }
    tcpr_config_default(&e->config);
    for (size_t i = 0; i < sizeof secret; i++) {
        e->config.isn_secret[i] = secret[i];
    }
    e->config.features &= ~way->off;
    e->config.controller = way->controller;
    e->config.send_buffer = e->config.receive_buffer = SIM_BUFFER_MAX;
    e->config.r2_us = e->config.r2_syn_us = TCPR_NEVER;
    e->config.user_timeout_us = 0;
    e->habits = (struct habits){.total = e->side == 0 ? OCTETS : 0,
                                .send_most = SIM_BUFFER_MAX / 4,
                                .receive_most = SIM_BUFFER_MAX,
                                .pause_us = TCPR_MS(2),
                                .active = e->side == 0,
                                .closes_last = e->side == 1};
    tcpr_conn_init_with_tail(&e->c, way->ranges, way->records);
}

static void adjust(struct world *w, const void *how)
{
    const struct way *way = how;
    w->network.weather =
        (struct weather){.lost = way->lost, .delay_us = TCPR_MS(20), .hold_us = 1, .calm_at = TCPR_NEVER};
    set_end(&w->ends[0], way);
    set_end(&w->ends[1], way);
    w->ends[0].turn_at = 1; /* the listener is there first */
    w->ends[1].turn_at = 0;
}

/* @return KiB a second, the mean over `seeds` worlds */
static double goodput(struct world *w, struct way way, uint64_t seeds, uint32_t lost)
{
    double sum_s = 0;
    way.lost = lost;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        const struct making making = {.seed = seed,
                                      .total_bits = 1,
                                      .pause_bits = 1,
                                      .steps_max = 100000000u,
                                      .time_max = TCPR_S(1000000),
                                      .adjust = adjust,
                                      .how = &way};
        world_run(w, &making);
        sum_s += (double)w->ends[1].read_whole_at / 1e6;
    }
    return OCTETS / 1024. * (double)seeds / sum_s;
}

int main(int argc, char **argv)
{
    static struct world world;
    uint64_t seeds = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    double sum[WAYS] = {0};
    if (seeds == 0) {
        fprintf(stderr, "usage: goodput SEEDS\n");
        return 2;
    }
    printf("%-26s %10s %10s %10s   KiB a second, by loss\n", "", "1 %", "2 %", "5 %");
    for (size_t n = 0; n < WAYS; n++) {
        const uint32_t losses[] = {10, 20, 50};
        printf("%-26s", ways[n].name);
        for (size_t i = 0; i < 3; i++) {
            double rate = goodput(&world, ways[n], seeds, losses[i]);
            sum[n] = rate; /* of the last: 5 % */
            printf(" %10.0f", rate);
        }
        printf("\n");
    }
    return sum[1] > sum[0] && sum[3] > sum[0] ? 0 : 1;
}
