/*
 * Two ends and a bad network, from a seed: both streams arrive whole, both connections close, nothing stalls.
 *
 *     simulator --seed N [--verbose]     one world, told segment by segment
 *     simulator --seeds FIRST COUNT      many, told only on failure
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 3000000u              /* bounded work */
#define TIME_MAX TCPR_S(30 * 24 * 3600) /* and bounded time, for one-octet windows and readers that sleep */

static void run(struct world *w, uint64_t seed)
{
    const struct making making = {
        .seed = seed, .total_bits = 15, .pause_bits = 23, .steps_max = STEPS_MAX, .time_max = TIME_MAX};
    world_run(w, &making);
}

static bool number(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static int usage(void)
{
    fprintf(stderr, "usage: simulator --seed N [--verbose] | --seeds FIRST COUNT\n");
    return 2;
}

static int run_one(struct world *w, uint64_t seed, bool verbose)
{
    w->verbose = verbose;
    run(w, seed);
    printf("seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " segments, %.3f s\n", seed, w->steps, w->segments,
           (double)w->now / 1e6);
    return 0;
}

static int run_many(struct world *w, uint64_t first, uint64_t count)
{
    uint64_t steps = 0, segments = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        run(w, seed);
        steps += w->steps;
        segments += w->segments;
    }
    printf("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " segments\n", count, first, steps,
           segments);
    return 0;
}

int main(int argc, char **argv)
{
    static struct world world; /* a megabyte of buffers */
    uint64_t first, count;
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "--seed") == 0 && number(argv[2], &first)) {
        bool verbose = argc == 4 && strcmp(argv[3], "--verbose") == 0;
        return argc == 4 && !verbose ? usage() : run_one(&world, first, verbose);
    }
    if (argc == 4 && strcmp(argv[1], "--seeds") == 0 && number(argv[2], &first) && number(argv[3], &count)) {
        return run_many(&world, first, count);
    }
    return usage();
}
