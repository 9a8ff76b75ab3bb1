/* Fast Open's cookies as a server makes and checks them (RFC 7413 section 4.1.2): SipHash-2-4, nothing remembered. */
#include "mutant.h"
#include "sip.h"
#include "tcprove/conn.h"

#define PERIOD_SHIFT 36u /* of microseconds: 19 hours */
#define COOKIE_LEN 8u

static uint32_t period(tcpr_time now)
{
    return (uint32_t)(now >> PERIOD_SHIFT);
}

/* Addresses alone: a peer's cookie is good for each of its connections, and each of our ports. */
static uint64_t cookie_of(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint32_t when)
{
    uint64_t words[5];
    size_t count = sip_addresses(outgoing, words);
    uint64_t last = (uint64_t)(8u * count + 7u) << 56 | (uint64_t)outgoing->version << 32 | when;
    words[count++] = last | (uint64_t)'F' << 40 | (uint64_t)'O' << 48;
    return sip_hash(secret, words, count, SIP_2_4);
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
