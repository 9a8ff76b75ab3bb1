/* RFC 5682: the second ACK after a timeout tells whether anything was lost. */
#include "support.h"

#define MSS 1460u

/* Ten segments are outstanding, the timer has fired, and the first went again. @return SND.UNA */
static uint32_t timed_out_with(struct lab *lab, bool sack, uint32_t queued, uint32_t features_off)
{
    lab_reach(lab, TCPR_ESTABLISHED,
              (struct how){.features_off = features_off,
                           .ranges = 8,
                           .send_buffer = 1u << 20,
                           .options = TCPR_OPT_WINDOW_SCALE | (sack ? TCPR_OPT_SACK_PERMITTED : 0),
                           .peer_shift = 4});
    lab->window = 65535;
    lab_acked(lab, lab->c.snd.nxt);
    lab_send(lab, 10 * MSS + queued);
    lab->c.cc.cwnd = 10 * MSS;
    assert_int_equal(lab_pull(lab), 10);
    uint32_t una = lab->c.snd.una;
    lab_fire(lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab_pull(lab), 1);
    assert_int_equal(lab->out[0].seq, una);
    return una;
}

static uint32_t timed_out(struct lab *lab, bool sack, uint32_t queued)
{
    return timed_out_with(lab, sack, queued, 0);
}

static void expect_out(struct lab *lab, size_t count, uint32_t seq)
{
    assert_int_equal(lab_pull(lab), count);
    for (uint32_t i = 0; i < count; i++) {
        expect_segment(&lab->out[i], SEG(.ctl = TCPR_ACK, .seq = seq + i * MSS, .ack = lab->c.rcv.nxt, .len = MSS));
    }
}

/* RFC5682-2.1-n1, RFC5682-2.1-n3: two new segments, and then nothing goes again. */
static void both_acks_advance__spurious(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        struct lab lab;
        bool restores = (n & 2) == 0;
        uint32_t una = timed_out_with(&lab, (n & 1) != 0, 100000, restores ? 0 : TCPR_FEATURE_EIFEL);
        lab_acked(&lab, una + MSS);
        expect_out(&lab, 2, una + 10 * MSS);
        lab_acked(&lab, una + 2 * MSS);
        expect_rule(&lab, TCPR_RULE_5682_2_1_N3);
        lab_pull(&lab);
        for (size_t i = 0; i < lab.outs; i++) {
            assert_false(tcpr_seq_lt(lab.out[i].seq, una + 12 * MSS));
        }
        for (uint32_t i = 3; i <= 12; i++) {
            lab_acked(&lab, una + i * MSS);
            lab_pull(&lab);
            for (size_t out = 0; out < lab.outs; out++) {
                assert_false(tcpr_seq_lt(lab.out[out].seq, una + 12 * MSS));
            }
        }
        assert_true(lab.c.cc.cwnd >= 6 * MSS);
        assert_int_equal(lab.c.cc.ssthresh, restores ? 1u << 30 : 5 * MSS); /* RFC4015-3.1-n3, RFC5682-4-1 */
    }
}

/* RFC5682-2.1-n4. */
static void second_ack_is_duplicate__genuine(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, false, 100000);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + 10 * MSS);
    lab_acked(&lab, una + MSS);
    assert_true(lab.c.cc.cwnd <= 3 * MSS);
    lab_pull(&lab);
    assert_true(lab.outs >= 1);
    assert_int_equal(lab.out[0].seq, una + MSS);
}

/* An ACK that comes with text is no duplicate, and tells nothing: the second step waits on. */
static void second_ack_with_text__waits_on(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, false, 100000);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + 10 * MSS);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una + MSS, .len = 10));
    assert_true(lab.c.loss & TCPR_LOSS_FRTO_SECOND);
    assert_false(lab_did(&lab, TCPR_ACT_UNDONE));
}

/* RFC5682-3.1-2: with SACK an ACK beyond what was out at the timeout is no proof either. */
static void sack__second_ack_beyond_all__genuine(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, true, 100000);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + 10 * MSS);
    lab_acked(&lab, una + 11 * MSS);
    assert_int_equal(lab.c.loss & TCPR_LOSS_FRTO_SECOND, 0);
    assert_false(lab_did(&lab, TCPR_ACT_UNDONE));
}

/* RFC5682-2.1-n2: a duplicate first, an ACK of part of what went again, no new text: as after any timeout. */
static void first_ack_tells_nothing__go_back(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, false, 100000);
    lab_acked(&lab, una);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + MSS);
    una = timed_out(&lab, false, 100000);
    lab_acked(&lab, una + 100);
    assert_int_equal(lab_pull(&lab), 0);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + MSS);
    una = timed_out(&lab, false, MSS - 1);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + MSS);
}

/* RFC5682-2.1-2, RFC5682-3.1-4: the timer again: the first segment again, and no second guess. */
static void second_timeout__conventional(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, false, 100000);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_out(&lab, 1, una);
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + MSS);
}

/* RFC5682-3.1-2: with SACK news below what was out at the timeout is proof, beyond it the contrary. */
static void sack__below_is_spurious__beyond_is_not(void **state)
{
    (void)state;
    for (int beyond = 0; beyond < 2; beyond++) {
        struct lab lab;
        uint32_t una = timed_out(&lab, true, 100000);
        lab_reported(&lab, una + 3 * MSS, una + 4 * MSS); /* step 2 waits on */
        lab_acked(&lab, una + MSS);
        expect_out(&lab, 2, una + 10 * MSS);
        uint32_t at = una + (beyond ? 10 : 5) * MSS;
        lab_reported(&lab, at, at + MSS);
        assert_int_equal(lab_did(&lab, TCPR_ACT_UNDONE), !beyond);
        lab_pull(&lab);
        assert_int_equal(lab.outs >= 1 && lab.out[0].seq == una + MSS, beyond);
    }
}

/* RFC5682-3.1-3, RFC5682-2.1-3: in recovery a timeout is a timeout. */
static void timeout_in_recovery__not_entered(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = timed_out(&lab, true, 100000);
    lab_acked(&lab, una + 10 * MSS);
    lab.c.cc.cwnd = 10 * MSS;
    lab_pull(&lab);
    una = lab.c.snd.una;
    lab_reported(&lab, una + MSS, una + 5 * MSS);
    assert_true((lab.c.flags & TCPR_FLAG_RECOVERY) != 0);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.loss & (TCPR_LOSS_FRTO_FIRST | TCPR_LOSS_FRTO_SECOND), 0);
}

/* RFC5682-2.1-n2: the peer's window ends where it did, so nothing new may go. */
static void first_ack_opens_no_window__go_back(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.send_buffer = 1u << 20, .window = 10 * MSS});
    lab_send(&lab, 20 * MSS);
    lab.c.cc.cwnd = 10 * MSS;
    assert_int_equal(lab_pull(&lab), 10);
    uint32_t una = lab.c.snd.una;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_out(&lab, 1, una);
    lab.window = 9 * MSS;
    lab_acked(&lab, una + MSS);
    expect_out(&lab, 2, una + MSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_acks_advance__spurious),
        cmocka_unit_test(second_ack_is_duplicate__genuine),
        cmocka_unit_test(second_ack_with_text__waits_on),
        cmocka_unit_test(sack__second_ack_beyond_all__genuine),
        cmocka_unit_test(first_ack_tells_nothing__go_back),
        cmocka_unit_test(second_timeout__conventional),
        cmocka_unit_test(sack__below_is_spurious__beyond_is_not),
        cmocka_unit_test(timeout_in_recovery__not_entered),
        cmocka_unit_test(first_ack_opens_no_window__go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
