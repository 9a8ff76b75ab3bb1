/*
 * The tester's side of one connection over a lane, by hand: what the tests of the kernel target stand on.
 */
#ifndef HARNESS_TESTS_TARGET_PEER_H
#define HARNESS_TESTS_TARGET_PEER_H

#include "harness/target.h"

#define PEER_ISN 1000u
#define PEER_PATIENCE_US TCPR_S(3)
#define SKIPPED 77

struct peer {
    const struct target_ops *ops;
    struct lane *lane;
    const struct lane_addresses *addresses;
    unsigned connection;
    uint32_t seq, ack;                       /* of the next segment to send */
    unsigned seen[LANE_CONNECTIONS_MAX][16]; /* how often each event was told */
    tcpr_time segment_at;
    struct tcpr_segment segment; /* the last received ... */
    uint8_t text[9000];          /* ... and its text */
    bool echo_replied;           /* an ICMP echo reply came */
};

/** What a test's main returns without a target: SKIPPED where the system lets nobody make namespaces and set them, else
 * 1: then tcprove is at fault. */
int result_without_target(const char *why);

/** What most tests ask for. */
struct lane_request plain_request(uint8_t version);

bool peer_open(struct peer *peer, struct target *target, const struct lane_request *request);
void peer_close(struct peer *peer);

/** Send a segment and count what it takes of sequence space. */
void peer_send(struct peer *peer, uint16_t control, const char *text);
/** Send a segment just as it is but for the ports, which are this connection's. */
void peer_send_segment(struct peer *peer, const struct tcpr_segment *segment, const char *text);
/** The next segment into peer->segment; `ack` follows it. @return false: none came by then, or an unsound one. */
bool peer_receive(struct peer *peer, tcpr_time patience_us);
/** Receive one that has exactly these control bits, PSH aside. */
bool peer_expect(struct peer *peer, uint16_t control);
/** Wait for an event not yet consumed, and consume it. */
bool peer_event(struct peer *peer, enum tcprove_event event);
/** Nothing at all, neither segment nor event, for that long. */
bool peer_silent(struct peer *peer, tcpr_time us);
/** An ICMP echo and its reply: whatever was to come at once has come before. */
bool peer_fence(struct peer *peer);

struct call_outcome peer_call(struct peer *peer, enum call_kind kind);
struct call_outcome peer_call_send(struct peer *peer, const char *text);
struct call_outcome peer_call_receive(struct peer *peer, uint32_t len);
struct call_outcome peer_call_set(struct peer *peer, enum tcprove_setting setting, uint64_t value);
enum tcprove_state peer_state(struct peer *peer);

/** LISTEN, and the three-way handshake. */
bool peer_establish_passive(struct peer *peer);
/** CONNECT, and the three-way handshake. */
bool peer_establish_active(struct peer *peer);

#endif
