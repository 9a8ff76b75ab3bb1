/*
 * The engine's speed beside lwIP's, in one process, and beside what no TCP can do without.
 *
 *     bench_engine [MOST]     ping-pong among up to so many connections; 100000
 *
 * Figures are of one run each, the best of a few: others on the machine only ever add. Ratios say more.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"
#include "tcprove/sums_best.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPEATS 5
#define REPEATS_OF_MANY 1 /* a million connections take their time to open */
#define LWIP_MOST 1000u   /* connections: its lists are searched one by one */
#define WINDOW 262144u

/* The least of some runs of `call`. */
#define BEST_OF(times, best, call)                         \
    do {                                                   \
        (best) = (call);                                   \
        for (int repeat = 1; repeat < (times); repeat++) { \
            double again = (call);                         \
            (best) = again < (best) ? again : (best);      \
        }                                                  \
    } while (0)
#define BEST(best, call) BEST_OF(REPEATS, best, call)

static uint8_t from[1 << 16], to[1 << 16];

static double copy_ns(void)
{
    const unsigned rounds = 50000;
    double begun = bench_now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        memcpy(to + i % 32 * 1536, from + i % 32 * 1536, BENCH_MSS);
        __asm__ volatile("" : : : "memory");
    }
    return (bench_now_ns() - begun) / rounds;
}

static double checksum_ns(const struct tcpr_sums *sums)
{
    const unsigned rounds = 50000;
    uint64_t all = 0;
    double begun = bench_now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        all += sums->sum(from + i % 32 * 1536, BENCH_MSS);
    }
    double each = (bench_now_ns() - begun) / rounds;
    bench_must(all == 0, "zeros have a sum");
    return each;
}

static double copy_and_sum_ns(const struct tcpr_sums *sums)
{
    const unsigned rounds = 50000;
    uint64_t all = 0;
    double begun = bench_now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        all += sums->copy(to + i % 32 * 1536, from + i % 32 * 1536, BENCH_MSS);
    }
    double each = (bench_now_ns() - begun) / rounds;
    bench_must(all == 0, "zeros have a sum");
    return each;
}

/* What the contract of bulk costs before there is any TCP: a segment and half an ACK, made and parsed. */
static double bare_segment_ns(const struct tcpr_sums *sums)
{
    double segment, ack;
    BEST(segment, ours_codec_ns(sums, BENCH_MSS, WINDOW / BENCH_MSS));
    BEST(ack, ours_codec_ns(sums, 0, WINDOW / BENCH_MSS / 2));
    return segment + ack / 2;
}

static void show_floor(void)
{
    double copy, packet, sum[2], both[2];
    const struct tcpr_sums *sums[2] = {&tcpr_sums_portable, tcpr_sums_best()};
    BEST(copy, copy_ns());
    BEST(packet, ours_codec_ns(sums[0], 1, 1));
    printf("caches: L1d %ld KiB, L2 %ld KiB, L3 %ld KiB\n", sysconf(_SC_LEVEL1_DCACHE_SIZE) / 1024,
           sysconf(_SC_LEVEL2_CACHE_SIZE) / 1024, sysconf(_SC_LEVEL3_CACHE_SIZE) / 1024);
    printf("floor, ns: memcpy of %u octets %.0f; a packet of one octet made and parsed %.0f\n", BENCH_MSS, copy,
           packet);
    for (unsigned n = 0; n < 2; n++) {
        BEST(sum[n], checksum_ns(sums[n]));
        BEST(both[n], copy_and_sum_ns(sums[n]));
        printf("  %-18s checksum %.0f, with a copy %.0f, so a segment needs %.0f; with headers and half an ACK %.0f\n",
               n == 0 ? "portable:" : "this processor's:", sum[n], both[n], sum[n] + both[n], bare_segment_ns(sums[n]));
    }
}

static void show_one_bulk(const char *what, const struct bench_bulk *bulk, double lwip)
{
    double each;
    BEST(each, ours_bulk_ns(bulk, 100000));
    printf("  %-58s %6.0f", what, each);
    if (lwip > 0) { printf("   lwIP/ours %.2f", lwip / each); }
    printf("\n");
}

static void show_bulk(bool beside)
{
    double lwip = 0;
    if (beside) { BEST(lwip, lwip_bulk_ns(100000)); }
    printf("bulk, ns a data segment of %u octets, an ACK for two\n", BENCH_MSS);
    if (beside) { printf("  %-58s %6.0f\n", "lwIP: window 64 KiB, copies into the send buffer too", lwip); }
    show_one_bulk("ours, the same", &(struct bench_bulk){.window = 65536, .into_ring = true}, lwip);
    show_one_bulk("ours: window 256 KiB, one copy", &(struct bench_bulk){.window = WINDOW}, lwip);
    show_one_bulk("ours: with this processor's sums", &(struct bench_bulk){.window = WINDOW, .best_sums = true}, lwip);
    show_one_bulk("ours: and copied out of the packet too",
                  &(struct bench_bulk){.window = WINDOW, .best_sums = true, .out_of_packet = true}, lwip);
}

static void show_churn(bool beside)
{
    printf("churn, ns a connection: open, an octet there and back, close by both\n");
    for (uint32_t burst = 1; burst <= BENCH_BURST; burst *= BENCH_BURST) {
        double ours, with_options, lwip = 0;
        BEST(ours, ours_churn_ns(burst, 30000 / burst * burst, false));
        BEST(with_options, ours_churn_ns(burst, 30000 / burst * burst, true));
        if (beside) { BEST(lwip, lwip_churn_ns(burst, 30000 / burst * burst)); }
        printf("  %2u at a time: ours %.0f (%.2f M/s), with timestamps and SACK %.0f", burst, ours, 1e3 / ours,
               with_options);
        if (beside) { printf("; lwIP %.0f   lwIP/ours %.2f", lwip, lwip / ours); }
        printf("\n");
    }
}

static void show_ping_pong(uint32_t most, bool beside)
{
    double one = 0, one_burst = 0;
    printf("ping-pong of one octet, ns a round of two packets\n%12s %8s %7s %13s %7s %8s %10s\n", "connections",
           "alone", "to K=1", "bursts of 32", "to K=1", "lwIP", "lwIP/ours");
    for (uint32_t k = 1; k <= most; k *= 10) {
        uint32_t burst = k < BENCH_BURST ? k : BENCH_BURST, rounds = 100000;
        double alone, bursts, lwip = 0;
        int times = k > 100000 ? REPEATS_OF_MANY : REPEATS;
        BEST_OF(times, alone, ours_ping_pong_ns(k, 1, rounds, false));
        BEST_OF(times, bursts, ours_ping_pong_ns(k, burst, rounds, false));
        one = k == 1 ? alone : one;
        one_burst = k == 1 ? bursts : one_burst;
        printf("%12u %8.0f %7.2f %13.0f %7.2f", k, alone, alone / one, bursts, bursts / one_burst);
        if (beside && k <= LWIP_MOST) {
            BEST(lwip, lwip_ping_pong_ns(k, 1, k < 100 ? rounds : 10000));
            printf(" %8.0f %10.2f", lwip, lwip / alone);
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    uint32_t most = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    bool beside = lwip_begin();
    show_floor();
    show_bulk(beside);
    show_churn(beside);
    show_ping_pong(most, beside);
    ours_memory(1000000);
    if (!beside) { return 0; }
    printf(
        "lwIP: its connection is %u octets, and malloc's. Debian builds it with -O2, assertions, locks around malloc,\n"
        "IPv6 and forwarding; without timestamps and SACK. It is spared its timers and its TIME-WAITs here.\n",
        lwip_connection_octets());
    return 0;
}
