/* What many strangers can do: SYN floods and cookies, full backlogs, segments for nobody. */
#include "../../src/internal.h"
#include "lab.h"

#include <string.h>

#define STAMPS (TCPR_OPT_MSS | TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_WINDOW_SCALE)

static struct far with_options(uint32_t n, uint8_t present)
{
    struct far far = far_end(n, 4);
    far.options = (struct tcpr_options){.present = present, .mss = 1400, .window_scale = 9, .ts_val = 77};
    return far;
}

static void fill_syn_queue(struct host_lab *lab)
{
    for (uint32_t n = 0; n < lab->options.syn_queue; n++) {
        struct far far = far_end(1000 + n, 4);
        far_syn(lab, &far);
    }
    assert_int_equal(host_lab_counts(lab).syn_queue, lab->options.syn_queue);
    assert_int_equal(host_lab_counts(lab).cookies_sent, 0);
}

static void syn_queue_full__cookie_completes_the_handshake(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    fill_syn_queue(&lab);
    struct far far = with_options(1, STAMPS);
    far_syn(&lab, &far);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_4987_3_6_1);
    assert_int_equal(lab.res.fx.reply.options.window_scale, 1); /* 65536 octets need a shift */
    far.options.ts_val = 78;
    far_sends(&lab, &far, TCPR_ACK, 10);
    assert_true(lab.res.fx.events & TCPR_EVENT_CONNECTED);
    assert_int_equal(lab.res.fx.readable, 10);
    assert_int_equal(host_lab_counts(&lab).cookies_taken, 1);
    struct tcpr_handle conn;
    assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
    const struct tcpr_conn *c = tcpr_host_conn(lab.host, conn);
    assert_int_equal(c->state, TCPR_ESTABLISHED);
    assert_int_equal(c->snd.mss, 1360); /* the largest that can be told, not above 1400 */
    assert_int_equal(c->snd_shift, 9);
    assert_int_equal(c->rcv_shift, 1);
    assert_int_equal(c->snd.wnd, 65000u << 9);
    assert_true(c->flags & TCPR_FLAG_SACK);
    assert_true(c->flags & TCPR_FLAG_TIMESTAMPS);
    assert_int_equal(c->ts.recent, 78);
    assert_int_equal(host_lab_pull(&lab), 0);
    host_lab_end(&lab);
}

/* What one timestamp cannot hold is not offered; the timestamp itself never runs ahead of our clock (RFC 7323). */
static void cookie__offers_only_what_it_can_remember(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 8);
    struct far far = with_options(1, TCPR_OPT_MSS | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_WINDOW_SCALE);
    far_syn(&lab, &far);
    assert_int_equal(lab.res.fx.reply.options.present, TCPR_OPT_MSS);
    far_sends(&lab, &far, TCPR_ACK, 0);
    const struct tcpr_conn *c = NULL;
    struct tcpr_handle conn;
    assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
    c = tcpr_host_conn(lab.host, conn);
    assert_int_equal(c->flags & (TCPR_FLAG_SACK | TCPR_FLAG_WINDOW_SCALE | TCPR_FLAG_TIMESTAMPS), 0);
    for (uint32_t n = 2; n < 40; n++) {
        struct far other = with_options(n, STAMPS);
        host_lab_wait(&lab, TCPR_MS(1));
        far_syn(&lab, &other);
        uint32_t told = lab.res.fx.reply.options.ts_val;
        assert_int_equal(told & 31, 16 | 9);
        struct tcpr_ip outgoing = other.ip;
        memcpy(outgoing.source, other.ip.destination, 16);
        memcpy(outgoing.destination, other.ip.source, 16);
        uint64_t hash = hash_of_sockets(lab.config.isn_secret, &outgoing, 80, other.port);
        uint32_t clock = (uint32_t)(hash >> 32) + (uint32_t)(lab.now >> 10);
        assert_in_range(clock - told, 0, 31);
    }
    host_lab_end(&lab);
}

/* Each thing the cookie vouches for, changed: LISTEN answers with a reset (RFC4987-A-1). */
/* What the peer did not offer is not remembered as offered; nor is what it takes less of than any entry. */
static void cookie__remembers_what_was_offered_and_no_more(void **state)
{
    (void)state;
    static const uint8_t offered[] = {TCPR_OPT_MSS | TCPR_OPT_TIMESTAMPS,
                                      TCPR_OPT_MSS | TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED,
                                      TCPR_OPT_MSS | TCPR_OPT_TIMESTAMPS | TCPR_OPT_WINDOW_SCALE};
    for (unsigned i = 0; i < 3; i++) {
        struct host_lab lab;
        struct tcpr_handle conn;
        host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 8);
        struct far far = with_options(1, offered[i]);
        far.options.mss = 88;
        far_syn(&lab, &far);
        far_sends(&lab, &far, TCPR_ACK, 0);
        assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
        const struct tcpr_conn *c = tcpr_host_conn(lab.host, conn);
        assert_int_equal(c->snd.mss, 88);
        assert_int_equal((c->flags & TCPR_FLAG_SACK) != 0, i == 1);
        assert_int_equal((c->flags & TCPR_FLAG_WINDOW_SCALE) != 0, i == 2);
        host_lab_end(&lab);
    }
}

/* Below the smallest entry no cookie says the truth, so the SYN is dropped. */
static void cookie__segments_too_small__dropped(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 8);
    struct far far = with_options(1, TCPR_OPT_MSS);
    far.options.mss = 80;
    far_sends(&lab, &far, TCPR_SYN, 0);
    assert_false(lab.res.fx.has_reply);
    assert_int_equal(host_lab_counts(&lab).cookies_sent, 0);
    host_lab_end(&lab);
}

/* The cookie is good but the backlog is full: the ACK is dropped and the peer will send again (RFC 4987, 3.4). */
static void cookie__backlog_full__waits(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 1);
    struct far first = with_options(1, STAMPS), second = with_options(2, STAMPS);
    far_syn(&lab, &first);
    far_syn(&lab, &second);
    far_sends(&lab, &first, TCPR_ACK, 0);
    far_sends(&lab, &second, TCPR_ACK, 10);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_4987_3_4_1);
    assert_int_equal(host_lab_counts(&lab).acks_dropped, 1);
    assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
    far_sends(&lab, &second, TCPR_ACK, 10);
    assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
    host_lab_end(&lab);
}

static void cookie_forged__reset(void **state)
{
    (void)state;
    struct host_lab lab;
    for (unsigned change = 0; change < 8; change++) {
        host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 8);
        struct far far = with_options(1, STAMPS);
        far_syn(&lab, &far);
        switch (change) {
        case 0: break;
        case 1: far.seq++; break;
        case 2: far.ack ^= 8; break;
        case 3: far.ack += 1; break; /* another MSS */
        case 4: far.port++; break;
        case 5: far.ip.source[3] ^= 1; break;
        case 6: far.options.ts_ecr ^= 16; break; /* SACK */
        case 7: far.options.present = 0; break;
        default: break;
        }
        far_sends(&lab, &far, TCPR_ACK, 0);
        bool taken = (lab.res.fx.events & TCPR_EVENT_CONNECTED) != 0;
        assert_int_equal(taken, change == 0);
        if (change != 0) {
            assert_int_equal(host_lab_rule(&lab), TCPR_RULE_9293_3_5_2_N2);
            assert_int_equal(lab.res.fx.reply.control, TCPR_RST);
        }
        host_lab_end(&lab);
    }
}

static void cookie_too_old__reset(void **state)
{
    (void)state;
    struct host_lab lab;
    for (unsigned late = 0; late < 2; late++) {
        host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 8);
        struct far far = far_end(1, 6), other = far_end(2, 6);
        far_syn(&lab, &far);
        host_lab_wait(&lab, late ? TCPR_S(100) : TCPR_S(40));
        far_syn(&lab, &other); /* so that cookies are still looked at */
        host_lab_wait(&lab, late ? TCPR_S(100) : TCPR_S(20));
        far_sends(&lab, &far, TCPR_ACK, 0);
        assert_int_equal((lab.res.fx.events & TCPR_EVENT_CONNECTED) != 0, !late);
        host_lab_end(&lab);
    }
}

/* A flood meets constant memory, and a peer that answers gets through in its midst. */
static void flood__memory_stays_and_the_honest_get_through(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){.syn_queue = 16, .connections = 64}, 64);
    for (uint32_t n = 0; n < 20000; n++) {
        struct far far = far_end(n, n % 3 ? 4 : 6);
        far_syn(&lab, &far);
        assert_in_range(host_lab_counts(&lab).syn_queue, 0, 16);
        if (n % 1000 == 0) {
            far_sends(&lab, &far, TCPR_ACK, 0);
            assert_true(lab.res.fx.events & TCPR_EVENT_CONNECTED);
        }
    }
    assert_int_equal(host_lab_counts(&lab).connections, 20);
    assert_int_equal(host_lab_counts(&lab).syn_queue, 16);
    host_lab_wait(&lab, TCPR_S(400));
    assert_int_equal(host_lab_counts(&lab).syn_queue, 0);
    host_lab_end(&lab);
}

static void cookies_never__syn_dropped(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_NEVER}, 8);
    fill_syn_queue(&lab);
    struct far far = far_end(1, 4);
    far_sends(&lab, &far, TCPR_SYN, 0);
    assert_false(lab.res.fx.has_reply);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_4987_3_4_1);
    assert_int_equal(host_lab_counts(&lab).syns_dropped, 1);
    host_lab_end(&lab);
}

/* Nobody accepts: SYNs are dropped, and what is in the SYN queue waits until there is room again. */
static void backlog_full__handshake_waits(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 2);
    struct far far[3] = {far_end(0, 4), far_end(1, 4), far_end(2, 4)};
    far_syn(&lab, &far[0]);
    far_syn(&lab, &far[1]);
    far_sends(&lab, &far[0], TCPR_ACK, 0);
    far_syn(&lab, &far[2]);
    far_sends(&lab, &far[1], TCPR_ACK, 0);
    far_sends(&lab, &far[2], TCPR_ACK, 0);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_4987_3_4_1);
    assert_int_equal(host_lab_counts(&lab).acks_dropped, 1);
    struct far late = far_end(3, 4);
    far_sends(&lab, &late, TCPR_SYN, 0);
    assert_int_equal(host_lab_counts(&lab).syns_dropped, 1);
    assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
    far_sends(&lab, &far[2], TCPR_ACK, 5);
    assert_true(lab.res.fx.events & TCPR_EVENT_CONNECTED);
    assert_int_equal(lab.res.fx.readable, 5);
    host_lab_end(&lab);
}

static void no_slot_free__handshake_waits(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){.connections = 1}, 8);
    struct far first = far_end(0, 4), second = far_end(1, 4);
    struct tcpr_handle conn = far_opens(&lab, &first);
    far_syn(&lab, &second);
    far_sends(&lab, &second, TCPR_ACK, 0);
    assert_int_equal(lab.res.fx.events, 0);
    assert_int_equal(tcpr_host_abort(lab.host, &lab.config, lab.now, conn, &lab.res), TCPR_OK);
    assert_int_equal(lab.res.fx.reply.control, TCPR_RST);
    far_sends(&lab, &second, TCPR_ACK, 0);
    assert_true(lab.res.fx.events & TCPR_EVENT_CONNECTED);
    host_lab_end(&lab);
}

/* Text and FIN on a SYN come again; memory for them is not a stranger's to take. */
static void syn_with_text__only_the_syn_is_taken(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = far_end(0, 4);
    far_sends(&lab, &far, TCPR_SYN | TCPR_FIN, 100);
    assert_int_equal(lab.res.fx.reply.ack, far.seq + 1);
    assert_int_equal(lab.res.fx.place.len, 0);
    host_lab_end(&lab);
}

static void for_nobody__resets_are_bounded(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){.reset_limit = 3, .reset_interval_us = 1000000}, 8);
    struct far far = far_end(0, 4);
    far.to = 81;
    unsigned resets = 0;
    for (unsigned n = 0; n < 10; n++) {
        far_sends(&lab, &far, n % 2 ? TCPR_ACK : TCPR_SYN, 0);
        assert_int_equal(host_lab_rule(&lab), TCPR_RULE_9293_3_5_2_N1);
        resets += lab.res.fx.has_reply;
    }
    assert_int_equal(resets, 3);
    assert_int_equal(host_lab_counts(&lab).resets_throttled, 7);
    far_sends(&lab, &far, TCPR_RST, 0);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_9293_CLOSED_N1);
    host_lab_wait(&lab, TCPR_S(1));
    far_sends(&lab, &far, TCPR_SYN, 0);
    assert_true(lab.res.fx.has_reply);
    host_lab_end(&lab);
}

#define THREE_BITS (TCPR_AE | TCPR_CWR | TCPR_ECE)

/* The SYN queue keeps it, and of a cookie the ACK tells (RFC 9768 section 5.1): 2, or 4 where the SYN,ACK was ECT(0);
 * no bit where none was asked. */
static void accurate_ecn__survives_the_syn_queue__and_a_cookie(void **state)
{
    (void)state;
    for (int n = 0; n < 8; n++) {
        bool cookie = n & 1, asks = n & 2, everywhere = n & 4;
        struct host_lab lab;
        struct tcpr_handle conn;
        struct far far = far_end(1, 4);
        host_lab_begin(&lab, (struct tcpr_host_options){.cookies = cookie ? TCPR_COOKIES_ALWAYS : TCPR_COOKIES_NEVER},
                       4);
        lab.config.features |= TCPR_FEATURE_ACCURATE_ECN | (everywhere ? TCPR_FEATURE_ECT_EVERYWHERE : 0);
        far_sends(&lab, &far, asks ? TCPR_SYN | THREE_BITS : TCPR_SYN, 0);
        assert_int_equal(lab.res.fx.reply.control, TCPR_SYN | TCPR_ACK | (asks ? TCPR_CWR : 0));
        uint16_t told = lab.res.fx.reply.ecn == 2 ? TCPR_AE : TCPR_CWR;
        assert_int_equal(lab.res.fx.reply.ecn, asks && everywhere ? 2 : 0);
        far.seq++;
        far.ack = lab.res.fx.reply.seq + 1;
        far.options.present = 0;
        far_sends(&lab, &far, TCPR_ACK | (asks ? told : 0), 0);
        assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
        assert_int_equal(tcpr_host_send(lab.host, &lab.config, lab.now, conn, 100, false, &lab.res), TCPR_OK);
        assert_int_equal(host_lab_pull(&lab), 1);
        assert_int_equal(lab.out.seg.ecn, asks ? 2 : 0);
        assert_int_equal(lab.out.seg.control & THREE_BITS, asks ? TCPR_AE | TCPR_ECE : 0); /* 5 */
        host_lab_end(&lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accurate_ecn__survives_the_syn_queue__and_a_cookie),
        cmocka_unit_test(syn_queue_full__cookie_completes_the_handshake),
        cmocka_unit_test(cookie__offers_only_what_it_can_remember),
        cmocka_unit_test(cookie__remembers_what_was_offered_and_no_more),
        cmocka_unit_test(cookie__segments_too_small__dropped),
        cmocka_unit_test(cookie__backlog_full__waits),
        cmocka_unit_test(cookie_forged__reset),
        cmocka_unit_test(cookie_too_old__reset),
        cmocka_unit_test(flood__memory_stays_and_the_honest_get_through),
        cmocka_unit_test(cookies_never__syn_dropped),
        cmocka_unit_test(backlog_full__handshake_waits),
        cmocka_unit_test(no_slot_free__handshake_waits),
        cmocka_unit_test(syn_with_text__only_the_syn_is_taken),
        cmocka_unit_test(for_nobody__resets_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
