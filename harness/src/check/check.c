/* The monitor over a whole trace.
 *
 * Left out, because a conforming endpoint could be blamed: anything about timing; the pace of ACKs; the window's edge
 * after the peer's FIN, when it means nothing; segments for a peer whose MSS is below 88; octets of one-octet segments,
 * which keep-alives may fill as they like (RFC 1122 section 4.2.3.6); and all that counts sequence numbers once the
 * endpoint sends a second SYN, or a SYN after an RST either way, when it is no longer sure which connection a segment
 * belongs to. Until then what it sends is of the first connection, whatever came in: an RST may not have ended it, nor
 * a SYN begun another, and who took them sends nothing of the old one any more. */
#include "harness/check.h"

#include "blocks.h"
#include "ecn.h"
#include "harness/catalogue.h"
#include "harness/target.h"

#include <string.h>

#define RANGES_MAX 64u
#define FINDINGS_MAX 32u
#define STAMPS_MAX 256u
#define REPEATS_LOOKED_BACK 2048u
/* An RST this soon after an RST, with nothing else to answer, answers it. */
/* A peer that asks for less gets what a stack can bear to send (Linux: 88 octets). */
#define MSS_HONOURED_MIN 88u
#define AT_ONCE_US TCPR_MS(10)
#define LONG_BEFORE_US TCPR_MS(500)

/* One connection as the monitor sees it: what the target received, then what it sent. */
struct watched {
    bool lost;     /* which connection segments belong to is not sure any more */
    bool renewing; /* it would not be if the endpoint sent a SYN: an RST or another SYN was seen */
    bool peer_syn, own_syn, peer_fin_acked, peer_fin;
    bool took_syn; /* it has acknowledged the peer's: another SYN is of another connection */
    uint32_t irs, iss, fin_end;
    uint8_t peer_offered, own_offered, ever_peer_offered, ever_own_offered, own_asked, peer_shift, own_shift;
    uint16_t peer_mss, peer_syn_window;
    struct tcpr_range received[RANGES_MAX]; /* disjoint and apart; one of them holds irs */
    unsigned received_count;
    bool edge_known; /* the right edge the peer granted */
    uint32_t edge;
    bool shift_unsure;   /* it repeats a scale that the other never offered: a spec of its own asks about that */
    bool own_edge_known; /* the right edge the target granted, and the ACK it came with */
    uint32_t own_edge, own_ack;
    bool sent_known;
    uint32_t sent_end;
    size_t last_in, last_in_other; /* entry + 1 of the last segment received; of the last that was no RST */
    bool other_answered;           /* something was sent after that */
    struct ecn_watched ecn;
    uint32_t stamp[STAMPS_MAX]; /* TSvals received, each once */
    unsigned stamps;            /* how many; above STAMPS_MAX the rest was not kept */
};

struct monitor {
    const struct trace *trace;
    struct arena *arena;
    struct watched watched[LANE_CONNECTIONS_MAX];
    struct finding finding[FINDINGS_MAX];
    unsigned finding_connection[FINDINGS_MAX];
    size_t count;
    size_t last_call; /* entry + 1 */
};

static void found(struct monitor *m, size_t index, const char *rule, const char *text)
{
    unsigned connection = m->trace->entry[index].connection;
    if (m->count == FINDINGS_MAX) { return; }
    for (size_t i = 0; i < m->count; i++) {
        if (m->finding_connection[i] == connection && strcmp(m->finding[i].rule, rule) == 0) { return; }
    }
    const struct catalogue_rule *row = catalogue_find(rule);
    m->finding_connection[m->count] = connection;
    m->finding[m->count++] =
        (struct finding){.rule = rule, .level = row ? row->level : LEVEL_UNKNOWN, .text = text, .entry = index};
}

static uint8_t shift_of(const struct tcpr_segment *seg)
{
    return seg->options.window_scale > 14 ? 14 : seg->options.window_scale;
}

static bool negotiated(const struct watched *w, enum tcpr_option_bit option)
{
    return (w->peer_offered & w->own_offered & option) != 0;
}

/* ---- What it received ---- */

static void merge_received(struct watched *w, uint32_t first, uint32_t end)
{
    for (unsigned i = 0; i < w->received_count;) {
        struct tcpr_range *r = &w->received[i];
        if (tcpr_seq_lt(r->end, first) || tcpr_seq_lt(end, r->first)) {
            i++;
            continue;
        }
        first = tcpr_seq_min(first, r->first);
        end = tcpr_seq_max(end, r->end);
        *r = w->received[--w->received_count];
        i = 0;
    }
    if (w->received_count == RANGES_MAX) {
        w->lost = true;
        return;
    }
    w->received[w->received_count++] = (struct tcpr_range){first, end};
}

/* The end of what it received without a gap. */
static uint32_t received_end(const struct watched *w)
{
    for (unsigned i = 0; i < w->received_count; i++) {
        if (tcpr_seq_within(w->irs, w->received[i].first, w->received[i].end - w->received[i].first)) {
            return w->received[i].end;
        }
    }
    return w->irs + 1;
}

static void receive_syn(struct watched *w, const struct tcpr_segment *seg)
{
    if (w->peer_syn) {
        bool other = w->irs != seg->seq || w->peer_offered != seg->options.present || w->peer_mss != seg->options.mss ||
                     w->peer_shift != shift_of(seg);
        w->renewing = w->renewing || other;
        w->lost = w->lost || (other && !w->took_syn);
        return;
    }
    w->peer_syn = true;
    w->irs = seg->seq;
    w->peer_offered = seg->options.present;
    w->peer_shift = shift_of(seg);
    w->peer_mss = seg->options.mss;
    w->peer_syn_window = seg->window;
}

static void raise_edge(struct watched *w, uint32_t edge)
{
    w->edge = w->edge_known ? tcpr_seq_max(w->edge, edge) : edge;
    w->edge_known = true;
}

/* The window the peer grants; an ACK of what was never sent grants nothing a TCP would take. */
static void receive_window(struct watched *w, const struct tcpr_segment *seg)
{
    if ((seg->control & TCPR_ACK) == 0 || !w->own_syn) { return; }
    if (tcpr_seq_lt(seg->ack, w->iss) || tcpr_seq_lt(w->sent_end, seg->ack)) { return; }
    bool scaled = (seg->control & TCPR_SYN) == 0 && negotiated(w, TCPR_OPT_WINDOW_SCALE);
    raise_edge(w, seg->ack + ((uint32_t)seg->window << (scaled ? w->peer_shift : 0)));
}

static void note_timestamp(struct watched *w, const struct tcpr_segment *seg)
{
    if ((seg->options.present & TCPR_OPT_TIMESTAMPS) == 0) { return; }
    for (unsigned i = 0; i < w->stamps && i < STAMPS_MAX; i++) {
        if (w->stamp[i] == seg->options.ts_val) { return; }
    }
    if (w->stamps < STAMPS_MAX) { w->stamp[w->stamps] = seg->options.ts_val; }
    w->stamps++;
}

static void receive(struct monitor *m, size_t index)
{
    const struct trace_entry *entry = &m->trace->entry[index];
    const struct tcpr_segment *seg = &entry->segment;
    struct watched *w = &m->watched[entry->connection];
    w->last_in = index + 1;
    if ((seg->control & TCPR_RST) == 0 || entry->parsed != TCPR_PARSE_OK) {
        w->last_in_other = index + 1;
        w->other_answered = false;
    }
    /* MUST-7 leaves open whether such a segment is taken, so what was received is not known any more. */
    if (entry->parsed == TCPR_PARSE_OPTION_LENGTH || entry->parsed == TCPR_PARSE_OPTION_CUT) { w->lost = true; }
    if (entry->parsed != TCPR_PARSE_OK) { return; }
    ecn_received(&w->ecn, seg);
    if (seg->control & TCPR_SYN) {
        w->ever_peer_offered |= seg->options.present;
        receive_syn(w, seg);
    }
    if (seg->control & TCPR_RST) {
        w->renewing = true;
        return;
    }
    bool other_syn = (seg->control & TCPR_SYN) != 0 && w->irs != seg->seq;
    if (w->lost || !w->peer_syn || other_syn) { return; }
    note_timestamp(w, seg);
    uint32_t len = tcpr_segment_len(seg);
    if (len) { merge_received(w, seg->seq, seg->seq + len); }
    if (seg->control & TCPR_FIN) {
        w->peer_fin = true;
        w->fin_end = seg->seq + len;
    }
    receive_window(w, seg);
}

/* ---- What it sent ---- */

static void check_reset(struct monitor *m, size_t index)
{
    const struct trace_entry *entry = &m->trace->entry[index];
    struct watched *w = &m->watched[entry->connection];
    if ((entry->segment.control & TCPR_RST) == 0 || w->last_in == 0 || w->last_in == w->last_in_other) { return; }
    const struct trace_entry *reset = &m->trace->entry[w->last_in - 1];
    const struct trace_entry *other = w->last_in_other ? &m->trace->entry[w->last_in_other - 1] : NULL;
    bool other_done = !other || w->other_answered || reset->at >= other->at + LONG_BEFORE_US;
    bool called = m->last_call && m->trace->entry[m->last_call - 1].at + LONG_BEFORE_US > reset->at;
    bool answers = entry->at <= reset->at + AT_ONCE_US;
    if (answers && other_done && !called) { found(m, index, "RFC9293-3.5.2-n4", "an RST answers an RST"); }
}

static void check_control(struct monitor *m, size_t index)
{
    unsigned control = m->trace->entry[index].segment.control;
    if ((control & (TCPR_ACK | TCPR_SYN | TCPR_RST)) == 0) {
        found(m, index, "RFC9293-3.1-n2", "a segment after the SYN lacks the ACK bit");
    }
}

static void send_syn(struct monitor *m, size_t index)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    struct watched *w = &m->watched[m->trace->entry[index].connection];
    w->ever_own_offered |= seg->options.present;
    ecn_syn_sent(&w->ecn, seg);
    if ((seg->control & TCPR_ACK) == 0) { w->own_asked |= seg->options.present; }
    if ((seg->options.present & TCPR_OPT_WINDOW_SCALE) != 0 && seg->options.window_scale > 14) {
        found(m, index, "RFC7323-2.3-7", "the window scale is above 14");
    }
    w->lost = w->lost || w->renewing;
    if (w->own_syn) {
        w->lost = w->lost || w->iss != seg->seq;
        if ((seg->control & TCPR_ACK) == 0) { return; }
    }
    w->own_syn = true;
    w->iss = seg->seq;
    w->own_offered = seg->options.present;
    w->own_shift = shift_of(seg);
    w->shift_unsure = (seg->options.present & TCPR_OPT_WINDOW_SCALE & ~(unsigned)w->peer_offered) != 0 &&
                      (seg->control & TCPR_ACK) != 0;
    if (!w->sent_known) { w->sent_end = seg->seq + 1; }
    w->sent_known = true;
    /* The SYN's window, never scaled, counts from what it may send first. */
    if (w->peer_syn && !w->edge_known) { raise_edge(w, seg->seq + 1 + w->peer_syn_window); }
}

static void check_ack(struct monitor *m, size_t index, struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    if ((seg->control & TCPR_ACK) == 0 || !w->peer_syn) { return; }
    if (tcpr_seq_lt(received_end(w), seg->ack) || tcpr_seq_lt(seg->ack, w->irs)) {
        found(m, index, "RFC9293-3.4-n1", "it acknowledges what it was not sent");
    }
    w->took_syn = true;
    if (w->peer_fin && tcpr_seq_le(w->fin_end, seg->ack)) { w->peer_fin_acked = true; }
}

static void check_edge(struct monitor *m, size_t index, struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    if ((seg->control & TCPR_ACK) == 0 || !w->peer_syn || w->peer_fin_acked) { return; }
    unsigned shift = negotiated(w, TCPR_OPT_WINDOW_SCALE) ? w->own_shift : 0;
    unsigned by = seg->control & TCPR_SYN ? 0 : shift;
    uint32_t edge = seg->ack + ((uint32_t)seg->window << by);
    if (w->shift_unsure) { return; }
    if (w->own_edge_known && tcpr_seq_lt(seg->ack, w->own_ack)) { return; } /* older than what was seen */
    uint32_t rounding = (UINT32_C(1) << shift) - 1;
    if (w->own_edge_known && (seg->control & TCPR_SYN) != 0) { return; } /* sent again, it cannot tell of a large one */
    if (w->own_edge_known && tcpr_seq_lt(edge + rounding, w->own_edge)) {
        found(m, index, "SHLD-14", "the right edge of its window moves left");
    }
    w->own_edge = w->own_edge_known ? tcpr_seq_max(w->own_edge, edge) : edge;
    w->own_ack = seg->ack;
    w->own_edge_known = true;
}

static void check_window(struct monitor *m, size_t index, const struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    if (seg->text_len == 0 || !w->edge_known || (seg->control & TCPR_SYN) != 0) { return; }
    if (tcpr_seq_lt(w->edge + 1, seg->seq + seg->text_len)) { /* one octet more may be a probe */
        found(m, index, "RFC5681-2-1", "text beyond the window it was given");
    }
}

static void check_size(struct monitor *m, size_t index, const struct watched *w)
{
    const struct trace_entry *entry = &m->trace->entry[index];
    const struct tcpr_segment *seg = &entry->segment;
    bool offered = (w->peer_offered & TCPR_OPT_MSS) != 0, v4 = entry->datagram[0] >> 4 == 4;
    uint32_t mss = offered ? w->peer_mss : v4 ? 536 : 1220, options = seg->header_len - TCPR_HEADER_MIN;
    if (!w->peer_syn || seg->text_len == 0 || (seg->control & TCPR_SYN) != 0 || mss < MSS_HONOURED_MIN) { return; }
    if (seg->text_len > mss) {
        found(m, index, offered ? "MUST-14" : "MUST-15", "more text than the peer's MSS in one segment");
    } else if (seg->text_len + options > mss) {
        found(m, index, "MUST-16", "text and options together are more than the peer's MSS");
    }
}

static const uint8_t *text_of(const struct trace_entry *entry)
{
    return entry->datagram + entry->datagram_len - entry->segment.text_len;
}

/* Where two stretches of the stream overlap, are the octets the same? */
static bool same_where_both(const struct trace_entry *a, const struct trace_entry *b)
{
    uint32_t first = tcpr_seq_max(a->segment.seq, b->segment.seq);
    uint32_t end = tcpr_seq_min(a->segment.seq + a->segment.text_len, b->segment.seq + b->segment.text_len);
    if (!tcpr_seq_lt(first, end)) { return true; }
    const uint8_t *left = text_of(a) + tcpr_seq_distance(a->segment.seq, first);
    const uint8_t *right = text_of(b) + tcpr_seq_distance(b->segment.seq, first);
    return memcmp(left, right, tcpr_seq_distance(first, end)) == 0;
}

static bool carries_text(const struct trace_entry *entry, unsigned connection)
{
    return entry->kind == TRACE_FROM_TARGET && entry->is_tcp && entry->connection == connection &&
           entry->parsed == TCPR_PARSE_OK && entry->segment.text_len > 1 &&
           (entry->segment.control & (TCPR_SYN | TCPR_RST)) == 0;
}

static void check_repeat(struct monitor *m, size_t index, const struct watched *w)
{
    const struct trace_entry *entry = &m->trace->entry[index];
    if (!carries_text(entry, entry->connection) || !tcpr_seq_lt(entry->segment.seq, w->sent_end)) { return; }
    size_t back = index < REPEATS_LOOKED_BACK ? 0 : index - REPEATS_LOOKED_BACK;
    for (size_t i = index; i-- > back;) {
        const struct trace_entry *before = &m->trace->entry[i];
        if (!carries_text(before, entry->connection) || same_where_both(before, entry)) { continue; }
        found(m, index, "RFC9293-3.4-n2", "text sent again is not the text sent first");
        return;
    }
}

static void check_ecn(struct monitor *m, size_t index, struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    const char *text = NULL;
    bool again = w->sent_known && tcpr_seq_le(seg->seq + seg->text_len, w->sent_end);
    const char *rule = ecn_sent(&w->ecn, seg, again, &text);
    if (rule) { found(m, index, rule, text); }
}

static void check_timestamps(struct monitor *m, size_t index, const struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    if (!negotiated(w, TCPR_OPT_TIMESTAMPS) || (seg->control & TCPR_SYN) != 0) { return; }
    if ((seg->options.present & TCPR_OPT_TIMESTAMPS) == 0) {
        found(m, index, "RFC7323-3.2-6a", "a segment without the timestamps that were negotiated");
    }
}

static bool was_received(const struct watched *w, uint32_t stamp)
{
    for (unsigned i = 0; i < w->stamps && i < STAMPS_MAX; i++) {
        if (w->stamp[i] == stamp) { return true; }
    }
    return w->stamps > STAMPS_MAX; /* it may have been */
}

static void check_echo(struct monitor *m, size_t index, const struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    bool echoes = (seg->control & TCPR_ACK) && (seg->options.present & w->peer_offered & TCPR_OPT_TIMESTAMPS);
    if (echoes && !was_received(w, seg->options.ts_ecr)) {
        found(m, index, "RFC7323-3.2-2", "a timestamp is echoed that was not received");
    }
}

static void check_blocks(struct monitor *m, size_t index, const struct watched *w)
{
    const char *text = NULL;
    const char *rule = blocks_fault(&m->trace->entry[index].segment, w->received, w->received_count, &text);
    if (rule) { found(m, index, rule, text); }
}

/* What counts sequence numbers. */
static void check_stream(struct monitor *m, size_t index, struct watched *w)
{
    const struct tcpr_segment *seg = &m->trace->entry[index].segment;
    check_ack(m, index, w);
    check_edge(m, index, w);
    check_window(m, index, w);
    check_size(m, index, w);
    check_repeat(m, index, w);
    check_timestamps(m, index, w);
    check_echo(m, index, w);
    check_blocks(m, index, w);
    check_ecn(m, index, w);
    uint32_t end = seg->seq + tcpr_segment_len(seg);
    if (w->sent_known) { w->sent_end = tcpr_seq_max(w->sent_end, end); }
}

static void sent(struct monitor *m, size_t index)
{
    const struct trace_entry *entry = &m->trace->entry[index];
    struct watched *w = &m->watched[entry->connection];
    struct form_fault fault;
    if (entry->parsed == TCPR_PARSE_OK && (entry->segment.control & TCPR_SYN) != 0) { send_syn(m, index); }
    struct form_context context = {w->ever_peer_offered, w->ever_own_offered, w->own_asked, w->ecn.accurate_asked};
    if (!check_form(entry, &context, &fault)) {
        const char *text = arena_printf(m->arena, "%s is %s, should be %s", fault.field, fault.got, fault.expected);
        found(m, index, fault.rule, text);
    }
    if (entry->parsed == TCPR_PARSE_OK) {
        check_reset(m, index);
        check_control(m, index);
        if (entry->segment.control & TCPR_RST) {
            w->renewing = true;
        } else if (!w->lost) {
            check_stream(m, index, w);
        }
    }
    w->other_answered = true;
}

size_t check_trace(const struct trace *trace, struct arena *arena, struct finding **finding)
{
    struct monitor *m = arena_alloc(arena, sizeof *m);
    m->trace = trace;
    m->arena = arena;
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_entry *entry = &trace->entry[i];
        if (entry->kind == TRACE_CALL) { m->last_call = i + 1; }
        if (!entry->is_tcp || entry->connection >= LANE_CONNECTIONS_MAX || !entry->datagram) { continue; }
        if (entry->kind == TRACE_TO_TARGET) { receive(m, i); }
        if (entry->kind == TRACE_FROM_TARGET) { sent(m, i); }
    }
    *finding = m->finding;
    return m->count;
}
