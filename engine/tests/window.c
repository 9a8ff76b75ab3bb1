/* Windows, both ways: what is advertised, what is heard at its edges, silly windows, probes. */
#include "support.h"

static void text(struct lab *lab, uint32_t seq, uint32_t len)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab->c.snd.una, .len = len));
}

static void ack(struct lab *lab, uint32_t seq, uint32_t number, uint32_t wnd)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = number, .wnd = wnd, .no_wnd = wnd == 0));
}

/* A SYN is not let through by a window that is shut: it is answered as any SYN is. */
static void syn_at_a_shut_window__challenged(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.zero_window = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt));
    expect_rule(&lab, TCPR_RULE_9293_OTHER_N5);
    expect_ack_reply(&lab);
    expect_state(&lab, TCPR_ESTABLISHED);
}

/* The probe overtakes the update that was owed: its answer must say that the window is open, or both wait for ever. */
static void probe__window_opened__answer_says_so(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.zero_window = true});
    assert_int_equal(lab_receive(&lab, UINT32_MAX), 8000);
    text(&lab, lab.c.rcv.nxt, 1);
    expect_ack_reply(&lab);
    assert_int_equal(lab.fx.reply.window, 8000);
    text(&lab, lab.c.rcv.nxt, 1);
    assert_int_equal(lab.fx.readable, 1);
}

/* Appendix A.2: a peer that filled our window, or probes it, has no other place for its ACK. */
static void ack_at_the_edge__answered_and_heard(void **state)
{
    (void)state;
    for (uint32_t beyond = 0; beyond < 2; beyond++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2000});
        ack(&lab, lab.c.rcv.edge + beyond, lab.c.snd.una + 1460, 5000);
        expect_ack_reply(&lab);
        assert_int_equal(lab.fx.released, 1460);
        assert_int_equal(lab.c.snd.wnd, 5000);
    }
}

/* Two ends out of step answer each other's bare ACKs: that must come to an end. */
/* Its ACK is heard, but by Table 6 the segment is not acceptable, and only a shut window makes allowance for URG. */
static void urg_at_the_edge__not_told(void **state)
{
    (void)state;
    for (uint32_t beyond = 0; beyond < 2; beyond++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2000});
        uint32_t number = lab.c.snd.una + 1460;
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = lab.c.rcv.edge + beyond, .ack = number, .up = 9));
        expect_ack_reply(&lab);
        assert_int_equal(lab.fx.released, 1460);
        assert_int_equal(lab.fx.events & TCPR_EVENT_URGENT, 0);
    }
}

/* Found by a fuzzer: a retransmission acknowledged without telling of the window, and we sent beyond its edge. */
static void old_segment__acknowledges__edge_stays(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 1000});
    uint32_t n = lab.c.rcv.nxt, una = lab.c.snd.una;
    text(&lab, n, 100);
    ack(&lab, n + 100, una, 1200);
    assert_int_equal(lab.c.snd.una + lab.c.snd.wnd, una + 1200);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = n + 50, .len = 100, .ack = una + 1000, .wnd = 5000));
    assert_int_equal(lab.c.snd.una, una + 1000);
    assert_int_equal(lab.c.snd.una + lab.c.snd.wnd, una + 1200);
}

static void bare_acks_out_of_window__answers_bounded(void **state)
{
    struct lab lab;
    uint32_t answers = 0;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    for (int i = 0; i < 100; i++) {
        ack(&lab, lab.c.rcv.nxt - 500, lab.c.snd.una, 5000);
        answers += lab.fx.has_reply;
        assert_true(lab.fx.has_reply || lab_did(&lab, TCPR_ACT_THROTTLED));
    }
    assert_int_equal(answers, lab.config.challenge_limit);
    text(&lab, lab.c.rcv.nxt - 500, 10); /* what carries text is answered all the same */
    expect_ack_reply(&lab);
    lab.now += lab.config.challenge_interval_us;
    ack(&lab, lab.c.rcv.nxt - 500, lab.c.snd.una, 5000);
    expect_ack_reply(&lab);
}

/* RFC5961-7-2: only challenges count; ten in five seconds by default. */
static void challenges__bounded_and_counted_alone(void **state)
{
    struct lab lab;
    uint32_t answers = 0;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    for (int i = 0; i < 50; i++) {
        text(&lab, lab.c.rcv.nxt + 100, 10); /* duplicate ACKs */
        expect_ack_reply(&lab);
    }
    for (int i = 0; i < 50; i++) {
        lab_arrives(&lab, SEG(.ctl = i % 2 != 0 ? TCPR_SYN : TCPR_RST, .seq = lab.c.rcv.nxt + 1));
        answers += lab.fx.has_reply;
        expect_state(&lab, TCPR_ESTABLISHED);
    }
    assert_int_equal(answers, 10);
    text(&lab, lab.c.rcv.nxt + 100, 10);
    expect_ack_reply(&lab);
    lab.now += TCPR_S(5);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt + 1));
    expect_ack_reply(&lab);
}

/* SHLD-14, MUST-39: the edge never moves left, and moves right by no less than a segment or half the buffer. */
static void edge__never_left_and_no_small_steps(void **state)
{
    struct lab lab;
    uint64_t seed = 7;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.receive_buffer = 20000, .options = TCPR_OPT_WINDOW_SCALE});
    uint32_t edge = lab.c.rcv.edge;
    for (int i = 0; i < 5000; i++) {
        uint32_t window = lab_window(&lab);
        uint32_t len = draw_below(&seed, 1461);
        if (len != 0 && len <= window) { text(&lab, lab.c.rcv.nxt, len); }
        lab_receive(&lab, draw_below(&seed, 1000));
        lab_pull(&lab);
        uint32_t step = lab.c.rcv.edge - edge;
        assert_true(step == 0 || (step >= 1460 && step <= 20000));
        for (size_t n = 0; n < lab.outs; n++) {
            assert_int_equal(lab.out[n].ack + lab.out[n].window, lab.c.rcv.edge);
        }
        edge = lab.c.rcv.edge;
    }
}

/* RFC 9293 section 3.8.6.2.1 with SHLD-7: a small segment waits while something is unacknowledged. */
static void nagle__small_segment__waits_for_ack(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.nagle = true});
    lab_send(&lab, 10);
    assert_int_equal(lab_pull(&lab), 1);
    lab_send(&lab, 10);
    lab_send(&lab, 1440);
    assert_int_equal(lab_pull(&lab), 0);
    lab_send(&lab, 30);
    assert_int_equal(lab_pull(&lab), 1); /* a full one goes, the rest waits */
    assert_int_equal(lab.out[0].text_len, 1460);
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.nxt, 65535);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].text_len, 20);
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_NODELAY, 1); /* MUST-17 */
    lab_send(&lab, 10);
    assert_int_equal(lab_pull(&lab), 1);
}

/* MUST-38: a window of less than half the largest, and less than a segment, is not worth a segment, until (4). */
static void silly_window__not_filled(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.window = 3000, .lowered = true, .lower = 100});
    lab_send(&lab, 5000);
    assert_int_equal(lab_pull(&lab), 0);
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, 1499);
    assert_int_equal(lab_pull(&lab), 1); /* one full segment fits, then 39 octets are too few */
    assert_int_equal(lab.out[0].text_len, 1460);
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.window = 2000, .lowered = true, .lower = 999});
    lab_send(&lab, 5000);
    assert_int_equal(lab_pull(&lab), 0);
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, 1000); /* (3) half of the largest */
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].text_len, 1000);
}

/* MUST-36, MUST-37: a hundred hours of an answered closed window, then it opens. */
static void zero_window__for_ever__then_opens(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 3000, .lowered = true, .lower = 0});
    tcpr_time end = lab.now + TCPR_S(360000);
    while (lab.now < end) {
        lab_fire(&lab, TCPR_TIMER_PERSIST);
        assert_int_equal(lab_pull(&lab), 1);
        assert_int_equal(lab.out[0].text_len, 1);
        ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, 0);
        expect_state(&lab, TCPR_ESTABLISHED);
    }
    ack(&lab, lab.c.rcv.nxt, lab.c.snd.una, 65535);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 3);
    assert_int_equal(lab.out[0].text_at, 0);
    assert_int_equal(lab.out[0].text_len + lab.out[1].text_len + lab.out[2].text_len, 3000);
}

/* The same, unanswered: then it is R2's business. */
static void zero_window__unanswered__given_up(void **state)
{
    struct lab lab;
    uint32_t probes = 0;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 3000, .lowered = true, .lower = 0});
    lab_set_user_timeout(&lab, 0);
    tcpr_time began = lab.now;
    while (lab.c.state != TCPR_CLOSED) {
        lab_fire(&lab, TCPR_TIMER_PERSIST);
        probes += (uint32_t)lab_pull(&lab);
        assert_true(probes < 1000);
    }
    assert_true(lab.now - began >= TCPR_S(100));
    expect_event(&lab, TCPR_EVENT_TIMED_OUT);
}

/* RFC 7323 section 2: shifts are agreed in the SYNs, whose own windows are not scaled; 14 at most. */
static void window_scale__applied_after_the_syns(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(
        &lab, TCPR_SYN_RECEIVED,
        (struct how){.options = TCPR_OPT_WINDOW_SCALE, .peer_shift = 3, .receive_buffer = 1u << 20, .window = 500});
    assert_int_equal(lab.c.snd.wnd, 500);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt, .wnd = 500));
    assert_int_equal(lab.c.snd.wnd, 4000);
    assert_true(lab.c.rcv_shift >= 5);
    text(&lab, lab.c.rcv.nxt, 1460);
    text(&lab, lab.c.rcv.nxt, 1460);
    lab_pull(&lab);
    assert_true((uint32_t)lab.out[0].window << lab.c.rcv_shift > 65535);
    assert_true((uint32_t)lab.out[0].window << lab.c.rcv_shift <= (1u << 20));
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.options = TCPR_OPT_WINDOW_SCALE, .peer_shift = 200});
    assert_int_equal(lab.c.snd_shift, 14); /* RFC7323-2.3-8b */
}

/* A shut window opens as soon as that is worth one segment; an open one moves by two. */
static void window_update__shut_sooner_than_open(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.receive_buffer = 20000, .zero_window = true});
    lab_receive(&lab, 1459);
    expect_silence(&lab);
    lab_receive(&lab, 1);
    expect_pulled(&lab, lab_ack(&lab));
    assert_int_equal(lab.out[0].window, 1460);
    lab_receive(&lab, 2919);
    expect_silence(&lab);
    lab_receive(&lab, 1);
    expect_pulled(&lab, lab_ack(&lab));
    assert_int_equal(lab.out[0].window, 4380);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_at_a_shut_window__challenged),
        cmocka_unit_test(probe__window_opened__answer_says_so),
        cmocka_unit_test(ack_at_the_edge__answered_and_heard),
        cmocka_unit_test(urg_at_the_edge__not_told),
        cmocka_unit_test(old_segment__acknowledges__edge_stays),
        cmocka_unit_test(bare_acks_out_of_window__answers_bounded),
        cmocka_unit_test(challenges__bounded_and_counted_alone),
        cmocka_unit_test(edge__never_left_and_no_small_steps),
        cmocka_unit_test(nagle__small_segment__waits_for_ack),
        cmocka_unit_test(silly_window__not_filled),
        cmocka_unit_test(zero_window__for_ever__then_opens),
        cmocka_unit_test(zero_window__unanswered__given_up),
        cmocka_unit_test(window_scale__applied_after_the_syns),
        cmocka_unit_test(window_update__shut_sooner_than_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
