/* An engine built with no more than TCPR_FEATURES_LEAST: what it lacks it refuses, and never does. */
#include "support.h"

static const uint32_t every = TCPR_FEATURES_DEFAULT | TCPR_FEATURE_RFC1337 | TCPR_FEATURE_KEEPALIVE |
                              TCPR_FEATURE_FRTO | TCPR_FEATURE_ECN | TCPR_FEATURE_ABE | TCPR_FEATURE_ECT_EVERYWHERE |
                              TCPR_FEATURE_FAST_OPEN | TCPR_FEATURE_USER_TIMEOUT;

static void built_with_less__says_so(void **state)
{
    (void)state;
    struct tcpr_config config;
    assert_int_equal(tcpr_features_built(), TCPR_FEATURES_LEAST);
    tcpr_config_default(&config);
    assert_int_equal(config.features, TCPR_FEATURES_DEFAULT & TCPR_FEATURES_LEAST);
    assert_null(tcpr_config_fault(&config));
}

static void feature_left_out__config_asks__is_a_fault(void **state)
{
    (void)state;
    struct tcpr_config config;
    tcpr_config_default(&config);
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        config.features = bit;
        const char *fault = tcpr_config_fault(&config);
        if (bit & TCPR_FEATURES_LEAST) {
            assert_null(fault);
        } else {
            assert_string_equal(fault, "features");
        }
    }
}

static void cubic_left_out__config_asks__is_a_fault(void **state)
{
    (void)state;
    struct tcpr_config config;
    tcpr_config_default(&config);
    config.controller = TCPR_CUBIC;
    assert_string_equal(tcpr_config_fault(&config), "controller");
}

/* Who does not heed the fault gets what was built. */
static void feature_left_out__config_asks_all_the_same__is_not_done(void **state)
{
    (void)state;
    struct lab lab;
    struct tcpr_options options = {.mss = 1460, .window_scale = 7, .ts_val = 99, .user_timeout = 120};
    options.present =
        TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_USER_TIMEOUT;
    lab_reach(&lab, TCPR_LISTEN, (struct how){.ranges = 8, .records = 16});
    lab.config.features = every;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .options = &options));
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab.c.snd.iss, .ack = LAB_IRS + 1, .wnd = 8000));
    assert_int_equal(lab.out[0].options.present, TCPR_OPT_MSS);
    assert_int_equal(lab.c.flags & (TCPR_FLAG_WINDOW_SCALE | TCPR_FLAG_TIMESTAMPS | TCPR_FLAG_SACK), 0);
    assert_int_equal(lab.c.snd_shift | lab.c.loss | lab.c.remote_uto, 0);
}

/* The codec knows them as little as any kind it was never told of (MUST-6). */
static void option_left_out__arrives__is_skipped(void **state)
{
    (void)state;
    const uint8_t octets[40] = {[12] = 10 << 4,
                                [13] = TCPR_SYN,
                                [20] = TCPR_KIND_MSS,
                                4,
                                5,
                                180,
                                TCPR_KIND_NOP,
                                TCPR_KIND_WINDOW_SCALE,
                                3,
                                7,
                                TCPR_KIND_SACK_PERMITTED,
                                2,
                                TCPR_KIND_TIMESTAMPS,
                                10};
    struct tcpr_segment seg;
    assert_int_equal(tcpr_segment_parse_verified(octets, sizeof octets, &seg), TCPR_PARSE_OK);
    assert_int_equal(seg.options.present, TCPR_OPT_MSS);
    assert_int_equal(seg.options.mss, 1460);
    assert_int_equal(seg.options.skipped_at, 1u << 5 | 1u << 8 | 1u << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_with_less__says_so),
        cmocka_unit_test(feature_left_out__config_asks__is_a_fault),
        cmocka_unit_test(cubic_left_out__config_asks__is_a_fault),
        cmocka_unit_test(feature_left_out__config_asks_all_the_same__is_not_done),
        cmocka_unit_test(option_left_out__arrives__is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
