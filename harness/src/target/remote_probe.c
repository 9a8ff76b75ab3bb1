/* Before the first spec: is this host's kernel silent, what answers at the target's ports, how far away is it? */
#include "harness/octets.h"
#include "remote.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_US TCPR_S(2)
#define ATTEMPTS 3u
#define ECHOES 8u
#define ECHO_EVERY_US TCPR_MS(10)
#define WATCH_US TCPR_MS(100)
#define PROBE_ISN 0x70726f62u
#define CLOSED_CANDIDATES 4u
/* RFC 9293 section 3.8.6.3: an ACK may be delayed by half a second. */
#define REPLY_WITHIN_US TCPR_MS(500)

enum answer { ANSWER_NONE, ANSWER_OPEN, ANSWER_CLOSED };

struct probe {
    struct remote *remote;
    struct lane *lane;
    tcpr_time round_trip_us, slowest_us; /* shortest and longest */
    unsigned heard;
    bool unfinished; /* a segment came with a checksum that was left to hardware */
};

static bool send_segment(struct lane *lane, struct tcpr_segment segment, uint16_t port)
{
    uint8_t octets[128];
    segment.source_port = lane->addresses.tester_port[0];
    segment.destination_port = port;
    size_t len = datagram_emit_segment(&lane->addresses.to_target, &segment, NULL, octets, sizeof octets);
    return len > 0 && remote_ops.inject(lane, octets, len);
}

static bool send_syn(struct lane *lane, uint16_t port)
{
    const struct tcpr_segment syn = {
        .seq = PROBE_ISN, .window = 65535, .control = TCPR_SYN, .options = {.mss = 1400, .present = TCPR_OPT_MSS}};
    return send_segment(lane, syn, port);
}

/* An answer that cannot be read, or was lost, may have come from SYN-RECEIVED. */
static void take_back_syn(struct lane *lane, uint16_t port)
{
    const struct tcpr_segment reset = {.seq = PROBE_ISN + 1, .control = TCPR_RST, .header_len = TCPR_HEADER_MIN};
    send_segment(lane, reset, port);
}

/* What an observation says to a SYN for that port. */
static enum answer answer_of(const struct observation *seen, uint16_t port)
{
    struct datagram d;
    struct tcpr_segment segment;
    if (seen->what != OBSERVED_DATAGRAM || datagram_parse(seen->datagram, seen->datagram_len, &d) != NET_OK ||
        d.protocol != NET_TCP) {
        return ANSWER_NONE;
    }
    if (tcpr_segment_parse(seen->datagram + d.payload_at, d.payload_len, &d.ip, &segment) != TCPR_PARSE_OK ||
        segment.source_port != port || segment.ack != PROBE_ISN + 1) {
        return ANSWER_NONE;
    }
    if (segment.control & TCPR_RST) { return ANSWER_CLOSED; }
    return (segment.control & (TCPR_SYN | TCPR_ACK)) == (TCPR_SYN | TCPR_ACK) ? ANSWER_OPEN : ANSWER_NONE;
}

/* Only the pseudo-header is summed yet: the target left the rest to a card, and a virtual link has none. Summed over
 * nothing but zeros a checksum is of the pseudo-header too. */
static bool is_unfinished(const struct observation *seen)
{
    static const uint8_t nothing[TCPR_HEADER_MAX];
    struct datagram d;
    if (seen->what != OBSERVED_DATAGRAM || datagram_parse(seen->datagram, seen->datagram_len, &d) != NET_OK ||
        d.protocol != NET_TCP || d.payload_len < TCPR_HEADER_MIN || d.payload_len > sizeof nothing) {
        return false;
    }
    uint16_t field = octets_get_u16(seen->datagram + d.payload_at + 16);
    uint16_t finished = tcpr_checksum(nothing, d.payload_len, &d.ip);
    return field + finished == UINT16_MAX;
}

static void note_round_trip(struct probe *probe, tcpr_time took)
{
    if (probe->heard++ == 0 || took < probe->round_trip_us) { probe->round_trip_us = took; }
    if (took > probe->slowest_us) { probe->slowest_us = took; }
}

static enum answer knock_once(struct probe *probe, uint16_t port)
{
    struct lane *lane = probe->lane;
    tcpr_time sent = remote_ops.now(lane), until = sent + PATIENCE_US;
    struct observation seen = {.what = OBSERVED_DATAGRAM};
    if (!send_syn(lane, port)) { return ANSWER_NONE; }
    while (seen.what == OBSERVED_DATAGRAM) {
        remote_ops.next(lane, until, &seen);
        enum answer answer = answer_of(&seen, port);
        probe->unfinished = probe->unfinished || (answer == ANSWER_NONE && is_unfinished(&seen));
        if (answer == ANSWER_NONE) { continue; }
        note_round_trip(probe, seen.at > sent ? seen.at - sent : 0);
        return answer;
    }
    take_back_syn(lane, port);
    return ANSWER_NONE;
}

/* On a lane of its own each time, so that nothing of one attempt answers the next. */
static enum answer knock(struct probe *probe, uint16_t port)
{
    enum answer answer = ANSWER_NONE;
    const struct lane_request request = {.version = probe->remote->wire.version, .listens = true};
    const char *why;
    for (unsigned i = 0; i < ATTEMPTS && answer == ANSWER_NONE; i++) {
        probe->lane = remote_ops.open(&probe->remote->target, &request, &why);
        if (!probe->lane) { return ANSWER_NONE; }
        answer = knock_once(probe, port);
        remote_ops.close(probe->lane);
    }
    return answer;
}

/* ---- The kernel is silent ---- */

/* Frames that leave this host and reset the connection that is tried out. */
static pcap_t *watch_for_resets(const struct remote *remote, uint16_t tester_port)
{
    char error[PCAP_ERRBUF_SIZE], filter[160];
    pcap_t *pcap = pcap_create(remote->wire.route.link, error);
    struct bpf_program program;
    if (!pcap) { return NULL; }
    bool is_ipv4 = remote->wire.version == 4;
    snprintf(filter, sizeof filter, "%s and src port %u and %s & 4 != 0", is_ipv4 ? "ip and tcp" : "ip6 and tcp",
             tester_port, is_ipv4 ? "tcp[13]" : "ip6[53]");
    pcap_set_immediate_mode(pcap, 1);
    pcap_set_timeout(pcap, 1);
    bool ready = pcap_activate(pcap) >= 0 && pcap_setnonblock(pcap, 1, error) == 0 &&
                 pcap_setdirection(pcap, PCAP_D_OUT) == 0 &&
                 pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (ready) {
        ready = pcap_setfilter(pcap, &program) == 0;
        pcap_freecode(&program);
    }
    if (ready) { return pcap; }
    pcap_close(pcap);
    return NULL;
}

static void count_frame(u_char *context, const struct pcap_pkthdr *header, const u_char *frame)
{
    (void)header;
    (void)frame;
    ++*(unsigned *)(void *)context;
}

/* A SYN,ACK comes for a connection this host's kernel knows nothing of. Whatever reset leaves before tcprove sends one
 * is the kernel's. */
static bool watch_kernel(struct probe *probe, uint16_t port, unsigned *resets)
{
    const struct lane_request request = {.version = probe->remote->wire.version, .listens = true};
    const char *ignored;
    struct observation seen;
    probe->lane = remote_ops.open(&probe->remote->target, &request, &ignored);
    pcap_t *watch = probe->lane ? watch_for_resets(probe->remote, probe->lane->addresses.tester_port[0]) : NULL;
    bool tried = watch && knock_once(probe, port) == ANSWER_OPEN;
    if (tried) {
        do {
            remote_ops.next(probe->lane, remote_ops.now(probe->lane) + WATCH_US, &seen);
        } while (seen.what == OBSERVED_DATAGRAM);
        pcap_dispatch(watch, -1, count_frame, (u_char *)resets);
    }
    if (probe->lane) { remote_ops.close(probe->lane); }
    if (watch) { pcap_close(watch); }
    return tried;
}

static bool kernel_is_silent(struct probe *probe, uint16_t port, char *why)
{
    unsigned resets = 0;
    bool tried = false;
    for (unsigned i = 0; i < ATTEMPTS && !tried; i++) {
        tried = watch_kernel(probe, port, &resets);
    }
    if (!tried) { snprintf(why, REMOTE_WHY_MAX, "whether this host's kernel keeps silent could not be tried"); }
    if (resets > 0) {
        snprintf(why, REMOTE_WHY_MAX,
                 "this host's kernel answers the target with resets; give a free --tester-address");
    }
    return tried && resets == 0;
}

/* ---- Ports ---- */

static bool refuse_unfinished(char *why)
{
    snprintf(
        why, REMOTE_WHY_MAX,
        "the target's segments come without their checksums, left to a card that the (virtual) link does not have; "
        "on the target: ethtool -K LINK tx off");
    return false;
}

/* The agent's own port listens, unless it is spoken to at another address than is tested. */
static bool try_agent(struct probe *probe, char *why)
{
    uint16_t port = probe->remote->options.agent.port;
    if (knock(probe, port) == ANSWER_OPEN) { return kernel_is_silent(probe, port, why); }
    if (probe->unfinished) { return refuse_unfinished(why); }
    if (probe->remote->wire.plays_station) { return true; }
    snprintf(why, REMOTE_WHY_MAX,
             "whether this host's kernel keeps silent cannot be tried: the agent does not listen at the target's "
             "address; give a free --tester-address");
    return false;
}

/* @return false with `why`: the service that was named does not answer. */
static bool try_service(struct probe *probe, char *why)
{
    uint16_t port = probe->remote->options.target.port;
    if (probe->remote->options.agent.port) { return try_agent(probe, why); }
    if (port == 0) { return true; }
    switch (knock(probe, port)) {
    case ANSWER_OPEN: return kernel_is_silent(probe, port, why);
    case ANSWER_CLOSED: snprintf(why, REMOTE_WHY_MAX, "nothing listens on port %u of the target", port); return false;
    case ANSWER_NONE: break;
    }
    if (probe->unfinished) { return refuse_unfinished(why); }
    snprintf(why, REMOTE_WHY_MAX, "the target does not answer a SYN to its port %u", port);
    return false;
}

/* Ports that nobody is assigned, in the dynamic range (RFC 6335 section 6). */
static void find_closed_port(struct probe *probe)
{
    for (unsigned i = 0; i < CLOSED_CANDIDATES; i++) {
        uint16_t port = (uint16_t)(64999u - 1013u * i);
        enum answer answer = port == probe->remote->options.target.port ? ANSWER_NONE : knock(probe, port);
        if (answer == ANSWER_CLOSED) {
            probe->remote->closed_port = port;
            return;
        }
        if (answer == ANSWER_NONE) { return; } /* a firewall that drops */
    }
}

/* ---- Distance ---- */

static bool echo(struct probe *probe, uint16_t number)
{
    uint8_t octets[128];
    struct lane *lane = probe->lane;
    size_t len = icmp_emit_echo(&lane->addresses.to_target, false, lane->addresses.tester_port[0], number, NULL, 0,
                                octets, sizeof octets);
    tcpr_time sent = remote_ops.now(lane);
    struct observation seen = {0};
    if (!remote_ops.inject(lane, octets, len)) { return false; }
    remote_ops.next(lane, sent + TCPR_MS(500) + 2 * probe->slowest_us, &seen);
    if (seen.what != OBSERVED_DATAGRAM) { return false; }
    note_round_trip(probe, seen.at > sent ? seen.at - sent : 0);
    remote_ops.next(lane, remote_ops.now(lane) + ECHO_EVERY_US, &seen);
    return true;
}

/* Echoes are answered, or else fences take their time and ICMP is not asked about. */
static void measure(struct probe *probe)
{
    const struct lane_request request = {.version = probe->remote->wire.version, .listens = true};
    const char *ignored;
    unsigned answered = 0;
    probe->lane = remote_ops.open(&probe->remote->target, &request, &ignored);
    if (!probe->lane) { return; }
    for (uint16_t i = 0; i < ECHOES && (i < 2 || answered > 0); i++) {
        answered += echo(probe, i);
    }
    remote_ops.close(probe->lane);
    struct target *target = &probe->remote->target;
    if (answered > 0) { target->abilities |= TCPROVE_CAN_ICMP; }
    target->jitter_us = 2 * (probe->slowest_us - probe->round_trip_us);
    target->path_us = probe->round_trip_us + target->jitter_us;
    target->reply_within_us = REPLY_WITHIN_US + target->path_us;
}

bool remote_probe(struct remote *remote, char *why)
{
    struct probe probe = {.remote = remote};
    bool good = try_service(&probe, why);
    if (good) {
        find_closed_port(&probe);
        measure(&probe);
    }
    if (good && probe.heard == 0) { snprintf(why, REMOTE_WHY_MAX, "the target answers neither a SYN nor an echo"); }
    return good && probe.heard > 0;
}

bool remote_probe_alive(struct lane *lane)
{
    uint8_t octets[128];
    struct remote *remote = lane->remote;
    size_t len = icmp_emit_echo(&lane->addresses.to_target, false, lane->addresses.tester_port[0], 1, NULL, 0, octets,
                                sizeof octets);
    uint16_t port = remote->options.target.port ? remote->options.target.port : remote->closed_port;
    for (unsigned i = 0; i < ATTEMPTS && !lane->heard; i++) {
        struct observation seen = {0};
        remote_ops.inject(lane, octets, len);
        if (port) { send_syn(lane, port); }
        remote_ops.next(lane, remote_ops.now(lane) + remote->target.reply_within_us + TCPR_S(1), &seen);
    }
    return lane->heard;
}
