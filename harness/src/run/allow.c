/* Segments no step asked for and none may object to. */
#include "play.h"

/* On a loaded machine the tester itself may be late with an ACK; a retransmission after this long is no surprise. */
#define RETRANSMISSION_LIKELY_US TCPR_MS(150)
/* An ACK takes a moment to reach the target's timer. */
#define CROSSING_US TCPR_MS(2)

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

/* When the tester acknowledged all up to `end`; TCPR_NEVER where it has not. */
static tcpr_time acknowledged_at(const struct play *p, unsigned connection, uint32_t end)
{
    for (size_t i = 0; i < p->result->trace.count; i++) {
        const struct trace_entry *sent = trace_at(p, i);
        if (sent->kind != TRACE_TO_TARGET || sent->connection != connection || !sent->is_tcp) { continue; }
        if (sent->parsed != TCPR_PARSE_OK || (sent->segment.control & TCPR_ACK) == 0) { continue; }
        if (tcpr_seq_le(end, sent->segment.ack)) { return sent->at; }
    }
    return TCPR_NEVER;
}

bool allow_crossed(const struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    const struct tcpr_segment *seg = &entry->segment;
    const struct track *t = track_of(p, entry);
    if ((p->target->abilities & TARGET_VIRTUAL_TIME) != 0 || !t->iss_known) { return false; }
    uint32_t len = tcpr_segment_len(seg), end = seg->seq + len;
    if (entry->parsed != TCPR_PARSE_OK || len == 0 || (seg->control & TCPR_RST) != 0) { return false; }
    if (!tcpr_seq_le(t->iss, seg->seq) || !tcpr_seq_le(end, t->snd_nxt)) { return false; }
    tcpr_time acknowledged = acknowledged_at(p, entry->connection, end);
    return acknowledged != TCPR_NEVER && entry->at <= acknowledged + CROSSING_US;
}

/* When the target last sent what a segment brings again; TCPR_NEVER: it never did. */
static tcpr_time sent_before_at(const struct play *p, size_t index)
{
    const struct trace_entry *again = trace_at(p, index);
    for (size_t i = index; i-- > 0;) {
        const struct trace_entry *entry = trace_at(p, i);
        bool comparable = entry->kind == TRACE_FROM_TARGET && entry->is_tcp && entry->parsed == TCPR_PARSE_OK &&
                          entry->connection == again->connection;
        uint32_t len = comparable ? tcpr_segment_len(&entry->segment) : 0;
        if (tcpr_seq_within(again->segment.seq, entry->segment.seq, len)) { return entry->at; }
    }
    return TCPR_NEVER;
}

/* A timer's retransmission is no wrong answer where the tester itself may have been late. */
static bool retransmission_due(const struct play *p, size_t index)
{
    const struct trace_entry *entry = trace_at(p, index);
    if ((p->target->abilities & TARGET_VIRTUAL_TIME) != 0) { return false; }
    const struct tcpr_segment *seg = &entry->segment;
    const struct track *t = track_of(p, entry);
    if (entry->parsed != TCPR_PARSE_OK || !t->iss_known || tcpr_segment_len(seg) == 0) { return false; }
    bool old = tcpr_seq_le(t->iss, seg->seq) && tcpr_seq_le(seg->seq + tcpr_segment_len(seg), t->snd_nxt);
    tcpr_time before = sent_before_at(p, index);
    return old && before != TCPR_NEVER && entry->at >= before + RETRANSMISSION_LIKELY_US;
}

bool allow_beside(const struct play *p, size_t index)
{
    return allow_bare_ack(p, index) || retransmission_due(p, index) || allow_crossed(p, index);
}
