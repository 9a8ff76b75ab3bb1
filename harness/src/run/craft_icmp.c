/* ICMP messages to the target: errors that quote what it sent, and the echo of a fence. */
#include "harness/net.h"
#include "harness/octets.h"
#include "play.h"

#include <string.h>

#define MESSAGE_MAX 1280u

/* The target's last segment that begins at `seq`, else its last of all. */
static const struct trace_entry *quoted_entry(const struct play *p, unsigned connection, const uint32_t *seq)
{
    size_t last = p->connection[connection].last_sent;
    if (last == 0) { return NULL; }
    for (size_t i = last; seq && i > 0; i--) {
        const struct trace_entry *entry = trace_at(p, i - 1);
        bool own = entry->kind == TRACE_FROM_TARGET && entry->is_tcp && entry->connection == connection;
        if (own && entry->parsed == TCPR_PARSE_OK && entry->segment.seq == *seq) { return entry; }
    }
    return trace_at(p, last - 1);
}

/* A copy of the quoted datagram, with the sequence number the spec wants quoted. */
static uint8_t *quotation_of(struct play *p, const struct trace_entry *entry, const uint32_t *seq)
{
    uint8_t *copy = (uint8_t *)arena_copy(p->arena, (const char *)entry->datagram, entry->datagram_len);
    struct datagram d;
    bool readable = datagram_parse(copy, entry->datagram_len, &d) == NET_OK && d.payload_len >= 8;
    if (seq && readable) { octets_put_u32(copy + d.payload_at + 4, *seq); }
    return copy;
}

static bool number_of(struct play *p, const struct expr *expr, int64_t low, int64_t high, int64_t *out)
{
    *out = 0;
    if (!expr || evaluate_whole(&p->eval, expr, low, high, out)) { return true; }
    play_fault(p, expr);
    return false;
}

/* Specs name the types of IPv4; these are their counterparts (RFC 4443, RFC 7915 section 4.2). */
static bool for_ipv6(uint8_t *type, uint8_t *code)
{
    static const uint8_t unreachable[][2] = {
        {NET_ICMPV6_UNREACHABLE, 0}, {NET_ICMPV6_UNREACHABLE, 3}, {NET_ICMPV6_PARAMETER_PROBLEM, 1},
        {NET_ICMPV6_UNREACHABLE, 4}, {NET_ICMPV6_TOO_BIG, 0},
    };
    static const uint8_t prohibited[2] = {NET_ICMPV6_UNREACHABLE, 1};
    const uint8_t *to = NULL;
    switch (*type) {
    case NET_ICMPV4_UNREACHABLE:
        to = *code < 5 ? unreachable[*code] : *code == 9 || *code == 10 || *code == 13 ? prohibited : unreachable[0];
        *type = to[0];
        *code = to[1];
        return true;
    case NET_ICMPV4_TIME_EXCEEDED: *type = NET_ICMPV6_TIME_EXCEEDED; return true;
    case NET_ICMPV4_PARAMETER_PROBLEM: *type = NET_ICMPV6_PARAMETER_PROBLEM; return true;
    default: return false;
    }
}

static size_t emit(struct play *p, const struct trace_entry *entry, uint8_t type, uint8_t code, uint32_t mtu,
                   const uint32_t *seq)
{
    if (p->addresses->to_target.version == 6 && !for_ipv6(&type, &code)) {
        play_stop(p, VERDICT_SKIP, "ICMPv6 has no such message");
        return 0;
    }
    const uint8_t *quoted = quotation_of(p, entry, seq);
    p->octets = arena_alloc(p->arena, MESSAGE_MAX);
    size_t len =
        icmp_emit_error(&p->addresses->to_target, type, code, mtu, quoted, entry->datagram_len, p->octets, MESSAGE_MAX);
    if (len == 0) { play_stop(p, VERDICT_ERROR, "no such ICMP error can be written"); }
    return len;
}

size_t craft_icmp(struct play *p, const struct step *step)
{
    const struct icmp_notation *icmp = step->icmp;
    int64_t type, code, mtu, number;
    if (!number_of(p, icmp->type, 0, 255, &type) || !number_of(p, icmp->code, 0, 255, &code) ||
        !number_of(p, icmp->mtu, 0, UINT32_MAX, &mtu) || !number_of(p, icmp->quote, INT64_MIN, INT64_MAX, &number)) {
        return 0;
    }
    uint32_t seq = (uint32_t)(uint64_t)number;
    const uint32_t *wanted = icmp->quote ? &seq : NULL;
    const struct trace_entry *entry = quoted_entry(p, step->connection, wanted);
    if (entry) { return emit(p, entry, (uint8_t)type, (uint8_t)code, (uint32_t)mtu, wanted); }
    play_stop(p, VERDICT_ERROR, "the target has sent nothing that an ICMP message could quote");
    return 0;
}

size_t craft_echo(struct play *p, uint16_t number)
{
    p->octets = arena_alloc(p->arena, MESSAGE_MAX);
    return icmp_emit_echo(&p->addresses->to_target, false, p->addresses->tester_port[0], number, NULL, 0, p->octets,
                          MESSAGE_MAX);
}
