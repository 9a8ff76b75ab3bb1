/* Islands of text beyond RCV.NXT (SHLD-31): disjoint, most recent first, which is the order SACK reports them in. */
#include "internal.h"

static void remove_island(struct tcpr_conn *c, unsigned n)
{
    c->held_count--;
    for (; n < c->held_count; n++) {
        c->held[n] = c->held[n + 1u];
    }
    c->held[c->held_count] = (struct tcpr_range){0, 0};
}

/* Grow `island` over every one it touches, which go. */
static void merge(struct tcpr_conn *c, struct tcpr_range *island)
{
    for (unsigned n = 0; n < c->held_count;) {
        struct tcpr_range other = c->held[n];
        if (tcpr_seq_lt(island->end, other.first) || tcpr_seq_lt(other.end, island->first)) {
            n++;
            continue;
        }
        island->first = tcpr_seq_min(island->first, other.first);
        island->end = tcpr_seq_max(island->end, other.end);
        remove_island(c, n);
        n = 0; /* grown, it may touch one that was passed */
    }
}

/* False when it is a new island and there is no room. One that was reported once is never given up (RFC2018-8-4). */
bool hold(struct tcpr_conn *c, struct tcpr_range island)
{
    merge(c, &island);
    if (c->held_count == TCPR_HELD_MAX) { return false; }
    for (unsigned n = c->held_count; n > 0; n--) {
        c->held[n] = c->held[n - 1u];
    }
    c->held[0] = island;
    c->held_count++;
    return true;
}

/* RFC2883-4-n1, RFC2883-4-n5: of an arriving text the part that was here before, the lowest where there are several. */
void note_duplicate(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_range text)
{
    if (!has(c, TCPR_FLAG_SACK) || !feature(config, TCPR_FEATURE_DSACK)) { return; }
    uint32_t fin = has(c, TCPR_FLAG_FIN_REACHED) ? 1 : 0;
    struct tcpr_range twice = {0, 0};
    if (tcpr_seq_lt(text.first, c->rcv.nxt)) {
        bool of_this_stream = tcpr_seq_distance(text.first, c->rcv.nxt) <= c->rcv.nxt_at + fin;
        if (of_this_stream) { twice = (struct tcpr_range){text.first, tcpr_seq_min(text.end, c->rcv.nxt - fin)}; }
    }
    for (unsigned n = 0; n < c->held_count && twice.first == twice.end; n++) {
        struct tcpr_range island = c->held[n];
        uint32_t first = tcpr_seq_max(island.first, text.first), end = tcpr_seq_min(island.end, text.end);
        if (tcpr_seq_lt(first, end)) { twice = (struct tcpr_range){first, end}; }
    }
    if (tcpr_seq_lt(twice.first, twice.end)) { c->rcv.duplicate = twice; }
}

void forget_held(struct tcpr_conn *c)
{
    while (c->held_count > 0) {
        remove_island(c, c->held_count - 1u);
    }
}

/* RCV.NXT over all that it has reached. */
void absorb_held(struct tcpr_conn *c)
{
    for (unsigned n = 0; n < c->held_count;) {
        struct tcpr_range island = c->held[n];
        if (tcpr_seq_lt(c->rcv.nxt, island.first)) {
            n++;
            continue;
        }
        if (tcpr_seq_lt(c->rcv.nxt, island.end)) {
            c->rcv.nxt_at += tcpr_seq_distance(c->rcv.nxt, island.end);
            c->rcv.nxt = island.end;
        }
        remove_island(c, n);
        n = 0;
    }
}
