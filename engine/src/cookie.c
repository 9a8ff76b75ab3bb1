/* Fast Open's cookies as a server makes and checks them (RFC 7413 section 4.1.2): SipHash-2-4, nothing remembered. */
#include "mutant.h"
#include "octets.h"
#include "sip.h"
#include "tcprove/conn.h"

#include <string.h>

#define PERIOD_SHIFT 36u /* of microseconds: 19 hours */
#define COOKIE_LEN 8u
#define MESSAGE_LEN 39u
#define MESSAGE_WORDS 5u

static uint32_t period(tcpr_time now)
{
    return (uint32_t)(now >> PERIOD_SHIFT);
}

/* Addresses alone: a peer's cookie is good for each of its connections, and each of our ports. */
static uint64_t cookie_of(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint32_t when)
{
    uint8_t message[8 * MESSAGE_WORDS] = {[37] = 'F', [38] = 'O', [8 * MESSAGE_WORDS - 1] = MESSAGE_LEN};
    size_t address_len = outgoing->version == 6 ? 16 : 4;
    struct sip s = sip_begin(secret);
    memcpy(message, outgoing->source, address_len);
    memcpy(message + 16, outgoing->destination, address_len);
    put_u32(message + 32, when);
    message[36] = outgoing->version;
    for (size_t i = 0; i < MESSAGE_WORDS; i++) {
        sip_word(&s, sip_load(message + 8 * i), 2);
    }
    return sip_end(&s, 4);
}

/* Halves joined before anything is decided: no machine can leave after the first. */
static bool same(uint64_t a, uint64_t b)
{
    uint64_t differ = a ^ b;
    return ((uint32_t)differ | (uint32_t)(differ >> 32)) == 0;
}

enum tcpr_cookie tcpr_cookie_check(const uint8_t secret[16], const struct tcpr_ip *outgoing, tcpr_time now,
                                   const struct tcpr_options *syn)
{
    if (!(syn->present & TCPR_OPT_FAST_OPEN)) { return TCPR_COOKIE_NONE; }
    if (syn->cookie_len == 0) { return TCPR_COOKIE_WANTED; }
    uint64_t given = sip_load(syn->cookie);
    bool fits = syn->cookie_len == COOKIE_LEN;
    bool fresh = fits && same(given, cookie_of(secret, outgoing, period(now)));
    bool ageing = fits && same(given, cookie_of(secret, outgoing, period(now) - 1u));
    if (ageing) { return TCPR_COOKIE_AGEING; }
    return TCPR_MUTANT(any_cookie_is_good, fresh, true) ? TCPR_COOKIE_GOOD : TCPR_COOKIE_BAD;
}

void tcpr_cookie_put(const uint8_t secret[16], const struct tcpr_ip *outgoing, tcpr_time now,
                     struct tcpr_options *syn_ack)
{
    uint64_t cookie = cookie_of(secret, outgoing, period(now));
    syn_ack->present |= TCPR_OPT_FAST_OPEN;
    syn_ack->cookie_len = COOKIE_LEN;
    for (size_t i = 0; i < COOKIE_LEN; i++) {
        syn_ack->cookie[i] = (uint8_t)(cookie >> (8 * i)); /* as sip_load reads it */
    }
}
