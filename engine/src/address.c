/* Which addresses a connection may have (MUST-46, MUST-57, MUST-63). */
#include "mutant.h"
#include "octets.h"
#include "tcprove/segment.h"

#include <string.h>

static bool ipv4_is_unicast(uint32_t address)
{
    bool multicast = TCPR_MUTANT(syn_from_anywhere, address >> 28 == 0xE, false); /* 224.0.0.0/4 */
    return address != 0 && address != UINT32_MAX && !multicast;
}

static bool ipv6_is_unicast(const uint8_t address[16])
{
    static const uint8_t unspecified[16] = {0};
    bool multicast = TCPR_MUTANT(syn_from_anywhere, address[0] == 0xFF, false); /* ff00::/8 */
    return !multicast && memcmp(address, unspecified, sizeof unspecified) != 0;
}

bool tcpr_address_is_unicast(const uint8_t address[16], uint8_t version)
{
    if (version == 4) { return ipv4_is_unicast(get_u32(address)); }
    return version == 6 && ipv6_is_unicast(address);
}
