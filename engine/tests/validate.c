/* RFC 7661: a window that is not used is kept for five minutes, and a loss in it counts for more. */
#include "support.h"

#define MSS 1460u
#define RTT TCPR_MS(100)

/* The path takes RTT. */
static void reach(struct lab *lab, uint32_t features_off)
{
    lab_reach(lab, TCPR_ESTABLISHED,
              (struct how){.options = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED,
                           .features_off = features_off,
                           .ranges = 8,
                           .peer_shift = 4,
                           .send_buffer = 1u << 20});
    lab->window = 65535;
    lab->c.cc.cwnd = 40 * MSS;
}

/* So many segments go, and are acknowledged at once a round trip later. */
static void use(struct lab *lab, uint32_t segments)
{
    lab_send(lab, segments * MSS);
    assert_int_equal(lab_pull(lab), segments);
    lab_wait(lab, RTT);
    lab_acked(lab, lab->c.snd.nxt);
}

static bool unproved(const struct lab *lab)
{
    return (lab->c.cc.flags & TCPR_CONGESTION_UNPROVED) != 0;
}

/* RFC7661-4.4-1, RFC7661-4.4-7, RFC7661-4.2-4: half is enough, less is not; and the most of the last second counts. */
static void half_used__proved__less__not(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 0);
    use(&lab, 1);
    assert_false(unproved(&lab)); /* nothing is known yet */
    use(&lab, 20);
    assert_false(unproved(&lab));
    for (int i = 0; i < 8; i++) {
        use(&lab, 19);
        assert_false(unproved(&lab));
    }
    for (int i = 0; i < 4; i++) {
        use(&lab, 19);
    }
    assert_true(unproved(&lab));
    assert_int_equal(lab.c.cc.cwnd, 40 * MSS);
    use(&lab, 20);
    assert_false(unproved(&lab));
}

/* RFC7661-4.4.3-1, RFC7661-4.4.3-2: halved for each five minutes, not below the initial window. */
static void five_minutes__halved(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_FEATURE_RESTART_WINDOW);
    lab.c.cc.ssthresh = 10 * MSS;
    use(&lab, 1);
    use(&lab, 2);
    assert_true(unproved(&lab));
    lab_wait(&lab, TCPR_S(299));
    use(&lab, 2);
    assert_int_equal(lab.c.cc.cwnd, 40 * MSS);
    lab_wait(&lab, TCPR_S(2));
    use(&lab, 2);
    assert_int_equal(lab.c.cc.cwnd, 20 * MSS);
    assert_int_equal(lab.c.cc.ssthresh, 30 * MSS);
    lab_wait(&lab, TCPR_S(36000));
    use(&lab, 2);
    assert_int_equal(lab.c.cc.cwnd, 3 * MSS);
}

/* What it grows to after all those five minutes is not halved for them again. */
static void long_silence__halved_once_for_all(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_FEATURE_RESTART_WINDOW);
    use(&lab, 1);
    use(&lab, 2);
    lab_wait(&lab, TCPR_S(36000));
    use(&lab, 1);
    assert_int_equal(lab.c.cc.cwnd, 3 * MSS);
    lab_send(&lab, 30 * MSS);
    assert_int_equal(lab_pull(&lab), 3);
    lab_wait(&lab, RTT);
    lab_acked(&lab, lab.c.snd.una + MSS);
    assert_true(unproved(&lab));
    assert_int_equal(lab_pull(&lab), 2);
    assert_int_equal(lab.c.cc.cwnd, 4 * MSS);
}

/* Five minutes are over while more is out than half of the window: nothing leaves until enough has arrived. */
static void halved_below_what_is_out__nothing_leaves(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_FEATURE_RESTART_WINDOW);
    use(&lab, 1);
    use(&lab, 2);
    lab_wait(&lab, TCPR_MS(299500));
    lab_send(&lab, 25 * MSS);
    assert_int_equal(lab_pull(&lab), 25);
    uint32_t una = lab.c.snd.una;
    lab_wait(&lab, TCPR_MS(900));
    lab_send(&lab, 5 * MSS);
    assert_int_equal(lab_pull(&lab), 0);
    lab_acked(&lab, una + 7 * MSS);
    assert_int_equal(lab_pull(&lab), 2);
    assert_int_equal(lab.c.cc.cwnd, 20 * MSS);
    lab_acked(&lab, una + 27 * MSS);
    assert_int_equal(lab_pull(&lab), 3);
}

/* Silence makes what was measured old, from when it was. */
static void silence__counts_from_the_last_measurement(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_FEATURE_RESTART_WINDOW);
    use(&lab, 30);
    use(&lab, 30);
    assert_false(unproved(&lab));
    lab_wait(&lab, TCPR_S(301));
    use(&lab, 1);
    assert_int_equal(lab.c.cc.cwnd, 20 * MSS);
}

/* RFC7661-4.4.1-1, RFC7661-4.4.1-2, RFC7661-4.4-5: what was under way counts, less what went again. */
static void loss__counts_what_was_used(void **state)
{
    (void)state;
    for (uint64_t controller = TCPR_RENO; controller <= TCPR_CUBIC; controller++) {
        struct lab lab;
        reach(&lab, 0);
        tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_CONTROLLER, controller);
        use(&lab, 1);
        use(&lab, 2);
        assert_true(unproved(&lab));
        lab_send(&lab, 12 * MSS);
        lab_pull(&lab);
        uint32_t una = lab.c.snd.una;
        lab_reported(&lab, una + 4 * MSS, una + 12 * MSS);
        assert_int_equal(lab.c.cc.ssthresh, 6 * MSS);
        lab_pull(&lab);
        lab_acked(&lab, una + 2 * MSS);
        lab_pull(&lab);
        assert_int_equal(lab.c.snd.rxt_nxt - una, 4 * MSS);
        lab_acked(&lab, una + 12 * MSS);
        assert_int_equal(lab.c.cc.cwnd, 4 * MSS);
        assert_int_equal(lab.c.cc.ssthresh, 4 * MSS);
        assert_false(unproved(&lab));
    }
}

/* RFC7661-4.4-6. */
static void timeout__as_any(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 0);
    use(&lab, 1);
    use(&lab, 2);
    lab_send(&lab, 12 * MSS);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_false(unproved(&lab));
    assert_int_equal(lab.c.cc.cwnd, MSS);
    assert_int_equal(lab.c.cc.ssthresh, 6 * MSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_used__proved__less__not),
        cmocka_unit_test(five_minutes__halved),
        cmocka_unit_test(silence__counts_from_the_last_measurement),
        cmocka_unit_test(loss__counts_what_was_used),
        cmocka_unit_test(timeout__as_any),
        cmocka_unit_test(long_silence__halved_once_for_all),
        cmocka_unit_test(halved_below_what_is_out__nothing_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
