/* TCP Fast Open at a host (RFC 7413): cookies given and checked, text on SYNs, how many at a time. */
#include "lab.h"

#include <string.h>

#define SECRET "sixteen octets!!"
#define PERIOD_US ((tcpr_time)1 << 36)

static void begin(struct host_lab *lab, struct tcpr_host_options options, uint32_t limit)
{
    const struct tcpr_listen listen = {.port = 443, .backlog = 4, .fast_open = limit};
    memcpy(options.secret, SECRET, sizeof options.secret);
    host_lab_begin(lab, options, 4);
    lab->config.features |= TCPR_FEATURE_FAST_OPEN;
    assert_int_equal(tcpr_host_listen(lab->host, &lab->config, lab->now, &listen, &lab->listener), TCPR_OK);
}

static struct far client(uint32_t n)
{
    struct far far = far_end(n, n % 2 == 0 ? 4 : 6);
    far.to = 443;
    far.options = (struct tcpr_options){.present = TCPR_OPT_MSS | TCPR_OPT_FAST_OPEN, .mss = 1400};
    return far;
}

/* A first connection asks; what it is given goes into `far`, which is a second one of the same address. */
static void get_cookie(struct host_lab *lab, struct far *far)
{
    struct far first = *far;
    first.port++;
    far_sends(lab, &first, TCPR_SYN, 10);
    const struct tcpr_segment *reply = &lab->res.fx.reply;
    assert_true(lab->res.fx.has_reply);
    assert_int_equal(reply->ack, first.seq + 1);
    assert_true(reply->options.present & TCPR_OPT_FAST_OPEN);
    assert_int_equal(reply->options.cookie_len, 8);
    memcpy(far->options.cookie, reply->options.cookie, sizeof far->options.cookie);
    far->options.cookie_len = reply->options.cookie_len;
    first.seq++;
    far_sends(lab, &first, TCPR_RST, 0);
}

static bool taken(const struct host_lab *lab)
{
    return (lab->res.fx.events & TCPR_EVENT_FAST_OPENED) != 0;
}

static bool cookie_came(const struct host_lab *lab)
{
    return lab->res.fx.has_reply && (lab->res.fx.reply.options.present & TCPR_OPT_FAST_OPEN) != 0;
}

static void good_cookie__makes_a_connection_at_once(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 2; n++) {
        struct host_lab lab;
        struct tcpr_handle conn;
        begin(&lab, (struct tcpr_host_options){0}, 2);
        struct far far = client(n);
        get_cookie(&lab, &far);
        far_sends(&lab, &far, TCPR_SYN, 100);
        assert_true(taken(&lab));
        assert_int_equal(host_lab_rule(&lab), TCPR_RULE_7413_4_2_2_N2);
        assert_int_equal(lab.res.fx.readable, 100);
        assert_int_equal(lab.res.fx.place.len, 100);
        assert_int_equal(lab.res.fx.reply.ack, far.seq + 101);
        assert_false(cookie_came(&lab));
        assert_true(tcpr_host_accept(lab.host, lab.res.listener, &conn));
        assert_true(tcpr_handle_equal(conn, lab.res.conn));
        assert_int_equal(tcpr_host_conn(lab.host, conn)->state, TCPR_SYN_RECEIVED);
        assert_int_equal(tcpr_host_send(lab.host, &lab.config, lab.now, conn, 50, false, &lab.res), TCPR_OK);
        assert_int_equal(host_lab_pull(&lab), 1);
        assert_int_equal(lab.out.seg.text_len, 50);
        far.options = (struct tcpr_options){0};
        far.seq += 101;
        far.ack = lab.out.seg.seq + 50;
        far_sends(&lab, &far, TCPR_ACK, 0);
        assert_true(lab.res.fx.events & TCPR_EVENT_CONNECTED);
        assert_int_equal(lab.res.listener.generation, 0);
        assert_int_equal(host_lab_counts(&lab).fast_opened, 1);
        host_lab_end(&lab);
    }
}

/* RFC7413-4.1.2-1: of another address, of another length, of no hash, and of another time. */
static void bad_cookie__is_another_syn_and_gets_a_good_one(void **state)
{
    (void)state;
    struct host_lab lab;
    begin(&lab, (struct tcpr_host_options){.syn_queue = 16}, 2);
    struct far far = client(0), stranger = client(60000);
    get_cookie(&lab, &far);
    stranger.options = far.options;
    far_sends(&lab, &stranger, TCPR_SYN, 100);
    assert_false(taken(&lab));
    assert_int_equal(lab.res.fx.reply.ack, stranger.seq + 1);
    assert_int_equal(lab.res.fx.decision[lab.res.fx.decisions - 1].rule, TCPR_RULE_7413_4_2_2_N1);
    assert_true(cookie_came(&lab));
    assert_memory_not_equal(lab.res.fx.reply.options.cookie, far.options.cookie, 8);
    for (unsigned bit = 0; bit < 64; bit += 9) {
        struct far other = far;
        other.options.cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
        far_sends(&lab, &other, TCPR_SYN, 100);
        assert_false(taken(&lab));
        other.seq++;
        far_sends(&lab, &other, TCPR_RST, 0);
    }
    struct far shorter = far;
    shorter.options.cookie_len = 6;
    far_sends(&lab, &shorter, TCPR_SYN, 100);
    assert_false(taken(&lab));
    host_lab_end(&lab);
}

static void cookie__ages_and_is_renewed_and_expires(void **state)
{
    (void)state;
    struct host_lab lab;
    begin(&lab, (struct tcpr_host_options){0}, 4);
    struct far young = client(0), old = client(0), dead = client(0);
    get_cookie(&lab, &young);
    old.options = dead.options = young.options;
    old.port += 2;
    dead.port += 3;
    far_sends(&lab, &young, TCPR_SYN, 1);
    assert_true(taken(&lab) && !cookie_came(&lab));
    host_lab_wait(&lab, PERIOD_US);
    far_sends(&lab, &old, TCPR_SYN, 1);
    assert_true(taken(&lab) && cookie_came(&lab));
    assert_memory_not_equal(lab.res.fx.reply.options.cookie, old.options.cookie, 8);
    host_lab_wait(&lab, PERIOD_US);
    far_sends(&lab, &dead, TCPR_SYN, 1);
    assert_false(taken(&lab));
    assert_true(cookie_came(&lab));
    host_lab_end(&lab);
}

/* RFC7413-2-1, RFC7413-4.2-2 */
static void listener_or_config_says_no__option_is_not_seen(void **state)
{
    (void)state;
    for (int n = 0; n < 2; n++) {
        struct host_lab lab;
        begin(&lab, (struct tcpr_host_options){0}, n == 0 ? 0 : 2);
        if (n == 1) { lab.config.features &= ~(uint32_t)TCPR_FEATURE_FAST_OPEN; }
        struct far far = client(0);
        far_sends(&lab, &far, TCPR_SYN, 10);
        assert_true(lab.res.fx.has_reply);
        assert_false(cookie_came(&lab));
        host_lab_end(&lab);
    }
}

/* RFC7413-4.2-3 */
static void as_many_as_allowed_unproved__the_next_is_a_syn_as_any(void **state)
{
    (void)state;
    struct host_lab lab;
    struct far far[3];
    begin(&lab, (struct tcpr_host_options){0}, 2);
    for (uint32_t n = 0; n < 3; n++) {
        far[n] = client(2 * n);
        get_cookie(&lab, &far[n]);
        far_sends(&lab, &far[n], TCPR_SYN, 100);
        assert_int_equal(taken(&lab), n < 2);
        far[n].ack = lab.res.fx.reply.seq + 1;
    }
    assert_int_equal(lab.res.fx.reply.ack, far[2].seq + 1);
    assert_int_equal(lab.res.fx.decision[lab.res.fx.decisions - 1].rule, TCPR_RULE_7413_4_2_3);
    far[0].seq += 101;
    far[0].options.present = 0;
    far_sends(&lab, &far[0], TCPR_ACK, 0);
    struct far next = client(8);
    get_cookie(&lab, &next);
    far_sends(&lab, &next, TCPR_SYN, 100);
    assert_true(taken(&lab));
    host_lab_end(&lab);
}

/* RFC 7413 section 5.1: who resets what it opened makes no room for a minute. */
static void resets__count_for_a_minute(void **state)
{
    (void)state;
    struct host_lab lab;
    begin(&lab, (struct tcpr_host_options){0}, 2);
    struct tcpr_handle conn;
    for (uint32_t n = 0; n < 2; n++) {
        struct far far = client(2 * n);
        get_cookie(&lab, &far);
        far_sends(&lab, &far, TCPR_SYN, 100);
        assert_true(taken(&lab));
        far.seq += 101;
        far.options.present = 0;
        far_sends(&lab, &far, TCPR_RST, 0);
        assert_true(lab.res.fx.events & TCPR_EVENT_RESET);
    }
    assert_false(tcpr_host_accept(lab.host, lab.listener, &conn));
    assert_int_equal(host_lab_counts(&lab).connections, 0);
    struct far far = client(8);
    get_cookie(&lab, &far);
    far_sends(&lab, &far, TCPR_SYN, 100);
    assert_false(taken(&lab));
    far.seq++;
    far_sends(&lab, &far, TCPR_RST, 0);
    far.seq--;
    host_lab_wait(&lab, TCPR_S(61));
    far_sends(&lab, &far, TCPR_SYN, 100);
    assert_true(taken(&lab));
    host_lab_end(&lab);
}

static void backlog_full__syn_is_dropped(void **state)
{
    (void)state;
    struct host_lab lab;
    begin(&lab, (struct tcpr_host_options){0}, 100);
    for (uint32_t n = 0; n < 5; n++) {
        struct far far = client(2 * n);
        if (n < 4) { get_cookie(&lab, &far); }
        far_sends(&lab, &far, TCPR_SYN, 100);
        assert_int_equal(taken(&lab), n < 4);
    }
    assert_false(lab.res.fx.has_reply);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_4987_3_4_1);
    host_lab_end(&lab);
}

/* RFC 7413 section 5.1: SYN cookies go on where Fast Open stops, and carry its cookie too. */
static void syn_cookie__carries_a_fast_open_cookie(void **state)
{
    (void)state;
    struct host_lab lab;
    begin(&lab, (struct tcpr_host_options){.cookies = TCPR_COOKIES_ALWAYS}, 2);
    struct far far = client(0);
    get_cookie(&lab, &far);
    assert_int_equal(host_lab_counts(&lab).cookies_sent, 1);
    far_sends(&lab, &far, TCPR_SYN, 100);
    assert_true(taken(&lab));
    host_lab_end(&lab);
}

static void listener_gone__what_is_unproved_still_counts(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    begin(&lab, (struct tcpr_host_options){0}, 1);
    struct far far = client(0), next = client(2);
    get_cookie(&lab, &far);
    get_cookie(&lab, &next);
    far_sends(&lab, &far, TCPR_SYN, 100);
    assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
    assert_false(tcpr_host_unlisten(lab.host, &lab.config, lab.now, lab.listener, &lab.res));
    const struct tcpr_listen again = {.port = 443, .backlog = 4, .fast_open = 1};
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &again, &lab.listener), TCPR_OK);
    far_sends(&lab, &next, TCPR_SYN, 100);
    assert_false(taken(&lab));
    assert_int_equal(tcpr_host_abort(lab.host, &lab.config, lab.now, conn, &lab.res), TCPR_OK);
    host_lab_wait(&lab, TCPR_S(61));
    next.port += 5;
    far_sends(&lab, &next, TCPR_SYN, 100);
    assert_true(taken(&lab));
    host_lab_end(&lab);
}

static void connect_fast__syn_is_the_reply(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    begin(&lab, (struct tcpr_host_options){0}, 0);
    struct far far = client(0);
    struct tcpr_open open = {.ip = {.version = 4, .destination = {10, 9, 0, 0}},
                             .remote_port = 80,
                             .text_len = 100,
                             .fast_open = {.wanted = true, .cookie_len = 4, .cookie = "abc"}};
    open.ip.destination[3] = 7;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    assert_true(lab.res.fx.has_reply);
    assert_int_equal(lab.res.fx.reply.text_len, 100);
    assert_int_equal(lab.res.ip.source[3], 1);
    assert_memory_equal(lab.res.ip.destination, open.ip.destination, 16);
    assert_int_equal(host_lab_pull(&lab), 0);
    far.port = 80;
    memcpy(far.ip.source, open.ip.destination, 16);
    far.to = lab.res.fx.reply.source_port;
    far.ack = lab.res.fx.reply.seq + 101;
    far.options.cookie_len = 4;
    far_sends(&lab, &far, TCPR_SYN | TCPR_ACK, 0);
    assert_true(lab.res.fx.events & TCPR_EVENT_COOKIE);
    assert_int_equal(lab.res.fx.released, 100);
    open.text_len = lab.config.send_buffer + 1;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res),
                     TCPR_INSUFFICIENT_RESOURCES);
    assert_int_equal(host_lab_counts(&lab).connections, 1);
    host_lab_end(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_cookie__makes_a_connection_at_once),
        cmocka_unit_test(bad_cookie__is_another_syn_and_gets_a_good_one),
        cmocka_unit_test(cookie__ages_and_is_renewed_and_expires),
        cmocka_unit_test(listener_or_config_says_no__option_is_not_seen),
        cmocka_unit_test(as_many_as_allowed_unproved__the_next_is_a_syn_as_any),
        cmocka_unit_test(resets__count_for_a_minute),
        cmocka_unit_test(backlog_full__syn_is_dropped),
        cmocka_unit_test(syn_cookie__carries_a_fast_open_cookie),
        cmocka_unit_test(listener_gone__what_is_unproved_still_counts),
        cmocka_unit_test(connect_fast__syn_is_the_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
