/*
 * What says whom a remote run may touch: an address of the command line, and the file of --allow-list. The first line
 * is the address, the rest is the file. An address that was read is read the same when it is written anew; a file
 * permits it where one of its lines does.
 */
#define _GNU_SOURCE /* fmemopen */
#include "fuzz.h"
#include "harness/remote.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 2048u

static bool same(const struct remote_address *a, const struct remote_address *b)
{
    return a->version == b->version && memcmp(a->octets, b->octets, 16) == 0 && a->port == b->port;
}

static void there_and_back(const struct remote_address *address)
{
    char plain[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 40];
    const char *scope = address->interface[0] ? "%" : "", *why;
    struct remote_address again;
    fuzz_require(address->version == 4 || address->version == 6, "an address of no version");
    inet_ntop(address->version == 4 ? AF_INET : AF_INET6, address->octets, plain, sizeof plain);
    snprintf(text, sizeof text, address->version == 4 ? "%s%s%s" : "[%s%s%s]", plain, scope, address->interface);
    if (address->port) { snprintf(text + strlen(text), 8, ":%u", address->port); }
    if (strchr(address->interface, ']')) { return; } /* not to be put into brackets */
    fuzz_require(remote_address_parse(text, &again, &why) && same(address, &again), "an address reads otherwise");
    fuzz_require(strcmp(address->interface, again.interface) == 0, "an interface reads otherwise");
}

/* The same question, asked of each line by itself. */
static bool a_line_permits(char *text, size_t len, const struct remote_address *address)
{
    bool permits = false;
    for (size_t at = 0; at < len;) {
        char *line = text + at, *end = memchr(line, '\n', len - at);
        size_t line_len = end ? (size_t)(end - line) : len - at;
        struct remote_address entry;
        const char *why;
        line[line_len] = 0; /* there is room for one behind the text */
        bool whole = strlen(line) == line_len;
        line[strcspn(line, "# \t\r")] = 0;
        if (whole && remote_address_parse(line, &entry, &why)) {
            if (entry.port == 0) { entry.port = address->port; }
            permits = permits || same(&entry, address);
        }
        at += line_len + 1;
    }
    return permits;
}

static void look_it_up(char *text, size_t len, const struct remote_address *address, struct digest *digest)
{
    FILE *file = fmemopen(text, len, "r");
    if (!file) { abort(); }
    bool listed = remote_is_listed(file, address);
    fclose(file);
    fuzz_require(listed == a_line_permits(text, len, address), "the list permits otherwise than its lines");
    digest_add(digest, &listed, sizeof listed);
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    char text[TEXT_MAX + 1];
    struct remote_address address;
    const char *why = NULL;
    if (len > TEXT_MAX) { return; }
    memcpy(text, octets, len);
    text[len] = 0;
    size_t first = strcspn(text, "\n");
    bool more = first < len && text[first] == '\n' && first + 1 < len;
    text[first] = 0;
    bool good = remote_address_parse(text, &address, &why);
    fuzz_require(good || (why && *why), "refused without a reason");
    digest_add(digest, &good, sizeof good);
    if (!good) { return; }
    bool is_public = remote_address_is_public(&address);
    digest_add(digest, &is_public, sizeof is_public);
    there_and_back(&address);
    if (more) { look_it_up(text + first + 1, len - first - 1, &address, digest); }
}
