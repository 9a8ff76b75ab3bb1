/* From anywhere, CLOSE and a peer that plays along must lead to CLOSED (RFC 9293 section 3.6). */
#include "walk.h"

#define ROUNDS_MAX 64u
#define PEER_WINDOW 65535u
#define PEER_ISS 0x70000000u

/* Octets to the first island of text held, or to a FIN that is known; 0: nothing is missing. */
static uint32_t missing(const struct tcpr_conn *c)
{
    uint32_t gap = c->flags & TCPR_FLAG_FIN_HELD ? c->rcv.fin_seq - c->rcv.nxt : 0;
    for (unsigned i = 0; i < c->held_count; i++) {
        uint32_t distance = c->held[i].first - c->rcv.nxt;
        if (gap == 0 || distance < gap) { gap = distance; }
    }
    return gap;
}

/* The peer acknowledges all, fills what is missing, and closes when nothing is. */
static void peer_answers(struct walker *w)
{
    const struct tcpr_conn *c = &w->conn;
    uint32_t gap = missing(c), room = c->rcv.edge - c->rcv.nxt;
    struct tcpr_segment seg = {.seq = c->rcv.nxt, .ack = c->snd.nxt, .control = TCPR_ACK, .window = PEER_WINDOW};
    if (c->state == TCPR_SYN_SENT) {
        seg.seq = PEER_ISS;
        seg.control |= TCPR_SYN;
    } else if (gap != 0) {
        seg.text_len = gap < room ? gap : room;
    } else if ((c->flags & (TCPR_FLAG_FIN_HELD | TCPR_FLAG_FIN_REACHED)) == 0 && room != 0) {
        seg.control |= TCPR_FIN;
    }
    walker_arrives(w, seg);
}

static void application_reads(struct walker *w)
{
    uint32_t taken = 0;
    tcpr_receive(&w->conn, w->config, w->now, w->config->receive_buffer, &taken, &w->fx);
    walker_pull(w);
}

bool closes_in_good_order(struct walker w)
{
    tcpr_close(&w.conn, w.config, w.now, &w.fx);
    walker_pull(&w);
    for (unsigned round = 0; round < ROUNDS_MAX && w.conn.state != TCPR_CLOSED; round++) {
        application_reads(&w);
        if (w.conn.state == TCPR_LISTEN) { tcpr_close(&w.conn, w.config, w.now, &w.fx); } /* it fell back */
        if (w.conn.state > TCPR_LISTEN && w.conn.state < TCPR_TIME_WAIT) { peer_answers(&w); }
        walker_time(&w);
    }
    return w.conn.state == TCPR_CLOSED && !w.fault;
}
