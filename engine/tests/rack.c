/* RFC 8985: loss by time, the reordering window, tail loss probes; too few records are told and done without. */
#include "support.h"

#define MSS 1460u
#define RTT TCPR_MS(100)

/* An ACK of SND.UNA that reports segments [first, end), counted from `base`. */
static void report(struct lab *lab, uint32_t base, uint32_t first, uint32_t end)
{
    lab_reported(lab, base + first * MSS, base + end * MSS);
}

static void pass(struct lab *lab, tcpr_time us)
{
    lab->now += us;
}

/* The path takes RTT; then `segments` leave at once, a millisecond between any two. @return SND.UNA */
static uint32_t reach(struct lab *lab, uint16_t records, uint32_t features_off, uint32_t segments)
{
    lab_reach(lab, TCPR_ESTABLISHED,
              (struct how){.features_off = features_off,
                           .ranges = LAB_RANGES, /* the tail as it stands in the lab */
                           .records = records,
                           .send_buffer = 1u << 20,
                           .options = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED,
                           .peer_shift = 4});
    lab->window = 65535;
    lab_acked(lab, lab->c.snd.nxt);
    for (int i = 0; i < 10; i++) {
        lab_send(lab, 2 * MSS);
        lab_pull(lab);
        pass(lab, RTT);
        lab_acked(lab, lab->c.snd.nxt);
    }
    assert_int_equal(lab->c.snd.una, lab->c.snd.nxt);
    lab->c.cc.cwnd = 20 * MSS;
    uint32_t una = lab->c.snd.una;
    for (uint32_t i = 0; i < segments; i++) {
        lab_send(lab, MSS);
        assert_int_equal(lab_pull(lab), 1);
        pass(lab, 1000);
    }
    return una;
}

static void expect_again(struct lab *lab, uint32_t seq)
{
    expect_pulled(lab, SEG(.ctl = TCPR_ACK, .seq = seq, .ack = lab->c.rcv.nxt, .len = MSS));
}

static bool recovers(const struct lab *lab)
{
    return (lab->c.flags & TCPR_FLAG_RECOVERY) != 0;
}

/* RFC8985-6.2-n1, RFC8985-6.2-2, RFC8985-3.3.2-2: one report starts the clock, a quarter of the round trip. */
static void one_report__lost_after_a_quarter(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 5);
    pass(&lab, RTT);
    report(&lab, una, 1, 2);
    assert_false(recovers(&lab));
    assert_true(lab_runs(&lab, TCPR_TIMER_LOSS));
    assert_in_range(lab.c.timer[TCPR_TIMER_LOSS] - lab.now, TCPR_MS(20), TCPR_MS(25));
    lab_fire(&lab, TCPR_TIMER_LOSS);
    assert_true(recovers(&lab));
    expect_rule(&lab, TCPR_RULE_8985_6_2_N1);
    expect_again(&lab, una);
}

/* What comes late but within the window was not lost. */
static void reordered__nothing_goes_again(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 5);
    pass(&lab, RTT);
    report(&lab, una, 1, 2);
    pass(&lab, TCPR_MS(10));
    lab_acked(&lab, una + 2 * MSS);
    assert_int_equal(lab_pull(&lab), 0);
    lab_wait(&lab, TCPR_MS(50));
    assert_false(recovers(&lab));
    assert_int_equal(lab.rack.flags & TCPR_RACK_REORDERED, TCPR_RACK_REORDERED);
    report(&lab, una, 3, 5); /* and from now on three reports prove nothing by themselves (RFC8985-3.3.2-1) */
    lab_send(&lab, MSS);
    lab_pull(&lab);
}

/* RFC8985-3.3.2-1: no reordering ever, and three segments beyond: at once. */
static void three_reported__at_once(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 5);
    pass(&lab, RTT);
    report(&lab, una, 1, 4);
    assert_true(recovers(&lab));
    expect_again(&lab, una);
}

/* Section 4: a retransmission that is lost as well is found by what was sent after it, without a timeout. */
static void retransmission_lost__goes_again(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, TCPR_FEATURE_PRR, 5);
    pass(&lab, RTT);
    report(&lab, una, 1, 5);
    expect_again(&lab, una);
    pass(&lab, 1000);
    lab_send(&lab, MSS);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].seq, una + 5 * MSS);
    pass(&lab, RTT);
    uint32_t ssthresh = lab.c.cc.ssthresh;
    report(&lab, una, 5, 6);
    expect_again(&lab, una);
    assert_int_equal(lab.c.cc.ssthresh, ssthresh / MSS > 2 ? ssthresh / 2 : 2 * MSS); /* RFC8985-9.3-3 */
}

/* RFC8985-3.3.2-3, RFC8985-3.3.2-4: the peer had both: the window is wider, and never beyond a smoothed round trip. */
static void dsack__widens(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 5);
    pass(&lab, RTT);
    report(&lab, una, 1, 4);
    expect_again(&lab, una);
    struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{una, una + MSS}}};
    pass(&lab, RTT);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una + 5 * MSS, .options = &o));
    assert_int_equal(lab.rack.widened, 1);
    assert_int_equal(lab.rack.persists, 16);
    for (int i = 0; i < 300; i++) { /* again and again, in one round trip: counts once */
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una + 5 * MSS, .options = &o));
    }
    assert_in_range(lab.rack.widened, 1, 255);
}

/* RFC2883-5-1: neither an option without a block nor a reversed block reports text that came twice. */
static void blocks_that_are_none__not_widened(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    const struct tcpr_options lies[] = {{.present = TCPR_OPT_SACK},
                                        {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{una, una - 10}}}};
    for (size_t i = 0; i < 2; i++) {
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una, .options = &lies[i]));
        assert_int_equal(lab.c.sacked_count, 0);
        assert_int_equal(lab.rack.widened, 0);
    }
}

/* What waited to be judged arrived after all: the timer is the probe's again. */
static void reordered__all_arrives__probe_is_timed_again(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    pass(&lab, RTT);
    report(&lab, una, 1, 2);
    assert_true(lab.rack.flags & TCPR_RACK_WAITS);
    lab_acked(&lab, una + 2 * MSS);
    assert_false(lab.rack.flags & TCPR_RACK_WAITS);
    assert_true(lab_runs(&lab, TCPR_TIMER_LOSS));
    lab_fire(&lab, TCPR_TIMER_LOSS);
    assert_true(lab_did(&lab, TCPR_ACT_PROBES));
    expect_again(&lab, una + 3 * MSS);
}

/* RFC2018-8-1: the ACK ends where a report began, so the peer dropped that text, and its record is open again. */
static void reneged__recorded_anew(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 8);
    report(&lab, una, 2, 5);
    assert_true(recovers(&lab));
    assert_int_equal(lab.records[lab.c.record_first + 2].flags, TCPR_RECORD_SACKED);
    lab_pull(&lab);
    pass(&lab, RTT);
    lab_acked(&lab, una + 2 * MSS);
    assert_int_equal(lab.records[lab.c.record_first].flags & TCPR_RECORD_SACKED, 0);
    assert_true(recovers(&lab));
}

/* RFC8985-3.3.2-3: sixteen recoveries without a D-SACK, and the window is what it was at first. */
static void widened__forgotten_after_sixteen(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    lab.rack.widened = 3;
    lab.rack.persists = 2;
    for (uint8_t left = 1; left < 2; left--) {
        pass(&lab, RTT);
        report(&lab, una, 1, 4);
        assert_true(recovers(&lab));
        lab_pull(&lab);
        pass(&lab, RTT);
        una = lab.c.snd.nxt;
        lab_acked(&lab, una);
        assert_int_equal(lab.rack.persists, left);
        assert_int_equal(lab.rack.widened, left == 0 ? 0 : 3);
        lab.c.cc.cwnd = 20 * MSS;
        lab_send(&lab, 4 * MSS);
        lab_pull(&lab);
    }
}

/* RFC8985-7.2-4, RFC8985-7.3-4, RFC8985-7.3-6: two round trips without an ACK; then the retransmission timer. */
static void tail__probe_is_the_last_segment(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    tcpr_time wait = lab.c.timer[TCPR_TIMER_LOSS] - (lab.now - 1000);
    assert_int_equal(wait, 2 * lab.c.rtt.srtt_us);
    lab_fire(&lab, TCPR_TIMER_LOSS);
    expect_rule(&lab, TCPR_RULE_8985_7_3_3);
    assert_true(lab_did(&lab, TCPR_ACT_PROBES));
    assert_int_equal(lab.c.timer[TCPR_TIMER_RETRANSMIT], lab.now + lab.c.rtt.rto_us);
    expect_again(&lab, una + 3 * MSS);
    assert_false(lab_runs(&lab, TCPR_TIMER_LOSS)); /* RFC8985-7.3-1: one */
    pass(&lab, RTT);
    report(&lab, una, 3, 4); /* the tail was not what was missing: RACK goes on from here */
    lab_wait(&lab, TCPR_MS(50));
    lab_pull(&lab);
    assert_true(recovers(&lab));
}

/* A path quicker than the clock: the probe still waits a tick, so that a timer that fired is not due again at once. */
static void tail__no_round_trip_to_speak_of__waits_a_tick(void **state)
{
    (void)state;
    struct lab lab;
    reach(&lab, 64, 0, 4);
    lab.c.rtt.srtt_us = 0;
    lab_send(&lab, MSS);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.c.timer[TCPR_TIMER_LOSS] - lab.now, lab.config.clock_granularity_us);
}

/* A FIN that left in SYN-RECEIVED is probed for only once the connection is open. */
static void tail__syn_is_out__no_probe(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_SYN_RECEIVED,
              (struct how){.ranges = LAB_RANGES, .records = 8, .options = TCPR_OPT_SACK_PERMITTED});
    lab_close(&lab);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].control, TCPR_FIN | TCPR_ACK);
    assert_false(lab_runs(&lab, TCPR_TIMER_LOSS));
    pass(&lab, RTT);
    lab_acked(&lab, lab.c.snd.iss + 1);
    lab_fire(&lab, TCPR_TIMER_LOSS);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = lab.c.snd.una, .ack = lab.c.rcv.nxt));
}

/* RFC8985-7.3-3: new text where there is some, whatever the congestion window says. */
static void tail__probe_is_new_text(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    lab.c.cc.cwnd = 4 * MSS;
    lab_send(&lab, 3 * MSS);
    assert_int_equal(lab_pull(&lab), 0);
    lab_fire(&lab, TCPR_TIMER_LOSS);
    expect_again(&lab, una + 4 * MSS);
    lab_acked(&lab, una + 5 * MSS);
    assert_int_equal(lab.c.cc.cwnd, 4 * MSS); /* nothing was lost */
}

/* RFC8985-7.4.2-1, RFC8985-7.4.2-2: only the probe brought the tail there: a loss like others. D-SACK: none. */
static void probe_mends__window_halved_unless_both_came(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct lab lab;
        uint32_t una = reach(&lab, 64, 0, 8);
        lab_fire(&lab, TCPR_TIMER_LOSS);
        expect_again(&lab, una + 7 * MSS);
        uint32_t cwnd = lab.c.cc.cwnd;
        struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1};
        o.sack[0] = (struct tcpr_range){una + 7 * MSS, una + 8 * MSS};
        struct seg seg = {.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una + 8 * MSS, .options = both ? &o : NULL};
        lab_arrives(&lab, seg);
        lab_send(&lab, MSS);
        lab_pull(&lab);
        lab_acked(&lab, una + 9 * MSS);
        assert_int_equal(lab.c.cc.cwnd < cwnd, !both);
        assert_int_equal(lab.rack.flags & TCPR_RACK_PROBED, 0);
    }
}

/* RFC8985-7.3-1: no second probe before the path was measured again. */
static void probe_unanswered__then_the_timer(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    lab_fire(&lab, TCPR_TIMER_LOSS);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_true(lab_did(&lab, TCPR_ACT_RETRANSMITS));
    expect_again(&lab, una);
    assert_int_equal(lab.c.cc.cwnd, MSS);
}

/* A probe's news that comes when recovery has begun for another reason changes nothing more (RFC8985-7.4.2-2). */
static void probe_mends__in_recovery__no_second_reduction(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, 0, 4);
    lab_fire(&lab, TCPR_TIMER_LOSS);
    expect_again(&lab, una + 3 * MSS);
    for (int i = 0; i < 4; i++) {
        lab_send(&lab, MSS);
        assert_int_equal(lab_pull(&lab), 1);
        pass(&lab, 1000);
    }
    report(&lab, una, 5, 8);
    assert_true(recovers(&lab));
    lab_pull(&lab);
    uint32_t ssthresh = lab.c.cc.ssthresh;
    pass(&lab, RTT);
    lab_acked(&lab, una + 5 * MSS - 1);
    assert_int_equal(lab.rack.flags & TCPR_RACK_PROBED, 0);
    assert_true(recovers(&lab));
    assert_int_equal(lab.c.cc.ssthresh, ssthresh);
}

/* RFC 1191: what is too big goes again, but for what arrived all the same. */
static void smaller_mtu__reported_text_does_not_go_again(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, TCPR_FEATURE_PATH_MTU_CAUTION, 3);
    report(&lab, una, 1, 2);
    lab_icmp(&lab, 4, 3, 4, una, 1000);
    assert_int_equal(lab.rack.lost, 2 * MSS);
    for (unsigned round = 0; round < 2; round++) { /* the window became smaller with the segments */
        assert_true(lab_pull(&lab) > 0);
        for (size_t i = 0; i < lab.outs; i++) {
            assert_false(tcpr_seq_within(lab.out[i].seq, una + MSS, MSS));
            assert_in_range(lab.out[i].text_len, 1, 960);
        }
        assert_int_equal(lab.rack.lost, round == 0 ? MSS : 0);
        lab_acked(&lab, una + 2 * MSS);
    }
}

/* No room to cut a record in two: RACK gives way in the middle of a recovery, which goes on as RFC 6675 has it. */
static void too_few_records__in_recovery__goes_on_without(void **state)
{
    (void)state;
    for (uint32_t features_off = 0; features_off <= TCPR_FEATURE_TLP; features_off += TCPR_FEATURE_TLP) {
        struct lab lab;
        uint32_t una = reach(&lab, 4, features_off | TCPR_FEATURE_PATH_MTU_CAUTION, 4);
        report(&lab, una, 1, 4);
        assert_true(recovers(&lab));
        lab_icmp(&lab, 4, 3, 4, una, 1000);
        lab_pull(&lab);
        assert_int_equal(lab.c.record_count, 0);
        assert_true(lab.c.loss & TCPR_LOSS_RECORDS_FULL);
        assert_true(recovers(&lab));
        uint32_t sent = 0;
        for (size_t i = 0; i < lab.outs; i++) {
            sent += lab.out[i].text_len;
        }
        lab_pull(&lab);
        pass(&lab, RTT);
        lab_acked(&lab, una + sent);
        lab_pull(&lab);
        lab_acked(&lab, lab.c.snd.nxt);
        assert_false(recovers(&lab));
        assert_int_equal(lab.c.loss & TCPR_LOSS_RECORDS_FULL, 0);
    }
}

/* Degrades to RFC 6675, says so once, and has RACK again when all is acknowledged. */
static void too_few_records__told_and_done_without(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 6, 0, 8);
    assert_int_equal(lab.c.loss & TCPR_LOSS_RECORDS_FULL, TCPR_LOSS_RECORDS_FULL);
    report(&lab, una, 1, 2);
    expect_rule(&lab, TCPR_RULE_8985_4_2);
    assert_true(lab_did(&lab, TCPR_ACT_DEGRADED));
    report(&lab, una, 1, 4);
    assert_false(lab_did(&lab, TCPR_ACT_DEGRADED));
    expect_rule(&lab, TCPR_RULE_6675_5_3);
    expect_again(&lab, una);
    lab_acked(&lab, lab.c.snd.nxt);
    assert_int_equal(lab.c.loss & TCPR_LOSS_RECORDS_FULL, 0);
    lab_send(&lab, MSS);
    lab_pull(&lab);
    assert_int_equal(lab.c.record_count, 1);
}

/* CVE-2018-5390, CVE-2019-11478: crumbs of reports and a shrinking MTU cut records in two until there is no room. */
static void crumbs__bounded(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 12, 0, 10);
    pass(&lab, RTT);
    for (uint32_t i = 0; i < 5000; i++) {
        struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1};
        o.sack[0] = (struct tcpr_range){una + 1 + 2 * i, una + 2 + 2 * i};
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = una, .options = &o));
        lab_pull(&lab);
        assert_true(lab.c.record_count <= 12);
    }
    lab_icmp(&lab, 4, 3, 4, una, 300);
    lab_pull(&lab);
    assert_true(lab.c.record_count <= 12);
    lab_acked(&lab, lab.c.snd.nxt);
    assert_int_equal(lab.c.record_count, 0);
}

/* RFC8985-6.3-n1: at a timeout what was sent just now is not taken for lost. */
static void timeout__young_segments_are_spared(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 64, TCPR_FEATURE_TLP, 3);
    pass(&lab, TCPR_MS(950));
    lab_send(&lab, 2 * MSS);
    assert_int_equal(lab_pull(&lab), 2);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_again(&lab, una);
    assert_int_equal(lab.rack.lost, 2 * MSS); /* the second and the third */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_report__lost_after_a_quarter),
        cmocka_unit_test(reordered__nothing_goes_again),
        cmocka_unit_test(three_reported__at_once),
        cmocka_unit_test(retransmission_lost__goes_again),
        cmocka_unit_test(dsack__widens),
        cmocka_unit_test(blocks_that_are_none__not_widened),
        cmocka_unit_test(reordered__all_arrives__probe_is_timed_again),
        cmocka_unit_test(reneged__recorded_anew),
        cmocka_unit_test(widened__forgotten_after_sixteen),
        cmocka_unit_test(tail__probe_is_the_last_segment),
        cmocka_unit_test(tail__no_round_trip_to_speak_of__waits_a_tick),
        cmocka_unit_test(tail__syn_is_out__no_probe),
        cmocka_unit_test(tail__probe_is_new_text),
        cmocka_unit_test(probe_mends__window_halved_unless_both_came),
        cmocka_unit_test(probe_mends__in_recovery__no_second_reduction),
        cmocka_unit_test(smaller_mtu__reported_text_does_not_go_again),
        cmocka_unit_test(too_few_records__in_recovery__goes_on_without),
        cmocka_unit_test(probe_unanswered__then_the_timer),
        cmocka_unit_test(too_few_records__told_and_done_without),
        cmocka_unit_test(crumbs__bounded),
        cmocka_unit_test(timeout__young_segments_are_spared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
