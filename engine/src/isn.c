/* Initial sequence numbers (RFC 6528): M + F(connection, secret), where F is SipHash-2-4. */
#include "internal.h"
#include "sip.h"

static uint64_t first_four(const uint8_t *octets)
{
    return sip_load(octets) & UINT32_MAX;
}

/* The message: both addresses, then ports, version and the message's length, which the algorithm wants last. */
uint64_t hash_of_sockets(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                         uint16_t remote_port)
{
    struct sip s = sip_begin(secret);
    uint64_t address_len = outgoing->version == 6 ? 16 : 4;
    uint64_t last = (2u * address_len + 5u) << 56 | (uint64_t)outgoing->version << 32 | (uint64_t)remote_port << 16;
    if (outgoing->version == 6) {
        sip_word(&s, sip_load(outgoing->source), 2);
        sip_word(&s, sip_load(outgoing->source + 8), 2);
        sip_word(&s, sip_load(outgoing->destination), 2);
        sip_word(&s, sip_load(outgoing->destination + 8), 2);
    } else {
        sip_word(&s, first_four(outgoing->source) | first_four(outgoing->destination) << 32, 2);
    }
    sip_word(&s, last | local_port, 2);
    return sip_end(&s, 4);
}

uint32_t tcpr_isn_key(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                      uint16_t remote_port)
{
    return (uint32_t)hash_of_sockets(secret, outgoing, local_port, remote_port);
}

uint32_t tcpr_isn(uint32_t isn_key, tcpr_time now)
{
    return isn_key + (uint32_t)(now >> 2); /* MUST-8: a tick is 4 us */
}
