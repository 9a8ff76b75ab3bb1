#include "plugin.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER 65536u

void plugin_wire_begin(struct plugin_wire *wire, int fd)
{
    *wire = (struct plugin_wire){.fd = fd, .in = malloc(BUFFER), .out = malloc(BUFFER)};
    if (!wire->in || !wire->out) { abort(); }
}

void plugin_wire_end(struct plugin_wire *wire)
{
    free(wire->in);
    free(wire->out);
}

/* MSG_NOSIGNAL: the other end may have died. */
bool plugin_wire_flush(struct plugin_wire *wire)
{
    for (size_t at = 0; at < wire->out_len;) {
        ssize_t sent = send(wire->fd, wire->out + at, wire->out_len - at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) { continue; }
        if (sent <= 0) { return false; }
        at += (size_t)sent;
    }
    wire->out_len = 0;
    return true;
}

bool plugin_wire_put(struct plugin_wire *wire, const void *octets, size_t len)
{
    const uint8_t *from = octets;
    while (len > 0) {
        if (wire->out_len == BUFFER && !plugin_wire_flush(wire)) { return false; }
        size_t part = len < BUFFER - wire->out_len ? len : BUFFER - wire->out_len;
        memcpy(wire->out + wire->out_len, from, part);
        wire->out_len += part;
        from += part;
        len -= part;
    }
    return true;
}

static bool fill(struct plugin_wire *wire, int patience_s)
{
    struct pollfd readable = {.fd = wire->fd, .events = POLLIN};
    int ready;
    do {
        ready = poll(&readable, 1, patience_s < 0 ? -1 : patience_s * 1000);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) { return false; }
    ssize_t got;
    do {
        got = recv(wire->fd, wire->in, BUFFER, 0);
    } while (got < 0 && errno == EINTR);
    wire->in_head = 0;
    wire->in_tail = got > 0 ? (size_t)got : 0;
    return got > 0;
}

bool plugin_wire_get(struct plugin_wire *wire, void *octets, size_t len, int patience_s)
{
    uint8_t *to = octets;
    while (len > 0) {
        if (wire->in_head == wire->in_tail && !fill(wire, patience_s)) { return false; }
        size_t part = len < wire->in_tail - wire->in_head ? len : wire->in_tail - wire->in_head;
        memcpy(to, wire->in + wire->in_head, part);
        wire->in_head += part;
        to += part;
        len -= part;
    }
    return true;
}
