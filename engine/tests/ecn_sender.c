/* RFC 3168's sender: one reduction a window, by mark or loss, and CWR behind it. RFC 8511. */
#include "ecn.h"

static void ack_sack(struct lab *lab, uint16_t control, uint32_t first, uint32_t end)
{
    struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{first, end}}};
    lab_arrives(lab, SEG(.ctl = TCPR_ACK | control, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .options = &o));
}

static const struct {
    uint8_t controller;
    uint32_t features;
    uint32_t left; /* hundredths */
} answers[] = {
    {TCPR_RENO, 0, 50}, {TCPR_CUBIC, 0, 70}, {TCPR_RENO, TCPR_FEATURE_ABE, 80}, {TCPR_CUBIC, TCPR_FEATURE_ABE, 85}};

/* RFC3168-6.1.2-n1, RFC3168-6.1.2-2, RFC8511-3-1, RFC8511-3.1-n2: and CWR goes with the next new text, once. */
static void ece__reduces_once_a_window__cwr_follows(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof answers / sizeof answers[0]; n++) {
        struct lab lab;
        reach(&lab, (struct how){.active = true, .features_on = answers[n].features});
        lab.c.cc.controller = answers[n].controller;
        uint32_t una = out(&lab, 20);
        lab.c.cc.ssthresh = 20 * MSS;
        uint32_t left = 20 * MSS / 100 * answers[n].left;
        ack_ece(&lab, una + MSS);
        expect_rule(&lab, TCPR_RULE_3168_6_1_2_N1);
        assert_in_range(lab.c.cc.cwnd, left - 100, left + 100);
        assert_int_equal(lab.c.cc.ssthresh, lab.c.cc.cwnd);
        for (uint32_t i = 2; i <= 20; i++) { /* of the same window */
            ack_ece(&lab, una + i * MSS);
            assert_int_equal(lab.c.cc.cwnd, lab.c.cc.ssthresh);
        }
        assert_true(lab_pull(&lab) > 1);
        assert_int_equal(lab.out[0].control & TCPR_CWR, TCPR_CWR);
        assert_int_equal(lab.out[0].ecn, ECT_0);
        assert_int_equal(lab.out[1].control & TCPR_CWR, 0);
        uint32_t before = lab.c.cc.cwnd;
        ack_ece(&lab, una + 21 * MSS); /* of what was sent since */
        assert_true(lab.c.cc.cwnd < before);
    }
}

/* RFC8511-4-n1, RFC8511-3.1-n1. */
static void abe__not_in_slow_start__not_for_loss(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true, .features_on = TCPR_FEATURE_ABE});
    uint32_t una = out(&lab, 20);
    ack_ece(&lab, una + MSS);
    assert_int_equal(lab.c.cc.cwnd, 10 * MSS);
    reach(&lab, (struct how){.active = true, .features_on = TCPR_FEATURE_ABE});
    una = out(&lab, 20);
    lab.c.cc.ssthresh = 20 * MSS;
    for (unsigned n = 0; n < 3; n++) {
        lab_acked(&lab, una);
    }
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
}

/* An ACK of all that was out: what counts is what was out before it. */
static void ece_acknowledges_all__half_of_what_was_out(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    uint32_t una = out(&lab, 20);
    ack_ece(&lab, una + 20 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 10 * MSS);
}

static void ece_on_old_ack__without_agreement__nothing(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    uint32_t una = out(&lab, 20);
    lab_acked(&lab, una + 2 * MSS);
    uint32_t cwnd = lab.c.cc.cwnd;
    ack_ece(&lab, una + MSS);
    assert_int_equal(lab.c.cc.cwnd, cwnd);
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.active = true, .text = 1000});
    cwnd = lab.c.cc.cwnd;
    ack_ece(&lab, lab.c.snd.nxt);
    assert_true(lab.c.cc.cwnd >= cwnd);
}

/* RFC3168-6.1.2-n1: a loss in the window that a mark has reduced is mended, and reduces nothing. By duplicates, by
 * SACK, with PRR and without, by RACK, by the timer. */
static void loss_after_mark__mended__one_reduction(void **state)
{
    const struct how ways[] = {
        {.features_off = TCPR_FEATURE_SACK},
        {.ranges = 8, .options = TCPR_OPT_SACK_PERMITTED},
        {.ranges = 8, .options = TCPR_OPT_SACK_PERMITTED, .features_off = TCPR_FEATURE_PRR},
        {.ranges = 8, .records = 64, .options = TCPR_OPT_SACK_PERMITTED},
    };
    (void)state;
    for (size_t n = 0; n < sizeof ways / sizeof ways[0]; n++) {
        struct lab lab;
        reach(&lab, ways[n]);
        uint32_t una = out(&lab, 20);
        ack_ece(&lab, una + MSS);
        assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
        for (uint32_t i = 0; i < 6; i++) {
            lab.now += TCPR_MS(20);
            if (n == 0) {
                ack_ece(&lab, una + MSS);
            } else {
                ack_sack(&lab, TCPR_ECE, una + 2 * MSS, una + (3 + i) * MSS);
            }
        }
        assert_true((lab.c.flags & TCPR_FLAG_RECOVERY) != 0);
        assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
        lab_pull(&lab);
        assert_true(lab.outs >= 1);
        assert_int_equal(lab.out[0].seq, una + MSS);
        assert_int_equal(lab.out[0].ecn, 0);
        assert_int_equal(lab.out[0].control & TCPR_CWR, 0);
        ack_ece(&lab, una + 20 * MSS);
        assert_false((lab.c.flags & TCPR_FLAG_RECOVERY) != 0);
        assert_int_equal(lab.c.cc.cwnd, 10 * MSS);
    }
}

static void timeout_after_mark__window_falls__threshold_stays(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    uint32_t una = out(&lab, 20);
    ack_ece(&lab, una + MSS);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.cc.cwnd, MSS);
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
    assert_true((lab.c.loss & TCPR_LOSS_FRTO_FIRST) != 0); /* a mark sent nothing again (RFC5682-2.1-2) */
    lab_pull(&lab);
    ack_ece(&lab, una + 2 * MSS); /* of what was sent before: no more */
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
    assert_int_equal(lab.c.cc.cwnd, MSS);
}

/* The order turned round: a mark within a recovery takes nothing, and the first new text after any reduction says CWR.
 */
static void mark_after_loss__nothing__cwr_follows(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    uint32_t una = out(&lab, 20);
    for (unsigned n = 0; n < 3; n++) {
        lab_acked(&lab, una);
    }
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
    lab_pull(&lab);
    ack_ece(&lab, una + 20 * MSS);
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 10 * MSS);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].control & TCPR_CWR, TCPR_CWR);
    ack_ece(&lab, una + 21 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 5 * MSS);
}

/* RFC8985-7.4.2-2: what a probe mended has reduced the window; so a mark in the same window does not. */
static void probe_mends__mark_reduces_no_more(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.ranges = 8, .records = 64, .options = TCPR_OPT_SACK_PERMITTED});
    lab.now += TCPR_MS(50);
    lab_send(&lab, 20 * MSS);
    lab.c.cc.cwnd = 20 * MSS;
    lab_pull(&lab);
    uint32_t una = lab.c.snd.una;
    lab.now += TCPR_MS(50);
    lab_acked(&lab, una + 19 * MSS);
    lab_fire(&lab, TCPR_TIMER_LOSS);
    assert_int_equal(lab_pull(&lab), 1);
    lab.now += TCPR_MS(50);
    lab_send(&lab, 10 * MSS);
    lab_pull(&lab);
    ack_ece(&lab, una + 21 * MSS);
    expect_rule(&lab, TCPR_RULE_8985_7_4_2_1);
    uint32_t ssthresh = lab.c.cc.ssthresh;
    ack_ece(&lab, una + 22 * MSS);
    assert_int_equal(lab.c.cc.ssthresh, ssthresh);
}

/* RFC3168-6.1.2-3, RFC9438-4.6-5, RFC9438-4.6-6: one segment, then one for each timeout. */
static void ece_at_one_segment__waits_for_the_timer(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    uint32_t una = out(&lab, 2);
    ack_ece(&lab, una + 2 * MSS);
    assert_int_equal(lab.c.cc.cwnd, MSS);
    assert_int_equal(lab.c.cc.ssthresh, 2 * MSS);
    assert_int_equal(lab_pull(&lab), 1);
    ack_ece(&lab, una + 3 * MSS);
    expect_rule(&lab, TCPR_RULE_3168_6_1_2_3);
    assert_int_equal(lab_pull(&lab), 0);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    lab_acked(&lab, una + 3 * MSS); /* nor does another ACK let it go */
    assert_int_equal(lab_pull(&lab), 0);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_false(lab_did(&lab, TCPR_ACT_RETRANSMITS));
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].seq, una + 3 * MSS);
    assert_int_equal(lab.out[0].control & TCPR_CWR, TCPR_CWR);
    lab_acked(&lab, una + 4 * MSS);
    assert_true(lab_pull(&lab) >= 1);
}

/* The peer shuts its window meanwhile: the probe rules, and when it opens the wait goes on and ends. */
static void held_back__window_shuts__ends(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    uint32_t una = out(&lab, 1);
    ack_ece(&lab, una + MSS);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una + MSS, .no_wnd = true));
    lab_fire(&lab, TCPR_TIMER_PERSIST);
    assert_int_equal(lab_pull(&lab), 1);
    lab_acked(&lab, una + MSS + 1);
    lab_pull(&lab);
    lab_wait(&lab, TCPR_S(2));
    assert_int_equal(lab.c.ecn & TCPR_ECN_HELD_BACK, 0);
    lab_pull(&lab);
    assert_true(lab.outs >= 1);
}

/* `recover` moves along, or after 2^31 octets it would seem ahead, and neither loss nor mark would count. */
static void two_gigabytes_later__loss_and_mark_still_count(void **state)
{
    (void)state;
    struct lab lab;
    struct how how = {.active = true,
                      .ecn = true,
                      .send_buffer = 1u << 30,
                      .options = TCPR_OPT_WINDOW_SCALE,
                      .peer_shift = 14,
                      .peer_mss = 32000};
    lab_init(&lab, &how);
    lab.config.mtu = 40000;
    lab_open_active(&lab, &how);
    lab_pull(&lab);
    struct tcpr_options o = {
        .present = TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE, .mss = 32000, .window_scale = how.peer_shift};
    lab_arrives(&lab, SEG(.ctl = SETUP_ACK, .seq = 5, .ack = lab.c.snd.nxt, .options = &o));
    lab_acked(&lab, lab.c.snd.nxt);
    for (unsigned n = 0; n < 600; n++) { /* 2.4 thousand million octets */
        lab_send(&lab, 4000000);
        lab.c.cc.cwnd = 4000000;
        assert_int_equal(lab_pull(&lab), 125);
        lab_acked(&lab, lab.c.snd.nxt);
    }
    lab_send(&lab, 4000000);
    lab.c.cc.cwnd = 4000000;
    lab_pull(&lab);
    ack_ece(&lab, lab.c.snd.una + 32000);
    assert_int_equal(lab.c.cc.ssthresh, 2000000);
    lab_acked(&lab, lab.c.snd.nxt);
    lab_send(&lab, 4000000);
    lab_pull(&lab);
    lab_acked(&lab, lab.c.snd.una + 32000);
    for (unsigned n = 0; n < 3; n++) {
        lab_acked(&lab, lab.c.snd.una);
    }
    assert_true((lab.c.flags & TCPR_FLAG_RECOVERY) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ece__reduces_once_a_window__cwr_follows),
        cmocka_unit_test(abe__not_in_slow_start__not_for_loss),
        cmocka_unit_test(ece_acknowledges_all__half_of_what_was_out),
        cmocka_unit_test(ece_on_old_ack__without_agreement__nothing),
        cmocka_unit_test(loss_after_mark__mended__one_reduction),
        cmocka_unit_test(timeout_after_mark__window_falls__threshold_stays),
        cmocka_unit_test(mark_after_loss__nothing__cwr_follows),
        cmocka_unit_test(probe_mends__mark_reduces_no_more),
        cmocka_unit_test(ece_at_one_segment__waits_for_the_timer),
        cmocka_unit_test(held_back__window_shuts__ends),
        cmocka_unit_test(two_gigabytes_later__loss_and_mark_still_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
