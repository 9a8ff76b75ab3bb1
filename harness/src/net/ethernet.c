#include "harness/net.h"
#include "harness/octets.h"

#include <string.h>

enum net_fault ethernet_parse(const uint8_t *octets, size_t len, struct ethernet *out)
{
    memset(out, 0, sizeof *out);
    if (len < NET_ETHERNET_HEADER_LEN) { return NET_SHORT; }
    memcpy(out->destination, octets, 6);
    memcpy(out->source, octets + 6, 6);
    out->type = octets_get_u16(octets + 12);
    return NET_OK;
}

void ethernet_emit(const struct ethernet *ethernet, uint8_t *out)
{
    memcpy(out, ethernet->destination, 6);
    memcpy(out + 6, ethernet->source, 6);
    octets_put_u16(out + 12, ethernet->type);
}
