/* ICMP errors beyond what each state's rows ask: versions, claimed sizes (RFC 9293 section 3.9.2.2, RFC 1191, 8201). */
#include "support.h"

static void too_big__claims(void **state)
{
    const struct {
        uint8_t version, type, code;
        uint32_t claimed, mss;
    } cases[] = {
        {4, 3, 4, 1000, 960}, {4, 3, 4, 0, 536}, {4, 3, 4, 20, 28}, {4, 3, 4, 1500, 1460}, {4, 3, 4, 60000, 1460},
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
    lab_icmp(&lab, 6, 2, 0, lab.c.snd.una, 600); /* no IPv6 path carries less than 1280 */
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
        cmocka_unit_test(version_6__hard_codes),
        cmocka_unit_test(unknown_or_nobody__dropped),
        cmocka_unit_test(version_6__sizes_and_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
