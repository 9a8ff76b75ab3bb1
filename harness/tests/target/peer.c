#include "peer.h"

#include "harness/net.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Tried apart from the target's code, in a process that ends with it. */
static bool namespaces_can_be_made(void)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool made = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
        _exit(made && open("/proc/sys/net/ipv4/tcp_sack", O_WRONLY | O_CLOEXEC) >= 0 ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int result_without_target(const char *why)
{
    bool forbidden = !namespaces_can_be_made();
    fprintf(stderr, "%s: %s\n", forbidden ? "skipped" : "namespaces can be made here, and yet", why);
    return forbidden ? SKIPPED : 1;
}

struct lane_request plain_request(uint8_t version)
{
    return (struct lane_request){.version = version};
}

bool peer_open(struct peer *peer, struct target *target, const struct lane_request *request)
{
    const char *why = NULL;
    *peer = (struct peer){.ops = target->ops, .seq = PEER_ISN};
    peer->lane = target->ops->open(target, request, &why);
    if (!peer->lane) { return false; }
    peer->addresses = target->ops->addresses(peer->lane);
    return true;
}

void peer_close(struct peer *peer)
{
    peer->ops->close(peer->lane);
}

void peer_send_segment(struct peer *peer, const struct tcpr_segment *segment, const char *text)
{
    uint8_t octets[4200];
    struct tcpr_segment ready = *segment;
    ready.source_port = peer->addresses->tester_port[peer->connection];
    ready.destination_port = peer->addresses->target_port;
    ready.text_len = text ? (uint32_t)strlen(text) : 0;
    ready.header_len = (uint8_t)tcpr_segment_header_len(&ready);
    size_t len =
        datagram_emit_segment(&peer->addresses->to_target, &ready, (const uint8_t *)text, octets, sizeof octets);
    if (len > 0) { peer->ops->inject(peer->lane, octets, len); }
}

void peer_send(struct peer *peer, uint16_t control, const char *text)
{
    struct tcpr_segment segment = {.seq = peer->seq, .control = control, .window = 65535};
    if (control & TCPR_ACK) { segment.ack = peer->ack; }
    peer_send_segment(peer, &segment, text);
    segment.text_len = text ? (uint32_t)strlen(text) : 0;
    peer->seq += tcpr_segment_len(&segment);
}

static bool is_echo_reply(const uint8_t *octets, const struct datagram *datagram)
{
    struct icmp icmp;
    return icmp_parse(octets, datagram, &icmp) == NET_OK && icmp_is_echo_reply(&icmp);
}

static bool take_segment(struct peer *peer, const struct observation *seen, const struct datagram *datagram)
{
    const uint8_t *octets = seen->datagram + datagram->payload_at;
    if (tcpr_segment_parse(octets, datagram->payload_len, &datagram->ip, &peer->segment) != TCPR_PARSE_OK) {
        return false;
    }
    if (peer->segment.text_len > sizeof peer->text) { return false; }
    memcpy(peer->text, octets + peer->segment.header_len, peer->segment.text_len);
    peer->segment_at = seen->at;
    peer->ack = peer->segment.seq + tcpr_segment_len(&peer->segment);
    return true;
}

/* @return what came; a datagram that is a segment is in peer->segment, else *sound is false. */
static enum observed take(struct peer *peer, tcpr_time until, bool *sound)
{
    struct observation seen;
    struct datagram datagram;
    peer->ops->next(peer->lane, until, &seen);
    *sound = false;
    if (seen.what == OBSERVED_EVENT) { peer->seen[seen.connection][seen.event]++; }
    if (seen.what == OBSERVED_DATAGRAM && datagram_parse(seen.datagram, seen.datagram_len, &datagram) == NET_OK) {
        if (datagram.protocol == NET_TCP) { *sound = take_segment(peer, &seen, &datagram); }
        if (is_echo_reply(seen.datagram, &datagram)) { peer->echo_replied = true; }
    }
    return seen.what;
}

bool peer_receive(struct peer *peer, tcpr_time patience_us)
{
    tcpr_time until = peer->ops->now(peer->lane) + patience_us;
    bool sound = false;
    enum observed what;
    do {
        what = take(peer, until, &sound);
    } while (what == OBSERVED_EVENT);
    return what == OBSERVED_DATAGRAM && sound;
}

bool peer_expect(struct peer *peer, uint16_t control)
{
    return peer_receive(peer, PEER_PATIENCE_US) && (peer->segment.control & ~TCPR_PSH) == control;
}

bool peer_event(struct peer *peer, enum tcprove_event event)
{
    tcpr_time until = peer->ops->now(peer->lane) + PEER_PATIENCE_US;
    bool sound;
    unsigned *seen = &peer->seen[peer->connection][event];
    while (*seen == 0) {
        enum observed what = take(peer, until, &sound);
        if (what == OBSERVED_NOTHING || what == OBSERVED_FAULT) { return false; }
    }
    --*seen;
    return true;
}

bool peer_silent(struct peer *peer, tcpr_time us)
{
    bool sound;
    return take(peer, peer->ops->now(peer->lane) + us, &sound) == OBSERVED_NOTHING;
}

bool peer_fence(struct peer *peer)
{
    uint8_t octets[128];
    size_t len =
        icmp_emit_echo(&peer->addresses->to_target, false, 7, 1, (const uint8_t *)"fence", 5, octets, sizeof octets);
    tcpr_time until = peer->ops->now(peer->lane) + PEER_PATIENCE_US;
    peer->echo_replied = false;
    if (!peer->ops->inject(peer->lane, octets, len)) { return false; }
    bool sound;
    while (!peer->echo_replied) {
        enum observed what = take(peer, until, &sound);
        if (what == OBSERVED_NOTHING || what == OBSERVED_FAULT) { return false; }
    }
    return true;
}

static struct call_outcome make_call(struct peer *peer, struct app_call *call)
{
    struct call_outcome outcome;
    call->connection = peer->connection;
    peer->ops->call(peer->lane, call, &outcome);
    return outcome;
}

struct call_outcome peer_call(struct peer *peer, enum call_kind kind)
{
    return make_call(peer, &(struct app_call){.kind = kind});
}

struct call_outcome peer_call_send(struct peer *peer, const char *text)
{
    return make_call(
        peer, &(struct app_call){.kind = CALL_SEND, .octets = (const uint8_t *)text, .len = (uint32_t)strlen(text)});
}

struct call_outcome peer_call_receive(struct peer *peer, uint32_t len)
{
    return make_call(peer, &(struct app_call){.kind = CALL_RECEIVE, .len = len});
}

struct call_outcome peer_call_set(struct peer *peer, enum tcprove_setting setting, uint64_t value)
{
    return make_call(peer, &(struct app_call){.kind = CALL_SET, .setting = setting, .value = value});
}

enum tcprove_state peer_state(struct peer *peer)
{
    return peer->ops->state(peer->lane, peer->connection);
}

bool peer_establish_passive(struct peer *peer)
{
    if (peer_call(peer, CALL_LISTEN).result != TCPROVE_OK) { return false; }
    peer_send(peer, TCPR_SYN, NULL);
    if (!peer_expect(peer, TCPR_SYN | TCPR_ACK)) { return false; }
    peer_send(peer, TCPR_ACK, NULL);
    return peer_event(peer, TCPROVE_ACCEPTED);
}

bool peer_establish_active(struct peer *peer)
{
    if (peer_call(peer, CALL_CONNECT).result != TCPROVE_OK || !peer_expect(peer, TCPR_SYN)) { return false; }
    peer_send(peer, TCPR_SYN | TCPR_ACK, NULL);
    return peer_expect(peer, TCPR_ACK) && peer_event(peer, TCPROVE_CONNECTED);
}
