/* The retransmission timeout: RFC 6298's numbers, Karn's rule, backoff, R1, R2 and the user timeout. */
#include "support.h"

static void reach(struct lab *lab, uint8_t options)
{
    lab_reach(lab, TCPR_ESTABLISHED, (struct how){.options = options});
    lab->config.rto_min_us = 1; /* to see what is computed */
}

/* Send, wait one round trip, be acknowledged. */
static void round_trip(struct lab *lab, tcpr_time us)
{
    lab_send(lab, 100);
    lab_pull(lab);
    lab->now += us;
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
}

/* RFC6298-2-3: the handshake took 10 ms, so SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR, but a second at least. */
static void first_sample(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    assert_int_equal(lab.c.rtt.srtt_us, 10000);
    assert_int_equal(lab.c.rtt.rttvar_us, 5000);
    assert_true(lab.c.rtt.rto_us == TCPR_S(1)); /* RFC6298-2-8 */
}

/* RFC6298-2-4 to -7, worked by hand: alpha 1/8, beta 1/4, RTTVAR before SRTT. */
static void later_samples(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    round_trip(&lab, 20000);
    assert_in_range(lab.c.rtt.rttvar_us, 6248, 6252); /* 3/4 * 5000 + 1/4 * |10000 - 20000| */
    assert_in_range(lab.c.rtt.srtt_us, 11248, 11252); /* 7/8 * 10000 + 1/8 * 20000 */
    assert_in_range(lab.c.rtt.rto_us, 36240, 36260);  /* 11250 + 4 * 6250 */
    round_trip(&lab, 1000);
    assert_in_range(lab.c.rtt.rttvar_us, 7245, 7255); /* 3/4 * 6250 + 1/4 * 10250 */
    assert_in_range(lab.c.rtt.srtt_us, 9960, 9975);   /* 7/8 * 11250 + 1/8 * 1000 */
    for (int i = 0; i < 300; i++) {
        round_trip(&lab, 50000);
    }
    assert_in_range(lab.c.rtt.srtt_us, 49900, 50000);
    assert_true(lab.c.rtt.rto_us >= lab.c.rtt.srtt_us + lab.config.clock_granularity_us); /* max(G, 4 RTTVAR) */
    assert_true(lab.c.rtt.rto_us <= TCPR_MS(52));
}

/* MUST-18: what was sent twice is no sample, and the backed-off RTO stays until there is one. */
static void karn__retransmitted__no_sample(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    uint32_t srtt = lab.c.rtt.srtt_us;
    lab_send(&lab, 100);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    tcpr_time rto = lab.c.rtt.rto_us;
    lab.now += 5000;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    assert_int_equal(lab.c.rtt.srtt_us, srtt);
    assert_true(lab.c.rtt.rto_us == rto);
    round_trip(&lab, 5000);
    assert_int_not_equal(lab.c.rtt.srtt_us, srtt);
    assert_true(lab.c.rtt.rto_us < rto);
}

/* With timestamps the ACK says which of the two it answers (RFC 7323 section 4.1). */
static void karn__timestamps__sample_taken(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_OPT_TIMESTAMPS);
    lab_send(&lab, 100);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    lab.now += 100 * 1024;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    assert_in_range(lab.c.rtt.srtt_us, 20000, 23000); /* 7/8 * 10000 + 1/8 * 102400 */
}

/* RFC6298-5-5, RFC6298-2-9: doubled each time, up to the ceiling, and the same text each time. */
static void backoff__doubles_to_the_ceiling(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 100});
    lab_set_user_timeout(&lab, 0);
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_R2, TCPR_NEVER);
    tcpr_time want = TCPR_S(1);
    for (int i = 0; i < 20; i++) {
        tcpr_time began = lab.now;
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        if (i > 0) { assert_true(lab.now - began == want); }
        lab_pull(&lab);
        assert_int_equal(lab.outs, 1);
        assert_int_equal(lab.out[0].text_len, 100);
        want = want * 2 > lab.config.rto_max_us ? lab.config.rto_max_us : want * 2;
    }
    assert_true(want == lab.config.rto_max_us);
    expect_state(&lab, TCPR_ESTABLISHED); /* MUST-21: R2 was set to infinity */
}

/* RFC6298-5-4, RFC5681-3.1-6: a SYN that was lost makes the first RTO 3 s and the window one segment. */
static void syn_lost__three_seconds_and_one_segment(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){0});
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    struct tcpr_options o = {.present = TCPR_OPT_MSS, .mss = 1460};
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 5, .ack = lab.c.snd.nxt, .options = &o));
    lab_send(&lab, 5000);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    assert_int_equal(lab.c.cc.cwnd, 1460);
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + TCPR_S(3));
}

/* The same where CLOSE did not wait for the ACK of the SYN: the FIN is what data transmission begins with. */
static void syn_ack_lost__closed_meanwhile__three_seconds(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){.features_on = TCPR_FEATURE_KEEPALIVE});
    lab_close(&lab);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].control, TCPR_SYN | TCPR_ACK);
    assert_false(lab_runs(&lab, TCPR_TIMER_KEEPALIVE));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.iss + 1));
    expect_state(&lab, TCPR_FIN_WAIT_1);
    assert_int_equal(lab.c.cc.cwnd, 1460);
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + TCPR_S(3));
    assert_true(lab.c.timer[TCPR_TIMER_KEEPALIVE] == lab.now + lab.c.keepalive_idle_us);
}

/* RFC6298-5-1 to -3: started when it does not run, restarted by what is new, stopped when all is acknowledged. */
static void timer__started_restarted_stopped(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    lab_send(&lab, 100);
    lab_pull(&lab);
    tcpr_time due = lab.now + lab.c.rtt.rto_us;
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == due);
    lab.now += TCPR_MS(500);
    lab_send(&lab, 100);
    lab_pull(&lab);
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == due);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una + 100));
    assert_true(lab.c.timer[TCPR_TIMER_RETRANSMIT] == lab.now + lab.c.rtt.rto_us);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una)); /* nothing new */
    lab.now += TCPR_MS(10);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
}

static void give_up_after(struct lab *lab, tcpr_time least, tcpr_time most)
{
    tcpr_time began = lab->now;
    while (lab->c.state != TCPR_CLOSED) {
        assert_true(lab->now - began <= most);
        lab->now = tcpr_next_deadline(&lab->c);
        lab_wait(lab, 1);
        lab_pull(lab);
    }
    expect_event(lab, TCPR_EVENT_TIMED_OUT);
    assert_true(lab->now - began >= least);
}

/* Section 3.9.1.1: the user's patience, counted from when text began to wait, and no RST. */
static void user_timeout__text_unacknowledged__aborts(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.user_timeout = TCPR_S(10)});
    lab.now += TCPR_S(3600); /* idleness is no reason */
    lab_send(&lab, 100);
    lab_pull(&lab);
    give_up_after(&lab, TCPR_S(10), TCPR_S(10) + TCPR_MS(10));
    assert_false(lab.fx.has_reply);
}

/* Progress, however slow, is no reason either. */
static void user_timeout__progress__restarts(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.user_timeout = TCPR_S(10)});
    lab_send(&lab, 20);
    for (int i = 0; i < 19; i++) {
        lab_pull(&lab);
        lab_wait(&lab, TCPR_S(8));
        expect_state(&lab, TCPR_ESTABLISHED);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una + 1));
    }
    lab_pull(&lab);
    give_up_after(&lab, TCPR_S(9), TCPR_S(11));
}

static void r2__set_by_the_application(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    lab_set_user_timeout(&lab, 0);
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_R2, TCPR_S(20));
    lab_send(&lab, 100);
    lab_pull(&lab);
    give_up_after(&lab, TCPR_S(20), TCPR_S(40));
}

/* SHLD-9, SHLD-10: at R1 the user hears of it once; with progress the count begins again. */
static void r1__told_once_and_counted_anew(void **state)
{
    struct lab lab;
    uint32_t told = 0;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2000});
    for (uint32_t i = 0; i + 1 < lab.config.r1_retransmissions; i++) {
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        lab_pull(&lab);
        expect_no_event(&lab, TCPR_EVENT_TROUBLE);
    }
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una + 1));
    lab_pull(&lab);
    for (uint32_t i = 1; i <= lab.config.r1_retransmissions + 1; i++) {
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        lab_pull(&lab);
        told += lab_event(&lab, TCPR_EVENT_TROUBLE);
        assert_int_equal(told, i >= lab.config.r1_retransmissions);
    }
}

/* RFC6298-3-3: what is being timed goes on being timed. */
static void one_sample_a_round_trip(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    lab_send(&lab, 100);
    lab_pull(&lab);
    lab.now += 5000;
    lab_send(&lab, 100);
    lab_pull(&lab);
    lab.now += 13000;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una + 100));
    assert_in_range(lab.c.rtt.srtt_us, 10990, 11010); /* 7/8 * 10000 + 1/8 * 18000 */
}

/* SHLD-29: the first probe after one RTO, whatever retransmissions went before. */
static void persist__after_backoff__one_rto(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2000});
    for (int i = 0; i < 3; i++) {
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        lab_pull(&lab);
    }
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una, .no_wnd = true));
    assert_true(lab.c.timer[TCPR_TIMER_PERSIST] == lab.now + lab.c.rtt.rto_us);
}

/* The embedder's default for new connections (MUST-24). */
static void keepalive__by_configuration(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.features_on = TCPR_FEATURE_KEEPALIVE});
    assert_true(lab_runs(&lab, TCPR_TIMER_KEEPALIVE));
    lab_fire(&lab, TCPR_TIMER_KEEPALIVE);
    assert_int_equal(lab_pull(&lab), 1);
}

/* MUST-27: both intervals are the application's. */
static void keepalive__intervals_set(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_KEEPALIVE_IDLE, TCPR_S(50));
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_KEEPALIVE_INTERVAL, TCPR_S(7));
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_KEEPALIVE, 1);
    tcpr_time heard = lab.c.heard_at;
    lab_fire(&lab, TCPR_TIMER_KEEPALIVE);
    assert_true(lab.now == heard + TCPR_S(50));
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_KEEPALIVE);
    assert_true(lab.now == heard + TCPR_S(57));
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_KEEPALIVE, 0); /* MUST-24 */
    assert_false(lab_runs(&lab, TCPR_TIMER_KEEPALIVE));
}

/* Another setting neither forgets probes that are out nor moves the next one. */
static void keepalive__unanswered_probes_outlive_other_settings(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.features_on = TCPR_FEATURE_KEEPALIVE});
    lab_fire(&lab, TCPR_TIMER_KEEPALIVE);
    assert_int_equal(lab.c.probes, 1);
    tcpr_time next = lab.c.timer[TCPR_TIMER_KEEPALIVE];
    for (enum tcpr_setting setting = TCPR_SET_NODELAY; setting <= TCPR_SET_R2; setting++) {
        tcpr_set(&lab.c, &lab.config, lab.now, setting, 1);
        assert_int_equal(lab.c.probes, 1);
        assert_true(lab.c.timer[TCPR_TIMER_KEEPALIVE] == next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_sample),
        cmocka_unit_test(later_samples),
        cmocka_unit_test(karn__retransmitted__no_sample),
        cmocka_unit_test(karn__timestamps__sample_taken),
        cmocka_unit_test(backoff__doubles_to_the_ceiling),
        cmocka_unit_test(syn_lost__three_seconds_and_one_segment),
        cmocka_unit_test(syn_ack_lost__closed_meanwhile__three_seconds),
        cmocka_unit_test(timer__started_restarted_stopped),
        cmocka_unit_test(user_timeout__text_unacknowledged__aborts),
        cmocka_unit_test(user_timeout__progress__restarts),
        cmocka_unit_test(r2__set_by_the_application),
        cmocka_unit_test(r1__told_once_and_counted_anew),
        cmocka_unit_test(one_sample_a_round_trip),
        cmocka_unit_test(persist__after_backoff__one_rto),
        cmocka_unit_test(keepalive__by_configuration),
        cmocka_unit_test(keepalive__intervals_set),
        cmocka_unit_test(keepalive__unanswered_probes_outlive_other_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
