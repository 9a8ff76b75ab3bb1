/* ICMP and ICMPv6 messages (RFC 792, RFC 4443). */
#include "checksum.h"
#include "harness/net.h"
#include "harness/octets.h"

#include <string.h>

#define CHECKSUM_AT 2u
#define QUOTED_PORTS_AND_SEQ 8u
#define IPV4_ERROR_MAX 576u /* RFC 1812 section 4.3.2.3 */
#define IPV6_ERROR_MAX 1280u
#define ANSWER_TTL 64u
#define ICMPV4_FRAGMENTATION_NEEDED 4u

static uint8_t icmp_protocol(uint8_t version)
{
    return version == 6 ? NET_ICMPV6 : NET_ICMPV4;
}

/* Only ICMPv6 counts the pseudo-header. */
static uint16_t message_checksum(const struct tcpr_ip *ip, const uint8_t *message, size_t len)
{
    uint32_t sum = ip->version == 6 ? checksum_add_pseudo_header(0, ip, NET_ICMPV6, len) : 0;
    return checksum_end(checksum_add(sum, message, len));
}

enum net_fault icmp_parse(const uint8_t *octets, const struct datagram *datagram, struct icmp *out)
{
    memset(out, 0, sizeof *out);
    out->version = datagram->ip.version;
    if (datagram->protocol != icmp_protocol(out->version)) { return NET_PROTOCOL; }
    if (datagram->payload_len < NET_ICMP_HEADER_LEN) { return NET_SHORT; }
    const uint8_t *message = octets + datagram->payload_at;
    out->type = message[0];
    out->code = message[1];
    out->word = octets_get_u32(message + 4);
    if (message_checksum(&datagram->ip, message, datagram->payload_len) != 0) { return NET_ICMP_CHECKSUM; }
    out->body_at = datagram->payload_at + NET_ICMP_HEADER_LEN;
    out->body_len = datagram->payload_len - NET_ICMP_HEADER_LEN;
    return NET_OK;
}

bool icmp_is_echo_request(const struct icmp *icmp)
{
    return icmp->type == (icmp->version == 6 ? NET_ICMPV6_ECHO_REQUEST : NET_ICMPV4_ECHO_REQUEST) && icmp->code == 0;
}

bool icmp_is_echo_reply(const struct icmp *icmp)
{
    return icmp->type == (icmp->version == 6 ? NET_ICMPV6_ECHO_REPLY : NET_ICMPV4_ECHO_REPLY) && icmp->code == 0;
}

bool icmp_is_error(const struct icmp *icmp)
{
    if (icmp->version == 6) { return icmp->type < NET_ICMPV6_ECHO_REQUEST; }
    return icmp->type == NET_ICMPV4_UNREACHABLE || icmp->type == NET_ICMPV4_SOURCE_QUENCH ||
           icmp->type == NET_ICMPV4_TIME_EXCEEDED || icmp->type == NET_ICMPV4_PARAMETER_PROBLEM;
}

uint32_t icmp_mtu(const struct icmp *icmp)
{
    if (icmp->version == 6) { return icmp->type == NET_ICMPV6_TOO_BIG ? icmp->word : 0; }
    bool needed = icmp->type == NET_ICMPV4_UNREACHABLE && icmp->code == ICMPV4_FRAGMENTATION_NEEDED;
    return needed ? icmp->word & 0xFFFF : 0; /* RFC 1191 section 4 */
}

/* An IPv6 datagram of 65,496 octets of payload and more is taken for the longest. */
static uint16_t quoted_total_len(const uint8_t *quoted)
{
    if (quoted[0] >> 4 == 4) { return octets_get_u16(quoted + 2); }
    uint32_t len = 40u + octets_get_u16(quoted + 4);
    return (uint16_t)(len < UINT16_MAX ? len : UINT16_MAX);
}

enum net_fault icmp_quotation(const uint8_t *octets, const struct icmp *icmp, struct quotation *out)
{
    struct datagram quoted;
    memset(out, 0, sizeof *out);
    if (!icmp_is_error(icmp)) { return NET_QUOTATION; }
    enum net_fault why = datagram_parse_quoted(octets + icmp->body_at, icmp->body_len, &quoted);
    if (why != NET_OK) { return why; }
    if (quoted.ip.version != icmp->version) { return NET_VERSION; }
    if (quoted.protocol != NET_TCP) { return NET_PROTOCOL; }
    if (quoted.payload_len < QUOTED_PORTS_AND_SEQ) { return NET_QUOTATION; }
    const uint8_t *segment = octets + icmp->body_at + quoted.payload_at;
    out->ip = quoted.ip;
    out->source_port = octets_get_u16(segment);
    out->destination_port = octets_get_u16(segment + 2);
    out->seq = octets_get_u32(segment + 4);
    out->total_len = quoted_total_len(octets + icmp->body_at);
    return NET_OK;
}

size_t icmp_emit(const struct tcpr_ip *ip, const struct icmp *icmp, const uint8_t *body, uint8_t *out, size_t room)
{
    if (icmp->body_len > NET_DATAGRAM_MAX) { return 0; }
    const struct datagram datagram = {
        .ip = *ip, .protocol = icmp_protocol(ip->version), .payload_len = NET_ICMP_HEADER_LEN + icmp->body_len};
    size_t header_len = datagram_emit_header(&datagram, out, room);
    if (header_len == 0) { return 0; }
    uint8_t *message = out + header_len;
    message[0] = icmp->type;
    message[1] = icmp->code;
    octets_put_u16(message + CHECKSUM_AT, 0);
    octets_put_u32(message + 4, icmp->word);
    if (icmp->body_len > 0) { memcpy(message + NET_ICMP_HEADER_LEN, body, icmp->body_len); }
    octets_put_u16(message + CHECKSUM_AT, message_checksum(ip, message, datagram.payload_len));
    return header_len + datagram.payload_len;
}

size_t icmp_emit_echo(const struct tcpr_ip *ip, bool reply, uint16_t identifier, uint16_t sequence, const uint8_t *data,
                      size_t len, uint8_t *out, size_t room)
{
    struct icmp echo = {.version = ip->version, .word = (uint32_t)identifier << 16 | sequence, .body_len = len};
    if (ip->version == 6) {
        echo.type = reply ? NET_ICMPV6_ECHO_REPLY : NET_ICMPV6_ECHO_REQUEST;
    } else {
        echo.type = reply ? NET_ICMPV4_ECHO_REPLY : NET_ICMPV4_ECHO_REQUEST;
    }
    return icmp_emit(ip, &echo, data, out, room);
}

size_t icmp_emit_error(const struct tcpr_ip *ip, uint8_t type, uint8_t code, uint32_t word, const uint8_t *quoted,
                       size_t quoted_len, uint8_t *out, size_t room)
{
    size_t most = ip->version == 6 ? IPV6_ERROR_MAX - NET_IPV6_HEADER_LEN : IPV4_ERROR_MAX - NET_IPV4_HEADER_LEN;
    most -= NET_ICMP_HEADER_LEN;
    const struct icmp error = {.version = ip->version,
                               .type = type,
                               .code = code,
                               .word = word,
                               .body_len = quoted_len < most ? quoted_len : most};
    return icmp_emit(ip, &error, quoted, out, room);
}

size_t icmp_emit_answer(const uint8_t *request, size_t len, uint8_t *out, size_t room)
{
    struct datagram asked;
    struct icmp echo;
    if (datagram_parse(request, len, &asked) != NET_OK) { return 0; }
    if (icmp_parse(request, &asked, &echo) != NET_OK || !icmp_is_echo_request(&echo)) { return 0; }
    struct tcpr_ip back = {.version = asked.ip.version, .ttl = ANSWER_TTL};
    memcpy(back.source, asked.ip.destination, sizeof back.source);
    memcpy(back.destination, asked.ip.source, sizeof back.destination);
    return icmp_emit_echo(&back, true, (uint16_t)(echo.word >> 16), (uint16_t)echo.word, request + echo.body_at,
                          echo.body_len, out, room);
}
