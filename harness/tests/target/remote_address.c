#define _GNU_SOURCE /* fmemopen */
/* Addresses of remote targets, as they are written and whose they are. */
#include "harness/remote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct remote_address parse(const char *text)
{
    struct remote_address address;
    const char *why = NULL;
    if (!remote_address_parse(text, &address, &why)) { fail_msg("%s: %s", text, why); }
    return address;
}

static void good_addresses__are_read(void **state)
{
    (void)state;
    struct remote_address a = parse("192.0.2.1:80");
    assert_true(a.version == 4 && a.port == 80 && a.octets[0] == 192 && a.octets[3] == 1 && a.octets[4] == 0);
    assert_int_equal(parse("192.0.2.1").port, 0);
    a = parse("2001:db8::1");
    assert_true(a.version == 6 && a.port == 0 && a.octets[0] == 0x20 && a.octets[15] == 1);
    assert_int_equal(parse("[2001:db8::1]").port, 0);
    assert_int_equal(parse("[2001:db8::1]:65535").port, 65535);
    a = parse("[fe80::1%eth0]:7");
    assert_string_equal(a.interface, "eth0");
    assert_int_equal(a.port, 7);
    assert_string_equal(parse("fe80::1%eth0").interface, "eth0");
}

static void bad_addresses__are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ":",
                                      "::",
                                      "0.0.0.0",
                                      "255.255.255.255",
                                      "224.0.0.1",
                                      "ff02::1",
                                      "example.org",
                                      "192.0.2",
                                      "192.0.2.1:",
                                      "192.0.2.1:0",
                                      "192.0.2.1:65536",
                                      "192.0.2.1:80x",
                                      "192.0.2.1: 80",
                                      "192.0.2.1:-1",
                                      "192.0.2.1.5",
                                      "[2001:db8::1",
                                      "2001:db8::1]",
                                      "[2001:db8::1]80",
                                      "[2001:db8::1]:",
                                      "[]",
                                      "[]:80",
                                      "fe80::1%",
                                      "fe80::1%a-name-that-is-too-long",
                                      "fe80::1%eth 0",
                                      "[192.0.2.1%:1]", /* what fuzzing found: written plainly it had a port */
                                      "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct remote_address address;
        const char *why = NULL;
        if (remote_address_parse(bad[i], &address, &why)) { fail_msg("'%s' is taken for an address", bad[i]); }
        assert_non_null(why);
    }
}

static void public_addresses__are_those_routed_globally(void **state)
{
    (void)state;
    static const char *const mine[] = {"10.1.2.3",    "172.16.0.1",   "172.31.255.255",  "192.168.1.1", "127.0.0.1",
                                       "169.254.9.9", "100.64.0.1",   "100.127.255.254", "198.18.0.1",  "198.19.255.1",
                                       "192.0.2.7",   "198.51.100.7", "203.0.113.7",     "::1",         "fd00::1",
                                       "fc00::1",     "fe80::1",      "febf::1",         "2001:db8::1"};
    static const char *const anybodys[] = {"8.8.8.8",     "11.0.0.1",    "9.255.255.255", "172.15.0.1",   "172.32.0.1",
                                           "192.167.0.1", "192.169.0.1", "100.63.0.1",    "100.128.0.1",  "198.17.0.1",
                                           "198.20.0.1",  "192.0.3.1",   "2001:db9::1",   "2606:4700::1", "fec0::1"};
    for (size_t i = 0; i < sizeof mine / sizeof *mine; i++) {
        struct remote_address address = parse(mine[i]);
        if (remote_address_is_public(&address)) { fail_msg("%s is called public", mine[i]); }
    }
    for (size_t i = 0; i < sizeof anybodys / sizeof *anybodys; i++) {
        struct remote_address address = parse(anybodys[i]);
        if (!remote_address_is_public(&address)) { fail_msg("%s is not called public", anybodys[i]); }
    }
}

static bool lists(const char *text, const char *target)
{
    char copy[600];
    assert_true(strlen(text) < sizeof copy);
    memcpy(copy, text, strlen(text) + 1);
    struct remote_address address = parse(target);
    FILE *file = fmemopen(copy, strlen(copy), "r");
    assert_non_null(file);
    bool listed = remote_is_listed(file, &address);
    fclose(file);
    return listed;
}

static void list__permits_what_its_lines_say(void **state)
{
    (void)state;
    assert_true(lists("# ours\n192.0.2.1 # the printer\r\n", "192.0.2.1:80"));
    assert_true(lists("\n[2001:db8::1]:80", "[2001:db8::1]:80"));
    assert_false(lists("192.0.2.1:81\n", "192.0.2.1:80"));
    assert_false(lists("# 192.0.2.1\n192.0.2.10\nprinter\n", "192.0.2.1"));
}

static void list__end_of_a_long_remark__permits_nothing(void **state)
{
    char text[300] = "#";
    (void)state;
    memset(text + 1, '-', 254);
    memcpy(text + 255, "192.0.2.1\n", 11);
    assert_false(lists(text, "192.0.2.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses__are_read),
        cmocka_unit_test(bad_addresses__are_refused_with_a_reason),
        cmocka_unit_test(public_addresses__are_those_routed_globally),
        cmocka_unit_test(list__permits_what_its_lines_say),
        cmocka_unit_test(list__end_of_a_long_remark__permits_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
