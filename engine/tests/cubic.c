/* RFC 9438: the curve, what a loss leaves, Reno's share where that is more, and what idling does not count for. */
#include "support.h"

#include <math.h>

#define MSS 1460u

/* `segments` are CWND, and outstanding; the round trip is known. */
static void reach_with(struct lab *lab, uint32_t segments, tcpr_time srtt_us, uint32_t octets)
{
    struct how how = {.send_buffer = 1u << 24, .options = TCPR_OPT_WINDOW_SCALE, .peer_shift = 4};
    lab_init(lab, &how);
    lab->config.controller = TCPR_CUBIC;
    lab_open_passive(lab, &how);
    struct tcpr_options o = {
        .present = TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE, .mss = MSS, .window_scale = how.peer_shift};
    lab_arrives(lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .options = &o));
    lab_pull(lab);
    lab_acked(lab, lab->c.snd.nxt);
    expect_state(lab, TCPR_ESTABLISHED);
    lab_send(lab, octets);
    lab->c.cc.cwnd = segments * MSS;
    lab->c.rtt.srtt_us = (uint32_t)srtt_us;
    lab_pull(lab);
    assert_int_equal(lab->c.snd.nxt - lab->c.snd.una, segments * MSS);
}

static void reach(struct lab *lab, uint32_t segments, tcpr_time srtt_us)
{
    reach_with(lab, segments, srtt_us, 1u << 24);
}

static void lose_one(struct lab *lab)
{
    uint32_t una = lab->c.snd.una;
    for (int i = 0; i < 3; i++) {
        lab_acked(lab, una);
    }
    assert_true((lab->c.flags & TCPR_FLAG_RECOVERY) != 0);
    lab_pull(lab);
    lab_acked(lab, lab->c.snd.nxt);
    assert_int_equal(lab->c.flags & TCPR_FLAG_RECOVERY, 0);
    lab_pull(lab);
}

/* One round trip: the window is acknowledged evenly over it, segment by segment. */
static void round_trip(struct lab *lab, tcpr_time us)
{
    uint32_t end = lab->c.snd.nxt, segments = (end - lab->c.snd.una) / MSS;
    for (uint32_t i = 0; i < segments; i++) {
        lab->now += us / segments;
        lab_acked(lab, lab->c.snd.una + MSS);
        lab_pull(lab);
    }
}

/* RFC9438-4.6-1, RFC9438-4.6-2, RFC9438-4.7-1. */
static void loss__seven_tenths__fast_convergence(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 100, TCPR_MS(100));
    lose_one(&lab);
    assert_int_equal(lab.c.cc.ssthresh, 70 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 70 * MSS);
    assert_int_equal(lab.c.cc.of.cubic.w_max, 100 * MSS);
    lab_acked(&lab, lab.c.snd.una + MSS);
    lab_pull(&lab);
    uint32_t cwnd = lab.c.cc.cwnd, flight = lab.c.snd.nxt - lab.c.snd.una;
    lose_one(&lab); /* below the last maximum: leave room to another */
    assert_int_equal(lab.c.cc.of.cubic.w_max, cwnd / 20 * 17);
    assert_int_equal(lab.c.cc.ssthresh, flight / 10 * 7);
}

/* RFC9438-4.4-1, RFC9438-4.5-1, RFC9438-4.2-n1: the window follows the curve, within three segments in a hundred. */
static void growth__follows_the_curve(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 80, TCPR_MS(100));
    lose_one(&lab);
    double most = 80, k = cbrt(most * 0.3 / 0.4);
    for (int trips = 1; trips <= 60; trips++) {
        lab.c.rtt.srtt_us = (uint32_t)TCPR_MS(100);
        round_trip(&lab, TCPR_MS(100));
        double t = 0.1 * trips, cubic = 0.4 * pow(t - k, 3) + most, reno = 0.7 * most + 9. / 17 * trips;
        if (reno > most) { reno = most + (reno - most) / 9 * 17; } /* RFC9438-4.3-2 */
        double want = cubic > reno ? cubic : reno, got = (double)lab.c.cc.cwnd / MSS;
        if (fabs(got - want) > 0.04 * want) { fail_msg("after %d round trips %.1f instead of %.1f", trips, got, want); }
    }
}

/* RFC9438-4.3-1: on a short path Reno would be faster, and so is CUBIC then. */
static void short_path__no_less_than_reno(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 20, TCPR_MS(1));
    lose_one(&lab);
    assert_int_equal(lab.c.cc.cwnd, 14 * MSS);
    for (int trips = 0; trips < 20; trips++) {
        lab.c.rtt.srtt_us = (uint32_t)TCPR_MS(1);
        round_trip(&lab, TCPR_MS(1));
    }
    assert_in_range(lab.c.cc.cwnd, 27 * MSS, 29 * MSS); /* 20 after eleven round trips, then one more each */
}

/* RFC9438-4.2-1: an hour of silence is no hour of growth. */
static void idling__does_not_count(void **state)
{
    (void)state;
    struct lab lab;
    reach_with(&lab, 50, TCPR_MS(100), 70 * MSS);
    lose_one(&lab);
    lab.config.features &= ~(uint32_t)TCPR_FEATURE_RESTART_WINDOW;
    while (lab.c.snd.una_at != lab.c.snd.end_at) {
        lab_acked(&lab, lab.c.snd.nxt);
        lab_pull(&lab);
    }
    uint32_t before = lab.c.cc.of.cubic.elapsed_us, cwnd = lab.c.cc.cwnd;
    assert_true(cwnd >= lab.c.cc.ssthresh);
    lab.now += TCPR_S(50);
    lab_send(&lab, 1u << 20);
    lab_pull(&lab);
    lab_acked(&lab, lab.c.snd.una + MSS);
    assert_true(lab.c.cc.of.cubic.elapsed_us - before <= TCPR_MS(101));
    assert_true(lab.c.cc.cwnd <= cwnd + MSS);
}

/* RFC9438-4.8-1: after a timeout the curve starts flat, from where congestion avoidance begins. */
static void timeout__starts_flat(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 40, TCPR_MS(100));
    lab.config.features &= ~(uint32_t)TCPR_FEATURE_FRTO; /* every ACK here is of what went again */
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.cc.cwnd, MSS);
    assert_int_equal(lab.c.cc.ssthresh, 28 * MSS);
    assert_int_equal(lab.c.cc.of.cubic.w_max, 0);
    lab_pull(&lab);
    while (lab.c.cc.cwnd < lab.c.cc.ssthresh) {
        lab_acked(&lab, lab.c.snd.una + MSS);
        lab_pull(&lab);
    }
    lab_acked(&lab, lab.c.snd.una + MSS);
    assert_int_equal(lab.c.cc.of.cubic.k_ticks, 0);
    assert_int_equal(lab.c.cc.of.cubic.w_max, 28 * MSS);
}

/* Any window, any time, any amount: no overflow, and never beyond half as much again for one window acknowledged. */
static void extremes__bounded(void **state)
{
    (void)state;
    const uint32_t windows[] = {MSS, 2 * MSS, 100 * MSS, 1u << 24, 1u << 30};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        for (uint32_t srtt = 0; srtt < 1000000000u; srtt = srtt * 10 + 1) {
            struct lab lab;
            reach(&lab, 60, TCPR_MS(10));
            struct tcpr_congestion_vars *cc = &lab.c.cc;
            cc->cwnd = windows[i];
            cc->ssthresh = 1;
            cc->of.cubic.w_max = windows[(i * 3 + srtt) % 5];
            lab.c.rtt.srtt_us = srtt;
            lab.now += srtt;
            lab_acked(&lab, lab.c.snd.nxt);
            assert_in_range(cc->cwnd, windows[i], windows[i] == 1u << 30 ? 1u << 30 : windows[i] / 2 * 3 + MSS);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss__seven_tenths__fast_convergence),
        cmocka_unit_test(growth__follows_the_curve),
        cmocka_unit_test(short_path__no_less_than_reno),
        cmocka_unit_test(idling__does_not_count),
        cmocka_unit_test(timeout__starts_flat),
        cmocka_unit_test(extremes__bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
