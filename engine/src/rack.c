/* Time-based loss detection (RFC 8985 section 6): what was sent well before something that arrived is lost. */
#include "rack.h"

/* RFC 8985 section 6.2: of two transmissions, which came later. */
static bool sent_after(tcpr_time at, uint32_t end, tcpr_time other_at, uint32_t other_end)
{
    return at > other_at || (at == other_at && tcpr_seq_lt(other_end, end));
}

/* Step 1. RFC8985-6.2-1: the least round trip of the last minute or so. */
static void note_round_trip(struct tcpr_conn *c, uint32_t rtt_us)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    uint32_t now = (uint32_t)(c->latest >> 20); /* about seconds */
    bool stale = now - rack->min_rtt_at > 60u;
    if (rack->min_rtt_us == 0 || rtt_us <= rack->min_rtt_us || stale) {
        rack->min_rtt_us = max_u32(rtt_us, 1);
        rack->min_rtt_at = now;
    }
}

/* Step 2: could this ACK be of an earlier transmission? Too early for the last one, or its timestamp says so. */
static bool ambiguous(const struct tcpr_conn *c, const struct tcpr_record *record, const struct tcpr_segment *seg)
{
    if (!(record->flags & TCPR_RECORD_AGAIN)) { return false; }
    uint32_t stamp = c->ts.offset + (uint32_t)(record->sent_at >> 10);
    if (has(c, TCPR_FLAG_TIMESTAMPS) && tcpr_seq_lt(seg->options.ts_ecr, stamp)) { return true; }
    return c->latest - record->sent_at < rack_of(c)->min_rtt_us;
}

/* Steps 1 to 3, for a segment that is now known to have arrived. */
static void arrived(struct tcpr_conn *c, const struct tcpr_record *record, const struct tcpr_segment *seg)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    bool again = (record->flags & TCPR_RECORD_AGAIN) != 0;
    if (!again && tcpr_seq_lt(record->end, rack->fack)) { rack->flags |= TCPR_RACK_REORDERED; }
    rack->fack = tcpr_seq_max(rack->fack, record->end);
    if (ambiguous(c, record, seg)) { return; }
    uint32_t rtt_us = (uint32_t)min_time(c->latest - record->sent_at, TCPR_S(1000));
    if (!again) {
        note_round_trip(c, rtt_us);
        rack->flags |= TCPR_RACK_SAMPLED;
    }
    if (sent_after(record->sent_at, record->end, rack->xmit_at, rack->end_seq)) {
        rack->xmit_at = record->sent_at;
        rack->end_seq = record->end;
        rack->rtt_us = rtt_us;
    }
}

/* SND.UNA moved over them. */
static void take_acked(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    while (c->record_count != 0 && tcpr_seq_le(record_of(c, 0)->end, c->snd.una)) {
        struct tcpr_record first = *record_of(c, 0);
        if (!(first.flags & TCPR_RECORD_SACKED)) { arrived(c, &first, seg); }
        drop_first_record(c);
    }
}

/* Which records the scoreboard covers whole; those that it has not before arrived now. One walk over both. */
static void take_sacked(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    unsigned range = 0;
    for (unsigned n = 0; n < c->record_count; n++) {
        struct tcpr_record *record = record_at(c, n);
        while (range < sacked_count(c) && tcpr_seq_lt(sacked(c)[range].end, record->end)) {
            range++;
        }
        bool whole = range < sacked_count(c) && tcpr_seq_le(sacked(c)[range].first, record_first(c, n));
        bool before = (record->flags & TCPR_RECORD_SACKED) != 0;
        if (whole && !before) {
            arrived(c, record, seg);
            record->flags = (record->flags | TCPR_RECORD_SACKED) & ~(uint32_t)TCPR_RECORD_LOST;
        } else if (!whole && before) { /* taken back (RFC2018-8-1) */
            record->flags &= ~(uint32_t)TCPR_RECORD_SACKED;
        }
    }
}

/* What is marked lost and was not sent again, less what arrived of it. */
static void count_lost(struct tcpr_conn *c)
{
    uint32_t lost = 0;
    for (unsigned n = 0; n < c->record_count; n++) {
        if (record_of(c, n)->flags & TCPR_RECORD_LOST) {
            lost += unsacked(c, record_first(c, n), record_of(c, n)->end);
        }
    }
    rack_vars(c)->lost = lost;
}

/* Step 4. RFC8985-3.3.2-1 to RFC8985-3.3.2-4: how much later than its followers a segment may arrive. */
static uint32_t reordering_window(const struct tcpr_conn *c)
{
    const struct tcpr_rack_vars *rack = rack_of(c);
    bool many = unsacked(c, c->snd.una, c->snd.nxt) + 3u * smss(c) <= tcpr_seq_distance(c->snd.una, c->snd.nxt);
    bool sure = TCPR_MUTANT(reordering_is_always_awaited, many || has(c, TCPR_FLAG_RECOVERY), false);
    if (!(rack->flags & TCPR_RACK_REORDERED) && sure) { return 0; }
    uint64_t window = (uint64_t)rack->min_rtt_us * (1u + rack->widened) / 4u;
    uint32_t most = has(c, TCPR_FLAG_RTT_KNOWN) ? c->rtt.srtt_us : rack->rtt_us;
    return window < most ? (uint32_t)window : most;
}

/* RFC8985-3.3.2-3: the peer says that what went again had arrived: wait a quarter longer from now on, once a round
 * trip. */
static void widen(struct tcpr_conn *c)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    if (tcpr_seq_lt(c->snd.una, rack->round_end)) { return; }
    rack->round_end = c->snd.nxt;
    rack->flags |= TCPR_RACK_REORDERED;
    if (rack->widened < UINT8_MAX) { rack->widened++; }
    rack->persists = 16;
}

/* Something arrived that was sent later. What went again within one tick of the clock has not been overtaken yet. */
static bool overtaken(const struct tcpr_conn *c, const struct tcpr_record *record)
{
    const struct tcpr_rack_vars *rack = rack_of(c);
    if (record->flags & TCPR_RECORD_AGAIN) { return rack->xmit_at > record->sent_at; }
    return sent_after(rack->xmit_at, rack->end_seq, record->sent_at, record->end);
}

/* Step 5, RFC8985-6.2-n1. @return how long until the next that may prove lost; 0: none */
static tcpr_time mark_overdue(struct tcpr_conn *c, bool by_timeout)
{
    tcpr_time wait_us = 0, due_us = (tcpr_time)rack_of(c)->rtt_us + reordering_window(c);
    for (unsigned n = 0; n < c->record_count; n++) {
        struct tcpr_record *record = record_at(c, n);
        if (record->flags & (TCPR_RECORD_SACKED | TCPR_RECORD_LOST)) { continue; }
        if (!overtaken(c, record) && !by_timeout) { continue; }
        tcpr_time passed = c->latest - record->sent_at;
        if (passed >= due_us) {
            if (record->flags & TCPR_RECORD_AGAIN) { rack_vars(c)->flags |= TCPR_RACK_LOST_AGAIN; }
            record->flags |= TCPR_RECORD_LOST;
        } else if (due_us - passed > wait_us) {
            wait_us = due_us - passed;
        }
    }
    count_lost(c);
    return wait_us;
}

/* RFC8985-6.2-2: the reordering timer, where something waits to be judged. RFC8985-8-1: one timer for both of RACK's
 * purposes. */
static void detect(struct tcpr_conn *c)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    tcpr_time wait_us = mark_overdue(c, false);
    if (wait_us != 0) {
        arm(c, TCPR_TIMER_LOSS, wait_us);
        rack->flags |= TCPR_RACK_WAITS;
    } else if (rack->flags & TCPR_RACK_WAITS) {
        stop(c, TCPR_TIMER_LOSS);
        rack->flags &= (uint8_t)~TCPR_RACK_WAITS;
    }
}

/* Is there anything a later segment could have overtaken? */
static bool something_is_missing(const struct tcpr_conn *c)
{
    return sacked_count(c) != 0 || has(c, TCPR_FLAG_RECOVERY) || tcpr_seq_lt(c->snd.una, c->cc.recover);
}

/* RFC 8985 section 6.2: an ACK came, and the scoreboard is up to date. */
void rack_ack(struct tcpr_conn *c, const struct tcpr_segment *seg, bool duplicate_reported)
{
    take_acked(c, seg);
    if (duplicate_reported) { widen(c); }
    bool waits = (rack_of(c)->flags & TCPR_RACK_WAITS) != 0; /* perhaps for what has just arrived */
    if (!something_is_missing(c) && rack_of(c)->lost == 0 && !waits) { return; }
    take_sacked(c, seg);
    detect(c);
}

/* RFC 8985 section 6.2, step 5, when the reordering timer fires. @return false: it was not that one */
bool rack_overdue(struct tcpr_conn *c)
{
    if (!(rack_of(c)->flags & TCPR_RACK_WAITS)) { return false; }
    rack_vars(c)->flags &= (uint8_t)~TCPR_RACK_WAITS;
    detect(c);
    return true;
}

/* RFC8985-6.3-n1: at a timeout the first is lost, and whatever is overdue. The scoreboard was forgotten before. */
void rack_timeout(struct tcpr_conn *c)
{
    for (unsigned n = 0; n < c->record_count; n++) {
        record_at(c, n)->flags &= ~(uint32_t)(TCPR_RECORD_SACKED | TCPR_RECORD_LOST);
    }
    if (c->record_count != 0) { record_at(c, 0)->flags |= TCPR_RECORD_LOST; }
    (void)mark_overdue(c, true);
    stop(c, TCPR_TIMER_LOSS);
    rack_vars(c)->flags &= TCPR_RACK_REORDERED | TCPR_RACK_SAMPLED;
}

/* All before `end` is to go again, for another reason than loss; or nothing is. */
void rack_owe(struct tcpr_conn *c, uint32_t end)
{
    for (unsigned n = 0; n < c->record_count; n++) {
        struct tcpr_record *record = record_at(c, n);
        bool owed = tcpr_seq_lt(record_first(c, n), end) && !(record->flags & TCPR_RECORD_SACKED);
        record->flags = (record->flags & ~(uint32_t)TCPR_RECORD_LOST) | (owed ? TCPR_RECORD_LOST : 0u);
    }
    count_lost(c);
}

/* @return whether something is to go again; then the first of it, and where its record ends */
bool rack_next_lost(const struct tcpr_conn *c, uint32_t *seq, uint32_t *end)
{
    if (rack_of(c)->lost == 0) { return false; }
    for (unsigned n = 0; n < c->record_count; n++) {
        if (!(record_of(c, n)->flags & TCPR_RECORD_LOST)) { continue; }
        *seq = skip_sacked(c, record_first(c, n));
        *end = record_of(c, n)->end;
        if (tcpr_seq_lt(*seq, *end)) { return true; }
    }
    return false;
}

/* Whether a retransmission was found lost since this was asked last. */
bool rack_lost_again(struct tcpr_conn *c)
{
    bool again = (rack_of(c)->flags & TCPR_RACK_LOST_AGAIN) != 0;
    rack_vars(c)->flags &= (uint8_t)~TCPR_RACK_LOST_AGAIN;
    return again;
}

uint32_t rack_lost(const struct tcpr_conn *c)
{
    return rack_of(c)->lost;
}

/* RFC8985-3.3.2-3: after sixteen recoveries without such a report the window is the first again. */
void rack_recovered(struct tcpr_conn *c)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    if (rack->persists != 0 && --rack->persists == 0) { rack->widened = 0; }
}
