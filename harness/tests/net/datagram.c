#include "check.h"
#include "harness/octets.h"

static enum net_fault parse_exact(const uint8_t *octets, size_t len, struct datagram *out)
{
    uint8_t *copy = exact(octets, len);
    enum net_fault why = datagram_parse(copy, len, out);
    free(copy);
    return why;
}

/* The header that RFC 1071's readers know from everywhere: its checksum is 0xB861. */
static void known_ipv4_header__is_read(void **state)
{
    (void)state;
    uint8_t octets[0x73] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                            0xB8, 0x61, 0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8, 0x00, 0xC7};
    struct datagram d;
    assert_int_equal(parse_exact(octets, sizeof octets, &d), NET_OK);
    assert_int_equal(d.ip.version, 4);
    assert_int_equal(d.ip.ttl, 64);
    assert_int_equal(d.protocol, 17);
    assert_int_equal(octets_get_u32(d.ip.source), 0xC0A80001);
    assert_int_equal(octets_get_u32(d.ip.destination), 0xC0A800C7);
    assert_true(d.dont_fragment);
    assert_int_equal(d.payload_at, 20);
    assert_int_equal(d.payload_len, 0x73 - 20);
    octets[11] ^= 1;
    assert_int_equal(parse_exact(octets, sizeof octets, &d), NET_HEADER_CHECKSUM);
}

static void all_fields__come_back(void **state)
{
    (void)state;
    struct datagram sent = {.ip = ipv4, .dscp = 46, .ecn = 2, .protocol = 253, .identification = 0xABCD};
    sent.payload_len = 5;
    for (unsigned version = 4; version <= 6; version += 2) {
        uint8_t out[64];
        struct datagram back;
        size_t header_len = version == 4 ? 20 : 40;
        if (version == 6) {
            sent.ip = ipv6;
            sent.identification = 0;
            sent.dont_fragment = true;
        }
        assert_int_equal(datagram_emit(&sent, (const uint8_t *)"hello", out, sizeof out), header_len + 5);
        assert_int_equal(parse_exact(out, header_len + 5, &back), NET_OK);
        assert_memory_equal(&back.ip, &sent.ip, sizeof back.ip);
        assert_int_equal(back.dscp, 46);
        assert_int_equal(back.ecn, 2);
        assert_int_equal(back.protocol, 253);
        assert_int_equal(back.identification, sent.identification);
        assert_int_equal(back.dont_fragment, sent.dont_fragment);
        assert_int_equal(back.payload_at, header_len);
        assert_int_equal(back.payload_len, 5);
        assert_memory_equal(out + back.payload_at, "hello", 5);
    }
}

static void two_fragments__are_the_whole(void **state)
{
    (void)state;
    struct datagram sent = {.ip = ipv4, .ecn = 3, .protocol = 6, .payload_len = 45};
    uint8_t payload[45], whole[65], part[2][65];
    memset(payload, 7, sizeof payload);
    payload[16] = 9;
    assert_int_equal(datagram_emit(&sent, payload, whole, sizeof whole), 65);
    assert_int_equal(datagram_fragment(whole, 65, 0, 77, part[0]), 20 + 16);
    assert_int_equal(datagram_fragment(whole, 65, 1, 77, part[1]), 20 + 29);
    assert_int_equal(octets_get_u16(part[0] + 6), 0x2000);
    assert_int_equal(octets_get_u16(part[1] + 6), 2);
    assert_int_equal(octets_get_u16(part[0] + 4), 77);
    assert_int_equal(part[1][1] & 3, 3);
    assert_memory_equal(part[0] + 20, payload, 16);
    assert_memory_equal(part[1] + 20, payload + 16, 29);
    struct datagram back;
    assert_int_equal(parse_exact(part[0], 36, &back), NET_FRAGMENT);
    assert_int_equal(parse_exact(part[1], 49, &back), NET_FRAGMENT);
    assert_int_equal(datagram_fragment(whole, 35, 0, 77, part[0]), 0);
    assert_int_equal(datagram_fragment(whole, 0, 0, 77, part[0]), 0);
}

static void padding_of_the_link__is_no_payload(void **state)
{
    (void)state;
    uint8_t out[60] = {0};
    struct datagram sent = {.ip = ipv4, .protocol = NET_TCP, .payload_len = 1}, back;
    datagram_emit(&sent, (const uint8_t *)"x", out, sizeof out);
    assert_int_equal(parse_exact(out, sizeof out, &back), NET_OK);
    assert_int_equal(back.payload_len, 1);
}

static void every_cut__is_named(void **state)
{
    (void)state;
    uint8_t out[64];
    struct datagram sent = {.ip = ipv4, .protocol = NET_TCP, .payload_len = 4}, back;
    datagram_emit(&sent, (const uint8_t *)"text", out, sizeof out);
    for (size_t len = 0; len < 24; len++) {
        assert_int_equal(parse_exact(out, len, &back), len < 20 ? NET_SHORT : NET_TOTAL_LENGTH);
    }
    sent.ip = ipv6;
    datagram_emit(&sent, (const uint8_t *)"text", out, sizeof out);
    for (size_t len = 0; len < 44; len++) {
        assert_int_equal(parse_exact(out, len, &back), len < 40 ? NET_SHORT : NET_TOTAL_LENGTH);
    }
}

/* Put a right checksum on a header changed by hand. */
static void mend(uint8_t *header)
{
    uint32_t sum = 0;
    octets_put_u16(header + 10, 0);
    for (size_t i = 0; i < (header[0] & 15u) * 4u; i += 2) {
        sum += octets_get_u16(header + i);
    }
    sum = (sum & 0xFFFF) + (sum >> 16);
    octets_put_u16(header + 10, (uint16_t) ~((sum & 0xFFFF) + (sum >> 16)));
}

static void ipv4_malformed__each_way_is_named(void **state)
{
    (void)state;
    uint8_t out[64];
    struct datagram sent = {.ip = ipv4, .protocol = NET_TCP, .payload_len = 8}, back;
    datagram_emit(&sent, (const uint8_t *)"12345678", out, sizeof out);
    out[0] = 0x55;
    assert_int_equal(parse_exact(out, 28, &back), NET_VERSION);
    out[0] = 0x44;
    assert_int_equal(parse_exact(out, 28, &back), NET_HEADER_LENGTH);
    out[0] = 0x48; /* header longer than the total length */
    assert_int_equal(parse_exact(out, 28, &back), NET_HEADER_LENGTH);
    out[0] = 0x45;
    out[6] = 0x20; /* more fragments */
    mend(out);
    assert_int_equal(parse_exact(out, 28, &back), NET_FRAGMENT);
    out[6] = 0;
    out[7] = 1; /* fragment offset */
    mend(out);
    assert_int_equal(parse_exact(out, 28, &back), NET_FRAGMENT);
}

static void ipv4_options__are_passed_over(void **state)
{
    (void)state;
    uint8_t out[64];
    struct datagram sent = {.ip = ipv4, .protocol = NET_TCP, .payload_len = 8}, back;
    datagram_emit(&sent, (const uint8_t *)"\1\1\1\0text", out, sizeof out);
    out[0] = 0x46;
    mend(out);
    assert_int_equal(parse_exact(out, 28, &back), NET_OK);
    assert_int_equal(back.payload_at, 24);
    assert_int_equal(back.payload_len, 4);
}

/* An IPv6 datagram of these extension headers and payload. */
static enum net_fault parse_extensions(uint8_t first, const uint8_t *octets, size_t len, struct datagram *back)
{
    uint8_t out[128];
    struct datagram sent = {.ip = ipv6, .protocol = first, .payload_len = len};
    return parse_exact(out, datagram_emit(&sent, octets, out, sizeof out), back);
}

#define OCTETS(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void ipv6_extension_headers__are_passed_over(void **state)
{
    (void)state;
    struct datagram back;
    assert_int_equal(parse_extensions(0,
                                      OCTETS(60, 0, 1, 4, 0, 0, 0, 0,                          /* hop by hop */
                                             43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* destination */
                                             44, 0, 0, 0, 0, 0, 0, 0,                          /* routing, at its end */
                                             51, 0, 0, 0, 1, 2, 3, 4,            /* fragment, the only one */
                                             6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* authentication */
                                             'x'),
                                      &back),
                     NET_OK);
    assert_int_equal(back.protocol, NET_TCP);
    assert_int_equal(back.payload_at, 40 + 8 + 16 + 8 + 8 + 12);
    assert_int_equal(back.payload_len, 1);
}

static void ipv6_extension_malformed__each_way_is_named(void **state)
{
    (void)state;
    struct datagram back;
    assert_int_equal(parse_extensions(60, OCTETS(6, 0, 0, 0, 0, 0, 0), &back), NET_EXTENSION);    /* cut */
    assert_int_equal(parse_extensions(60, OCTETS(6, 1, 0, 0, 0, 0, 0, 0), &back), NET_EXTENSION); /* past the end */
    assert_int_equal(parse_extensions(60, OCTETS(0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0), &back),
                     NET_EXTENSION); /* hop by hop not first */
    assert_int_equal(parse_extensions(43, OCTETS(6, 0, 0, 1, 0, 0, 0, 0), &back), NET_EXTENSION);  /* segments left */
    assert_int_equal(parse_extensions(44, OCTETS(6, 0, 0, 1, 0, 0, 0, 0), &back), NET_FRAGMENT);   /* more */
    assert_int_equal(parse_extensions(44, OCTETS(6, 0, 0, 8, 0, 0, 0, 0), &back), NET_FRAGMENT);   /* offset */
    assert_int_equal(parse_extensions(60, OCTETS(60, 0, 0, 0, 0, 0, 0, 0), &back), NET_EXTENSION); /* no end */
}

static void no_room__nothing_is_written(void **state)
{
    (void)state;
    uint8_t *out = malloc(24);
    memset(out, 0xA5, 24);
    struct datagram sent = {.ip = ipv4, .protocol = NET_TCP, .payload_len = 5};
    assert_int_equal(datagram_emit(&sent, (const uint8_t *)"hello", out, 24), 0);
    assert_int_equal(out[0], 0xA5);
    sent.payload_len = 4;
    assert_int_equal(datagram_emit(&sent, (const uint8_t *)"hell", out, 24), 24);
    sent.ip.version = 5;
    assert_int_equal(datagram_emit(&sent, (const uint8_t *)"hell", out, 24), 0);
    free(out);
}

static void longest_payload__and_one_more(void **state)
{
    (void)state;
    static uint8_t payload[65536], out[NET_DATAGRAM_MAX + 1];
    struct datagram sent = {.ip = ipv4, .protocol = NET_TCP, .payload_len = 65515}, back;
    assert_int_equal(datagram_emit(&sent, payload, out, sizeof out), 65535);
    assert_int_equal(datagram_parse(out, 65535, &back), NET_OK);
    sent.payload_len++;
    assert_int_equal(datagram_emit(&sent, payload, out, sizeof out), 0);
    sent.ip = ipv6;
    sent.payload_len = 65535;
    assert_int_equal(datagram_emit(&sent, payload, out, sizeof out), NET_DATAGRAM_MAX);
    assert_int_equal(datagram_parse(out, NET_DATAGRAM_MAX, &back), NET_OK);
    sent.payload_len++;
    assert_int_equal(datagram_emit(&sent, payload, out, sizeof out), 0);
}

static void segment__comes_back_from_its_datagram(void **state)
{
    (void)state;
    const struct tcpr_segment sent = {
        .seq = 1, .ack = 2, .control = TCPR_ACK, .text_len = 5, .header_len = 20, .ecn = 3, .window = 9};
    const struct tcpr_ip *versions[] = {&ipv4, &ipv6};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t out[128], wrapped[128];
        struct datagram d;
        struct tcpr_segment back;
        size_t len = datagram_emit_segment(versions[i], &sent, (const uint8_t *)"hello", out, sizeof out);
        assert_int_equal(datagram_parse(out, len, &d), NET_OK);
        assert_int_equal(d.protocol, NET_TCP);
        assert_true(d.dont_fragment);
        assert_int_equal(tcpr_segment_parse(out + d.payload_at, d.payload_len, &d.ip, &back), TCPR_PARSE_OK);
        back.ecn = d.ecn;
        assert_memory_equal(&back, &sent, sizeof back);
        assert_int_equal(datagram_wrap(versions[i], 3, out + d.payload_at, d.payload_len, wrapped, sizeof wrapped),
                         len);
        assert_memory_equal(wrapped, out, len);
        assert_int_equal(datagram_emit_segment(versions[i], &sent, (const uint8_t *)"hello", out, len - 1), 0);
    }
}

/* A datagram some of whose octets are drawn anew: whatever is found lies within the block. */
static void random_octets__never_read_out_of_bounds(void **state)
{
    (void)state;
    uint64_t seed = 791;
    unsigned seen[NET_QUOTATION + 1] = {0};
    for (unsigned round = 0; round < 60000; round++) {
        uint8_t octets[96] = {0};
        size_t len = draw(&seed) % (sizeof octets + 1);
        struct datagram sent = {.ip = round % 2 ? ipv6 : ipv4}, back;
        const uint8_t protocols[] = {0, 43, 44, 51, 60, 6};
        sent.protocol = protocols[draw(&seed) % 6];
        if (len >= 40) { sent.payload_len = len - (round % 2 ? 40 : 20); }
        uint8_t payload[96];
        for (size_t i = 0; i < sizeof payload; i++) {
            payload[i] = (uint8_t)(draw(&seed) % 3 ? draw(&seed) & 1 : protocols[draw(&seed) % 6]);
        }
        datagram_emit(&sent, payload, octets, sizeof octets);
        for (unsigned i = draw(&seed) % 3; i > 0; i--) {
            size_t at = draw(&seed) % sizeof octets;
            octets[at] = (uint8_t)draw(&seed);
        }
        uint8_t *copy = exact(octets, len);
        enum net_fault why = datagram_parse(copy, len, &back);
        seen[why]++;
        if (why == NET_OK) { assert_true(back.payload_at + back.payload_len <= len); }
        if (datagram_parse_quoted(copy, len, &back) == NET_OK) {
            assert_true(back.payload_at + back.payload_len <= len);
        }
        free(copy);
    }
    for (unsigned why = NET_OK; why <= NET_EXTENSION; why++) {
        assert_true(seen[why] > 0);
    }
}

static void ethernet_header__comes_back(void **state)
{
    (void)state;
    const struct ethernet sent = {.destination = {1, 2, 3, 4, 5, 6}, .source = {7, 8, 9, 10, 11, 12}, .type = 0x86DD};
    struct ethernet back;
    uint8_t out[NET_ETHERNET_HEADER_LEN];
    ethernet_emit(&sent, out);
    assert_int_equal(ethernet_parse(out, sizeof out, &back), NET_OK);
    assert_memory_equal(&back, &sent, sizeof back);
    assert_int_equal(out[12], 0x86);
    uint8_t *cut = exact(out, 13);
    assert_int_equal(ethernet_parse(cut, 13, &back), NET_SHORT);
    free(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ipv4_header__is_read),
        cmocka_unit_test(all_fields__come_back),
        cmocka_unit_test(two_fragments__are_the_whole),
        cmocka_unit_test(padding_of_the_link__is_no_payload),
        cmocka_unit_test(every_cut__is_named),
        cmocka_unit_test(ipv4_malformed__each_way_is_named),
        cmocka_unit_test(ipv4_options__are_passed_over),
        cmocka_unit_test(ipv6_extension_headers__are_passed_over),
        cmocka_unit_test(ipv6_extension_malformed__each_way_is_named),
        cmocka_unit_test(no_room__nothing_is_written),
        cmocka_unit_test(longest_payload__and_one_more),
        cmocka_unit_test(segment__comes_back_from_its_datagram),
        cmocka_unit_test(random_octets__never_read_out_of_bounds),
        cmocka_unit_test(ethernet_header__comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
