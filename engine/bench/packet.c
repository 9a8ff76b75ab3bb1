#include "packet.h"

#include <string.h>

/* One's complement addition, of words in the machine's own order. */
static uint16_t folded(uint64_t sum)
{
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
    return (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
}

static uint64_t word(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t ip_header_sum(const uint8_t *at)
{
    return word(at) + word(at + 4) + word(at + 8) + word(at + 12) + word(at + 16);
}

static void put_ip_header(uint8_t *out, const struct tcpr_ip *ip, size_t len)
{
    const uint8_t fixed[12] = {0x45, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0x40, 0, 64, 6, 0, 0};
    memcpy(out, fixed, sizeof fixed);
    memcpy(out + 12, ip->source, 4);
    memcpy(out + 16, ip->destination, 4);
    uint16_t checksum = (uint16_t)~folded(ip_header_sum(out));
    memcpy(out + 10, &checksum, sizeof checksum);
}

/* Where the text can be copied from at one go; where the ring turns it is put together in its place. */
static const uint8_t *text_of(const struct tcpr_segment *seg, const struct tcpr_ring *ring, uint8_t *out)
{
    uint32_t at = (uint32_t)seg->text_at & (ring->size - 1);
    if (seg->text_len <= ring->size - at) { return ring->octets + at; }
    uint8_t *place = out + tcpr_segment_header_len(seg);
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
    const uint8_t *text = seg->text_len > 0 ? text_of(seg, ring, out) : NULL;
    p->len = IP_HEADER + (uint32_t)tcpr_segment_emit_by(wire->sums, seg, ip, text, out);
    put_ip_header(p->octets, ip, p->len);
    wire->used += (p->len + 63u) & ~63u;
}

const uint8_t *packet_take(const struct tcpr_sums *sums, const struct packet *p, struct tcpr_ip *ip,
                           struct tcpr_segment *seg)
{
    const uint8_t *o = p->octets;
    bench_must(o[0] == 0x45 && o[9] == 6 && folded(ip_header_sum(o)) == 0xFFFFu, "an IP header is wrong");
    *ip = (struct tcpr_ip){.version = 4, .ttl = o[8]};
    memcpy(ip->source, o + 12, 4);
    memcpy(ip->destination, o + 16, 4);
    enum tcpr_parse why = tcpr_segment_parse_by(sums, o + IP_HEADER, p->len - IP_HEADER, ip, seg);
    bench_must(why == TCPR_PARSE_OK, "a segment is wrong");
    return o + IP_HEADER + seg->header_len;
}
