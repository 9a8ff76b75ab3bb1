#include "check.h"
#include "tcprove/segment.h"

static void ipv4__unicast__may_have_a_connection(void **state)
{
    (void)state;
    const uint8_t usual[16] = {192, 0, 2, 1}, loopback[16] = {127, 0, 0, 1}, high[16] = {223, 255, 255, 255};
    assert_true(tcpr_address_is_unicast(usual, 4));
    assert_true(tcpr_address_is_unicast(loopback, 4));
    assert_true(tcpr_address_is_unicast(high, 4));
}

static void ipv4__multicast_broadcast_unspecified__may_not(void **state)
{
    (void)state;
    const uint8_t first[16] = {224, 0, 0, 0}, last[16] = {239, 255, 255, 255}, broadcast[16] = {255, 255, 255, 255},
                  unspecified[16] = {0};
    assert_false(tcpr_address_is_unicast(first, 4));
    assert_false(tcpr_address_is_unicast(last, 4));
    assert_false(tcpr_address_is_unicast(broadcast, 4));
    assert_false(tcpr_address_is_unicast(unspecified, 4));
}

static void ipv6__unicast__may_have_a_connection(void **state)
{
    (void)state;
    const uint8_t global[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 1}, loopback[16] = {[15] = 1},
                  link_local[16] = {0xFE, 0x80, [15] = 1};
    assert_true(tcpr_address_is_unicast(global, 6));
    assert_true(tcpr_address_is_unicast(loopback, 6));
    assert_true(tcpr_address_is_unicast(link_local, 6));
}

static void ipv6__multicast_unspecified__may_not(void **state)
{
    (void)state;
    const uint8_t multicast[16] = {0xFF, 0x02, [15] = 1}, unspecified[16] = {0};
    assert_false(tcpr_address_is_unicast(multicast, 6));
    assert_false(tcpr_address_is_unicast(unspecified, 6));
}

static void other_version__may_not(void **state)
{
    (void)state;
    const uint8_t usual[16] = {192, 0, 2, 1};
    assert_false(tcpr_address_is_unicast(usual, 0));
    assert_false(tcpr_address_is_unicast(usual, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4__unicast__may_have_a_connection),
        cmocka_unit_test(ipv4__multicast_broadcast_unspecified__may_not),
        cmocka_unit_test(ipv6__unicast__may_have_a_connection),
        cmocka_unit_test(ipv6__multicast_unspecified__may_not),
        cmocka_unit_test(other_version__may_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
