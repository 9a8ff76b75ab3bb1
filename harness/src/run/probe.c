/* Does the target negotiate what the spec is about? One SYN that offers everything asks it, on a lane of its own. */
#include "harness/net.h"
#include "play.h"

#define PROBE_MAX 128u
#define PROBE_OBSERVATIONS_MAX 100u

/* The bits of a SYN that ask for what `when` is about. */
static uint16_t ecn_bits(unsigned when)
{
    if (when & WHEN_ACCURATE_ECN) { return TCPR_AE | TCPR_ECE | TCPR_CWR; }
    return when & WHEN_ECN ? TCPR_ECE | TCPR_CWR : 0;
}

static size_t craft_offer(const struct lane_addresses *addresses, unsigned when, uint8_t *out)
{
    struct tcpr_segment syn = {
        .seq = 100,
        .source_port = addresses->tester_port[0],
        .destination_port = addresses->target_port,
        .window = 65535,
        .control = TCPR_SYN | ecn_bits(when),
        .options = {.mss = 1400,
                    .window_scale = 7,
                    .ts_val = 1,
                    .user_timeout = 300,
                    .present = TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_TIMESTAMPS |
                               TCPR_OPT_USER_TIMEOUT},
    };
    return datagram_emit_segment(&addresses->to_target, &syn, NULL, out, PROBE_MAX);
}

#define ANSWERED 0x8000u
#define ANSWERED_ECN 0x4000u
#define ANSWERED_ACCURATELY 0x2000u

/* The options of a SYN,ACK, or 0. */
static unsigned answered(const struct observation *seen)
{
    struct datagram d;
    struct tcpr_segment seg;
    if (seen->what != OBSERVED_DATAGRAM) { return 0; }
    if (datagram_parse(seen->datagram, seen->datagram_len, &d) != NET_OK || d.protocol != NET_TCP) { return 0; }
    if (tcpr_segment_parse(seen->datagram + d.payload_at, d.payload_len, &d.ip, &seg) != TCPR_PARSE_OK) { return 0; }
    bool syn_ack = (seg.control & (TCPR_SYN | TCPR_ACK)) == (TCPR_SYN | TCPR_ACK);
    unsigned said = seg.control >> 6 & 7;
    unsigned ecn = said == 1 ? ANSWERED_ECN : said > 1 && said < 7 ? ANSWERED_ACCURATELY : 0;
    return syn_ack ? seg.options.present | ANSWERED | ecn : 0;
}

static unsigned ask(struct target *target, struct lane *lane, unsigned when)
{
    uint8_t syn[PROBE_MAX];
    size_t len = craft_offer(target->ops->addresses(lane), when, syn);
    struct app_call listen = {.kind = CALL_LISTEN};
    struct call_outcome outcome = {0};
    target->ops->call(lane, &listen, &outcome);
    if (outcome.result != TCPROVE_OK || !target->ops->inject(lane, syn, len)) { return 0; }
    tcpr_time until = target->ops->now(lane) + target->reply_within_us;
    for (unsigned i = 0; i < PROBE_OBSERVATIONS_MAX; i++) {
        struct observation seen = {0};
        target->ops->next(lane, until, &seen);
        if (seen.what == OBSERVED_NOTHING || seen.what == OBSERVED_FAULT) { break; }
        unsigned options = answered(&seen);
        if (options) { return options; }
    }
    return 0;
}

const char *probe_when(struct target *target, uint8_t version, unsigned when, enum verdict *verdict)
{
    struct lane_request request = {.version = version,
                                   .window_scale = true,
                                   .timestamps = true,
                                   .sack = true,
                                   .user_timeout = true,
                                   .ecn = (when & WHEN_ECN) != 0,
                                   .accurate_ecn = (when & WHEN_ACCURATE_ECN) != 0,
                                   .listens = true};
    const char *why = "";
    *verdict = VERDICT_INCONCLUSIVE;
    struct lane *lane = target->ops->open(target, &request, &why);
    if (!lane) { return why; }
    unsigned options = ask(target, lane, when);
    target->ops->close(lane);
    if (options == 0) { return "the probe for what the target negotiates was not answered"; }
    *verdict = VERDICT_SKIP;
    if ((when & WHEN_TIMESTAMPS) && !(options & TCPR_OPT_TIMESTAMPS)) {
        return "does not arise: the target has no timestamps";
    }
    if ((when & WHEN_SACK) && !(options & TCPR_OPT_SACK_PERMITTED)) { return "does not arise: the target has no SACK"; }
    if ((when & WHEN_ECN) && !(options & ANSWERED_ECN)) { return "does not arise: the target has no ECN"; }
    if ((when & WHEN_ACCURATE_ECN) && !(options & ANSWERED_ACCURATELY)) {
        return "does not arise: the target has no accurate ECN";
    }
    if ((when & WHEN_WSCALE) && !(options & TCPR_OPT_WINDOW_SCALE)) {
        return "does not arise: the target does not scale its window";
    }
    if ((when & WHEN_USER_TIMEOUT) && !(options & TCPR_OPT_USER_TIMEOUT)) {
        return "does not arise: the target has no user timeout option";
    }
    return NULL;
}
