/* IP datagrams as values (RFC 791, RFC 8200). */
#include "checksum.h"
#include "harness/net.h"
#include "harness/octets.h"

#include <string.h>

#define IPV4_CHECKSUM_AT 10u
#define IPV4_DONT_FRAGMENT 0x4000u
#define IPV4_FRAGMENT 0x3FFFu /* more fragments, or an offset */
#define LONGEST 65535u        /* an IPv4 datagram; the payload of an IPv6 one */

static const char *const fault_texts[] = {
    [NET_OK] = "sound",
    [NET_SHORT] = "ends before its header does",
    [NET_VERSION] = "IP version is neither 4 nor 6",
    [NET_HEADER_LENGTH] = "IPv4 header length is impossible",
    [NET_TOTAL_LENGTH] = "IP length goes beyond the end",
    [NET_HEADER_CHECKSUM] = "IPv4 header checksum is wrong",
    [NET_FRAGMENT] = "a fragment",
    [NET_EXTENSION] = "IPv6 extension header is malformed",
    [NET_PROTOCOL] = "carries another protocol",
    [NET_ICMP_CHECKSUM] = "ICMP checksum is wrong",
    [NET_QUOTATION] = "quotes no TCP segment",
};

const char *net_fault_text(enum net_fault why)
{
    return (size_t)why < sizeof fault_texts / sizeof fault_texts[0] ? fault_texts[why] : "?";
}

static void read_ipv4_fields(const uint8_t *octets, struct datagram *out)
{
    out->ip.version = 4;
    out->ip.ttl = octets[8];
    memcpy(out->ip.source, octets + 12, 4);
    memcpy(out->ip.destination, octets + 16, 4);
    out->dscp = octets[1] >> 2;
    out->ecn = octets[1] & 3;
    out->protocol = octets[9];
    out->identification = octets_get_u16(octets + 4);
    out->dont_fragment = (octets_get_u16(octets + 6) & IPV4_DONT_FRAGMENT) != 0;
}

static enum net_fault parse_ipv4(const uint8_t *octets, size_t len, bool quoted, struct datagram *out)
{
    if (len < NET_IPV4_HEADER_LEN) { return NET_SHORT; }
    read_ipv4_fields(octets, out);
    size_t header_len = (octets[0] & 15u) * 4u, total_len = octets_get_u16(octets + 2);
    if (header_len < NET_IPV4_HEADER_LEN || header_len > total_len) { return NET_HEADER_LENGTH; }
    if (header_len > len) { return NET_SHORT; }
    if (total_len > len && !quoted) { return NET_TOTAL_LENGTH; }
    if (!quoted && checksum_end(checksum_add(0, octets, header_len)) != 0) { return NET_HEADER_CHECKSUM; }
    if (octets_get_u16(octets + 6) & IPV4_FRAGMENT) { return NET_FRAGMENT; }
    out->payload_at = header_len;
    out->payload_len = (total_len < len ? total_len : len) - header_len;
    return NET_OK;
}

/* IPv6 extension headers that stand between the IP header and the payload. */
enum extension {
    EXTENSION_HOP_BY_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_AUTHENTICATION = 51,
    EXTENSION_DESTINATION = 60
};

static bool is_extension(uint8_t protocol)
{
    return protocol == EXTENSION_HOP_BY_HOP || protocol == EXTENSION_ROUTING || protocol == EXTENSION_FRAGMENT ||
           protocol == EXTENSION_AUTHENTICATION || protocol == EXTENSION_DESTINATION;
}

/* The length of an extension header of which 8 octets are there. */
static size_t extension_len(uint8_t protocol, const uint8_t *octets)
{
    if (protocol == EXTENSION_FRAGMENT) { return 8; }
    if (protocol == EXTENSION_AUTHENTICATION) { return (octets[1] + 2u) * 4u; }
    return (octets[1] + 1u) * 8u;
}

/* Judge and pass over the extension header at `*at`. */
static enum net_fault pass_extension(const uint8_t *octets, size_t end, size_t *at, struct datagram *out)
{
    if (end - *at < 8) { return NET_EXTENSION; }
    const uint8_t *header = octets + *at;
    size_t len = extension_len(out->protocol, header);
    if (len > end - *at) { return NET_EXTENSION; }
    if (out->protocol == EXTENSION_HOP_BY_HOP && *at != NET_IPV6_HEADER_LEN) { return NET_EXTENSION; }
    if (out->protocol == EXTENSION_ROUTING && header[3] != 0) { return NET_EXTENSION; } /* segments left */
    if (out->protocol == EXTENSION_FRAGMENT && (octets_get_u16(header + 2) & 0xFFF9u)) { return NET_FRAGMENT; }
    out->protocol = header[0];
    *at += len;
    return NET_OK;
}

static void read_ipv6_fields(const uint8_t *octets, struct datagram *out)
{
    unsigned traffic_class = (octets_get_u16(octets) >> 4) & 0xFFu;
    out->ip.version = 6;
    out->ip.ttl = octets[7];
    memcpy(out->ip.source, octets + 8, 16);
    memcpy(out->ip.destination, octets + 24, 16);
    out->dscp = (uint8_t)(traffic_class >> 2);
    out->ecn = traffic_class & 3;
    out->protocol = octets[6];
    out->dont_fragment = true;
}

static enum net_fault parse_ipv6(const uint8_t *octets, size_t len, bool quoted, struct datagram *out)
{
    if (len < NET_IPV6_HEADER_LEN) { return NET_SHORT; }
    read_ipv6_fields(octets, out);
    size_t end = NET_IPV6_HEADER_LEN + octets_get_u16(octets + 4);
    if (end > len && !quoted) { return NET_TOTAL_LENGTH; }
    if (end > len) { end = len; }
    size_t at = NET_IPV6_HEADER_LEN;
    while (is_extension(out->protocol)) {
        enum net_fault why = pass_extension(octets, end, &at, out);
        if (why != NET_OK) { return why; }
    }
    out->payload_at = at;
    out->payload_len = end - at;
    return NET_OK;
}

static enum net_fault parse(const uint8_t *octets, size_t len, bool quoted, struct datagram *out)
{
    memset(out, 0, sizeof *out);
    if (len == 0) { return NET_SHORT; }
    if (octets[0] >> 4 == 4) { return parse_ipv4(octets, len, quoted, out); }
    if (octets[0] >> 4 == 6) { return parse_ipv6(octets, len, quoted, out); }
    return NET_VERSION;
}

enum net_fault datagram_parse(const uint8_t *octets, size_t len, struct datagram *out)
{
    return parse(octets, len, false, out);
}

enum net_fault datagram_parse_quoted(const uint8_t *octets, size_t len, struct datagram *out)
{
    return parse(octets, len, true, out);
}

static void put_ipv4(const struct datagram *datagram, uint8_t *out)
{
    memset(out, 0, NET_IPV4_HEADER_LEN);
    out[0] = 4 << 4 | NET_IPV4_HEADER_LEN / 4;
    out[1] = (uint8_t)(datagram->dscp << 2 | (datagram->ecn & 3));
    octets_put_u16(out + 2, (uint16_t)(NET_IPV4_HEADER_LEN + datagram->payload_len));
    octets_put_u16(out + 4, datagram->identification);
    octets_put_u16(out + 6, datagram->dont_fragment ? IPV4_DONT_FRAGMENT : 0);
    out[8] = datagram->ip.ttl;
    out[9] = datagram->protocol;
    memcpy(out + 12, datagram->ip.source, 4);
    memcpy(out + 16, datagram->ip.destination, 4);
    octets_put_u16(out + IPV4_CHECKSUM_AT, checksum_end(checksum_add(0, out, NET_IPV4_HEADER_LEN)));
}

static void put_ipv6(const struct datagram *datagram, uint8_t *out)
{
    memset(out, 0, NET_IPV6_HEADER_LEN);
    unsigned traffic_class = (datagram->dscp & 63u) << 2 | (datagram->ecn & 3u);
    octets_put_u16(out, (uint16_t)(6u << 12 | traffic_class << 4));
    octets_put_u16(out + 4, (uint16_t)datagram->payload_len);
    out[6] = datagram->protocol;
    out[7] = datagram->ip.ttl;
    memcpy(out + 8, datagram->ip.source, 16);
    memcpy(out + 24, datagram->ip.destination, 16);
}

/* False: no such version, longer than IP allows, or no room for the whole. */
static bool fits(const struct datagram *datagram, size_t header_len, size_t room)
{
    uint8_t version = datagram->ip.version;
    if (version != 4 && version != 6) { return false; }
    if (datagram->payload_len > LONGEST - (version == 4 ? header_len : 0)) { return false; }
    return header_len + datagram->payload_len <= room;
}

size_t datagram_emit_header(const struct datagram *datagram, uint8_t *out, size_t room)
{
    size_t header_len = datagram->ip.version == 6 ? NET_IPV6_HEADER_LEN : NET_IPV4_HEADER_LEN;
    if (!fits(datagram, header_len, room)) { return 0; }
    if (datagram->ip.version == 6) {
        put_ipv6(datagram, out);
    } else {
        put_ipv4(datagram, out);
    }
    return header_len;
}

size_t datagram_emit(const struct datagram *datagram, const uint8_t *payload, uint8_t *out, size_t room)
{
    size_t header_len = datagram_emit_header(datagram, out, room);
    if (header_len == 0) { return 0; }
    if (datagram->payload_len > 0) { memcpy(out + header_len, payload, datagram->payload_len); }
    return header_len + datagram->payload_len;
}

size_t datagram_put_ipv4_options(uint8_t *octets, size_t len, const uint8_t *options, size_t options_len)
{
    size_t padded = (options_len + 3) / 4 * 4, header_len = NET_IPV4_HEADER_LEN + padded;
    if (options_len > NET_IPV4_OPTIONS_MAX || len < NET_IPV4_HEADER_LEN || len + padded > LONGEST) { return 0; }
    memmove(octets + header_len, octets + NET_IPV4_HEADER_LEN, len - NET_IPV4_HEADER_LEN);
    memset(octets + NET_IPV4_HEADER_LEN, 0, padded);
    if (options_len) { memcpy(octets + NET_IPV4_HEADER_LEN, options, options_len); }
    octets[0] = (uint8_t)(4u << 4 | header_len / 4);
    octets_put_u16(octets + 2, (uint16_t)(len + padded));
    octets_put_u16(octets + IPV4_CHECKSUM_AT, 0);
    octets_put_u16(octets + IPV4_CHECKSUM_AT, checksum_end(checksum_add(0, octets, header_len)));
    return len + padded;
}

size_t datagram_wrap(const struct tcpr_ip *ip, uint8_t ecn, const uint8_t *segment, size_t len, uint8_t *out,
                     size_t room)
{
    const struct datagram datagram = {
        .ip = *ip, .ecn = ecn, .protocol = NET_TCP, .dont_fragment = true, .payload_len = len};
    return datagram_emit(&datagram, segment, out, room);
}

/* The segment is written in its place, so that its text is copied once. */
size_t datagram_emit_segment(const struct tcpr_ip *ip, const struct tcpr_segment *seg, const uint8_t *text,
                             uint8_t *out, size_t room)
{
    const struct datagram datagram = {.ip = *ip,
                                      .ecn = seg->ecn,
                                      .protocol = NET_TCP,
                                      .dont_fragment = true,
                                      .payload_len = (size_t)tcpr_segment_header_len(seg) + seg->text_len};
    size_t header_len = datagram_emit_header(&datagram, out, room);
    return header_len == 0 ? 0 : header_len + tcpr_segment_emit(seg, ip, text, out + header_len);
}
