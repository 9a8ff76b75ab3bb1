/* The decoder turned round: the octets that decode nearest to what is wanted are looked for, not computed. */
#include "encode.h"

#include <string.h>

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* The octet of its kind that event_decode() reads as `kind`. */
static uint8_t kind_octet(enum event_kind kind)
{
    struct event event;
    for (uint8_t octet = 0; octet < 32; octet++) {
        event_decode((const uint8_t[SCENARIO_EVENT]){octet}, &event);
        if (event.kind == kind) { return octet; }
    }
    return 0;
}

/* Of all values of one octet of an event that one for which `distance` is least. */
static void choose(uint8_t *out, unsigned at, uint8_t mask, uint32_t (*distance)(const struct event *, uint32_t),
                   uint32_t wanted)
{
    uint8_t rest = (uint8_t)(out[at] & ~mask), best = out[at];
    uint32_t least = UINT32_MAX;
    struct event event;
    for (unsigned value = 0; value < 256; value++) {
        if ((value & ~(unsigned)mask) != 0) { continue; }
        out[at] = (uint8_t)(rest | value);
        event_decode(out, &event);
        if (distance(&event, wanted) >= least) { continue; }
        least = distance(&event, wanted);
        best = out[at];
    }
    out[at] = best;
}

static uint32_t amount_distance(const struct event *event, uint32_t wanted)
{
    return apart(event->amount, wanted);
}

static uint32_t window_distance(const struct event *event, uint32_t wanted)
{
    return apart(event->window, wanted);
}

static uint32_t mss_distance(const struct event *event, uint32_t wanted)
{
    return apart(scenario_mss(event->choice), wanted);
}

static uint32_t shift_distance(const struct event *event, uint32_t wanted)
{
    return apart(scenario_shift(event->choice), wanted);
}

/* Anchor, scale and delta of a sequence number: exact, with the first anchor that can, else the nearest. */
static void place_number(uint32_t wanted, uint32_t (*anchor)(const struct stage *, unsigned), const struct stage *stage,
                         uint8_t out[2])
{
    static const int32_t units[4] = {1, 100, 1 << 14, 1 << 24};
    int64_t least = INT64_MAX;
    for (unsigned from = 0; from < 8; from++) {
        int64_t far = (int32_t)(wanted - anchor(stage, from));
        for (unsigned scale = 0; scale < 4; scale++) {
            int64_t steps = far / units[scale], clipped = steps < -128 ? -128 : steps > 127 ? 127 : steps;
            int64_t left = far - clipped * units[scale];
            if (left < 0) { left = -left; }
            if (left >= least) { continue; }
            least = left;
            out[0] = (uint8_t)(from << 5 | scale << 3);
            out[1] = (uint8_t)clipped;
        }
    }
}

static void encode_options(const struct tcpr_segment *segment, uint8_t *out)
{
    const struct tcpr_options *options = &segment->options;
    if ((segment->control & TCPR_SYN) == 0) {
        out[2] |= (options->present & TCPR_OPT_SACK) != 0;
        return;
    }
    if (options->present & TCPR_OPT_MSS) { out[2] |= 1; }
    if (options->present & TCPR_OPT_WINDOW_SCALE) { out[2] |= 2; }
    if (options->present & TCPR_OPT_SACK_PERMITTED) { out[2] |= 4; }
    if (options->present & TCPR_OPT_WINDOW_SCALE) {
        choose(out, 4, 7, shift_distance, options->window_scale);
    } else if (options->present & TCPR_OPT_MSS) {
        choose(out, 4, 7, mss_distance, options->mss);
    }
}

static enum stamp stamp_of(const struct stage *stage, const struct tcpr_segment *segment)
{
    if ((segment->options.present & TCPR_OPT_TIMESTAMPS) == 0) { return STAMP_NONE; }
    return stage->stamped && tcpr_seq_lt(segment->options.ts_val, stage->peer_stamp) ? STAMP_OLD : STAMP_NATURAL;
}

/* Where the urgent pointer means something, that it names the end of the text; else AE. */
static bool high_bit(const struct tcpr_segment *segment)
{
    if (segment->control & TCPR_URG) { return segment->urgent == segment->text_len; }
    return (segment->control & TCPR_AE) != 0;
}

void encode_segment(const struct stage *stage, const struct tcpr_segment *segment, uint8_t out[SCENARIO_EVENT])
{
    memset(out, 0, SCENARIO_EVENT);
    out[0] = kind_octet(EVENT_SEGMENT);
    out[1] = (uint8_t)segment->control;
    place_number(segment->seq, scenario_seq_anchor, stage, out + 2);
    if (segment->control & TCPR_ACK) { place_number(segment->ack, scenario_ack_anchor, stage, out + 4); }
    encode_options(segment, out);
    choose(out, 6, 255, amount_distance, segment->text_len);
    choose(out, 7, 7, window_distance, segment->window);
    out[7] |= (uint8_t)((unsigned)segment->ecn << 6 | (unsigned)stamp_of(stage, segment) << 3 |
                        (high_bit(segment) ? 0x20u : 0));
}

void encode_time(tcpr_time us, uint8_t out[SCENARIO_EVENT])
{
    memset(out, 0, SCENARIO_EVENT);
    out[0] = kind_octet(EVENT_TIME);
    while (us > 256 && out[1] < 35) {
        us = (us + 1) / 2; /* not before what was waited for */
        out[1]++;
    }
    out[2] = (uint8_t)((us > 256 ? 256 : us) - 1);
    out[3] = 1;
}

void encode_call(enum event_kind kind, uint32_t amount, bool urgent, uint8_t out[SCENARIO_EVENT])
{
    memset(out, 0, SCENARIO_EVENT);
    out[0] = kind_octet(kind);
    out[2] = urgent;
    if (kind == EVENT_SEND || kind == EVENT_RECEIVE) { choose(out, 1, 255, amount_distance, amount); }
}

void encode_icmp(const struct stage *stage, const struct tcpr_icmp *icmp, uint8_t out[SCENARIO_EVENT])
{
    memset(out, 0, SCENARIO_EVENT);
    out[0] = kind_octet(EVENT_ICMP);
    out[1] = icmp->type & 15;
    int32_t far = (int32_t)(icmp->quoted_seq - stage->c.snd.una);
    out[3] = (uint8_t)(far < -128 ? -128 : far > 127 ? 127 : far);
    out[4] = (uint8_t)(icmp->mtu >> 3 > 255 ? 255 : icmp->mtu >> 3);
    out[5] = icmp->code & 15;
}
