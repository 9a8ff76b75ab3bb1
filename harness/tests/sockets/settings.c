/* What a setting that the system refuses comes to. setsockopt() is answered by the test. */
#include "harness/sockets.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

static int refused_option, refused_with; /* of IPPROTO_TCP */

int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    if (level != IPPROTO_TCP || option != refused_option) { return __real_setsockopt(fd, level, option, value, len); }
    errno = refused_with;
    return -1;
}

static struct sockets sockets;

static int fresh(void **state)
{
    static const uint8_t loopback[16] = {127, 0, 0, 1};
    (void)state;
    sockets.request = (struct lane_request){.version = 4};
    sockets.local = endpoint_of(4, loopback, 0);
    sockets.edges_fd = epoll_create1(EPOLL_CLOEXEC);
    sockets.diag_fd = -1;
    sockets_reset(&sockets);
    return sockets.edges_fd < 0;
}

static int over(void **state)
{
    (void)state;
    refused_option = 0;
    sockets_abandon(&sockets);
    return close(sockets.edges_fd);
}

static struct call_outcome set(enum tcprove_setting setting, uint64_t value, int option, int error)
{
    struct app_call call = {.kind = CALL_SET, .setting = setting, .value = value};
    struct call_outcome outcome;
    refused_option = option;
    refused_with = error;
    sockets_call(&sockets, &call, &outcome);
    return outcome;
}

static void set_controller__not_allowed_to_this_user__is_not_supported(void **state)
{
    (void)state;
    struct call_outcome outcome = set(TCPROVE_SET_CUBIC, 1, TCP_CONGESTION, EPERM);
    assert_int_equal(outcome.result, TCPROVE_NOT_SUPPORTED);
    assert_string_equal(outcome.text, strerrordesc_np(EPERM));
}

static void set_controller__not_in_this_kernel__is_not_supported(void **state)
{
    (void)state;
    assert_int_equal(set(TCPROVE_SET_CUBIC, 1, TCP_CONGESTION, ENOENT).result, TCPROVE_NOT_SUPPORTED);
}

static void set_controller__refused_otherwise__is_refused(void **state)
{
    (void)state;
    assert_int_equal(set(TCPROVE_SET_CUBIC, 1, TCP_CONGESTION, EINVAL).result, TCPROVE_REFUSED_CALL);
}

static void set_other__not_permitted__is_refused(void **state)
{
    (void)state;
    assert_int_equal(set(TCPROVE_SET_NODELAY, 1, TCP_NODELAY, EPERM).result, TCPROVE_REFUSED_CALL);
    assert_int_equal(set(TCPROVE_SET_NODELAY, 1, 0, 0).result, TCPROVE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(set_controller__not_allowed_to_this_user__is_not_supported, fresh, over),
        cmocka_unit_test_setup_teardown(set_controller__not_in_this_kernel__is_not_supported, fresh, over),
        cmocka_unit_test_setup_teardown(set_controller__refused_otherwise__is_refused, fresh, over),
        cmocka_unit_test_setup_teardown(set_other__not_permitted__is_refused, fresh, over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
