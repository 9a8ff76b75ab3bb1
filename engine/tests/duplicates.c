/* Duplicate ACKs are exact (RFC 5681 section 4.2): as many answers as arrivals out of order, whenever they are drained.
 * SACK blocks (RFC 2018): the latest first. Acknowledgments that may wait, and those that may not. */
#include "support.h"

#define GAP 1000u
#define LEN 10u

static void text(struct lab *lab, uint32_t seq, uint32_t len)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab->c.snd.una, .len = len));
}

static void reach(struct lab *lab, bool sack, enum tcpr_state state)
{
    lab_reach(lab, state, (struct how){.options = sack ? TCPR_OPT_SACK_PERMITTED : 0, .receive_buffer = 60000});
}

/* One answer: the numbers as they were, the same window each time, and no outputs besides. */
static void expect_duplicate(struct lab *lab, uint32_t ack, uint16_t window, bool sack)
{
    expect_reply(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.snd.nxt, .ack = ack));
    assert_int_equal(lab->fx.reply.window, window);
    assert_int_equal((lab->fx.reply.options.present & TCPR_OPT_SACK) != 0, sack);
}

static void n_arrivals(uint32_t n, bool sack, bool batch, enum tcpr_state state)
{
    struct lab lab;
    reach(&lab, sack, state);
    uint32_t nxt = lab.c.rcv.nxt;
    uint16_t window = (uint16_t)(lab_window(&lab) >> lab.c.rcv_shift);
    for (uint32_t i = 0; i < n; i++) {
        text(&lab, nxt + GAP * (i + 1), LEN);
        expect_duplicate(&lab, nxt, window, sack);
        if (!batch) { assert_int_equal(lab_pull(&lab), 0); }
    }
    assert_int_equal(lab_pull(&lab), 0); /* each was answered: nothing is left to say */
    assert_false(lab_runs(&lab, TCPR_TIMER_DELAYED_ACK));
    assert_int_equal(lab.c.rcv.nxt, nxt);
    text(&lab, nxt, GAP); /* the gap is filled: one ACK at once (RFC5681-3.2-2) */
    assert_false(lab.fx.has_reply);
    assert_int_equal(lab.fx.readable, GAP + LEN);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = nxt + GAP + LEN));
}

/* More islands than can be held included: a refused one is answered like the others. */
static void out_of_order__n_arrivals__n_answers(void **state)
{
    const enum tcpr_state states[] = {TCPR_ESTABLISHED, TCPR_FIN_WAIT_1, TCPR_FIN_WAIT_2};
    (void)state;
    for (uint32_t n = 1; n <= 2 * TCPR_HELD_MAX; n++) {
        for (unsigned bits = 0; bits < 4; bits++) {
            for (size_t s = 0; s < 3; s++) {
                n_arrivals(n, (bits & 1) != 0, (bits & 2) != 0, states[s]);
            }
        }
    }
}

/* The same segment again and again is as many duplicates. */
static void out_of_order__same_segment__answered_each_time(void **state)
{
    (void)state;
    for (int sack = 0; sack < 2; sack++) {
        struct lab lab;
        reach(&lab, sack != 0, TCPR_ESTABLISHED);
        uint32_t nxt = lab.c.rcv.nxt;
        uint16_t window = (uint16_t)lab_window(&lab);
        for (int i = 0; i < 100; i++) {
            text(&lab, nxt + 100, LEN);
            expect_duplicate(&lab, nxt, window, sack != 0);
        }
        assert_int_equal(lab_pull(&lab), 0);
        assert_int_equal(lab.c.held_count, 1);
    }
}

/* An ACK that waited goes out on the duplicate, not once more beside it. */
static void out_of_order__after_delayed_ack__one_answer(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, true, TCPR_ESTABLISHED);
    text(&lab, lab.c.rcv.nxt, LEN);
    assert_true(lab_runs(&lab, TCPR_TIMER_DELAYED_ACK));
    text(&lab, lab.c.rcv.nxt + 100, LEN);
    expect_ack_reply(&lab);
    assert_false(lab_runs(&lab, TCPR_TIMER_DELAYED_ACK));
    assert_int_equal(lab_pull(&lab), 0);
}

static void expect_blocks(const struct tcpr_options *o, const struct tcpr_range *want, uint8_t count)
{
    assert_int_equal(o->sack_count, count);
    for (uint8_t i = 0; i < count; i++) {
        assert_int_equal(o->sack[i].first, want[i].first);
        assert_int_equal(o->sack[i].end, want[i].end);
    }
}

/* RFC2018-4-6, RFC2018-4-8: the first block holds the segment that drew the ACK, then those reported before it. */
static void sack__latest_first__then_as_reported(void **state)
{
    struct lab lab;
    (void)state;
    reach(&lab, true, TCPR_ESTABLISHED);
    uint32_t n = lab.c.rcv.nxt;
    text(&lab, n + 100, 50);
    expect_blocks(&lab.fx.reply.options, (struct tcpr_range[]){{n + 100, n + 150}}, 1);
    text(&lab, n + 300, 50);
    expect_blocks(&lab.fx.reply.options, (struct tcpr_range[]){{n + 300, n + 350}, {n + 100, n + 150}}, 2);
    text(&lab, n + 200, 50);
    text(&lab, n + 150, 20); /* grows the oldest, which comes to the front */
    expect_blocks(&lab.fx.reply.options,
                  (struct tcpr_range[]){{n + 100, n + 170}, {n + 200, n + 250}, {n + 300, n + 350}}, 3);
    text(&lab, n + 170, 30); /* joins two */
    expect_blocks(&lab.fx.reply.options, (struct tcpr_range[]){{n + 100, n + 250}, {n + 300, n + 350}}, 2);
    text(&lab, n, 100);
    lab_pull(&lab);
    expect_blocks(&lab.out[0].options, (struct tcpr_range[]){{n + 300, n + 350}}, 1);
    assert_int_equal(lab.out[0].ack, n + 250);
}

/* RFC2018-4-7: four blocks, three beside timestamps; what was reported is never given up (RFC2018-8-4). */
static void sack__more_islands_than_blocks(void **state)
{
    (void)state;
    for (int ts = 0; ts < 2; ts++) {
        struct lab lab;
        uint8_t options = TCPR_OPT_SACK_PERMITTED;
        if (ts != 0) { options |= TCPR_OPT_TIMESTAMPS; }
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.options = options, .receive_buffer = 60000});
        uint32_t nxt = lab.c.rcv.nxt;
        for (uint32_t i = 1; i <= TCPR_HELD_MAX; i++) {
            text(&lab, nxt + GAP * i, LEN);
        }
        assert_int_equal(lab.fx.reply.options.sack_count, ts != 0 ? 3 : 4);
        assert_true(tcpr_options_len(&lab.fx.reply.options) <= 40);
        text(&lab, nxt + GAP * 20, LEN); /* no room: refused, not put in another's place */
        assert_int_equal(lab.fx.place.len, 0);
        assert_int_equal(lab.c.held_count, TCPR_HELD_MAX);
        assert_int_equal(lab.fx.reply.options.sack[0].first, nxt + GAP * TCPR_HELD_MAX);
        for (uint32_t i = 0; i < TCPR_HELD_MAX; i++) { /* and all of them are still there when the gaps fill */
            text(&lab, lab.c.rcv.nxt, nxt + GAP * (i + 1) - lab.c.rcv.nxt);
            assert_int_equal(lab.c.rcv.nxt, nxt + GAP * (i + 1) + LEN);
        }
    }
}

/* SHLD-18, SHLD-19: every second full segment at least; with delayed ACKs off, each. */
static void in_order__every_second_segment_acknowledged(void **state)
{
    (void)state;
    for (int delayed = 0; delayed < 2; delayed++) {
        struct lab lab;
        uint32_t acks = 0;
        lab_reach(&lab, TCPR_ESTABLISHED,
                  (struct how){.receive_buffer = 60000, .features_off = delayed != 0 ? 0 : TCPR_FEATURE_DELAYED_ACK});
        for (int i = 0; i < 20; i++) {
            text(&lab, lab.c.rcv.nxt, 1460);
            lab_receive(&lab, UINT32_MAX);
            acks += (uint32_t)lab_pull(&lab);
        }
        assert_true(delayed != 0 ? acks >= 10 && acks < 20 : acks == 20);
    }
}

/* MUST-58, MUST-59: a batch that arrived in order is one ACK. */
static void in_order__batch__one_ack(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.receive_buffer = 60000});
    for (int i = 0; i < 20; i++) {
        text(&lab, lab.c.rcv.nxt, 1460);
        assert_false(lab.fx.has_reply);
    }
    expect_pulled(&lab, lab_ack(&lab));
}

/* Blocks must leave room for the text beside them, however small the segments. */
static void sack__smallest_segments__text_still_flows(void **state)
{
    const uint16_t sizes[] = {1, 28, 40, 64, 88};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int ts = 0; ts < 2; ts++) {
            struct lab lab;
            uint8_t options = TCPR_OPT_SACK_PERMITTED;
            if (ts != 0) { options |= TCPR_OPT_TIMESTAMPS; }
            lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.options = options, .peer_mss = sizes[i]});
            for (uint32_t n = 1; n <= 4; n++) {
                text(&lab, lab.c.rcv.nxt + GAP * n, LEN);
            }
            lab_send(&lab, 100);
            assert_true(lab_pull(&lab) >= 1);
            uint32_t most = sizes[i] > 28 ? sizes[i] : 28;
            assert_true(lab.out[0].text_len > 0);
            assert_true(lab.out[0].text_len + tcpr_options_len(&lab.out[0].options) <= most);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_order__n_arrivals__n_answers),
        cmocka_unit_test(out_of_order__same_segment__answered_each_time),
        cmocka_unit_test(out_of_order__after_delayed_ack__one_answer),
        cmocka_unit_test(sack__latest_first__then_as_reported),
        cmocka_unit_test(sack__more_islands_than_blocks),
        cmocka_unit_test(in_order__every_second_segment_acknowledged),
        cmocka_unit_test(in_order__batch__one_ack),
        cmocka_unit_test(sack__smallest_segments__text_still_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
