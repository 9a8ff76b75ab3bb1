/* Closing: RFC 9293 section 3.6, Figures 12 and 13; half-closed connections; urgent text on the way. */
#include "support.h"

static void figure_12__normal_close__peer_a(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.iss_given = true, .iss = 99, .irs = 299});
    lab_close(&lab);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = 100, .ack = 300));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 300, .ack = 101));
    expect_state(&lab, TCPR_FIN_WAIT_2);
    lab_arrives(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = 300, .ack = 101));
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = 301));
    lab_wait(&lab, 2 * lab.config.msl_us - 1);
    expect_state(&lab, TCPR_TIME_WAIT);
    lab_wait(&lab, 1);
    expect_state(&lab, TCPR_CLOSED);
}

static void figure_12__normal_close__peer_b(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.iss_given = true, .iss = 299, .irs = 99});
    lab_arrives(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = 100, .ack = 300));
    expect_state(&lab, TCPR_CLOSE_WAIT);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = 300, .ack = 101));
    lab_close(&lab);
    expect_state(&lab, TCPR_LAST_ACK);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = 300, .ack = 101));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = 301));
    expect_state(&lab, TCPR_CLOSED);
}

static void figure_13__simultaneous_close(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.iss_given = true, .iss = 99, .irs = 299});
    lab_close(&lab);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = 100, .ack = 300));
    lab_arrives(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = 300, .ack = 100));
    expect_state(&lab, TCPR_CLOSING);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = 101, .ack = 301));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = 301, .ack = 101));
    expect_state(&lab, TCPR_TIME_WAIT);
}

/* RFC9293-3.6-n2: after the peer's FIN we may go on sending; after ours we go on receiving. */
static void half_closed__text_flows_the_other_way(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_CLOSE_WAIT, (struct how){0});
    for (int i = 0; i < 10; i++) {
        lab_send(&lab, 1000);
        expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.una, .ack = lab.c.rcv.nxt, .len = 1000));
        lab_acked(&lab, lab.c.snd.nxt);
        assert_int_equal(lab.fx.released, 1000);
    }
    lab_reach(&lab, TCPR_FIN_WAIT_2, (struct how){0});
    for (int i = 0; i < 10; i++) {
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.nxt, .len = 1000));
        assert_int_equal(lab.fx.readable, 1000);
        assert_int_equal(lab_receive(&lab, 2000), 1000);
        lab_pull(&lab);
    }
    expect_state(&lab, TCPR_FIN_WAIT_2);
}

/* RFC9293-3.10.7.4-n10: each repeated FIN begins 2 MSL anew. */
static void time_wait__fin_again__restarts(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){0});
    for (int i = 0; i < 5; i++) {
        lab_wait(&lab, 2 * lab.config.msl_us - TCPR_S(1));
        expect_state(&lab, TCPR_TIME_WAIT);
        lab_arrives(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = lab.c.rcv.nxt - 1, .ack = lab.c.snd.nxt));
        expect_ack_reply(&lab);
    }
    lab_wait(&lab, 2 * lab.config.msl_us);
    expect_state(&lab, TCPR_CLOSED);
}

/* What came before the FIN stays to be read when the connection is gone. */
static void closed__text_left__still_read(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.arrived = 50});
    lab_wait(&lab, 2 * lab.config.msl_us);
    expect_state(&lab, TCPR_CLOSED);
    assert_int_equal(lab_receive(&lab, 100), 50);
    lab_receive(&lab, 100);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
}

/* MUST-31: urgent text longer than the pointer reaches is still marked; the mark ends where it ends. */
static void urgent__beyond_the_pointer__marked_all_the_way(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED,
              (struct how){.send_buffer = 200000, .options = TCPR_OPT_WINDOW_SCALE, .peer_shift = 3});
    lab_send_urgent(&lab, 100000);
    lab_send(&lab, 3000);
    uint32_t up = lab.c.snd.up, marked = 0;
    while (lab.c.snd.una_at < 103000) {
        lab_pull(&lab);
        for (size_t i = 0; i < lab.outs; i++) {
            bool urgent = (lab.out[i].control & TCPR_URG) != 0;
            uint32_t left = up - lab.out[i].seq;
            assert_int_equal(urgent, tcpr_seq_lt(lab.out[i].seq, up));
            if (urgent) { assert_int_equal(lab.out[i].urgent, left > 65535 ? 65535 : left); }
            marked += urgent;
        }
        lab_acked(&lab, lab.c.snd.nxt);
    }
    assert_true(marked >= 100000 / 1460);
}

/* The application leaves urgent mode by reading past the pointer; the next urgent text is told anew. */
static void urgent__read_past__told_anew(void **state)
{
    struct lab lab;
    struct tcpr_report report;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = nxt, .ack = lab.c.snd.una, .len = 10, .up = 10));
    expect_event(&lab, TCPR_EVENT_URGENT);
    assert_int_equal(lab_receive(&lab, 4), 4);
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.urgent_left, 6);
    assert_int_equal(lab_receive(&lab, 6), 6);
    assert_int_equal(tcpr_status_of(&lab.c, &report), TCPR_OK);
    assert_int_equal(report.urgent_left, 0);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_URG, .seq = nxt + 10, .ack = lab.c.snd.una, .len = 10, .up = 1));
    expect_event(&lab, TCPR_EVENT_URGENT);
}

/* Another FIN, or an old segment that bore none of the last number, is answered; only the first restarts 2 MSL. */
static void time_wait__which_fin_restarts(void **state)
{
    const struct {
        uint32_t offset;
        bool restarts;
    } cases[] = {{UINT32_MAX, true}, {0, true}, {0u - 2u, false}, {0u - 1000u, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;
        lab_reach(&lab, TCPR_TIME_WAIT, (struct how){.arrived = 5});
        tcpr_time due = lab.c.timer[TCPR_TIMER_TIME_WAIT];
        lab.now += TCPR_S(10);
        uint32_t seq = lab.c.rcv.nxt + cases[i].offset;
        lab_arrives(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = seq, .ack = lab.c.snd.nxt));
        expect_ack_reply(&lab);
        assert_int_equal(lab.c.timer[TCPR_TIMER_TIME_WAIT] != due, cases[i].restarts);
    }
}

/* Section 3.10.7.4, second: with the reset the queues are flushed. */
static void reset__unread_text__flushed(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.arrived = 50});
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.rcv.nxt));
    assert_int_equal(lab_receive(&lab, 100), 0);
    expect_status(&lab, TCPR_DOES_NOT_EXIST);
}

static void text(struct lab *lab, uint16_t ctl, uint32_t seq, uint32_t len)
{
    lab_arrives(lab, SEG(.ctl = (uint16_t)(TCPR_ACK | ctl), .seq = seq, .ack = lab->c.snd.una, .len = len));
}

/* A FIN that waits for what is missing is the end: text beyond it is no text, and no second FIN counts. */
static void fin_held__nothing_beyond_it(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.arrived = 20});
    uint32_t n = lab.c.rcv.nxt;
    text(&lab, TCPR_FIN, n + 100, 0);
    text(&lab, 0, n + 150, 50);
    assert_int_equal(lab.fx.place.len, 0);
    text(&lab, 0, n + 90, 50);
    assert_int_equal(lab.fx.place.len, 10);
    text(&lab, TCPR_FIN, n - 5, 5);
    expect_state(&lab, TCPR_ESTABLISHED);
    expect_pulled(&lab, lab_ack(&lab));
    text(&lab, 0, n, 90);
    expect_state(&lab, TCPR_CLOSE_WAIT);
    assert_int_equal(lab.c.rcv.nxt, n + 101);
    assert_int_equal(lab.fx.readable, 100);
}

/* A FIN before text that is already held is not the end. */
static void fin_before_held_text__not_believed(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    uint32_t n = lab.c.rcv.nxt;
    text(&lab, 0, n + 200, 50);
    text(&lab, TCPR_FIN, n + 50, 50);
    text(&lab, 0, n, 200);
    expect_state(&lab, TCPR_ESTABLISHED);
    assert_int_equal(lab.c.rcv.nxt, n + 250);
}

/* The FIN has a number, and the window must have room for it. */
static void fin__window_full__waits(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.window = 1000});
    lab_send(&lab, 1000);
    lab_close(&lab);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.una, .ack = lab.c.rcv.nxt, .len = 1000));
    lab_acked(&lab, lab.c.snd.nxt);
    expect_pulled(&lab, SEG(.ctl = TCPR_FIN | TCPR_ACK, .seq = lab.c.snd.una, .ack = lab.c.rcv.nxt));
}

/* RFC 9293 section 3.7.4: Nagle's rule asks for no PSH, and that is all CLOSE implies (section 3.9.1.4). */
static void close__small_segment_out__the_last_waits_with_its_fin(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){.nagle = true});
    lab_send(&lab, 100);
    lab_pull(&lab);
    lab_send(&lab, 10);
    lab_close(&lab);
    expect_silence(&lab);
    lab_acked(&lab, lab.c.snd.nxt);
    expect_pulled(&lab,
                  SEG(.ctl = TCPR_FIN | TCPR_PSH | TCPR_ACK, .seq = lab.c.snd.una, .ack = lab.c.rcv.nxt, .len = 10));
}

/* After the peer's FIN no window is worth a segment. */
static void close_wait__read__no_window_update(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_CLOSE_WAIT, (struct how){.arrived = 7000});
    assert_int_equal(lab_receive(&lab, UINT32_MAX), 7000);
    expect_silence(&lab);
}

/* An application that reads no more loses nothing by a bare FIN. */
static void released__fin_without_text__ordinary(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_FIN_WAIT_2, (struct how){0});
    lab_release(&lab);
    text(&lab, TCPR_FIN, lab.c.rcv.nxt, 0);
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_pulled(&lab, lab_ack(&lab));
}

/* In its place a FIN is the end. What was held beyond it was never text of this stream, and does not keep it open. */
static void fin_in_order__held_text_beyond__is_the_end(void **state)
{
    struct lab lab;
    (void)state;
    lab_reach(&lab, TCPR_ESTABLISHED, (struct how){0});
    uint32_t n = lab.c.rcv.nxt;
    text(&lab, 0, n + 200, 50);
    text(&lab, TCPR_FIN, n, 100);
    expect_state(&lab, TCPR_CLOSE_WAIT);
    assert_int_equal(lab.fx.readable, 100);
    assert_int_equal(lab.c.held_count, 0);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = n + 101));
}

/* Found by a fuzzer: a SYN,ACK sent again offered the whole buffer, though text had come since (SHLD-14). */
static void closed_in_syn_received__text_comes__syn_ack_offers_what_is_left(void **state)
{
    struct lab lab;
    struct how how = {.receive_buffer = 8000};
    (void)state;
    lab_reach(&lab, TCPR_SYN_RECEIVED, how);
    lab_close(&lab);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    lab_pull(&lab);
    uint32_t n = lab.c.rcv.nxt, edge = n + 8000;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = n, .ack = lab.c.snd.una, .len = 1000));
    lab_pull(&lab);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    lab_pull(&lab);
    assert_int_equal(lab.out[0].control, TCPR_SYN | TCPR_ACK);
    assert_int_equal(lab.out[0].ack, n + 1000);
    assert_int_equal(lab.out[0].ack + lab.out[0].window, edge);
}

/* Found by a fuzzer: without RFC 5961 an old SYN reset TIME-WAIT, though RFC 6191 had just refused it (RFC6191-2-5). */
static void time_wait__old_syn_without_rfc5961__kept(void **state)
{
    struct lab lab;
    struct how how = {.features_off = TCPR_FEATURE_RFC5961_SYN, .options = TCPR_OPT_TIMESTAMPS};
    (void)state;
    lab_reach(&lab, TCPR_TIME_WAIT, how);
    uint32_t old = lab.c.ts.recent - 1;
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = lab.c.rcv.nxt, .ts = true, .ts_val = old));
    expect_state(&lab, TCPR_TIME_WAIT);
    expect_silence(&lab);
}

static void expect_same_answer(const struct lab *dead, const struct lab *fresh)
{
    assert_int_equal(dead->status, fresh->status);
    assert_int_equal(dead->fx.events, fresh->fx.events);
    assert_int_equal(dead->fx.decisions, fresh->fx.decisions);
    assert_memory_equal(dead->fx.decision, fresh->fx.decision, fresh->fx.decisions * sizeof fresh->fx.decision[0]);
    assert_int_equal(dead->fx.has_reply, fresh->fx.has_reply);
    if (fresh->fx.has_reply) { assert_memory_equal(&dead->fx.reply, &fresh->fx.reply, sizeof fresh->fx.reply); }
    assert_true(tcpr_next_deadline(&dead->c) == tcpr_next_deadline(&fresh->c));
}

static void ask_in_closed(struct lab *lab, unsigned question)
{
    static const struct tcpr_options stamps = {.present = TCPR_OPT_TIMESTAMPS, .ts_val = 5, .ts_ecr = 6};
    switch (question) {
    case 0: lab_arrives(lab, SEG(.ctl = TCPR_SYN, .seq = 7, .wnd = 9, .options = &stamps)); break;
    case 1: lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = 7, .ack = 8, .len = 3, .wnd = 9, .no_ts = true)); break;
    case 2: lab_arrives(lab, SEG(.ctl = TCPR_RST, .seq = 7, .wnd = 9, .no_ts = true)); break;
    case 3: lab_icmp(lab, 4, 3, 3, 7, 0); break;
    case 4: lab_send(lab, 10); break;
    case 5: lab_receive(lab, 10); break;
    case 6: lab_close(lab); break;
    case 7: lab_release(lab); break;
    case 8: lab_abort(lab); break;
    default: lab_set_user_timeout(lab, TCPR_S(7)); break;
    }
}

/* No call finds anything of the last life: what is answered, and what the next OPEN makes, is as if there had been
 * none. */
static void closed__after_any_life__as_good_as_new(void **state)
{
    const uint8_t options = TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_WINDOW_SCALE;
    (void)state;
    for (int life = TCPR_LISTEN; life < TCPR_STATES; life++) {
        const struct how how = {
            .ranges = 8, .records = 8, .ecn = true, .options = options, .peer_shift = 2, .text = 900};
        for (unsigned question = 0; question < 12; question++) {
            struct lab dead, fresh;
            lab_reach(&dead, (enum tcpr_state)life, how);
            lab_abort(&dead);
            expect_state(&dead, TCPR_CLOSED);
            lab_init(&fresh, &how);
            dead.now += 50;
            fresh.now = dead.now;
            fresh.status = dead.status;
            dead.fx = fresh.fx;
            dead.window = fresh.window;
            assert_int_equal(lab_pull(&dead), 0);
            if (question == 10) {
                lab_open_active(&dead, &how);
                lab_open_active(&fresh, &how);
                assert_memory_equal(&dead.c, &fresh.c, sizeof fresh.c);
            } else if (question == 11) {
                lab_open_passive(&dead, &how);
                lab_open_passive(&fresh, &how);
                assert_memory_equal(&dead.c, &fresh.c, sizeof fresh.c);
            } else {
                ask_in_closed(&dead, question);
                ask_in_closed(&fresh, question);
                assert_int_equal(lab_pull(&dead), 0);
            }
            expect_same_answer(&dead, &fresh);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figure_12__normal_close__peer_a),
        cmocka_unit_test(figure_12__normal_close__peer_b),
        cmocka_unit_test(figure_13__simultaneous_close),
        cmocka_unit_test(half_closed__text_flows_the_other_way),
        cmocka_unit_test(time_wait__fin_again__restarts),
        cmocka_unit_test(closed__text_left__still_read),
        cmocka_unit_test(closed__after_any_life__as_good_as_new),
        cmocka_unit_test(urgent__beyond_the_pointer__marked_all_the_way),
        cmocka_unit_test(urgent__read_past__told_anew),
        cmocka_unit_test(time_wait__which_fin_restarts),
        cmocka_unit_test(reset__unread_text__flushed),
        cmocka_unit_test(fin_held__nothing_beyond_it),
        cmocka_unit_test(fin_before_held_text__not_believed),
        cmocka_unit_test(fin__window_full__waits),
        cmocka_unit_test(close__small_segment_out__the_last_waits_with_its_fin),
        cmocka_unit_test(close_wait__read__no_window_update),
        cmocka_unit_test(released__fin_without_text__ordinary),
        cmocka_unit_test(fin_in_order__held_text_beyond__is_the_end),
        cmocka_unit_test(closed_in_syn_received__text_comes__syn_ack_offers_what_is_left),
        cmocka_unit_test(time_wait__old_syn_without_rfc5961__kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
