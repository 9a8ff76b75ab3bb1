/* A station that tcprove plays on a link: what it answers without being told to. */
#include "harness/net.h"

#include <string.h>

static size_t address_len(const struct station *station)
{
    return station->version == 4 ? 4 : 16;
}

static size_t answer_echo(const struct station *station, const struct ethernet *asked, const uint8_t *datagram,
                          size_t len, uint8_t *out, size_t room)
{
    struct datagram d;
    if (room < NET_ETHERNET_HEADER_LEN || datagram_parse(datagram, len, &d) != NET_OK) { return 0; }
    bool mine = d.ip.version == station->version &&
                memcmp(d.ip.destination, station->address, address_len(station)) == 0 &&
                memcmp(asked->destination, station->mac, 6) == 0 && tcpr_address_is_unicast(d.ip.source, d.ip.version);
    size_t answer =
        mine ? icmp_emit_answer(datagram, len, out + NET_ETHERNET_HEADER_LEN, room - NET_ETHERNET_HEADER_LEN) : 0;
    if (answer == 0) { return 0; }
    struct ethernet ethernet = {.type = asked->type};
    memcpy(ethernet.destination, asked->source, 6);
    memcpy(ethernet.source, station->mac, 6);
    ethernet_emit(&ethernet, out);
    return NET_ETHERNET_HEADER_LEN + answer;
}

size_t station_answer(const struct station *station, const uint8_t *frame, size_t len, uint8_t *out, size_t room)
{
    struct neighbour question;
    struct ethernet ethernet;
    if (neighbour_parse(frame, len, &question) == NET_OK) {
        bool mine = question.asks && question.version == station->version &&
                    memcmp(question.about, station->address, address_len(station)) == 0;
        return mine ? neighbour_emit_answer(&question, station->mac, out, room) : 0;
    }
    if (ethernet_parse(frame, len, &ethernet) != NET_OK) { return 0; }
    if (ethernet.type != NET_ETHERTYPE_IPV4 && ethernet.type != NET_ETHERTYPE_IPV6) { return 0; }
    return answer_echo(station, &ethernet, frame + NET_ETHERNET_HEADER_LEN, len - NET_ETHERNET_HEADER_LEN, out, room);
}
