/*
 * The wire proved on each lane itself, before any spec relies on it: a handshake by hand, more text than a frame holds,
 * and a segment whose checksum is wrong.
 */
#include "harness/net.h"
#include "kernel.h"
#include "tcprove/segment.h"

#include <string.h>

#define PROBE_PATIENCE_US 2000000u
#define ASK_AGAIN_US 1000u
#define PROBE_TEXT 5000u
#define PROBE_ISN 1000u

struct probe {
    const struct target_ops *ops;
    struct lane *lane;
    const struct lane_addresses *addresses;
    const char *why;
};

static const char unfit[] =
    "frames between the namespaces are not what TCP sent (checksum or length); offloads of veth "
    "could not be switched off on this kernel";
static const char silent[] =
    "this machine's TCP did not answer in a namespace of tcprove's own; look for packet filters "
    "that apply to new namespaces";

static void inject(const struct probe *probe, const struct tcpr_segment *segment, bool spoil)
{
    uint8_t octets[128];
    size_t len = datagram_emit_segment(&probe->addresses->to_target, segment, NULL, octets, sizeof octets);
    if (spoil) { octets[len - segment->header_len + 16] ^= 0x55; }
    probe->ops->inject(probe->lane, octets, len);
}

static bool is_echo_reply(const struct observation *seen)
{
    struct datagram datagram;
    return seen->what == OBSERVED_DATAGRAM && datagram_parse(seen->datagram, seen->datagram_len, &datagram) == NET_OK &&
           datagram.protocol != NET_TCP;
}

/* The next segment from the target, sound and no longer than a frame. */
static bool next_segment(struct probe *probe, struct tcpr_segment *segment)
{
    tcpr_time until = probe->ops->now(probe->lane) + PROBE_PATIENCE_US;
    struct observation seen;
    do {
        probe->ops->next(probe->lane, until, &seen);
    } while (seen.what == OBSERVED_EVENT || is_echo_reply(&seen));
    struct datagram datagram;
    probe->why = silent;
    if (seen.what != OBSERVED_DATAGRAM) { return false; }
    probe->why = unfit;
    return seen.datagram_len <= MTU_DEFAULT && datagram_parse(seen.datagram, seen.datagram_len, &datagram) == NET_OK &&
           tcpr_segment_parse(seen.datagram + datagram.payload_at, datagram.payload_len, &datagram.ip, segment) ==
               TCPR_PARSE_OK;
}

/* Linux takes an IPv6 address into use in its own time, some milliseconds after it was given: ask until it answers. */
static bool is_reachable(struct probe *probe)
{
    uint8_t octets[128];
    size_t len =
        icmp_emit_echo(&probe->addresses->to_target, false, 1, 1, (const uint8_t *)"probe", 5, octets, sizeof octets);
    tcpr_time give_up = probe->ops->now(probe->lane) + PROBE_PATIENCE_US;
    struct observation seen = {0};
    while (seen.what != OBSERVED_DATAGRAM && probe->ops->now(probe->lane) < give_up) {
        probe->ops->inject(probe->lane, octets, len);
        probe->ops->next(probe->lane, probe->ops->now(probe->lane) + ASK_AGAIN_US, &seen);
    }
    probe->why = silent;
    return seen.what == OBSERVED_DATAGRAM;
}

static struct tcpr_segment segment_from(const struct probe *probe, unsigned connection, uint32_t seq, uint16_t control)
{
    return (struct tcpr_segment){.source_port = probe->addresses->tester_port[connection],
                                 .destination_port = probe->addresses->target_port,
                                 .seq = seq,
                                 .control = control,
                                 .window = 65535,
                                 .header_len = TCPR_HEADER_MIN};
}

static bool take_text(struct probe *probe)
{
    uint32_t got = 0;
    while (got < PROBE_TEXT) {
        struct tcpr_segment segment;
        if (!next_segment(probe, &segment)) { return false; }
        got += segment.text_len;
    }
    return true;
}

static bool call(const struct probe *probe, enum call_kind kind, const uint8_t *octets, uint32_t len)
{
    struct app_call call = {.kind = kind, .octets = octets, .len = len};
    struct call_outcome outcome;
    probe->ops->call(probe->lane, &call, &outcome);
    return outcome.result == TCPROVE_OK;
}

static bool is_accepted(const struct probe *probe)
{
    tcpr_time until = probe->ops->now(probe->lane) + PROBE_PATIENCE_US;
    struct observation seen;
    do {
        probe->ops->next(probe->lane, until, &seen);
    } while (seen.what == OBSERVED_DATAGRAM);
    return seen.what == OBSERVED_EVENT;
}

static bool run(struct probe *probe)
{
    static const uint8_t text[PROBE_TEXT];
    struct tcpr_segment spoilt = segment_from(probe, 1, PROBE_ISN, TCPR_SYN);
    struct tcpr_segment syn = segment_from(probe, 0, PROBE_ISN, TCPR_SYN);
    syn.options = (struct tcpr_options){.present = TCPR_OPT_MSS, .mss = MTU_DEFAULT - 40};
    syn.header_len = TCPR_HEADER_MIN + 4;
    struct tcpr_segment ack = segment_from(probe, 0, PROBE_ISN + 1, TCPR_ACK);
    struct tcpr_segment answer;
    probe->why = silent;
    if (!call(probe, CALL_LISTEN, NULL, 0)) { return false; }
    inject(probe, &spoilt, true);
    inject(probe, &syn, false);
    if (!next_segment(probe, &answer)) { return false; }
    probe->why = unfit;
    if (answer.destination_port != syn.source_port) { return false; }
    ack.ack = answer.seq + 1;
    inject(probe, &ack, false);
    probe->why = silent;
    return is_accepted(probe) && call(probe, CALL_SEND, text, PROBE_TEXT) && take_text(probe);
}

static bool shows_state(struct lane *lane)
{
    const struct sockets *sockets = &lane->sockets;
    return diag_state(sockets->diag_fd, &sockets->local, &sockets->local) != TCPROVE_UNKNOWN;
}

/* All stay open until the last is proved, so that each gets its turn. */
static bool prove_lanes(struct target *target, uint8_t version, const char **why)
{
    bool proved = true;
    unsigned opened = 0;
    struct lane_request request = {.version = version};
    struct probe probe = {.ops = target->ops};
    for (; proved && opened < target->lanes_max; opened++) {
        probe.lane = probe.ops->open(target, &request, why);
        if (!probe.lane) { break; }
        probe.addresses = probe.ops->addresses(probe.lane);
        proved = is_reachable(&probe) && run(&probe);
        if (!proved) { *why = probe.why; }
        if (!shows_state(probe.lane)) { target->abilities &= ~(unsigned)TCPROVE_CAN_STATE; }
    }
    struct lane *lane = ((struct kernel_target *)target)->lane;
    for (unsigned i = 0; i < opened; i++) {
        probe.ops->close(&lane[i]);
    }
    return proved && opened == target->lanes_max;
}

bool kernel_probe(struct target *target, const char **why)
{
    return prove_lanes(target, 4, why) && (!(target->abilities & TCPROVE_CAN_IPV6) || prove_lanes(target, 6, why));
}
