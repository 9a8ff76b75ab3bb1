/* An IPv4 datagram in two fragments (RFC 791 section 3.2). */
#include "checksum.h"
#include "harness/net.h"
#include "harness/octets.h"

#include <string.h>

#define FLAGS_AT 6u
#define CHECKSUM_AT 10u
#define MORE_FRAGMENTS 0x2000u
#define UNIT 8u /* of a fragment's offset */

static void seal(uint8_t *header, size_t header_len, size_t len, uint16_t identification, unsigned offset)
{
    octets_put_u16(header + 2, (uint16_t)len);
    octets_put_u16(header + 4, identification);
    octets_put_u16(header + FLAGS_AT, (uint16_t)offset);
    octets_put_u16(header + CHECKSUM_AT, 0);
    octets_put_u16(header + CHECKSUM_AT, checksum_end(checksum_add(0, header, header_len)));
}

size_t datagram_fragment(const uint8_t *octets, size_t len, unsigned part, uint16_t identification, uint8_t *out)
{
    size_t header_len = len >= NET_IPV4_HEADER_LEN ? (octets[0] & 15u) * 4u : 0;
    if (len == 0 || octets[0] >> 4 != 4 || header_len < NET_IPV4_HEADER_LEN || len < header_len + 2 * UNIT) {
        return 0;
    }
    size_t first = (len - header_len) / 2 / UNIT * UNIT;
    size_t at = part == 0 ? 0 : first, carried = part == 0 ? first : len - header_len - first;
    memcpy(out, octets, header_len);
    memcpy(out + header_len, octets + header_len + at, carried);
    seal(out, header_len, header_len + carried, identification, part == 0 ? MORE_FRAGMENTS : (unsigned)(at / UNIT));
    return header_len + carried;
}
