#include "notation.h"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    if (c >= 'A' && c <= 'F') { return c - 'A' + 10; }
    return -1;
}

bool hex_parse(struct cursor *c, char end, const uint8_t **octets, size_t *len)
{
    uint8_t *out = arena_alloc(c->r->arena, strlen(c->at) / 2 + 1);
    *octets = out;
    for (*len = 0;; c->at += 2) {
        cursor_blanks(c);
        if (*c->at == end || *c->at == '\0') { return true; }
        int high = digit_of(c->at[0]), low = high < 0 ? -1 : digit_of(c->at[1]);
        if (low < 0) {
            error_cursor(c, "%s where two hexadecimal digits belong: 45 00 or 4500", cursor_shown(c));
            return false;
        }
        out[(*len)++] = (uint8_t)(high << 4 | low);
    }
}

const uint8_t *hex_read(struct reader *r, const struct node *node, size_t *len)
{
    if (node->kind != NODE_SCALAR) {
        error_node(r, node, "%s where octets in hex belong: \"4500 0028\"", node_kind_name(node));
        return NULL;
    }
    struct cursor c = cursor_begin(r, node);
    const uint8_t *octets;
    if (!hex_parse(&c, '\0', &octets, len)) { return NULL; }
    if (*len > 0 && *len <= 65575) { return octets; }
    error_node(r, node, "%zu octets; an IP datagram has 1 to 65575", *len);
    return NULL;
}
