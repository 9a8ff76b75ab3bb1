/* Initial sequence numbers (RFC 6528): M + F(connection, secret), where F is SipHash-2-4. */
#include "internal.h"
#include "sip.h"

/* The message: both addresses, then ports, version and the message's length, which the algorithm wants last. */
uint64_t hash_of_sockets(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                         uint16_t remote_port)
{
    uint64_t words[5];
    size_t count = sip_addresses(outgoing, words);
    uint64_t last = (uint64_t)(8u * count + 5u) << 56 | (uint64_t)outgoing->version << 32 | (uint64_t)remote_port << 16;
    words[count++] = last | local_port;
    return sip_hash(secret, words, count, SIP_2_4);
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
