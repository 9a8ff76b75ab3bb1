/* Segments no step asked for and none may object to. */
#include "play.h"

static const struct track *track_of(const struct play *p, const struct trace_entry *entry)
{
    return &p->connection[entry->connection].track;
}

bool allow_bare_ack(const struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    const struct track *t = track_of(p, entry);
    if (entry->parsed != TCPR_PARSE_OK || !t->iss_known || !t->irs_known) { return false; }
    unsigned weighty = seg->control & (TCPR_SYN | TCPR_FIN | TCPR_RST | TCPR_URG | TCPR_ACK);
    if (weighty != TCPR_ACK || seg->text_len != 0 || seg->seq != t->snd_nxt) { return false; }
    if (tcpr_seq_lt(tcpr_seq_max(t->rcv_nxt, t->acked), seg->ack)) { return false; }
    return !t->read_acked_known || tcpr_seq_le(t->read_acked, seg->ack);
}

bool allow_news(const struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct track *t = track_of(p, entry);
    if (!t->read_acked_known) { return true; }
    uint32_t right = entry->segment.ack + track_window(t, &entry->segment);
    return tcpr_seq_lt(t->read_acked, entry->segment.ack) || tcpr_seq_lt(t->read_right, right);
}

bool allow_retransmission(const struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    const struct track *t = track_of(p, entry);
    if (entry->parsed != TCPR_PARSE_OK || !t->iss_known || (seg->control & TCPR_RST) != 0) { return false; }
    uint32_t len = tcpr_segment_len(seg), end = seg->seq + len;
    return len != 0 && tcpr_seq_le(t->snd_una, seg->seq) && tcpr_seq_le(end, t->snd_nxt);
}
