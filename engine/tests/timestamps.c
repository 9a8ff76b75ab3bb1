/* Timestamps and PAWS (RFC 7323). */
#include "support.h"

static void reach(struct lab *lab, enum tcpr_state state)
{
    lab_reach(lab, state, (struct how){.options = TCPR_OPT_TIMESTAMPS});
    lab->now += TCPR_S(1);
}

static void stamped(struct lab *lab, uint16_t ctl, uint32_t seq, uint32_t len, uint32_t ts_val)
{
    lab_arrives(lab, SEG(.ctl = ctl, .seq = seq, .ack = lab->c.snd.una, .len = len, .ts = true, .ts_val = ts_val));
}

/* RFC7323-3.2-6a: once agreed, on every segment; TSecr echoes (RFC7323-3.2-2). */
static void agreed__on_every_segment(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_ESTABLISHED);
    uint32_t recent = lab.c.ts.recent;
    lab_send(&lab, 3000);
    lab_close(&lab);
    lab_pull(&lab);
    for (size_t i = 0; i < lab.outs; i++) {
        assert_int_equal(lab.out[i].options.present, TCPR_OPT_TIMESTAMPS);
        assert_int_equal(lab.out[i].options.ts_ecr, recent);
        assert_true(lab.out[i].text_len <= 1448); /* the option takes its room from the text (MUST-16) */
    }
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt - 1, .ack = lab.c.snd.una));
    assert_int_equal(lab.fx.reply.options.present, TCPR_OPT_TIMESTAMPS);
}

/* RFC7323-5.3-n1 (R1), in every state that has a sequence; RST is exempt (RFC7323-5.2-5a). */
static void paws__older__answered_and_dropped(void **state)
{
    (void)state;
    for (int s = TCPR_ESTABLISHED; s <= TCPR_TIME_WAIT; s++) {
        struct lab lab;
        reach(&lab, (enum tcpr_state)s);
        struct tcpr_conn before = lab.c;
        stamped(&lab, TCPR_ACK, lab.c.rcv.nxt, 5, lab.c.ts.recent - 1);
        expect_ack_reply(&lab);
        expect_rule(&lab, TCPR_RULE_7323_5_3_N1);
        assert_int_equal(lab.c.rcv.nxt, before.rcv.nxt);
        assert_int_equal(lab.c.ts.recent, before.ts.recent);
        expect_state(&lab, (enum tcpr_state)s);
        stamped(&lab, TCPR_RST, lab.c.rcv.nxt, 0, lab.c.ts.recent - 1);
        expect_state(&lab, TCPR_CLOSED);
    }
}

/* Older is by modulo 2^32 too, and the same is not older. */
static void paws__boundaries(void **state)
{
    const uint32_t accepted[] = {0, 1, 0x7fffffff};
    const uint32_t refused[] = {UINT32_MAX, 0x80000001};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lab lab;
        reach(&lab, TCPR_ESTABLISHED);
        stamped(&lab, TCPR_ACK, lab.c.rcv.nxt, 5, lab.c.ts.recent + accepted[i]);
        assert_int_equal(lab.fx.readable, 5);
    }
    for (size_t i = 0; i < 2; i++) {
        struct lab lab;
        reach(&lab, TCPR_ESTABLISHED);
        stamped(&lab, TCPR_ACK, lab.c.rcv.nxt, 5, lab.c.ts.recent + refused[i]);
        assert_int_equal(lab.fx.readable, 0);
        expect_ack_reply(&lab);
    }
}

/* RFC7323-5.5-n1: after 24 days of silence TS.Recent proves nothing. */
static void paws__idle_24_days__accepted(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_ESTABLISHED);
    uint32_t old = lab.c.ts.recent - 1000;
    lab.now += TCPR_S(24 * 24 * 3600) - TCPR_S(2);
    stamped(&lab, TCPR_ACK, lab.c.rcv.nxt, 5, old);
    assert_int_equal(lab.fx.readable, 0);
    lab.now += TCPR_S(2);
    stamped(&lab, TCPR_ACK, lab.c.rcv.nxt, 5, old);
    assert_int_equal(lab.fx.readable, 5);
    assert_int_equal(lab.c.ts.recent, old);
}

/* RFC7323-3.2-8: without what was agreed, dropped and not answered; where it was not agreed, ignored. */
static void missing_or_unasked(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_ESTABLISHED);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una, .len = 5, .no_ts = true));
    expect_silence(&lab);
    expect_rule(&lab, TCPR_RULE_7323_3_2_8);
    assert_int_equal(lab.fx.readable, 0);
    expect_state(&lab, TCPR_ESTABLISHED);
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    stamped(&lab, TCPR_ACK, lab.c.rcv.nxt, 5, 1);
    assert_int_equal(lab.fx.readable, 5);
    lab_fire(&lab, TCPR_TIMER_DELAYED_ACK);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].options.present, 0);
}

/* RFC 7323 section 4.3: with ACKs delayed the earliest counts; a hole keeps it; what fills the hole renews it. */
static void echo__which_timestamp(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_ESTABLISHED);
    uint32_t n = lab.c.rcv.nxt, t = lab.c.ts.recent + 100;
    stamped(&lab, TCPR_ACK, n, 100, t); /* (A) */
    stamped(&lab, TCPR_ACK, n + 100, 100, t + 1);
    lab_fire(&lab, TCPR_TIMER_DELAYED_ACK);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].options.ts_ecr, t);
    stamped(&lab, TCPR_ACK, n + 300, 100, t + 2); /* (B) */
    assert_int_equal(lab.fx.reply.options.ts_ecr, t);
    stamped(&lab, TCPR_ACK, n + 200, 100, t + 3); /* (C) */
    lab_pull(&lab);
    assert_int_equal(lab.out[0].options.ts_ecr, t + 3);
    assert_int_equal(lab.out[0].ack, n + 400);
}

/* RFC7323-5.4: the clock runs, a tick in a millisecond to a second. */
static void clock__ticks(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_ESTABLISHED);
    lab_send(&lab, 1);
    lab_pull(&lab);
    uint32_t first = lab.out[0].options.ts_val;
    lab.now += TCPR_S(100);
    lab_send(&lab, 1);
    lab_pull(&lab);
    assert_in_range(lab.out[0].options.ts_val - first, 100, 100000);
}

/* RFC7323-5.2-4: on the RST of ABORT too. */
static void abort__stamped(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, TCPR_ESTABLISHED);
    lab_abort(&lab);
    assert_int_equal(lab.fx.reply.options.present, TCPR_OPT_TIMESTAMPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreed__on_every_segment),
        cmocka_unit_test(paws__older__answered_and_dropped),
        cmocka_unit_test(paws__boundaries),
        cmocka_unit_test(paws__idle_24_days__accepted),
        cmocka_unit_test(missing_or_unasked),
        cmocka_unit_test(echo__which_timestamp),
        cmocka_unit_test(clock__ticks),
        cmocka_unit_test(abort__stamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
