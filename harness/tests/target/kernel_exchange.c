/* What a lane of the kernel target shows of Linux TCP: segments, states, events, calls. */
#include "harness/net.h"
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

struct fixture {
    struct target *target;
    struct peer peer;
};

static struct peer *opened(void **state, const struct lane_request *request)
{
    struct fixture *fixture = *state;
    assert_true(peer_open(&fixture->peer, fixture->target, request));
    return &fixture->peer;
}

static struct peer *opened_plain(void **state)
{
    struct lane_request request = plain_request(4);
    return opened(state, &request);
}

static int closed(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->peer.lane) { peer_close(&fixture->peer); }
    fixture->peer.lane = NULL;
    return 0;
}

/* ---- Opening ---- */

static void handshake_over(void **state, uint8_t version)
{
    struct lane_request request = plain_request(version);
    struct peer *peer = opened(state, &request);
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
    assert_int_equal(peer_call(peer, CALL_LISTEN).result, TCPROVE_OK);
    assert_int_equal(peer_state(peer), TCPROVE_LISTEN);
    peer_send(peer, TCPR_SYN, NULL);
    assert_true(peer_expect(peer, TCPR_SYN | TCPR_ACK));
    assert_int_equal(peer->segment.ack, PEER_ISN + 1);
    assert_int_equal(peer_state(peer), TCPROVE_SYN_RECEIVED);
    peer_send(peer, TCPR_ACK, NULL);
    assert_true(peer_event(peer, TCPROVE_ACCEPTED));
    assert_int_equal(peer_state(peer), TCPROVE_ESTABLISHED);
}

static void passive_open__ipv4__reaches_established(void **state)
{
    handshake_over(state, 4);
}

static void passive_open__ipv6__reaches_established(void **state)
{
    struct fixture *fixture = *state;
    if (!(fixture->target->abilities & TCPROVE_CAN_IPV6)) { skip(); }
    handshake_over(state, 6);
}

static void active_open__ipv6__reaches_established(void **state)
{
    struct fixture *fixture = *state;
    if (!(fixture->target->abilities & TCPROVE_CAN_IPV6)) { skip(); }
    struct lane_request request = plain_request(6);
    struct peer *peer = opened(state, &request);
    assert_true(peer_establish_active(peer));
    assert_int_equal(peer_state(peer), TCPROVE_ESTABLISHED);
}

static void active_open__isn_forced__begins_there(void **state)
{
    struct lane_request request = plain_request(4);
    request.isn_forced = true;
    request.isn = 0xfffffffe;
    struct peer *peer = opened(state, &request);
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_SYN));
    assert_int_equal(peer->segment.seq, 0xfffffffe);
    assert_int_equal(peer->segment.source_port, peer->addresses->target_port);
    assert_int_equal(peer_state(peer), TCPROVE_SYN_SENT);
}

static void active_open__rst__is_refused(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_OK);
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_REFUSED_CALL);
    assert_true(peer_expect(peer, TCPR_SYN));
    peer_send(peer, TCPR_RST | TCPR_ACK, NULL);
    assert_true(peer_event(peer, TCPROVE_REFUSED));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
    assert_true(peer_silent(peer, TCPR_MS(50)));
}

static void active_open__reset_before_a_look__tells_both(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_SYN));
    peer_send(peer, TCPR_SYN | TCPR_ACK, NULL);
    peer_send(peer, TCPR_RST, NULL);
    assert_true(peer_event(peer, TCPROVE_RESET));
    assert_int_equal(peer->seen[0][TCPROVE_CONNECTED], 1);
}

static void closed_port__syn__answers_rst(void **state)
{
    struct peer *peer = opened_plain(state);
    peer_send(peer, TCPR_SYN, NULL);
    assert_true(peer_expect(peer, TCPR_RST | TCPR_ACK));
    assert_int_equal(peer->segment.ack, PEER_ISN + 1);
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

static void listen__bad_checksum__is_silent(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_int_equal(peer_call(peer, CALL_LISTEN).result, TCPROVE_OK);
    uint8_t octets[64];
    struct tcpr_segment syn = {.source_port = peer->addresses->tester_port[0],
                               .destination_port = peer->addresses->target_port,
                               .control = TCPR_SYN,
                               .header_len = 20};
    size_t len = datagram_emit_segment(&peer->addresses->to_target, &syn, NULL, octets, sizeof octets);
    octets[len - 1] ^= 1;
    assert_true(peer->ops->inject(peer->lane, octets, len));
    assert_true(peer_fence(peer));
    assert_int_equal(peer->segment_at, 0);
    assert_int_equal(peer_state(peer), TCPROVE_LISTEN);
}

static void second_connection__same_listener__is_its_own(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    peer->connection = 1;
    peer_send(peer, TCPR_SYN, NULL);
    assert_true(peer_expect(peer, TCPR_SYN | TCPR_ACK));
    assert_int_equal(peer_state(peer), TCPROVE_SYN_RECEIVED);
    peer_send(peer, TCPR_ACK, NULL);
    assert_true(peer_event(peer, TCPROVE_ACCEPTED));
    assert_int_equal(peer_call_send(peer, "b").len, 1);
    assert_true(peer_expect(peer, TCPR_ACK));
    assert_int_equal(peer->segment.destination_port, peer->addresses->tester_port[1]);
}

/* ---- Text ---- */

static void established__text__goes_both_ways(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    assert_int_equal(peer_call_receive(peer, 10).result, TCPROVE_WOULD_BLOCK);
    peer_send(peer, TCPR_ACK, "hello");
    assert_true(peer_event(peer, TCPROVE_READABLE));
    struct call_outcome got = peer_call_receive(peer, 10);
    assert_int_equal(got.len, 5);
    assert_memory_equal(got.octets, "hello", 5);
    assert_int_equal(peer_call_send(peer, "world").len, 5);
    do {
        assert_true(peer_receive(peer, PEER_PATIENCE_US));
    } while (peer->segment.text_len == 0);
    assert_memory_equal(peer->text, "world", 5);
}

static void established__text_unread__is_told_once_a_change(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    peer_send(peer, TCPR_ACK, "hello");
    assert_true(peer_event(peer, TCPROVE_READABLE));
    assert_int_equal(peer_call_receive(peer, 2).len, 2);
    assert_true(peer_fence(peer));
    while (peer_receive(peer, TCPR_MS(60))) {}
    assert_int_equal(peer->seen[0][TCPROVE_READABLE], 0);
    peer_send(peer, TCPR_ACK, "more");
    assert_true(peer_event(peer, TCPROVE_READABLE));
    assert_int_equal(peer_call_receive(peer, 100).len, 7);
}

static void urgent_text(struct peer *peer, uint16_t pointer, const char *text)
{
    struct tcpr_segment segment = {
        .seq = peer->seq, .ack = peer->ack, .control = TCPR_ACK | TCPR_URG, .urgent = pointer, .window = 65535};
    peer_send_segment(peer, &segment, text);
    peer->seq += (uint32_t)strlen(text);
}

static void established__urgent__is_told_as_its_pointer_moves_and_stays_in_the_stream(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    urgent_text(peer, 10, "abc");
    assert_true(peer_event(peer, TCPROVE_URGENT));
    peer_send(peer, TCPR_ACK, "defghij");
    assert_true(peer_fence(peer));
    assert_int_equal(peer->seen[peer->connection][TCPROVE_URGENT], 0); /* the octet alone is no news */
    urgent_text(peer, 3, "klm");
    assert_true(peer_event(peer, TCPROVE_URGENT));
    assert_int_equal(peer_call_receive(peer, 20).len + peer_call_receive(peer, 20).len, 13);
    struct app_call urgent = {.kind = CALL_SEND, .octets = (const uint8_t *)"u", .len = 1, .urgent = true};
    struct call_outcome outcome;
    peer->ops->call(peer->lane, &urgent, &outcome);
    assert_int_equal(outcome.len, 1);
    do {
        assert_true(peer_receive(peer, PEER_PATIENCE_US));
    } while (peer->segment.text_len == 0);
    assert_true(peer->segment.control & TCPR_URG);
}

/* ---- Closing ---- */

static void active_close__states__to_time_wait(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    assert_int_equal(peer_call(peer, CALL_SHUTDOWN).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_FIN | TCPR_ACK));
    assert_int_equal(peer_state(peer), TCPROVE_FIN_WAIT_1);
    peer_send(peer, TCPR_ACK, NULL);
    assert_true(peer_fence(peer));
    assert_int_equal(peer_state(peer), TCPROVE_FIN_WAIT_2);
    peer_send(peer, TCPR_FIN | TCPR_ACK, NULL);
    assert_true(peer_expect(peer, TCPR_ACK));
    assert_true(peer_event(peer, TCPROVE_EOF));
    assert_int_equal(peer_state(peer), TCPROVE_TIME_WAIT);
    assert_int_equal(peer_call(peer, CALL_CLOSE).result, TCPROVE_OK);
    assert_int_equal(peer_state(peer), TCPROVE_TIME_WAIT);
    assert_true(peer_silent(peer, TCPR_MS(100)));
}

static void passive_close__states__to_closed(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    peer_send(peer, TCPR_FIN | TCPR_ACK, NULL);
    assert_true(peer_event(peer, TCPROVE_EOF));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSE_WAIT);
    assert_int_equal(peer_call_receive(peer, 1).result, TCPROVE_OK);
    assert_int_equal(peer_call_receive(peer, 1).len, 0);
    assert_int_equal(peer_call(peer, CALL_CLOSE).result, TCPROVE_OK);
    do {
        assert_true(peer_receive(peer, PEER_PATIENCE_US));
    } while (!(peer->segment.control & TCPR_FIN));
    assert_int_equal(peer_state(peer), TCPROVE_LAST_ACK);
    peer_send(peer, TCPR_ACK, NULL);
    assert_true(peer_event(peer, TCPROVE_CLOSED_OK));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

static void simultaneous_close__states__through_closing(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_active(peer));
    uint32_t before = peer->ack;
    assert_int_equal(peer_call(peer, CALL_SHUTDOWN).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_FIN | TCPR_ACK));
    peer->ack = before;
    peer_send(peer, TCPR_FIN | TCPR_ACK, NULL);
    assert_true(peer_expect(peer, TCPR_ACK));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSING);
}

static void established__rst__is_told_once(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    peer_send(peer, TCPR_RST, NULL);
    assert_true(peer_event(peer, TCPROVE_RESET));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
    struct call_outcome outcome = peer_call_send(peer, "x");
    assert_int_equal(outcome.result, TCPROVE_REFUSED_CALL);
    assert_string_equal(outcome.text, "Connection reset by peer");
    assert_true(peer_silent(peer, TCPR_MS(50)));
    assert_int_equal(peer->seen[0][TCPROVE_EOF], 0);
}

static void closed_by_application__rst__is_no_orderly_end(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    assert_int_equal(peer_call(peer, CALL_CLOSE).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_FIN | TCPR_ACK));
    peer_send(peer, TCPR_RST | TCPR_ACK, NULL);
    assert_true(peer_silent(peer, TCPR_MS(200)));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

static void established__abort__sends_rst(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    assert_int_equal(peer_call(peer, CALL_ABORT).result, TCPROVE_OK);
    assert_true(peer_receive(peer, PEER_PATIENCE_US));
    assert_true(peer->segment.control & TCPR_RST);
    assert_int_equal(peer_call(peer, CALL_ABORT).result, TCPROVE_REFUSED_CALL);
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

/* ---- Errors ---- */

static void established__icmp_host_unreachable__is_a_soft_error(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    struct tcpr_ip from_target = peer->addresses->to_target;
    memcpy(from_target.source, peer->addresses->to_target.destination, sizeof from_target.source);
    memcpy(from_target.destination, peer->addresses->to_target.source, sizeof from_target.source);
    struct tcpr_segment quoted = {.source_port = peer->addresses->target_port,
                                  .destination_port = peer->addresses->tester_port[0],
                                  .seq = peer->ack,
                                  .control = TCPR_ACK,
                                  .header_len = 20};
    uint8_t quotation[64], octets[128];
    assert_int_equal(peer_call_send(peer, "x").len, 1);
    assert_true(peer_expect(peer, TCPR_ACK));
    size_t len = datagram_emit_segment(&from_target, &quoted, NULL, quotation, sizeof quotation);
    len = icmp_emit_error(&peer->addresses->to_target, NET_ICMPV4_UNREACHABLE, 1, 0, quotation, len, octets,
                          sizeof octets);
    assert_true(peer->ops->inject(peer->lane, octets, len));
    assert_true(peer_event(peer, TCPROVE_SOFT_ERROR));
    assert_int_equal(peer_state(peer), TCPROVE_ESTABLISHED);
    assert_int_equal(peer_call_send(peer, "y").len, 1);
}

static void established__user_timeout__is_told(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    assert_int_equal(peer_call_set(peer, TCPROVE_SET_USER_TIMEOUT, TCPR_MS(300)).result, TCPROVE_OK);
    assert_int_equal(peer_call_send(peer, "x").len, 1);
    assert_true(peer_event(peer, TCPROVE_TIMED_OUT));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

static void calls__without_a_socket__are_refused(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_int_equal(peer_call_send(peer, "x").result, TCPROVE_REFUSED_CALL);
    assert_non_null(peer_call_send(peer, "x").text);
    assert_int_equal(peer_call_receive(peer, 1).result, TCPROVE_REFUSED_CALL);
    assert_int_equal(peer_call(peer, CALL_SHUTDOWN).result, TCPROVE_REFUSED_CALL);
    assert_int_equal(peer_call(peer, CALL_CLOSE).result, TCPROVE_REFUSED_CALL);
    peer->connection = LANE_CONNECTIONS_MAX;
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_REFUSED_CALL);
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

static void settings__of_the_listener__are_inherited(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_int_equal(peer_call_set(peer, TCPROVE_SET_LINGER_ZERO, 1).result, TCPROVE_OK);
    assert_int_equal(peer_call_set(peer, TCPROVE_SET_KEEPALIVE_IDLE, TCPR_S(2)).result, TCPROVE_OK);
    assert_int_equal(peer_call_set(peer, TCPROVE_SET_KEEPALIVE_IDLE, TCPR_MS(1500)).result, TCPROVE_NOT_SUPPORTED);
    assert_true(peer_establish_passive(peer));
    assert_int_equal(peer_call(peer, CALL_CLOSE).result, TCPROVE_OK);
    assert_true(peer_receive(peer, PEER_PATIENCE_US));
    assert_true(peer->segment.control & TCPR_RST);
}

/* ---- What the request asks for ---- */

static uint8_t options_answered(void **state, bool allowed)
{
    struct lane_request request = {.version = 4, .window_scale = allowed, .timestamps = allowed, .sack = allowed};
    struct peer *peer = opened(state, &request);
    assert_int_equal(peer_call(peer, CALL_LISTEN).result, TCPROVE_OK);
    struct tcpr_segment syn = {
        .seq = PEER_ISN,
        .control = TCPR_SYN,
        .window = 65535,
        .options = {.present = TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_TIMESTAMPS,
                    .mss = 1460,
                    .window_scale = 2,
                    .ts_val = 5}};
    peer_send_segment(peer, &syn, NULL);
    assert_true(peer_expect(peer, TCPR_SYN | TCPR_ACK));
    uint8_t present = peer->segment.options.present;
    assert_int_equal(closed(state), 0);
    return present;
}

static void options__as_the_request_allows(void **state)
{
    assert_int_equal(options_answered(state, false), TCPR_OPT_MSS);
    assert_int_equal(options_answered(state, true),
                     TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_TIMESTAMPS);
    assert_int_equal(options_answered(state, false), TCPR_OPT_MSS);
}

static uint16_t mss_answered(void **state, uint8_t version, uint32_t mtu)
{
    struct lane_request request = plain_request(version);
    request.mtu = mtu;
    struct peer *peer = opened(state, &request);
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_SYN));
    uint16_t mss = peer->segment.options.mss;
    assert_int_equal(closed(state), 0);
    return mss;
}

static void mtu__of_the_request__shows_in_the_mss(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mss_answered(state, 4, 0), 1460);
    assert_int_equal(mss_answered(state, 4, 600), 560);
    assert_int_equal(mss_answered(state, 4, 9000), 8960);
    assert_int_equal(mss_answered(state, 4, 0), 1460);
    if (!(fixture->target->abilities & TCPROVE_CAN_IPV6)) { return; }
    assert_int_equal(mss_answered(state, 6, 1280), 1220);
    assert_int_equal(mss_answered(state, 6, 0), 1440);
}

static void requests__that_cannot_be_met__say_why(void **state)
{
    struct fixture *fixture = *state;
    const struct lane_request impossible[] = {
        {.version = 6, .mtu = 600},
        {.version = 4, .mtu = 20},
        {.version = 4, .isn_forced = true},
        {.version = 4, .receive_buffer = 100},
        {.version = 5},
    };
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        const char *why = NULL;
        assert_null(fixture->target->ops->open(fixture->target, &impossible[i], &why));
        assert_non_null(why);
    }
    struct peer *peer = opened_plain(state);
    const char *why = NULL;
    struct lane_request another = plain_request(4);
    assert_null(fixture->target->ops->open(fixture->target, &another, &why));
    assert_non_null(strstr(why, "in use"));
    assert_int_equal(peer_state(peer), TCPROVE_CLOSED);
}

static void receive_buffer__bounds_the_window(void **state)
{
    struct lane_request request = plain_request(4);
    request.receive_buffer = 8192;
    struct peer *peer = opened(state, &request);
    assert_true(peer_establish_passive(peer));
    assert_in_range(peer->segment.window, 7000, 8192);
    uint32_t right = peer->seq + peer->segment.window;
    char text[1001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (unsigned i = 0; i < 7; i++) {
        peer_send(peer, TCPR_ACK, text);
    }
    while (peer_receive(peer, TCPR_MS(100))) {
        assert_true((int32_t)(peer->segment.ack + peer->segment.window - (right + 1460)) <= 0);
    }
}

static void want_of_files__is_a_fault_not_a_refusal(void **state)
{
    struct peer *peer = opened_plain(state);
    struct rlimit usual, none = {0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none.rlim_max = usual.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct call_outcome outcome = peer_call(peer, CALL_CONNECT);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(outcome.result, TCPROVE_REFUSED_CALL);
    struct observation seen;
    peer->ops->next(peer->lane, 0, &seen);
    assert_int_equal(seen.what, OBSERVED_FAULT);
    assert_non_null(strstr(seen.text, "ulimit"));
}

/* ---- Time and order ---- */

static void next__until__is_kept_to(void **state)
{
    struct peer *peer = opened_plain(state);
    struct observation seen;
    tcpr_time until = peer->ops->now(peer->lane) + TCPR_MS(20);
    peer->ops->next(peer->lane, until, &seen);
    assert_int_equal(seen.what, OBSERVED_NOTHING);
    assert_int_equal(seen.at, until);
    assert_true(peer->ops->now(peer->lane) >= until);
}

static void next__datagram_after_until__is_kept_for_later(void **state)
{
    struct peer *peer = opened_plain(state);
    struct observation seen;
    tcpr_time before = peer->ops->now(peer->lane);
    while (peer->ops->now(peer->lane) <= before + 2) {}
    peer_send(peer, TCPR_SYN, NULL);
    peer->ops->next(peer->lane, before, &seen);
    assert_int_equal(seen.what, OBSERVED_NOTHING);
    peer->ops->next(peer->lane, before, &seen);
    assert_int_equal(seen.what, OBSERVED_NOTHING);
    assert_true(peer_expect(peer, TCPR_RST | TCPR_ACK));
    assert_true(peer->segment_at > before);
}

static void next__retransmission__is_stamped_by_the_kernel(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_int_equal(peer_call(peer, CALL_CONNECT).result, TCPROVE_OK);
    assert_true(peer_expect(peer, TCPR_SYN));
    tcpr_time first = peer->segment_at;
    assert_true(peer->segment_at <= peer->ops->now(peer->lane));
    assert_true(peer_expect(peer, TCPR_SYN));
    assert_in_range(peer->segment_at - first, TCPR_MS(950), TCPR_MS(1400));
}

static void fence__after_a_segment__comes_after_its_answer(void **state)
{
    struct peer *peer = opened_plain(state);
    for (unsigned i = 0; i < 200; i++) {
        peer->segment_at = 0;
        peer_send(peer, TCPR_SYN, NULL);
        assert_true(peer_fence(peer));
        assert_int_not_equal(peer->segment_at, 0);
    }
}

/* ---- One run after another ---- */

static void next_run__in_the_same_lane__hears_nothing_of_the_last(void **state)
{
    struct peer *peer = opened_plain(state);
    assert_true(peer_establish_passive(peer));
    struct lane_addresses last = *peer->addresses;
    assert_int_equal(peer_call_send(peer, "unacknowledged").len, 14);
    assert_int_equal(peer_call(peer, CALL_CLOSE).result, TCPROVE_OK);
    assert_int_equal(peer_state(peer), TCPROVE_FIN_WAIT_1);
    assert_int_equal(closed(state), 0);
    peer = opened_plain(state);
    assert_memory_not_equal(last.to_target.source, peer->addresses->to_target.source, 4);
    assert_int_not_equal(last.target_port, peer->addresses->target_port);
    assert_int_not_equal(last.tester_port[0], peer->addresses->tester_port[0]);
    assert_true(peer_silent(peer, TCPR_MS(600)));
    assert_true(peer_establish_passive(peer));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, closed)
    struct CMUnitTest tests[] = {
        TEST(passive_open__ipv4__reaches_established),
        TEST(passive_open__ipv6__reaches_established),
        TEST(active_open__ipv6__reaches_established),
        TEST(active_open__isn_forced__begins_there),
        TEST(active_open__rst__is_refused),
        TEST(active_open__reset_before_a_look__tells_both),
        TEST(closed_port__syn__answers_rst),
        TEST(listen__bad_checksum__is_silent),
        TEST(second_connection__same_listener__is_its_own),
        TEST(established__text__goes_both_ways),
        TEST(established__text_unread__is_told_once_a_change),
        TEST(established__urgent__is_told_as_its_pointer_moves_and_stays_in_the_stream),
        TEST(active_close__states__to_time_wait),
        TEST(passive_close__states__to_closed),
        TEST(simultaneous_close__states__through_closing),
        TEST(established__rst__is_told_once),
        TEST(closed_by_application__rst__is_no_orderly_end),
        TEST(established__abort__sends_rst),
        TEST(established__icmp_host_unreachable__is_a_soft_error),
        TEST(established__user_timeout__is_told),
        TEST(calls__without_a_socket__are_refused),
        TEST(settings__of_the_listener__are_inherited),
        TEST(options__as_the_request_allows),
        TEST(mtu__of_the_request__shows_in_the_mss),
        TEST(requests__that_cannot_be_met__say_why),
        TEST(receive_buffer__bounds_the_window),
        TEST(want_of_files__is_a_fault_not_a_refusal),
        TEST(next__until__is_kept_to),
        TEST(next__datagram_after_until__is_kept_for_later),
        TEST(next__retransmission__is_stamped_by_the_kernel),
        TEST(fence__after_a_segment__comes_after_its_answer),
        TEST(next_run__in_the_same_lane__hears_nothing_of_the_last),
    };
    const char *why = NULL;
    struct fixture fixture = {.target = target_kernel_open(1, "default", &why)};
    if (!fixture.target) { return result_without_target(why); }
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        tests[i].initial_state = &fixture;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture.target->ops->destroy(fixture.target);
    return failed;
}
