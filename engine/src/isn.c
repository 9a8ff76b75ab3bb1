/* Initial sequence numbers (RFC 6528): M + F(connection, secret), where F is SipHash-2-4. */
#include "octets.h"
#include "sip.h"
#include "tcprove/conn.h"

#include <string.h>

/* SipHash-2-4 of whole words; the last octet of the last is the message's length, as the algorithm pads it. */
static uint64_t sip_hash(const uint8_t key[16], const uint8_t *message, size_t words)
{
    struct sip s = sip_begin(key);
    for (size_t i = 0; i < words; i++) {
        sip_word(&s, sip_load(message + 8 * i), 2);
    }
    return sip_end(&s, 4);
}

#define MESSAGE_LEN 37u /* version, two addresses, two ports */
#define MESSAGE_WORDS 5u

uint32_t tcpr_isn_key(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                      uint16_t remote_port)
{
    uint8_t message[8 * MESSAGE_WORDS] = {[8 * MESSAGE_WORDS - 1] = MESSAGE_LEN};
    size_t address_len = outgoing->version == 6 ? 16 : 4;
    memcpy(message, outgoing->source, address_len);
    memcpy(message + 16, outgoing->destination, address_len);
    put_u16(message + 32, local_port);
    put_u16(message + 34, remote_port);
    message[36] = outgoing->version;
    return (uint32_t)sip_hash(secret, message, MESSAGE_WORDS);
}

uint32_t tcpr_isn(uint32_t isn_key, tcpr_time now)
{
    return isn_key + (uint32_t)(now >> 2); /* MUST-8: a tick is 4 us */
}
