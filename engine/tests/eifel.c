/* RFC 3522 and RFC 4015: a timestamp tells at the first ACK that a timeout was spurious, and what it took is given
 * back. */
#include "support.h"

#define MSS 1448u

/* Ten segments are outstanding, 200 ms later the timer fires, and the first goes again. @return SND.UNA */
static uint32_t timed_out(struct lab *lab, struct how how)
{
    how.ranges = 8;
    how.send_buffer = 1u << 20;
    how.options = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_TIMESTAMPS | how.options;
    how.features_off |= TCPR_FEATURE_TLP;
    how.peer_shift = 4;
    lab_reach(lab, TCPR_ESTABLISHED, how);
    lab->window = 65535;
    lab_wait(lab, TCPR_MS(200));
    lab_acked(lab, lab->c.snd.nxt);
    lab_send(lab, 200 * MSS);
    lab->c.cc.cwnd = 10 * MSS;
    lab->c.cc.ssthresh = 8 * MSS;
    assert_int_equal(lab_pull(lab), 10);
    uint32_t una = lab->c.snd.una;
    lab_fire(lab, TCPR_TIMER_RETRANSMIT);
    return una;
}

/* An ACK with TSecr as given; `dsack`: which says that the first segment came twice. */
static void echo(struct lab *lab, uint32_t ack, uint32_t ts_ecr, bool dsack)
{
    struct tcpr_segment seg = lab_segment(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = ack));
    seg.options.ts_ecr = ts_ecr;
    if (dsack) {
        seg.options.present |= TCPR_OPT_SACK;
        seg.options.sack_count = 1;
        seg.options.sack[0] = (struct tcpr_range){ack - MSS, ack};
    }
    lab_given(lab, &seg);
}

/* RFC3522-3.2-n1, RFC4015-3.1-n2, RFC4015-3.1-n3. */
static void old_echo__new_text_goes_on__window_is_back(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        struct lab lab;
        struct how how = {.options = n & 1 ? TCPR_OPT_SACK_PERMITTED : 0, .records = n & 2 ? 64 : 0};
        uint32_t una = timed_out(&lab, how), then = lab.ts_echo;
        assert_int_equal(lab_pull(&lab), 1);
        assert_int_equal(lab.out[0].seq, una);
        echo(&lab, una + MSS, then, false);
        expect_rule(&lab, TCPR_RULE_3522_3_2_N1);
        assert_int_equal(lab.c.cc.cwnd, 10 * MSS);
        assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
        assert_int_equal(lab_pull(&lab), 1);
        assert_int_equal(lab.out[0].seq, una + 10 * MSS);
        echo(&lab, una + 10 * MSS, then, false);
        assert_true(lab_pull(&lab) >= 9);
        assert_int_equal(lab.out[0].seq, una + 11 * MSS);
    }
}

/* An ACK of much, as after a burst of ACKs was lost: no more leaves at once than at the very beginning. */
static void old_echo_covers_much__burst_is_bounded(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, (struct how){0}), then = lab.ts_echo;
    lab_pull(&lab);
    echo(&lab, una + 9 * MSS, then, false);
    assert_int_equal(lab.c.cc.cwnd, MSS + 3 * MSS);
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
    assert_int_equal(lab_pull(&lab), 3);
}

/* RFC3522-3.2-n2 to RFC3522-3.2-n4. */
static void no_proof__as_after_any_timeout(void **state)
{
    (void)state;
    enum { RETRANSMISSION, DSACK, ALL, NEVER, PROOFS };
    for (int proof = 0; proof < PROOFS; proof++) {
        struct lab lab;
        struct how how = {.options = TCPR_OPT_SACK_PERMITTED, .features_off = TCPR_FEATURE_FRTO};
        if (proof == NEVER) { how.features_off |= TCPR_FEATURE_EIFEL; }
        uint32_t una = timed_out(&lab, how), then = lab.ts_echo;
        lab_pull(&lab);
        assert_true(lab.ts_echo != then);
        echo(&lab, una + (proof == ALL ? 10 : 1) * MSS, proof == RETRANSMISSION ? lab.ts_echo : then, proof == DSACK);
        assert_false(lab_did(&lab, TCPR_ACT_UNDONE));
        assert_int_equal(lab.c.cc.ssthresh, 8 * MSS / 8 * 5);
        assert_int_equal(lab.c.flags & TCPR_FLAG_TIMEOUT_DOUBTED, 0);
        lab_pull(&lab);
        assert_int_equal(lab.out[0].seq, una + (proof == ALL ? 10 : 1) * MSS);
    }
}

/* RFC3522-3.2-n4: who reports duplicates would have told of one. */
static void old_echo_of_all__known_for_dsack__spurious(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, (struct how){.options = TCPR_OPT_SACK_PERMITTED}), then = lab.ts_echo;
    lab_pull(&lab);
    echo(&lab, una, then, true);
    echo(&lab, una + 10 * MSS, then, false);
    expect_rule(&lab, TCPR_RULE_3522_3_2_N1);
    assert_int_equal(lab.c.cc.cwnd, 3 * MSS);
    assert_int_equal(lab.c.cc.ssthresh, 10 * MSS);
}

/* RFC3522-3.2-3, RFC4015-3.1-3: an echo of the first retransmission is none of the original, however often it went. */
static void second_timeout__first_retransmission_counts(void **state)
{
    (void)state;
    for (int spurious = 0; spurious < 2; spurious++) {
        struct lab lab;
        uint32_t una = timed_out(&lab, (struct how){0}), then = lab.ts_echo;
        lab_pull(&lab);
        uint32_t first = lab.ts_echo;
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        lab_pull(&lab);
        echo(&lab, una + MSS, spurious ? then : first, false);
        assert_int_equal(lab_did(&lab, TCPR_ACT_UNDONE), spurious);
        assert_int_equal(lab.c.cc.ssthresh, (spurious ? 10 : 5) * MSS);
    }
}

/* RFC4015-3.4-1. */
static void old_echo_with_ece__nothing_goes_again__window_stays(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, (struct how){.ecn = true}), then = lab.ts_echo;
    lab_pull(&lab);
    struct tcpr_segment seg =
        lab_segment(&lab, SEG(.ctl = TCPR_ACK | TCPR_ECE, .seq = lab.c.rcv.nxt, .ack = una + 8 * MSS));
    seg.options.ts_ecr = then;
    lab_given(&lab, &seg);
    expect_rule(&lab, TCPR_RULE_3522_3_2_N1);
    assert_int_equal(lab.c.cc.cwnd, MSS);
    assert_int_equal(lab.c.cc.ssthresh, 5 * MSS);
    assert_int_equal(lab_pull(&lab), 0);
}

/* RFC4015-3.1-n4: the delay of the timeout says nothing, the next round trip of new text does, in full. */
static void first_sample_of_new_text__taken_in_full(void **state)
{
    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        struct lab lab;
        uint32_t una = timed_out(&lab, (struct how){0}), then = lab.ts_echo;
        lab_pull(&lab);
        uint32_t srtt_us = lab.c.rtt.srtt_us, rttvar_us = lab.c.rtt.rttvar_us;
        echo(&lab, una + MSS, then, false);
        assert_int_equal(lab.c.rtt.srtt_us, srtt_us);
        lab_pull(&lab);
        echo(&lab, una + 10 * MSS, then, false);
        assert_int_equal(lab.c.rtt.rttvar_us, rttvar_us);
        lab_wait(&lab, slow ? TCPR_MS(800) : TCPR_MS(10));
        echo(&lab, una + 11 * MSS, lab.ts_echo, false);
        assert_int_equal(lab.c.rtt.srtt_us, slow ? TCPR_MS(800) : srtt_us + TCPR_MS(2));
        assert_int_equal(lab.c.rtt.rttvar_us, slow ? TCPR_MS(400) : rttvar_us);
        if (slow) { assert_int_equal(lab.c.rtt.rto_us, TCPR_MS(2400)); }
    }
}

/* RFC4015-4-1: nothing of ours came twice that could make duplicates, so three are a loss. */
static void three_duplicates_after_it__are_a_loss(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, (struct how){0}), then = lab.ts_echo;
    lab_pull(&lab);
    echo(&lab, una + MSS, then, false);
    lab_pull(&lab);
    for (int i = 0; i < 3; i++) {
        echo(&lab, una + MSS, then, false);
    }
    expect_rule(&lab, TCPR_RULE_5681_3_2_3);
    assert_int_equal(lab.c.cc.ssthresh / MSS, 5);
}

/* CUBIC goes on toward the window of its last loss. */
static void cubic__remembers_its_last_window(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.options = TCPR_OPT_TIMESTAMPS, .send_buffer = 1u << 20});
    uint32_t una = lab.c.snd.una, then;
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_CONTROLLER, TCPR_CUBIC);
    lab.c.cc.ssthresh = 2 * MSS;
    lab.c.cc.of.cubic.w_max = 30 * MSS;
    lab_send(&lab, 20 * MSS);
    lab_pull(&lab);
    then = lab.ts_echo;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.cc.of.cubic.w_max, 0);
    lab_pull(&lab);
    echo(&lab, una + MSS, then, false);
    assert_int_equal(lab.c.cc.of.cubic.w_max, 30 * MSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_echo__new_text_goes_on__window_is_back),
        cmocka_unit_test(old_echo_covers_much__burst_is_bounded),
        cmocka_unit_test(no_proof__as_after_any_timeout),
        cmocka_unit_test(old_echo_of_all__known_for_dsack__spurious),
        cmocka_unit_test(second_timeout__first_retransmission_counts),
        cmocka_unit_test(old_echo_with_ece__nothing_goes_again__window_stays),
        cmocka_unit_test(first_sample_of_new_text__taken_in_full),
        cmocka_unit_test(three_duplicates_after_it__are_a_loss),
        cmocka_unit_test(cubic__remembers_its_last_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
