#include "check.h"
#include "tcprove/conn.h"

static const uint8_t secret[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const struct tcpr_ip ipv4 = {.version = 4, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};

/* Computed by another SipHash-2-4, one that gives the published vector 0xA129CA6149BE45E5 for this key. */
static void known_connection__has_the_known_key(void **state)
{
    (void)state;
    assert_int_equal(tcpr_isn_key(secret, &ipv4, 1024, 80), 0x9EC0D668u);
    const struct tcpr_ip ipv6 = {
        .version = 6, .source = {0x20, 0x01, 0x0D, 0xB8, [15] = 1}, .destination = {0x20, 0x01, 0x0D, 0xB8, [15] = 2}};
    assert_int_equal(tcpr_isn_key(secret, &ipv6, 1024, 80), 0x638D1A41u);
}

/* MUST-9: nothing the peer can vary, and no bit of the secret, leaves the key as it was. */
static void any_part_changed__key_changes(void **state)
{
    (void)state;
    uint32_t key = tcpr_isn_key(secret, &ipv4, 1024, 80);
    assert_int_not_equal(tcpr_isn_key(secret, &ipv4, 1025, 80), key);
    assert_int_not_equal(tcpr_isn_key(secret, &ipv4, 1024, 81), key);
    assert_int_not_equal(tcpr_isn_key(secret, &ipv4, 80, 1024), key);
    for (unsigned bit = 0; bit < 32; bit++) {
        struct tcpr_ip ip = ipv4;
        ip.source[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(tcpr_isn_key(secret, &ip, 1024, 80), key);
        ip = ipv4;
        ip.destination[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(tcpr_isn_key(secret, &ip, 1024, 80), key);
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        uint8_t other[16];
        for (unsigned i = 0; i < 16; i++) {
            other[i] = secret[i];
        }
        other[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(tcpr_isn_key(other, &ipv4, 1024, 80), key);
    }
}

static void octets_beyond_an_ipv4_address__do_not_count(void **state)
{
    (void)state;
    struct tcpr_ip ip = ipv4;
    ip.source[4] = 1;
    ip.destination[15] = 1;
    assert_int_equal(tcpr_isn_key(secret, &ip, 1024, 80), tcpr_isn_key(secret, &ipv4, 1024, 80));
}

/* MUST-8 */
static void clock__ticks_once_in_4_us(void **state)
{
    (void)state;
    assert_int_equal(tcpr_isn(100, 0), 100);
    assert_int_equal(tcpr_isn(100, 3), 100);
    assert_int_equal(tcpr_isn(100, 4), 101);
    assert_int_equal(tcpr_isn(100, TCPR_S(1)), 250100);
    assert_int_equal(tcpr_isn(UINT32_MAX, 4), 0);
    assert_int_equal(tcpr_isn(7, (tcpr_time)4 << 32), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_connection__has_the_known_key),
        cmocka_unit_test(any_part_changed__key_changes),
        cmocka_unit_test(octets_beyond_an_ipv4_address__do_not_count),
        cmocka_unit_test(clock__ticks_once_in_4_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
