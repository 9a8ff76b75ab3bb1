/* Which address the tester has, and where its frames go first. */
#include "harness/octets.h"
#include "remote.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define ASK_TIMES 3u
#define ASK_EVERY_US TCPR_MS(300)
#define CANDIDATES 8u

static const uint8_t nobody[16];

static const char *written(uint8_t version, const uint8_t *address, char *room)
{
    const char *text = inet_ntop(version == 4 ? AF_INET : AF_INET6, address, room, INET6_ADDRSTRLEN);
    return text ? text : "?";
}

/* Ask the link who has an address, some times over. @return false: nobody told. */
static bool ask(struct remote_wire *wire, const uint8_t *about, const uint8_t *from)
{
    uint8_t frame[NET_NEIGHBOUR_FRAME_MAX];
    size_t len = neighbour_emit_question(wire->version, about, from, wire->tester.mac, frame, sizeof frame);
    memcpy(wire->wanted, about, 16);
    wire->asked = wire->told = false;
    for (unsigned i = 0; i < ASK_TIMES && !wire->told; i++) {
        tcpr_time until = remote_now() + ASK_EVERY_US;
        if (!remote_wire_send_frame(wire, frame, len)) { return false; }
        for (tcpr_time now = remote_now(); now < until && !wire->told; now = remote_now()) {
            remote_wire_wait(wire, until - now);
            remote_wire_pump(wire);
        }
    }
    memset(wire->wanted, 0, 16);
    return wire->told;
}

/* RFC 5227 section 2.1, RFC 4862 section 5.4, in less time than they take: nobody answers, and nobody else probes. */
static bool is_free(struct remote_wire *wire, const uint8_t *address)
{
    return !ask(wire, address, nobody) && !wire->asked;
}

/* A locally administered address: no card has it, so no card's owner answers for it. */
static void play_station(struct remote_wire *wire, const uint8_t *address)
{
    memcpy(wire->tester.address, address, 16);
    wire->plays_station = true;
}

static bool take_given(struct remote_wire *wire, const char *text, char *why)
{
    uint8_t address[16] = {0};
    char room[INET6_ADDRSTRLEN];
    if (inet_pton(wire->version == 4 ? AF_INET : AF_INET6, text, address) != 1 ||
        !tcpr_address_is_unicast(address, wire->version)) {
        snprintf(why, REMOTE_WHY_MAX, "--tester-address: '%.64s' is no IPv%u address a host may have", text,
                 wire->version);
    } else if (memcmp(address, wire->route.host_address, 16) == 0) {
        snprintf(why, REMOTE_WHY_MAX, "--tester-address: %s is this host's own; leave the option out to share it",
                 written(wire->version, address, room));
    } else if (!is_free(wire, address)) {
        snprintf(why, REMOTE_WHY_MAX, "--tester-address: %s is taken: a host on %.15s answers for it",
                 written(wire->version, address, room), wire->route.link);
    } else {
        play_station(wire, address);
        return true;
    }
    return false;
}

/* A random address of the link's own network, neither its first nor its last. */
static bool draw(const struct remote_wire *wire, uint8_t *address)
{
    const struct remote_route *route = &wire->route;
    unsigned bits = (wire->version == 4 ? 32u : 128u) - route->prefix_len;
    uint8_t chance[16];
    if (getrandom(chance, sizeof chance, 0) != sizeof chance) { return false; }
    memcpy(address, route->host_address, 16);
    if (wire->version == 6) {
        memcpy(address + 8, chance, 8);
        return bits >= 64;
    }
    uint32_t mask = bits >= 32 ? UINT32_MAX : (1u << bits) - 1;
    uint32_t host = octets_get_u32(chance) & mask;
    octets_put_u32(address, (octets_get_u32(route->host_address) & ~mask) | host);
    return bits >= 2 && host != 0 && host != mask;
}

static bool find_free(struct remote_wire *wire, char *why)
{
    uint8_t address[16] = {0};
    if (memcmp(wire->route.host_address, nobody, 16) == 0) {
        snprintf(why, REMOTE_WHY_MAX, "--tester-address auto: this host has no address on %.15s to tell its network by",
                 wire->route.link);
        return false;
    }
    for (unsigned tried = 0, drawn = 0; tried < CANDIDATES && drawn < 64 * CANDIDATES; drawn++) {
        bool other = draw(wire, address) && memcmp(address, wire->route.host_address, 16) != 0 &&
                     memcmp(address, wire->route.next_hop, 16) != 0;
        if (!other) { continue; }
        if (is_free(wire, address)) {
            play_station(wire, address);
            return true;
        }
        tried++;
    }
    snprintf(why, REMOTE_WHY_MAX, "--tester-address auto: no free address was found on %.15s", wire->route.link);
    return false;
}

static bool share_host(struct remote_wire *wire, char *why)
{
    if (memcmp(wire->route.host_address, nobody, 16) == 0) {
        snprintf(why, REMOTE_WHY_MAX, "this host has no address on %.15s; give one that is free: --tester-address",
                 wire->route.link);
        return false;
    }
    memcpy(wire->tester.address, wire->route.host_address, 16);
    memcpy(wire->tester.mac, wire->route.link_mac, 6);
    return true;
}

bool remote_station_choose(struct remote_wire *wire, const struct remote_options *options, char *why)
{
    wire->tester.version = wire->version;
    const char *wanted = options->tester_address;
    if (!wanted) { return share_host(wire, why); }
    if (getrandom(wire->tester.mac, 6, 0) != 6) {
        snprintf(why, REMOTE_WHY_MAX, "the system gives no random numbers");
        return false;
    }
    wire->tester.mac[0] = (uint8_t)((wire->tester.mac[0] & 0xfcu) | 2u);
    return strcmp(wanted, "auto") == 0 ? find_free(wire, why) : take_given(wire, wanted, why);
}

bool remote_station_resolve(struct remote_wire *wire, char *why)
{
    char room[INET6_ADDRSTRLEN];
    if (!ask(wire, wire->route.next_hop, wire->tester.address)) {
        snprintf(why, REMOTE_WHY_MAX, "%s does not answer on %.15s (%s)",
                 written(wire->version, wire->route.next_hop, room), wire->route.link,
                 wire->version == 4 ? "ARP" : "Neighbour Discovery");
        return false;
    }
    memcpy(wire->next_mac, wire->told_mac, 6);
    return true;
}
