/* What OPEN and the settings choose, and calls that ask for nothing. */
#include "support.h"

/* The application names its buffer and, should it have to, its ISS. */
static void open__buffer_and_iss_given__used(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab, &(struct how){0});
    struct tcpr_open open = lab_open(&(struct how){0});
    open.receive_buffer = 3000;
    open.iss = 77;
    open.iss_given = true;
    assert_int_equal(tcpr_open_active(&lab.c, &lab.config, lab.now, &open, &lab.fx), TCPR_OK);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = 77));
    assert_int_equal(lab.out[0].window, 3000);
}

static void open_passive__peer_not_unicast__refused(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab, &(struct how){0});
    struct tcpr_open open = lab_open(&(struct how){0});
    open.ip.destination[0] = 224;
    assert_int_equal(tcpr_open_passive(&lab.c, &lab.config, lab.now, &open, &lab.fx), TCPR_REMOTE_INVALID);
    expect_state(&lab, TCPR_CLOSED);
}

/* Urgent text of no octets is none: nothing becomes urgent. */
static void send_urgent__nothing__not_urgent(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    lab_send_urgent(&lab, 0);
    expect_status(&lab, TCPR_OK);
    assert_int_equal(lab.c.flags & TCPR_FLAG_URGENT_SENT, 0);
    expect_silence(&lab);
}

/* CLOSE in SYN-RECEIVED with text waiting stays queued (section 3.10.4), and SEND after it is refused all the same. */
static void close_queued__send_refused(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){0});
    lab_send(&lab, 10);
    lab_close(&lab);
    expect_state(&lab, TCPR_SYN_RECEIVED);
    lab_send(&lab, 10);
    expect_status(&lab, TCPR_CLOSING_ERROR);
}

static tcpr_time user_timer(const struct lab *lab)
{
    return lab->c.timer[TCPR_TIMER_USER];
}

/* In LISTEN the user timeout runs from when it is set; taken away, or infinite, it waits for ever. */
static void user_timeout__set_while_listening(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_LISTEN, (struct how){0});
    lab_set_user_timeout(&lab, TCPR_S(5));
    assert_true(user_timer(&lab) == lab.now + TCPR_S(5));
    lab_set_user_timeout(&lab, TCPR_NEVER);
    assert_true(user_timer(&lab) == TCPR_NEVER);
    lab_set_user_timeout(&lab, TCPR_S(1));
    lab_set_user_timeout(&lab, 0);
    assert_true(user_timer(&lab) == TCPR_NEVER);
    lab_set_user_timeout(&lab, TCPR_S(2));
    lab_wait(&lab, TCPR_S(2));
    expect_state(&lab, TCPR_CLOSED);
}

/* Urgent text that was read past is no longer told of by STATUS (section 3.10.6). */
static void status__urgent_read_past__none_left(void **state)
{
    (void)state;
    struct lab lab;
    struct tcpr_report report;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt, .up = 20, .len = 10));
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.urgent_left, 20);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt, .len = 30));
    assert_int_equal(lab_receive(&lab, 15), 15);
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.urgent_left, 5);
    assert_int_equal(lab_receive(&lab, 10), 10);
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.urgent_left, 0);
}

/* Keep-alives asked for in LISTEN start with the connection, and none are sent in TIME-WAIT. */
static void keepalive__set_where_there_is_no_connection__does_not_run(void **state)
{
    (void)state;
    static const enum tcpr_state states[] = {TCPR_LISTEN, TCPR_SYN_SENT, TCPR_TIME_WAIT};
    for (unsigned i = 0; i < 3; i++) {
        struct lab lab;
        lab_reach(&lab, states[i], (struct how){0});
        tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_KEEPALIVE, 1);
        assert_false(lab_runs(&lab, TCPR_TIMER_KEEPALIVE));
    }
}

/* The controller changes while the connection lives; the window stays what it was. */
static void controller__chosen_meanwhile__window_stays(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    uint32_t cwnd = lab.c.cc.cwnd;
    for (uint8_t controller = TCPR_CUBIC; controller <= TCPR_CUBIC; controller--) {
        tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_CONTROLLER, controller);
        assert_int_equal(lab.c.cc.controller, controller);
        assert_int_equal(lab.c.cc.cwnd, cwnd);
        lab_check(&lab);
    }
}

static void size__of_a_connection_with_its_tail(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.ranges = LAB_RANGES, .records = 8});
    assert_int_equal(tcpr_conn_size(&lab.c), TCPR_CONN_SIZE(LAB_RANGES, 8));
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    assert_int_equal(tcpr_conn_size(&lab.c), sizeof lab.c);
    assert_int_equal((const uint8_t *)(lab.records + 8) - (const uint8_t *)&lab.c, TCPR_CONN_SIZE(LAB_RANGES, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open__buffer_and_iss_given__used),
        cmocka_unit_test(open_passive__peer_not_unicast__refused),
        cmocka_unit_test(send_urgent__nothing__not_urgent),
        cmocka_unit_test(close_queued__send_refused),
        cmocka_unit_test(user_timeout__set_while_listening),
        cmocka_unit_test(status__urgent_read_past__none_left),
        cmocka_unit_test(keepalive__set_where_there_is_no_connection__does_not_run),
        cmocka_unit_test(controller__chosen_meanwhile__window_stays),
        cmocka_unit_test(size__of_a_connection_with_its_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
