/* The user timeout option (RFC 5482). */
#include "support.h"

#define ON .features_on = TCPR_FEATURE_USER_TIMEOUT
#define MINUTES 0x8000u

static struct tcpr_options naming(uint16_t value)
{
    return (struct tcpr_options){.present = TCPR_OPT_USER_TIMEOUT, .user_timeout = value};
}

static void peer_names(struct lab *lab, uint16_t value)
{
    struct tcpr_options o = naming(value);
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .options = &o));
}

static bool tells(const struct tcpr_segment *seg, uint16_t value)
{
    return (seg->options.present & TCPR_OPT_USER_TIMEOUT) != 0 && seg->options.user_timeout == value;
}

static void expect_timeout(const struct lab *lab, tcpr_time want)
{
    assert_int_equal(tcpr_user_timeout(&lab->c, &lab->config), want);
}

static void off__neither_sent_nor_heard(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.options = TCPR_OPT_USER_TIMEOUT, .peer_timeout = 1000});
    peer_names(&lab, 2000);
    expect_no_event(&lab, TCPR_EVENT_USER_TIMEOUT);
    expect_timeout(&lab, TCPR_S(300));
    lab_send(&lab, 100);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].options.present, 0);
}

/* RFC5482-3.3-1: the SYNs tell, but only a connection adopts. */
static void on__sent_with_the_syn_and_the_first_after_it(void **state)
{
    struct lab lab;
    struct how how = {ON, .active = true};
    (void)state;
    lab_init(&lab, &how);
    lab_open_active(&lab, &how);
    assert_int_equal(lab_pull(&lab), 1);
    assert_true(tells(&lab.out[0], 300));
    struct tcpr_options o = naming(1000);
    o.present |= TCPR_OPT_MSS;
    o.mss = 1460;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 5000, .ack = lab.c.snd.nxt, .options = &o));
    expect_event(&lab, TCPR_EVENT_USER_TIMEOUT);
    expect_timeout(&lab, TCPR_S(1000));
    assert_int_equal(lab_pull(&lab), 1);
    assert_true(tells(&lab.out[0], 300));
    lab_send(&lab, 100);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].options.present, 0);
}

static void syn_received__default_timeout_until_established(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){ON, .options = TCPR_OPT_USER_TIMEOUT, .peer_timeout = 1000});
    expect_timeout(&lab, TCPR_S(300));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    expect_timeout(&lab, TCPR_S(1000));
}

/* RFC5482-3.1-6: min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)). */
static void named__longest_within_the_limits(void **state)
{
    const struct {
        uint16_t named;
        tcpr_time own, want;
    } cases[] = {
        {1000, TCPR_S(300), TCPR_S(1000)},
        {10, TCPR_S(300), TCPR_S(300)},
        {10, TCPR_S(5), TCPR_S(100)},
        {7200, TCPR_S(300), TCPR_S(3600)},
        {MINUTES | 10, TCPR_S(300), TCPR_S(600)},
        {MINUTES | 0x7FFF, TCPR_S(300), TCPR_S(3600)},
        {0x7FFF, TCPR_S(7200), TCPR_S(3600)},
        {1, 0, TCPR_S(3600)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON});
        tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_ADVERTISED_TIMEOUT, cases[i].own);
        peer_names(&lab, cases[i].named);
        expect_event(&lab, TCPR_EVENT_USER_TIMEOUT);
        expect_timeout(&lab, cases[i].want);
    }
}

/* RFC5482-3.4-1. */
static void zero__ignored(void **state)
{
    const uint16_t reserved[] = {0, MINUTES};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON});
        peer_names(&lab, 1000);
        peer_names(&lab, reserved[i]);
        expect_no_event(&lab, TCPR_EVENT_USER_TIMEOUT);
        expect_rule(&lab, TCPR_RULE_5482_3_4_1);
        expect_timeout(&lab, TCPR_S(1000));
        lab_reach(&lab, TCPR_ESTABLISHED,
                  (struct how){ON, .options = TCPR_OPT_USER_TIMEOUT, .peer_timeout = reserved[i]});
        expect_no_event(&lab, TCPR_EVENT_USER_TIMEOUT);
    }
}

/* RFC5482-3-1, RFC5482-3.1-1, RFC5482-3.1-2: chosen by OPEN or later, it stands; the peer's wish is told all the same.
 */
static void chosen__kept_and_the_peers_told(void **state)
{
    struct lab lab;
    struct tcpr_report report;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON, .user_timeout = TCPR_S(10)});
    peer_names(&lab, 1000);
    expect_event(&lab, TCPR_EVENT_USER_TIMEOUT);
    expect_timeout(&lab, TCPR_S(10));
    lab_set_user_timeout(&lab, TCPR_S(20));
    expect_timeout(&lab, TCPR_S(20));
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.remote_timeout_us, TCPR_S(1000));
    assert_int_equal(report.advertised_timeout_us, TCPR_S(20));
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_CHANGEABLE_TIMEOUT, 1);
    expect_timeout(&lab, TCPR_S(1000));
}

/* RFC5482-3-4. */
static void changed__told_once_by_the_next_segment(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON, .options = TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED});
    lab_send(&lab, 10); /* the first, which tells as well */
    lab_pull(&lab);
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_ADVERTISED_TIMEOUT, TCPR_S(40000));
    expect_silence(&lab);
    lab_send(&lab, 1460);
    assert_int_equal(lab_pull(&lab), 2);
    assert_true(tells(&lab.out[0], MINUTES | 667));                                      /* rounded up */
    assert_int_equal(lab.out[0].text_len + tcpr_options_len(&lab.out[0].options), 1460); /* MUST-16 */
    assert_int_equal(lab.out[1].options.present, TCPR_OPT_TIMESTAMPS);
}

/* RFC 5482 section 4.1: where somebody on the path drops what carries the option, it costs one timeout and no more. */
static void told_and_lost__goes_again_without(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON});
    peer_names(&lab, 2000); /* so another timeout is in use, which is to be told */
    lab_send(&lab, 100);
    assert_int_equal(lab_pull(&lab), 1);
    assert_true(tells(&lab.out[0], 300));
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    assert_int_equal(lab_pull(&lab), 1);
    assert_int_equal(lab.out[0].text_len, 100);
    assert_int_equal(lab.out[0].options.present, 0);
}

/* What goes on a reply need not go on the next segment too, and beside four islands there is room for fewer. */
static void changed__told_by_a_reply(void **state)
{
    struct lab lab;
    struct how how = {ON, .options = TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED, .receive_buffer = 60000};
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, how);
    for (uint32_t n = 1; n <= 4; n++) {
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt + 1000 * n, .ack = lab.c.snd.nxt, .len = 100));
    }
    assert_int_equal(lab.fx.reply.options.sack_count, 3);
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_ADVERTISED_TIMEOUT, TCPR_S(77));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt + 9000, .ack = lab.c.snd.nxt, .len = 100));
    assert_true(tells(&lab.fx.reply, 77));
    assert_int_equal(tcpr_options_len(&lab.fx.reply.options), 36);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt + 7000, .ack = lab.c.snd.nxt, .len = 100));
    assert_false(lab.fx.reply.options.present & TCPR_OPT_USER_TIMEOUT);
}

/* What is adopted is waited for, R2 notwithstanding; and no longer. */
static void adopted__longer_than_r2__waited_for(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON});
    peer_names(&lab, 1000);
    lab_send(&lab, 100);
    lab_pull(&lab);
    for (int i = 0; i < 99; i++) {
        lab_wait(&lab, TCPR_S(10));
        lab_pull(&lab);
    }
    expect_state(&lab, TCPR_ESTABLISHED);
    lab_fire(&lab, TCPR_TIMER_USER);
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_TIMED_OUT);
    expect_rule(&lab, TCPR_RULE_5482_3_1_6);
}

/* RFC5482-4.2-1. */
static void keepalive__waits_for_the_adopted_timeout(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.features_on = TCPR_FEATURE_USER_TIMEOUT | TCPR_FEATURE_KEEPALIVE});
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_KEEPALIVE_IDLE, TCPR_S(30));
    peer_names(&lab, 500);
    lab_pull(&lab);
    lab_wait(&lab, TCPR_S(500));
    expect_silence(&lab);
    lab_wait(&lab, 1);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt - 1, .ack = lab.c.rcv.nxt));
}

/* Any option value leaves a value between the limits, and ADV_UTO rounded up to what an option can say. */
static void every_value__within_the_limits(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){ON});
    for (uint32_t value = 0; value <= UINT16_MAX; value += 7) {
        peer_names(&lab, (uint16_t)value);
        tcpr_time now_us = tcpr_user_timeout(&lab.c, &lab.config);
        assert_in_range(now_us, TCPR_S(100), TCPR_S(3600));
        tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_ADVERTISED_TIMEOUT, value * TCPR_MS(300) + 1);
        struct tcpr_report report;
        assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
        assert_in_range(report.advertised_timeout_us, value * TCPR_MS(300) + 1, value * TCPR_MS(300) + TCPR_S(1));
    }
    tcpr_set(&lab.c, &lab.config, lab.now, TCPR_SET_ADVERTISED_TIMEOUT, TCPR_NEVER);
    assert_int_equal(lab.c.adv_uto, UINT16_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off__neither_sent_nor_heard),
        cmocka_unit_test(on__sent_with_the_syn_and_the_first_after_it),
        cmocka_unit_test(syn_received__default_timeout_until_established),
        cmocka_unit_test(named__longest_within_the_limits),
        cmocka_unit_test(zero__ignored),
        cmocka_unit_test(chosen__kept_and_the_peers_told),
        cmocka_unit_test(changed__told_once_by_the_next_segment),
        cmocka_unit_test(told_and_lost__goes_again_without),
        cmocka_unit_test(changed__told_by_a_reply),
        cmocka_unit_test(adopted__longer_than_r2__waited_for),
        cmocka_unit_test(keepalive__waits_for_the_adopted_timeout),
        cmocka_unit_test(every_value__within_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
