/* Slots and handles, listeners, OPEN and its ports, TIME-WAIT, ICMP. */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

static void sizes__are_what_was_promised(void **state)
{
    (void)state;
    const struct tcpr_host_options million = {.connections = 1000000, .addresses = 1};
    size_t fixed = TCPR_HOST_SIZE_MAX(0, 0, 0, 0, 1);
    assert_in_range(tcpr_host_size(&million), 1, fixed + 1000000 * (512 + 64));
    const struct tcpr_host_options lingering = {.connections = 1, .addresses = 1, .time_wait = (1 << 20) - 1};
    assert_in_range(tcpr_host_size(&lingering), 1, fixed + 576 + ((size_t)1 << 20) * (64 + 4));
    for (uint32_t n = 1; n < 5000; n += 7) {
        const struct tcpr_host_options o = {.connections = n,
                                            .time_wait = n * 3 % 1001,
                                            .syn_queue = n * 5 % 1003,
                                            .listeners = (uint16_t)(n % 4097),
                                            .addresses = (uint16_t)(1 + n % 4096)};
        assert_in_range(tcpr_host_size(&o), 1,
                        TCPR_HOST_SIZE_MAX(o.connections, o.time_wait, o.syn_queue, o.listeners, o.addresses));
    }
}

static void options_out_of_range__no_size(void **state)
{
    (void)state;
    const struct tcpr_host_options good = {.connections = 1, .addresses = 1};
    assert_int_not_equal(tcpr_host_size(&good), 0);
    struct tcpr_host_options bad[13];
    for (unsigned i = 0; i < 13; i++) {
        bad[i] = good;
    }
    bad[0].connections = 0;
    bad[1].connections = (1u << 24) + 1;
    bad[2].time_wait = (1u << 24) + 1;
    bad[3].addresses = 0;
    bad[4].listeners = 4097;
    bad[5].first_port = 2000, bad[5].last_port = 1999;
    bad[6].cookies = 3;
    bad[7].last_port = 1000;
    bad[8].syn_queue = (1u << 24) + 1;
    bad[9].addresses = 4097;
    for (unsigned i = 0; i < 3; i++) {
        bad[10 + i].reserved_zero[i] = 1;
    }
    for (unsigned i = 0; i < 13; i++) {
        assert_int_equal(tcpr_host_size(&bad[i]), 0);
    }
    struct tcpr_host_options lone = good;
    lone.first_port = lone.last_port = 2000;
    assert_int_not_equal(tcpr_host_size(&lone), 0);
    lone.last_port = 0; /* to the end */
    assert_int_not_equal(tcpr_host_size(&lone), 0);
    lone = (struct tcpr_host_options){.connections = 1, .addresses = 1, .last_port = 2000};
    assert_int_not_equal(tcpr_host_size(&lone), 0);
    lone.records = 8;
    assert_true(tcpr_host_size(&lone) > tcpr_host_size(&good));
}

static void old_handle__does_nothing(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_ip ip;
    uint32_t taken;
    host_lab_begin(&lab, (struct tcpr_host_options){.connections = 1}, 8);
    struct far far = far_end(0, 4);
    struct tcpr_handle old = far_opens(&lab, &far), none = {0};
    assert_true(tcpr_host_addresses(lab.host, old, &ip));
    assert_memory_equal(ip.destination, far.ip.source, 16);
    assert_int_equal(tcpr_host_abort(lab.host, &lab.config, lab.now, old, &lab.res), TCPR_OK);
    struct far other = far_end(1, 4);
    struct tcpr_handle new = far_opens(&lab, &other);
    assert_int_equal(new.index, old.index);
    assert_int_not_equal(new.generation, old.generation);
    const struct tcpr_handle stale[] = {
        old, none, {.index = 1, .generation = 1}, {.index = UINT32_MAX, .generation = 1}};
    for (unsigned i = 0; i < 4; i++) {
        const struct tcpr_handle h = stale[i];
        assert_null(tcpr_host_conn(lab.host, h));
        assert_false(tcpr_host_addresses(lab.host, h, &ip));
        assert_int_equal(tcpr_host_send(lab.host, &lab.config, lab.now, h, 1, false, &lab.res), TCPR_DOES_NOT_EXIST);
        assert_int_equal(tcpr_host_receive(lab.host, &lab.config, lab.now, h, 1, &taken, &lab.res),
                         TCPR_DOES_NOT_EXIST);
        assert_int_equal(tcpr_host_close(lab.host, &lab.config, lab.now, h, &lab.res), TCPR_DOES_NOT_EXIST);
        assert_int_equal(tcpr_host_release(lab.host, &lab.config, lab.now, h, &lab.res), TCPR_DOES_NOT_EXIST);
        assert_int_equal(tcpr_host_abort(lab.host, &lab.config, lab.now, h, &lab.res), TCPR_DOES_NOT_EXIST);
        assert_int_equal(tcpr_host_set(lab.host, &lab.config, lab.now, h, TCPR_SET_NODELAY, 1), TCPR_DOES_NOT_EXIST);
    }
    assert_int_equal(tcpr_host_conn(lab.host, new)->state, TCPR_ESTABLISHED);
    host_lab_end(&lab);
}

/* A connection that was reset keeps its slot until the application lets go, and what came can be read. */
static void died_by_itself__can_be_read_then_released(void **state)
{
    (void)state;
    struct host_lab lab;
    uint32_t taken;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = far_end(0, 4);
    struct tcpr_handle conn = far_opens(&lab, &far);
    far_sends(&lab, &far, TCPR_RST, 0);
    assert_true(lab.res.fx.events & TCPR_EVENT_RESET);
    assert_int_equal(host_lab_counts(&lab).connections, 1);
    assert_int_equal(tcpr_host_receive(lab.host, &lab.config, lab.now, conn, 1, &taken, &lab.res), TCPR_DOES_NOT_EXIST);
    assert_int_equal(tcpr_host_set(lab.host, &lab.config, lab.now, conn, TCPR_SET_NODELAY, 1), TCPR_OK);
    far_sends(&lab, &far, TCPR_ACK, 0); /* its sockets are free: LISTEN answers */
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_9293_3_5_2_N2);
    assert_int_equal(tcpr_host_release(lab.host, &lab.config, lab.now, conn, &lab.res), TCPR_OK);
    assert_int_equal(host_lab_counts(&lab).connections, 0);
    assert_int_equal(host_lab_pull(&lab), 0);
    host_lab_end(&lab);
}

static void iteration__visits_what_the_application_has(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn[3], next = {0};
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    for (uint32_t n = 0; n < 3; n++) {
        struct far far = far_end(n, 4);
        conn[n] = far_opens(&lab, &far);
    }
    struct far waiting = far_end(9, 4);
    far_syn(&lab, &waiting);
    far_sends(&lab, &waiting, TCPR_ACK, 0); /* not accepted */
    tcpr_host_abort(lab.host, &lab.config, lab.now, conn[1], &lab.res);
    next = tcpr_host_next(lab.host, next);
    assert_true(tcpr_handle_equal(next, conn[0]));
    next = tcpr_host_next(lab.host, next);
    assert_true(tcpr_handle_equal(next, conn[2]));
    assert_true(tcpr_handle_is_none(tcpr_host_next(lab.host, next)));
    host_lab_end(&lab);
}

static void listeners__closest_match_takes_the_syn(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_listener six, one;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct tcpr_listen listen = {.port = 80, .backlog = 8, .version = 6};
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &six), TCPR_OK);
    listen.version = 4;
    listen.address[0] = 10;
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &one), TCPR_ILLEGAL_FOR_PROCESS);
    listen.address[3] = 1;
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &one), TCPR_OK);
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &one), TCPR_ALREADY_EXISTS);
    struct far four = far_end(0, 4), other = far_end(0, 6);
    far_syn(&lab, &four);
    far_sends(&lab, &four, TCPR_ACK, 0);
    assert_int_equal(lab.res.listener.index, one.index);
    far_syn(&lab, &other);
    far_sends(&lab, &other, TCPR_ACK, 0);
    assert_int_equal(lab.res.listener.index, six.index);
    assert_false(tcpr_host_accept(lab.host, lab.listener, &conn));
    assert_true(tcpr_host_accept(lab.host, one, &conn));
    assert_true(tcpr_host_accept(lab.host, six, &conn));
    listen.port = 81;
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &one), TCPR_OK);
    listen.port = 82;
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &one), TCPR_INSUFFICIENT_RESOURCES);
    listen.port = 0;
    assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &listen, &one), TCPR_ILLEGAL_FOR_PROCESS);
    host_lab_end(&lab);
}

static void unlisten__resets_who_waits_and_forgets_handshakes(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far waits = far_end(0, 4), halfway = far_end(1, 4), taken = far_end(2, 4);
    struct tcpr_handle conn = far_opens(&lab, &taken);
    far_syn(&lab, &waits);
    far_sends(&lab, &waits, TCPR_ACK, 0);
    far_syn(&lab, &halfway);
    assert_true(tcpr_host_unlisten(lab.host, &lab.config, lab.now, lab.listener, &lab.res));
    assert_int_equal(lab.res.fx.reply.control, TCPR_RST);
    assert_memory_equal(lab.res.ip.destination, waits.ip.source, 16);
    assert_false(tcpr_host_unlisten(lab.host, &lab.config, lab.now, lab.listener, &lab.res));
    assert_false(tcpr_host_unlisten(lab.host, &lab.config, lab.now, lab.listener, &lab.res));
    assert_int_equal(host_lab_counts(&lab).syn_queue, 0);
    far_sends(&lab, &halfway, TCPR_ACK, 0);
    assert_int_equal(lab.res.fx.reply.control, TCPR_RST);
    assert_int_equal(tcpr_host_conn(lab.host, conn)->state, TCPR_ESTABLISHED); /* MUST-41 */
    assert_int_equal(tcpr_host_listener_set(lab.host, &lab.config, lab.now, lab.listener, TCPR_SET_NODELAY, 1),
                     TCPR_DOES_NOT_EXIST);
    assert_false(tcpr_host_accept(lab.host, lab.listener, &conn));
    host_lab_end(&lab);
}

static void listener_setting__is_inherited(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    assert_int_equal(tcpr_host_listener_set(lab.host, &lab.config, lab.now, lab.listener, TCPR_SET_NODELAY, 1),
                     TCPR_OK);
    struct far far = far_end(0, 4);
    struct tcpr_handle conn = far_opens(&lab, &far);
    assert_true(tcpr_host_conn(lab.host, conn)->flags & TCPR_FLAG_NODELAY);
    host_lab_end(&lab);
}

/* ---- OPEN ---- */

static struct tcpr_open open_to(uint8_t last, uint16_t port)
{
    struct tcpr_open open = {.ip = {.version = 4, .ttl = 64}, .remote_port = port};
    open.ip.destination[0] = 10;
    open.ip.destination[3] = last;
    return open;
}

static void connect__refuses_what_cannot_be(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    const struct tcpr_open good = open_to(9, 7);
    struct tcpr_open bad = good;
    bad.remote_port = 0;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res), TCPR_REMOTE_UNSPECIFIED);
    bad = good;
    bad.ip.destination[0] = 224;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res), TCPR_REMOTE_INVALID);
    bad = good;
    bad.ip.source[0] = 11;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res),
                     TCPR_ILLEGAL_FOR_PROCESS);
    bad = good;
    bad.ip.version = 0;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res), TCPR_REMOTE_UNSPECIFIED);
    bad = good;
    bad.ip.version = 9;
    assert_int_not_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res), TCPR_OK);
    bad = good;
    bad.local_port = 5;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res), TCPR_OK);
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &bad, &conn, &lab.res), TCPR_ALREADY_EXISTS);
    assert_true(tcpr_handle_is_none(conn));
    host_lab_end(&lab);
}

/* RFC 6056 section 3.3.4: successive ports to one peer differ, and every one of them is found before it says no. */
static void ports__all_are_used_once_and_then_refused(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    bool seen[64] = {false};
    host_lab_begin(&lab, (struct tcpr_host_options){.connections = 100, .first_port = 60, .last_port = 99}, 8);
    struct tcpr_open open = open_to(9, 7);
    for (unsigned n = 0; n < 39; n++) { /* 60 to 99 but for 80, which is listened on (RFC6056-3.2-1) */
        assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
        uint16_t port = tcpr_host_conn(lab.host, conn)->local_port;
        assert_in_range(port, 60, 99);
        assert_int_not_equal(port, 80);
        assert_false(seen[port - 60]);
        seen[port - 60] = true;
    }
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res),
                     TCPR_INSUFFICIENT_RESOURCES);
    open.remote_port = 8; /* another peer's sockets are all free */
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    host_lab_end(&lab);
}

static void ports__hard_to_predict_without_the_secret(void **state)
{
    (void)state;
    uint16_t first[2];
    for (uint8_t secret = 0; secret < 2; secret++) {
        struct host_lab lab;
        struct tcpr_handle conn;
        host_lab_begin(&lab, (struct tcpr_host_options){.secret = {secret}}, 8);
        const struct tcpr_open open = open_to(9, 7);
        assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
        first[secret] = tcpr_host_conn(lab.host, conn)->local_port;
        host_lab_end(&lab);
    }
    assert_int_not_equal(first[0], first[1]);
}

static void slots_exhausted__connect_refused(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){.connections = 2}, 8);
    const struct tcpr_open open = open_to(9, 7);
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    assert_int_equal(host_lab_pull(&lab), 2);
    assert_int_equal(lab.out.seg.control, TCPR_SYN);
    assert_true(tcpr_handle_equal(lab.out.conn, conn));
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res),
                     TCPR_INSUFFICIENT_RESOURCES);
    host_lab_end(&lab);
}

/* ---- TIME-WAIT ---- */

/* We close first; theirs is the last FIN. @return the far end, with its FIN counted. */
static struct far to_time_wait(struct host_lab *lab, uint32_t n, uint8_t version)
{
    struct far far = far_end(n, version);
    far.options = (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS | TCPR_OPT_MSS, .mss = 1400, .ts_val = 77};
    struct tcpr_handle conn = far_opens(lab, &far);
    assert_int_equal(tcpr_host_release(lab->host, &lab->config, lab->now, conn, &lab->res), TCPR_OK);
    assert_int_equal(host_lab_pull(lab), 1);
    assert_true(lab->out.seg.control & TCPR_FIN);
    far.ack++;
    far_sends(lab, &far, TCPR_ACK | TCPR_FIN, 0);
    far.seq++;
    assert_int_equal(host_lab_pull(lab), 1);
    assert_true(tcpr_handle_equal(lab->out.conn, conn));
    assert_int_equal(lab->out.seg.ack, far.seq);
    return far;
}

static void time_wait__frees_the_slot_and_lasts_2_msl(void **state)
{
    (void)state;
    struct host_lab lab;
    for (uint8_t version = 4; version <= 6; version += 2) {
        host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
        struct far far = to_time_wait(&lab, 0, version);
        struct tcpr_ip ours = far.ip;
        memcpy(ours.source, far.ip.destination, 16);
        memcpy(ours.destination, far.ip.source, 16);
        assert_int_equal(host_lab_counts(&lab).connections, 0);
        assert_int_equal(host_lab_counts(&lab).time_wait, 1);
        assert_int_equal(tcpr_host_state(lab.host, &ours, 80, far.port), TCPR_TIME_WAIT);
        host_lab_wait(&lab, TCPR_S(200));
        far.seq--;
        far_sends(&lab, &far, TCPR_ACK | TCPR_FIN, 0); /* again: answered, and 2 MSL begin anew */
        assert_true(lab.res.fx.has_reply);
        assert_int_equal(lab.res.fx.reply.ack, far.seq + 1);
        assert_int_equal(lab.res.fx.reply.seq, far.ack);
        assert_true(lab.res.fx.reply.options.present & TCPR_OPT_TIMESTAMPS);
        assert_true(tcpr_host_next_deadline(lab.host) <= lab.now + TCPR_S(240));
        host_lab_wait(&lab, TCPR_S(240) - 1);
        assert_int_equal(host_lab_counts(&lab).time_wait, 1);
        host_lab_wait(&lab, 1);
        assert_int_equal(host_lab_counts(&lab).time_wait, 0);
        far_sends(&lab, &far, TCPR_ACK | TCPR_FIN, 0);
        assert_int_equal(lab.res.fx.reply.control, TCPR_RST);
        host_lab_end(&lab);
    }
}

static void time_wait__reopened_by_a_newer_syn(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = to_time_wait(&lab, 0, 6);
    uint32_t last = far.ack;
    far.seq += 100000;
    far.ack = 0;
    far.options = (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS | TCPR_OPT_MSS, .mss = 1400, .ts_val = 76};
    far_sends(&lab, &far, TCPR_SYN, 0); /* older than the last timestamp: RFC 6191 says no */
    assert_int_equal(host_lab_counts(&lab).time_wait, 1);
    assert_false((lab.res.fx.reply.control & TCPR_SYN) && lab.res.fx.has_reply);
    far.options.ts_val = 78;
    far_syn(&lab, &far);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_SHLD_4);
    assert_true(tcpr_seq_lt(last, lab.res.fx.reply.seq)); /* MAY-2 */
    assert_int_equal(host_lab_counts(&lab).time_wait, 0);
    assert_int_equal(host_lab_counts(&lab).syn_queue, 1);
    far_sends(&lab, &far, TCPR_ACK, 0);
    assert_true(lab.res.fx.events & TCPR_EVENT_CONNECTED);
    assert_int_equal(host_lab_counts(&lab).connections, 1);
    host_lab_end(&lab);
}

/* MAY-2: the SYN was an old duplicate after all, and TIME-WAIT goes on. */
static void time_wait_reopened__reset__resumed(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = to_time_wait(&lab, 0, 4);
    far.seq += 1000;
    far.options = (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS | TCPR_OPT_MSS, .mss = 1400, .ts_val = 78};
    far_syn(&lab, &far);
    far_sends(&lab, &far, TCPR_RST, 0);
    assert_int_equal(host_lab_counts(&lab).syn_queue, 0);
    assert_int_equal(host_lab_counts(&lab).time_wait, 1);
    host_lab_end(&lab);
}

static void time_wait_full__slot_kept_or_oldest_recycled(void **state)
{
    (void)state;
    struct host_lab lab;
    for (unsigned recycle = 0; recycle < 2; recycle++) {
        host_lab_begin(&lab, (struct tcpr_host_options){.time_wait = 2, .recycle_time_wait = recycle != 0}, 8);
        struct far first = to_time_wait(&lab, 0, 4);
        for (uint32_t n = 1; n < 4; n++) {
            host_lab_wait(&lab, TCPR_S(1));
            (void)to_time_wait(&lab, n, 4);
        }
        struct tcpr_host_counts counts = host_lab_counts(&lab);
        assert_int_equal(counts.time_wait, 2);
        assert_int_equal(counts.connections, recycle ? 0 : 2);
        assert_int_equal(counts.time_wait_recycled, recycle ? 2 : 0);
        first.seq--;
        far_sends(&lab, &first, TCPR_ACK | TCPR_FIN, 0);
        assert_int_equal(lab.res.fx.reply.control & TCPR_RST, recycle ? TCPR_RST : 0);
        host_lab_wait(&lab, TCPR_S(240));
        host_lab_pull(&lab);
        assert_int_equal(host_lab_counts(&lab).connections, 0);
        host_lab_end(&lab);
    }
}

static void sockets_in_time_wait__not_chosen_again(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = to_time_wait(&lab, 0, 4);
    struct tcpr_open open = {.ip = {.version = 4}, .local_port = 80, .remote_port = far.port};
    memcpy(open.ip.destination, far.ip.source, 16);
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_ALREADY_EXISTS);
    host_lab_wait(&lab, TCPR_S(240));
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    host_lab_end(&lab);
}

/* ---- below ---- */

static void not_our_address__dropped(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_host_result res;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = far_end(0, 4);
    far.ip.destination[3] = 77;
    far_sends(&lab, &far, TCPR_SYN, 0);
    assert_false(lab.res.fx.has_reply);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_MUST_57);
    far = far_end(0, 4);
    far.ip.source[0] = 224;
    far_sends(&lab, &far, TCPR_SYN, 0);
    assert_false(lab.res.fx.has_reply);
    assert_int_equal(host_lab_rule(&lab), TCPR_RULE_MUST_63);
    const struct tcpr_icmp error = {.version = 4, .type = 3, .code = 1};
    tcpr_host_icmp(lab.host, &lab.config, lab.now, &far.ip, 80, 1, &error, &res);
    assert_int_equal(res.fx.decisions, 0);
    host_lab_end(&lab);
}

static void addresses__each_once_and_as_many_as_there_is_room(void **state)
{
    (void)state;
    struct host_lab lab;
    static const uint8_t known[16] = {10, 0, 0, 1}, new[16] = {10, 0, 0, 2}, multicast[16] = {224, 0, 0, 1};
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    assert_int_equal(tcpr_host_add_address(lab.host, known, 4), TCPR_ALREADY_EXISTS);
    assert_int_equal(tcpr_host_add_address(lab.host, new, 4), TCPR_INSUFFICIENT_RESOURCES);
    assert_int_equal(tcpr_host_add_address(lab.host, multicast, 4), TCPR_REMOTE_INVALID);
    host_lab_end(&lab);
}

/* MUST-54, and the errors of strangers move nobody. */
static void icmp__goes_to_the_connection_quoted(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    const struct tcpr_open open = open_to(9, 7);
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    assert_int_equal(host_lab_pull(&lab), 1);
    const struct tcpr_icmp error = {.version = 4, .type = 3, .code = 3, .quoted_seq = lab.out.seg.seq};
    tcpr_host_icmp(lab.host, &lab.config, lab.now, &lab.out.ip, lab.out.seg.source_port, 8, &error, &lab.res);
    assert_true(tcpr_handle_is_none(lab.res.conn));
    tcpr_host_icmp(lab.host, &lab.config, lab.now, &lab.out.ip, lab.out.seg.source_port, 7, &error, &lab.res);
    assert_true(tcpr_handle_equal(lab.res.conn, conn));
    assert_true(lab.res.fx.events & TCPR_EVENT_HARD_ERROR);
    assert_int_equal(tcpr_host_conn(lab.host, conn)->state, TCPR_CLOSED);
    host_lab_end(&lab);
}

/* The whole block is position-independent: a copy goes on as the original does. */
static void copy__is_a_snapshot(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = far_end(0, 4);
    far_syn(&lab, &far);
    size_t size = tcpr_host_size(&lab.options);
    struct host_lab other = lab;
    other.host = aligned_alloc(64, size);
    memcpy(other.host, lab.host, size);
    far_sends(&lab, &far, TCPR_ACK, 10);
    far_sends(&other, &far, TCPR_ACK, 10);
    assert_int_equal(host_lab_wait(&lab, TCPR_S(1)), host_lab_wait(&other, TCPR_S(1)));
    assert_int_equal(host_lab_pull(&lab), host_lab_pull(&other));
    assert_memory_equal(lab.host, other.host, size);
    host_lab_end(&lab);
    host_lab_end(&other);
}

/* RFC 3168: the SYN queue keeps what was agreed; a cookie cannot, so it agrees on nothing. */
static void ecn__survives_the_syn_queue__not_a_cookie(void **state)
{
    (void)state;
    for (int cookie = 0; cookie < 2; cookie++) {
        struct host_lab lab;
        struct tcpr_handle conn;
        struct far far = far_end(1, 4);
        host_lab_begin(&lab, (struct tcpr_host_options){.cookies = cookie ? TCPR_COOKIES_ALWAYS : TCPR_COOKIES_NEVER},
                       4);
        lab.config.features |= TCPR_FEATURE_ECN;
        far_sends(&lab, &far, TCPR_SYN | TCPR_ECE | TCPR_CWR, 0);
        assert_int_equal(lab.res.fx.reply.control, TCPR_SYN | TCPR_ACK | (cookie ? 0 : TCPR_ECE));
        far.seq++;
        far.ack = lab.res.fx.reply.seq + 1;
        far.options.present = 0;
        far_sends(&lab, &far, TCPR_ACK, 0);
        assert_true(tcpr_host_accept(lab.host, lab.listener, &conn));
        assert_int_equal(tcpr_host_send(lab.host, &lab.config, lab.now, conn, 100, false, &lab.res), TCPR_OK);
        assert_int_equal(host_lab_pull(&lab), 1);
        assert_int_equal(lab.out.seg.ecn, cookie ? 0 : 2);
        host_lab_end(&lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes__are_what_was_promised),
        cmocka_unit_test(options_out_of_range__no_size),
        cmocka_unit_test(old_handle__does_nothing),
        cmocka_unit_test(died_by_itself__can_be_read_then_released),
        cmocka_unit_test(iteration__visits_what_the_application_has),
        cmocka_unit_test(listeners__closest_match_takes_the_syn),
        cmocka_unit_test(unlisten__resets_who_waits_and_forgets_handshakes),
        cmocka_unit_test(listener_setting__is_inherited),
        cmocka_unit_test(connect__refuses_what_cannot_be),
        cmocka_unit_test(ports__all_are_used_once_and_then_refused),
        cmocka_unit_test(ports__hard_to_predict_without_the_secret),
        cmocka_unit_test(slots_exhausted__connect_refused),
        cmocka_unit_test(time_wait__frees_the_slot_and_lasts_2_msl),
        cmocka_unit_test(time_wait__reopened_by_a_newer_syn),
        cmocka_unit_test(time_wait_reopened__reset__resumed),
        cmocka_unit_test(time_wait_full__slot_kept_or_oldest_recycled),
        cmocka_unit_test(sockets_in_time_wait__not_chosen_again),
        cmocka_unit_test(not_our_address__dropped),
        cmocka_unit_test(addresses__each_once_and_as_many_as_there_is_room),
        cmocka_unit_test(icmp__goes_to_the_connection_quoted),
        cmocka_unit_test(copy__is_a_snapshot),
        cmocka_unit_test(ecn__survives_the_syn_queue__not_a_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
