/* What happened, line by line. */
#include "harness/net.h"
#include "harness/octets.h"
#include "play.h"

#include <string.h>

struct trace_entry *trace_add(struct play *p, enum trace_kind kind, tcpr_time at, unsigned connection)
{
    struct trace *trace = &p->result->trace;
    if (trace->count == trace->capacity) {
        size_t room = trace->capacity ? 2 * trace->capacity : 24;
        struct trace_entry *more = arena_array(p->arena, room, sizeof *more);
        if (trace->count) { memcpy(more, trace->entry, trace->count * sizeof *more); }
        trace->entry = more;
        trace->capacity = room;
    }
    struct trace_entry *entry = &trace->entry[trace->count++];
    *entry = (struct trace_entry){.kind = kind, .at = at, .connection = connection, .in_given = p->in_given};
    if (p->step) {
        entry->file = p->step->place.file;
        entry->line = p->step->place.line;
    }
    return entry;
}

void trace_text(struct play *p, enum trace_kind kind, unsigned connection, const char *format, ...)
{
    struct trace_entry *entry = trace_add(p, kind, play_now(p), connection);
    va_list args;
    va_start(args, format);
    entry->text = arena_vprintf(p->arena, format, args);
    va_end(args);
}

/* The connection a segment belongs to, by the tester's port; LANE_CONNECTIONS_MAX where it belongs to none. */
static unsigned connection_of(const struct play *p, const struct tcpr_segment *seg, bool to_target)
{
    uint16_t tester = to_target ? seg->source_port : seg->destination_port;
    uint16_t target = to_target ? seg->destination_port : seg->source_port;
    if (target != p->addresses->target_port && !to_target) { return LANE_CONNECTIONS_MAX; }
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (p->addresses->tester_port[i] == tester) { return i; }
    }
    return LANE_CONNECTIONS_MAX;
}

static void describe_other(struct play *p, struct trace_entry *entry, const struct datagram *d)
{
    struct icmp icmp;
    if (icmp_parse(entry->datagram, d, &icmp) == NET_OK) {
        entry->text = arena_printf(p->arena, "ICMP(%u,%u)", icmp.type, icmp.code);
    } else if (d->protocol == NET_TCP) {
        entry->text = arena_printf(p->arena, "TCP of other ports: %u to %u", entry->segment.source_port,
                                   entry->segment.destination_port);
    } else {
        entry->text = arena_printf(p->arena, "IP protocol %u", d->protocol);
    }
}

/* The ports of a header too short to be one, where there are so many octets. */
static void read_ports(const uint8_t *octets, size_t len, struct tcpr_segment *seg)
{
    if (len < 4) { return; }
    seg->source_port = octets_get_u16(octets);
    seg->destination_port = octets_get_u16(octets + 2);
}

static void read_tcp(struct play *p, struct trace_entry *entry, const struct datagram *d)
{
    const uint8_t *octets = entry->datagram + d->payload_at;
    entry->parsed = tcpr_segment_parse(octets, d->payload_len, &d->ip, &entry->segment);
    if (entry->parsed != TCPR_PARSE_OK) { read_ports(octets, d->payload_len, &entry->segment); }
    entry->segment.ecn = d->ecn;
    entry->connection = connection_of(p, &entry->segment, entry->kind == TRACE_TO_TARGET);
    entry->is_tcp = entry->connection < LANE_CONNECTIONS_MAX;
    if (!entry->is_tcp) { entry->connection = 0; }
}

size_t trace_datagram(struct play *p, enum trace_kind kind, tcpr_time at, const uint8_t *octets, size_t len)
{
    struct trace_entry *entry = trace_add(p, kind, at, 0);
    bool lasts = kind == TRACE_TO_TARGET; /* crafted in the arena */
    entry->datagram = lasts ? octets : (const uint8_t *)arena_copy(p->arena, (const char *)octets, len);
    entry->datagram_len = (uint32_t)len;
    struct datagram d;
    enum net_fault fault = datagram_parse(entry->datagram, len, &d);
    if (fault != NET_OK) {
        entry->text = net_fault_text(fault);
    } else {
        if (d.protocol == NET_TCP) { read_tcp(p, entry, &d); }
        if (!entry->is_tcp) { describe_other(p, entry, &d); }
    }
    return p->result->trace.count - 1;
}
