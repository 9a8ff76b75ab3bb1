#include "built.h"

#include <string.h>

#define LONGEST_US TCPR_S(31536000) /* a year: sums and doublings of durations never overflow */
#define LARGEST_BUFFER ((uint32_t)1 << 30)

/* An IPv6 header, the longest TCP header, and one octet of text: every segment can make progress. */
#define SMALLEST_MTU 101u

uint32_t tcpr_features_built(void)
{
    return TCPR_FEATURES_BUILT;
}

void tcpr_config_default(struct tcpr_config *config)
{
    *config = (struct tcpr_config){
        .msl_us = TCPR_S(120),
        .rto_initial_us = TCPR_S(1),
        .rto_min_us = TCPR_S(1),
        .rto_max_us = TCPR_S(60),
        .rto_syn_lost_us = TCPR_S(3),
        .clock_granularity_us = TCPR_MS(1),
        .r2_us = TCPR_S(100),
        .r2_syn_us = TCPR_S(180),
        .user_timeout_us = TCPR_S(300),
        .user_timeout_least_us = TCPR_S(100),
        .user_timeout_most_us = TCPR_S(3600),
        .delayed_ack_us = TCPR_MS(100),
        .override_us = TCPR_MS(200),
        .keepalive_idle_us = TCPR_S(7200),
        .keepalive_interval_us = TCPR_S(75),
        .path_mtu_age_us = TCPR_S(600),
        .challenge_interval_us = TCPR_S(5),
        .challenge_limit = 10,
        .features = TCPR_FEATURES_DEFAULT & TCPR_FEATURES_BUILT,
        .receive_buffer = 65536,
        .send_buffer = 65536,
        .r1_retransmissions = 3,
        .keepalive_probes = 9,
        .mtu = 1500,
        .slow_start_segments = 1,
        .slow_start = TCPR_SLOW_START_HYSTART,
    };
}

static bool within(tcpr_time value, tcpr_time least, tcpr_time most)
{
    return value >= least && value <= most;
}

static bool within_or_never(tcpr_time value, tcpr_time least)
{
    return value == TCPR_NEVER || within(value, least, LONGEST_US);
}

/* Bounds are the RFC's where it says MUST, else what keeps the arithmetic right: a SHOULD may be configured away. */
static const char *duration_fault(const struct tcpr_config *config)
{
    if (!within(config->msl_us, 1, LONGEST_US)) { return "msl_us"; }
    if (!within(config->rto_initial_us, config->rto_min_us, config->rto_max_us)) { return "rto_initial_us"; }
    if (!within(config->rto_min_us, 1, config->rto_max_us)) { return "rto_min_us"; }
    if (!within(config->rto_max_us, TCPR_S(60), LONGEST_US)) { return "rto_max_us"; } /* RFC6298-2-9 */
    if (!within(config->rto_syn_lost_us, 1, config->rto_max_us)) { return "rto_syn_lost_us"; }
    if (!within(config->clock_granularity_us, 0, TCPR_S(1))) { return "clock_granularity_us"; }
    if (!within_or_never(config->r2_us, 1)) { return "r2_us"; }
    if (!within_or_never(config->r2_syn_us, TCPR_S(180))) { return "r2_syn_us"; } /* MUST-23 */
    if (!within_or_never(config->user_timeout_us, 0)) { return "user_timeout_us"; }
    if (!within(config->user_timeout_least_us, config->rto_max_us + 1, LONGEST_US)) { /* RFC5482-3.1-11 */
        return "user_timeout_least_us";
    }
    if (!within(config->user_timeout_most_us, config->user_timeout_least_us, LONGEST_US)) {
        return "user_timeout_most_us";
    }
    if (!within(config->delayed_ack_us, 0, TCPR_MS(500) - 1)) { return "delayed_ack_us"; } /* MUST-40 */
    if (!within(config->override_us, TCPR_MS(100), TCPR_S(1))) { return "override_us"; }
    if (!within(config->keepalive_idle_us, 1, LONGEST_US)) { return "keepalive_idle_us"; }
    if (!within(config->keepalive_interval_us, 1, LONGEST_US)) { return "keepalive_interval_us"; }
    bool ages = config->path_mtu_age_us != TCPR_NEVER;
    if (ages && !within(config->path_mtu_age_us, TCPR_S(300), TCPR_S(1728000))) { return "path_mtu_age_us"; }
    if (!within(config->challenge_interval_us, 0, LONGEST_US)) { return "challenge_interval_us"; }
    return NULL;
}

const char *tcpr_config_fault(const struct tcpr_config *config)
{
    static const uint8_t zero[sizeof config->reserved_zero] = {0};
    const char *fault = duration_fault(config);
    if (fault) { return fault; }
    if (config->features & ~tcpr_features_built()) { return "features"; }
    if (!within(config->receive_buffer, 1, LARGEST_BUFFER)) { return "receive_buffer"; }
    if (!within(config->send_buffer, 1, LARGEST_BUFFER)) { return "send_buffer"; }
    if (config->r1_retransmissions == 0) { return "r1_retransmissions"; }
    if (config->keepalive_probes < 2) { return "keepalive_probes"; } /* MUST-29 */
    if (config->mtu < SMALLEST_MTU) { return "mtu"; }
    if (config->slow_start > TCPR_SLOW_START_HYSTART) { return "slow_start"; }
    uint8_t most = config->slow_start == TCPR_SLOW_START_HYSTART ? 8 : 2; /* RFC9406-4.3-1, RFC3465-2.3-2 */
    if (!within(config->slow_start_segments, 1, most)) { return "slow_start_segments"; }
    if (config->controller >= TCPR_CONTROLLERS_BUILT) { return "controller"; }
    if (memcmp(config->reserved_zero, zero, sizeof zero) != 0) { return "reserved_zero"; }
    return NULL;
}
