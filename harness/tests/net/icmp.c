#include "check.h"
#include "harness/octets.h"

static const struct tcpr_ip *const versions[] = {&ipv4, &ipv6};

/* Datagram and message out of exactly `len` octets. */
static enum net_fault parse_message(const uint8_t *octets, size_t len, struct icmp *out)
{
    struct datagram d;
    enum net_fault why = datagram_parse(octets, len, &d);
    return why == NET_OK ? icmp_parse(octets, &d, out) : why;
}

static void echo_request__comes_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t out[128];
        struct icmp back = {0};
        size_t len = icmp_emit_echo(versions[i], false, 0x1234, 0x5678, (const uint8_t *)"fence", 5, out, sizeof out);
        assert_int_equal(parse_message(out, len, &back), NET_OK);
        assert_true(icmp_is_echo_request(&back));
        assert_false(icmp_is_echo_reply(&back));
        assert_false(icmp_is_error(&back));
        assert_int_equal(back.word, 0x12345678);
        assert_int_equal(back.body_len, 5);
        assert_memory_equal(out + back.body_at, "fence", 5);
    }
}

/* The sums of RFC 792 and RFC 4443, added by hand: only the latter counts addresses, length and protocol. */
static void checksum__is_the_rfcs(void **state)
{
    (void)state;
    uint8_t out[64];
    icmp_emit_echo(&ipv4, false, 1, 2, NULL, 0, out, sizeof out);
    assert_int_equal(octets_get_u16(out + 22), (uint16_t) ~(0x0800u + 1 + 2));
    icmp_emit_echo(&ipv6, false, 1, 2, NULL, 0, out, sizeof out);
    uint32_t sum = 0x8000u + 1 + 2 + 2 * (0x2001 + 0x0DB8) + 1 + 2 + 8 + 58;
    assert_int_equal(octets_get_u16(out + 42), (uint16_t)~sum);
}

static void echo_request__is_answered_from_its_destination(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t asked[128], out[128];
        struct icmp back;
        struct datagram d;
        size_t len = icmp_emit_echo(versions[i], false, 7, 8, (const uint8_t *)"data", 4, asked, sizeof asked);
        assert_int_equal(icmp_emit_answer(asked, len, out, sizeof out), len);
        assert_int_equal(datagram_parse(out, len, &d), NET_OK);
        assert_memory_equal(d.ip.source, versions[i]->destination, 16);
        assert_memory_equal(d.ip.destination, versions[i]->source, 16);
        assert_int_equal(icmp_parse(out, &d, &back), NET_OK);
        assert_true(icmp_is_echo_reply(&back));
        assert_int_equal(back.word, 7 << 16 | 8);
        assert_memory_equal(out + back.body_at, "data", 4);
        assert_int_equal(icmp_emit_answer(out, len, asked, sizeof asked), 0); /* a reply is not answered */
        assert_int_equal(icmp_emit_answer(asked, len, out, len - 1), 0);
    }
}

static void unsound_message__is_named(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t out[128], answer[128];
        struct icmp back;
        struct datagram short_one = {.ip = *versions[i], .protocol = i == 0 ? NET_ICMPV4 : NET_ICMPV6};
        size_t len = icmp_emit_echo(versions[i], false, 1, 1, (const uint8_t *)"data", 4, out, sizeof out);
        out[len - 1] ^= 1;
        assert_int_equal(parse_message(out, len, &back), NET_ICMP_CHECKSUM);
        assert_int_equal(icmp_emit_answer(out, len, answer, sizeof answer), 0);
        short_one.payload_len = 7;
        len = datagram_emit(&short_one, (const uint8_t *)"1234567", out, sizeof out);
        assert_int_equal(parse_message(out, len, &back), NET_SHORT);
        short_one.protocol = NET_TCP;
        len = datagram_emit(&short_one, (const uint8_t *)"1234567", out, sizeof out);
        assert_int_equal(parse_message(out, len, &back), NET_PROTOCOL);
    }
}

static size_t emit_segment(const struct tcpr_ip *ip, uint8_t *out, size_t room)
{
    const struct tcpr_segment seg = {
        .seq = 0xFEDCBA98, .source_port = 7777, .destination_port = 40001, .control = TCPR_ACK, .text_len = 5};
    return datagram_emit_segment(ip, &seg, (const uint8_t *)"hello", out, room);
}

static void assert_quotes(const uint8_t *error, size_t len, const struct tcpr_ip *ip)
{
    struct icmp icmp;
    struct quotation quotation;
    uint8_t *copy = exact(error, len);
    assert_int_equal(parse_message(copy, len, &icmp), NET_OK);
    assert_true(icmp_is_error(&icmp));
    assert_int_equal(icmp_quotation(copy, &icmp, &quotation), NET_OK);
    assert_memory_equal(&quotation.ip, ip, sizeof *ip);
    assert_int_equal(quotation.source_port, 7777);
    assert_int_equal(quotation.destination_port, 40001);
    assert_int_equal(quotation.seq, 0xFEDCBA98);
    free(copy);
}

static void every_error__quotes_its_segment(void **state)
{
    (void)state;
    const uint8_t types[2][5] = {
        {NET_ICMPV4_UNREACHABLE, NET_ICMPV4_SOURCE_QUENCH, NET_ICMPV4_TIME_EXCEEDED, NET_ICMPV4_PARAMETER_PROBLEM},
        {NET_ICMPV6_UNREACHABLE, NET_ICMPV6_TOO_BIG, NET_ICMPV6_TIME_EXCEEDED, NET_ICMPV6_PARAMETER_PROBLEM}};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned type = 0; type < 4; type++) {
            uint8_t segment[128], out[256];
            size_t segment_len = emit_segment(versions[i], segment, sizeof segment);
            size_t len = icmp_emit_error(versions[i], types[i][type], 0, 0, segment, segment_len, out, sizeof out);
            assert_quotes(out, len, versions[i]);
        }
    }
}

/* RFC 792: a router need not quote more than the header and 8 octets. */
static void cut_quotation__names_its_segment_as_long_as_the_seq_is_there(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t segment[128], out[256];
        size_t header_len = i == 0 ? 20 : 40, segment_len = emit_segment(versions[i], segment, sizeof segment);
        for (size_t quoted = 0; quoted < segment_len; quoted++) {
            size_t len = icmp_emit_error(versions[i], 3, 0, 0, segment, quoted, out, sizeof out);
            if (quoted >= header_len + 8) {
                assert_quotes(out, len, versions[i]);
                continue;
            }
            struct icmp icmp;
            struct quotation quotation;
            uint8_t *copy = exact(out, len);
            assert_int_equal(parse_message(copy, len, &icmp), NET_OK);
            assert_int_not_equal(icmp_quotation(copy, &icmp, &quotation), NET_OK);
            free(copy);
        }
    }
}

/* Routers change TTL and with it the checksum. */
static void quotation_changed_on_the_way__is_read(void **state)
{
    (void)state;
    uint8_t segment[128], out[256];
    struct tcpr_ip changed = ipv4;
    size_t segment_len = emit_segment(&ipv4, segment, sizeof segment);
    segment[8] = changed.ttl = 1;
    size_t len = icmp_emit_error(&ipv4, 11, 0, 0, segment, segment_len, out, sizeof out);
    assert_quotes(out, len, &changed);
}

static void other_quotations__are_named(void **state)
{
    (void)state;
    uint8_t quoted[128], out[256];
    struct icmp icmp;
    struct quotation quotation;
    struct datagram udp = {.ip = ipv4, .protocol = 17, .payload_len = 8};
    size_t quoted_len = datagram_emit(&udp, (const uint8_t *)"12345678", quoted, sizeof quoted);
    size_t len = icmp_emit_error(&ipv4, 3, 3, 0, quoted, quoted_len, out, sizeof out);
    assert_int_equal(parse_message(out, len, &icmp), NET_OK);
    assert_int_equal(icmp_quotation(out, &icmp, &quotation), NET_PROTOCOL);
    quoted_len = emit_segment(&ipv6, quoted, sizeof quoted);
    len = icmp_emit_error(&ipv4, 3, 3, 0, quoted, quoted_len, out, sizeof out);
    assert_int_equal(parse_message(out, len, &icmp), NET_OK);
    assert_int_equal(icmp_quotation(out, &icmp, &quotation), NET_VERSION);
    len = icmp_emit_echo(&ipv4, false, 1, 1, quoted, quoted_len, out, sizeof out);
    assert_int_equal(parse_message(out, len, &icmp), NET_OK);
    assert_int_equal(icmp_quotation(out, &icmp, &quotation), NET_QUOTATION);
    len = icmp_emit_error(&ipv4, 5, 1, 0, quoted, quoted_len, out, sizeof out); /* a redirect */
    assert_int_equal(parse_message(out, len, &icmp), NET_OK);
    assert_false(icmp_is_error(&icmp));
}

static void mtu__is_told_by_the_messages_that_have_one(void **state)
{
    (void)state;
    assert_int_equal(icmp_mtu(&(struct icmp){.version = 4, .type = 3, .code = 4, .word = 0xFFFF0258}), 600);
    assert_int_equal(icmp_mtu(&(struct icmp){.version = 4, .type = 3, .code = 1, .word = 600}), 0);
    assert_int_equal(icmp_mtu(&(struct icmp){.version = 4, .type = 2, .word = 600}), 0);
    assert_int_equal(icmp_mtu(&(struct icmp){.version = 6, .type = 2, .word = 1280}), 1280);
    assert_int_equal(icmp_mtu(&(struct icmp){.version = 6, .type = 3, .word = 1280}), 0);
}

static void long_quotation__is_cut_to_what_the_rfcs_allow(void **state)
{
    (void)state;
    static uint8_t quoted[9000] = {0x45}, out[9000];
    assert_int_equal(icmp_emit_error(&ipv4, 3, 0, 0, quoted, sizeof quoted, out, sizeof out), 576);
    assert_int_equal(icmp_emit_error(&ipv6, 1, 0, 0, quoted, sizeof quoted, out, sizeof out), 1280);
}

static void random_changes__never_read_out_of_bounds(void **state)
{
    (void)state;
    uint64_t seed = 792;
    unsigned quotations = 0;
    for (unsigned round = 0; round < 40000; round++) {
        uint8_t segment[128], out[256], answer[256];
        const struct tcpr_ip *ip = versions[round % 2];
        size_t len = emit_segment(ip, segment, sizeof segment);
        for (unsigned i = draw(&seed) % 3; i > 0; i--) {
            size_t at = draw(&seed) % len;
            segment[at] = (uint8_t)draw(&seed);
        }
        uint8_t type = draw(&seed) % 2 ? 3 : (uint8_t)draw(&seed);
        len = icmp_emit_error(ip, type, 0, 0, segment, draw(&seed) % (len + 1), out, sizeof out);
        uint8_t *copy = exact(out, len);
        struct icmp icmp;
        struct quotation quotation;
        if (parse_message(copy, len, &icmp) == NET_OK) {
            quotations += icmp_quotation(copy, &icmp, &quotation) == NET_OK;
        }
        icmp_emit_answer(copy, len, answer, sizeof answer);
        free(copy);
    }
    assert_in_range(quotations, 1000, 39000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_request__comes_back),
        cmocka_unit_test(checksum__is_the_rfcs),
        cmocka_unit_test(echo_request__is_answered_from_its_destination),
        cmocka_unit_test(unsound_message__is_named),
        cmocka_unit_test(every_error__quotes_its_segment),
        cmocka_unit_test(cut_quotation__names_its_segment_as_long_as_the_seq_is_there),
        cmocka_unit_test(quotation_changed_on_the_way__is_read),
        cmocka_unit_test(other_quotations__are_named),
        cmocka_unit_test(mtu__is_told_by_the_messages_that_have_one),
        cmocka_unit_test(long_quotation__is_cut_to_what_the_rfcs_allow),
        cmocka_unit_test(random_changes__never_read_out_of_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
