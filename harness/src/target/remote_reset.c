/* Nothing stays half-open: a lane's end resets what it began, and whoever speaks for no lane is reset as well. */
#include "remote.h"

#include <string.h>

static bool read_segment(const uint8_t *octets, size_t len, struct datagram *datagram, struct tcpr_segment *segment)
{
    if (datagram_parse(octets, len, datagram) != NET_OK || datagram->protocol != NET_TCP) { return false; }
    return tcpr_segment_parse(octets + datagram->payload_at, datagram->payload_len, &datagram->ip, segment) ==
           TCPR_PARSE_OK;
}

void remote_reset_note(struct lane *lane, const uint8_t *octets, size_t len, bool from_target)
{
    struct datagram datagram;
    struct tcpr_segment segment;
    if (!read_segment(octets, len, &datagram, &segment)) { return; }
    uint16_t port = from_target ? segment.destination_port : segment.source_port;
    unsigned index = (unsigned)(port - lane->addresses.tester_port[0]);
    if (port < lane->addresses.tester_port[0] || index >= LANE_CONNECTIONS_MAX) { return; }
    struct remote_connection *connection = &lane->connection[index];
    connection->last_control = segment.control;
    connection->target_port = from_target ? segment.source_port : segment.destination_port;
    if (!from_target) { return; }
    if (segment.control & TCPR_RST) {
        connection->target_spoke = false; /* it knows of no connection any more */
    } else if (segment.control & TCPR_ACK) {
        connection->target_spoke = true;
        connection->acked = segment.ack;
    }
}

static void send_reset(struct remote *remote, const struct tcpr_ip *ip, const struct tcpr_segment *reset)
{
    uint8_t octets[128];
    size_t len = datagram_emit_segment(ip, reset, NULL, octets, sizeof octets);
    if (len > 0) { remote_wire_send(&remote->wire, octets, len); }
}

/* At RCV.NXT of the target, as far as it has told: RFC 5961 section 3.2 has it heed no other. If it has moved on since,
 * it challenges, and the challenge is answered as a stray. */
void remote_reset_lane(struct lane *lane)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        const struct remote_connection *connection = &lane->connection[i];
        if (!connection->begun || !connection->target_spoke) { continue; }
        const struct tcpr_segment reset = {.seq = connection->acked,
                                           .source_port = lane->addresses.tester_port[i],
                                           .destination_port = connection->target_port,
                                           .control = TCPR_RST,
                                           .header_len = TCPR_HEADER_MIN};
        send_reset(lane->remote, &lane->addresses.to_target, &reset);
    }
}

void remote_reset_stray(struct remote *remote, const uint8_t *octets, const struct datagram *datagram)
{
    struct tcpr_segment segment, reset;
    if (tcpr_segment_parse(octets + datagram->payload_at, datagram->payload_len, &datagram->ip, &segment) !=
        TCPR_PARSE_OK) {
        return;
    }
    struct tcpr_ip back = {.version = datagram->ip.version, .ttl = 64};
    memcpy(back.source, datagram->ip.destination, sizeof back.source);
    memcpy(back.destination, datagram->ip.source, sizeof back.destination);
    if (tcpr_closed_reply(&segment, &reset)) { send_reset(remote, &back, &reset); }
}
