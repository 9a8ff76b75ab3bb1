/**
 * harness/net.h - what carries a segment: IP datagrams, Ethernet frames, neighbours on a link, ICMP, capture files.
 *
 * Octets become values and values octets. Reading takes any octets at all; what is wrong with them has a name. Writing
 * takes the room there is and returns 0, with nothing written, where it does not suffice.
 */
#ifndef HARNESS_NET_H
#define HARNESS_NET_H

#include "tcprove/segment.h"

/** Why octets are not what they were taken for. */
enum net_fault {
    NET_OK = 0,
    NET_SHORT = 1,           /* ends before the header does */
    NET_VERSION = 2,         /* IP version neither 4 nor 6 */
    NET_HEADER_LENGTH = 3,   /* IPv4 header length below 5 words or beyond the datagram's total length */
    NET_TOTAL_LENGTH = 4,    /* the length in the IP header goes beyond the octets there are */
    NET_HEADER_CHECKSUM = 5, /* of the IPv4 header */
    NET_FRAGMENT = 6,        /* a fragment; nothing here reassembles */
    NET_EXTENSION = 7,       /* an IPv6 extension header past the end, out of place, or a route not yet at its end */
    NET_PROTOCOL = 8,        /* the datagram carries another protocol than was asked for */
    NET_ICMP_CHECKSUM = 9,
    NET_QUOTATION = 10 /* the ICMP message is no error, or quotes too little to tell the connection */
};

/** The fault in words: "IPv4 header checksum is wrong". Never NULL. */
const char *net_fault_text(enum net_fault why);

/** @name IP (RFC 791, RFC 8200). @{ */

#define NET_IPV4_OPTIONS_MAX 40u
#define NET_IPV4_HEADER_LEN 20u
#define NET_IPV6_HEADER_LEN 40u
#define NET_DATAGRAM_MAX 65575u /* the longest: an IPv6 header and 65535 octets */

enum net_protocol { NET_ICMPV4 = 1, NET_TCP = 6, NET_ICMPV6 = 58 };

/** One IP datagram. The payload stays where it is. */
struct datagram {
    struct tcpr_ip ip;       /* version, addresses, TTL or hop limit */
    uint8_t dscp;            /* 0 to 63 */
    uint8_t ecn;             /* 0 to 3 */
    uint8_t protocol;        /* of the payload, behind any extension headers */
    bool dont_fragment;      /* IPv4; true of IPv6 */
    uint16_t identification; /* IPv4 */
    size_t payload_at;       /* offset of the payload; set by the parser, not heeded by the writer */
    size_t payload_len;
};

/**
 * Read an IP datagram. Octets beyond the length that its header gives are a link's padding and not part of the payload.
 *
 * IPv4 options and the IPv6 headers hop-by-hop options, routing, destination options, authentication, and a fragment
 * header of an unfragmented datagram are passed over.
 *
 * @param out  After a fault: the fields read before it, the rest zero.
 */
enum net_fault datagram_parse(const uint8_t *octets, size_t len, struct datagram *out);

/** As datagram_parse, of a quotation: it may be cut, and its checksum and TTL were changed on the way. */
enum net_fault datagram_parse_quoted(const uint8_t *octets, size_t len, struct datagram *out);

/** Write header and payload. @return the octets written; 0: no room, no such version, or longer than IP allows. */
size_t datagram_emit(const struct datagram *datagram, const uint8_t *payload, uint8_t *out, size_t room);

/** Write the header alone; payload_len octets are to follow it in `out`, and must fit too. @return the header's octets.
 */
size_t datagram_emit_header(const struct datagram *datagram, uint8_t *out, size_t room);

/** Write a segment in a datagram that must not be fragmented; ECN is the segment's. @return as datagram_emit. */
size_t datagram_emit_segment(const struct tcpr_ip *ip, const struct tcpr_segment *seg, const uint8_t *text,
                             uint8_t *out, size_t room);

/**
 * Put options, padded with zeros to whole words, behind the IPv4 header of a datagram that has none.
 * @param octets  `len` octets, with room for NET_IPV4_OPTIONS_MAX more. @return the length now; 0: they do not fit.
 */
size_t datagram_put_ipv4_options(uint8_t *octets, size_t len, const uint8_t *options, size_t options_len);

/**
 * One of the two fragments of an IPv4 datagram.
 *
 * @param part  0: the first, 1: the second.
 * @param out   room for `len` octets.
 * @return its length; 0: no IPv4, or too short to be cut.
 */
size_t datagram_fragment(const uint8_t *octets, size_t len, unsigned part, uint16_t identification, uint8_t *out);

/** Put a header before `segment`, octets of TCP that may be as malformed as a spec wants. @return as datagram_emit. */
size_t datagram_wrap(const struct tcpr_ip *ip, uint8_t ecn, const uint8_t *segment, size_t len, uint8_t *out,
                     size_t room);
/** @} */

/** @name Ethernet II. @{ */

#define NET_ETHERNET_HEADER_LEN 14u

enum net_ethertype { NET_ETHERTYPE_IPV4 = 0x0800, NET_ETHERTYPE_ARP = 0x0806, NET_ETHERTYPE_IPV6 = 0x86DD };

struct ethernet {
    uint8_t destination[6];
    uint8_t source[6];
    uint16_t type;
};

/** Read the header. @return NET_OK or NET_SHORT. What it carries is at NET_ETHERNET_HEADER_LEN. */
enum net_fault ethernet_parse(const uint8_t *octets, size_t len, struct ethernet *out);

/** Write the header into NET_ETHERNET_HEADER_LEN octets. */
void ethernet_emit(const struct ethernet *ethernet, uint8_t *out);
/** @} */

/** @name Finding a neighbour's Ethernet address: ARP (RFC 826, RFC 5227) and Neighbour Discovery (RFC 4861). @{ */

/** What is asked or said about an address on the link, by either protocol. */
struct neighbour {
    uint8_t version;    /* 4: ARP, 6: Neighbour Discovery */
    bool asks;          /* a request or solicitation; else a reply or advertisement */
    uint8_t about[16];  /* whose Ethernet address is asked for, or told */
    uint8_t sender[16]; /* IP address of who speaks; all zero: it probes whether the address is free */
    bool mac_told;
    uint8_t mac[6]; /* asks: of the sender; else: of `about` */
};

/** Read one from a whole Ethernet frame. @return NET_PROTOCOL: the frame carries neither. */
enum net_fault neighbour_parse(const uint8_t *frame, size_t len, struct neighbour *out);

#define NET_NEIGHBOUR_FRAME_MAX 86u

/** Write the frame that asks who has `about`, to everybody on the link. `from` may be all zero: a probe. */
size_t neighbour_emit_question(uint8_t version, const uint8_t *about, const uint8_t *from, const uint8_t mac[6],
                               uint8_t *out, size_t room);

/** Write the frame that answers: `mac` has the address that was asked for. */
size_t neighbour_emit_answer(const struct neighbour *question, const uint8_t mac[6], uint8_t *out, size_t room);

/** A station on the link that tcprove plays: one IP address, one Ethernet address. */
struct station {
    uint8_t version;
    uint8_t address[16];
    uint8_t mac[6];
};

/** What a station answers by itself: who has its address, and echo requests. @return 0: nothing. */
size_t station_answer(const struct station *station, const uint8_t *frame, size_t len, uint8_t *out, size_t room);
/** @} */

/** @name ICMP and ICMPv6 (RFC 792, RFC 4443). @{ */

#define NET_ICMP_HEADER_LEN 8u

/** Types; the same number means another thing in the other version. */
enum net_icmpv4 {
    NET_ICMPV4_ECHO_REPLY = 0,
    NET_ICMPV4_UNREACHABLE = 3, /* code 4: fragmentation needed */
    NET_ICMPV4_SOURCE_QUENCH = 4,
    NET_ICMPV4_ECHO_REQUEST = 8,
    NET_ICMPV4_TIME_EXCEEDED = 11,
    NET_ICMPV4_PARAMETER_PROBLEM = 12
};
enum net_icmpv6 {
    NET_ICMPV6_UNREACHABLE = 1,
    NET_ICMPV6_TOO_BIG = 2,
    NET_ICMPV6_TIME_EXCEEDED = 3,
    NET_ICMPV6_PARAMETER_PROBLEM = 4,
    NET_ICMPV6_ECHO_REQUEST = 128,
    NET_ICMPV6_ECHO_REPLY = 129,
    NET_ICMPV6_NEIGHBOUR_SOLICITATION = 135,
    NET_ICMPV6_NEIGHBOUR_ADVERTISEMENT = 136
};

/** One message. Its second word is the MTU, the pointer, or identifier and sequence number of an echo. */
struct icmp {
    uint8_t version; /* 4 or 6 */
    uint8_t type;
    uint8_t code;
    uint32_t word;
    size_t body_at;  /* offset in the datagram; set by the parser, not heeded by the writer */
    size_t body_len; /* the quotation of an error, the data of an echo */
};

/** Read the message that a parsed datagram carries. @return NET_OK, NET_PROTOCOL, NET_SHORT, NET_ICMP_CHECKSUM. */
enum net_fault icmp_parse(const uint8_t *octets, const struct datagram *datagram, struct icmp *out);

bool icmp_is_echo_request(const struct icmp *icmp);
bool icmp_is_echo_reply(const struct icmp *icmp);
/** An error that concerns a transport protocol: a redirect is none. */
bool icmp_is_error(const struct icmp *icmp);
/** The next-hop MTU of "fragmentation needed" or "packet too big"; of anything else 0. */
uint32_t icmp_mtu(const struct icmp *icmp);

/** The connection an ICMP error is about, as the sender of the quoted segment sees it: source is itself. */
struct quotation {
    struct tcpr_ip ip;
    uint16_t source_port;
    uint16_t destination_port;
    uint32_t seq;
    uint16_t total_len; /* octets of the datagram, by its own header */
};

/** Read the TCP segment quoted by an error. @return NET_OK, NET_QUOTATION, NET_PROTOCOL, or the quoted header's fault.
 */
enum net_fault icmp_quotation(const uint8_t *octets, const struct icmp *icmp, struct quotation *out);

/** Write a whole datagram with the message and its body, checksums right. @return as datagram_emit. */
size_t icmp_emit(const struct tcpr_ip *ip, const struct icmp *icmp, const uint8_t *body, uint8_t *out, size_t room);

/** Write an echo request or reply. @return as datagram_emit. */
size_t icmp_emit_echo(const struct tcpr_ip *ip, bool reply, uint16_t identifier, uint16_t sequence, const uint8_t *data,
                      size_t len, uint8_t *out, size_t room);

/** Write an error that quotes a datagram: of it as much as the RFCs allow (576 octets in all; IPv6 1280). */
size_t icmp_emit_error(const struct tcpr_ip *ip, uint8_t type, uint8_t code, uint32_t word, const uint8_t *quoted,
                       size_t quoted_len, uint8_t *out, size_t room);

/** Write the reply to an echo request. @return 0 as well when the datagram is no sound echo request. */
size_t icmp_emit_answer(const uint8_t *request, size_t len, uint8_t *out, size_t room);
/** @} */

/** @name Capture files: raw IP datagrams, stamped in microseconds. @{ */

struct capture;

/** Begin a file. @return NULL with the reason in `why`. */
struct capture *capture_open(const char *path, char *why, size_t why_size);

/** Add a datagram. @param at  microseconds since 1970 or any other zero. */
void capture_write(struct capture *capture, tcpr_time at, const uint8_t *datagram, size_t len);

/** End the file. @return false: some of it could not be written. */
bool capture_close(struct capture *capture);
/** @} */

#endif
