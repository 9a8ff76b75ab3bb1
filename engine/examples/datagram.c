#include "datagram.h"

#include <string.h>

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_ICMPV6 58
#define ICMP_HEADER 8u
#define QUOTED_TCP 8u /* ports and SEQ: an IPv4 router need quote no more */

static uint32_t read16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t read32(const uint8_t *p)
{
    return read16(p) << 16 | read16(p + 2);
}

static void write16(uint8_t *p, size_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* The Internet checksum (RFC 1071); 0 over octets that carry a right one. */
static uint16_t checksum(const uint8_t *octets, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)octets[i] << 8 : octets[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* The header alone, so that a quotation that is cut can be read too. @return its length; 0: no such header. */
static size_t parse_header(const uint8_t *octets, size_t len, struct tcpr_ip *ip, uint8_t *protocol, size_t *total)
{
    memset(ip, 0, sizeof *ip);
    if (len >= IPV4_HEADER && octets[0] >> 4 == 4) {
        size_t header = (octets[0] & 15u) * 4u;
        bool fragment = (read16(octets + 6) & 0x3FFF) != 0;
        *total = read16(octets + 2);
        if (header < IPV4_HEADER || header > len || *total < header || fragment) { return 0; }
        *protocol = octets[9];
        *ip = (struct tcpr_ip){.version = 4, .ttl = octets[8]};
        memcpy(ip->source, octets + 12, 4);
        memcpy(ip->destination, octets + 16, 4);
        return header;
    }
    if (len < IPV6_HEADER || octets[0] >> 4 != 6) { return 0; }
    *total = IPV6_HEADER + read16(octets + 4);
    *protocol = octets[6];
    *ip = (struct tcpr_ip){.version = 6, .ttl = octets[7]};
    memcpy(ip->source, octets + 8, 16);
    memcpy(ip->destination, octets + 24, 16);
    return IPV6_HEADER;
}

void datagram_parse(const uint8_t *octets, size_t len, struct datagram *out)
{
    uint8_t protocol = 0;
    size_t total = 0;
    memset(out, 0, sizeof *out);
    size_t header = parse_header(octets, len, &out->ip, &protocol, &total);
    if (header == 0 || total > len) { return; }
    if (out->ip.version == 4 && checksum(octets, header) != 0) { return; }
    out->ecn = (out->ip.version == 4 ? octets[1] : octets[1] >> 4) & 3;
    out->text = octets + header;
    out->text_len = total - header;
    if (protocol == PROTOCOL_TCP) { out->kind = DATAGRAM_TCP; }
    if (protocol == (out->ip.version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) { out->kind = DATAGRAM_ICMP; }
}

/* Next-hop MTU: RFC 1191 section 4, RFC 4443 section 3.2. */
static uint32_t icmp_mtu(const uint8_t *message, uint8_t version)
{
    if (version == 4) { return message[0] == 3 && message[1] == 4 ? read16(message + 6) : 0; }
    return message[0] == 2 ? read32(message + 4) : 0;
}

/* ICMP: unreachable, source quench, time exceeded, parameter problem. ICMPv6: all errors are below 128. */
static bool is_error(uint8_t type, uint8_t version)
{
    return version == 4 ? type == 3 || type == 4 || type == 11 || type == 12 : type >= 1 && type < 128;
}

/* ICMPv6's checksum covers a pseudo-header; TUN hands over what this machine made, and the quotation is checked by
 * sequence number (RFC 5927 section 4.1), so only ICMP's own is looked at. */
bool datagram_parse_error(const struct datagram *from, struct datagram_error *out)
{
    const uint8_t *message = from->text;
    if (from->kind != DATAGRAM_ICMP || from->text_len < ICMP_HEADER || !is_error(message[0], from->ip.version)) {
        return false;
    }
    if (from->ip.version == 4 && checksum(message, from->text_len) != 0) { return false; }
    const uint8_t *quoted = message + ICMP_HEADER;
    size_t len = from->text_len - ICMP_HEADER, total = 0;
    uint8_t protocol = 0;
    size_t header = parse_header(quoted, len, &out->quoted, &protocol, &total);
    if (header == 0 || len < header + QUOTED_TCP || protocol != PROTOCOL_TCP) { return false; }
    if (out->quoted.version != from->ip.version) { return false; }
    out->local_port = (uint16_t)read16(quoted + header);
    out->remote_port = (uint16_t)read16(quoted + header + 2);
    out->icmp = (struct tcpr_icmp){.quoted_seq = read32(quoted + header + 4),
                                   .mtu = icmp_mtu(message, from->ip.version),
                                   .quoted_len = (uint16_t)(total < UINT16_MAX ? total : UINT16_MAX),
                                   .version = from->ip.version,
                                   .type = message[0],
                                   .code = message[1]};
    return true;
}

size_t datagram_header_len(const struct tcpr_ip *ip)
{
    return ip->version == 4 ? IPV4_HEADER : IPV6_HEADER;
}

static void emit_ipv4(const struct tcpr_ip *ip, uint8_t ecn, size_t text_len, uint8_t *out)
{
    memset(out, 0, IPV4_HEADER);
    out[0] = 0x45;
    out[1] = ecn;
    write16(out + 2, IPV4_HEADER + text_len);
    out[6] = 0x40; /* DF: a datagram that is never cut needs no identification (RFC 6864) */
    out[8] = ip->ttl;
    out[9] = PROTOCOL_TCP;
    memcpy(out + 12, ip->source, 4);
    memcpy(out + 16, ip->destination, 4);
    write16(out + 10, checksum(out, IPV4_HEADER));
}

static void emit_ipv6(const struct tcpr_ip *ip, uint8_t ecn, size_t text_len, uint8_t *out)
{
    memset(out, 0, IPV6_HEADER);
    out[0] = 0x60;
    out[1] = (uint8_t)(ecn << 4);
    write16(out + 4, text_len);
    out[6] = PROTOCOL_TCP;
    out[7] = ip->ttl;
    memcpy(out + 8, ip->source, 16);
    memcpy(out + 24, ip->destination, 16);
}

size_t datagram_emit(const struct tcpr_ip *ip, uint8_t ecn, size_t text_len, uint8_t *out)
{
    if (ip->version == 4) { emit_ipv4(ip, ecn, text_len, out); }
    if (ip->version == 6) { emit_ipv6(ip, ecn, text_len, out); }
    return datagram_header_len(ip) + text_len;
}
