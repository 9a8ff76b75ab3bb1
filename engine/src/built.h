/*
 * Which features a build has (docs/embedding.md). All, unless the compiler is told of fewer: for those that are left
 * out the questions below have one answer, which it knows, and so it drops what would have followed from another.
 */
#ifndef TCPR_BUILT_H
#define TCPR_BUILT_H

#include "tcprove/conn.h"

#ifndef TCPR_FEATURES_BUILT
#define TCPR_FEATURES_BUILT UINT32_MAX /* bits of enum tcpr_feature, and all of them mean something */
#endif

#ifndef TCPR_CONTROLLERS_BUILT
#define TCPR_CONTROLLERS_BUILT 2 /* Reno, and CUBIC */
#endif

static inline bool built(uint32_t features)
{
    return (TCPR_FEATURES_BUILT & features) != 0;
}

/* What builds on another. */
#define IMPLIES(feature, another) \
    TCPR_STATIC_ASSERT(!(TCPR_FEATURES_BUILT & (feature)) || (TCPR_FEATURES_BUILT & (another)), #feature)
IMPLIES(TCPR_FEATURE_DSACK, TCPR_FEATURE_SACK);
IMPLIES(TCPR_FEATURE_SACK_RECOVERY, TCPR_FEATURE_SACK);
IMPLIES(TCPR_FEATURE_RACK, TCPR_FEATURE_SACK_RECOVERY);
IMPLIES(TCPR_FEATURE_TLP, TCPR_FEATURE_RACK);
IMPLIES(TCPR_FEATURE_ABE, TCPR_FEATURE_ECN);
IMPLIES(TCPR_FEATURE_ECT_EVERYWHERE, TCPR_FEATURE_ECN);
IMPLIES(TCPR_FEATURE_ACCURATE_ECN, TCPR_FEATURE_ECN);

/* `bits`, which mean nothing without one of `features`. */
static inline uint32_t unless_built(uint32_t features, uint32_t bits)
{
    return built(features) ? 0 : bits;
}

/* Bits of tcpr_conn.flags that are never set. */
static inline uint32_t flags_left_out(void)
{
    return unless_built(TCPR_FEATURE_WINDOW_SCALE, TCPR_FLAG_WINDOW_SCALE) |
           unless_built(TCPR_FEATURE_TIMESTAMPS, TCPR_FLAG_TIMESTAMPS | TCPR_FLAG_TS_RECENT) |
           unless_built(TCPR_FEATURE_SACK, TCPR_FLAG_SACK) |
           unless_built(TCPR_FEATURE_REOPEN_TIME_WAIT, TCPR_FLAG_REOPENED) |
           unless_built(TCPR_FEATURE_USER_TIMEOUT, TCPR_FLAG_TIMEOUT_NOW) |
           unless_built(TCPR_FEATURE_FAST_OPEN, TCPR_FLAG_FAST_OPEN);
}

/* Bits of tcpr_conn.loss that are never set. */
static inline uint32_t loss_left_out(void)
{
    const uint32_t board = TCPR_LOSS_SCOREBOARD | TCPR_LOSS_SCOREBOARD_FULL | TCPR_LOSS_RESCUED;
    const uint32_t records = TCPR_LOSS_RACK | TCPR_LOSS_RECORDS_FULL | TCPR_LOSS_RECORDS_TOLD;
    return unless_built(TCPR_FEATURE_SACK_RECOVERY, board | records) | unless_built(TCPR_FEATURE_RACK, records) |
           unless_built(TCPR_FEATURE_FRTO, TCPR_LOSS_FRTO_FIRST | TCPR_LOSS_FRTO_SECOND);
}

/* Bits of tcpr_options.present that are neither read nor written. */
static inline uint32_t options_left_out(void)
{
    return unless_built(TCPR_FEATURE_WINDOW_SCALE, TCPR_OPT_WINDOW_SCALE) |
           unless_built(TCPR_FEATURE_TIMESTAMPS, TCPR_OPT_TIMESTAMPS) |
           unless_built(TCPR_FEATURE_SACK, TCPR_OPT_SACK_PERMITTED | TCPR_OPT_SACK) |
           unless_built(TCPR_FEATURE_USER_TIMEOUT, TCPR_OPT_USER_TIMEOUT) |
           unless_built(TCPR_FEATURE_FAST_OPEN, TCPR_OPT_FAST_OPEN);
}

#endif
