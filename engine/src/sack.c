/*
 * The scoreboard of RFC 6675 section 3: what the peer reports to hold beyond SND.UNA, in the connection's tail. Sorted,
 * disjoint, not adjacent; nothing in it is ever taken for acknowledged (RFC2018-8-5).
 */
#include "internal.h"

#include <string.h>

#define DISCONTIGUOUS_FOR_LOSS 3u /* DupThresh */

static struct tcpr_range *board_of(struct tcpr_conn *c)
{
    return (struct tcpr_range *)(void *)(c + 1);
}

const struct tcpr_range *sacked(const struct tcpr_conn *c)
{
    return (const struct tcpr_range *)(const void *)(c + 1);
}

static uint32_t length(struct tcpr_range range)
{
    return tcpr_seq_distance(range.first, range.end);
}

/* Ranges [from, to) give way to `with`, `by` of them. */
static void replace(struct tcpr_conn *c, unsigned from, unsigned to, const struct tcpr_range *with, unsigned by)
{
    struct tcpr_range *board = board_of(c);
    unsigned count = c->sacked_count + by - (to - from), behind = c->sacked_count - to;
    memmove(board + from + by, board + to, behind * sizeof *board);
    for (unsigned n = 0; n < by; n++) {
        board[from + n] = with[n];
    }
    for (unsigned n = count; n < c->sacked_count; n++) {
        board[n] = (struct tcpr_range){0, 0};
    }
    c->sacked_count = (uint8_t)count;
}

/* How many octets of `range` are news. They count even where a full board cannot note them. */
static uint32_t record(struct tcpr_conn *c, struct tcpr_range range)
{
    const struct tcpr_range *board = sacked(c);
    unsigned from = 0, to;
    uint32_t known = 0;
    while (from < c->sacked_count && tcpr_seq_lt(board[from].end, range.first)) {
        from++;
    }
    for (to = from; to < c->sacked_count && tcpr_seq_le(board[to].first, range.end); to++) {
        known += length(board[to]);
        range.first = tcpr_seq_min(range.first, board[to].first);
        range.end = tcpr_seq_max(range.end, board[to].end);
    }
    if (from == to && c->sacked_count == c->sacked_room) {
        c->loss |= TCPR_LOSS_SCOREBOARD_FULL;
    } else {
        replace(c, from, to, &range, 1);
    }
    return length(range) - known;
}

/* What no receiver of ours reports: reversed, beyond what was sent, or the octet that SEG.ACK says is missing. D-SACK
 * (RFC 2883) falls out here as well, or is no news. */
static bool plausible(const struct tcpr_conn *c, struct tcpr_range block)
{
    return tcpr_seq_lt(c->snd.una, block.first) && tcpr_seq_lt(block.first, block.end) &&
           tcpr_seq_le(block.end, c->snd.nxt);
}

/* RFC2883-5-1: the first block lies below the ACK it came with, or in the block after it. */
bool reports_duplicate(const struct tcpr_segment *seg)
{
    const struct tcpr_options *o = &seg->options;
    if (!(o->present & TCPR_OPT_SACK) || o->sack_count == 0) { return false; }
    if (!tcpr_seq_lt(o->sack[0].first, o->sack[0].end)) { return false; }
    bool within = o->sack_count > 1 && tcpr_seq_le(o->sack[1].first, o->sack[0].first) &&
                  tcpr_seq_le(o->sack[0].end, o->sack[1].end);
    return within || tcpr_seq_le(o->sack[0].end, seg->ack);
}

/* RFC6675-5-1: Update(). How many octets were not known to have arrived. */
uint32_t take_sack(struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    uint32_t news = 0;
    if (!has_loss(c, TCPR_LOSS_SCOREBOARD) || !(seg->options.present & TCPR_OPT_SACK)) { return 0; }
    for (unsigned n = 0; n < seg->options.sack_count; n++) {
        if (plausible(c, seg->options.sack[n])) { news += record(c, seg->options.sack[n]); }
    }
    return news;
}

/* SND.UNA moved on. A range that it ends in or right before was taken back by the peer (RFC2018-8-1). */
void forget_acked(struct tcpr_conn *c)
{
    unsigned n = 0;
    while (n < sacked_count(c) && tcpr_seq_le(sacked(c)[n].first, c->snd.una)) {
        n++;
    }
    if (n != 0) { replace(c, 0, n, NULL, 0); }
    if (c->snd.una == c->snd.nxt) { c->loss &= (uint8_t)~TCPR_LOSS_SCOREBOARD_FULL; }
}

void forget_sacked(struct tcpr_conn *c)
{
    if (sacked_count(c) != 0) { replace(c, 0, sacked_count(c), NULL, 0); }
}

/* Octets from `from` to `to` that no report covers. */
uint32_t unsacked(const struct tcpr_conn *c, uint32_t from, uint32_t to)
{
    if (!tcpr_seq_lt(from, to)) { return 0; }
    uint32_t octets = tcpr_seq_distance(from, to);
    for (unsigned n = 0; n < sacked_count(c); n++) {
        uint32_t first = tcpr_seq_max(sacked(c)[n].first, from), end = tcpr_seq_min(sacked(c)[n].end, to);
        if (tcpr_seq_lt(first, end)) { octets -= tcpr_seq_distance(first, end); }
    }
    return octets;
}

/* The first number at `seq` or beyond that no report covers. */
uint32_t skip_sacked(const struct tcpr_conn *c, uint32_t seq)
{
    for (unsigned n = 0; n < sacked_count(c); n++) {
        if (!tcpr_seq_lt(seq, sacked(c)[n].first) && tcpr_seq_lt(seq, sacked(c)[n].end)) { return sacked(c)[n].end; }
    }
    return seq;
}

/* Where the hole at `seq` ends, or what was sent. */
uint32_t hole_end(const struct tcpr_conn *c, uint32_t seq)
{
    for (unsigned n = 0; n < sacked_count(c); n++) {
        if (tcpr_seq_lt(seq, sacked(c)[n].first)) { return sacked(c)[n].first; }
    }
    return c->snd.nxt;
}

/*
 * RFC6675-4-n1: IsLost() of all that is missing below it. Three ranges above, or more octets than two segments hold.
 * SND.UNA when nothing is lost.
 */
uint32_t lost_edge(const struct tcpr_conn *c)
{
    uint32_t octets = 0;
    for (unsigned n = sacked_count(c); n > 0; n--) {
        octets += length(sacked(c)[n - 1u]);
        bool many = sacked_count(c) - n + 1u >= DISCONTIGUOUS_FOR_LOSS;
        if (many || octets > (DISCONTIGUOUS_FOR_LOSS - 1u) * smss(c)) { return sacked(c)[n - 1u].first; }
    }
    return c->snd.una;
}

/*
 * RFC6675-4-3: SetPipe(), what is on its way: sent and neither reported nor lost, and sent again. Until all that is
 * owed went again (a timeout, or a smaller MTU) whatever waits for that is lost.
 */
uint32_t in_pipe(const struct tcpr_conn *c)
{
    const struct tcpr_send_vars *snd = &c->snd;
    if (!has_loss(c, TCPR_LOSS_SCOREBOARD)) { return tcpr_seq_distance(snd->una, snd->nxt); }
    if (rack(c)) { return unsacked(c, snd->una, snd->nxt) - rack_lost(c); }
    if (has(c, TCPR_FLAG_RECOVERY)) {
        return unsacked(c, lost_edge(c), snd->nxt) + unsacked(c, snd->una, snd->rxt_nxt);
    }
    return unsacked(c, snd->una, snd->rxt_nxt) + unsacked(c, snd->rxt_end, snd->nxt);
}
