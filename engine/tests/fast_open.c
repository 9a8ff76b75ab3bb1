/* TCP Fast Open (RFC 7413), both ends; cookies are made and checked by whoever calls. */
#include "support.h"

#include <string.h>

#define ISS 7000u
#define MSS 1460u

static const struct how with_fast_open = {
    .active = true, .iss = ISS, .iss_given = true, .features_on = TCPR_FEATURE_FAST_OPEN};

static const struct tcpr_options cookie_option = {
    .present = TCPR_OPT_MSS | TCPR_OPT_FAST_OPEN, .mss = MSS, .cookie_len = 8, .cookie = "cookies"};

/* ---- the client ---- */

static void open_fast(struct lab *lab, struct how how, struct tcpr_fast_open fast, uint32_t text_len)
{
    lab_init(lab, &how);
    struct tcpr_open open = lab_open(&how);
    fast.wanted = true;
    open.fast_open = fast;
    open.text_len = text_len;
    open.iss = ISS;
    open.iss_given = true;
    lab->status = tcpr_open_active(&lab->c, &lab->config, lab->now, &open, &lab->fx);
    lab_check(lab);
}

static void open_with_cookie(struct lab *lab, struct how how, uint32_t text_len)
{
    open_fast(lab, how, (struct tcpr_fast_open){.cookie = "cookies", .cookie_len = 8, .mss = MSS}, text_len);
}

static void answer(struct lab *lab, uint32_t ack, const struct tcpr_options *options)
{
    lab_arrives(lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = ack, .options = options));
}

static void without_a_cookie__one_is_asked_for_and_the_text_waits(void **state)
{
    (void)state;
    struct lab lab;
    open_fast(&lab, with_fast_open, (struct tcpr_fast_open){0}, 100);
    expect_reply(&lab, SEG(.ctl = TCPR_SYN, .seq = ISS));
    assert_true(lab.fx.reply.options.present & TCPR_OPT_FAST_OPEN);
    assert_int_equal(lab.fx.reply.options.cookie_len, 0);
    assert_int_equal(lab_pull(&lab), 0);
    answer(&lab, ISS + 1, &cookie_option);
    expect_event(&lab, TCPR_EVENT_COOKIE | TCPR_EVENT_CONNECTED);
    expect_no_event(&lab, TCPR_EVENT_FAST_OPEN_FAILED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = ISS + 1, .ack = LAB_IRS + 1, .len = 100));
}

static void no_cookie_comes__nothing_is_told(void **state)
{
    (void)state;
    struct lab lab;
    const struct tcpr_options empty = {.present = TCPR_OPT_FAST_OPEN};
    open_fast(&lab, with_fast_open, (struct tcpr_fast_open){0}, 0);
    answer(&lab, ISS + 1, &empty);
    expect_event(&lab, TCPR_EVENT_CONNECTED);
    expect_no_event(&lab, TCPR_EVENT_COOKIE | TCPR_EVENT_FAST_OPEN_FAILED);
}

static void with_a_cookie__the_syn_carries_text(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    expect_reply(&lab, SEG(.ctl = TCPR_SYN | TCPR_PSH, .seq = ISS, .len = 100));
    assert_int_equal(lab.fx.reply.text_at, 0);
    assert_int_equal(lab.fx.reply.options.cookie_len, 8);
    assert_string_equal(lab.fx.reply.options.cookie, "cookies");
    assert_int_equal(lab.c.snd.nxt, ISS + 101);
    assert_int_equal(lab_pull(&lab), 0);
    answer(&lab, ISS + 101, NULL);
    expect_state(&lab, TCPR_ESTABLISHED);
    expect_no_event(&lab, TCPR_EVENT_COOKIE | TCPR_EVENT_FAST_OPEN_FAILED);
    assert_int_equal(lab.fx.released, 100);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 101, .ack = LAB_IRS + 1));
}

/* RFC7413-2-1: it needs both the config and the OPEN. */
static void feature_off__a_plain_syn(void **state)
{
    (void)state;
    struct lab lab;
    struct how off = with_fast_open;
    off.features_on = 0;
    open_with_cookie(&lab, off, 100);
    assert_false(lab.fx.has_reply);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = ISS));
    assert_false(lab.out[0].options.present & TCPR_OPT_FAST_OPEN);
    answer(&lab, ISS + 1, &cookie_option);
    expect_no_event(&lab, TCPR_EVENT_COOKIE | TCPR_EVENT_FAST_OPEN_FAILED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 1, .ack = LAB_IRS + 1, .len = 100));
}

static void text_not_acknowledged__goes_again_with_the_ack(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail < 3; tail++) {
        struct lab lab;
        struct how how = with_fast_open;
        how.ranges = tail > 0 ? 4 : 0;
        how.records = tail > 1 ? 16 : 0;
        const struct tcpr_options sack = {.present = TCPR_OPT_MSS | TCPR_OPT_SACK_PERMITTED, .mss = MSS};
        open_with_cookie(&lab, how, 100);
        answer(&lab, ISS + 1, &sack);
        expect_event(&lab, TCPR_EVENT_FAST_OPEN_FAILED);
        expect_rule(&lab, TCPR_RULE_7413_4_2_2_8);
        expect_pulled(&lab, SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = ISS + 1, .ack = LAB_IRS + 1, .len = 100));
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = ISS + 101));
        assert_int_equal(lab.fx.released, 100);
        expect_silence(&lab);
        assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    }
}

/* The cookie was too old, and here is another: the path is good. */
static void text_not_acknowledged_but_a_new_cookie__is_no_failure(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    answer(&lab, ISS + 1, &cookie_option);
    expect_event(&lab, TCPR_EVENT_COOKIE);
    expect_no_event(&lab, TCPR_EVENT_FAST_OPEN_FAILED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 1, .ack = LAB_IRS + 1, .len = 100));
}

static void text_acknowledged_in_part__the_rest_goes_again(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail < 2; tail++) {
        struct lab lab;
        struct how how = with_fast_open;
        how.ranges = tail ? 4 : 0;
        how.records = tail ? 16 : 0;
        const struct tcpr_options sack = {.present = TCPR_OPT_MSS | TCPR_OPT_SACK_PERMITTED, .mss = MSS};
        open_with_cookie(&lab, how, 100);
        answer(&lab, ISS + 41, &sack);
        assert_int_equal(lab.fx.released, 40);
        expect_no_event(&lab, TCPR_EVENT_FAST_OPEN_FAILED);
        lab_pull(&lab);
        assert_int_equal(lab.outs, 1);
        expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = ISS + 41, .ack = LAB_IRS + 1, .len = 60));
        assert_int_equal(lab.out[0].text_at, 40);
    }
}

/* RFC7413-4.2.2-2 */
/* RFC 9293 appendix A.2: our ACKs stand at SND.NXT, and beyond its window the peer would not hear them. */
static void text_beyond_the_window_of_the_syn_ack__counts_as_never_sent(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = ISS + 1, .wnd = 30));
    assert_int_equal(lab.c.snd.nxt, ISS + 31);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 1, .ack = LAB_IRS + 1, .len = 30));
}

static void text_fills_the_window__the_ack_stands_at_its_edge(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = ISS + 81, .no_wnd = true));
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 81, .ack = LAB_IRS + 1));
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = ISS + 81));
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = ISS + 81, .ack = LAB_IRS + 1, .len = 20));
}

static void syn_lost__goes_again_bare(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
    expect_pulled(&lab, SEG(.ctl = TCPR_SYN, .seq = ISS));
    assert_false(lab.out[0].options.present & TCPR_OPT_FAST_OPEN);
    answer(&lab, ISS + 1, NULL);
    expect_event(&lab, TCPR_EVENT_FAST_OPEN_FAILED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 1, .ack = LAB_IRS + 1, .len = 100));
}

static void nobody_answers__is_a_failure(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    for (int n = 0; n < 20 && lab.c.state != TCPR_CLOSED; n++) {
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        lab_pull(&lab);
    }
    expect_event(&lab, TCPR_EVENT_TIMED_OUT | TCPR_EVENT_FAST_OPEN_FAILED);
    open_with_cookie(&lab, with_fast_open, 100);
    lab_icmp(&lab, 4, 3, 3, ISS, 0);
    expect_event(&lab, TCPR_EVENT_HARD_ERROR | TCPR_EVENT_FAST_OPEN_FAILED);
    open_with_cookie(&lab, with_fast_open, 100);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = ISS + 101));
    expect_event(&lab, TCPR_EVENT_REFUSED);
    expect_no_event(&lab, TCPR_EVENT_FAST_OPEN_FAILED);
}

/* RFC7413-4.1.3-n1 with MUST-16: what the peer takes, as far as it is known, less the options. */
static void more_text_than_fits__as_much_as_fits(void **state)
{
    (void)state;
    const struct {
        uint16_t mss, mtu;
        uint32_t most;
    } row[] = {{0, 1500, 536},     {1000, 1500, 1000}, {1460, 1500, 1460},
               {9000, 1500, 1460}, {20, 1500, 32},     {0, 101, 61}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct lab lab;
        struct how how = with_fast_open;
        lab_init(&lab, &how);
        lab.config.mtu = row[i].mtu;
        struct tcpr_open open = lab_open(&how);
        open.fast_open = (struct tcpr_fast_open){.wanted = true, .cookie_len = 8, .mss = row[i].mss};
        open.text_len = 5000;
        lab.status = tcpr_open_active(&lab.c, &lab.config, lab.now, &open, &lab.fx);
        lab_check(&lab);
        assert_int_equal(lab.fx.reply.text_len, row[i].most - tcpr_options_len(&lab.fx.reply.options));
        assert_false(lab.fx.reply.control & TCPR_PSH);
    }
}

static void rest_of_the_text__follows_the_handshake(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 2000);
    uint32_t first = lab.fx.reply.text_len;
    answer(&lab, ISS + 1 + first, &cookie_option);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    expect_segment(&lab.out[0],
                   SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = ISS + 1 + first, .ack = LAB_IRS + 1, .len = 2000 - first));
}

static void more_text_than_the_buffer_holds__insufficient_resources(void **state)
{
    (void)state;
    struct lab lab;
    struct how how = with_fast_open;
    how.send_buffer = 99;
    open_with_cookie(&lab, how, 100);
    expect_status(&lab, TCPR_INSUFFICIENT_RESOURCES);
    expect_state(&lab, TCPR_CLOSED);
    open_with_cookie(&lab, how, 99);
    expect_status(&lab, TCPR_OK);
}

/* The SYN's round trip is measured, whatever became of the text. */
static void text_not_acknowledged__round_trip_is_measured(void **state)
{
    (void)state;
    struct lab lab;
    open_with_cookie(&lab, with_fast_open, 100);
    lab.now += TCPR_MS(70);
    answer(&lab, ISS + 1, NULL);
    assert_int_equal(lab.c.rtt.srtt_us, TCPR_MS(70));
    lab_pull(&lab);
    lab.now += TCPR_MS(500);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1, .ack = ISS + 101));
    assert_int_equal(lab.c.rtt.srtt_us, TCPR_MS(70)); /* Karn (MUST-18) */
}

/* RFC 7413 section 4.2.2: both are clients. Neither had a cookie of the other's to check, so the text goes again. */
static void syns_cross__text_goes_again(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail < 2; tail++) {
        struct lab lab;
        struct how how = with_fast_open;
        how.ranges = tail ? 4 : 0;
        how.records = tail ? 16 : 0;
        struct tcpr_options theirs = cookie_option;
        theirs.present |= TCPR_OPT_SACK_PERMITTED;
        open_with_cookie(&lab, how, 100);
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .len = 50, .options = &theirs));
        expect_state(&lab, TCPR_SYN_RECEIVED);
        assert_int_equal(lab.fx.place.len, 50);
        expect_no_event(&lab, TCPR_EVENT_READABLE);
        expect_pulled(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = ISS, .ack = LAB_IRS + 1));
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = LAB_IRS, .ack = ISS + 1));
        expect_state(&lab, TCPR_ESTABLISHED);
        expect_event(&lab, TCPR_EVENT_READABLE);
        expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = ISS + 1, .ack = LAB_IRS + 51, .len = 100));
    }
}

/* ---- the server ---- */

static void listen_fast(struct lab *lab, struct how how)
{
    how.features_on |= TCPR_FEATURE_FAST_OPEN;
    lab_init(lab, &how);
    lab_open_passive(lab, &how);
}

static void good_cookie_arrives(struct lab *lab, struct seg seg)
{
    struct tcpr_options options = cookie_option;
    if (lab->c.sacked_room != 0) { options.present |= TCPR_OPT_SACK_PERMITTED; }
    seg.options = &options;
    struct tcpr_segment segment = lab_segment(lab, seg);
    tcpr_fast_open_arrives(&lab->c, &lab->config, lab->now, &lab->ip, &segment, &lab->fx);
    lab_check(lab);
}

static void fast_opened(struct lab *lab, struct how how, uint32_t text_len)
{
    listen_fast(lab, how);
    good_cookie_arrives(lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .len = text_len));
    expect_state(lab, TCPR_SYN_RECEIVED);
}

static void take_syn_ack(struct lab *lab, uint32_t text_len)
{
    expect_pulled(lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = lab->c.snd.iss, .ack = LAB_IRS + 1 + text_len));
    assert_false(lab->out[0].options.present & TCPR_OPT_FAST_OPEN);
}

static void handshake_ends(struct lab *lab, uint32_t text_len, uint32_t acked)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 1 + text_len, .ack = lab->c.snd.iss + 1 + acked));
}

static void good_cookie__text_is_read_before_the_handshake_ends(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    expect_event(&lab, TCPR_EVENT_FAST_OPENED | TCPR_EVENT_READABLE);
    expect_rule(&lab, TCPR_RULE_7413_4_2_2_N2);
    assert_int_equal(lab.fx.readable, 100);
    assert_int_equal(lab.fx.place.len, 100);
    assert_int_equal(lab.fx.place.stream_at, 0);
    assert_int_equal(lab_receive(&lab, 1000), 100);
    take_syn_ack(&lab, 100);
    assert_int_equal(lab.out[0].window, 8000 - 100);
    handshake_ends(&lab, 100, 0);
    expect_state(&lab, TCPR_ESTABLISHED);
    expect_event(&lab, TCPR_EVENT_CONNECTED);
    expect_silence(&lab);
}

static void answer_before_the_handshake_ends__leaves_at_once(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail < 2; tail++) {
        struct lab lab;
        fast_opened(&lab, (struct how){.nagle = true, .ranges = tail ? 4 : 0, .records = tail ? 16 : 0}, 100);
        take_syn_ack(&lab, 100);
        lab_send(&lab, 50);
        expect_pulled(&lab, SEG(.ctl = TCPR_ACK | TCPR_PSH, .seq = lab.c.snd.iss + 1, .ack = LAB_IRS + 101, .len = 50));
        handshake_ends(&lab, 100, tail ? 0 : 50);
        expect_state(&lab, TCPR_ESTABLISHED);
        assert_int_equal(lab.fx.released, tail ? 0 : 50);
        expect_silence(&lab);
        assert_int_equal(lab_runs(&lab, TCPR_TIMER_RETRANSMIT), tail);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 101, .ack = lab.c.snd.iss + 51));
        assert_false(lab_runs(&lab, TCPR_TIMER_RETRANSMIT));
    }
}

/* RFC7413-4.2.2-5 */
static void long_answer__is_bounded_by_the_initial_window(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail < 2; tail++) {
        struct lab lab;
        fast_opened(&lab, (struct how){.ranges = tail ? 4 : 0, .records = tail ? 16 : 0}, 100);
        take_syn_ack(&lab, 100);
        lab_send(&lab, 20000);
        assert_int_equal(lab_pull(&lab), 3);
        assert_int_equal(lab.c.snd.nxt, lab.c.snd.iss + 1 + 3 * MSS);
        handshake_ends(&lab, 100, 2 * MSS);
        assert_int_equal(lab.fx.released, 2 * MSS);
        assert_int_equal(lab_pull(&lab), 2); /* RFC5681-3.1-5b: what a SYN's ACK covers grows nothing */
    }
}

/* RFC7413-4.2.2-6; a peer in SYN-SENT has dropped the text that followed a lost SYN,ACK. */
static void syn_ack_lost__goes_again_bare_and_then_the_text(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail < 2; tail++) {
        struct lab lab;
        fast_opened(&lab, (struct how){.ranges = tail ? 4 : 0, .records = tail ? 16 : 0}, 100);
        take_syn_ack(&lab, 100);
        lab_send(&lab, 50);
        lab_pull(&lab);
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        take_syn_ack(&lab, 100);
        handshake_ends(&lab, 100, 0);
        expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.iss + 1, .ack = LAB_IRS + 101, .len = 50));
    }
}

static void fin_on_the_syn__waits_for_the_handshake(void **state)
{
    (void)state;
    struct lab lab;
    listen_fast(&lab, (struct how){0});
    good_cookie_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_FIN, .seq = LAB_IRS, .len = 100));
    expect_event(&lab, TCPR_EVENT_READABLE);
    expect_no_event(&lab, TCPR_EVENT_PEER_CLOSED);
    take_syn_ack(&lab, 100);
    handshake_ends(&lab, 100, 0);
    expect_state(&lab, TCPR_CLOSE_WAIT);
    expect_event(&lab, TCPR_EVENT_PEER_CLOSED);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.nxt, .ack = LAB_IRS + 102));
}

static void close_after_the_answer__fin_waits_for_the_handshake(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    take_syn_ack(&lab, 100);
    lab_send(&lab, 50);
    lab_close(&lab);
    lab_pull(&lab);
    expect_segment(&lab.out[0], SEG(.ctl = TCPR_ACK, .seq = lab.c.snd.iss + 1, .ack = LAB_IRS + 101, .len = 50));
    handshake_ends(&lab, 100, 50);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = lab.c.snd.iss + 51, .ack = LAB_IRS + 101));
}

static void close_without_an_answer__fin_goes_at_once(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    take_syn_ack(&lab, 100);
    lab_close(&lab);
    expect_state(&lab, TCPR_FIN_WAIT_1);
    expect_pulled(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN, .seq = lab.c.snd.iss + 1, .ack = LAB_IRS + 101));
    handshake_ends(&lab, 100, 1);
    expect_state(&lab, TCPR_FIN_WAIT_2);
}

/* The application has the connection, so it hears of its end; there is no way back to LISTEN. */
static void reset__is_told(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    lab_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = LAB_IRS + 101));
    expect_state(&lab, TCPR_CLOSED);
    expect_event(&lab, TCPR_EVENT_RESET);
    expect_no_event(&lab, TCPR_EVENT_REFUSED | TCPR_EVENT_LISTENING);
}

static void syn_in_the_window__is_challenged(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    take_syn_ack(&lab, 100);
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS + 200));
    expect_state(&lab, TCPR_SYN_RECEIVED);
    expect_ack_reply(&lab);
}

/* Section 2 of RFC 7413 leaves SYNs with text that come twice to the application; but not while this one is here. */
static void the_same_syn_again__delivers_nothing(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    take_syn_ack(&lab, 100);
    good_cookie_arrives(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .len = 100));
    expect_no_event(&lab, TCPR_EVENT_READABLE | TCPR_EVENT_FAST_OPENED);
    expect_ack_reply(&lab);
}

/* SHLD-3 */
static void released_unread__resets(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){0}, 100);
    take_syn_ack(&lab, 100);
    lab_release(&lab);
    expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = lab.c.snd.iss + 1));
    expect_state(&lab, TCPR_CLOSED);
}

static void window_filled_by_the_syn__opens_with_the_handshake(void **state)
{
    (void)state;
    struct lab lab;
    fast_opened(&lab, (struct how){.receive_buffer = 80}, 100);
    assert_int_equal(lab.fx.readable, 80);
    take_syn_ack(&lab, 80);
    assert_int_equal(lab.out[0].window, 0);
    assert_int_equal(lab_receive(&lab, 80), 80);
    assert_int_equal(lab_pull(&lab), 0);
    handshake_ends(&lab, 80, 0);
    lab_pull(&lab);
    assert_int_equal(lab.outs, 1);
    assert_int_equal(lab.out[0].window, 80);
}

/* MUST-66: the handshake's ACK may be lost, and what comes then is a probe of the window. */
static void probe_of_the_window_the_syn_filled__ends_the_handshake(void **state)
{
    (void)state;
    for (unsigned probe_is_out = 0; probe_is_out < 2; probe_is_out++) {
        struct lab lab;
        fast_opened(&lab, (struct how){.receive_buffer = 80}, 100);
        take_syn_ack(&lab, 80);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS + 81 + probe_is_out, .ack = lab.c.snd.iss + 1,
                              .len = 1 - probe_is_out));
        expect_state(&lab, TCPR_ESTABLISHED);
        expect_ack_reply(&lab);
        assert_int_equal(lab.c.rcv.nxt, LAB_IRS + 81);
        assert_int_equal(lab_receive(&lab, 100), 80);
    }
}

/* RFC7413-4.2-2: without the option, or where it is off, text waits as on any SYN. */
static void not_wanted_or_not_asked_for__text_waits(void **state)
{
    (void)state;
    for (unsigned asked = 0; asked < 2; asked++) {
        struct lab lab;
        struct how how = {.features_on = asked ? 0 : TCPR_FEATURE_FAST_OPEN};
        struct tcpr_options options = {.present = asked ? TCPR_OPT_FAST_OPEN : 0};
        lab_init(&lab, &how);
        lab_open_passive(&lab, &how);
        struct tcpr_segment segment =
            lab_segment(&lab, SEG(.ctl = TCPR_SYN, .seq = LAB_IRS, .len = 100, .options = &options));
        tcpr_fast_open_arrives(&lab.c, &lab.config, lab.now, &lab.ip, &segment, &lab.fx);
        lab_check(&lab);
        expect_no_event(&lab, TCPR_EVENT_READABLE | TCPR_EVENT_FAST_OPENED);
        take_syn_ack(&lab, 0);
        handshake_ends(&lab, 0, 0);
        expect_event(&lab, TCPR_EVENT_READABLE);
    }
}

static void other_segments__are_judged_as_ever(void **state)
{
    (void)state;
    struct lab lab;
    listen_fast(&lab, (struct how){0});
    good_cookie_arrives(&lab, SEG(.ctl = TCPR_RST, .seq = LAB_IRS));
    expect_state(&lab, TCPR_LISTEN);
    good_cookie_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = LAB_IRS, .ack = 5));
    expect_reply(&lab, SEG(.ctl = TCPR_RST, .seq = 5));
    expect_state(&lab, TCPR_LISTEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_cookie__one_is_asked_for_and_the_text_waits),
        cmocka_unit_test(no_cookie_comes__nothing_is_told),
        cmocka_unit_test(with_a_cookie__the_syn_carries_text),
        cmocka_unit_test(feature_off__a_plain_syn),
        cmocka_unit_test(text_not_acknowledged__goes_again_with_the_ack),
        cmocka_unit_test(text_not_acknowledged_but_a_new_cookie__is_no_failure),
        cmocka_unit_test(text_acknowledged_in_part__the_rest_goes_again),
        cmocka_unit_test(text_beyond_the_window_of_the_syn_ack__counts_as_never_sent),
        cmocka_unit_test(text_fills_the_window__the_ack_stands_at_its_edge),
        cmocka_unit_test(syn_lost__goes_again_bare),
        cmocka_unit_test(nobody_answers__is_a_failure),
        cmocka_unit_test(more_text_than_fits__as_much_as_fits),
        cmocka_unit_test(rest_of_the_text__follows_the_handshake),
        cmocka_unit_test(more_text_than_the_buffer_holds__insufficient_resources),
        cmocka_unit_test(text_not_acknowledged__round_trip_is_measured),
        cmocka_unit_test(syns_cross__text_goes_again),
        cmocka_unit_test(good_cookie__text_is_read_before_the_handshake_ends),
        cmocka_unit_test(answer_before_the_handshake_ends__leaves_at_once),
        cmocka_unit_test(long_answer__is_bounded_by_the_initial_window),
        cmocka_unit_test(syn_ack_lost__goes_again_bare_and_then_the_text),
        cmocka_unit_test(fin_on_the_syn__waits_for_the_handshake),
        cmocka_unit_test(close_after_the_answer__fin_waits_for_the_handshake),
        cmocka_unit_test(close_without_an_answer__fin_goes_at_once),
        cmocka_unit_test(reset__is_told),
        cmocka_unit_test(syn_in_the_window__is_challenged),
        cmocka_unit_test(the_same_syn_again__delivers_nothing),
        cmocka_unit_test(released_unread__resets),
        cmocka_unit_test(window_filled_by_the_syn__opens_with_the_handshake),
        cmocka_unit_test(probe_of_the_window_the_syn_filled__ends_the_handshake),
        cmocka_unit_test(not_wanted_or_not_asked_for__text_waits),
        cmocka_unit_test(other_segments__are_judged_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
