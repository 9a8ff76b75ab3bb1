/* Opening and what goes wrong with it: RFC 9293 section 3.5, Figures 6 to 11; text on SYNs; TIME-WAIT reopened. */
#include "support.h"

static struct tcpr_options no_options(void)
{
    return (struct tcpr_options){0};
}

/* Each lab sees itself at port 80 and its peer at 40000, so that its ISN is the one asked for. */
static void deliver(struct lab *to, const struct tcpr_segment *segment)
{
    struct tcpr_segment arrived = *segment;
    arrived.text_at = 0;
    arrived.source_port = segment->destination_port;
    arrived.destination_port = segment->source_port;
    lab_given(to, &arrived);
}

static void two_peers(struct lab *a, struct lab *b, uint32_t iss_a, uint32_t iss_b)
{
    lab_init(a, &(struct how){.iss_given = true, .iss = iss_a});
    lab_init(b, &(struct how){.iss_given = true, .iss = iss_b});
}

static void figure_6__three_way_handshake(void **state)
{
    struct lab a, b;
    (void)state;
    two_peers(&a, &b, 100, 300);
    lab_open_passive(&b, &(struct how){0});
    lab_open_active(&a, &(struct how){0});
    expect_pulled(&a, SEG(.ctl = TCPR_SYN, .seq = 100));
    deliver(&b, &a.out[0]);
    expect_state(&b, TCPR_SYN_RECEIVED);
    expect_pulled(&b, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 300, .ack = 101));
    deliver(&a, &b.out[0]);
    expect_state(&a, TCPR_ESTABLISHED);
    expect_pulled(&a, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = 301));
    deliver(&b, &a.out[0]);
    expect_state(&b, TCPR_ESTABLISHED);
    lab_send(&a, 10);
    expect_pulled(&a, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = 301, .len = 10));
    deliver(&b, &a.out[0]);
    assert_int_equal(b.fx.readable, 10);
}

static void figure_7__simultaneous_open(void **state)
{
    struct lab a, b;
    (void)state;
    two_peers(&a, &b, 100, 300);
    lab_open_active(&a, &(struct how){0});
    lab_open_active(&b, &(struct how){0});
    expect_pulled(&a, SEG(.ctl = TCPR_SYN, .seq = 100));
    expect_pulled(&b, SEG(.ctl = TCPR_SYN, .seq = 300));
    deliver(&a, &b.out[0]);
    deliver(&b, &a.out[0]);
    expect_state(&a, TCPR_SYN_RECEIVED);
    expect_state(&b, TCPR_SYN_RECEIVED);
    expect_pulled(&a, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 100, .ack = 301));
    expect_pulled(&b, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 300, .ack = 101));
    deliver(&a, &b.out[0]);
    deliver(&b, &a.out[0]);
    expect_state(&a, TCPR_ESTABLISHED);
    expect_state(&b, TCPR_ESTABLISHED);
    lab_send(&a, 10);
    lab_pull(&a);
    deliver(&b, &a.out[a.outs - 1]);
    assert_int_equal(b.fx.readable, 10);
}

static void figure_8__old_duplicate_syn(void **state)
{
    struct lab a, b;
    (void)state;
    two_peers(&a, &b, 100, 300);
    lab_open_passive(&b, &(struct how){0});
    lab_open_active(&a, &(struct how){0});
    lab_pull(&a);
    struct tcpr_segment syn = a.out[0];
    lab_arrives(&b, SEG(.ctl = TCPR_SYN, .seq = 90));
    expect_pulled(&b, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 300, .ack = 91));
    deliver(&a, &b.out[0]);
    expect_reply(&a, SEG(.ctl = TCPR_RST, .seq = 91));
    expect_state(&a, TCPR_SYN_SENT);
    deliver(&b, &a.fx.reply);
    expect_state(&b, TCPR_LISTEN);
    b.now += 400; /* so that its next ISN is 400 */
    deliver(&b, &syn);
    expect_pulled(&b, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 400, .ack = 101));
    deliver(&a, &b.out[0]);
    expect_state(&a, TCPR_ESTABLISHED);
    expect_pulled(&a, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = 401));
    deliver(&b, &a.out[0]);
    expect_state(&b, TCPR_ESTABLISHED);
}

/* Lines 3 to 6: the challenge finds the peer that has forgotten, and its RST is exact. */
static void figure_9__half_open_discovery(void **state)
{
    struct lab a, b;
    (void)state;
    lab_reach(&b, TCPR_ESTABLISHED, (struct how){.iss_given = true, .iss = 299, .irs = 99});
    lab_init(&a, &(struct how){.iss_given = true, .iss = 400});
    lab_open_active(&a, &(struct how){0});
    expect_pulled(&a, SEG(.ctl = TCPR_SYN, .seq = 400));
    deliver(&b, &a.out[0]);
    expect_reply(&b, SEG(.ctl = TCPR_ACK, .seq = 300, .ack = 100));
    deliver(&a, &b.fx.reply);
    expect_state(&a, TCPR_SYN_SENT);
    expect_reply(&a, SEG(.ctl = TCPR_RST, .seq = 100));
    deliver(&b, &a.fx.reply);
    expect_state(&b, TCPR_CLOSED);
    expect_event(&b, TCPR_EVENT_RESET);
    lab_fire(&a, TCPR_TIMER_RETRANSMIT);
    expect_pulled(&a, SEG(.ctl = TCPR_SYN, .seq = 400));
}

static void figure_10__text_for_nobody(void **state)
{
    struct lab a, b;
    (void)state;
    lab_reach(&b, TCPR_ESTABLISHED, (struct how){.iss_given = true, .iss = 299, .irs = 99});
    lab_reach(&a, TCPR_CLOSED, (struct how){0});
    lab_send(&b, 10);
    expect_pulled(&b, SEG(.ctl = TCPR_ACK, .seq = 300, .ack = 100, .len = 10));
    deliver(&a, &b.out[0]);
    expect_reply(&a, SEG(.ctl = TCPR_RST, .seq = 100));
    deliver(&b, &a.fx.reply);
    expect_state(&b, TCPR_CLOSED);
    expect_event(&b, TCPR_EVENT_RESET);
}

static void figure_11__two_listeners(void **state)
{
    struct lab a, b;
    (void)state;
    two_peers(&a, &b, 100, 300);
    lab_open_passive(&a, &(struct how){0});
    lab_open_passive(&b, &(struct how){0});
    lab_arrives(&b, SEG(.ctl = TCPR_SYN, .seq = 7000));
    expect_pulled(&b, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 300, .ack = 7001));
    deliver(&a, &b.out[0]);
    expect_reply(&a, SEG(.ctl = TCPR_RST, .seq = 7001));
    expect_state(&a, TCPR_LISTEN);
    deliver(&b, &a.fx.reply);
    expect_state(&b, TCPR_LISTEN);
}

/* A SYN with text whose answer was lost comes again: its number is old, though the text lies in the window. */
static void syn_received__syn_with_text_again__stays(void **state)
{
    (void)state;
    for (int active = 0; active < 2; active++) {
        struct lab lab;
        lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){.active = active != 0});
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .len = 10));
        expect_state(&lab, TCPR_SYN_RECEIVED);
        expect_ack_reply(&lab);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt, .len = 10));
        expect_state(&lab, TCPR_ESTABLISHED);
        assert_int_equal(lab.fx.readable, 10);
    }
}

/* The pointer counts from SEG.SEQ, which is the SYN's number where there is one. */
static void syn_sent__urgent_on_syn_ack__counts_from_seq(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK | TCPR_URG, .seq = 300, .ack = lab.c.snd.nxt, .len = 4, .up = 3));
    assert_int_equal(lab.c.rcv.up, 303);
}

static void syn_with_text__delivered_once_established(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_LISTEN, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_FIN, .seq = 100, .len = 10));
    assert_int_equal(lab.fx.readable, 0);
    assert_int_equal(lab.fx.place.len, 10);
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = lab.c.snd.nxt));
    assert_int_equal(lab.fx.readable, 10);
    expect_state(&lab, TCPR_CLOSE_WAIT);
}

/* MAY-2 gives no leave to lose text that was acknowledged and not read yet. */
static void time_wait__unread_text__not_reopened(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.arrived = 10});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt + 1000));
    expect_state(&lab, TCPR_TIME_WAIT);
    assert_int_equal(lab_receive(&lab, 10), 10);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt + 1000));
    expect_state(&lab, TCPR_SYN_RECEIVED);
}

/* RFC 6191 section 2: "would be enabled" needs both sides; without our timestamps the number decides. */
static void time_wait__timestamps_off__number_decides(void **state)
{
    struct lab lab;
    struct tcpr_options stamped = {.present = TCPR_OPT_TIMESTAMPS, .ts_val = 5};
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.features_off = TCPR_FEATURE_TIMESTAMPS});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt - 1000, .options = &stamped));
    expect_state(&lab, TCPR_TIME_WAIT);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt, .options = &stamped));
    expect_state(&lab, TCPR_SYN_RECEIVED);
}

/* An active open's TIME-WAIT has no listener behind it. */
static void time_wait__active__not_reopened(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.active = true});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt + 1000));
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_ack_reply(&lab);
}

static void options__each_needs_both_sides(void **state)
{
    const uint8_t all = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_TIMESTAMPS;
    struct lab lab;
    (void)state;
    for (uint8_t bits = 0; bits <= all; bits++) {
        if ((bits & ~all) != 0) { continue; }
        for (int active = 0; active < 2; active++) {
            lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){.options = bits, .active = active != 0});
            lab.now += TCPR_S(20);
            lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
            lab_pull(&lab);
            assert_int_equal(lab.out[0].options.present, TCPR_OPT_MSS | bits);
            lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.nxt));
            lab_send(&lab, 10);
            lab_pull(&lab);
            assert_int_equal(lab.out[0].options.present, bits & TCPR_OPT_TIMESTAMPS);
        }
    }
}

/* MUST-15, MUST-16: 536 without the option; the peer's and our own limit bound what is sent. */
static void mss__bounds_what_is_sent(void **state)
{
    struct lab lab;
    struct tcpr_options none = no_options();
    (void)state;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 5, .ack = lab.c.snd.nxt, .options = &none));
    lab_pull(&lab);
    lab_send(&lab, 1000);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].text_len, 536);
    const uint16_t offered[] = {100, 1460, 9000};
    const uint32_t expected[] = {100, 1460, 1460};
    for (size_t i = 0; i < 3; i++) {
        lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.peer_mss = offered[i]});
        lab_send(&lab, 10000);
        lab_pull(&lab);
        assert_int_equal(lab.out[0].text_len, expected[i]);
    }
}

/* RFC 6528 and MUST-8: later means greater, and each pair of sockets has a place of its own. */
static void isn__later_open__greater(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_SENT, (struct how){0});
    uint32_t first = lab.c.snd.iss;
    lab_close(&lab);
    lab.now += 4;
    lab_open_active(&lab, &(struct how){0});
    assert_int_equal(lab.c.snd.iss, first + 1);
}

/* MAY-2 (1): with more sent than the ISN clock ticked, the new ISN still lies beyond; and the stream begins anew. */
static void time_wait__reopened__iss_beyond_all_sent(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    for (int i = 0; i < 100; i++) {
        lab_send(&lab, 4000);
        lab_pull(&lab);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    }
    lab_close(&lab);
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_TIME_WAIT);
    uint32_t old = lab.c.snd.nxt, irs = lab.c.rcv.nxt + 1000;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = irs));
    lab_pull(&lab);
    assert_true(tcpr_seq_lt(old, lab.c.snd.iss));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = irs + 1, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_ESTABLISHED);
    lab_send(&lab, 10);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.iss + 1, .ack = irs + 1, .len = 10));
    assert_int_equal(lab.out[0].text_at, 0);
}

/* What was chosen at OPEN survives a peer that went away: the buffer, the user's patience. */
static void listen_again__keeps_what_was_chosen(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){.receive_buffer = 5000, .user_timeout = TCPR_S(10)});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    expect_state(&lab, TCPR_LISTEN);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 7000));
    lab_pull(&lab);
    assert_int_equal(lab.out[0].window, 5000);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = 7001));
    lab_wait(&lab, TCPR_S(10) - 1);
    expect_state(&lab, TCPR_LISTEN);
    lab_wait(&lab, 1);
    expect_state(&lab, TCPR_CLOSED);
}

/* An absurd MSS must not stop the text. */
static void mss__zero__text_still_flows(void **state)
{
    const struct tcpr_options zero = {.present = TCPR_OPT_MSS, .mss = 0};
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_LISTEN, (struct how){0});
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 5, .options = &zero));
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 6, .ack = lab.c.snd.nxt));
    lab_send(&lab, 100);
    assert_true(lab_pull(&lab) >= 1);
    assert_true(lab.out[0].text_len > 0);
}

/* The user has closed meanwhile: nobody is left to listen. */
static void syn_received__closed_then_reset__gone(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){0});
    lab_send(&lab, 10);
    lab_close(&lab);
    expect_state(&lab, TCPR_SYN_RECEIVED);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    expect_state(&lab, TCPR_CLOSED);
    expect_silence(&lab);
}

/* MUST-15, MUST-67 for IPv6. */
static void mss__version_6(void **state)
{
    const struct tcpr_options none = no_options();
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_LISTEN, (struct how){0});
    lab.ip = (struct tcpr_ip){.source = {0xfd, 1}, .destination = {0xfd, 2}, .version = 6, .ttl = 64};
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 5, .options = &none));
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab.c.snd.iss, .ack = 6));
    assert_int_equal(lab.out[0].options.mss, 1440);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 6, .ack = lab.c.snd.nxt));
    lab_send(&lab, 5000);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].text_len, 1220);
}

/* The SYN,ACK was to go again, but its ACK came first: it is not sent any more, after an early CLOSE either. */
static void syn_received__acked_before_retransmission__no_syn(void **state)
{
    (void)state;
    for (int closes = 0; closes < 2; closes++) {
        struct lab lab;
        lab_reach(&lab, TCPR_SYN_RECEIVED, (struct how){0});
        if (closes != 0) { lab_close(&lab); }
        lab_pull(&lab);
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = lab.c.snd.iss + 1, .len = 9));
        lab_pull(&lab);
        for (size_t i = 0; i < lab.outs; i++) {
            assert_int_equal(lab.out[i].control & TCPR_SYN, 0);
        }
    }
}

/* A listener that named its peer goes back to listening for that one. */
static void listen_again__remote_given__stays_given(void **state)
{
    struct lab lab;
    struct how how = {.active = false};
    struct tcpr_open open = lab_open(&how);
    (void)state;
    lab_init(&lab, &how);
    assert_int_equal(tcpr_open_passive(&lab.c, &lab.config, lab.now, &open, &lab.fx), TCPR_OK);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = 100));
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = 101));
    expect_state(&lab, TCPR_LISTEN);
    assert_int_equal(lab.c.remote_port, 40000);
    lab_send(&lab, 10); /* and so may be made active */
    expect_state(&lab, TCPR_SYN_SENT);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.snd.iss));
    assert_int_equal(lab.out[0].destination_port, 40000);
}

/* MAY-2 (2) where the old duplicate carried text: TIME-WAIT resumes without it. */
static void time_wait__reopened_by_syn_with_text__resumes(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){0});
    struct tcpr_conn old = lab.c;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = old.rcv.nxt + 1000, .len = 10));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    lab_pull(&lab);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    expect_state(&lab, TCPR_TIME_WAIT);
    assert_int_equal(lab.c.held_count, 0);
    assert_int_equal(lab.c.rcv.nxt, old.rcv.nxt);
    lab_arrives(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = old.rcv.nxt - 1, .ack = old.snd.nxt));
    expect_ack_reply(&lab);
}

/* release in LISTEN and SYN-SENT is CLOSE. */
static void release__before_synchronized__closes(void **state)
{
    (void)state;
    for (int s = TCPR_LISTEN; s <= TCPR_SYN_SENT; s++) {
        struct lab lab;
        lab_reach(&lab, (enum tcpr_state)s, (struct how){0});
        lab_release(&lab);
        expect_status(&lab, TCPR_OK);
        expect_state(&lab, TCPR_CLOSED);
        expect_silence(&lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figure_6__three_way_handshake),
        cmocka_unit_test(figure_7__simultaneous_open),
        cmocka_unit_test(figure_8__old_duplicate_syn),
        cmocka_unit_test(figure_9__half_open_discovery),
        cmocka_unit_test(figure_10__text_for_nobody),
        cmocka_unit_test(figure_11__two_listeners),
        cmocka_unit_test(syn_received__syn_with_text_again__stays),
        cmocka_unit_test(syn_sent__urgent_on_syn_ack__counts_from_seq),
        cmocka_unit_test(syn_with_text__delivered_once_established),
        cmocka_unit_test(time_wait__unread_text__not_reopened),
        cmocka_unit_test(time_wait__timestamps_off__number_decides),
        cmocka_unit_test(time_wait__active__not_reopened),
        cmocka_unit_test(options__each_needs_both_sides),
        cmocka_unit_test(mss__bounds_what_is_sent),
        cmocka_unit_test(isn__later_open__greater),
        cmocka_unit_test(time_wait__reopened__iss_beyond_all_sent),
        cmocka_unit_test(listen_again__keeps_what_was_chosen),
        cmocka_unit_test(mss__zero__text_still_flows),
        cmocka_unit_test(syn_received__closed_then_reset__gone),
        cmocka_unit_test(mss__version_6),
        cmocka_unit_test(syn_received__acked_before_retransmission__no_syn),
        cmocka_unit_test(listen_again__remote_given__stays_given),
        cmocka_unit_test(time_wait__reopened_by_syn_with_text__resumes),
        cmocka_unit_test(release__before_synchronized__closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
