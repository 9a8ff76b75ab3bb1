/* RFC 6675 on the scoreboard in the tail; limited transmit (RFC 3042); the peer may take back what it reported (RFC
 * 2018); what came twice is told (RFC 2883). */
#include "support.h"

#define MSS 1460u

static void reach(struct lab *lab, uint8_t ranges, uint32_t features_off)
{
    lab_reach(lab, TCPR_ESTABLISHED,
              (struct how){.features_off = features_off | TCPR_FEATURE_PRR, /* a ceiling that is reached at once */
                           .ranges = ranges,
                           .send_buffer = 1u << 20,
                           .options = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED,
                           .peer_shift = 4});
    lab->window = 65535;
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
}

static uint32_t flight(const struct lab *lab)
{
    return lab->c.snd.nxt - lab->c.snd.una;
}

/* An ACK of SND.UNA that reports segments [first, end) of those outstanding, counted from `base`. */
static void report(struct lab *lab, uint32_t base, uint32_t first, uint32_t end)
{
    lab_reported(lab, base + first * MSS, base + end * MSS);
}

/* Ten segments are outstanding and CWND is ten. @return SND.UNA */
static uint32_t ten_out(struct lab *lab, uint8_t ranges, uint32_t features_off)
{
    reach(lab, ranges, features_off);
    lab_send(lab, 600000);
    lab_pull(lab);
    while (flight(lab) < 10 * MSS) {
        lab_acked(lab, lab->c.snd.una + MSS);
        lab_pull(lab);
    }
    assert_int_equal(flight(lab), 10 * MSS);
    assert_int_equal(lab->c.cc.cwnd, 10 * MSS);
    return lab->c.snd.una;
}

static void expect_text(const struct lab *lab, size_t n, uint32_t seq)
{
    assert_true(n < lab->outs);
    expect_segment(&lab->out[n], SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab->c.rcv.nxt, .len = MSS));
}

static bool recovers(const struct lab *lab)
{
    return (lab->c.flags & TCPR_FLAG_RECOVERY) != 0;
}

/* RFC3042-2-1, RFC6675-5-4: each of the first two reports lets one new segment out; RFC6675-5-3: the third is a loss.
 */
static void three_reports__fast_retransmit(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0);
    for (uint32_t i = 0; i < 2; i++) {
        report(&lab, una, 1, 2 + i);
        assert_false(recovers(&lab));
        assert_int_equal(lab_pull(&lab), 1);
        expect_text(&lab, 0, una + (10 + i) * MSS);
    }
    report(&lab, una, 1, 4);
    expect_rule(&lab, TCPR_RULE_6675_5_3);
    assert_int_equal(lab.c.cc.ssthresh, 5 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 5 * MSS);
    assert_int_equal(lab_pull(&lab), 1); /* 12 out, 3 arrived, 1 lost and sent again: no room under CWND */
    expect_text(&lab, 0, una);
}

static void limited_transmit__off__nothing_new(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, TCPR_FEATURE_LIMITED_TRANSMIT);
    report(&lab, una, 1, 2);
    assert_int_equal(lab_pull(&lab), 0);
}

/* RFC3042-2-3: without news a duplicate ACK tells nothing; nor does what was reported before. */
static void no_news__no_duplicate(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0);
    for (int i = 0; i < 10; i++) {
        lab_acked(&lab, una);
        assert_int_equal(lab_pull(&lab), 0);
    }
    report(&lab, una, 1, 2);
    assert_int_equal(lab_pull(&lab), 1);
    for (int i = 0; i < 10; i++) {
        report(&lab, una, 1, 2);
        assert_int_equal(lab_pull(&lab), 0);
    }
    assert_false(recovers(&lab));
}

/* RFC6675-4-n1: IsLost() needs no three ACKs where one reports enough. */
static void one_report__enough_above__lost(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0);
    report(&lab, una, 1, 3); /* two segments: not more than two */
    assert_false(recovers(&lab));
    una = ten_out(&lab, 8, 0);
    report(&lab, una, 7, 10);
    assert_true(recovers(&lab));
}

/* RFC6675-4-5, RFC6675-5-9: holes known to be lost are filled in order, one for each segment that arrives. */
static void holes__filled_in_order_as_the_pipe_empties(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0);
    report(&lab, una, 3, 4); /* 0, 1, 2 and 5 are lost */
    report(&lab, una, 4, 5);
    lab_pull(&lab);
    report(&lab, una, 6, 9);
    assert_true(recovers(&lab));
    lab_pull(&lab); /* 12 were sent, 5 arrived, 0 to 2 and 5 are lost: 3 on their way, and CWND is 5 */
    assert_int_equal(lab.outs, 2);
    expect_text(&lab, 0, una);
    expect_text(&lab, 1, una + MSS);
    report(&lab, una, 6, 10);
    assert_int_equal(lab_pull(&lab), 1);
    expect_text(&lab, 0, una + 2 * MSS);
    report(&lab, una, 6, 11);
    assert_int_equal(lab_pull(&lab), 1);
    expect_text(&lab, 0, una + 5 * MSS); /* what was reported is passed over */
    lab_acked(&lab, una + 5 * MSS);
    assert_true(recovers(&lab));
    lab_acked(&lab, lab.c.cc.recover);
    assert_false(recovers(&lab));
    assert_int_equal(lab.c.cc.cwnd, 5 * MSS);
}

/* RFC6675-4-6, RFC6675-4-7, RFC6675-4-8, RFC6675-4-10: new text; without any, what might be lost; one rescue; no more.
 */
static void nothing_known_lost__new_then_suspect_then_rescue(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 8, 0);
    lab_send(&lab, 13 * MSS);
    lab.c.cc.cwnd = 12 * MSS;
    assert_int_equal(lab_pull(&lab), 12);
    uint32_t una = lab.c.snd.una;
    report(&lab, una, 1, 8);
    assert_int_equal(lab_pull(&lab), 2); /* on their way: the first again, 8 to 11 and the new one; and CWND is six */
    expect_text(&lab, 0, una);
    expect_text(&lab, 1, una + 12 * MSS); /* rule 2 */
    report(&lab, una, 9, 10);
    assert_int_equal(lab_pull(&lab), 1);
    expect_text(&lab, 0, una + 8 * MSS); /* rule 3: a report lies above it, but not enough */
    report(&lab, una, 12, 13);
    assert_int_equal(lab_pull(&lab), 1);
    expect_text(&lab, 0, una + 10 * MSS);
    lab_acked(&lab, una + 8 * MSS);
    assert_int_equal(lab_pull(&lab), 1);
    expect_text(&lab, 0, una + 11 * MSS);
    lab_send(&lab, MSS);
    lab_acked(&lab, una + 10 * MSS);
    assert_int_equal(lab_pull(&lab), 2);
    expect_text(&lab, 0, una + 13 * MSS);
    expect_text(&lab, 1, una + 13 * MSS); /* rule 4, and once */
    assert_int_equal(lab_pull(&lab), 0);  /* rule 5 */
}

/* RFC2018-8-5, RFC2018-5.1-2, RFC6675-5.1-7: a timeout forgets the reports; new ones count again. */
static void timeout__reports_are_forgotten__new_ones_count(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, TCPR_FEATURE_FRTO);
    report(&lab, una, 1, 2);
    assert_int_equal(lab.fx.released, 0);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.sacked_count, 0);
    assert_int_equal(lab_pull(&lab), 1);
    expect_text(&lab, 0, una);
    lab_acked(&lab, una + MSS);
    assert_int_equal(lab_pull(&lab), 2);
    expect_text(&lab, 0, una + MSS); /* though it had been reported */
    expect_text(&lab, 1, una + 2 * MSS);
    report(&lab, una, 4, 6);
    lab_acked(&lab, una + 3 * MSS);
    lab_pull(&lab);
    expect_text(&lab, 0, una + 3 * MSS);
    expect_text(&lab, 1, una + 6 * MSS);
    assert_false(recovers(&lab)); /* RFC6675-5.1-5 */
}

/* RFC2018-8-1: SND.UNA comes to a range and stays there: the peer no longer has it, and it is sent again. */
static void reneged__sent_again(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0);
    report(&lab, una, 1, 4);
    lab_pull(&lab);
    lab_acked(&lab, una + MSS);
    assert_int_equal(lab.c.sacked_count, 0);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_true(lab_pull(&lab) >= 1);
    expect_text(&lab, 0, una + MSS);
}

/* Blocks that no receiver of ours could report change nothing. */
static void implausible_blocks__ignored(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0);
    const struct tcpr_range lies[] = {{una + 10, una + 10},
                                      {una + 20, una + 10},
                                      {una, una + MSS},
                                      {una - MSS, una},
                                      {una - 5, una + 5},
                                      {una + MSS, una + 11 * MSS},
                                      {una + 20 * MSS, una + 21 * MSS},
                                      {una + 0x80000000u, una + 0x80000001u}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {lies[i]}};
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una, .options = &o));
        assert_int_equal(lab.c.sacked_count, 0);
        assert_int_equal(lab.c.cc.dup_acks, 0);
    }
}

/* CVE-2018-5390, CVE-2019-5599: crumbs fill the tail and no more; the connection says so and goes on. */
static void crumbs__bounded_and_told(void **state)
{
    (void)state;
    for (uint8_t ranges = 1; ranges <= 8; ranges++) {
        struct lab lab;
        uint32_t una = ten_out(&lab, ranges, 0), told = 0;
        for (uint32_t i = 0; i < 1000; i++) {
            struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1};
            o.sack[0] = (struct tcpr_range){una + MSS + 2 * i, una + MSS + 2 * i + 1};
            lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una, .options = &o));
            told += lab_did(&lab, TCPR_ACT_DEGRADED);
            lab_pull(&lab);
        }
        assert_int_equal(told, 1);
        assert_int_equal(lab.c.sacked_count, ranges);
        lab_acked(&lab, lab.c.snd.nxt);
        assert_int_equal(lab.c.sacked_count, 0);
        assert_int_equal(lab.c.loss & TCPR_LOSS_SCOREBOARD_FULL, 0);
    }
}

/* Without a tail, or without the feature, loss is found as RFC 6582 says. */
static void no_scoreboard__newreno(void **state)
{
    (void)state;
    for (int tail = 0; tail < 2; tail++) {
        struct lab lab;
        uint32_t una = ten_out(&lab, tail ? 8 : 0, tail ? TCPR_FEATURE_SACK_RECOVERY : 0);
        for (uint32_t i = 0; i < 3; i++) {
            report(&lab, una, 1, 2 + i);
        }
        expect_rule(&lab, TCPR_RULE_5681_3_2_3);
        assert_int_equal(lab.c.cc.cwnd, 8 * MSS);
        assert_int_equal(lab.c.sacked_count, 0);
    }
}

/* What was not known of the end is repaired by one segment more than NewReno would ever send at once: many holes. */
static void every_other_lost__one_round_trip(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = ten_out(&lab, 8, 0), again = 0;
    for (uint32_t i = 1; i < 10; i += 2) {
        report(&lab, una, i, i + 1);
        lab_pull(&lab);
        for (size_t n = 0; n < lab.outs; n++) {
            again += tcpr_seq_lt(lab.out[n].seq, una + 10 * MSS);
        }
    }
    for (uint32_t i = 10; i < 13; i++) { /* what limited transmit and rule 2 sent arrives as well */
        report(&lab, una, i, i + 1);
        lab_pull(&lab);
        for (size_t n = 0; n < lab.outs; n++) {
            again += tcpr_seq_lt(lab.out[n].seq, una + 10 * MSS);
        }
    }
    assert_int_equal(again, 5);
}

static void text(struct lab *lab, uint32_t seq, uint32_t len)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab->c.snd.una, .len = len));
}

static void expect_blocks(const struct tcpr_options *o, uint8_t count, struct tcpr_range a, struct tcpr_range b)
{
    assert_int_equal((o->present & TCPR_OPT_SACK) != 0 ? o->sack_count : 0, count);
    if (count > 0) { assert_memory_equal(&o->sack[0], &a, sizeof a); }
    if (count > 1) { assert_memory_equal(&o->sack[1], &b, sizeof b); }
}

#define NOTHING ((struct tcpr_range){0, 0})

/* RFC2883-4-n1, RFC2883-4-n2: below RCV.NXT, told in the ACK it draws and in no other. */
static void came_twice__below__told_once(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 0, 0);
    uint32_t n = lab.c.rcv.nxt;
    text(&lab, n, 300);
    lab_pull(&lab);
    text(&lab, n, 100);
    expect_blocks(&lab.fx.reply.options, 1, (struct tcpr_range){n, n + 100}, NOTHING);
    text(&lab, n + 400, 100);
    expect_blocks(&lab.fx.reply.options, 1, (struct tcpr_range){n + 400, n + 500}, NOTHING);
    text(&lab, n + 200, 150); /* half of it is old (RFC2883-4-n5) */
    assert_int_equal(lab.fx.readable, 50);
    assert_int_equal(lab_pull(&lab), 1);
    expect_blocks(&lab.out[0].options, 2, (struct tcpr_range){n + 200, n + 300}, (struct tcpr_range){n + 400, n + 500});
}

/* RFC2883-4-n3: beyond a hole, the island it lies in follows. */
static void came_twice__beyond__island_follows(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 0, 0);
    uint32_t n = lab.c.rcv.nxt;
    text(&lab, n + 1000, 500);
    text(&lab, n + 2000, 500);
    text(&lab, n + 1200, 100);
    expect_blocks(&lab.fx.reply.options, 3, (struct tcpr_range){n + 1200, n + 1300},
                  (struct tcpr_range){n + 1000, n + 1500});
    text(&lab, n + 2400, 300);
    expect_blocks(&lab.fx.reply.options, 3, (struct tcpr_range){n + 2400, n + 2500},
                  (struct tcpr_range){n + 2000, n + 2700});
}

/* What was never received is not said to have come twice; without the feature, or SACK, nothing is. */
static void not_twice__not_told(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 0, 0);
    text(&lab, lab.c.rcv.nxt, 100);
    text(&lab, lab.c.rcv.irs - 5000, 100);
    expect_blocks(&lab.fx.reply.options, 0, NOTHING, NOTHING);
    text(&lab, lab.c.rcv.edge, 100);
    expect_blocks(&lab.fx.reply.options, 0, NOTHING, NOTHING);
    reach(&lab, 0, TCPR_FEATURE_DSACK);
    text(&lab, lab.c.rcv.nxt, 100);
    text(&lab, lab.c.rcv.nxt - 100, 100);
    expect_blocks(&lab.fx.reply.options, 0, NOTHING, NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_reports__fast_retransmit),
        cmocka_unit_test(limited_transmit__off__nothing_new),
        cmocka_unit_test(no_news__no_duplicate),
        cmocka_unit_test(one_report__enough_above__lost),
        cmocka_unit_test(holes__filled_in_order_as_the_pipe_empties),
        cmocka_unit_test(nothing_known_lost__new_then_suspect_then_rescue),
        cmocka_unit_test(timeout__reports_are_forgotten__new_ones_count),
        cmocka_unit_test(reneged__sent_again),
        cmocka_unit_test(implausible_blocks__ignored),
        cmocka_unit_test(crumbs__bounded_and_told),
        cmocka_unit_test(no_scoreboard__newreno),
        cmocka_unit_test(every_other_lost__one_round_trip),
        cmocka_unit_test(came_twice__below__told_once),
        cmocka_unit_test(came_twice__beyond__island_follows),
        cmocka_unit_test(not_twice__not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
