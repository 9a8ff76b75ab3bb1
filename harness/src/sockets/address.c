/* Addresses as the user writes them, and which of them are anybody's. */
#include "harness/remote.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_MAX 64u

static bool parse_port(const char *text, uint16_t *port, const char **why)
{
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    *port = (uint16_t)number;
    if (text[0] >= '0' && text[0] <= '9' && *end == 0 && number >= 1 && number <= 65535) { return true; }
    *why = "a port is a number from 1 to 65535";
    return false;
}

/* Take "%eth0" off the end. No interface of Linux has a slash, a colon or a blank in its name. */
static bool take_interface(char *address, struct remote_address *out, const char **why)
{
    char *percent = strchr(address, '%');
    if (!percent) { return true; }
    *percent = 0;
    size_t len = strlen(percent + 1);
    bool is_name = percent[1 + strcspn(percent + 1, "/: \t\r\n\v\f")] == 0;
    if (len > 0 && len < sizeof out->interface && is_name) {
        memcpy(out->interface, percent + 1, len + 1);
        return true;
    }
    *why = "behind '%' stands the name of an interface, as in fe80::1%eth0";
    return false;
}

/* @return where the port stands, or NULL; `address` is cut off before it. */
static char *split_port(char *address, bool bracketed)
{
    char *colon = bracketed ? strchr(address, ']') : strchr(address, ':');
    if (!colon) { return NULL; }
    if (!bracketed && strchr(colon + 1, ':')) { return NULL; } /* IPv6 without a port */
    char *port = bracketed ? colon + 1 : colon;
    bool there = *port == ':';
    if (bracketed) { *colon = 0; }
    *port = 0;
    return there ? port + 1 : NULL;
}

static bool parse_octets(const char *address, struct remote_address *out)
{
    out->version = strchr(address, ':') ? 6 : 4;
    return inet_pton(out->version == 4 ? AF_INET : AF_INET6, address, out->octets) == 1;
}

bool remote_address_parse(const char *text, struct remote_address *out, const char **why)
{
    char copy[ADDRESS_MAX] = "";
    size_t len = strlen(text);
    *out = (struct remote_address){0};
    *why = "an address is written 192.0.2.1, 192.0.2.1:80, 2001:db8::1 or [2001:db8::1]:80";
    if (len >= sizeof copy) { return false; }
    memcpy(copy, text, len + 1);
    bool bracketed = copy[0] == '[';
    if (bracketed) {
        const char *close = strchr(copy, ']');
        if (!close || (close[1] != 0 && close[1] != ':')) { return false; }
    }
    char *port = split_port(copy, bracketed);
    char *address = bracketed ? copy + 1 : copy;
    if (port && !parse_port(port, &out->port, why)) { return false; }
    if (!take_interface(address, out, why) || !parse_octets(address, out)) { return false; }
    if (tcpr_address_is_unicast(out->octets, out->version)) { return true; }
    *why = "a connection is with one host: multicast, broadcast and unspecified addresses are none";
    return false;
}

struct block {
    uint8_t octets[16];
    uint8_t bits;
};

static bool is_in(const uint8_t *address, const struct block *block)
{
    unsigned whole = block->bits / 8u, rest = block->bits % 8u;
    if (memcmp(address, block->octets, whole) != 0) { return false; }
    return rest == 0 || (address[whole] ^ block->octets[whole]) >> (8 - rest) == 0;
}

/* The IANA registries of special-purpose addresses (RFC 6890): what is not routed globally. */
bool remote_address_is_public(const struct remote_address *address)
{
    static const struct block ipv4[] = {
        {{10}, 8},         {{100, 64}, 10},  {{127}, 8},      {{169, 254}, 16},     {{172, 16}, 12},
        {{192, 0, 2}, 24}, {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24}};
    static const struct block ipv6[] = {
        {{[15] = 1}, 128}, {{0xfc}, 7}, {{0xfe, 0x80}, 10}, {{0x20, 0x01, 0x0d, 0xb8}, 32}};
    bool is_ipv4 = address->version == 4;
    size_t count = is_ipv4 ? sizeof ipv4 / sizeof *ipv4 : sizeof ipv6 / sizeof *ipv6;
    for (size_t i = 0; i < count; i++) {
        if (is_in(address->octets, is_ipv4 ? &ipv4[i] : &ipv6[i])) { return false; }
    }
    return true;
}

/* The line says the target's address, and its port or none; what follows a '#' or a blank is a remark. */
static bool says(char *line, const struct remote_address *target)
{
    struct remote_address entry;
    const char *ignored;
    line[strcspn(line, "# \t\r\n")] = 0;
    return remote_address_parse(line, &entry, &ignored) && entry.version == target->version &&
           memcmp(entry.octets, target->octets, 16) == 0 && (entry.port == 0 || entry.port == target->port);
}

bool remote_is_listed(FILE *file, const struct remote_address *target)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool found = false;
    while (!found && (len = getline(&line, &room, file)) >= 0) { /* whole lines: the end of a remark permits nothing */
        found = strlen(line) == (size_t)len && says(line, target);
    }
    free(line);
    return found;
}
