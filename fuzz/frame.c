/*
 * What comes over a wire: any octets as an Ethernet frame. Each reader gives a value or a named fault, never looks
 * beyond the frame, and what it read can be written and read again. What a station answers is never answered again.
 *
 * The first octet chooses which checksums are made right beforehand, so that a fuzzer need not; the frame follows.
 */
#include "fuzz.h"
#include "harness/net.h"
#include "harness/octets.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 2048u

static const struct station stations[2] = {
    {.version = 4, .address = {192, 0, 2, 1}, .mac = {2, 0, 0, 0, 0, 1}},
    {.version = 6, .address = {0x20, 1, 0xd, 0xb8, [15] = 1}, .mac = {2, 0, 0, 0, 0, 1}},
};

/* ---- Checksums made right ---- */

static uint32_t sum_of(const uint8_t *octets, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2) {
        sum += octets_get_u16(octets + i);
    }
    if (len % 2) { sum += (uint32_t)octets[len - 1] << 8; }
    return sum;
}

static uint16_t checksum(uint32_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void mend_ipv4(uint8_t *datagram, size_t len)
{
    size_t header_len = len ? (size_t)(datagram[0] & 15) * 4 : 0;
    if (len < 20 || datagram[0] >> 4 != 4 || header_len < 20 || header_len > len) { return; }
    octets_put_u16(datagram + 10, 0);
    octets_put_u16(datagram + 10, checksum(sum_of(datagram, header_len)));
}

static void mend_icmp(uint8_t *datagram, size_t len)
{
    struct datagram d;
    if (datagram_parse(datagram, len, &d) != NET_OK || d.payload_len < 4 || d.payload_len > UINT16_MAX) { return; }
    if (d.protocol != NET_ICMPV4 && d.protocol != NET_ICMPV6) { return; }
    uint8_t *message = datagram + d.payload_at;
    octets_put_u16(message + 2, 0);
    uint32_t sum = sum_of(message, d.payload_len);
    if (d.ip.version == 6) {
        sum += sum_of(d.ip.source, 16) + sum_of(d.ip.destination, 16) + (uint32_t)d.payload_len + NET_ICMPV6;
    }
    octets_put_u16(message + 2, checksum(sum));
}

/* ---- There and back ---- */

static void check_icmp(const uint8_t *octets, const struct datagram *d, struct digest *digest)
{
    struct icmp icmp, again;
    struct datagram outer;
    struct quotation quoted;
    uint8_t out[ROOM];
    enum net_fault why = icmp_parse(octets, d, &icmp);
    digest_add(digest, &why, sizeof why);
    if (why != NET_OK) { return; }
    fuzz_require(icmp.body_at >= d->payload_at && icmp.body_at + icmp.body_len <= d->payload_at + d->payload_len,
                 "an ICMP body outside of its datagram");
    enum net_fault quotation = icmp_quotation(octets, &icmp, &quoted);
    digest_add(digest, &quotation, sizeof quotation);
    fuzz_require(quotation != NET_OK || icmp_is_error(&icmp), "a quotation in what is no error");
    size_t len = icmp_emit(&d->ip, &icmp, octets + icmp.body_at, out, sizeof out);
    if (len == 0) { return; } /* no room */
    fuzz_require(datagram_parse(out, len, &outer) == NET_OK && icmp_parse(out, &outer, &again) == NET_OK,
                 "an ICMP message that was written cannot be read");
    fuzz_require(again.type == icmp.type && again.code == icmp.code && again.word == icmp.word &&
                     again.body_len == icmp.body_len,
                 "an ICMP message changed on its way");
}

static void check_datagram(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct datagram d, again;
    uint8_t out[ROOM];
    enum net_fault why = datagram_parse_quoted(octets, len, &d);
    fuzz_require(net_fault_text(why) != NULL, "a fault without a word");
    why = datagram_parse(octets, len, &d);
    digest_add(digest, &why, sizeof why);
    if (why != NET_OK) { return; }
    fuzz_require(d.payload_at <= len && d.payload_len <= len - d.payload_at, "a payload outside of its datagram");
    check_icmp(octets, &d, digest);
    size_t written = datagram_emit(&d, octets + d.payload_at, out, sizeof out);
    if (written == 0) { return; } /* no room */
    fuzz_require(datagram_parse(out, written, &again) == NET_OK, "a datagram that was written cannot be read");
    fuzz_require(again.protocol == d.protocol && again.payload_len == d.payload_len && again.ecn == d.ecn &&
                     memcmp(&again.ip, &d.ip, sizeof d.ip) == 0,
                 "a datagram changed on its way");
    digest_add(digest, out, written);
}

static void check_neighbour(const uint8_t *frame, size_t len, struct digest *digest)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct neighbour n, again;
    uint8_t out[ROOM];
    enum net_fault why = neighbour_parse(frame, len, &n);
    digest_add(digest, &why, sizeof why);
    if (why != NET_OK || !n.asks) { return; }
    size_t written = neighbour_emit_answer(&n, mac, out, sizeof out);
    if (written == 0) { return; }
    fuzz_require(neighbour_parse(out, written, &again) == NET_OK && !again.asks, "an answer that is none");
    fuzz_require(memcmp(again.about, n.about, sizeof n.about) == 0 && memcmp(again.mac, mac, sizeof mac) == 0,
                 "an answer about another");
}

static void check_station(const struct station *station, const uint8_t *frame, size_t len, struct digest *digest)
{
    uint8_t out[ROOM], more[ROOM];
    size_t written = station_answer(station, frame, len, out, sizeof out);
    fuzz_require(written <= sizeof out, "an answer beyond its room");
    digest_add(digest, out, written);
    for (size_t i = 0; written && i < 2; i++) {
        fuzz_require(station_answer(&stations[i], out, written, more, sizeof more) == 0, "an answer is answered");
    }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    if (len == 0 || len > ROOM) { return; }
    uint8_t how = octets[0], *frame = malloc(len); /* reads beyond its end are found */
    if (!frame) { abort(); }
    memcpy(frame, octets + 1, --len);
    if (len >= NET_ETHERNET_HEADER_LEN) {
        uint8_t *datagram = frame + NET_ETHERNET_HEADER_LEN;
        size_t datagram_len = len - NET_ETHERNET_HEADER_LEN;
        if (how & 1) { mend_ipv4(datagram, datagram_len); }
        if (how & 2) { mend_icmp(datagram, datagram_len); }
        check_datagram(datagram, datagram_len, digest);
    }
    check_neighbour(frame, len, digest);
    check_station(&stations[0], frame, len, digest);
    check_station(&stations[1], frame, len, digest);
    free(frame);
}
