/* What the benchmarks of the engine share: a clock, a way to give up, and what each stack can be asked. */
#ifndef BENCH_H
#define BENCH_H

#include "tcprove/sums.h"

#include <stdbool.h>
#include <stdint.h>

#define BENCH_BURST 32u /* connections that talk, or are made, at a time */
#define BENCH_MSS 1460u

double bench_now_ns(void); /* of this process alone, which never waits: others on the machine do not count */
_Noreturn void bench_give_up(const char *what);

static inline void bench_must(bool holds, const char *what)
{
    if (!holds) { bench_give_up(what); }
}

/* How bulk goes. */
struct bench_bulk {
    uint32_t window;    /* octets; buffers on both sides, a power of two */
    bool into_ring;     /* the sender's application copies into the send buffer */
    bool out_of_packet; /* the receiver's text is copied into its buffer */
    bool best_sums;     /* those for this processor */
};

/* tcpr_host. `options`: timestamps and SACK as by default, else without, as Debian's lwIP is built. */
double ours_bulk_ns(const struct bench_bulk *bulk, uint32_t segments);                         /* a data segment */
double ours_churn_ns(uint32_t burst, uint32_t count, bool options);                            /* a connection */
double ours_ping_pong_ns(uint32_t connections, uint32_t burst, uint32_t rounds, bool options); /* a round */
/* A packet made and parsed, without any TCP, so many at a time. */
double ours_codec_ns(const struct tcpr_sums *sums, uint32_t text_len, uint32_t batch);
void ours_memory(uint32_t connections);

/* lwIP, in the same process; false: not built with it. Its window is 64 KiB, and its tcp_write copies. */
bool lwip_begin(void);
double lwip_bulk_ns(uint32_t segments);
double lwip_churn_ns(uint32_t burst, uint32_t count);
double lwip_ping_pong_ns(uint32_t connections, uint32_t burst, uint32_t rounds);
uint32_t lwip_connection_octets(void); /* without what malloc adds */

#endif
