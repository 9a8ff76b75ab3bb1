#include "check.h"
#include "tcprove/segment.h"

#include <string.h>

/* RFC 1071 section 4.1, read aloud: sixteen bits at a time, most significant octet first. */
static uint32_t add_words(uint32_t sum, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)octets[i] << 8 : octets[i];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

static uint16_t reference(const uint8_t *octets, size_t len, const struct tcpr_ip *ip)
{
    size_t address_len = ip->version == 6 ? 16 : 4;
    uint8_t tail[8] = {0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0, 6};
    uint32_t sum = add_words(0, ip->source, address_len);
    sum = add_words(sum, ip->destination, address_len);
    sum = add_words(sum, tail, sizeof tail);
    sum = add_words(sum, octets, len);
    return (uint16_t)~sum;
}

/* RFC 1071 section 3 adds these octets to 0xDDF2; the pseudo-header adds protocol 6 and length 8. */
static void octets_of_rfc_1071__have_its_sum(void **state)
{
    (void)state;
    const uint8_t octets[8] = {0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7};
    const struct tcpr_ip ipv4 = {.version = 4}, ipv6 = {.version = 6};
    const uint16_t expected = (uint16_t) ~(0xDDF2u + 6 + 8);
    assert_int_equal(tcpr_checksum(octets, sizeof octets, &ipv4), expected);
    assert_int_equal(tcpr_checksum(octets, sizeof octets, &ipv6), expected);
}

/* The addresses count, in IPv6 all sixteen octets: 0x0102 + 0x0304 and so on, added by hand. */
static void addresses__count(void **state)
{
    (void)state;
    const uint8_t octets[2] = {0x00, 0x00};
    const struct tcpr_ip ipv4 = {.version = 4, .source = {1, 2, 3, 4}, .destination = {0x10, 0x20, 0x30, 0x40}};
    assert_int_equal(tcpr_checksum(octets, 2, &ipv4), (uint16_t) ~(0x0102u + 0x0304 + 0x1020 + 0x3040 + 6 + 2));
    const struct tcpr_ip ipv6 = {.version = 6, .source = {0x20, 1, [15] = 1}, .destination = {0x20, 1, [15] = 2}};
    assert_int_equal(tcpr_checksum(octets, 2, &ipv6), (uint16_t) ~(0x2001u + 1 + 0x2001 + 2 + 6 + 2));
}

/* Every length to 300, then some long ones; all 0xFF carries most. */
static void any_octets__agree_with_the_reference(void **state)
{
    (void)state;
    static uint8_t octets[65535 + 1];
    uint64_t seed = 1071;
    for (size_t round = 0; round < 700; round++) {
        size_t len = round < 600 ? round / 2 : 65000 + draw_below(&seed, 536);
        struct tcpr_ip ip = {.version = round % 2 ? 6 : 4};
        size_t address_len = ip.version == 6 ? 16 : 4;
        draw_octets(&seed, ip.source, address_len);
        draw_octets(&seed, ip.destination, address_len);
        uint8_t *at = octets + round % 3 % 2; /* aligned and not */
        if (round % 5 == 0) {
            memset(at, 0xFF, len);
        } else {
            draw_octets(&seed, at, len);
        }
        assert_int_equal(tcpr_checksum(at, len, &ip), reference(at, len, &ip));
    }
}

static void any_single_bit_flipped__is_noticed(void **state)
{
    (void)state;
    const struct tcpr_ip ip = {.version = 4, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
    uint8_t octets[64];
    struct tcpr_segment seg = {.seq = 77, .control = TCPR_ACK, .text_len = 13};
    size_t len = tcpr_segment_emit(&seg, &ip, (const uint8_t *)"thirteen, odd", octets);
    assert_int_equal(tcpr_checksum(octets, len, &ip), 0);
    for (size_t bit = 0; bit < len * 8; bit++) {
        octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(tcpr_checksum(octets, len, &ip), 0);
        octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_of_rfc_1071__have_its_sum),
        cmocka_unit_test(addresses__count),
        cmocka_unit_test(any_octets__agree_with_the_reference),
        cmocka_unit_test(any_single_bit_flipped__is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
