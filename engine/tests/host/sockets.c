/* Which sockets a connection gets, is found by, and may listen on. */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

/* MUST-44: the first address of the peer's version; a host without one cannot open. */
static void connect__source_by_version(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    struct tcpr_ip ip;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct tcpr_open open = {.ip = {.version = 6, .ttl = 64}, .remote_port = 7};
    open.ip.destination[0] = 0xFD;
    open.ip.destination[15] = 9;
    assert_int_equal(tcpr_host_connect(lab.host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_OK);
    assert_true(tcpr_host_addresses(lab.host, conn, &ip));
    assert_int_equal(ip.source[0], 0xFD);
    host_lab_end(&lab);
    const struct tcpr_host_options bare = {.connections = 1, .addresses = 1};
    struct tcpr_host *host = tcpr_host_init(aligned_alloc(64, tcpr_host_size(&bare)), &bare, lab.now);
    assert_int_equal(tcpr_host_connect(host, &lab.config, lab.now, &open, &conn, &lab.res), TCPR_ILLEGAL_FOR_PROCESS);
    free(host);
}

/* The connection of a pair of sockets: the application's, and none that is half open, over or somebody else's. */
static void find__by_sockets(void **state)
{
    (void)state;
    struct host_lab lab;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = far_end(0, 4), half = far_end(1, 4);
    struct tcpr_handle conn = far_opens(&lab, &far);
    far_syn(&lab, &half);
    struct tcpr_ip ours = far.ip, strange;
    memcpy(ours.source, far.ip.destination, 16);
    memcpy(ours.destination, far.ip.source, 16);
    strange = ours;
    strange.source[3] = 77;
    assert_true(tcpr_handle_equal(tcpr_host_find(lab.host, &ours, 80, far.port), conn));
    assert_true(tcpr_handle_is_none(tcpr_host_find(lab.host, &ours, 80, half.port)));
    assert_int_equal(tcpr_host_state(lab.host, &ours, 80, half.port), TCPR_SYN_RECEIVED);
    assert_true(tcpr_handle_is_none(tcpr_host_find(lab.host, &ours, 81, far.port)));
    assert_true(tcpr_handle_is_none(tcpr_host_find(lab.host, &strange, 80, far.port)));
    assert_int_equal(tcpr_host_state(lab.host, &strange, 80, far.port), TCPR_CLOSED);
    tcpr_host_expect(lab.host, &far.ip, far.port, 80); /* no more than a hint */
    tcpr_host_expect(lab.host, &ours, far.port, 80);
    assert_int_equal(tcpr_host_release(lab.host, &lab.config, lab.now, conn, &lab.res), TCPR_OK);
    assert_true(tcpr_handle_is_none(tcpr_host_find(lab.host, &ours, 80, far.port)));
    host_lab_end(&lab);
}

/* What is no listener cannot be made one, and a handle from elsewhere names none. */
static void listen__refuses_what_cannot_be(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_listener out;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    const struct tcpr_listen bad[] = {{.port = 0, .backlog = 1},
                                      {.port = 5, .backlog = 0},
                                      {.port = 5, .backlog = 1, .version = 5},
                                      {.port = 5, .backlog = 1, .version = 4, .address = {1, 2, 3, 4}}};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(tcpr_host_listen(lab.host, &lab.config, lab.now, &bad[i], &out), TCPR_ILLEGAL_FOR_PROCESS);
    }
    const struct tcpr_listener strange[] = {{.index = 4, .generation = 1},
                                            {.index = lab.listener.index, .generation = lab.listener.generation + 2},
                                            {.index = lab.listener.index + 1, .generation = 0}};
    for (unsigned i = 0; i < 3; i++) {
        assert_false(tcpr_host_accept(lab.host, strange[i], &conn));
        assert_false(tcpr_host_unlisten(lab.host, &lab.config, lab.now, strange[i], &lab.res));
        assert_int_equal(tcpr_host_listener_set(lab.host, &lab.config, lab.now, strange[i], TCPR_SET_NODELAY, 1),
                         TCPR_DOES_NOT_EXIST);
    }
    host_lab_end(&lab);
}

/* A connection that its peer reset before anybody accepted it is not given out. */
static void accept__reset_meanwhile__passed_over(void **state)
{
    (void)state;
    struct host_lab lab;
    struct tcpr_handle conn;
    host_lab_begin(&lab, (struct tcpr_host_options){0}, 8);
    struct far far = far_end(0, 4);
    far_syn(&lab, &far);
    far_sends(&lab, &far, TCPR_ACK, 0);
    far_sends(&lab, &far, TCPR_RST, 0);
    assert_false(tcpr_host_accept(lab.host, lab.listener, &conn));
    assert_int_equal(host_lab_counts(&lab).connections, 0);
    host_lab_end(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect__source_by_version),
        cmocka_unit_test(find__by_sockets),
        cmocka_unit_test(listen__refuses_what_cannot_be),
        cmocka_unit_test(accept__reset_meanwhile__passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
