/* RFC 9406: round trips that grow longer slow the first slow start down, and after five rounds end it. */
#include "support.h"

#define MSS 1448u

static void reach(struct lab *lab, uint8_t options)
{
    lab_reach(lab, TCPR_ESTABLISHED,
              (struct how){.options = TCPR_OPT_WINDOW_SCALE | options, .peer_shift = 4, .send_buffer = 1u << 22});
    lab->window = 65535;
    lab_send(lab, 1u << 21);
    lab->c.cc.cwnd = 10 * MSS;
    lab_pull(lab);
}

/* What is out is acknowledged, a segment at a time, `us` after it left. @return by how many segments CWND grew */
static uint32_t round_trip(struct lab *lab, tcpr_time us)
{
    uint32_t end = lab->c.snd.nxt, before = lab->c.cc.cwnd, echo = lab->ts_echo;
    lab_wait(lab, us);
    while (lab->c.snd.una != end) {
        uint32_t mss = end - lab->c.snd.una < MSS ? end - lab->c.snd.una : MSS;
        struct tcpr_segment seg =
            lab_segment(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una + mss));
        seg.options.ts_ecr = echo;
        lab_given(lab, &seg);
        lab_pull(lab);
    }
    return (lab->c.cc.cwnd - before) / MSS;
}

static bool slow(const struct lab *lab)
{
    return lab->c.cc.of.hystart.baseline_us != 0;
}

/* RFC9406-4.2-n1, RFC9406-4.2-n2, RFC9406-4.2-n4. */
static void longer__a_quarter__ends_after_five_rounds(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_OPT_TIMESTAMPS);
    assert_int_equal(round_trip(&lab, TCPR_MS(40)), 10);
    assert_int_equal(round_trip(&lab, TCPR_MS(40)), 20);
    assert_false(slow(&lab));
    round_trip(&lab, TCPR_MS(50));
    round_trip(&lab, TCPR_MS(50));
    assert_true(slow(&lab));
    uint32_t cwnd = lab.c.cc.cwnd / MSS;
    assert_in_range(round_trip(&lab, TCPR_MS(50)), cwnd / 5, cwnd / 3);
    for (int i = 0; i < 5; i++) {
        round_trip(&lab, TCPR_MS(50));
    }
    assert_true(lab.c.cc.ssthresh < 1u << 30);
    assert_true(lab.c.cc.cwnd >= lab.c.cc.ssthresh);
    assert_true(round_trip(&lab, TCPR_MS(50)) <= 1);
}

/* Less than an eighth, or 4 ms, is no queue. */
static void hardly_longer__not_slowed(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_OPT_TIMESTAMPS);
    for (int i = 0; i < 4; i++) {
        round_trip(&lab, TCPR_MS(20) + (tcpr_time)i * 900);
        assert_false(slow(&lab));
    }
}

/* RFC9406-4.2-n3. */
static void shorter_again__resumes(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, TCPR_OPT_TIMESTAMPS);
    round_trip(&lab, TCPR_MS(40));
    round_trip(&lab, TCPR_MS(60));
    round_trip(&lab, TCPR_MS(60));
    assert_true(slow(&lab));
    round_trip(&lab, TCPR_MS(40));
    assert_false(slow(&lab));
    assert_int_equal(lab.c.cc.ssthresh, 1u << 30);
}

/* RFC9406-4.3-6: a loss ends it for good, and nothing of it is left in what the controller remembers. */
static void loss__ends_it(void **state)
{
    (void)state;
    for (uint64_t controller = TCPR_RENO; controller <= TCPR_CUBIC; controller++) {
        struct lab lab;
        reach(&lab, TCPR_OPT_TIMESTAMPS);
        tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_CONTROLLER, controller);
        round_trip(&lab, TCPR_MS(40));
        round_trip(&lab, TCPR_MS(60));
        round_trip(&lab, TCPR_MS(60));
        assert_true(slow(&lab));
        uint32_t cwnd = lab.c.cc.cwnd;
        for (int i = 0; i < 3; i++) {
            lab_acked(&lab, lab.c.snd.una);
        }
        assert_true(lab.c.cc.ssthresh <= cwnd);
        if (controller == TCPR_RENO) { assert_int_equal(lab.c.cc.of.reno.acked, 0); }
        if (controller == TCPR_CUBIC) { assert_int_equal(lab.c.cc.of.cubic.w_max, cwnd); }
        if (controller == TCPR_CUBIC) { assert_int_equal(lab.c.cc.of.cubic.k_ticks, 0); }
    }
}

/* Without a sample for each ACK nothing is known; and it can be turned off. */
static void no_timestamps_or_off__plain_slow_start(void **state)
{
    (void)state;
    for (int off = 0; off < 2; off++) {
        struct lab lab;
        reach(&lab, off ? TCPR_OPT_TIMESTAMPS : 0);
        if (off) { lab.config.slow_start = TCPR_SLOW_START_STANDARD; }
        for (int i = 0; i < 4; i++) {
            round_trip(&lab, TCPR_MS(40) + TCPR_MS(40) * (tcpr_time)i);
        }
        assert_false(slow(&lab));
        assert_int_equal(lab.c.cc.ssthresh, 1u << 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longer__a_quarter__ends_after_five_rounds),
        cmocka_unit_test(hardly_longer__not_slowed),
        cmocka_unit_test(shorter_again__resumes),
        cmocka_unit_test(loss__ends_it),
        cmocka_unit_test(no_timestamps_or_off__plain_slow_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
