#include "harness/net.h"
#include "harness/octets.h"
#include "kernel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

/* ---- Whose datagram ---- */

static bool same_tester(const struct lane *lane, const uint8_t *address)
{
    size_t len = lane->sockets.request.version == 4 ? 4 : 16;
    return memcmp(lane->addresses.to_target.source, address, len) == 0;
}

/* Of the addresses that testers have: an earlier run's, whose connections may still have something to say. */
static bool is_tester(const uint8_t *address, uint8_t version)
{
    static const uint8_t ipv6_prefix[8] = {0x20, 0x01, 0x0d, 0xb8, 0, 1};
    if (version == 4) { return address[0] == 198 && (address[1] & 0xfe) == 18; }
    return memcmp(address, ipv6_prefix, sizeof ipv6_prefix) == 0;
}

static bool is_multicast(const struct datagram *datagram)
{
    uint8_t first = datagram->ip.destination[0];
    return datagram->ip.version == 4 ? first >= 224 : first == 255;
}

/* The link's own traffic: multicast listener reports and neighbour discovery. */
static bool is_housekeeping(const uint8_t *octets, const struct datagram *datagram)
{
    struct icmp icmp;
    if (datagram->protocol == NET_TCP) { return false; }
    if (is_multicast(datagram)) { return true; }
    if (datagram->protocol != NET_ICMPV6 || icmp_parse(octets, datagram, &icmp) != NET_OK) { return false; }
    return icmp.type >= 130 && icmp.type <= 137;
}

static void note_control(struct lane *lane, const uint8_t *octets, const struct datagram *datagram, size_t port_at)
{
    if (datagram->protocol != NET_TCP || datagram->payload_len < TCPR_HEADER_MIN) { return; }
    const uint8_t *segment = octets + datagram->payload_at;
    uint16_t port = octets_get_u16(segment + port_at);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (lane->addresses.tester_port[i] == port) { lane->sockets.application[i].last_control = segment[13]; }
    }
}

static bool is_for_lane(struct lane *lane)
{
    struct datagram datagram;
    enum net_fault fault = datagram_parse(lane->octets, lane->datagram_len, &datagram);
    if (fault == NET_SHORT || fault == NET_VERSION) { return false; }
    if (is_tester(datagram.ip.destination, datagram.ip.version) &&
        (datagram.ip.version != lane->sockets.request.version || !same_tester(lane, datagram.ip.destination))) {
        return false;
    }
    if (fault == NET_OK) { note_control(lane, lane->octets, &datagram, 2); }
    return fault != NET_OK || !is_housekeeping(lane->octets, &datagram);
}

/* ---- The two sources ---- */

bool lane_inject(struct lane *lane, const uint8_t *octets, size_t len)
{
    if (len == 0) { return false; }
    uint8_t version = octets[0] >> 4;
    struct datagram datagram;
    if (datagram_parse(octets, len, &datagram) == NET_OK) { note_control(lane, octets, &datagram, 0); }
    lane->sockets.watch_next = lane->sockets.watch_step = 0;
    return capture_socket_send(&lane->capture, octets, len,
                               version == 6 || version == 4 ? version : lane->sockets.request.version);
}

static void take_datagram(struct lane *lane)
{
    while (!lane->datagram_pending && !lane->sockets.fault) {
        tcpr_time at = 0;
        enum captured captured = capture_socket_take(&lane->capture, lane->octets, &lane->datagram_len, &at);
        if (captured == CAPTURED_NOTHING) { return; }
        if (captured == CAPTURED_FAULT) { lane->sockets.fault = "the capture lost datagrams"; }
        at = at > lane->sockets.began ? at - lane->sockets.began : 0;
        if (at > lane->datagram_at) { lane->datagram_at = at; }
        lane->datagram_pending = captured == CAPTURED_DATAGRAM && is_for_lane(lane);
    }
}

static void give_datagram(struct lane *lane, struct observation *out)
{
    lane->datagram_pending = false;
    *out = (struct observation){.what = OBSERVED_DATAGRAM,
                                .at = lane->datagram_at,
                                .datagram = lane->octets,
                                .datagram_len = lane->datagram_len};
}

static void give_event(struct lane *lane, struct observation *out)
{
    struct sockets_event event;
    if (!sockets_take_event(&lane->sockets, &event)) { return; }
    *out = (struct observation){
        .what = OBSERVED_EVENT, .at = event.at, .connection = event.connection, .event = event.event};
}

/* Sockets first, then the link: whatever was sent before an event was seen is then already there. A datagram stamped
 * after `until` waits for the next call, however late this thread got to run. */
static bool give_pending(struct lane *lane, tcpr_time until, struct observation *out)
{
    sockets_harvest(&lane->sockets, until);
    take_datagram(lane);
    bool datagram = lane->datagram_pending && lane->datagram_at <= until;
    if (datagram &&
        (lane->sockets.event_count == 0 || lane->datagram_at <= lane->sockets.event[lane->sockets.event_first].at)) {
        give_datagram(lane, out);
    } else if (lane->sockets.event_count > 0) {
        give_event(lane, out);
    } else {
        return false;
    }
    return true;
}

static void wait_for_change(struct lane *lane, tcpr_time now, tcpr_time until)
{
    struct pollfd source[] = {{.fd = lane->capture.fd, .events = POLLIN},
                              {.fd = lane->sockets.edges_fd, .events = POLLIN}};
    tcpr_time us = until > now ? until - now : 0;
    struct timespec patience = {.tv_sec = (time_t)(us / 1000000u), .tv_nsec = (long)(us % 1000000u) * 1000};
    if (ppoll(source, 2, until == TCPR_NEVER ? NULL : &patience, NULL) < 0 && errno != EINTR) {
        lane->sockets.fault = "ppoll failed";
    }
}

void lane_next(struct lane *lane, tcpr_time until, struct observation *out)
{
    for (;;) {
        tcpr_time now = sockets_now(&lane->sockets); /* before looking: what was stamped by then is then seen */
        if (give_pending(lane, until, out)) { return; }
        tcpr_time look_again = lane->datagram_pending ? TCPR_NEVER : sockets_watch(&lane->sockets);
        if (lane->sockets.event_count > 0) { continue; }
        if (lane->sockets.fault) {
            *out = (struct observation){.what = OBSERVED_FAULT, .at = now, .text = lane->sockets.fault};
            return;
        }
        if (now >= until || lane->datagram_pending) {
            *out = (struct observation){.what = OBSERVED_NOTHING, .at = until};
            return;
        }
        wait_for_change(lane, now, look_again < until ? look_again : until);
    }
}
