/*
 * Plays specs on the engine and writes what was done to it as scenarios for the connection target.
 *
 * usage: fuzz_from_spec DIRECTORY SPEC-OR-DIRECTORY...
 *
 * A scenario knows one connection and sound segments of some lengths and windows; the rest of a spec is left out or
 * comes near. The last line tells how many scenarios end in the state in which the spec's own run ended.
 */
#include "harness/net.h"
#include "harness/run.h"
#include "record.h"
#include "scenario/encode.h"

#include <stdio.h>
#include <string.h>

/* A scenario while it grows, played as it grows. */
struct growing {
    uint8_t octets[SCENARIO_HEAD + SCENARIO_EVENT * SCENARIO_EVENTS_MAX];
    size_t len;
    struct stage stage;
    tcpr_time at; /* of the last deed, on the lane's clock */
    bool irs_known;
    uint32_t iss; /* the target's, in the run; its numbers are told from it */
    bool iss_known;
};

static void append(struct growing *g, const uint8_t event[SCENARIO_EVENT])
{
    struct event decoded;
    if (sizeof g->octets - g->len < SCENARIO_EVENT) { return; }
    memcpy(g->octets + g->len, event, SCENARIO_EVENT);
    g->len += SCENARIO_EVENT;
    event_decode(event, &decoded);
    scenario_event(&g->stage, &decoded);
}

static bool read_segment(const struct deed *deed, struct tcpr_segment *segment)
{
    struct datagram d;
    return !deed->is_call && datagram_parse(deed->datagram, deed->len, &d) == NET_OK && d.protocol == NET_TCP &&
           tcpr_segment_parse(deed->datagram + d.payload_at, d.payload_len, &d.ip, segment) == TCPR_PARSE_OK;
}

static bool read_icmp(const struct deed *deed, struct tcpr_icmp *out)
{
    struct datagram d;
    struct icmp icmp;
    struct quotation quoted;
    if (datagram_parse(deed->datagram, deed->len, &d) != NET_OK || icmp_parse(deed->datagram, &d, &icmp) != NET_OK ||
        icmp_quotation(deed->datagram, &icmp, &quoted) != NET_OK) {
        return false;
    }
    *out = (struct tcpr_icmp){quoted.seq, icmp_mtu(&icmp), quoted.total_len, icmp.version, icmp.type, icmp.code};
    return true;
}

/* What both ends are like: features the request leaves out, IP version, timestamps and ISN of the first SYN. */
static void begin(struct growing *g, const struct record *record)
{
    const struct lane_request *request = &record->request;
    struct tcpr_segment syn = {0};
    for (size_t i = 0; i < record->count && (syn.control & TCPR_SYN) == 0; i++) {
        if (!read_segment(&record->deed[i], &syn)) { syn = (struct tcpr_segment){0}; }
    }
    uint8_t head[SCENARIO_HEAD] = {0};
    head[0] = (uint8_t)((request->window_scale ? 0 : 1) | (request->timestamps ? 0 : 2) | (request->sack ? 0 : 4));
    head[1] = 0x11; /* the engine's default buffers */
    head[2] = (uint8_t)((request->version == 6) << 7 | ((syn.options.present & TCPR_OPT_TIMESTAMPS) != 0) << 6);
    for (unsigned i = 0; i < 4; i++) {
        head[4 + i] = (uint8_t)(syn.seq >> (24 - 8 * i));
    }
    *g = (struct growing){.len = SCENARIO_HEAD};
    memcpy(g->octets, head, sizeof head);
    scenario_begin(&g->stage, g->octets, g->len, NULL, NULL);
}

/* ACKs of the run count from the run's ISS: the first that the peer acknowledges is ISS+1. */
static void shift_ack(struct growing *g, struct tcpr_segment *segment)
{
    if ((segment->control & TCPR_ACK) == 0) { return; }
    if (!g->iss_known && g->stage.c.state >= TCPR_SYN_SENT) {
        g->iss = segment->ack - 1;
        g->iss_known = true;
    }
    segment->ack = segment->ack - g->iss + g->stage.c.snd.iss;
}

static void add_call(struct growing *g, const struct app_call *call)
{
    static const enum event_kind kinds[] = {[CALL_LISTEN] = EVENT_OPEN_PASSIVE, [CALL_CONNECT] = EVENT_OPEN_ACTIVE,
                                            [CALL_SEND] = EVENT_SEND,           [CALL_RECEIVE] = EVENT_RECEIVE,
                                            [CALL_SHUTDOWN] = EVENT_CLOSE,      [CALL_CLOSE] = EVENT_RELEASE,
                                            [CALL_ABORT] = EVENT_ABORT,         [CALL_SET] = EVENT_SET};
    uint8_t event[SCENARIO_EVENT];
    encode_call(kinds[call->kind], call->len, call->urgent, event);
    append(g, event);
}

static void add(struct growing *g, const struct deed *deed)
{
    uint8_t event[SCENARIO_EVENT];
    struct tcpr_segment segment;
    struct tcpr_icmp icmp;
    if (deed->at > g->at) {
        encode_time(deed->at - g->at, event);
        append(g, event);
        g->at = deed->at;
    }
    if (deed->is_call) {
        add_call(g, &deed->call);
    } else if (read_segment(deed, &segment)) {
        shift_ack(g, &segment);
        encode_segment(&g->stage, &segment, event);
        append(g, event);
    } else if (read_icmp(deed, &icmp)) {
        if (g->iss_known) { icmp.quoted_seq = icmp.quoted_seq - g->iss + g->stage.c.snd.iss; }
        encode_icmp(&g->stage, &icmp, event);
        append(g, event);
    }
}

static bool write_scenario(const struct growing *g, const char *directory, const char *name, size_t cell,
                           uint8_t version)
{
    char path[1024];
    int len = snprintf(path, sizeof path, "%s/%s-%zu-ipv%u", directory, name, cell, version);
    if (len < 0 || (size_t)len >= sizeof path) { return false; }
    for (char *c = path + strlen(directory) + 1; *c; c++) {
        if (*c == '/') { *c = '_'; }
    }
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        return false;
    }
    bool whole = fwrite(g->octets, 1, g->len, file) == g->len;
    return fclose(file) == 0 && whole;
}

struct tally {
    size_t scenarios, alike;
};

static bool convert(struct record *record, const struct suite *suite, const struct spec *spec, size_t cell,
                    uint8_t version, const char *directory, struct tally *tally)
{
    static struct growing growing; /* the stage is large */
    struct run_result *result = run_spec(suite, spec, cell, version, &record->target, NULL);
    run_result_free(result);
    if (record->count == 0) { return true; }
    begin(&growing, record);
    for (size_t i = 0; i < record->count; i++) {
        add(&growing, &record->deed[i]);
    }
    tally->scenarios++;
    tally->alike += (unsigned)growing.stage.c.state == (unsigned)record->end;
    return write_scenario(&growing, directory, spec->name, cell, version);
}

static int convert_all(struct suite *suite, const char *directory)
{
    static struct record record;
    struct tally tally = {0};
    if (!record_begin(&record)) { return 1; }
    for (size_t i = 0; i < suite->count; i++) {
        const struct spec *spec = suite->spec[i];
        for (size_t cell = 0; cell < spec->cells; cell++) {
            record.count = 0;
            if (!convert(&record, suite, spec, cell, 4, directory, &tally)) { return 1; }
        }
    }
    record_end(&record);
    printf("%zu scenarios, %zu of them end in the state in which the spec's run ended\n", tally.scenarios, tally.alike);
    return 0;
}

int main(int argc, char **argv)
{
    struct suite suite = {0};
    if (argc < 3 || argv[1][0] == '-') {
        fputs("usage: fuzz_from_spec DIRECTORY SPEC-OR-DIRECTORY...\n", stderr);
        return 2;
    }
    int status = 1;
    if (suite_read(&suite, (const char *const *)argv + 2, (size_t)argc - 2)) {
        status = convert_all(&suite, argv[1]);
    } else {
        fprintf(stderr, "%s:%u: %s\n", suite.error[0].at.file, suite.error[0].at.line, suite.error[0].text);
    }
    suite_free(&suite);
    return status;
}
