/* IPv4 packets between two hosts in memory. */
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include "bench.h"
#include "tcprove/tcprove.h"

#define IP_HEADER 20u
#define PACKET_MAX (IP_HEADER + TCPR_HEADER_MAX + BENCH_MSS)
#define BATCH_MAX 512u
#define WIRE_OCTETS (1u << 20)

struct packet {
    uint32_t len;
    uint8_t *octets;
};

/* Packets on their way to a host. */
struct wire {
    const struct tcpr_sums *sums;
    struct packet packet[BATCH_MAX];
    uint32_t packets, used;
    uint8_t octets[WIRE_OCTETS];
};

/* Make the packet of a segment, its text from a ring. */
void packet_make(struct wire *wire, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                 const struct tcpr_ring *ring);
/* @return the segment's text. */
const uint8_t *packet_take(const struct tcpr_sums *sums, const struct packet *p, struct tcpr_ip *ip,
                           struct tcpr_segment *seg);

#endif
