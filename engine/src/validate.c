/*
 * Is the congestion window what the path carries, or a memory of it (RFC 7661)? Where in a round trip less than half of
 * it was acknowledged it is kept for five minutes, but neither grows nor counts when something is lost.
 */
#include "internal.h"

#define TICKS(us) ((uint32_t)((us) >> 10))
#define KEPT_TICKS TICKS(TCPR_MUTANT(unused_window_is_kept, TCPR_S(300), TCPR_S(30000))) /* RFC7661-4.4-2 */

static uint32_t now(const struct tcpr_conn *c)
{
    return TICKS(c->latest);
}

/* RFC7661-4.2-4: what was measured counts for three round trips, or a second. */
static bool stale(const struct tcpr_conn *c)
{
    return now(c) - c->cc.pipe.at > max_u32(3u * TICKS(c->rtt.srtt_us), TICKS(TCPR_S(1)));
}

static bool measured(const struct tcpr_conn *c)
{
    return (c->cc.flags & TCPR_CONGESTION_MEASURED) && c->cc.pipe.acked != TCPR_PIPE_UNDEFINED;
}

static void begin_unproved(struct tcpr_conn *c, uint32_t at)
{
    if (unproved(c)) { return; }
    c->cc.flags |= TCPR_CONGESTION_UNPROVED;
    c->cc.unproved_at = at;
}

/* A round trip is over: RFC7661-4.4-1, RFC7661-4.4-7. */
static void take_sample(struct tcpr_conn *c, uint32_t sample)
{
    struct tcpr_pipe_vars *pipe = &c->cc.pipe;
    if (!measured(c) || sample >= pipe->acked || stale(c)) {
        pipe->acked = sample;
        pipe->at = now(c);
    }
    if (pipe->acked < c->cc.cwnd / 2u) {
        begin_unproved(c, now(c));
    } else {
        c->cc.flags &= (uint8_t)~TCPR_CONGESTION_UNPROVED;
    }
}

/* Text was acknowledged. RFC7661-4.2-2: how much was it in a round trip, of a tick at least? RFC7661-4.2-5: none in
 * which a loss is repaired counts. */
void measure_pipe(struct tcpr_conn *c)
{
    struct tcpr_pipe_vars *pipe = &c->cc.pipe;
    if (has(c, TCPR_FLAG_RECOVERY | TCPR_FLAG_TIMEOUT_DOUBTED) || (c->loss & FRTO_STEPS)) { return; }
    if (!(c->cc.flags & TCPR_CONGESTION_MEASURED)) {
        c->cc.flags |= TCPR_CONGESTION_MEASURED;
        *pipe = (struct tcpr_pipe_vars){.acked = TCPR_PIPE_UNDEFINED, .round_una = c->snd.una, .round_at = now(c)};
    } else if (now(c) - pipe->round_at >= max_u32(TICKS(c->rtt.srtt_us), 1)) {
        take_sample(c, tcpr_seq_distance(pipe->round_una, c->snd.una));
        pipe->round_una = c->snd.una;
        pipe->round_at = now(c);
    }
}

/* New text is about to leave. RFC7661-4.4.3-1, RFC7661-4.4.3-2: a window that was not proved for so long is halved, for
 * each such time. @return true: it was */
bool unproved_window_ages(struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (measured(c) && stale(c)) { begin_unproved(c, c->cc.pipe.at); }
    if (!unproved(c) || has(c, TCPR_FLAG_RECOVERY) || now(c) - c->cc.unproved_at <= KEPT_TICKS) { return false; }
    uint32_t least = initial_window(c, config), times = (now(c) - c->cc.unproved_at) / KEPT_TICKS;
    c->cc.unproved_at += times * KEPT_TICKS;
    for (; times != 0 && c->cc.cwnd > least; times--) {
        c->cc.ssthresh = max_u32(c->cc.ssthresh, c->cc.cwnd / 4u * 3u);
        c->cc.cwnd = max_u32(c->cc.cwnd / 2u, least);
    }
    return true;
}

/* A loss or a mark was noticed with `flight` octets under way. RFC7661-4.4.1-1: in the non-validated phase the window
 * is no more than that or what was measured. What limited transmit sent beyond it is left out (RFC5681-3.2-8). */
uint32_t proved_window(struct tcpr_conn *c, uint32_t flight)
{
    uint32_t window = min_u32(flight, c->cc.cwnd);
    if (!unproved(c)) { return window; }
    if (measured(c) && !stale(c)) { window = max_u32(window, min_u32(c->cc.pipe.acked, c->cc.cwnd)); }
    c->cc.cwnd = max_u32(window, smss(c));
    return window;
}

/* RFC7661-4.4.1-2, RFC7661-4.4.1-3: what went again is more than the path could carry. RFC7661-4.4.1-4: what is
 * measured from here on is new. */
void repair_unproved(struct tcpr_conn *c)
{
    uint32_t less = TCPR_MUTANT(unproved_loss_is_any_loss, c->cc.repaired / 2u, 0u);
    c->cc.ssthresh = max_u32(c->cc.ssthresh - min_u32(less, c->cc.ssthresh), smss(c));
    prove_nothing(c);
}

void prove_nothing(struct tcpr_conn *c)
{
    c->cc.flags &= (uint8_t) ~(TCPR_CONGESTION_UNPROVED | TCPR_CONGESTION_MEASURED);
}
