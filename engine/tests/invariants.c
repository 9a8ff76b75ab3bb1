/* tcpr_conn_fault names what is wrong: each invariant broken by hand, one at a time, in a connection that is whole. */
#include "../src/internal.h"
#include "support.h"

#include <stddef.h>

static void timer_in_closed(struct tcpr_conn *c)
{
    c->timer[TCPR_TIMER_KEEPALIVE] = c->latest + 1;
}
static void no_time_wait_timer(struct tcpr_conn *c)
{
    c->timer[TCPR_TIMER_TIME_WAIT] = TCPR_NEVER;
}
static void una_beyond_nxt(struct tcpr_conn *c)
{
    c->snd.una = c->snd.nxt + 1;
}
static void acked_beyond_sent(struct tcpr_conn *c)
{
    c->snd.una_at = c->snd.end_at + 1;
}
static void buffer_overfull(struct tcpr_conn *c)
{
    c->snd.end_at += 1u << 30;
}
static void nxt_beyond_fin(struct tcpr_conn *c)
{
    c->snd.nxt += 5;
}
static void fin_nobody_queued(struct tcpr_conn *c)
{
    c->snd.nxt += 1;
}
static void cursor_behind(struct tcpr_conn *c)
{
    c->snd.rxt_nxt = c->snd.una - 1;
}
static void cursor_beyond(struct tcpr_conn *c)
{
    c->snd.rxt_end = c->snd.nxt + 1;
}
static void cursor_reversed(struct tcpr_conn *c)
{
    c->snd.rxt_nxt = c->snd.nxt, c->snd.rxt_end = c->snd.una;
}
static void no_cwnd(struct tcpr_conn *c)
{
    c->cc.cwnd = 0;
}
static void no_mss(struct tcpr_conn *c)
{
    c->snd.mss = 0;
}
static void nxt_beyond_edge(struct tcpr_conn *c)
{
    c->rcv.edge = c->rcv.nxt - 1;
}
static void read_beyond_received(struct tcpr_conn *c)
{
    c->rcv.read_at = c->rcv.nxt_at + 1;
}
static void unread_beyond_buffer(struct tcpr_conn *c)
{
    c->rcv.nxt_at += c->rcv.buffer + 1;
}
static void fin_held_and_reached(struct tcpr_conn *c)
{
    c->flags |= TCPR_FLAG_FIN_HELD | TCPR_FLAG_FIN_REACHED;
}
static void unused_island(struct tcpr_conn *c)
{
    c->held[3].first = 1;
}
static void peer_fin_forgotten(struct tcpr_conn *c)
{
    c->flags &= ~(uint32_t)TCPR_FLAG_FIN_REACHED;
}
static void peer_fin_passed_over(struct tcpr_conn *c)
{
    c->flags |= TCPR_FLAG_FIN_REACHED;
}
static void own_fin_forgotten(struct tcpr_conn *c)
{
    c->flags &= ~(uint32_t)TCPR_FLAG_FIN_QUEUED;
}
static void own_fin_acked(struct tcpr_conn *c)
{
    c->snd.una = c->snd.rxt_nxt = c->snd.rxt_end = c->snd.nxt;
}
static void syn_acked(struct tcpr_conn *c)
{
    c->snd.una = c->snd.rxt_nxt = c->snd.rxt_end = c->snd.nxt;
}
static void no_such_state(struct tcpr_conn *c)
{
    c->state = TCPR_STATES;
}

static void island(struct tcpr_conn *c, uint32_t first, uint32_t end)
{
    c->held[c->held_count++] = (struct tcpr_range){c->rcv.nxt + first, c->rcv.nxt + end};
}

static void empty_island(struct tcpr_conn *c)
{
    island(c, 10, 10);
}
static void island_beyond(struct tcpr_conn *c)
{
    island(c, 10, 100000);
}
static void island_reached(struct tcpr_conn *c)
{
    island(c, 0, 10);
}

static void islands_touch(struct tcpr_conn *c)
{
    island(c, 10, 20);
    island(c, 20, 30);
}

static void both_timers(struct tcpr_conn *c)
{
    c->timer[TCPR_TIMER_RETRANSMIT] = c->timer[TCPR_TIMER_PERSIST] = c->latest + 1;
}

static void no_peer(struct tcpr_conn *c)
{
    c->local_port = c->remote_port = 0;
    c->version = 0;
}

static void island_too_many(struct tcpr_conn *c)
{
    c->held_count = TCPR_HELD_MAX + 1;
}
static void ranges_nowhere(struct tcpr_conn *c)
{
    c->sacked_room = 0, c->sacked_count = 1;
}

static const struct {
    enum tcpr_state state;
    void (*spoil)(struct tcpr_conn *c);
    const char *fault;
} cases[] = {
    {TCPR_CLOSED, timer_in_closed, "a timer runs in CLOSED"},
    {TCPR_LISTEN, timer_in_closed, "a timer runs in LISTEN"},
    {TCPR_TIME_WAIT, timer_in_closed, "a timer other than 2 MSL runs in TIME-WAIT"},
    {TCPR_TIME_WAIT, no_time_wait_timer, "TIME-WAIT without its timer"},
    {TCPR_ESTABLISHED, both_timers, "retransmission and persist timers both run"},
    {TCPR_ESTABLISHED, no_peer, "a connection without a peer"},
    {TCPR_ESTABLISHED, una_beyond_nxt, "SND.UNA beyond SND.NXT"},
    {TCPR_ESTABLISHED, acked_beyond_sent, "acknowledged beyond what was sent"},
    {TCPR_ESTABLISHED, buffer_overfull, "more unacknowledged than the send buffer holds"},
    {TCPR_ESTABLISHED, nxt_beyond_fin, "SND.NXT beyond the FIN"},
    {TCPR_ESTABLISHED, fin_nobody_queued, "a FIN was sent that nobody queued"},
    {TCPR_ESTABLISHED, cursor_behind, "the retransmission cursor is outside SND.UNA..SND.NXT"},
    {TCPR_ESTABLISHED, cursor_beyond, "the retransmission cursor is outside SND.UNA..SND.NXT"},
    {TCPR_FIN_WAIT_1, cursor_reversed, "the retransmission cursor is outside SND.UNA..SND.NXT"},
    {TCPR_ESTABLISHED, no_cwnd, "a congestion window or segment size of zero"},
    {TCPR_ESTABLISHED, no_mss, "a congestion window or segment size of zero"},
    {TCPR_ESTABLISHED, nxt_beyond_edge, "RCV.NXT beyond the window"},
    {TCPR_ESTABLISHED, read_beyond_received, "read beyond what was received"},
    {TCPR_ESTABLISHED, unread_beyond_buffer, "more unread than the receive buffer holds"},
    {TCPR_ESTABLISHED, fin_held_and_reached, "a FIN both held and reached"},
    {TCPR_ESTABLISHED, unused_island, "an unused island is not zero"},
    {TCPR_ESTABLISHED, empty_island, "an empty island"},
    {TCPR_ESTABLISHED, island_beyond, "an island beyond the window"},
    {TCPR_ESTABLISHED, island_reached, "an island that RCV.NXT has reached"},
    {TCPR_ESTABLISHED, islands_touch, "two islands that touch"},
    {TCPR_CLOSE_WAIT, peer_fin_forgotten, "the peer's FIN was not reached"},
    {TCPR_ESTABLISHED, peer_fin_passed_over, "the peer's FIN was passed over"},
    {TCPR_FIN_WAIT_2, own_fin_forgotten, "a FIN was sent that nobody queued"},
    {TCPR_FIN_WAIT_1, own_fin_acked, "our FIN is acknowledged"},
    {TCPR_SYN_RECEIVED, syn_acked, "our SYN is acknowledged"},
    {TCPR_ESTABLISHED, no_such_state, "no such state"},
    {TCPR_ESTABLISHED, island_too_many, "more islands than there is room for"},
    {TCPR_ESTABLISHED, ranges_nowhere, "a scoreboard without room"},
};

static void each_broken_invariant_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, cases[i].state, (struct how){0});
        assert_null(tcpr_conn_fault(&lab.c, &lab.config));
        cases[i].spoil(&lab.c);
        const char *fault = tcpr_conn_fault(&lab.c, &lab.config);
        if (fault == NULL) { fail_msg("not noticed: %s", cases[i].fault); }
        assert_string_equal(fault, cases[i].fault);
    }
}

/* The rooms of the tail tell how much memory there is, so they are left as they are. */
static bool is_a_room(size_t octet)
{
    size_t records = offsetof(struct tcpr_conn, record_room);
    return octet == offsetof(struct tcpr_conn, sacked_room) || octet == records || octet == records + 1;
}

static void spoil_octet(struct tcpr_conn *c, uint64_t *seed)
{
    const uint8_t to[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    size_t octet = draw_below(seed, sizeof *c);
    uint8_t *at = (uint8_t *)c + octet;
    if (is_a_room(octet)) { return; }
    if (draw_below(seed, 2) == 0) {
        *at ^= (uint8_t)(1u << draw_below(seed, 8));
    } else {
        *at = to[draw_below(seed, sizeof to)];
    }
}

/* What is asked first and in few words finds what the long way finds. */
static void usual_connection__spoilt_anyhow__is_judged_as_the_long_way(void **state)
{
    (void)state;
    uint64_t seed = 20000;
    unsigned whole = 0, faulty = 0;
    for (unsigned round = 0; round < 40000; round++) {
        struct lab lab;
        enum tcpr_state reached = round % 2 == 0 ? TCPR_ESTABLISHED : (enum tcpr_state)draw_below(&seed, TCPR_STATES);
        lab_reach(&lab, reached, (struct how){.text = 100});
        for (uint32_t octets = draw_below(&seed, 3); octets-- > 0;) {
            spoil_octet(&lab.c, &seed);
        }
        enum fault fault = conn_fault(&lab.c, &lab.config), long_way = first_fault(&lab.c, &lab.config);
        if (fault != long_way) {
            fail_msg("%s: number %d of faults.h, and %d by the long way", tcpr_state_name(reached), (int)fault,
                     (int)long_way);
        }
        whole += fault == WHOLE;
        faulty += fault != WHOLE;
    }
    assert_true(whole > 10000 && faulty > 2000);
}

static void range(struct lab *lab, uint32_t first, uint32_t end)
{
    lab->ranges[lab->c.sacked_count++] = (struct tcpr_range){lab->c.snd.una + first, lab->c.snd.una + end};
}
static void ranges_too_many(struct lab *lab)
{
    lab->c.sacked_count = (uint8_t)(lab->c.sacked_room + 1);
}
static void range_acked(struct lab *lab)
{
    range(lab, 0, 10);
}
static void range_empty(struct lab *lab)
{
    range(lab, 20, 20);
}
static void range_beyond(struct lab *lab)
{
    range(lab, 20, 1000000);
}
static void range_unused(struct lab *lab)
{
    lab->ranges[3].end = 1;
}
static void records_too_many(struct lab *lab)
{
    lab->c.record_count = (uint16_t)(lab->c.record_room + 1);
}
static void records_unused(struct lab *lab)
{
    lab->c.loss = TCPR_LOSS_SCOREBOARD;
}
static void records_reversed(struct lab *lab)
{
    lab->records[0].end = lab->c.snd.nxt + 1;
}
static void records_short(struct lab *lab)
{
    lab->records[1].end--;
}

static const struct {
    void (*spoil)(struct lab *lab);
    const char *fault;
} tail_cases[] = {
    {ranges_too_many, "more ranges than the scoreboard has room for"},
    {range_acked, "the scoreboard is out of order"},
    {range_empty, "the scoreboard is out of order"},
    {range_beyond, "the scoreboard reports what was never sent"},
    {range_unused, "an unused range of the scoreboard is not zero"},
    {records_too_many, "more records than there is room for"},
    {records_unused, "records that nothing uses"},
    {records_reversed, "the records are out of order"},
    {records_short, "the records do not end at SND.NXT"},
};

static void each_broken_invariant_of_the_tail_is_named(void **state)
{
    (void)state;
    const struct how how = {.ranges = LAB_RANGES, .records = 8, .options = TCPR_OPT_SACK_PERMITTED};
    for (size_t i = 0; i < sizeof tail_cases / sizeof tail_cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_ESTABLISHED, how);
        lab_send(&lab, 100);
        lab_pull(&lab);
        lab_send(&lab, 100);
        lab_pull(&lab);
        unsigned first = lab.c.record_first;
        assert_int_equal(lab.c.record_count, 2);
        assert_int_equal(first, 0);
        assert_null(tcpr_conn_fault(&lab.c, &lab.config));
        tail_cases[i].spoil(&lab);
        const char *fault = tcpr_conn_fault(&lab.c, &lab.config);
        if (fault == NULL) { fail_msg("not noticed: %s", tail_cases[i].fault); }
        assert_string_equal(fault, tail_cases[i].fault);
    }
}

/* Nothing in a connection points anywhere and nothing is padding: a copy is the connection. */
static void copy__same_inputs__same_octets(void **state)
{
    (void)state;
    for (int s = TCPR_CLOSED; s < TCPR_STATES; s++) {
        struct lab a, b;
        lab_reach(&a, (enum tcpr_state)s, (struct how){.text = 100});
        b = a;
        for (uint32_t i = 0; i < 50; i++) {
            struct seg seg = {.ctl = (uint16_t)(i * 5 % 64), .seq = a.c.rcv.nxt + i % 3, .ack = a.c.snd.nxt, .len = i};
            lab_arrives(&a, seg);
            lab_pull(&a);
            lab_arrives(&b, seg);
            lab_pull(&b);
            assert_memory_equal(&a.c, &b.c, sizeof a.c);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_invariant_is_named),
        cmocka_unit_test(usual_connection__spoilt_anyhow__is_judged_as_the_long_way),
        cmocka_unit_test(each_broken_invariant_of_the_tail_is_named),
        cmocka_unit_test(copy__same_inputs__same_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
