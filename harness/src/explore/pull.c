/* What every step ends with: the segments the connection owes are taken. */
#include "walk.h"

#define LOCAL_PORT 80u
#define REMOTE_PORT 4000u

void walker_pull(struct walker *w)
{
    struct tcpr_segment out;
    for (unsigned i = 0; i < OWED_MAX; i++) {
        if (!tcpr_next_segment(&w->conn, w->config, w->now, &out)) { return; }
    }
    w->fault = "owes segments without end";
}

void walker_arrives(struct walker *w, struct tcpr_segment seg)
{
    const struct tcpr_ip ip = {.source = {192, 0, 2, 2}, .destination = {192, 0, 2, 1}, .version = 4, .ttl = 64};
    seg.source_port = REMOTE_PORT;
    seg.destination_port = LOCAL_PORT;
    seg.header_len = (uint8_t)tcpr_segment_header_len(&seg);
    tcpr_segment_arrives(&w->conn, w->config, w->now, &ip, &seg, &w->fx);
    walker_pull(w);
}

bool walker_time(struct walker *w)
{
    tcpr_time due = tcpr_next_deadline(&w->conn);
    if (due == TCPR_NEVER) { return false; }
    if (due > w->now) { w->now = due; }
    tcpr_time_passes(&w->conn, w->config, w->now, &w->fx);
    walker_pull(w);
    return true;
}
