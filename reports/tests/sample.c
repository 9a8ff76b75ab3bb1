#include "sample.h"

#include <stdlib.h>
#include <string.h>

static const char *const sample_covers[] = {"MUST-14", "RFC5961-3.2-1"};

struct run_result *sample_run(const char *name, enum verdict verdict, const char *rule, const char *reason)
{
    struct run_result *run = calloc(1, sizeof *run);
    if (!run) { abort(); }
    run->spec = "specs/sample.yaml";
    run->name = name;
    run->title = "A sample shows what it shows";
    run->cell = "";
    run->version = 4;
    run->covers = sample_covers;
    run->covers_count = 2;
    run->verdict = verdict;
    run->rule = rule;
    run->level = verdict == VERDICT_DEVIATION ? LEVEL_SHOULD : LEVEL_MUST;
    run->reason = reason;
    run->attempts = 1;
    return run;
}

static struct trace_entry segment(enum trace_kind kind, tcpr_time at, uint32_t seq, uint32_t ack, uint16_t control)
{
    return (struct trace_entry){.kind = kind,
                                .at = at,
                                .is_tcp = true,
                                .file = "specs/sample.yaml",
                                .line = 9,
                                .segment = {.seq = seq,
                                            .ack = ack,
                                            .control = control,
                                            .window = 65535,
                                            .header_len = 20,
                                            .source_port = 4000,
                                            .destination_port = 80}};
}

/* IPv4 header of 20 octets, TCP header of 20, then "hello". */
static const uint8_t hello[45] = {[0] = 0x45, [40] = 'h', 'e', 'l', 'l', 'o'};

static void add(struct run_result *run, struct trace_entry entry)
{
    if (run->trace.count == run->trace.capacity) { abort(); }
    run->trace.entry[run->trace.count++] = entry;
}

static void fill_trace(struct run_result *run)
{
    run->trace.capacity = 16;
    run->trace.entry = arena_array(&run->arena, run->trace.capacity, sizeof *run->trace.entry);
    struct trace_entry syn = segment(TRACE_TO_TARGET, 0, 100, 0, TCPR_SYN);
    syn.in_given = true;
    syn.file = "specs/fragments/established.yaml";
    syn.segment.options = (struct tcpr_options){.present = TCPR_OPT_MSS, .mss = 1460};
    add(run, syn);
    struct trace_entry syn_ack = segment(TRACE_FROM_TARGET, 100, 300, 101, TCPR_SYN | TCPR_ACK);
    syn_ack.in_given = true;
    syn_ack.file = syn.file;
    add(run, syn_ack);
    add(run, (struct trace_entry){.kind = TRACE_STATE, .at = 100, .text = "ESTABLISHED"});
    add(run, (struct trace_entry){.kind = TRACE_CALL, .at = 200, .text = "send \"hello\""});
    struct trace_entry text = segment(TRACE_FROM_TARGET, 200, 301, 101, TCPR_ACK | TCPR_PSH);
    text.segment.text_len = 5;
    text.datagram = hello;
    text.datagram_len = sizeof hello;
    add(run, text);
    add(run, (struct trace_entry){.kind = TRACE_RULE, .at = 200, .rule = "MUST-60", .text = "text is sent"});
    struct trace_entry reset = segment(TRACE_FROM_TARGET, 1200200, 306, 0, TCPR_RST);
    reset.failing = true;
    add(run, reset);
    add(run, (struct trace_entry){.kind = TRACE_EVENT, .at = 1200200, .text = "reset"});
}

struct run_result *sample_failure(void)
{
    struct run_result *run = sample_run("rfc9293/sample", VERDICT_FAIL, "MUST-14", "another segment came");
    run->cell = "offset=1";
    run->file = "specs/sample.yaml";
    run->line = 9;
    run->step = "expect: <SEQ=snd.nxt><ACK=101><CTL=ACK>";
    static const struct field_difference difference[] = {
        {"SEQ", "snd.nxt = 306", "306", false}, {"ACK", "101", "none", true}, {"CTL", "ACK", "RST", true}};
    run->difference_count = 3;
    run->difference = arena_array(&run->arena, 3, sizeof *run->difference);
    memcpy(run->difference, difference, sizeof difference);
    fill_trace(run);
    return run;
}

void sample_free(struct run_result *run)
{
    arena_free(&run->arena);
    free(run);
}

struct suite_result sample_suite(struct run_result **run, size_t count)
{
    struct suite_result suite = {.target = "engine (tcprove 0.1.0)",
                                 .profile = "",
                                 .tcprove_version = "0.1.0",
                                 .began = "2026-01-01T00:00:00Z",
                                 .wall_s = 0.25,
                                 .run = run,
                                 .count = count};
    suite_count(&suite);
    return suite;
}

char *sample_render(const char *renderer, const struct suite_result *suite, const struct report *how)
{
    const struct suite_result *suites[] = {suite};
    struct report report = *how;
    report.suite = suites;
    report.count = 1;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out || !renderer_find(renderer)->write(out, &report)) { abort(); }
    fclose(out);
    if (strlen(text) != len) { abort(); }
    return text;
}
