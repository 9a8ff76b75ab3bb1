/*
 * When each segment was sent (RFC 8985 section 5.2): records in the connection's tail, in a ring, in the order of the
 * stream. A record begins where the one before it ends, the first at SND.UNA; the last ends at SND.NXT.
 */
#include "rack.h"

#include <string.h>

struct tcpr_rack_vars *rack_vars(struct tcpr_conn *c)
{
    return (struct tcpr_rack_vars *)(void *)((uint8_t *)c + TCPR_CONN_SIZE(c->sacked_room, 0));
}

const struct tcpr_rack_vars *rack_of(const struct tcpr_conn *c)
{
    return (const struct tcpr_rack_vars *)(const void *)((const uint8_t *)c + TCPR_CONN_SIZE(c->sacked_room, 0));
}

static unsigned place_of(const struct tcpr_conn *c, unsigned n)
{
    unsigned at = (unsigned)c->record_first + n;
    return at < c->record_room ? at : at - c->record_room;
}

struct tcpr_record *record_at(struct tcpr_conn *c, unsigned n)
{
    struct tcpr_record *ring = (struct tcpr_record *)(void *)(rack_vars(c) + 1);
    return &ring[place_of(c, n)];
}

const struct tcpr_record *record_of(const struct tcpr_conn *c, unsigned n)
{
    const struct tcpr_record *ring = (const struct tcpr_record *)(const void *)(rack_of(c) + 1);
    return &ring[place_of(c, n)];
}

uint32_t record_first(const struct tcpr_conn *c, unsigned n)
{
    return n == 0 ? c->snd.una : record_of(c, n - 1u)->end;
}

void forget_records(struct tcpr_conn *c)
{
    if (c->record_room == 0) { return; }
    memset(rack_vars(c) + 1, 0, c->record_room * sizeof(struct tcpr_record));
    c->record_first = c->record_count = 0;
    rack_vars(c)->lost = 0;
}

void rack_reset(struct tcpr_conn *c)
{
    if (!built(TCPR_FEATURE_RACK) || c->record_room == 0) { return; }
    forget_records(c);
    *rack_vars(c) = (struct tcpr_rack_vars){.flags = TCPR_RACK_SAMPLED};
    rack_vars(c)->fack = rack_vars(c)->round_end = rack_vars(c)->end_seq = c->snd.iss + 1u;
}

/* What must hold between two calls. */
enum fault records_fault(const struct tcpr_conn *c)
{
    uint32_t below = c->snd.una;
    if (c->record_count > c->record_room) { return TOO_MANY_RECORDS; }
    if (!rack(c)) { return c->record_count != 0 ? RECORDS_UNUSED : WHOLE; }
    if (syn_unacked(c) && c->record_count == 0) { return WHOLE; } /* a SYN has none */
    for (unsigned n = 0; n < c->record_count; n++) {
        if (!tcpr_seq_lt(below, record_of(c, n)->end)) { return RECORDS_OUT_OF_ORDER; }
        below = record_of(c, n)->end;
    }
    return below != c->snd.nxt ? RECORDS_END_ELSEWHERE : WHOLE;
}

/* No room: from here on, until all is acknowledged, loss is found as RFC 6675 says. */
static void give_up_records(struct tcpr_conn *c)
{
    bool owed = rack_of(c)->lost != 0;
    forget_records(c);
    c->loss |= TCPR_LOSS_RECORDS_FULL;
    stop(c, TCPR_TIMER_LOSS);
    rack_vars(c)->flags &= TCPR_RACK_REORDERED;
    if (!has(c, TCPR_FLAG_RECOVERY)) { owe_retransmission(c, owed ? c->snd.nxt : c->snd.una); }
}

static bool insert(struct tcpr_conn *c, unsigned at, struct tcpr_record record)
{
    if (c->record_count == c->record_room) {
        give_up_records(c);
        return false;
    }
    c->record_count++;
    for (unsigned n = c->record_count - 1u; n > at; n--) {
        *record_at(c, n) = *record_at(c, n - 1u);
    }
    *record_at(c, at) = record;
    return true;
}

/* A record ends at `seq`, which lies in one or ends one. @return false: there was no room to cut one in two */
static bool cut(struct tcpr_conn *c, uint32_t seq)
{
    for (unsigned n = 0; n < c->record_count; n++) {
        struct tcpr_record record = *record_of(c, n);
        if (tcpr_seq_lt(record.end, seq)) { continue; }
        if (record.end == seq || seq == record_first(c, n)) { return true; }
        record.end = seq;
        return insert(c, n, record);
    }
    return true;
}

static void sent_again(struct tcpr_conn *c, uint32_t seq, uint32_t end)
{
    if (!cut(c, seq) || !cut(c, end)) { return; }
    for (unsigned n = 0; n < c->record_count; n++) {
        struct tcpr_record *record = record_at(c, n);
        if (tcpr_seq_lt(record_first(c, n), seq)) { continue; }
        if (tcpr_seq_lt(end, record->end)) { break; }
        if (record->flags & TCPR_RECORD_LOST) { rack_vars(c)->lost -= unsacked(c, record_first(c, n), record->end); }
        record->sent_at = c->latest;
        record->flags = (record->flags & TCPR_RECORD_SACKED) | TCPR_RECORD_AGAIN;
    }
}

/* RFC8985-6.1-n1: [seq, end) left; SND.NXT was `nxt` before. */
void record_sent(struct tcpr_conn *c, uint32_t seq, uint32_t end, uint32_t nxt)
{
    if (!rack(c)) { return; }
    uint32_t old_end = tcpr_seq_min(end, nxt);
    if (tcpr_seq_lt(seq, old_end)) { sent_again(c, seq, old_end); }
    if (rack(c) && tcpr_seq_lt(nxt, end)) {
        insert(c, c->record_count, (struct tcpr_record){.sent_at = c->latest, .end = end});
    }
}

/* The first record goes: SND.UNA has passed it. */
void drop_first_record(struct tcpr_conn *c)
{
    *record_at(c, 0) = (struct tcpr_record){0};
    c->record_first = (uint16_t)place_of(c, 1);
    c->record_count--;
}
