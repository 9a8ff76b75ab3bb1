/* ARP (RFC 826) and Neighbour Discovery (RFC 4861) as one question and one answer. */
#include "harness/net.h"
#include "harness/octets.h"

#include <string.h>

#define ARP_LEN 28u
#define ARP_REQUEST 1u
#define ARP_REPLY 2u
#define NDP_LEN 24u          /* ICMPv6 header, and the address it is about */
#define NDP_HOP_LIMIT 255u   /* RFC 4861 section 7.1: from this link, no router in between */
#define NDP_OPTION_LEN 8u    /* of a link-layer address */
#define NDP_SOURCE_OPTION 1u /* whose address it is: of the sender, of a solicitation */
#define NDP_TARGET_OPTION 2u /* ... of the target, of an advertisement */
#define NDP_SOLICITED 0x40000000u
#define NDP_OVERRIDE 0x20000000u

static const uint8_t nobody[16];
static const uint8_t everybody_mac[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};

static enum net_fault parse_arp(const uint8_t *arp, size_t len, struct neighbour *out)
{
    static const uint8_t ethernet_and_ipv4[6] = {0, 1, 0x08, 0, 6, 4};
    if (len < ARP_LEN) { return NET_SHORT; }
    uint16_t operation = octets_get_u16(arp + 6);
    bool known = operation == ARP_REQUEST || operation == ARP_REPLY;
    if (!known || memcmp(arp, ethernet_and_ipv4, sizeof ethernet_and_ipv4) != 0) { return NET_PROTOCOL; }
    out->version = 4;
    out->asks = operation == ARP_REQUEST;
    out->mac_told = true;
    memcpy(out->mac, arp + 8, 6);
    memcpy(out->sender, arp + 14, 4);
    memcpy(out->about, out->asks ? arp + 24 : arp + 14, 4);
    return NET_OK;
}

/* RFC 4861 section 4.6: an option of length 0 makes the whole message void. */
static enum net_fault parse_options(const uint8_t *option, size_t len, uint8_t wanted, struct neighbour *out)
{
    while (len > 0) {
        size_t option_len = len < 2 ? 0 : option[1] * 8u;
        if (option_len == 0 || option_len > len) { return NET_SHORT; }
        if (option[0] == wanted && option_len == NDP_OPTION_LEN) {
            out->mac_told = true;
            memcpy(out->mac, option + 2, 6);
        }
        option += option_len;
        len -= option_len;
    }
    return NET_OK;
}

static enum net_fault parse_ndp(const uint8_t *octets, size_t len, struct neighbour *out)
{
    struct datagram datagram;
    struct icmp icmp;
    enum net_fault why = datagram_parse(octets, len, &datagram);
    if (why == NET_OK) { why = icmp_parse(octets, &datagram, &icmp); }
    if (why != NET_OK) { return why; }
    bool asks = icmp.type == NET_ICMPV6_NEIGHBOUR_SOLICITATION;
    bool mine = asks || icmp.type == NET_ICMPV6_NEIGHBOUR_ADVERTISEMENT;
    if (icmp.version != 6 || !mine || icmp.code != 0 || datagram.ip.ttl != NDP_HOP_LIMIT) { return NET_PROTOCOL; }
    if (icmp.body_len < 16) { return NET_SHORT; }
    out->version = 6;
    out->asks = asks;
    memcpy(out->about, octets + icmp.body_at, 16);
    memcpy(out->sender, datagram.ip.source, 16);
    return parse_options(octets + icmp.body_at + 16, icmp.body_len - 16, asks ? NDP_SOURCE_OPTION : NDP_TARGET_OPTION,
                         out);
}

enum net_fault neighbour_parse(const uint8_t *frame, size_t len, struct neighbour *out)
{
    struct ethernet ethernet;
    memset(out, 0, sizeof *out);
    if (ethernet_parse(frame, len, &ethernet) != NET_OK) { return NET_SHORT; }
    const uint8_t *octets = frame + NET_ETHERNET_HEADER_LEN;
    size_t rest = len - NET_ETHERNET_HEADER_LEN;
    if (ethernet.type == NET_ETHERTYPE_ARP) { return parse_arp(octets, rest, out); }
    if (ethernet.type == NET_ETHERTYPE_IPV6) { return parse_ndp(octets, rest, out); }
    return NET_PROTOCOL;
}

/* ---- Writing ---- */

struct arp {
    uint16_t operation;
    const uint8_t *sender_mac, *sender, *target_mac, *target;
};

static size_t emit_arp(const struct arp *arp, const uint8_t *destination, uint8_t *out, size_t room)
{
    if (room < NET_ETHERNET_HEADER_LEN + ARP_LEN) { return 0; }
    struct ethernet ethernet = {.type = NET_ETHERTYPE_ARP};
    memcpy(ethernet.destination, destination, 6);
    memcpy(ethernet.source, arp->sender_mac, 6);
    ethernet_emit(&ethernet, out);
    uint8_t *at = out + NET_ETHERNET_HEADER_LEN;
    octets_put_u16(at, 1);
    octets_put_u16(at + 2, NET_ETHERTYPE_IPV4);
    at[4] = 6;
    at[5] = 4;
    octets_put_u16(at + 6, arp->operation);
    memcpy(at + 8, arp->sender_mac, 6);
    memcpy(at + 14, arp->sender, 4);
    memcpy(at + 18, arp->target_mac, 6);
    memcpy(at + 24, arp->target, 4);
    return NET_ETHERNET_HEADER_LEN + ARP_LEN;
}

/* One Neighbour Discovery message. `mac` is the sender's; a probe does not tell it (RFC 4861 section 4.3). */
struct ndp {
    const uint8_t *mac, *source, *destination, *destination_mac, *about;
    uint8_t type, option;
    uint32_t flags;
};

static size_t emit_ndp(const struct ndp *ndp, uint8_t *out, size_t room)
{
    uint8_t body[NDP_LEN - NET_ICMP_HEADER_LEN + NDP_OPTION_LEN] = {0};
    struct ethernet ethernet = {.type = NET_ETHERTYPE_IPV6};
    struct tcpr_ip ip = {.version = 6, .ttl = NDP_HOP_LIMIT};
    struct icmp icmp = {.version = 6, .type = ndp->type, .word = ndp->flags, .body_len = 16};
    if (room < NET_ETHERNET_HEADER_LEN) { return 0; }
    memcpy(ethernet.destination, ndp->destination_mac, 6);
    memcpy(ethernet.source, ndp->mac, 6);
    memcpy(ip.source, ndp->source, 16);
    memcpy(ip.destination, ndp->destination, 16);
    memcpy(body, ndp->about, 16);
    if (ndp->option) {
        body[16] = ndp->option;
        body[17] = 1;
        memcpy(body + 18, ndp->mac, 6);
        icmp.body_len += NDP_OPTION_LEN;
    }
    size_t len = icmp_emit(&ip, &icmp, body, out + NET_ETHERNET_HEADER_LEN, room - NET_ETHERNET_HEADER_LEN);
    if (len == 0) { return 0; }
    ethernet_emit(&ethernet, out);
    return NET_ETHERNET_HEADER_LEN + len;
}

/* RFC 4291 section 2.7.1: the multicast group of all who may have an address, by its last 24 bits. */
static void solicited_node(const uint8_t *about, uint8_t *group, uint8_t *mac)
{
    static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, 0xff};
    memcpy(group, prefix, sizeof prefix);
    memcpy(group + 13, about + 13, 3);
    mac[0] = mac[1] = 0x33;
    memcpy(mac + 2, group + 12, 4);
}

size_t neighbour_emit_question(uint8_t version, const uint8_t *about, const uint8_t *from, const uint8_t mac[6],
                               uint8_t *out, size_t room)
{
    if (version == 4) {
        const struct arp arp = {ARP_REQUEST, mac, from, nobody, about};
        return emit_arp(&arp, everybody_mac, out, room);
    }
    uint8_t group[16], group_mac[6];
    solicited_node(about, group, group_mac);
    bool probes = memcmp(from, nobody, 16) == 0;
    const struct ndp ndp = {.mac = mac,
                            .source = from,
                            .destination = group,
                            .destination_mac = group_mac,
                            .about = about,
                            .type = NET_ICMPV6_NEIGHBOUR_SOLICITATION,
                            .option = probes ? 0 : NDP_SOURCE_OPTION};
    return emit_ndp(&ndp, out, room);
}

size_t neighbour_emit_answer(const struct neighbour *question, const uint8_t mac[6], uint8_t *out, size_t room)
{
    if (question->version == 4) {
        const struct arp arp = {ARP_REPLY, mac, question->about, question->mac, question->sender};
        return emit_arp(&arp, question->mac, out, room);
    }
    static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
    bool probed = memcmp(question->sender, nobody, 16) == 0;
    bool to_all = probed || !question->mac_told;
    const struct ndp ndp = {.mac = mac,
                            .source = question->about,
                            .destination = probed ? all_nodes : question->sender,
                            .destination_mac = to_all ? all_nodes_mac : question->mac,
                            .about = question->about,
                            .type = NET_ICMPV6_NEIGHBOUR_ADVERTISEMENT,
                            .option = NDP_TARGET_OPTION,
                            .flags = NDP_OVERRIDE | (probed ? 0 : NDP_SOLICITED)};
    return emit_ndp(&ndp, out, room);
}
