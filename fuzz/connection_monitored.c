/*
 * The connection target with harness/check's monitor behind it: what the connection sent, octets and all, is judged by
 * the rules that judge every spec's trace.
 */
#include "fuzz.h"
#include "harness/check.h"
#include "harness/net.h"
#include "scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES_MAX 512u
#define OCTETS_MAX 262144u
#define DATAGRAM_ROOM 2048u

/* Text is a function of its place in the stream, with a period: so the same text is sent again as the same text. */
#define OCTET(n) (uint8_t)((n)*167u + ((n) >> 8) * 13u)
#define OCTETS_4(n) OCTET(n), OCTET((n) + 1), OCTET((n) + 2), OCTET((n) + 3)
#define OCTETS_16(n) OCTETS_4(n), OCTETS_4((n) + 4), OCTETS_4((n) + 8), OCTETS_4((n) + 12)
#define OCTETS_64(n) OCTETS_16(n), OCTETS_16((n) + 16), OCTETS_16((n) + 32), OCTETS_16((n) + 48)
#define OCTETS_256(n) OCTETS_64(n), OCTETS_64((n) + 64), OCTETS_64((n) + 128), OCTETS_64((n) + 192)
#define OCTETS_1024(n) OCTETS_256(n), OCTETS_256((n) + 256), OCTETS_256((n) + 512), OCTETS_256((n) + 768)
#define PERIOD 1024u
static const uint8_t text_octets[4 * PERIOD] = {OCTETS_1024(0), OCTETS_1024(0), OCTETS_1024(0), OCTETS_1024(0)};

/* What is judged at the end. */
struct record {
    struct digest *digest;
    struct trace_entry entry[ENTRIES_MAX];
    size_t count;
    uint8_t octets[OCTETS_MAX];
    size_t used;
    struct arena arena;
};

static struct trace_entry *add(struct record *r, enum trace_kind kind, tcpr_time now)
{
    if (r->count == ENTRIES_MAX) { return NULL; }
    struct trace_entry *entry = &r->entry[r->count++];
    *entry = (struct trace_entry){.kind = kind, .at = now, .text = ""};
    return entry;
}

/* A trace that is full ends there: what it holds is judged. */
static void add_segment(struct record *r, enum trace_kind kind, tcpr_time now, const struct tcpr_ip *ip,
                        const struct tcpr_segment *segment, const uint8_t *text)
{
    if (OCTETS_MAX - r->used < DATAGRAM_ROOM) { return; }
    struct trace_entry *entry = add(r, kind, now);
    if (!entry) { return; }
    uint8_t *datagram = r->octets + r->used;
    size_t len = datagram_emit_segment(ip, segment, text, datagram, DATAGRAM_ROOM);
    fuzz_require(len != 0, "a segment that no datagram holds");
    struct datagram d;
    fuzz_require(datagram_parse(datagram, len, &d) == NET_OK, "a datagram that cannot be read");
    r->used += len;
    entry->datagram = datagram;
    entry->datagram_len = (uint32_t)len;
    entry->is_tcp = true;
    entry->parsed = tcpr_segment_parse(datagram + d.payload_at, d.payload_len, ip, &entry->segment);
}

static void arrives(void *context, tcpr_time now, const struct tcpr_ip *ip, const struct tcpr_segment *segment)
{
    add_segment(context, TRACE_TO_TARGET, now, ip, segment, text_octets + segment->seq % PERIOD);
}

static void leaves(void *context, tcpr_time now, const struct tcpr_ip *ip, const struct tcpr_segment *segment)
{
    add_segment(context, TRACE_FROM_TARGET, now, ip, segment, text_octets + segment->text_at % PERIOD);
}

static bool is_call(enum event_kind kind)
{
    return kind != EVENT_SEGMENT && kind != EVENT_TIME && kind != EVENT_ICMP && kind != EVENT_STATUS;
}

static void judge(struct record *r)
{
    struct trace trace = {.entry = r->entry, .count = r->count, .capacity = ENTRIES_MAX};
    struct finding *finding;
    size_t findings = check_trace(&trace, &r->arena, &finding);
    for (size_t i = 0; i < findings; i++) {
        fprintf(stderr, "%s at entry %zu: %s\n", finding[i].rule, finding[i].entry, finding[i].text);
    }
    fuzz_require(findings == 0, "the monitor blames the engine");
    digest_add(r->digest, r->octets, r->used);
    arena_reset(&r->arena);
    r->count = r->used = 0;
}

/* A new connection of the same ports, and after days of the same numbers, is not the old one: judged by itself. */
static void happens(void *context, tcpr_time now, const struct event *event, const struct tcpr_conn *c)
{
    bool opens = event->kind == EVENT_OPEN_ACTIVE || event->kind == EVENT_OPEN_PASSIVE;
    if (opens && c->state == TCPR_CLOSED) { judge(context); }
    if (is_call(event->kind)) { add(context, TRACE_CALL, now); }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    static struct record record; /* a third of a megabyte; only what was counted in is ever read */
    struct observer observer = {&record, arrives, leaves, happens};
    struct stage stage;
    record.count = record.used = 0;
    record.digest = digest;
    scenario_play(&stage, octets, len, &observer, digest);
    judge(&record);
}
