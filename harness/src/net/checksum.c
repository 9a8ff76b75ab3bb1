#include "checksum.h"

#include "harness/octets.h"

uint32_t checksum_add(uint32_t sum, const uint8_t *octets, size_t len)
{
    uint64_t wide = sum;
    for (; len > 1; len -= 2, octets += 2) {
        wide += octets_get_u16(octets);
    }
    if (len > 0) { wide += (uint32_t)octets[0] << 8; }
    while (wide >> 16) {
        wide = (wide & 0xFFFF) + (wide >> 16);
    }
    return (uint32_t)wide;
}

uint32_t checksum_add_pseudo_header(uint32_t sum, const struct tcpr_ip *ip, uint8_t protocol, size_t len)
{
    uint8_t tail[8] = {[7] = protocol};
    octets_put_u32(tail, (uint32_t)len);
    size_t address_len = ip->version == 6 ? 16 : 4;
    sum = checksum_add(sum, ip->source, address_len);
    sum = checksum_add(sum, ip->destination, address_len);
    return checksum_add(sum, tail, sizeof tail);
}

uint16_t checksum_end(uint32_t sum)
{
    return (uint16_t)~sum;
}
