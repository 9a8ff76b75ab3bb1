/* What arrives at the host and is no segment of a connection: ICMP, strangers, damaged octets. */
#include "fixture.h"

static void echo_request__is_answered(void **state)
{
    struct fixture *f = *state;
    const struct tcpr_ip ip = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
    uint8_t octets[64];
    size_t len = icmp_emit_echo(&ip, false, 1, 2, (const uint8_t *)"fence", 5, octets, sizeof octets);
    world_inject(f->world, 1, octets, len);
    struct datagram d;
    struct icmp echo;
    assert_non_null(f->world->first);
    assert_int_equal(datagram_parse(f->world->first->octets, f->world->first->len, &d), NET_OK);
    assert_int_equal(icmp_parse(f->world->first->octets, &d, &echo), NET_OK);
    assert_true(icmp_is_echo_reply(&echo));
}

/* An ICMP error to side 0 about the first datagram on its way. */
static void inject_error(struct fixture *f, uint8_t type, uint8_t code)
{
    const struct tcpr_ip ip = {.version = 4, .ttl = 64, .source = {192, 0, 2, 2}, .destination = {192, 0, 2, 1}};
    uint8_t octets[600];
    assert_non_null(f->world->first);
    size_t len =
        icmp_emit_error(&ip, type, code, 0, f->world->first->octets, f->world->first->len, octets, sizeof octets);
    world_inject(f->world, 0, octets, len);
}

static void icmp_hard_error__ends_the_connection_it_quotes(void **state)
{
    struct fixture *f = *state;
    tcprove_socket socket = connect_80(f, 4000), other = connect_80(f, 4001);
    inject_error(f, NET_ICMPV4_UNREACHABLE, 3);
    assert_int_equal(world_heard(f->world, 0, TCPROVE_UNREACHABLE, socket), 1);
    assert_int_equal(world_state(f->world, 0, socket), TCPROVE_CLOSED);
    assert_int_equal(world_state(f->world, 0, other), TCPROVE_SYN_SENT);
}

static void icmp_soft_error__is_told_and_no_more(void **state)
{
    struct fixture *f = *state;
    tcprove_socket socket = connect_80(f, 4000);
    inject_error(f, NET_ICMPV4_UNREACHABLE, 1);
    assert_int_equal(world_heard(f->world, 0, TCPROVE_SOFT_ERROR, socket), 1);
    assert_int_equal(world_state(f->world, 0, socket), TCPROVE_SYN_SENT);
}

static void bad_checksum__dropped_by_its_rule(void **state)
{
    struct fixture *f = *state;
    const struct tcpr_ip ip = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
    const struct tcpr_segment syn = {.source_port = 5000, .destination_port = 80, .control = TCPR_SYN};
    uint8_t octets[64];
    listen_80(f, 0);
    size_t len = datagram_emit_segment(&ip, &syn, NULL, octets, sizeof octets);
    octets[len - 1] ^= 1;
    world_inject(f->world, 1, octets, len);
    assert_non_null(strstr(f->world->side[1].explained, "MUST-3 dropped\n"));
    assert_null(f->world->first);
}

static void from_or_to_no_unicast_address__dropped_without_reply(void **state)
{
    struct fixture *f = *state;
    const struct tcpr_segment syn = {.source_port = 5000, .destination_port = 81, .control = TCPR_SYN};
    const struct tcpr_ip from = {.version = 4, .source = {224, 0, 0, 1}, .destination = {192, 0, 2, 2}};
    const struct tcpr_ip to = {.version = 4, .source = {192, 0, 2, 1}, .destination = {255, 255, 255, 255}};
    const struct tcpr_ip elsewhere = {.version = 4, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 9}};
    uint8_t octets[64];
    world_inject(f->world, 1, octets, datagram_emit_segment(&from, &syn, NULL, octets, sizeof octets));
    assert_non_null(strstr(f->world->side[1].explained, "MUST-63 dropped\n"));
    world_inject(f->world, 1, octets, datagram_emit_segment(&to, &syn, NULL, octets, sizeof octets));
    assert_non_null(strstr(f->world->side[1].explained, "MUST-57 dropped\n"));
    world_inject(f->world, 1, octets, datagram_emit_segment(&elsewhere, &syn, NULL, octets, sizeof octets));
    assert_null(f->world->first);
}

/* Sound datagrams with some octets changed, and a right checksum again in half of them. */
static void changed_datagrams__never_harm_the_host(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 42;
    struct tcpr_ip ip = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
    for (unsigned round = 0; round < 20000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t drawn = (uint32_t)(seed >> 32);
        struct tcpr_segment seg = {.seq = drawn,
                                   .ack = drawn * 7,
                                   .source_port = (uint16_t)(4000 + drawn % 3),
                                   .destination_port = 80,
                                   .control = drawn >> 8 & 0xFF,
                                   .window = (uint16_t)drawn};
        if (drawn % 4 == 0) { seg.seq = 1 + drawn % 8; }
        uint8_t octets[100];
        size_t len = datagram_emit_segment(&ip, &seg, NULL, octets, sizeof octets);
        if (drawn % 5 == 0) { octets[drawn >> 16 & 31] ^= (uint8_t)drawn; }
        world_inject(f->world, 1, octets, drawn % 11 == 0 ? len - drawn % 7 : len);
        if (round % 64 == 0) { world_run(f->world, TCPR_MS(50)); }
    }
    assert_int_equal(world_state(f->world, 1, f->listener), TCPROVE_LISTEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(echo_request__is_answered, apart),
        TEST(icmp_hard_error__ends_the_connection_it_quotes, apart),
        TEST(icmp_soft_error__is_told_and_no_more, apart),
        TEST(bad_checksum__dropped_by_its_rule, apart),
        TEST(from_or_to_no_unicast_address__dropped_without_reply, apart),
        TEST(changed_datagrams__never_harm_the_host, establish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
