/* ICMP errors beyond what each state's rows ask: versions, claimed sizes (RFC 9293 section 3.9.2.2, RFC 1191, 8201). */
#include "support.h"

static void too_big__claims(void **state)
{
    const struct {
        uint8_t version, type, code;
        uint32_t claimed, mss;
    } cases[] = {
        {4, 3, 4, 1000, 960}, {4, 3, 4, 0, 536},     {4, 3, 4, 68, 28},
        {4, 3, 4, 67, 1460},  {4, 3, 4, 1500, 1460}, {4, 3, 4, 60000, 1460},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2000});
        lab_icmp(&lab, cases[i].version, cases[i].type, cases[i].code, lab.c.snd.una, cases[i].claimed);
        assert_int_equal(lab.c.snd.mss, cases[i].mss);
        expect_state(&lab, TCPR_ESTABLISHED);
        assert_int_equal(lab_did(&lab, TCPR_ACT_RETRANSMITS), cases[i].mss < 1460);
    }
}

/* All of it goes again in smaller pieces, and none of it twice. */
static void too_big__text_sent_again_in_pieces(void **state)
{
    struct lab lab;
    uint32_t at = 0;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2920});
    lab_icmp(&lab, 4, 3, 4, lab.c.snd.una, 576);
    while (at < 2920) {
        assert_true(lab_pull(&lab) >= 1);
        for (size_t i = 0; i < lab.outs; i++) {
            assert_int_equal(lab.out[i].text_at, at);
            assert_true(lab.out[i].text_len <= 536);
            at += lab.out[i].text_len;
        }
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.iss + 1 + at));
    }
    assert_int_equal(at, 2920);
}

static void say_too_big(struct lab *lab, uint32_t quoted_seq, uint32_t mtu, uint16_t quoted_len)
{
    struct tcpr_icmp icmp = {
        .quoted_seq = quoted_seq, .mtu = mtu, .quoted_len = quoted_len, .version = 4, .type = 3, .code = 4};
    tcpr_icmp_arrives(&lab->c, &lab->config, lab->now, &icmp, &lab->fx);
}

/* RFC1191-3-5: the next plateau below what was too long; a burst of such messages lowers the size once. */
static void too_big__size_unknown__next_plateau(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 2920});
    say_too_big(&lab, lab.c.snd.una, 0, 1500);
    assert_int_equal(lab.c.snd.mss, 1452);
    say_too_big(&lab, lab.c.snd.una + 1460, 0, 1500);
    assert_int_equal(lab.c.snd.mss, 1452);
    expect_rule(&lab, TCPR_RULE_1191_6_4_3);
    say_too_big(&lab, lab.c.snd.una, 0, 1492);
    assert_int_equal(lab.c.snd.mss, 966);
    say_too_big(&lab, lab.c.snd.una, 0, 100);
    assert_int_equal(lab.c.snd.mss, 28);
}

/* What never was so long cannot have been too long. */
static void too_big__nothing_was__dropped(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 500});
    say_too_big(&lab, lab.c.snd.una, 540, 0);
    expect_rule(&lab, TCPR_RULE_1191_6_4_3);
    say_too_big(&lab, lab.c.snd.una + 100, 440, 0);
    expect_rule(&lab, TCPR_RULE_1191_6_4_3);
    say_too_big(&lab, lab.c.snd.una, 400, 400);
    expect_rule(&lab, TCPR_RULE_1191_6_4_3);
    assert_int_equal(lab.c.snd.mss, 1460);
    say_too_big(&lab, lab.c.snd.una, 539, 540);
    assert_int_equal(lab.c.snd.mss, 499);
}

/* RFC1191-6.4-4, RFC8201-5.4-3: it was no congestion. RFC5681-3.1-8: as many segments as before, smaller ones. */
/* A host's queue of handshakes keeps nothing of the path, so what a connection heard in one must not matter later. */
static void too_big__syn_without_text__dropped(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){0});
    uint32_t mss = lab.c.snd.mss;
    say_too_big(&lab, lab.c.snd.una, 400, 0);
    assert_int_equal(lab.c.snd.mss, mss);
    assert_true(lab_did(&lab, TCPR_ACT_DROPPED));
}

static void too_big__window_keeps_its_segments(void **state)
{
    const uint16_t records[] = {0, 20};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED,
                  (struct how){.options = TCPR_OPT_SACK_PERMITTED, .ranges = 4, .records = records[i], .text = 4000});
        uint32_t cwnd = lab.c.cc.cwnd, ssthresh = lab.c.cc.ssthresh;
        lab_icmp(&lab, 4, 3, 4, lab.c.snd.una, 1000);
        assert_int_equal(lab.c.cc.cwnd, (uint64_t)cwnd * 960 / 1460);
        lab_pull(&lab);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una + 960));
        assert_true(lab.c.cc.cwnd >= (uint64_t)cwnd * 960 / 1460);
        assert_int_equal(lab.c.cc.ssthresh, ssthresh);
        assert_false(lab.c.flags & TCPR_FLAG_RECOVERY);
    }
}

/* RFC5927-7.2-1: full segments arrive, so a claim waits; progress disproves it. */
static void too_big__large_ones_arrived__waits_and_is_disproved(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 1460});
    lab_acked(&lab, lab.c.snd.nxt);
    lab_send(&lab, 2920);
    lab_pull(&lab);
    say_too_big(&lab, lab.c.snd.una, 1000, 1500);
    expect_rule(&lab, TCPR_RULE_5927_7_2_1);
    assert_int_equal(lab.c.snd.mss, 1460);
    expect_silence(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una + 1460));
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab.c.snd.mss, 1460);
    expect_rule(&lab, TCPR_RULE_9293_3_10_8_N1);
}

static void too_big__large_ones_arrived__heard_at_the_timeout(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 1460});
    lab_acked(&lab, lab.c.snd.nxt);
    lab_send(&lab, 2920);
    lab_pull(&lab);
    say_too_big(&lab, lab.c.snd.una + 1460, 900, 1500); /* not of what times out */
    say_too_big(&lab, lab.c.snd.una, 1000, 1500);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_rule(&lab, TCPR_RULE_5927_7_2_1);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].text_len, 960);
    assert_int_equal(lab.c.path.proved_mss, 960);
}

static void too_big__caution_off__heard_at_once(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.features_off = TCPR_FEATURE_PATH_MTU_CAUTION, .text = 1460});
    lab_acked(&lab, lab.c.snd.nxt);
    lab_send(&lab, 2920);
    lab_pull(&lab);
    say_too_big(&lab, lab.c.snd.una, 1000, 1500);
    assert_int_equal(lab.c.snd.mss, 960);
}

/* RFC1191-3-4: not before the claim has aged, and what is then too large is believed at once. */
static void lowered__tried_again_after_ten_minutes(void **state)
{
    const tcpr_time ages[] = {TCPR_S(600), TCPR_NEVER};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 1460});
        lab.config.path_mtu_age_us = ages[i];
        lab_icmp(&lab, 4, 3, 4, lab.c.snd.una, 1000);
        lab_pull(&lab);
        tcpr_time lowered_at = lab.now;
        while (lab.now - lowered_at < TCPR_S(600)) {
            lab_acked(&lab, lab.c.snd.nxt);
            assert_int_equal(lab.c.snd.mss, 960);
            lab_send(&lab, 960);
            lab_pull(&lab);
            lab.now += TCPR_MS(100);
        }
        lab.now += TCPR_S(140);
        lab_pull(&lab);
        lab_acked(&lab, lab.c.snd.nxt);
        assert_int_equal(lab.c.snd.mss, i == 0 ? 1460 : 960);
        lab_send(&lab, 1460);
        lab_pull(&lab);
        say_too_big(&lab, lab.c.snd.una, 1000, 1500);
        assert_int_equal(lab.c.snd.mss, 960);
    }
}

/* Counted in larger segments the window is still one, so it is never rounded to none. */
static void raised_with_a_small_window__holds_a_segment(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(
        &lab, TCPR_ESTABLISHED,
        (struct how){.options = TCPR_OPT_TIMESTAMPS, .features_off = TCPR_FEATURE_PATH_MTU_CAUTION, .text = 1448});
    lab_icmp(&lab, 4, 3, 4, lab.c.snd.una, 68);
    lab_acked(&lab, lab.c.snd.nxt);
    lab.now += TCPR_S(700);
    lab_send(&lab, 16);
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    lab_acked(&lab, lab.c.snd.nxt);
    assert_int_equal(lab.c.snd.mss, 1460);
    assert_int_equal(lab.c.cc.cwnd, 1448);
    lab_send(&lab, 2896);
    assert_int_equal(lab_pull(&lab), 1);
    lab.c.cc.cwnd = 32;
    lab_icmp(&lab, 4, 3, 4, lab.c.snd.una, 68);
    assert_int_equal(lab.c.cc.cwnd, 16);
}

/* RFC5681-3.1-7: what CUBIC remembers counts in the larger segments, and would bring the octets back at once. */
static void too_big__cubic__window_keeps_its_segments(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_ESTABLISHED,
              (struct how){.features_off = TCPR_FEATURE_PATH_MTU_CAUTION, .send_buffer = 1u << 20});
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_CONTROLLER, TCPR_CUBIC);
    lab.c.cc.cwnd = 20 * 1460;
    lab.c.cc.ssthresh = 5 * 1460;
    lab_send(&lab, 400 * 1460);
    for (int i = 0; i < 3; i++) {
        lab_pull(&lab);
        lab_acked(&lab, lab.c.snd.nxt);
    }
    lab_pull(&lab);
    uint32_t segments = lab.c.cc.cwnd / 1460;
    assert_in_range(segments, 21, 23);
    lab_icmp(&lab, 4, 3, 4, lab.c.snd.una, 1000);
    lab_acked(&lab, lab.c.snd.nxt);
    assert_in_range(lab.c.cc.cwnd / 960, segments, segments + 1);
}

/* RFC 5461 section 3, for ICMPv6: prohibited and port unreachable are hard; the rest is not. */
static void version_6__hard_codes(void **state)
{
    (void)state;
    for (uint8_t code = 0; code < 8; code++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 100});
        lab_icmp(&lab, 6, 1, code, lab.c.snd.una, 0);
        expect_state(&lab, code == 1 || code == 4 ? TCPR_CLOSED : TCPR_ESTABLISHED);
    }
}

/* What is no error message, or finds no connection, does nothing. */
static void unknown_or_nobody__dropped(void **state)
{
    (void)state;
    for (int type = 0; type < 256; type++) {
        struct lab lab;
        bool known = type == 3 || type == 4 || type == 11 || type == 12;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.text = 100});
        lab_icmp(&lab, 4, (uint8_t)type, 0, lab.c.snd.una, 0);
        expect_state(&lab, TCPR_ESTABLISHED);
        if (!known) { assert_int_equal(lab.fx.events, 0); }
        lab_reach(&lab, TCPR_LISTEN, (struct how){0});
        lab_icmp(&lab, 4, (uint8_t)type, 3, 0, 0);
        expect_state(&lab, TCPR_LISTEN);
    }
}

/* Packet Too Big, and what ICMPv6 says that is no error. */
static void version_6__sizes_and_others(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_LISTEN, (struct how){0});
    lab.ip = (struct tcpr_ip){.source = {0xfd, 1}, .destination = {0xfd, 2}, .version = 6, .ttl = 64};
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 5));
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 6, .ack = lab.c.snd.nxt));
    lab.c.snd.mss = 1440;
    lab_send(&lab, 1440);
    lab_pull(&lab);
    lab_icmp(&lab, 6, 2, 0, lab.c.snd.una, 1400);
    assert_int_equal(lab.c.snd.mss, 1340);
    lab_icmp(&lab, 6, 2, 0, lab.c.snd.una, 1279); /* RFC8201-4-2 */
    expect_rule(&lab, TCPR_RULE_8201_4_2);
    assert_int_equal(lab.c.snd.mss, 1340);
    lab_icmp(&lab, 6, 2, 0, lab.c.snd.una, 1280);
    assert_int_equal(lab.c.snd.mss, 1220);
    lab_icmp(&lab, 6, 128, 0, lab.c.snd.una, 0);
    assert_int_equal(lab.fx.events, 0);
    assert_true(lab_did(&lab, TCPR_ACT_DROPPED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_big__claims),
        cmocka_unit_test(too_big__text_sent_again_in_pieces),
        cmocka_unit_test(too_big__size_unknown__next_plateau),
        cmocka_unit_test(too_big__nothing_was__dropped),
        cmocka_unit_test(too_big__syn_without_text__dropped),
        cmocka_unit_test(too_big__window_keeps_its_segments),
        cmocka_unit_test(too_big__large_ones_arrived__waits_and_is_disproved),
        cmocka_unit_test(too_big__large_ones_arrived__heard_at_the_timeout),
        cmocka_unit_test(too_big__caution_off__heard_at_once),
        cmocka_unit_test(lowered__tried_again_after_ten_minutes),
        cmocka_unit_test(version_6__hard_codes),
        cmocka_unit_test(unknown_or_nobody__dropped),
        cmocka_unit_test(version_6__sizes_and_others),
        cmocka_unit_test(raised_with_a_small_window__holds_a_segment),
        cmocka_unit_test(too_big__cubic__window_keeps_its_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
