/* Sequence numbers and stream offsets of what we send and receive. */
#include "internal.h"

uint32_t text_seq(const struct tcpr_conn *c, uint64_t at)
{
    return c->snd.iss + 1u + (uint32_t)at;
}

uint64_t text_at(const struct tcpr_conn *c, uint32_t seq)
{
    return c->snd.una_at + tcpr_seq_distance(text_seq(c, c->snd.una_at), seq);
}

uint32_t fin_seq(const struct tcpr_conn *c)
{
    return text_seq(c, c->snd.end_at);
}

bool fin_sent(const struct tcpr_conn *c)
{
    return has(c, TCPR_FLAG_FIN_QUEUED) && c->snd.nxt == fin_seq(c) + 1u;
}

bool fin_acked(const struct tcpr_conn *c)
{
    return has(c, TCPR_FLAG_FIN_QUEUED) && c->snd.una == fin_seq(c) + 1u;
}

uint32_t unsent(const struct tcpr_conn *c)
{
    return fin_sent(c) ? 0 : tcpr_seq_distance(c->snd.nxt, fin_seq(c));
}

bool syn_unacked(const struct tcpr_conn *c)
{
    return c->snd.una == c->snd.iss;
}

bool delivery_pending(const struct tcpr_conn *c)
{
    return c->snd.una != c->snd.nxt || unsent(c) != 0 || (has(c, TCPR_FLAG_FIN_QUEUED) && !fin_sent(c));
}

uint32_t unread(const struct tcpr_conn *c)
{
    return (uint32_t)(c->rcv.nxt_at - c->rcv.read_at);
}

uint32_t receive_window(const struct tcpr_conn *c)
{
    return tcpr_seq_distance(c->rcv.nxt, c->rcv.edge);
}
