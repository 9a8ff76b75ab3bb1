/* RFC 5681's numbers: initial window, slow start, avoidance, fast retransmit and recovery; RFC 6582, RFC 3042. */
#include "support.h"

#define MSS 1460u

static void reach(struct lab *lab, uint32_t features_off)
{
    lab_reach(
        lab, TCPR_ESTABLISHED,
        (struct how){
            .features_off = features_off, .send_buffer = 1u << 20, .options = TCPR_OPT_WINDOW_SCALE, .peer_shift = 4});
    lab->window = 65535;
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
}

static uint32_t flight(const struct lab *lab)
{
    return lab->c.snd.nxt - lab->c.snd.una;
}

/* Fill the congestion window; what was sent is the window, whole segments of it. */
static void fill(struct lab *lab)
{
    lab_send(lab, 600000);
    lab_pull(lab);
    assert_in_range(flight(lab), lab->c.cc.cwnd - MSS + 1, lab->c.cc.cwnd);
}

/* Acknowledge `segments` full segments, one ACK each, sending what that allows. */
static void ack_each(struct lab *lab, uint32_t segments)
{
    for (uint32_t i = 0; i < segments; i++) {
        lab_acked(lab, lab->c.snd.una + MSS);
        lab_pull(lab);
    }
}

/* RFC5681-3.1-3 to -5: two, three or four segments, by their size. */
static void initial_window__by_segment_size(void **state)
{
    const struct {
        uint16_t mss;
        uint32_t window;
    } cases[] = {{8960, 2 * 8960}, {2191, 2 * 2191}, {2190, 3 * 2190}, {1460, 3 * 1460},
                 {1096, 3 * 1096}, {1095, 4 * 1095}, {536, 4 * 536}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct how how = {.peer_mss = cases[i].mss};
        struct lab lab;
        lab_init(&lab, &how);
        lab.config.mtu = 9000;
        lab_open_passive(&lab, &how);
        struct tcpr_options o = {.present = TCPR_OPT_MSS, .mss = cases[i].mss};
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 5, .options = &o));
        lab_pull(&lab);
        lab_acked(&lab, lab.c.snd.nxt);
        assert_int_equal(lab.c.cc.cwnd, cases[i].window);
        lab_send(&lab, 40000);
        lab_pull(&lab);
        assert_int_equal(flight(&lab), cases[i].window);
    }
}

/* RFC5681-3.1-n1: a segment more for each ACK, however much it acknowledges; a small one counts for what it is. */
static void slow_start__grows_by_a_segment_an_ack(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    fill(&lab);
    assert_int_equal(lab.c.cc.cwnd, 3 * MSS);
    ack_each(&lab, 3);
    assert_int_equal(lab.c.cc.cwnd, 6 * MSS);
    lab_acked(&lab, lab.c.snd.una + 2 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 7 * MSS);
    lab_acked(&lab, lab.c.snd.una + 100);
    assert_int_equal(lab.c.cc.cwnd, 7 * MSS + 100);
}

/* RFC5681-3.1-12: one segment for each window's worth acknowledged. */
static void avoidance__grows_by_a_segment_a_window(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    fill(&lab);
    lab.c.cc.ssthresh = 3 * MSS;
    ack_each(&lab, 3);
    assert_int_equal(lab.c.cc.cwnd, 4 * MSS);
    ack_each(&lab, 3);
    assert_int_equal(lab.c.cc.cwnd, 4 * MSS);
    ack_each(&lab, 1);
    assert_int_equal(lab.c.cc.cwnd, 5 * MSS);
}

static void reach_ten_segments(struct lab *lab, uint32_t features_off)
{
    reach(lab, features_off);
    fill(lab);
    ack_each(lab, 7);
    assert_int_equal(flight(lab), 10 * MSS);
}

/* RFC5681-3.2: two duplicates let one new segment go each (limited transmit), the third retransmits. */
static void fast_retransmit__on_the_third_duplicate(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    uint32_t una = lab.c.snd.una, nxt = lab.c.snd.nxt;
    for (uint32_t i = 0; i < 2; i++) {
        lab_acked(&lab, una);
        expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt + i * MSS, .ack = lab.c.rcv.nxt, .len = MSS));
    }
    lab_acked(&lab, una);
    assert_true(lab_did(&lab, TCPR_ACT_RETRANSMITS));
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = una, .ack = lab.c.rcv.nxt, .len = MSS));
    assert_int_equal(lab.c.cc.ssthresh, 5 * MSS); /* what limited transmit sent is left out (RFC5681-3.2-8) */
    assert_int_equal(lab.c.cc.cwnd, 8 * MSS);
}

/* RFC5681-3.2-10 to -13: each further duplicate inflates, new text comes when that allows it, the end deflates. */
static void fast_recovery__inflates_and_deflates(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    uint32_t una = lab.c.snd.una;
    for (int i = 0; i < 3; i++) {
        lab_acked(&lab, una);
        lab_pull(&lab);
    }
    uint32_t nxt = lab.c.snd.nxt, sent = 0;
    for (uint32_t i = 1; i <= 8; i++) {
        lab_acked(&lab, una);
        assert_int_equal(lab.c.cc.cwnd, (8 + i) * MSS);
        sent += (uint32_t)lab_pull(&lab);
        assert_int_equal(lab.c.snd.nxt - una, i <= 4 ? 12 * MSS : (8 + i) * MSS);
    }
    assert_int_equal(sent, 4);
    lab_acked(&lab, nxt); /* all that was outstanding when the loss was noticed */
    assert_int_equal(lab.c.cc.cwnd, 5 * MSS);
    assert_int_equal(lab.c.flags & TCPR_FLAG_RECOVERY, 0);
}

/* RFC 6582 section 3.2, step 3: what an ACK covers is taken off the window, which stays a segment at least. */
static void newreno__partial_ack_of_nearly_all__window_of_a_segment(void **state)
{
    (void)state;
    struct lab lab;
    reach_ten_segments(&lab, 0);
    uint32_t una = lab.c.snd.una;
    lab_send(&lab, 100 * MSS);
    lab_pull(&lab);
    for (int i = 0; i < 3; i++) {
        lab_acked(&lab, una);
    }
    assert_true(lab.c.flags & TCPR_FLAG_RECOVERY);
    assert_true(lab.c.cc.cwnd < lab.c.snd.nxt - una - MSS);
    lab_acked(&lab, lab.c.cc.recover - MSS);
    assert_true(lab.c.flags & TCPR_FLAG_RECOVERY);
    assert_int_equal(lab.c.cc.cwnd, MSS);
}

/* RFC 6582 section 3.2, step 3: a partial ACK retransmits the next hole without waiting. */
static void newreno__partial_ack__next_hole(void **state)
{
    (void)state;
    for (int newreno = 0; newreno < 2; newreno++) {
        struct lab lab;
        reach_ten_segments(&lab, newreno != 0 ? 0 : TCPR_FEATURE_NEWRENO);
        uint32_t una = lab.c.snd.una;
        for (int i = 0; i < 3; i++) {
            lab_acked(&lab, una);
            lab_pull(&lab);
        }
        uint32_t recover = lab.c.snd.nxt;
        lab_acked(&lab, una + 3 * MSS);
        lab_pull(&lab);
        bool again = lab.outs >= 1 && lab.out[0].seq == una + 3 * MSS;
        assert_int_equal(again, newreno);
        assert_int_equal((lab.c.flags & TCPR_FLAG_RECOVERY) != 0, newreno);
        lab_acked(&lab, recover);
        assert_int_equal(lab.c.flags & TCPR_FLAG_RECOVERY, 0);
        assert_true(lab.c.cc.cwnd <= 6 * MSS);
    }
}

/* RFC5681-3.1-16: half the flight, then slow start from one segment over all that was outstanding. */
static void timeout__one_segment_then_slow_start(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    uint32_t una = lab.c.snd.una;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.cc.ssthresh, 5 * MSS);
    assert_int_equal(lab.c.cc.cwnd, MSS);
    assert_int_equal(lab_pull(&lab), 1);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT); /* RFC5681-3.1-17: a second timeout of the same leaves ssthresh */
    assert_int_equal(lab.c.cc.ssthresh, 5 * MSS);
    assert_int_equal(lab_pull(&lab), 1);
    lab_acked(&lab, una + MSS);
    assert_int_equal(lab_pull(&lab), 2);
    assert_int_equal(lab.out[0].seq, una + MSS);
    assert_int_equal(lab.out[1].seq, una + 2 * MSS);
    lab_acked(&lab, una + 2 * MSS);
    assert_int_equal(lab_pull(&lab), 2);
    assert_int_equal(lab.out[0].seq, una + 3 * MSS);
}

/* ssthresh is never below two segments (equation 4). */
static void timeout__small_flight__two_segments(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    lab_send(&lab, 100);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.cc.ssthresh, 2 * MSS);
}

/* RFC5681-4.1-1: idle for more than an RTO, begin as at the beginning. */
static void idle__restart_window(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    while (lab.c.snd.una_at != lab.c.snd.end_at) { /* let all of it through */
        lab_acked(&lab, lab.c.snd.nxt);
        lab_pull(&lab);
    }
    assert_true(lab.c.cc.cwnd > 10 * MSS);
    lab_wait(&lab, lab.c.rtt.rto_us + 1);
    lab_send(&lab, 100000);
    lab_pull(&lab);
    assert_int_equal(flight(&lab), 3 * MSS);
}

/* RFC 5681 section 2: what is no duplicate. */
static void not_a_duplicate(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    uint32_t una = lab.c.snd.una, nxt = lab.c.rcv.nxt;
    for (uint32_t i = 0; i < 5; i++) { /* text on it */
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt + i, .ack = una, .len = 1));
    }
    assert_int_equal(lab.c.cc.dup_acks, 0);
    for (uint32_t i = 0; i < 5; i++) { /* another window */
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt + 5, .ack = una, .wnd = 60000 + i));
    }
    assert_int_equal(lab.c.cc.dup_acks, 0);
    lab_acked(&lab, lab.c.snd.nxt);
    lab_pull(&lab);
    while (flight(&lab) != 0) {
        lab_acked(&lab, lab.c.snd.nxt);
        lab_pull(&lab);
    }
    for (int i = 0; i < 5; i++) { /* nothing outstanding */
        lab_acked(&lab, lab.c.snd.una);
    }
    assert_int_equal(lab.c.cc.dup_acks, 0);
}

/* RFC 6582 section 3.2, step 1, and section 4: after a timeout duplicates of what was outstanding are no new loss. */
static void timeout__duplicates_of_old_flight__no_recovery(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    uint32_t una = lab.c.snd.una;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    for (int i = 0; i < 5; i++) {
        lab_acked(&lab, una);
        lab_pull(&lab);
    }
    assert_int_equal(lab.c.flags & TCPR_FLAG_RECOVERY, 0);
    assert_int_equal(lab.c.cc.cwnd, MSS);
}

/* Duplicates count in a row: an ACK of new text ends the row. */
static void fast_retransmit__three_in_a_row(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    for (int i = 0; i < 5; i++) {
        lab_acked(&lab, lab.c.snd.una);
        lab_acked(&lab, lab.c.snd.una);
        assert_false(lab_did(&lab, TCPR_ACT_RETRANSMITS));
        lab_acked(&lab, lab.c.snd.una + 100);
        assert_int_equal(lab.c.cc.dup_acks, 0);
    }
    assert_int_equal(lab.c.flags & TCPR_FLAG_RECOVERY, 0);
}

/* RFC3465-2.2-1, RFC3465-2.3-3: L segments at most for an ACK, and one while a timeout is repaired. */
static void slow_start__l_of_two(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, 0);
    lab.config.slow_start_segments = 2;
    fill(&lab);
    lab_acked(&lab, lab.c.snd.una + 2 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 5 * MSS);
    lab_acked(&lab, lab.c.snd.una + MSS);
    assert_int_equal(lab.c.cc.cwnd, 6 * MSS);
    lab_pull(&lab);
    uint32_t una = lab.c.snd.una;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    lab_acked(&lab, una + 3 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 2 * MSS);
}

/* RFC 6928: ten segments, or what ten of the usual size hold, or two large ones. */
static void initial_window__ten(void **state)
{
    const struct {
        uint16_t mss;
        uint32_t window;
    } cases[] = {{536, 5360}, {1460, 14600}, {4000, 14600}, {8960, 2 * 8960}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct how how = {.peer_mss = cases[i].mss};
        struct lab lab;
        lab_init(&lab, &how);
        lab.config.mtu = 9000;
        lab.config.initial_window_segments = 10;
        lab_open_passive(&lab, &how);
        struct tcpr_options o = {.present = TCPR_OPT_MSS, .mss = cases[i].mss};
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 5, .options = &o));
        lab_pull(&lab);
        lab_acked(&lab, lab.c.snd.nxt);
        assert_int_equal(lab.c.cc.cwnd, cases[i].window);
    }
}

/* RFC7661-4.4-4: a window that the application does not fill does not grow; filled, it does again. */
static void window_not_filled__no_growth(void **state)
{
    (void)state;
    for (int validated = 0; validated < 2; validated++) {
        struct lab lab;
        reach_ten_segments(&lab, validated ? 0 : TCPR_FEATURE_VALIDATED_WINDOW);
        while (lab.c.snd.una_at != lab.c.snd.end_at) {
            lab_acked(&lab, lab.c.snd.nxt);
            lab_pull(&lab);
        }
        uint32_t before = lab.c.cc.cwnd;
        for (int i = 0; i < 50; i++) {
            lab_send(&lab, MSS);
            lab_pull(&lab);
            lab_acked(&lab, lab.c.snd.nxt);
        }
        assert_int_equal(lab.c.cc.cwnd, validated ? before : before + 50 * MSS);
        before = lab.c.cc.cwnd;
        lab_send(&lab, before);
        lab_pull(&lab);
        lab_acked(&lab, lab.c.snd.una + MSS);
        assert_int_equal(lab.c.cc.cwnd, before + MSS);
    }
}

/* RFC5681-3.1-n1: the window of one segment that a timeout leaves is full, however small a part the old one was filled.
 */
static void timeout__window_was_not_filled__slow_start_goes_on(void **state)
{
    struct lab lab;
    (void)state;
    reach_ten_segments(&lab, 0);
    while (lab.c.snd.una_at != lab.c.snd.end_at) {
        lab_acked(&lab, lab.c.snd.nxt);
        lab_pull(&lab);
    }
    lab_send(&lab, 6 * MSS);
    assert_int_equal(lab_pull(&lab), 6);
    uint32_t una = lab.c.snd.una;
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab_pull(&lab), 1);
    lab_acked(&lab, una + MSS);
    assert_int_equal(lab.c.cc.cwnd, 2 * MSS);
    assert_int_equal(lab_pull(&lab), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_window__by_segment_size),
        cmocka_unit_test(slow_start__grows_by_a_segment_an_ack),
        cmocka_unit_test(avoidance__grows_by_a_segment_a_window),
        cmocka_unit_test(fast_retransmit__on_the_third_duplicate),
        cmocka_unit_test(fast_recovery__inflates_and_deflates),
        cmocka_unit_test(newreno__partial_ack_of_nearly_all__window_of_a_segment),
        cmocka_unit_test(newreno__partial_ack__next_hole),
        cmocka_unit_test(timeout__one_segment_then_slow_start),
        cmocka_unit_test(timeout__small_flight__two_segments),
        cmocka_unit_test(idle__restart_window),
        cmocka_unit_test(not_a_duplicate),
        cmocka_unit_test(timeout__duplicates_of_old_flight__no_recovery),
        cmocka_unit_test(fast_retransmit__three_in_a_row),
        cmocka_unit_test(slow_start__l_of_two),
        cmocka_unit_test(initial_window__ten),
        cmocka_unit_test(window_not_filled__no_growth),
        cmocka_unit_test(timeout__window_was_not_filled__slow_start_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
