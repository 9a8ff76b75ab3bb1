#include "packet.h"

#include <string.h>

static uint16_t folded(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xFFFFFFFFu);
    sum = (sum >> 32) + (sum & 0xFFFFFFFFu);
    sum = (sum >> 16) + (sum & 0xFFFFu);
    return (uint16_t)((sum >> 16) + (sum & 0xFFFFu));
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* No octet is read back that was just written: that would wait for the processor's store buffer. */
static void put_ip_header(uint8_t *out, const struct tcpr_ip *ip, size_t len)
{
    uint32_t sum = 0x4500u + (uint32_t)len + 0x4000u + 0x4006u + word(ip->source) + word(ip->source + 2) +
                   word(ip->destination) + word(ip->destination + 2);
    uint16_t checksum = (uint16_t)~folded(sum);
    static const uint8_t fixed[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0};
    memcpy(out, fixed, sizeof fixed);
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    out[10] = (uint8_t)(checksum >> 8);
    out[11] = (uint8_t)checksum;
    memcpy(out + 12, ip->source, 4);
    memcpy(out + 16, ip->destination, 4);
}

/* Where the text can be copied from at one go; where the ring turns it is put together in its place. */
static const uint8_t *text_of(const struct tcpr_segment *seg, const struct tcpr_ring *ring, uint8_t *place)
{
    uint32_t at = (uint32_t)seg->text_at & (ring->size - 1);
    if (seg->text_len <= ring->size - at) { return ring->octets + at; }
    tcpr_ring_get(ring, seg->text_at, place, seg->text_len);
    return place;
}

void packet_make(struct wire *wire, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                 const struct tcpr_ring *ring)
{
    bench_must(wire->packets < BATCH_MAX && wire->used + PACKET_MAX <= WIRE_OCTETS, "the wire is full");
    struct packet *p = &wire->packet[wire->packets++];
    p->octets = wire->octets + wire->used;
    uint8_t *out = p->octets + IP_HEADER;
    const uint8_t *text = seg->text_len > 0 ? text_of(seg, ring, out + tcpr_segment_header_len(seg)) : NULL;
    p->len = IP_HEADER + (uint32_t)tcpr_segment_emit_by(wire->sums, seg, ip, text, out);
    put_ip_header(p->octets, ip, p->len);
    wire->used += (p->len + 63u) & ~63u;
}

const uint8_t *packet_take(const struct tcpr_sums *sums, const struct packet *p, struct tcpr_ip *ip,
                           struct tcpr_segment *seg)
{
    const uint8_t *o = p->octets;
    bench_must(o[0] == 0x45 && o[9] == 6 && folded(tcpr_sum(o, IP_HEADER)) == 0xFFFFu, "an IP header is wrong");
    *ip = (struct tcpr_ip){.version = 4, .ttl = o[8]};
    memcpy(ip->source, o + 12, 4);
    memcpy(ip->destination, o + 16, 4);
    enum tcpr_parse why = tcpr_segment_parse_by(sums, o + IP_HEADER, p->len - IP_HEADER, ip, seg);
    bench_must(why == TCPR_PARSE_OK, "a segment is wrong");
    return o + IP_HEADER + seg->header_len;
}
