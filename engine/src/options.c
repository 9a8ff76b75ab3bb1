/* What SYNs negotiate, and timestamps with PAWS (RFC 7323). */
#include "internal.h"

#include <string.h>

#define WINDOW_SHIFT_MAX 14u         /* RFC7323-2.3-7 */
#define TIMESTAMPS_LEN 12u           /* on a segment, with its two NOPs */
#define SMALLEST_MSS 28u             /* a datagram of 68 octets, which IPv4 always carries, less its headers */
#define PAWS_IDLE_US TCPR_S(2073600) /* RFC7323-5.5-n1: 24 days */

/* Octets of the fixed IP and TCP headers. */
static uint32_t fixed_headers(const struct tcpr_conn *c)
{
    return c->version == 6 ? 60 : 40;
}

uint16_t own_mss(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    return (uint16_t)(config->mtu - fixed_headers(c)); /* MUST-67 */
}

uint32_t smss(const struct tcpr_conn *c)
{
    uint32_t options = has(c, TCPR_FLAG_TIMESTAMPS) ? TIMESTAMPS_LEN : 0;
    return c->snd.mss - TCPR_MUTANT(options_are_not_in_the_mss, options, 0);
}

/* The smallest shift that lets the 16-bit field tell of the whole buffer. */
static uint8_t own_shift(const struct tcpr_conn *c)
{
    uint8_t shift = 0;
    while (shift < WINDOW_SHIFT_MAX && (c->rcv.buffer >> shift) > UINT16_MAX) {
        shift++;
    }
    return shift;
}

/* One tick in 1.024 ms: within RFC7323-5.4-3's bounds, and a shift instead of a division. */
uint32_t timestamp_now(const struct tcpr_conn *c)
{
    return c->ts.offset + (uint32_t)(c->latest >> 10);
}

static void take_mss(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_options *options)
{
    if (options->present & TCPR_OPT_MSS) {
        c->snd.mss = TCPR_MUTANT(mss_of_zero_is_taken, max_u32(options->mss, SMALLEST_MSS), options->mss);
    } else {
        c->snd.mss = TCPR_MUTANT(no_mss_means_own, c->version == 6 ? 1220 : 536, own_mss(c, config)); /* MUST-15 */
    }
    c->snd.mss = min_u32(c->snd.mss, own_mss(c, config)); /* MUST-16: MMS_S */
    path_reset(c);
}

/*
 * Both SYNs must carry an option for it to be in force. Ours carries what the config's features say: where it was sent
 * first (active OPEN) it did so already, where it answers it will.
 */
void take_syn_options(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn)
{
    const struct tcpr_options *options = &syn->options;
    take_mss(c, config, options);
    unmark(c, TCPR_FLAG_WINDOW_SCALE | TCPR_FLAG_SACK | TCPR_FLAG_TIMESTAMPS);
    forget_sacked(c);
    rack_reset(c);
    c->loss = 0;
    c->snd_shift = 0;
    c->rcv_shift = 0;
    bool offered = TCPR_MUTANT(scale_is_used_unasked, options->present & TCPR_OPT_WINDOW_SCALE, 1) != 0;
    if (offered && feature(config, TCPR_FEATURE_WINDOW_SCALE)) {
        mark(c, TCPR_FLAG_WINDOW_SCALE);
        uint8_t most = TCPR_MUTANT(shift_above_14_is_taken, WINDOW_SHIFT_MAX, 31);
        c->snd_shift = (uint8_t)min_u32(options->window_scale, most); /* RFC7323-2.3-8b */
        c->rcv_shift = own_shift(c);
    }
    if ((options->present & TCPR_OPT_SACK_PERMITTED) && feature(config, TCPR_FEATURE_SACK)) {
        mark(c, TCPR_FLAG_SACK);
        bool recovers = c->sacked_room != 0 && feature(config, TCPR_FEATURE_SACK_RECOVERY);
        if (recovers) { c->loss |= TCPR_LOSS_SCOREBOARD; }
        if (recovers && c->record_room != 0 && feature(config, TCPR_FEATURE_RACK)) { c->loss |= TCPR_LOSS_RACK; }
    }
    if ((options->present & TCPR_OPT_TIMESTAMPS) && feature(config, TCPR_FEATURE_TIMESTAMPS)) {
        mark(c, TCPR_FLAG_TIMESTAMPS | TCPR_FLAG_TS_RECENT);
        c->ts.recent = options->ts_val;
        c->ts.recent_at = c->latest;
    }
    take_syn_user_timeout(c, config, options);
    congestion_reset(c, config); /* the initial window counts in segments */
}

static void fill_timestamps(const struct tcpr_conn *c, bool acknowledges, struct tcpr_options *options)
{
    options->present |= TCPR_OPT_TIMESTAMPS;
    options->ts_val = timestamp_now(c);
    options->ts_ecr = acknowledges ? c->ts.recent : 0; /* RFC7323-3.2-1, RFC7323-3.2-2 */
}

/* An option answers only if the peer's SYN had it (RFC7323-2.2-6, RFC7323-3.2-5, RFC2018-4-3). */
static void fill_answer(const struct tcpr_conn *c, struct tcpr_options *options)
{
    if (has(c, TCPR_FLAG_WINDOW_SCALE)) {
        options->present |= TCPR_OPT_WINDOW_SCALE;
        options->window_scale = c->rcv_shift;
    }
    if (has(c, TCPR_FLAG_SACK)) { options->present |= TCPR_OPT_SACK_PERMITTED; }
    if (has(c, TCPR_FLAG_TIMESTAMPS)) { fill_timestamps(c, true, options); }
}

static void fill_offer(const struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_options *options)
{
    if (feature(config, TCPR_FEATURE_WINDOW_SCALE)) {
        options->present |= TCPR_OPT_WINDOW_SCALE;
        options->window_scale = own_shift(c);
    }
    if (feature(config, TCPR_FEATURE_SACK)) { options->present |= TCPR_OPT_SACK_PERMITTED; }
    if (feature(config, TCPR_FEATURE_TIMESTAMPS)) { fill_timestamps(c, false, options); }
}

void fill_syn_options(const struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_options *options)
{
    options->present = TCPR_OPT_MSS; /* SHLD-5, MAY-3: always */
    options->mss = own_mss(c, config);
    if (c->state == TCPR_SYN_SENT) {
        fill_offer(c, config, options);
    } else {
        fill_answer(c, options);
    }
    fill_syn_user_timeout(c, config, options);
}

/* Most recent first, as RFC2018-4-6 and RFC2018-4-8 ask: the order in which they are held. */
static void fill_sack(const struct tcpr_conn *c, bool with_text, struct tcpr_options *options)
{
    uint32_t most = has(c, TCPR_FLAG_TIMESTAMPS) ? 3 : 4;      /* RFC2018-4-7 */
    if (with_text) { most = min_u32(most, c->snd.mss / 32u); } /* leave most of a small segment to the text */
    uint32_t twice = c->rcv.duplicate.first != c->rcv.duplicate.end ? min_u32(most, 1) : 0;
    uint32_t count = min_u32(c->held_count, most - twice);
    if (count + twice == 0) { return; }
    options->present |= TCPR_OPT_SACK;
    options->sack_count = (uint8_t)(count + twice);
    options->sack[0] = c->rcv.duplicate; /* RFC2883-4-n1, and if there is one the island it lies in follows */
    memcpy(options->sack + twice, c->held, count * sizeof c->held[0]);
    TCPR_MUTANT(sack_of_what_is_delivered, (void)0, (void)(options->sack[0].first = c->rcv.nxt - 1u));
}

void fill_options(const struct tcpr_conn *c, bool with_text, struct tcpr_options *options)
{
    if (has(c, TCPR_FLAG_TIMESTAMPS)) { fill_timestamps(c, true, options); } /* RFC7323-3.2-6a */
    if (has(c, TCPR_FLAG_TIMEOUT_NOW)) { fill_user_timeout(c, options); }
    bool of_acks = accurate(c) && (c->accurate & TCPR_ACCURATE_ACK_OF_ACK); /* RFC9768-3.2.2.5.1-9 */
    if (has(c, TCPR_FLAG_SACK) && c->state != TCPR_SYN_RECEIVED && !of_acks) { fill_sack(c, with_text, options); }
}

static bool ts_recent_valid(const struct tcpr_conn *c)
{
    return has(c, TCPR_FLAG_TS_RECENT) && c->latest - c->ts.recent_at < PAWS_IDLE_US;
}

/*
 * PAWS goes before the first check (RFC7323-5.3-2). RST is exempt (RFC7323-5.2-5a), and so is SYN, which is never
 * taken in these states but must be challenged, so that a rebooted peer that knows no timestamps finds out
 * (RFC5961-4.2-2).
 */
bool check_timestamp(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    if (!has(c, TCPR_FLAG_TIMESTAMPS) ||
        (seg->control & TCPR_MUTANT(reset_is_checked_by_paws, TCPR_RST | TCPR_SYN, TCPR_SYN))) {
        return true;
    }
    if (!(seg->options.present & TCPR_OPT_TIMESTAMPS)) {
        decide(fx, c, TCPR_ACT_DROPPED, TCPR_RULE_7323_3_2_8);
        return false;
    }
    if (TCPR_MUTANT(no_paws, ts_recent_valid(c), false) && tcpr_seq_lt(seg->options.ts_val, c->ts.recent)) {
        reply_ack(c, fx, TCPR_ACT_ACK_SENT, TCPR_RULE_7323_5_3_N1);
        return false;
    }
    return true;
}

/*
 * R3 of RFC7323-5.3-n2. Only once the ACK has proved good as well: one forged segment with a huge TSval would
 * otherwise shut the true peer out.
 */
void update_ts_recent(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    if (!has(c, TCPR_FLAG_TIMESTAMPS)) { return; } /* else the segment has them, or check_timestamp dropped it */
    if (TCPR_MUTANT(any_timestamp_is_kept, !tcpr_seq_le(seg->seq, c->rcv.last_ack_sent), false)) { return; }
    c->ts.recent = seg->options.ts_val;
    c->ts.recent_at = c->latest;
    mark(c, TCPR_FLAG_TS_RECENT);
}
