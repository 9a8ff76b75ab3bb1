/* Tail loss probes (RFC 8985 section 7): when ACKs stay away for two round trips, one segment asks for news, long
 * before the retransmission timer would. */
#include "rack.h"

#define WAIT_UNKNOWN_US TCPR_S(1)  /* RFC8985-7.2-2 */
#define PEER_WAITS_US TCPR_MS(200) /* RFC8985-7.2-3: what a peer may delay the ACK of a lone segment */

/* The connection is open and nothing is known to be missing. A FIN may be out before the SYN is acknowledged. */
static bool in_order(const struct tcpr_conn *c)
{
    return !syn_unacked(c) && !has(c, TCPR_FLAG_RECOVERY) && sacked_count(c) == 0 &&
           !tcpr_seq_lt(c->snd.una, c->cc.recover);
}

/* Two round trips; a path quicker than the clock still takes one of its ticks. */
static tcpr_time two_round_trips(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    uint32_t tick_us = max_u32((uint32_t)config->clock_granularity_us, 1);
    return max_u32(c->rtt.srtt_us, (tick_us + 1u) / 2u) * (tcpr_time)2;
}

/* RFC8985-7.2-4: not later than the retransmission timer would fire. */
static tcpr_time probe_wait(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    tcpr_time unknown_us = TCPR_MUTANT(unmeasured_tail_waits, WAIT_UNKNOWN_US, TCPR_S(60));
    tcpr_time wait_us = has(c, TCPR_FLAG_RTT_KNOWN) ? two_round_trips(c, config) : unknown_us;
    if (c->record_count == 1) { wait_us += PEER_WAITS_US; }
    return min_time(wait_us, c->rtt.rto_us);
}

/* RFC8985-7.2-1: new text left, or an ACK of some came. */
void probe_arm(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (!rack(c) || !feature(config, TCPR_FEATURE_TLP)) { return; }
    if (rack_of(c)->flags & TCPR_RACK_WAITS) { return; }
    bool wanted = in_order(c) && c->snd.una != c->snd.nxt && !(rack_of(c)->flags & TCPR_RACK_PROBED);
    if (wanted) {
        arm(c, TCPR_TIMER_LOSS, probe_wait(c, config));
    } else {
        stop(c, TCPR_TIMER_LOSS);
    }
}

/* RFC8985-7.3-1, RFC8985-7.3-2, RFC8985-7.3-6: the wait is over. One probe, and not before the path was measured again.
 */
bool probe_due(struct tcpr_conn *c)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    bool may = in_order(c) && c->snd.una != c->snd.nxt && (rack->flags & TCPR_RACK_SAMPLED) &&
               !(rack->flags & TCPR_RACK_PROBED);
    arm(c, TCPR_TIMER_RETRANSMIT, c->rtt.rto_us);
    if (!may) { return false; }
    rack->flags |= TCPR_RACK_PROBE_NOW;
    return true;
}

bool probe_owed(const struct tcpr_conn *c)
{
    return rack(c) && (rack_of(c)->flags & TCPR_RACK_PROBE_NOW) && in_order(c);
}

/* Where the segment begins that went last (RFC8985-7.3-4). */
uint32_t probe_last(const struct tcpr_conn *c)
{
    return record_first(c, c->record_count - 1u);
}

void probe_was_sent(struct tcpr_conn *c, bool again)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    rack->flags &= (uint8_t) ~(TCPR_RACK_PROBE_NOW | TCPR_RACK_SAMPLED | TCPR_RACK_PROBED_AGAIN);
    rack->flags |= (uint8_t)(TCPR_RACK_PROBED | (again ? TCPR_RACK_PROBED_AGAIN : 0));
    rack->probe_end = c->snd.nxt;
}

/* RFC 8985 section 7.4.2: an ACK of `number` came. @return true: the probe mended a loss, which calls for what a loss
 * calls for (RFC8985-7.4.2-1, RFC8985-7.4.2-2) */
bool probe_ack(struct tcpr_conn *c, uint32_t number, bool duplicate_reported, bool duplicate)
{
    struct tcpr_rack_vars *rack = rack_vars(c);
    rack->flags &= (uint8_t)~TCPR_RACK_PROBE_NOW;
    if (!(rack->flags & TCPR_RACK_PROBED) || tcpr_seq_lt(number, rack->probe_end)) { return false; }
    bool again = (rack->flags & TCPR_RACK_PROBED_AGAIN) != 0;
    bool beyond = tcpr_seq_lt(rack->probe_end, number);
    bool both_arrived = duplicate_reported || (duplicate && !beyond);
    if (again && !beyond && !both_arrived) { return false; } /* not known yet */
    rack->flags &= (uint8_t) ~(TCPR_RACK_PROBED | TCPR_RACK_PROBED_AGAIN);
    return again && !both_arrived;
}
