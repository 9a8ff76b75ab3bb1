#include "tcprove/config.h"

#include "check.h"

#include <string.h>

static struct tcpr_config defaults(void)
{
    struct tcpr_config config;
    memset(&config, 0xA5, sizeof config);
    tcpr_config_default(&config);
    return config;
}

static void defaults__are_in_range(void **state)
{
    (void)state;
    struct tcpr_config config = defaults();
    assert_null(tcpr_config_fault(&config));
}

static void default_features__are_all_but_rfc1337_and_keepalive(void **state)
{
    (void)state;
    const uint32_t every = TCPR_FEATURE_WINDOW_SCALE | TCPR_FEATURE_TIMESTAMPS | TCPR_FEATURE_SACK |
                           TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK |
                           TCPR_FEATURE_NAGLE | TCPR_FEATURE_DELAYED_ACK | TCPR_FEATURE_ICMP_CHECK_SEQ |
                           TCPR_FEATURE_ICMP_HARD_ABORTS | TCPR_FEATURE_RFC1337 | TCPR_FEATURE_REOPEN_TIME_WAIT |
                           TCPR_FEATURE_KEEPALIVE | TCPR_FEATURE_NEWRENO | TCPR_FEATURE_SACK_RECOVERY |
                           TCPR_FEATURE_DSACK | TCPR_FEATURE_LIMITED_TRANSMIT | TCPR_FEATURE_RESTART_WINDOW |
                           TCPR_FEATURE_VALIDATED_WINDOW | TCPR_FEATURE_PRR | TCPR_FEATURE_FRTO | TCPR_FEATURE_RACK |
                           TCPR_FEATURE_TLP | TCPR_FEATURE_ECN | TCPR_FEATURE_ABE | TCPR_FEATURE_ECT_EVERYWHERE |
                           TCPR_FEATURE_PREDICTION | TCPR_FEATURE_PATH_MTU_CAUTION | TCPR_FEATURE_EIFEL;
    assert_int_equal(TCPR_FEATURES_DEFAULT,
                     every & ~(uint32_t)(TCPR_FEATURE_RFC1337 | TCPR_FEATURE_KEEPALIVE | TCPR_FEATURE_ECN |
                                         TCPR_FEATURE_ABE | TCPR_FEATURE_ECT_EVERYWHERE));
    struct tcpr_config config = defaults();
    assert_int_equal(config.features, TCPR_FEATURES_DEFAULT);
    config.features = every;
    assert_null(tcpr_config_fault(&config));
}

/* The bounds that the RFCs put on defaults (config.h says which). */
static void defaults__keep_the_rfcs_bounds(void **state)
{
    (void)state;
    struct tcpr_config config = defaults();
    assert_int_equal(config.msl_us, TCPR_S(120));
    assert_int_equal(config.rto_initial_us, TCPR_S(1));
    assert_int_equal(config.rto_min_us, TCPR_S(1));
    assert_true(config.rto_max_us >= TCPR_S(60));
    assert_int_equal(config.rto_syn_lost_us, TCPR_S(3));
    assert_true(config.r2_us >= TCPR_S(100));
    assert_true(config.r2_syn_us >= TCPR_S(180));
    assert_int_equal(config.user_timeout_us, TCPR_S(300));
    assert_true(config.delayed_ack_us < TCPR_MS(500));
    assert_true(config.keepalive_idle_us >= TCPR_S(7200));
    assert_true(config.r1_retransmissions >= 3);
    assert_true(config.keepalive_probes > 1);
}

/* `field` set to a value out of its range is named; the same field at the range's edge is not. */
#define ASSERT_RANGE(field, bad, good)                              \
    do {                                                            \
        struct tcpr_config config_ = defaults();                    \
        config_.field = (bad);                                      \
        assert_string_equal(tcpr_config_fault(&config_), (#field)); \
        config_.field = (good);                                     \
        assert_null(tcpr_config_fault(&config_));                   \
    } while (0)

static void out_of_range__field_is_named(void **state)
{
    (void)state;
    ASSERT_RANGE(msl_us, 0, 1);
    ASSERT_RANGE(rto_initial_us, TCPR_S(61), TCPR_S(60));
    ASSERT_RANGE(rto_initial_us, TCPR_S(1) - 1, TCPR_S(2));
    ASSERT_RANGE(rto_min_us, 0, 1);
    ASSERT_RANGE(rto_max_us, TCPR_S(60) - 1, TCPR_S(90));
    ASSERT_RANGE(rto_syn_lost_us, 0, TCPR_S(60));
    ASSERT_RANGE(clock_granularity_us, TCPR_S(1) + 1, 0);
    ASSERT_RANGE(r2_us, 0, TCPR_NEVER);
    ASSERT_RANGE(r2_syn_us, TCPR_S(180) - 1, TCPR_S(180));
    ASSERT_RANGE(user_timeout_us, TCPR_NEVER - 1, 0);
    ASSERT_RANGE(delayed_ack_us, TCPR_MS(500), TCPR_MS(500) - 1);
    ASSERT_RANGE(override_us, TCPR_MS(100) - 1, TCPR_MS(100));
    ASSERT_RANGE(override_us, TCPR_S(1) + 1, TCPR_S(1));
    ASSERT_RANGE(keepalive_idle_us, 0, 1);
    ASSERT_RANGE(keepalive_interval_us, 0, 1);
    ASSERT_RANGE(path_mtu_age_us, TCPR_S(300) - 1, TCPR_NEVER);
    ASSERT_RANGE(path_mtu_age_us, TCPR_S(1728001), TCPR_S(1728000));
    ASSERT_RANGE(challenge_interval_us, TCPR_NEVER, 0);
    ASSERT_RANGE(user_timeout_least_us, TCPR_S(60), TCPR_S(60) + 1);
    ASSERT_RANGE(user_timeout_most_us, TCPR_S(100) - 1, TCPR_S(100));
    ASSERT_RANGE(slow_start_segments, 0, 1);
    ASSERT_RANGE(slow_start_segments, 9, 8);
    ASSERT_RANGE(slow_start, 2, TCPR_SLOW_START_STANDARD);
    ASSERT_RANGE(controller, 2, TCPR_CUBIC);
    ASSERT_RANGE(receive_buffer, 0, 1);
    ASSERT_RANGE(receive_buffer, (1u << 30) + 1, 1u << 30);
    ASSERT_RANGE(send_buffer, 0, 1);
    ASSERT_RANGE(send_buffer, UINT32_MAX, 1u << 30);
    ASSERT_RANGE(r1_retransmissions, 0, 1);
    ASSERT_RANGE(keepalive_probes, 1, 2);
    ASSERT_RANGE(mtu, 100, 101);
    ASSERT_RANGE(mtu, 0, 65535);
}

/* RFC3465-2.3-2: more than two only where HyStart++ watches the path. */
static void segments_an_ack__two_without_hystart(void **state)
{
    (void)state;
    struct tcpr_config config = defaults();
    config.slow_start = TCPR_SLOW_START_STANDARD;
    config.slow_start_segments = 2;
    assert_null(tcpr_config_fault(&config));
    config.slow_start_segments = 3;
    assert_string_equal(tcpr_config_fault(&config), "slow_start_segments");
}

static void reserved_octets__must_be_zero(void **state)
{
    (void)state;
    struct tcpr_config config = defaults();
    config.reserved_zero[1] = 1;
    assert_string_equal(tcpr_config_fault(&config), "reserved_zero");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults__are_in_range),
        cmocka_unit_test(default_features__are_all_but_rfc1337_and_keepalive),
        cmocka_unit_test(defaults__keep_the_rfcs_bounds),
        cmocka_unit_test(out_of_range__field_is_named),
        cmocka_unit_test(segments_an_ack__two_without_hystart),
        cmocka_unit_test(reserved_octets__must_be_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
