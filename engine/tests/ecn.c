/* RFC 3168: what SYNs agree on, what may be marked, and the receiver's echo. RFC 8311. */
#include "ecn.h"

#define CE 3u
#define SETUP (TCPR_SYN | TCPR_ECE | TCPR_CWR)

static void text(struct lab *lab, uint16_t control, uint8_t ecn)
{
    lab_arrives(lab,
                SEG(.ctl = TCPR_ACK | control, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .len = 100, .ecn = ecn));
}

/* What acknowledges all that came, in one segment. */
static uint16_t acknowledged(struct lab *lab)
{
    lab_wait(lab, TCPR_MS(200));
    assert_int_equal(lab_pull(lab), 1);
    return lab->out[0].control;
}

/* --- The SYNs --- */

/* RFC3168-6.1.1-1, -2, -8: ECE alone answers both bits, and nothing else is answered. */
static void listen__syn_with_both_bits_alone_is_answered(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 8; n++) {
        struct how how = {.ecn = n >= 4};
        uint16_t sent = (n & 1 ? TCPR_ECE : 0) | (n & 2 ? TCPR_CWR : 0);
        struct lab lab;
        lab_reach(&lab, TCPR_LISTEN, how);
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN | sent, .seq = 5));
        assert_int_equal(lab_pull(&lab), 1);
        assert_int_equal(lab.out[0].control, n == 7 ? SETUP_ACK : TCPR_SYN | TCPR_ACK);
        assert_int_equal(lab.out[0].ecn, 0); /* RFC3168-6.1.1-9 */
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 6, .ack = lab.c.snd.nxt));
        lab_send(&lab, 100);
        lab_pull(&lab);
        assert_int_equal(lab.out[0].ecn, n == 7 ? ECT_0 : 0);
    }
}

static void syn_sent__ece_alone_in_syn_ack_agrees(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        uint16_t answer = (n & 1 ? TCPR_ECE : 0) | (n & 2 ? TCPR_CWR : 0);
        struct lab lab;
        struct how how = {.ecn = true};
        lab_init(&lab, &how);
        lab_open_active(&lab, &how);
        assert_int_equal(lab_pull(&lab), 1);
        assert_int_equal(lab.out[0].control, SETUP);
        assert_int_equal(lab.out[0].ecn, 0);
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK | answer, .seq = 5, .ack = lab.c.snd.nxt));
        lab_send(&lab, 100);
        lab_pull(&lab);
        assert_int_equal(lab.out[0].ecn, n == 1 ? ECT_0 : 0);
        assert_int_equal(lab.out[0].control & (TCPR_ECE | TCPR_CWR), 0);
    }
}

static void syn_sent__off__answer_means_nothing(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){.active = true});
    lab_arrives(&lab, SEG(.ctl = SETUP_ACK, .seq = 5, .ack = lab.c.snd.nxt));
    lab_send(&lab, 100);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].ecn, 0);
    assert_int_equal(lab.c.ecn, 0);
}

/* RFC3168-6.1.1.1-2, RFC3168-6.1.1-3: once a SYN went without, no text is marked, though marks are still echoed. */
static void syn_lost__goes_again_without(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){.active = true, .ecn = true});
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.snd.iss));
    assert_int_equal(lab.out[0].control, TCPR_SYN);
    lab_arrives(&lab, SEG(.ctl = SETUP_ACK, .seq = 5, .ack = lab.c.snd.nxt)); /* of the first SYN, late */
    lab_pull(&lab);
    lab_send(&lab, 100);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].ecn, 0);
    text(&lab, 0, CE);
    assert_int_equal(acknowledged(&lab), TCPR_ACK | TCPR_ECE);
    uint32_t cwnd = lab.c.cc.cwnd;
    ack_ece(&lab, lab.c.snd.nxt);
    assert_true(lab.c.cc.cwnd >= cwnd);
}

/* RFC3168-6.1.1.1-1: and a reset of the second SYN is one. */
static void syn_reset__goes_again_without__once(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){.active = true, .ecn = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_SYN_SENT);
    expect_rule(&lab, TCPR_RULE_3168_6_1_1_1_1);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.snd.iss));
    assert_int_equal(lab.out[0].control, TCPR_SYN);
    assert_true(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    lab_arrives(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_REFUSED);
}

/* RFC3168-6.1.1-4, RFC 3168 section 6.1.1.1's example: our SYN,ACK got lost, and the peer asks no more. */
static void syn_received__plain_syn_again__no_ecn(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){.ecn = true});
    lab_arrives(&lab, SEG(.ctl = SETUP, .seq = lab.c.rcv.irs));
    assert_true((lab.c.ecn & TCPR_ECN_AGREED) != 0);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.irs));
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].control, TCPR_SYN | TCPR_ACK);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    lab_send(&lab, 100);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].ecn, 0);
}

static void syns_cross__both_asked__agreed(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) { /* 1: the SYN did not ask. 2: the SYN,ACK takes it back */
        struct lab lab;
        lab_reach(&lab, TCPR_SYN_SENT, (struct how){.active = true, .ecn = true});
        lab_arrives(&lab, SEG(.ctl = n == 1 ? TCPR_SYN : SETUP, .seq = 5));
        assert_int_equal(lab_pull(&lab), 1);
        assert_int_equal(lab.out[0].control, n == 1 ? TCPR_SYN | TCPR_ACK : SETUP_ACK);
        lab_arrives(&lab, SEG(.ctl = n == 2 ? TCPR_SYN | TCPR_ACK : SETUP_ACK, .seq = 5, .ack = lab.c.snd.nxt));
        expect_state(&lab, TCPR_ESTABLISHED);
        lab_send(&lab, 100);
        lab_pull(&lab);
        assert_int_equal(lab.out[0].ecn, n == 0 ? ECT_0 : 0);
    }
}

/* RFC 3168 section 6.1.1: what was agreed on ends with the connection. */
static void time_wait__nothing_is_left(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.ecn = true});
    assert_int_equal(lab.c.ecn, 0);
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.ecn = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt + 5));
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].control, TCPR_SYN | TCPR_ACK);
}

/* --- What may be marked --- */

/* RFC3168-6.1.4-1, RFC3168-6.1.5-1a, RFC3168-6.1.6-1: new text alone. */
static void new_text_alone__is_marked(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    text(&lab, 0, 0);
    acknowledged(&lab);
    assert_int_equal(lab.out[0].ecn, 0);
    out(&lab, 3);
    for (unsigned n = 0; n < 3; n++) {
        assert_int_equal(lab.out[n].ecn, ECT_0);
    }
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].ecn, 0);
    assert_int_equal(lab.out[0].control & TCPR_CWR, 0); /* RFC3168-6.1.2-4 */
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt, .no_wnd = true));
    lab_fire(&lab, TCPR_TIMER_PERSIST);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].text_len, 1);
    assert_int_equal(lab.out[0].ecn, 0);
    assert_int_equal(lab.out[0].control & TCPR_CWR, 0);
}

static void fin__is_not_marked(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    lab_close(&lab);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].ecn, 0);
}

/* RFC8311-4.3-n1: by configuration everything that is pulled. */
static void everywhere__all_is_marked_that_is_pulled(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true, .features_on = TCPR_FEATURE_ECT_EVERYWHERE});
    text(&lab, 0, 0);
    acknowledged(&lab);
    assert_int_equal(lab.out[0].ecn, ECT_0);
    out(&lab, 3);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].ecn, ECT_0);
    struct how plain = {.active = true, .features_on = TCPR_FEATURE_ECT_EVERYWHERE};
    lab_init(&lab, &plain);
    lab_open_active(&lab, &plain);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].ecn, 0);
    plain.ecn = true;
    lab_init(&lab, &plain);
    lab_open_active(&lab, &plain);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].ecn, ECT_0);
}

/* --- The receiver --- */

/* RFC3168-6.1.3-n1, RFC3168-6.1.3-n2. */
static void mark__echoed_until_cwr(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    text(&lab, 0, ECT_0);
    assert_int_equal(acknowledged(&lab), TCPR_ACK);
    text(&lab, 0, CE);
    assert_int_equal(acknowledged(&lab), TCPR_ACK | TCPR_ECE);
    text(&lab, 0, ECT_0);
    assert_int_equal(acknowledged(&lab), TCPR_ACK | TCPR_ECE);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt - 1, .ack = lab.c.snd.una, .len = 1));
    assert_int_equal(lab.fx.reply.control, TCPR_ACK | TCPR_ECE); /* a duplicate ACK too */
    lab_send(&lab, 10);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].control, TCPR_ACK | TCPR_ECE | TCPR_PSH);
    text(&lab, TCPR_CWR, ECT_0);
    assert_int_equal(acknowledged(&lab), TCPR_ACK);
    text(&lab, TCPR_CWR, CE);
    assert_int_equal(acknowledged(&lab), TCPR_ACK | TCPR_ECE);
}

/* CWR that was under way when the mark was made does not take it back: no ACK has told of it. */
static void mark_then_cwr_before_the_ack__still_echoed(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    text(&lab, 0, CE);
    text(&lab, TCPR_CWR, ECT_0);
    assert_int_equal(acknowledged(&lab), TCPR_ACK | TCPR_ECE);
    text(&lab, TCPR_CWR, ECT_0);
    assert_int_equal(acknowledged(&lab), TCPR_ACK);
}

/* RFC3168-6.1.5-1b: below and above the window; nor on a pure ACK, which is not ECN-capable. Out of order counts. */
static void mark_outside_the_window__passed_over(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, (struct how){.active = true});
    text(&lab, 0, 0);
    acknowledged(&lab);
    uint32_t seqs[] = {lab.c.rcv.nxt - 100, lab.c.rcv.edge};
    for (unsigned n = 0; n < 2; n++) {
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = seqs[n], .ack = lab.c.snd.una, .len = 100, .ecn = CE));
        assert_int_equal(lab.fx.reply.control, TCPR_ACK);
    }
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una, .ecn = CE));
    assert_int_equal(lab.c.ecn & TCPR_ECN_ECHO, 0);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt + 100, .ack = lab.c.snd.una, .len = 100, .ecn = CE));
    assert_int_equal(lab.fx.reply.control, TCPR_ACK | TCPR_ECE);
}

/* RFC3168-6.1.6-2. */
static void marked_window_probe__echoed(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.active = true, .ecn = true, .zero_window = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una, .len = 1, .ecn = CE));
    assert_int_equal(lab.fx.reply.control, TCPR_ACK | TCPR_ECE);
}

static void mark_without_agreement__not_echoed(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.active = true});
    text(&lab, 0, CE);
    assert_int_equal(acknowledged(&lab), TCPR_ACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen__syn_with_both_bits_alone_is_answered),
        cmocka_unit_test(syn_sent__ece_alone_in_syn_ack_agrees),
        cmocka_unit_test(syn_sent__off__answer_means_nothing),
        cmocka_unit_test(syn_lost__goes_again_without),
        cmocka_unit_test(syn_reset__goes_again_without__once),
        cmocka_unit_test(syn_received__plain_syn_again__no_ecn),
        cmocka_unit_test(syns_cross__both_asked__agreed),
        cmocka_unit_test(time_wait__nothing_is_left),
        cmocka_unit_test(new_text_alone__is_marked),
        cmocka_unit_test(fin__is_not_marked),
        cmocka_unit_test(everywhere__all_is_marked_that_is_pulled),
        cmocka_unit_test(mark__echoed_until_cwr),
        cmocka_unit_test(mark_then_cwr_before_the_ack__still_echoed),
        cmocka_unit_test(mark_outside_the_window__passed_over),
        cmocka_unit_test(marked_window_probe__echoed),
        cmocka_unit_test(mark_without_agreement__not_echoed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
