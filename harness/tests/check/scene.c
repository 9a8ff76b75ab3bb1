#include "scene.h"

#include "harness/net.h"

#define TESTER_PORT 40001
#define TARGET_PORT 7777

struct trace trace;
struct arena arena;
struct trace_entry entries[64];
tcpr_time now;

int begin(void **state)
{
    (void)state;
    trace = (struct trace){.entry = entries, .capacity = 64};
    now = 0;
    return 0;
}

int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* Put a segment into the trace. `text` is so many octets, the same every time, of the stream. */
struct trace_entry *add(enum trace_kind kind, struct tcpr_segment seg)
{
    uint8_t text[2048], octets[2200];
    for (uint32_t i = 0; i < seg.text_len; i++) {
        text[i] = (uint8_t)(seg.seq + i);
    }
    bool to_target = kind == TRACE_TO_TARGET;
    struct tcpr_ip ip = {.source = {192, 0, 2, to_target ? 2 : 1}, .version = 4, .ttl = 64};
    memcpy(ip.destination, (uint8_t[]){192, 0, 2, to_target ? 1 : 2}, 4);
    seg.source_port = to_target ? TESTER_PORT : TARGET_PORT;
    seg.destination_port = to_target ? TARGET_PORT : TESTER_PORT;
    size_t len = datagram_emit_segment(&ip, &seg, text, octets, sizeof octets);
    struct trace_entry *entry = &entries[trace.count++];
    *entry = (struct trace_entry){.kind = kind, .at = now, .is_tcp = true, .datagram_len = (uint32_t)len};
    entry->datagram = (const uint8_t *)arena_copy(&arena, (const char *)octets, len);
    entry->parsed = tcpr_segment_parse(entry->datagram + 20, len - 20, &ip, &entry->segment);
    entry->segment.ecn = seg.ecn;
    return entry;
}

struct tcpr_options offered(unsigned present)
{
    return (struct tcpr_options){.present = (uint8_t)present, .mss = 500, .window_scale = 3};
}

/* A passive open of the target's, both sides offering these options. */
void handshake(unsigned peer, unsigned own)
{
    TO(.seq = IRS, .control = TCPR_SYN, .options = offered(peer));
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = offered(own));
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK);
}

void expect_found(const char *rule)
{
    struct finding *finding;
    size_t count = check_trace(&trace, &arena, &finding);
    if (!rule) {
        for (size_t i = 0; i < count; i++) {
            print_error("%s: %s (entry %zu)\n", finding[i].rule, finding[i].text, finding[i].entry);
        }
        assert_int_equal(count, 0);
        return;
    }
    assert_int_equal(count, 1);
    assert_string_equal(finding[0].rule, rule);
    assert_int_equal(finding[0].entry, trace.count - 1);
    assert_int_not_equal(finding[0].level, LEVEL_UNKNOWN);
}
