#include "packet.h"

#include <string.h>

static uint16_t ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < IP_HEADER; i += 2) {
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    }
    sum = (sum >> 16) + (sum & 0xFFFFu);
    return (uint16_t) ~(sum + (sum >> 16));
}

static void put_ip_header(uint8_t *out, const struct tcpr_ip *ip, size_t len)
{
    uint8_t header[IP_HEADER] = {0x45, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0x40, 0, 64, 6};
    memcpy(header + 12, ip->source, 4);
    memcpy(header + 16, ip->destination, 4);
    uint16_t sum = ip_checksum(header);
    header[10] = (uint8_t)(sum >> 8);
    header[11] = (uint8_t)sum;
    memcpy(out, header, sizeof header);
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
    bench_must(o[0] == 0x45 && o[9] == 6 && ip_checksum(o) == 0, "an IP header is wrong");
    *ip = (struct tcpr_ip){.version = 4, .ttl = o[8]};
    memcpy(ip->source, o + 12, 4);
    memcpy(ip->destination, o + 16, 4);
    enum tcpr_parse why = tcpr_segment_parse_by(sums, o + IP_HEADER, p->len - IP_HEADER, ip, seg);
    bench_must(why == TCPR_PARSE_OK, "a segment is wrong");
    return o + IP_HEADER + seg->header_len;
}
