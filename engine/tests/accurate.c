/* RFC 9768: what the three bits of SYNs agree on, the ACE field as a counter of marks, and what may be marked then. */
#include "ecn.h"

#define CE 3u
#define ON .features_on = TCPR_FEATURE_ACCURATE_ECN
#define BITS(n) ((uint16_t)((n) << 6)) /* AE, CWR and ECE as a number */
#define ALL_THREE BITS(7)

static unsigned ace(const struct tcpr_segment *seg)
{
    return seg->control >> 6 & 7u;
}

/* Each pull gives one segment, and these are its three bits. */
static unsigned pulled(struct lab *lab)
{
    assert_int_equal(lab_pull(lab), 1);
    return ace(&lab->out[0]);
}

static void listen(struct lab *lab, uint32_t features)
{
    lab_reach(lab, TCPR_LISTEN, (struct how){.features_on = features});
}

static void syn(struct lab *lab, unsigned bits, uint8_t field)
{
    lab_arrives(lab, SEG(.ctl = TCPR_SYN | BITS(bits), .seq = 5, .ecn = field));
}

static void syn_ack(struct lab *lab, unsigned bits, uint8_t field)
{
    lab_arrives(lab, SEG(.ctl = TCPR_SYN | TCPR_ACK | BITS(bits), .seq = 5, .ack = lab->c.snd.iss + 1u, .ecn = field));
}

static void ack(struct lab *lab, unsigned bits, uint32_t number)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK | BITS(bits), .seq = lab->c.rcv.nxt, .ack = number));
}

static void text(struct lab *lab, uint8_t field)
{
    lab_arrives(lab,
                SEG(.ctl = TCPR_ACK | BITS(5), .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .len = 100, .ecn = field));
}

static void bare(struct lab *lab, uint8_t field)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK | BITS(5), .seq = lab->c.rcv.nxt, .ack = lab->c.snd.una, .ecn = field));
}

static void connecting(struct lab *lab, uint32_t features)
{
    struct how how = {.features_on = features};
    lab_init(lab, &how);
    lab_open_active(lab, &how);
}

/* Established by the book: nothing was marked. */
static void served(struct lab *lab)
{
    listen(lab, TCPR_FEATURE_ACCURATE_ECN);
    syn(lab, 7, 0);
    assert_int_equal(pulled(lab), 2);
    ack(lab, 2, lab->c.snd.nxt);
    expect_state(lab, TCPR_ESTABLISHED);
}

static void connected(struct lab *lab)
{
    connecting(lab, TCPR_FEATURE_ACCURATE_ECN);
    assert_int_equal(pulled(lab), 7);
    syn_ack(lab, 2, 0);
    assert_int_equal(pulled(lab), 2);
}

/* Is new text ECN-capable? */
static bool marks(struct lab *lab)
{
    lab_send(lab, 100);
    assert_true(lab_pull(lab) > 0);
    assert_int_equal(lab->out[lab->outs - 1].text_len, 100);
    return lab->out[lab->outs - 1].ecn == ECT_0;
}

/* --- The SYNs --- */

/* Table 2; RFC9768-3.1.3-1: what is new is answered like all three. RFC9768-3.1.1-3. */
static void listen__each_kind_of_syn__its_answer(void **state)
{
    (void)state;
    const uint8_t told[4] = {2, 3, 4, 6};
    for (unsigned asked = 0; asked < 8; asked++) {
        for (uint8_t field = 0; field < 4; field++) {
            struct lab lab;
            listen(&lab, TCPR_FEATURE_ACCURATE_ECN);
            syn(&lab, asked, field);
            bool accurate = asked != 0 && asked != 3;
            assert_int_equal(pulled(&lab), accurate ? told[field] : asked == 3 ? 1 : 0);
            assert_int_equal(lab.out[0].ecn, 0);
            ack(&lab, accurate ? 2 : 0, lab.c.snd.nxt);
            assert_int_equal(marks(&lab), asked != 0);
            assert_int_equal(ace(&lab.out[0]), accurate ? 5 : 0);
        }
    }
}

/* The same SYNs where RFC 3168 is all that is known, and where nothing is. */
static void listen__without_the_feature__ae_means_nothing(void **state)
{
    (void)state;
    for (unsigned asked = 0; asked < 16; asked++) {
        struct lab lab;
        bool ecn = asked >= 8;
        listen(&lab, ecn ? TCPR_FEATURE_ECN : 0);
        syn(&lab, asked & 7, 0);
        assert_int_equal(pulled(&lab), ecn && (asked & 3) == 3 ? 1 : 0);
    }
}

/* Table 2: 1, 0, 1 is for later (RFC9768-3.1.3-3), and all three are a reflection (RFC9768-3.1.2-6). */
static void syn_sent__each_answer__its_mode(void **state)
{
    (void)state;
    const uint8_t told[4] = {2, 3, 4, 6};
    for (unsigned answer = 0; answer < 8; answer++) {
        for (uint8_t field = 0; field < 4; field++) {
            struct lab lab;
            connecting(&lab, TCPR_FEATURE_ACCURATE_ECN);
            assert_int_equal(pulled(&lab), 7);
            assert_int_equal(lab.out[0].ecn, 0);
            syn_ack(&lab, answer, field);
            bool accurate = answer >= 2 && answer != 7;
            assert_int_equal(pulled(&lab), accurate ? told[field] : 0);
            bool mangled = answer == 3 || answer == 4 || answer == 6; /* our SYN was Not-ECT */
            assert_int_equal(marks(&lab), !mangled && answer != 0 && answer != 7);
            assert_int_equal(ace(&lab.out[0]), accurate ? 5 + (field == CE) : 0); /* RFC9768-3.2.2.2-4 */
        }
    }
}

/* RFC9768-3.2.2.3-1: with ECT(0) on SYNs it may arrive as CE and as nothing else. */
static void syn_sent__ect_on_the_syn__what_may_become_of_it(void **state)
{
    (void)state;
    for (unsigned answer = 2; answer < 7; answer++) {
        struct lab lab;
        connecting(&lab, TCPR_FEATURE_ACCURATE_ECN | TCPR_FEATURE_ECT_EVERYWHERE);
        assert_int_equal(pulled(&lab), 7);
        assert_int_equal(lab.out[0].ecn, ECT_0);
        syn_ack(&lab, answer, 0);
        lab_pull(&lab);
        assert_int_equal(marks(&lab), answer >= 4);
    }
}

/* RFC9768-3.1.4.1-1, RFC9768-3.1.4.1-2; RFC9768-3.1.5-15: the answer to the first may still come. */
static void syn_lost__asks_again__then_no_more(void **state)
{
    (void)state;
    struct lab lab;
    connecting(&lab, TCPR_FEATURE_ACCURATE_ECN);
    const unsigned bits[] = {7, 7, 0, 0};
    for (size_t n = 0; n < 4; n++) {
        if (n != 0) { lab_fire(&lab, TCPR_TIMER_RETRANSMIT); }
        assert_int_equal(pulled(&lab), bits[n]);
        assert_int_equal(lab.out[0].seq, lab.c.snd.iss); /* RFC9768-3.1.4.1-3 */
    }
    syn_ack(&lab, 2, 0);
    assert_int_equal(pulled(&lab), 2);
    assert_false(marks(&lab));
    text(&lab, CE);
    assert_int_equal(pulled(&lab), 6);
}

/* RFC9768-3.2.3.2.2-2: so does a SYN,ACK. RFC9768-3.1.5-1: feedback goes on nevertheless. */
static void syn_ack_lost__says_it_again__then_no_more(void **state)
{
    (void)state;
    struct lab lab;
    listen(&lab, TCPR_FEATURE_ACCURATE_ECN);
    syn(&lab, 7, CE);
    const unsigned bits[] = {6, 6, 0};
    for (size_t n = 0; n < 3; n++) {
        if (n != 0) { lab_fire(&lab, TCPR_TIMER_RETRANSMIT); }
        assert_int_equal(pulled(&lab), bits[n]);
    }
    ack(&lab, 2, lab.c.snd.nxt);
    assert_false(marks(&lab));
    assert_int_equal(ace(&lab.out[0]), 5); /* the mark on the SYN is not counted (RFC9768-3.2.2.2-2) */
}

/* RFC9768-3.1.5-7, RFC9768-3.1.5-8, RFC9768-3.1.5-15. */
static void syn_received__syn_again__the_latest_field_is_told(void **state)
{
    (void)state;
    for (unsigned again = 0; again < 8; again += 7) {
        struct lab lab;
        listen(&lab, TCPR_FEATURE_ACCURATE_ECN);
        syn(&lab, 7, 0);
        assert_int_equal(pulled(&lab), 2);
        syn(&lab, again, 1);
        assert_int_equal(ace(&lab.fx.reply), 5); /* no SYN, so the counter */
        lab_fire(&lab, TCPR_TIMER_RETRANSMIT);
        assert_int_equal(pulled(&lab), 3);
        ack(&lab, 2, lab.c.snd.nxt);
        assert_int_equal(marks(&lab), again == 7);
    }
}

/* RFC9768-3.1.5-5, whichever came first. Without the feature AE means nothing. */
static void syn_received__syn_of_the_other_kind__reset(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        struct lab lab;
        listen(&lab, n == 2 ? TCPR_FEATURE_ECN : TCPR_FEATURE_ACCURATE_ECN);
        syn(&lab, n == 0 ? 7 : 3, 0);
        lab_pull(&lab);
        syn(&lab, n == 0 ? 3 : 7, 0);
        expect_state(&lab, n == 2 ? TCPR_SYN_RECEIVED : TCPR_LISTEN);
        if (n == 2) { continue; }
        expect_reply(&lab, SEG(.ctl = TCPR_RST | TCPR_ACK, .ack = 6));
        assert_int_equal(lab.fx.decision[0].rule, TCPR_RULE_9768_3_1_5_5);
    }
}

/* RFC9768-3.1.2-7, -8: each side answers as a responder. What the SYN,ACK says of ours counts too. */
static void syns_cross__answered_as_by_a_responder(void **state)
{
    (void)state;
    for (unsigned asked = 0; asked < 8; asked++) {
        for (unsigned answer = 0; answer < 8; answer++) {
            struct lab lab;
            connecting(&lab, TCPR_FEATURE_ACCURATE_ECN);
            lab_pull(&lab);
            syn(&lab, asked, CE);
            bool accurate = asked != 0 && asked != 3;
            assert_int_equal(pulled(&lab), accurate ? 6 : asked == 3 ? 1 : 0);
            syn_ack(&lab, answer, 0);
            expect_state(&lab, TCPR_ESTABLISHED);
            bool mangled = answer == 3 || answer == 4 || answer == 6;
            if (accurate) { assert_int_equal(marks(&lab), answer != 0 && !mangled); }
            if (accurate) { assert_int_equal(ace(&lab.out[0]), 5); }
        }
    }
}

/* RFC9768-3.1.5-7 hears the latest valid one: who got our SYN,ACK sends none, and who sends one acknowledges our SYN.
 */
static void syn_received__syn_ack_of_something_else__says_nothing(void **state)
{
    (void)state;
    for (uint32_t off = 0; off <= 1000; off += 1000) {
        struct lab lab;
        (off == 0 ? listen : connecting)(&lab, TCPR_FEATURE_ACCURATE_ECN);
        lab_pull(&lab);
        syn(&lab, 7, 0);
        lab_pull(&lab);
        lab_arrives(&lab, SEG(.ctl = TCPR_SYN | TCPR_ACK, .seq = 5, .ack = lab.c.snd.iss + 1u + off));
        ack(&lab, 2, lab.c.snd.nxt);
        expect_state(&lab, TCPR_ESTABLISHED);
        assert_true(marks(&lab));
    }
}

static void off__bits_mean_nothing(void **state)
{
    (void)state;
    struct lab lab;
    connecting(&lab, 0);
    assert_int_equal(pulled(&lab), 0);
    syn_ack(&lab, 2, 0);
    assert_int_equal(pulled(&lab), 0);
    assert_false(marks(&lab));
    assert_int_equal(lab.c.accurate | lab.c.cc.ace, 0);
}

/* --- The ACK of the handshake --- */

/* RFC9768-3.2.2.1-2: bare, before the text that waits. RFC9768-3.2.2.1-4: and again when the SYN,ACK comes again. */
static void handshake_ack__says_how_the_syn_ack_came(void **state)
{
    (void)state;
    struct lab lab;
    connecting(&lab, TCPR_FEATURE_ACCURATE_ECN);
    lab_send(&lab, 100);
    lab_pull(&lab);
    syn_ack(&lab, 2, 1);
    assert_int_equal(lab_pull(&lab), 2);
    assert_int_equal(lab.out[0].text_len, 0);
    assert_int_equal(ace(&lab.out[0]), 3);
    assert_int_equal(lab.out[1].text_len, 100);
    assert_int_equal(ace(&lab.out[1]), 5);
    syn_ack(&lab, 2, 2);
    assert_true(lab.fx.has_reply);
    assert_int_equal(ace(&lab.fx.reply), 4);
    text(&lab, 0);
    lab_wait(&lab, TCPR_MS(200));
    assert_int_equal(pulled(&lab), 5);
}

/* Table 4. RFC9768-3.2.2.1-6: zero, and what our Not-ECT cannot have become, ends our marks. */
static void syn_received__each_handshake_ack__its_meaning(void **state)
{
    (void)state;
    for (unsigned said = 0; said < 8; said++) {
        struct lab lab;
        listen(&lab, TCPR_FEATURE_ACCURATE_ECN);
        syn(&lab, 7, 0);
        lab_pull(&lab);
        ack(&lab, said, lab.c.snd.nxt);
        expect_state(&lab, TCPR_ESTABLISHED);
        assert_int_equal(lab.c.cc.ace >> TCPR_ACE_HEARD_AT, said == 6 ? 6 : 5);
        assert_int_equal(marks(&lab), said == 1 || said == 2 || said == 5 || said == 7);
        text(&lab, CE);
        assert_int_equal(pulled(&lab), 6); /* RFC9768-3.2.2.1-7, RFC9768-3.2.2.4-2 */
    }
}

/* With text ACE is the counter, whose value is not tested (RFC9768-3.2.2.4-4) but for zero. */
static void syn_received__ack_with_text__counts(void **state)
{
    (void)state;
    for (unsigned said = 0; said < 8; said++) {
        struct lab lab;
        listen(&lab, TCPR_FEATURE_ACCURATE_ECN);
        syn(&lab, 7, 0);
        lab_pull(&lab);
        lab_arrives(&lab, SEG(.ctl = TCPR_ACK | BITS(said), .seq = 6, .ack = lab.c.snd.nxt, .len = 10));
        expect_state(&lab, TCPR_ESTABLISHED);
        assert_int_equal(marks(&lab), said != 0);
    }
}

/* RFC9768-3.2.2.4-2: a client learns it from what comes next. */
static void established__first_ace_is_zero__no_more_marks(void **state)
{
    (void)state;
    for (unsigned first = 0; first <= 5; first += 5) {
        struct lab lab;
        connected(&lab);
        assert_true(marks(&lab));
        ack(&lab, first, lab.c.snd.nxt);
        assert_int_equal(marks(&lab), first != 0);
        ack(&lab, 0, lab.c.snd.nxt);
        assert_int_equal(marks(&lab), first != 0);
    }
}

/* --- As a receiver --- */

/* RFC9768-3.2-1, RFC9768-3.2.2-2: all that is acceptable counts, and the counter wraps. */
static void marks__each_is_counted(void **state)
{
    (void)state;
    struct lab lab;
    served(&lab);
    unsigned count = 5;
    for (unsigned n = 0; n < 20; n++) {
        text(&lab, CE);
        lab_wait(&lab, TCPR_MS(200));
        count++;
        assert_int_equal(pulled(&lab), count & 7);
        lab_receive(&lab, 100);
        lab_pull(&lab);
    }
    uint32_t nxt = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt + 100, .ack = lab.c.snd.una, .len = 10, .ecn = CE));
    assert_int_equal(ace(&lab.fx.reply), ++count & 7); /* out of order */
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt - 100, .ack = lab.c.snd.una, .len = 10, .ecn = CE));
    assert_int_equal(ace(&lab.fx.reply), count & 7); /* not acceptable */
    bare(&lab, CE);
    count++;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = nxt + 100, .ack = lab.c.snd.una, .len = 10));
    assert_int_equal(ace(&lab.fx.reply), count & 7);
}

static void zero_window__marked_probe_is_counted_at_once(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_LISTEN, (struct how){ON, .receive_buffer = 100});
    syn(&lab, 7, 0);
    lab_pull(&lab);
    ack(&lab, 2, lab.c.snd.nxt);
    text(&lab, 0);
    lab_pull(&lab);
    assert_int_equal(lab_window(&lab), 0);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.snd.una, .len = 1, .ecn = CE));
    assert_int_equal(ace(&lab.fx.reply), 6);
}

/* RFC9768-3.2.2.5.1-1, -4: the first at once, then every second. */
static void marks_on_text__first_and_every_second_at_once(void **state)
{
    (void)state;
    struct lab lab;
    served(&lab);
    text(&lab, 0);
    assert_int_equal(lab_pull(&lab), 0);
    const bool at_once[] = {true, false, true, false, true};
    for (size_t n = 0; n < 5; n++) {
        text(&lab, CE);
        assert_int_equal(lab_pull(&lab), at_once[n]);
    }
    text(&lab, 2);
    text(&lab, CE);
    assert_int_equal(pulled(&lab), (5 + 6) & 7);
}

/* RFC9768-3.2.2.5.1-3, -5, -9: with no text to acknowledge every third, and without SACK. */
static void marks_on_acks__every_third_at_once(void **state)
{
    (void)state;
    struct lab lab;
    lab_reach(&lab, TCPR_LISTEN, (struct how){ON});
    struct tcpr_options sack = {.present = TCPR_OPT_SACK_PERMITTED};
    lab_arrives(&lab, SEG(.ctl = TCPR_SYN | ALL_THREE, .seq = 5, .options = &sack));
    lab_pull(&lab);
    ack(&lab, 2, lab.c.snd.nxt);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt + 100, .ack = lab.c.snd.una, .len = 10));
    assert_int_equal(lab.fx.reply.options.sack_count, 1);
    for (unsigned n = 1; n <= 6; n++) {
        bare(&lab, CE);
        assert_int_equal(lab_pull(&lab), n % 3 == 0);
        if (n % 3 == 0) { assert_int_equal(lab.out[0].options.present & TCPR_OPT_SACK, 0); }
        if (n % 3 == 0) { assert_int_equal(ace(&lab.out[0]), (5 + n) & 7); }
    }
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt + 200, .ack = lab.c.snd.una, .len = 10));
    assert_int_equal(lab.fx.reply.options.sack_count, 2);
}

/* The ACK of a FIN has the counter too, and so has TIME-WAIT. */
static void time_wait__counts_on(void **state)
{
    (void)state;
    struct lab lab;
    served(&lab);
    text(&lab, CE);
    lab_receive(&lab, 100);
    lab_close(&lab);
    lab_pull(&lab);
    uint32_t fin = lab.c.rcv.nxt;
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN | BITS(5), .seq = fin, .ack = lab.c.snd.nxt));
    expect_state(&lab, TCPR_TIME_WAIT);
    assert_int_equal(pulled(&lab), 6);
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK | TCPR_FIN | BITS(5), .seq = fin, .ack = lab.c.snd.nxt));
    assert_int_equal(ace(&lab.fx.reply), 6);
}

/* --- As a sender --- */

/* Established, with `segments` of text out. @return SND.UNA */
static uint32_t sender(struct lab *lab, uint32_t segments, uint8_t ranges)
{
    struct tcpr_options options = {
        .present = TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED, .mss = MSS, .window_scale = 4};
    lab_reach(lab, TCPR_LISTEN, (struct how){ON, .send_buffer = 1u << 20, .ranges = ranges});
    lab_arrives(lab, SEG(.ctl = TCPR_SYN | ALL_THREE, .seq = 5, .options = &options));
    lab_pull(lab);
    ack(lab, 2, lab->c.snd.nxt);
    lab->c.cc.cwnd = segments * MSS;
    lab_send(lab, 100 * MSS);
    assert_int_equal(lab_pull(lab), segments);
    assert_int_equal(lab->out[0].ecn, ECT_0);
    return lab->c.snd.una;
}

/* RFC9768-3.1.5-16: once a round trip, and CWR is no part of the answer. */
static void ace_moves__window_shrinks_once_a_round_trip(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = sender(&lab, 20, 0);
    ack(&lab, 5, una + MSS);
    assert_true(lab.c.cc.cwnd > 20 * MSS);
    uint32_t cwnd = lab.c.cc.cwnd;
    lab_pull(&lab);
    ack(&lab, 6, una + 2 * MSS);
    expect_rule(&lab, TCPR_RULE_3168_6_1_2_N1);
    assert_in_range(lab.c.cc.cwnd, cwnd / 2 - MSS, cwnd / 2 + MSS);
    cwnd = lab.c.cc.cwnd;
    for (unsigned i = 3; i <= 20; i++) {
        ack(&lab, (i + 4) & 7, una + i * MSS);
        assert_int_equal(lab.c.cc.cwnd, cwnd);
    }
    assert_true(lab_pull(&lab) > 0);
    for (size_t i = 0; i < lab.outs; i++) {
        assert_int_equal(ace(&lab.out[i]), 5);
    }
    uint32_t end = lab.c.snd.nxt;
    ack(&lab, 0, una + 21 * MSS); /* as the last */
    assert_true(lab.c.cc.cwnd >= cwnd);
    ack(&lab, 1, end);
    assert_true(lab.c.cc.cwnd < cwnd);
}

/* RFC9768-3.2.2.5.2-1: more than seven segments may hide eight marks, seven may not. */
static void ace_stands__many_segments__taken_for_eight_marks(void **state)
{
    (void)state;
    for (uint32_t segments = 7; segments <= 8; segments++) {
        struct lab lab;
        uint32_t una = sender(&lab, 20, 0);
        ack(&lab, 5, una + segments * MSS);
        assert_int_equal(lab.c.cc.cwnd < 20 * MSS, segments == 8);
    }
}

/* What was reported before is not covered anew, and the ACK that ends a repair covers what came long ago. */
static void ace_stands__after_a_loss__no_marks(void **state)
{
    (void)state;
    for (uint8_t ranges = 0; ranges <= 4; ranges += 4) {
        struct lab lab;
        uint32_t una = sender(&lab, 20, ranges);
        for (unsigned n = 2; n <= 20; n++) {
            struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{una + MSS, una + n * MSS}}};
            lab_arrives(&lab, SEG(.ctl = TCPR_ACK | BITS(5), .seq = lab.c.rcv.nxt, .ack = una, .options = &o));
            lab_pull(&lab);
        }
        assert_true((lab.c.flags & TCPR_FLAG_RECOVERY) != 0);
        uint32_t ssthresh = lab.c.cc.ssthresh;
        ack(&lab, 5, una + 20 * MSS);
        assert_int_equal(lab.c.cc.ssthresh, ssthresh);
        assert_false(lab_did(&lab, TCPR_ACT_REDUCED));
    }
}

/* An ACK that gets nothing on may be an old one, of another count. */
static void ace_on_what_gets_nothing_on__not_heard(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = sender(&lab, 20, 0);
    ack(&lab, 5, una + MSS);
    uint32_t cwnd = lab.c.cc.cwnd;
    ack(&lab, 4, una);
    ack(&lab, 4, una + MSS);
    assert_int_equal(lab.c.cc.cwnd, cwnd);
    ack(&lab, 5, una + 2 * MSS);
    assert_true(lab.c.cc.cwnd >= cwnd);
}

/* RFC9768-3.2.2.1-6. */
static void marks_ended__ace_is_not_heard(void **state)
{
    (void)state;
    struct lab lab;
    served(&lab);
    lab.c.ecn |= TCPR_ECN_WITHDRAWN;
    lab_send(&lab, 100);
    lab_pull(&lab);
    uint32_t cwnd = lab.c.cc.cwnd;
    ack(&lab, 7, lab.c.snd.nxt);
    assert_true(lab.c.cc.cwnd >= cwnd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen__each_kind_of_syn__its_answer),
        cmocka_unit_test(listen__without_the_feature__ae_means_nothing),
        cmocka_unit_test(syn_sent__each_answer__its_mode),
        cmocka_unit_test(syn_sent__ect_on_the_syn__what_may_become_of_it),
        cmocka_unit_test(syn_lost__asks_again__then_no_more),
        cmocka_unit_test(syn_ack_lost__says_it_again__then_no_more),
        cmocka_unit_test(syn_received__syn_again__the_latest_field_is_told),
        cmocka_unit_test(syn_received__syn_of_the_other_kind__reset),
        cmocka_unit_test(syns_cross__answered_as_by_a_responder),
        cmocka_unit_test(syn_received__syn_ack_of_something_else__says_nothing),
        cmocka_unit_test(off__bits_mean_nothing),
        cmocka_unit_test(handshake_ack__says_how_the_syn_ack_came),
        cmocka_unit_test(syn_received__each_handshake_ack__its_meaning),
        cmocka_unit_test(syn_received__ack_with_text__counts),
        cmocka_unit_test(established__first_ace_is_zero__no_more_marks),
        cmocka_unit_test(marks__each_is_counted),
        cmocka_unit_test(zero_window__marked_probe_is_counted_at_once),
        cmocka_unit_test(marks_on_text__first_and_every_second_at_once),
        cmocka_unit_test(marks_on_acks__every_third_at_once),
        cmocka_unit_test(time_wait__counts_on),
        cmocka_unit_test(ace_moves__window_shrinks_once_a_round_trip),
        cmocka_unit_test(ace_stands__many_segments__taken_for_eight_marks),
        cmocka_unit_test(ace_stands__after_a_loss__no_marks),
        cmocka_unit_test(ace_on_what_gets_nothing_on__not_heard),
        cmocka_unit_test(marks_ended__ace_is_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
