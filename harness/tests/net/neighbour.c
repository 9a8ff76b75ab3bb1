#include "check.h"
#include "harness/octets.h"

static const uint8_t asker_mac[6] = {0x02, 0, 0, 0, 0, 0x0a};
static const uint8_t nobody[16];
static const struct station stations[] = {
    {4, {192, 0, 2, 2}, {0x02, 0, 0, 0, 0, 0x0b}},
    {6, {0x20, 0x01, 0x0D, 0xB8, [15] = 2}, {0x02, 0, 0, 0, 0, 0x0b}},
};

static const uint8_t *asker_of(const struct station *station)
{
    return station->version == 4 ? ipv4.source : ipv6.source;
}

static size_t ask(const struct station *station, const uint8_t *about, const uint8_t *from, uint8_t *out)
{
    return neighbour_emit_question(station->version, about, from, asker_mac, out, NET_NEIGHBOUR_FRAME_MAX);
}

static void question__reads_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct station *s = &stations[i];
        uint8_t frame[NET_NEIGHBOUR_FRAME_MAX];
        struct neighbour read;
        size_t len = ask(s, s->address, asker_of(s), frame);
        assert_int_equal(len, s->version == 4 ? 42 : 86);
        assert_int_equal(neighbour_parse(frame, len, &read), NET_OK);
        assert_true(read.asks && read.mac_told && read.version == s->version);
        assert_memory_equal(read.about, s->address, 16);
        assert_memory_equal(read.sender, asker_of(s), 16);
        assert_memory_equal(read.mac, asker_mac, 6);
    }
}

/* RFC 826's layout, and RFC 4861's group and hop limit, octet by octet. */
static void question__is_on_the_wire_as_the_rfcs_say(void **state)
{
    (void)state;
    uint8_t frame[NET_NEIGHBOUR_FRAME_MAX];
    static const uint8_t arp[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,   0x0a, 8, 6, /* Ethernet */
                                    0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,   0,    0, 0x0a,
                                    192,  0,    2,    1,    0,    0,    0, 0, 0, 0, 192, 0,    2, 2};
    assert_int_equal(ask(&stations[0], stations[0].address, ipv4.source, frame), sizeof arp);
    assert_memory_equal(frame, arp, sizeof arp);
    ask(&stations[1], stations[1].address, ipv6.source, frame);
    static const uint8_t group_mac[6] = {0x33, 0x33, 0xff, 0, 0, 2};
    static const uint8_t group[16] = {0xff, 2, [11] = 1, [12] = 0xff, [15] = 2};
    assert_memory_equal(frame, group_mac, 6);
    assert_memory_equal(frame + 14 + 24, group, 16);
    assert_int_equal(frame[14 + 7], 255);
    assert_int_equal(frame[14 + 40], 135);
}

static void station__tells_its_address_to_who_asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct station *s = &stations[i];
        uint8_t asked[NET_NEIGHBOUR_FRAME_MAX], frame[NET_NEIGHBOUR_FRAME_MAX];
        struct neighbour read;
        size_t len = ask(s, s->address, asker_of(s), asked);
        len = station_answer(s, asked, len, frame, sizeof frame);
        assert_int_not_equal(len, 0);
        assert_memory_equal(frame, asker_mac, 6);
        assert_int_equal(neighbour_parse(frame, len, &read), NET_OK);
        assert_false(read.asks);
        assert_memory_equal(read.about, s->address, 16);
        assert_memory_equal(read.mac, s->mac, 6);
    }
}

/* RFC 4861 section 7.2.4: a probe comes from no address, so the answer goes to all nodes. */
static void station__defends_its_address_against_a_probe(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct station *s = &stations[i];
        uint8_t asked[NET_NEIGHBOUR_FRAME_MAX], frame[NET_NEIGHBOUR_FRAME_MAX];
        struct neighbour read;
        size_t len = station_answer(s, asked, ask(s, s->address, nobody, asked), frame, sizeof frame);
        assert_int_equal(neighbour_parse(frame, len, &read), NET_OK);
        assert_memory_equal(read.about, s->address, 16);
        if (s->version == 6) { assert_int_equal(frame[0], 0x33); }
    }
}

static void station__is_silent_about_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct station *s = &stations[i];
        uint8_t asked[NET_NEIGHBOUR_FRAME_MAX], frame[NET_NEIGHBOUR_FRAME_MAX];
        assert_int_equal(station_answer(s, asked, ask(s, asker_of(s), nobody, asked), frame, sizeof frame), 0);
        size_t len = ask(s, s->address, asker_of(s), asked);
        size_t answer = station_answer(s, asked, len, frame, sizeof frame);
        assert_int_equal(station_answer(s, frame, answer, asked, sizeof asked), 0); /* an answer asks nothing */
    }
}

/* RFC 4861 section 7.1.1: what a router has forwarded is none. */
static void solicitation__from_afar__is_none(void **state)
{
    (void)state;
    uint8_t frame[NET_NEIGHBOUR_FRAME_MAX];
    struct neighbour read;
    size_t len = ask(&stations[1], stations[1].address, ipv6.source, frame);
    frame[14 + 7] = 254;
    assert_int_equal(neighbour_parse(frame, len, &read), NET_PROTOCOL);
}

static void echo_request__to_the_station__is_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct station *s = &stations[i];
        uint8_t frame[128], out[128];
        struct ethernet ethernet = {.type = s->version == 4 ? NET_ETHERTYPE_IPV4 : NET_ETHERTYPE_IPV6};
        memcpy(ethernet.destination, s->mac, 6);
        memcpy(ethernet.source, asker_mac, 6);
        ethernet_emit(&ethernet, frame);
        size_t len = 14 + icmp_emit_echo(s->version == 4 ? &ipv4 : &ipv6, false, 1, 2, NULL, 0, frame + 14, 114);
        size_t answer = station_answer(s, frame, len, out, sizeof out);
        assert_int_equal(answer, len);
        assert_memory_equal(out, asker_mac, 6);
        frame[5] ^= 1; /* another station's frame */
        assert_int_equal(station_answer(s, frame, len, out, sizeof out), 0);
    }
}

static void cut_frames__have_a_fault_and_no_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct station *s = &stations[i];
        uint8_t asked[NET_NEIGHBOUR_FRAME_MAX], out[NET_NEIGHBOUR_FRAME_MAX];
        size_t len = ask(s, s->address, asker_of(s), asked);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *frame = exact(asked, cut);
            struct neighbour read;
            assert_int_not_equal(neighbour_parse(frame, cut, &read), NET_OK);
            assert_int_equal(station_answer(s, frame, cut, out, sizeof out), 0);
            free(frame);
        }
        uint8_t small[8];
        assert_int_equal(neighbour_emit_question(s->version, s->address, nobody, asker_mac, small, sizeof small), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question__reads_as_it_was_written),
        cmocka_unit_test(question__is_on_the_wire_as_the_rfcs_say),
        cmocka_unit_test(station__tells_its_address_to_who_asks),
        cmocka_unit_test(station__defends_its_address_against_a_probe),
        cmocka_unit_test(station__is_silent_about_others),
        cmocka_unit_test(solicitation__from_afar__is_none),
        cmocka_unit_test(echo_request__to_the_station__is_answered),
        cmocka_unit_test(cut_frames__have_a_fault_and_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
