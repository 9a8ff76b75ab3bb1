/* What we advertise: RCV.WND, and the receiver's side of silly window avoidance (RFC 9293 section 3.8.6.2.2). */
#include "internal.h"

/* Where the buffer ends: the right edge could be moved there without ever promising what we do not have. */
static uint32_t buffer_edge(const struct tcpr_conn *c)
{
    return c->rcv.nxt + (c->rcv.buffer - unread(c));
}

/* MUST-39: the edge moves by at least half the buffer or one segment. */
static uint32_t smallest_step(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    return TCPR_MUTANT(edge_moves_by_octets, min_u32(c->rcv.buffer / 2u, own_mss(c, config)), 1);
}

static uint32_t largest_window(const struct tcpr_conn *c)
{
    return (uint32_t)UINT16_MAX << c->rcv_shift;
}

/* How far the right edge could move on; 0 where it could only move back (SHLD-14). */
static uint32_t possible_step(const struct tcpr_conn *c)
{
    uint32_t limit = tcpr_seq_min(buffer_edge(c), c->rcv.nxt + largest_window(c));
    return tcpr_seq_lt(c->rcv.edge, limit) ? tcpr_seq_distance(c->rcv.edge, limit) : 0;
}

/* The right edge to advertise now: the last one, or further. Never back (SHLD-14). */
uint32_t offered_edge(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (TCPR_MUTANT(own_edge_moves_left, false, unread(c) != 0)) { return c->rcv.edge - unread(c); }
    uint32_t step = possible_step(c);
    return step != 0 && step >= smallest_step(c, config) ? c->rcv.edge + step : c->rcv.edge;
}

/*
 * The window field for a right edge. A scaled window that does not divide is rounded up where the buffer allows it,
 * since rounding down would move the edge left (SHLD-14).
 */
uint16_t window_field(struct tcpr_conn *c, uint32_t edge)
{
    uint32_t window = tcpr_seq_distance(c->rcv.nxt, edge);
    if (tcpr_seq_lt(edge, c->rcv.nxt)) { window = 0; } /* the FIN may have taken the last number */
    uint32_t up = (window + (1u << c->rcv_shift) - 1u) >> c->rcv_shift;
    uint32_t up_edge = c->rcv.nxt + (up << c->rcv_shift);
    bool up_fits = up <= UINT16_MAX && tcpr_seq_le(up_edge, buffer_edge(c));
    uint32_t field = up_fits ? up : min_u32(window >> c->rcv_shift, UINT16_MAX);
    c->rcv.edge = tcpr_seq_max(c->rcv.edge, c->rcv.nxt + (field << c->rcv_shift));
    return (uint16_t)field;
}

/* Worth a segment of its own: a closed window opens, or the edge would move by two segments or half the buffer. */
bool window_update_due(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (!in(c, MAY_RECEIVE_TEXT)) { return false; }
    if (receive_window(c) == 0) {
        return TCPR_MUTANT(opened_window_is_not_told, offered_edge(c, config) != c->rcv.edge, false);
    }
    uint32_t step = possible_step(c), worth = min_u32(c->rcv.buffer / 2u, 2u * own_mss(c, config));
    return step != 0 && step >= TCPR_MUTANT(edge_moves_by_octets, worth, 1);
}
