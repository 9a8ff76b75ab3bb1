/* What must be true of a connection between two calls. */
#include "internal.h"

/*
 * All of this is asked at the end of every call. So each question is put where it can matter alone, and what a
 * connection nearly always is, is asked first: then `first_fault` has nothing to find.
 */

/* In these states few timers may run. */
static enum fault stray_timer(const struct tcpr_conn *c)
{
    for (unsigned timer = 0; timer < TCPR_TIMERS; timer++) {
        if (c->timer[timer] == TCPR_NEVER) { continue; }
        if (c->state == TCPR_CLOSED) { return TIMER_IN_CLOSED; }
        if (c->state == TCPR_LISTEN && timer != TCPR_TIMER_USER) { return TIMER_IN_LISTEN; }
        if (c->state == TCPR_TIME_WAIT && timer != TCPR_TIMER_TIME_WAIT && timer != TCPR_TIMER_USER) {
            return TIMER_IN_TIME_WAIT;
        }
    }
    if (c->state == TCPR_TIME_WAIT && !running(c, TCPR_TIMER_TIME_WAIT)) { return TIME_WAIT_WITHOUT_TIMER; }
    return WHOLE;
}

static enum fault timers_fault(const struct tcpr_conn *c)
{
    if (in(c, NO_CONNECTION | BIT(TCPR_TIME_WAIT))) { return stray_timer(c); }
    if (running(c, TCPR_TIMER_RETRANSMIT) && running(c, TCPR_TIMER_PERSIST)) { return BOTH_SEND_TIMERS_RUN; }
    return WHOLE;
}

static enum fault send_fault(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    const struct tcpr_send_vars *snd = &c->snd;
    if (tcpr_seq_lt(snd->nxt, snd->una)) { return UNA_BEYOND_NXT; }
    if (snd->una_at > snd->end_at) { return ACKED_BEYOND_SENT; }
    if (snd->end_at - snd->una_at > config->send_buffer) { return SEND_BUFFER_OVERRUN; }
    if (tcpr_seq_lt(fin_seq(c) + 1u, snd->nxt)) { return NXT_BEYOND_FIN; }
    if (snd->nxt == fin_seq(c) + 1u && !has(c, TCPR_FLAG_FIN_QUEUED)) { return FIN_NOBODY_QUEUED; }
    if (tcpr_seq_lt(snd->rxt_nxt, snd->una) || tcpr_seq_lt(snd->nxt, snd->rxt_end) ||
        tcpr_seq_lt(snd->rxt_end, snd->rxt_nxt)) {
        return CURSOR_OUTSIDE_FLIGHT;
    }
    if (c->cc.cwnd == 0 || snd->mss == 0) { return WINDOW_OR_SIZE_OF_ZERO; }
    return WHOLE;
}

static uint64_t both_ends(const struct tcpr_range *range)
{
    uint64_t both;
    __builtin_memcpy(&both, range, sizeof both);
    return both;
}

static bool all_zero(const struct tcpr_range *range, unsigned count)
{
    uint64_t any = 0;
    for (unsigned n = 0; n < count; n++) {
        any |= both_ends(&range[n]);
    }
    return any == 0;
}

static enum fault island_fault(const struct tcpr_conn *c, unsigned n)
{
    const struct tcpr_range *island = &c->held[n];
    if (!tcpr_seq_lt(island->first, island->end)) { return EMPTY_ISLAND; }
    if (tcpr_seq_lt(c->rcv.edge, island->end)) { return ISLAND_BEYOND_WINDOW; }
    if (c->state != TCPR_SYN_RECEIVED && !tcpr_seq_lt(c->rcv.nxt, island->first)) { return ISLAND_REACHED; }
    for (unsigned other = 0; other < n; other++) {
        if (tcpr_seq_le(island->first, c->held[other].end) && tcpr_seq_le(c->held[other].first, island->end)) {
            return ISLANDS_TOUCH;
        }
    }
    return WHOLE;
}

static enum fault held_fault(const struct tcpr_conn *c)
{
    enum fault fault = WHOLE;
    if (c->held_count > TCPR_HELD_MAX) { return TOO_MANY_ISLANDS; }
    for (unsigned n = 0; n < c->held_count && fault == WHOLE; n++) {
        fault = island_fault(c, n);
    }
    if (fault != WHOLE) { return fault; }
    bool clean = all_zero(c->held + c->held_count, TCPR_HELD_MAX - c->held_count);
    return clean ? WHOLE : UNUSED_ISLAND_NOT_ZERO;
}

static enum fault sacked_fault(const struct tcpr_conn *c)
{
    uint32_t below = c->snd.una;
    if (c->sacked_room == 0) { return c->sacked_count == 0 ? WHOLE : SCOREBOARD_WITHOUT_ROOM; }
    if (c->sacked_count > c->sacked_room) { return TOO_MANY_RANGES; }
    for (unsigned n = 0; n < c->sacked_count; n++) {
        const struct tcpr_range *range = &sacked(c)[n];
        if (!tcpr_seq_lt(below, range->first) || !tcpr_seq_lt(range->first, range->end)) {
            return SCOREBOARD_OUT_OF_ORDER;
        }
        below = range->end;
    }
    if (!all_zero(sacked(c) + c->sacked_count, c->sacked_room - c->sacked_count)) { return UNUSED_RANGE_NOT_ZERO; }
    return tcpr_seq_lt(c->snd.nxt, below) ? REPORTED_BUT_NEVER_SENT : WHOLE;
}

static enum fault receive_fault(const struct tcpr_conn *c)
{
    if (tcpr_seq_lt(c->rcv.edge, c->rcv.nxt) && !has(c, TCPR_FLAG_FIN_REACHED)) { return RCV_NXT_BEYOND_WINDOW; }
    if (c->rcv.read_at > c->rcv.nxt_at) { return READ_BEYOND_RECEIVED; }
    if (c->rcv.nxt_at - c->rcv.read_at > c->rcv.buffer) { return RECEIVE_BUFFER_OVERRUN; }
    if (has(c, TCPR_FLAG_FIN_HELD) && has(c, TCPR_FLAG_FIN_REACHED)) { return FIN_HELD_AND_REACHED; }
    return held_fault(c);
}

static enum fault state_fault(const struct tcpr_conn *c)
{
    bool peer_closed = in(c, BIT(TCPR_CLOSE_WAIT) | BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK) | BIT(TCPR_TIME_WAIT));
    bool we_closed = in(c, BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_FIN_WAIT_2) | BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK) |
                               BIT(TCPR_TIME_WAIT));
    if (peer_closed && !has(c, TCPR_FLAG_FIN_REACHED)) { return PEERS_FIN_NOT_REACHED; }
    if (in(c, MAY_RECEIVE_TEXT) && has(c, TCPR_FLAG_FIN_REACHED)) { return PEERS_FIN_PASSED_OVER; }
    if (we_closed && !has(c, TCPR_FLAG_FIN_QUEUED)) { return OUR_FIN_NOT_QUEUED; }
    if (in(c, BIT(TCPR_FIN_WAIT_2) | BIT(TCPR_TIME_WAIT)) && !fin_acked(c)) { return OUR_FIN_NOT_ACKED; }
    if (in(c, BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK)) && fin_acked(c)) { return OUR_FIN_ACKED; }
    if (in(c, BIT(TCPR_SYN_SENT) | BIT(TCPR_SYN_RECEIVED)) && !syn_unacked(c)) { return OUR_SYN_ACKED; }
    return WHOLE;
}

/* RFC 3168: marks belong to an agreement, and a timer lets go what is held back. */
static enum fault ecn_fault(const struct tcpr_conn *c)
{
    const uint8_t beyond = TCPR_ECN_ECHO | TCPR_ECN_FRESH | TCPR_ECN_REDUCED | TCPR_ECN_CWR | TCPR_ECN_HELD_BACK;
    bool waits = running(c, TCPR_TIMER_RETRANSMIT) || running(c, TCPR_TIMER_PERSIST);
    const uint8_t classic = TCPR_ECN_ECHO | TCPR_ECN_FRESH | TCPR_ECN_CWR;
    bool agreed = (c->ecn & TCPR_ECN_AGREED) && !(accurate(c) && (c->ecn & classic));
    if (!agreed && (c->ecn & beyond)) { return MARKS_WITHOUT_AGREEMENT; }
    if (ecn_held_back(c) && !waits) { return HELD_BACK_FOR_EVER; }
    if (ecn_reduced(c) && tcpr_seq_lt(c->cc.recover, c->snd.una)) { return REDUCTION_PAST; }
    return WHOLE;
}

/* What many connections have nothing of. */
static APART enum fault extras_fault(const struct tcpr_conn *c)
{
    enum fault fault = built(TCPR_FEATURE_SACK_RECOVERY) ? sacked_fault(c) : WHOLE;
    if (built(TCPR_FEATURE_RACK) && fault == WHOLE) { fault = records_fault(c); }
    return fault != WHOLE || !built(TCPR_FEATURE_ECN) || c->ecn == 0 ? fault : ecn_fault(c);
}

enum fault first_fault(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (c->state >= TCPR_STATES) { return NO_SUCH_STATE; }
    enum fault fault = timers_fault(c);
    if (fault != WHOLE || in(c, NO_CONNECTION)) { return fault; }
    if (c->local_port == 0 && c->remote_port == 0 && c->version == 0) { return NO_PEER; }
    fault = send_fault(c, config);
    if (fault == WHOLE) { fault = extras_fault(c); }
    if (fault == WHOLE && c->state != TCPR_SYN_SENT) { fault = receive_fault(c); }
    return fault != WHOLE ? fault : state_fault(c);
}

/* The flags of both FINs that a state usually goes with; UNUSUAL: its timers are looked at one by one. */
#define FIN_FLAGS (TCPR_FLAG_FIN_QUEUED | TCPR_FLAG_FIN_HELD | TCPR_FLAG_FIN_REACHED)
#define UNUSUAL UINT8_MAX
static const uint8_t usual_fins[TCPR_STATES] = {
    [TCPR_CLOSED] = UNUSUAL,
    [TCPR_LISTEN] = UNUSUAL,
    [TCPR_SYN_SENT] = 0,
    [TCPR_SYN_RECEIVED] = 0,
    [TCPR_ESTABLISHED] = 0,
    [TCPR_FIN_WAIT_1] = TCPR_FLAG_FIN_QUEUED,
    [TCPR_FIN_WAIT_2] = TCPR_FLAG_FIN_QUEUED,
    [TCPR_CLOSE_WAIT] = TCPR_FLAG_FIN_REACHED,
    [TCPR_CLOSING] = TCPR_FLAG_FIN_REACHED | TCPR_FLAG_FIN_QUEUED,
    [TCPR_LAST_ACK] = TCPR_FLAG_FIN_REACHED | TCPR_FLAG_FIN_QUEUED,
    [TCPR_TIME_WAIT] = UNUSUAL,
};

static bool usual(const struct tcpr_conn *c)
{
    uint32_t left = tcpr_seq_distance(c->snd.una, send_end(c));
    if (c->state >= TCPR_STATES || (c->flags & FIN_FLAGS) != usual_fins[c->state] || c->version == 0) { return false; }
    if (running(c, TCPR_TIMER_PERSIST) && running(c, TCPR_TIMER_RETRANSMIT)) { return false; }
    if (in(c, BIT(TCPR_ESTABLISHED) | BIT(TCPR_CLOSE_WAIT))) { return true; }
    return in(c, BIT(TCPR_SYN_SENT) | BIT(TCPR_SYN_RECEIVED)) ? syn_unacked(c)
                                                              : (left == 0) == (c->state == TCPR_FIN_WAIT_2);
}

static bool send_whole(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    const struct tcpr_send_vars *snd = &c->snd;
    uint32_t flight = tcpr_seq_distance(snd->una, snd->nxt), left = tcpr_seq_distance(snd->una, send_end(c));
    uint32_t from = tcpr_seq_distance(snd->una, snd->rxt_nxt), to = tcpr_seq_distance(snd->una, snd->rxt_end);
    return from <= to && to <= flight && flight <= left && left < TCPR_SEQ_HALF &&
           snd->end_at - snd->una_at <= config->send_buffer && c->cc.cwnd != 0 && snd->mss != 0;
}

static bool nothing_held(const struct tcpr_conn *c)
{
    const struct tcpr_range *held = c->held;
    TCPR_STATIC_ASSERT(TCPR_HELD_MAX == 8, "each range is looked at");
    uint64_t first = both_ends(held) | both_ends(held + 1) | both_ends(held + 2) | both_ends(held + 3);
    uint64_t rest = both_ends(held + 4) | both_ends(held + 5) | both_ends(held + 6) | both_ends(held + 7);
    return (first | rest | c->held_count) == 0;
}

static bool receive_whole(const struct tcpr_conn *c)
{
    return tcpr_seq_le(c->rcv.nxt, c->rcv.edge) && c->rcv.nxt_at - c->rcv.read_at <= c->rcv.buffer && nothing_held(c);
}

enum fault conn_fault(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    if (!usual(c) || !send_whole(c, config) || !receive_whole(c)) { return first_fault(c, config); }
    unsigned extras = c->sacked_room | c->sacked_count | c->record_room | c->record_count | c->ecn | c->loss;
    return extras != 0 ? extras_fault(c) : WHOLE;
}
