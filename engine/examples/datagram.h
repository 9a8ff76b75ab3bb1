/* IP datagrams that carry TCP, or an ICMP error about it: as much of IPv4 and IPv6 as a host at the end of a link
 * needs. Fragments and IPv6 extension headers are not for us. */
#ifndef EXAMPLE_DATAGRAM_H
#define EXAMPLE_DATAGRAM_H

#include "tcprove/tcprove.h"

#define IP_HEADER_MAX 40u

enum datagram_kind { DATAGRAM_OTHER, DATAGRAM_TCP, DATAGRAM_ICMP };

struct datagram {
    enum datagram_kind kind;
    struct tcpr_ip ip;
    uint8_t ecn;
    const uint8_t *text; /* what follows the IP header */
    size_t text_len;
};

/* An ICMP error and whose segment it quotes. */
struct datagram_error {
    struct tcpr_icmp icmp;
    struct tcpr_ip quoted;
    uint16_t local_port;
    uint16_t remote_port;
};

/* Any octets. Whatever is not a whole datagram with TCP or ICMP is DATAGRAM_OTHER. */
void datagram_parse(const uint8_t *octets, size_t len, struct datagram *out);

/* @return false: no error message, or it quotes no TCP segment. */
bool datagram_parse_error(const struct datagram *from, struct datagram_error *out);

/* Octets of the IP header: where the segment goes. */
size_t datagram_header_len(const struct tcpr_ip *ip);

/* Write the IP header before a segment of `text_len` octets that stands behind it already. @return all octets. */
size_t datagram_emit(const struct tcpr_ip *ip, uint8_t ecn, size_t text_len, uint8_t *out);

#endif
