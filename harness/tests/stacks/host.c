/* What the engine's host does around a connection. */
#include "fixture.h"

static void handshake__told_and_explained(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(world_heard(f->world, 0, TCPROVE_CONNECTED, f->active), 1);
    assert_int_equal(world_heard(f->world, 1, TCPROVE_ACCEPTED, f->passive), 1);
    assert_int_equal(f->world->side[1].told[0].listener, f->listener);
    assert_int_equal(world_state(f->world, 1, f->listener), TCPROVE_LISTEN);
    assert_non_null(strstr(f->world->side[1].explained, " LISTEN -> SYN-RECEIVED\n"));
    assert_non_null(strstr(f->world->side[1].explained, " SYN-RECEIVED -> ESTABLISHED\n"));
    assert_non_null(strstr(f->world->side[0].explained, " SYN-SENT -> ESTABLISHED\n"));
}

static void find__by_both_endpoints(void **state)
{
    struct fixture *f = *state;
    struct tcprove_endpoint local = world_at(f->world, 1, 4, 80), remote = world_at(f->world, 0, 4, 4000);
    assert_int_equal(f->world->ops->find(f->world->side[1].stack, &local, &remote), f->passive);
    remote.port++;
    assert_int_equal(f->world->ops->find(f->world->side[1].stack, &local, &remote), 0);
}

static void not_accepted_yet__is_found(void **state)
{
    struct fixture *f = *state;
    listen_80(f, 0);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 1, .control = TCPR_SYN, .window = 100}, NULL);
    struct tcprove_endpoint local = world_at(f->world, 1, 4, 80), remote = world_at(f->world, 0, 4, 5000);
    tcprove_socket socket = f->world->ops->find(f->world->side[1].stack, &local, &remote);
    assert_int_not_equal(socket, 0);
    assert_int_not_equal(socket, f->listener);
    assert_int_equal(world_state(f->world, 1, socket), TCPROVE_SYN_RECEIVED);
    assert_int_equal(f->world->side[1].told_count, 0);
    assert_int_equal(CALL(f->world, 1, shutdown, socket), TCPROVE_REFUSED_CALL); /* nobody has it yet */
}

static void syn_received_reset__leaves_the_listener_alone(void **state)
{
    struct fixture *f = *state;
    listen_80(f, 0);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 1, .control = TCPR_SYN, .window = 100}, NULL);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 2, .control = TCPR_RST}, NULL);
    struct tcprove_endpoint local = world_at(f->world, 1, 4, 80), remote = world_at(f->world, 0, 4, 5000);
    assert_int_equal(f->world->ops->find(f->world->side[1].stack, &local, &remote), 0);
    assert_int_equal(world_state(f->world, 1, f->listener), TCPROVE_LISTEN);
    assert_non_null(strstr(f->world->side[1].explained, " SYN-RECEIVED -> LISTEN\n"));
    assert_int_equal(f->world->side[1].told_count, 0);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 9, .control = TCPR_SYN, .window = 100}, NULL);
    assert_int_equal(last_sent(f).ack, 10); /* the listener answers, nothing that is left of the first */
}

static void fin_on_the_handshakes_ack__accepted_then_eof(void **state)
{
    struct fixture *f = *state;
    listen_80(f, 0);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 1, .control = TCPR_SYN, .window = 100}, NULL);
    struct tcpr_segment ack = {.seq = 2, .ack = last_sent(f).seq + 1, .control = TCPR_ACK | TCPR_FIN, .window = 100};
    inject_segment(f, 5000, ack, "bye");
    const struct told *told = f->world->side[1].told;
    tcprove_socket socket = world_accepted(f->world, 1);
    assert_int_equal(f->world->side[1].told_count, 3);
    assert_int_equal(told[0].event, TCPROVE_ACCEPTED);
    assert_int_equal(told[1].event, TCPROVE_READABLE);
    assert_int_equal(told[2].event, TCPROVE_EOF);
    assert_int_equal(world_state(f->world, 1, socket), TCPROVE_CLOSE_WAIT);
    uint8_t octets[8];
    size_t got;
    assert_int_equal(CALL(f->world, 1, receive, socket, octets, sizeof octets, &got), TCPROVE_OK);
    assert_int_equal(got, 3);
    assert_memory_equal(octets, "bye", 3);
    assert_int_equal(CALL(f->world, 1, receive, socket, octets, sizeof octets, &got), TCPROVE_OK);
    assert_int_equal(got, 0);
}

static void closed_port__refuses(void **state)
{
    struct fixture *f = *state;
    tcprove_socket socket = connect_80(f, 4000);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_REFUSED, socket), 1);
    assert_int_equal(world_state(f->world, 0, socket), TCPROVE_CLOSED);
    assert_non_null(strstr(f->world->side[1].explained, "reset sent"));
    size_t taken;
    assert_int_equal(CALL(f->world, 0, send, socket, (const uint8_t *)"x", 1, false, &taken), TCPROVE_REFUSED_CALL);
}

static void abort__resets_the_peer_and_tells_its_own_application_nothing(void **state)
{
    struct fixture *f = *state;
    size_t told = f->world->side[0].told_count;
    assert_int_equal(CALL(f->world, 0, abort, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(world_heard(f->world, 1, TCPROVE_RESET, f->passive), 1);
    assert_int_equal(world_state(f->world, 0, f->active), TCPROVE_CLOSED);
    assert_int_equal(f->world->side[0].told_count, told);
    uint8_t octet;
    size_t got;
    assert_int_equal(CALL(f->world, 1, receive, f->passive, &octet, 1, &got), TCPROVE_REFUSED_CALL);
}

static void linger_zero__close_aborts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_LINGER_ZERO, 1), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, close, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(world_heard(f->world, 1, TCPROVE_RESET, f->passive), 1);
}

static void close_with_unread_text__resets(void **state)
{
    struct fixture *f = *state;
    size_t taken;
    assert_int_equal(CALL(f->world, 0, send, f->active, (const uint8_t *)"unread", 6, false, &taken), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(CALL(f->world, 1, close, f->passive), TCPROVE_OK);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_RESET, f->active), 1);
    assert_int_equal(world_heard(f->world, 1, TCPROVE_CLOSED_OK, f->passive), 0);
}

static void closed_by_both__state_is_seen_to_the_end(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(CALL(f->world, 0, close, f->active), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, close, f->active), TCPROVE_REFUSED_CALL);
    assert_int_equal(world_state(f->world, 0, f->active), TCPROVE_FIN_WAIT_1);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(world_state(f->world, 0, f->active), TCPROVE_FIN_WAIT_2);
    assert_int_equal(CALL(f->world, 1, close, f->passive), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(world_state(f->world, 0, f->active), TCPROVE_TIME_WAIT);
    assert_int_equal(world_state(f->world, 1, f->passive), TCPROVE_CLOSED);
    world_run(f->world, TCPR_S(241));
    assert_int_equal(world_state(f->world, 0, f->active), TCPROVE_CLOSED);
    assert_int_equal(world_heard(f->world, 0, TCPROVE_CLOSED_OK, f->active), 1);
    assert_int_equal(world_heard(f->world, 1, TCPROVE_CLOSED_OK, f->passive), 1);
}

static void text_before_the_end__is_read_after_it(void **state)
{
    struct fixture *f = *state;
    size_t taken, got;
    uint8_t octets[8];
    assert_int_equal(CALL(f->world, 1, shutdown, f->passive), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, send, f->active, (const uint8_t *)"late", 4, false, &taken), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, shutdown, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_S(300));
    assert_int_equal(world_state(f->world, 1, f->passive), TCPROVE_CLOSED);
    assert_int_equal(CALL(f->world, 1, receive, f->passive, octets, sizeof octets, &got), TCPROVE_OK);
    assert_int_equal(got, 4);
    assert_int_equal(CALL(f->world, 1, receive, f->passive, octets, sizeof octets, &got), TCPROVE_OK);
    assert_int_equal(got, 0);
}

static void reset_after_the_end__is_no_end(void **state)
{
    struct fixture *f = *state;
    uint8_t octet;
    size_t got;
    assert_int_equal(CALL(f->world, 0, shutdown, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(CALL(f->world, 1, receive, f->passive, &octet, 1, &got), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, abort, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(world_heard(f->world, 1, TCPROVE_RESET, f->passive), 1);
    assert_int_equal(CALL(f->world, 1, receive, f->passive, &octet, 1, &got), TCPROVE_REFUSED_CALL);
}

static void listener_closed__resets_who_waited(void **state)
{
    struct fixture *f = *state;
    listen_80(f, 0);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 1, .control = TCPR_SYN, .window = 100}, NULL);
    assert_int_equal(CALL(f->world, 1, close, f->listener), TCPROVE_OK);
    assert_int_equal(last_sent(f).control & TCPR_RST, TCPR_RST);
    assert_int_equal(world_state(f->world, 1, f->listener), TCPROVE_CLOSED);
    listen_80(f, 0); /* the port is free again */
}

static void backlog__counts_who_waits(void **state)
{
    struct fixture *f = *state;
    struct tcprove_endpoint local = world_at(f->world, 1, 4, 80), remote = world_at(f->world, 0, 4, 5001);
    listen_80(f, 1);
    const struct tcpr_segment syn = {.seq = 1, .control = TCPR_SYN, .window = 100};
    inject_segment(f, 5000, syn, NULL);
    uint32_t iss = last_sent(f).seq;
    inject_segment(f, 5001, syn, NULL);
    assert_int_equal(f->world->ops->find(f->world->side[1].stack, &local, &remote), 0);
    inject_segment(f, 5000, (struct tcpr_segment){.seq = 2, .ack = iss + 1, .control = TCPR_ACK, .window = 100}, NULL);
    assert_int_not_equal(world_accepted(f->world, 1), 0);
    inject_segment(f, 5001, syn, NULL);
    assert_int_not_equal(f->world->ops->find(f->world->side[1].stack, &local, &remote), 0);
}

static void second_listener_on_a_port__is_refused(void **state)
{
    struct fixture *f = *state;
    tcprove_socket other;
    listen_80(f, 0);
    struct tcprove_endpoint local = world_at(f->world, 1, 4, 80);
    assert_int_equal(CALL(f->world, 1, listen, &local, 0, &other), TCPROVE_REFUSED_CALL);
    struct tcprove_endpoint any = {.port = 80};
    assert_int_equal(CALL(f->world, 1, listen, &any, 0, &other), TCPROVE_REFUSED_CALL);
    struct tcprove_endpoint of_ipv6 = world_at(f->world, 1, 6, 80);
    assert_int_equal(CALL(f->world, 1, listen, &of_ipv6, 0, &other), TCPROVE_OK);
}

static void impossible_endpoints__are_refused(void **state)
{
    struct fixture *f = *state;
    tcprove_socket socket;
    struct tcprove_endpoint local = world_at(f->world, 0, 4, 4000), remote = world_at(f->world, 1, 4, 80), bad;
    bad = world_at(f->world, 1, 4, 4000); /* not our address */
    assert_int_equal(CALL(f->world, 0, connect, &bad, &remote, &socket), TCPROVE_REFUSED_CALL);
    assert_int_equal(CALL(f->world, 0, listen, &bad, 0, &socket), TCPROVE_REFUSED_CALL);
    bad = remote;
    bad.address[0] = 224; /* MUST-46 */
    assert_int_equal(CALL(f->world, 0, connect, &local, &bad, &socket), TCPROVE_REFUSED_CALL);
    bad = remote;
    bad.port = 0;
    assert_int_equal(CALL(f->world, 0, connect, &local, &bad, &socket), TCPROVE_REFUSED_CALL);
    bad = world_at(f->world, 1, 6, 80);
    assert_int_equal(CALL(f->world, 0, connect, &local, &bad, &socket), TCPROVE_REFUSED_CALL);
    assert_int_equal(CALL(f->world, 0, connect, &local, &remote, &socket), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, connect, &local, &remote, &socket), TCPROVE_REFUSED_CALL);
}

static void a_hundred_connections__side_by_side(void **state)
{
    struct fixture *f = *state;
    tcprove_socket socket[100];
    listen_80(f, 0);
    for (unsigned i = 0; i < 100; i++) {
        socket[i] = connect_80(f, 0); /* any port */
    }
    world_run(f->world, TCPR_MS(200));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_CONNECTED, 0), 100);
    assert_int_equal(world_heard(f->world, 1, TCPROVE_ACCEPTED, 0), 100);
    for (unsigned i = 0; i < 100; i++) {
        uint8_t text = (uint8_t)i;
        size_t taken;
        assert_int_equal(CALL(f->world, 0, send, socket[i], &text, 1, false, &taken), TCPROVE_OK);
    }
    world_run(f->world, TCPR_MS(200));
    bool seen[100] = {false};
    for (size_t i = 0; i < f->world->side[1].told_count; i++) {
        const struct told *told = &f->world->side[1].told[i];
        uint8_t text = 255;
        size_t got;
        if (told->event != TCPROVE_READABLE) { continue; }
        assert_int_equal(CALL(f->world, 1, receive, told->socket, &text, 1, &got), TCPROVE_OK);
        assert_true(text < 100 && !seen[text]);
        seen[text] = true;
    }
    for (unsigned i = 0; i < 100; i++) {
        assert_true(seen[i]);
    }
}

static void simultaneous_open__both_connect(void **state)
{
    struct fixture *f = *state;
    struct tcprove_endpoint a = world_at(f->world, 0, 4, 4000), b = world_at(f->world, 1, 4, 80);
    tcprove_socket of_a, of_b;
    assert_int_equal(CALL(f->world, 0, connect, &a, &b, &of_a), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 1, connect, &b, &a, &of_b), TCPROVE_OK);
    world_run(f->world, TCPR_S(10));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_CONNECTED, of_a), 1);
    assert_int_equal(world_heard(f->world, 1, TCPROVE_CONNECTED, of_b), 1);
    assert_int_equal(world_state(f->world, 0, of_a), TCPROVE_ESTABLISHED);
    assert_int_equal(world_state(f->world, 1, of_b), TCPROVE_ESTABLISHED);
}

/* MAY-2: the same ports again, after the passive side closed first and so holds the TIME-WAIT. */
static void time_wait_reopened__is_another_connection(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(CALL(f->world, 1, shutdown, f->passive), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(CALL(f->world, 0, close, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(world_state(f->world, 1, f->passive), TCPROVE_TIME_WAIT);
    tcprove_socket again = connect_80(f, 4000);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(world_state(f->world, 0, again), TCPROVE_ESTABLISHED);
    assert_int_equal(world_heard(f->world, 1, TCPROVE_ACCEPTED, 0), 2);
    tcprove_socket other = world_accepted(f->world, 1);
    assert_int_not_equal(other, f->passive);
    assert_int_equal(world_state(f->world, 1, other), TCPROVE_ESTABLISHED);
    assert_int_equal(world_state(f->world, 1, f->passive), TCPROVE_CLOSED);
    size_t taken, got;
    uint8_t octets[8];
    assert_int_equal(CALL(f->world, 0, send, again, (const uint8_t *)"new", 3, false, &taken), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(CALL(f->world, 1, receive, other, octets, sizeof octets, &got), TCPROVE_OK);
    assert_int_equal(got, 3);
    assert_memory_equal(octets, "new", 3);
}

static void time_wait_without_a_listener__is_not_reopened(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(CALL(f->world, 1, close, f->listener), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 1, shutdown, f->passive), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    assert_int_equal(CALL(f->world, 0, close, f->active), TCPROVE_OK);
    world_run(f->world, TCPR_MS(500));
    connect_80(f, 4000);
    world_run(f->world, TCPR_MS(8));
    assert_int_equal(world_state(f->world, 1, f->passive), TCPROVE_TIME_WAIT);
}

static void full_send_buffer__would_block(void **state)
{
    struct fixture *f = *state;
    static uint8_t octets[200000];
    size_t taken;
    assert_int_equal(CALL(f->world, 0, send, f->active, octets, sizeof octets, false, &taken), TCPROVE_OK);
    assert_int_equal(taken, 65536);
    assert_int_equal(CALL(f->world, 0, send, f->active, octets, 1, false, &taken), TCPROVE_WOULD_BLOCK);
    assert_int_equal(taken, 0);
}

static void nothing_to_read__would_block(void **state)
{
    struct fixture *f = *state;
    uint8_t octet;
    size_t got;
    assert_int_equal(CALL(f->world, 0, receive, f->active, &octet, 1, &got), TCPROVE_WOULD_BLOCK);
}

static void urgent_text__is_announced(void **state)
{
    struct fixture *f = *state;
    size_t taken;
    assert_int_equal(CALL(f->world, 0, send, f->active, (const uint8_t *)"!", 1, true, &taken), TCPROVE_OK);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(world_heard(f->world, 1, TCPROVE_URGENT, f->passive), 1);
}

static void settings__out_of_range_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct {
        enum tcprove_setting setting;
        uint64_t good, bad;
    } rows[] = {{TCPROVE_SET_NODELAY, 1, 2},
                {TCPROVE_SET_KEEPALIVE, 1, 2},
                {TCPROVE_SET_KEEPALIVE_IDLE, 1, 0},
                {TCPROVE_SET_KEEPALIVE_INTERVAL, TCPR_S(1), TCPROVE_NEVER},
                {TCPROVE_SET_KEEPALIVE_PROBES, 2, 1},
                {TCPROVE_SET_LINGER_ZERO, 0, 2},
                {TCPROVE_SET_CUBIC, 1, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(CALL(f->world, 0, set, f->active, rows[i].setting, rows[i].bad), TCPROVE_REFUSED_CALL);
        assert_int_equal(CALL(f->world, 0, set, f->active, rows[i].setting, rows[i].good), TCPROVE_OK);
    }
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_USER_TIMEOUT, 0), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, set, f->active, (enum tcprove_setting)99, 0), TCPROVE_NOT_SUPPORTED);
    assert_int_equal(CALL(f->world, 0, set, 4711, TCPROVE_SET_NODELAY, 0), TCPROVE_REFUSED_CALL);
}

/* MUST-21: R2's 100 s give way to what the application asks for. */
static void user_timeout__longer_than_r2__is_waited_for(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_USER_TIMEOUT, TCPR_S(1000)), TCPROVE_OK);
    f->world->lost_in_a_hundred = 100;
    size_t taken = 0;
    assert_int_equal(CALL(f->world, 0, send, f->active, (const uint8_t *)"x", 1, false, &taken), TCPROVE_OK);
    world_run(f->world, TCPR_S(990));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_TIMED_OUT, f->active), 0);
    world_run(f->world, TCPR_S(20));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_TIMED_OUT, f->active), 1);
}

static void keepalive_probes__as_many_as_set(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_KEEPALIVE_IDLE, TCPR_S(10)), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_KEEPALIVE_INTERVAL, TCPR_S(1)), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_KEEPALIVE_PROBES, 3), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 0, set, f->active, TCPROVE_SET_KEEPALIVE, 1), TCPROVE_OK);
    f->world->lost_in_a_hundred = 100;
    world_run(f->world, TCPR_MS(11900));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_TIMED_OUT, f->active), 0);
    world_run(f->world, TCPR_S(2));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_TIMED_OUT, f->active), 1);
}

static void settings_of_a_listener__are_inherited(void **state)
{
    struct fixture *f = *state;
    listen_80(f, 0);
    assert_int_equal(CALL(f->world, 1, set, f->listener, TCPROVE_SET_LINGER_ZERO, 1), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 1, set, f->listener, TCPROVE_SET_KEEPALIVE_IDLE, TCPR_S(10)), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 1, set, f->listener, TCPROVE_SET_KEEPALIVE_INTERVAL, TCPR_S(1)), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 1, set, f->listener, TCPROVE_SET_KEEPALIVE_PROBES, 2), TCPROVE_OK);
    assert_int_equal(CALL(f->world, 1, set, f->listener, TCPROVE_SET_KEEPALIVE, 1), TCPROVE_OK);
    tcprove_socket socket = connect_80(f, 4000);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(CALL(f->world, 1, close, world_accepted(f->world, 1)), TCPROVE_OK);
    world_run(f->world, TCPR_MS(100));
    assert_int_equal(world_heard(f->world, 0, TCPROVE_RESET, socket), 1);
    connect_80(f, 4001);
    world_run(f->world, TCPR_MS(100));
    f->world->lost_in_a_hundred = 100;
    world_run(f->world, TCPR_S(14));
    assert_int_equal(world_heard(f->world, 1, TCPROVE_TIMED_OUT, world_accepted(f->world, 1)), 1);
}

static void setup_out_of_range__says_why(void **state)
{
    (void)state;
    const struct tcprove_setup bad[] = {{.mtu = 50}, {.mtu = 70000}, {.receive_buffer = UINT32_MAX}};
    const struct tcprove_host host = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *why = NULL;
        assert_null(engine_stack()->create(&bad[i], &host, &why));
        assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(handshake__told_and_explained, establish),
        TEST(find__by_both_endpoints, establish),
        TEST(not_accepted_yet__is_found, apart),
        TEST(syn_received_reset__leaves_the_listener_alone, apart),
        TEST(fin_on_the_handshakes_ack__accepted_then_eof, apart),
        TEST(closed_port__refuses, apart),
        TEST(abort__resets_the_peer_and_tells_its_own_application_nothing, establish),
        TEST(linger_zero__close_aborts, establish),
        TEST(close_with_unread_text__resets, establish),
        TEST(closed_by_both__state_is_seen_to_the_end, establish),
        TEST(text_before_the_end__is_read_after_it, establish),
        TEST(reset_after_the_end__is_no_end, establish),
        TEST(listener_closed__resets_who_waited, apart),
        TEST(backlog__counts_who_waits, apart),
        TEST(second_listener_on_a_port__is_refused, apart),
        TEST(impossible_endpoints__are_refused, apart),
        TEST(a_hundred_connections__side_by_side, apart),
        TEST(simultaneous_open__both_connect, apart),
        TEST(time_wait_reopened__is_another_connection, establish),
        TEST(time_wait_without_a_listener__is_not_reopened, establish),
        TEST(full_send_buffer__would_block, establish),
        TEST(nothing_to_read__would_block, establish),
        TEST(urgent_text__is_announced, establish),
        TEST(settings__out_of_range_are_refused, establish),
        TEST(user_timeout__longer_than_r2__is_waited_for, establish),
        TEST(keepalive_probes__as_many_as_set, establish),
        TEST(settings_of_a_listener__are_inherited, apart),
        cmocka_unit_test(setup_out_of_range__says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
