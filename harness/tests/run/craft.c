/* From notation to octets: what is injected, octet by octet. */
#include "harness/net.h"
#include "harness/octets.h"
#include "world.h"

#include <string.h>

#define INJECT(segment) HEAD "steps:\n  - inject: '" segment "'\n  - silence: 1 s\n"
#define ESTABLISHED(segment) \
    HEAD "given: ESTABLISHED\nsteps:\n  - inject: '" segment "'\n  - advance: 1 s\n  - check: 1 == 1\n"

/* The first datagram injected, and the TCP octets in it. */
struct injected {
    const struct trace_entry *entry;
    struct datagram ip;
    const uint8_t *tcp;
    size_t len;
};

static struct injected injected_by(const struct run_result *result)
{
    struct injected in = {.entry = world_entry(result, TRACE_TO_TARGET, 0)};
    assert_int_equal(datagram_parse(in.entry->datagram, in.entry->datagram_len, &in.ip), NET_OK);
    in.tcp = in.entry->datagram + in.ip.payload_at;
    in.len = in.ip.payload_len;
    return in;
}

static struct injected inject(const char *yaml)
{
    return injected_by(world_play_engine(yaml));
}

static void nothing_written__defaults(void **state)
{
    (void)state;
    struct injected in = inject(INJECT("<CTL=SYN>"));
    const struct tcpr_segment *seg = &in.entry->segment;
    assert_int_equal(in.entry->parsed, TCPR_PARSE_OK);
    assert_int_equal(seg->seq, 100);
    assert_int_equal(seg->ack, 0);
    assert_int_equal(seg->window, 65535);
    assert_int_equal(seg->control, TCPR_SYN);
    assert_int_equal(in.len, 20);
    assert_int_equal(in.ip.ip.ttl, 64);
}

static void every_field__stands_where_it_belongs(void **state)
{
    (void)state;
    struct injected in = inject(INJECT("<SEQ=1><ACK=2><CTL=SYN,ACK,URG><WND=3><UP=4><SPORT=40001><DPORT=6><RSV=5>"
                                       "<IP.TTL=9><IP.ECN=CE><DATA=\"ab\">"));
    assert_int_equal(octets_get_u32(in.tcp + 4), 1);
    assert_int_equal(octets_get_u32(in.tcp + 8), 2);
    assert_int_equal(in.tcp[12], 0x5A);
    assert_int_equal(in.tcp[13], TCPR_SYN | TCPR_ACK | TCPR_URG);
    assert_int_equal(octets_get_u16(in.tcp + 14), 3);
    assert_int_equal(octets_get_u16(in.tcp + 18), 4);
    assert_int_equal(octets_get_u16(in.tcp), 40001);
    assert_int_equal(octets_get_u16(in.tcp + 2), 6);
    assert_memory_equal(in.tcp + 20, "ab", 2);
    assert_int_equal(in.ip.ip.ttl, 9);
    assert_int_equal(in.ip.ecn, 3);
    assert_int_equal(tcpr_checksum(in.tcp, in.len, &in.ip.ip), 0);
}

static void options__in_the_order_written_padded_with_zero(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {1, 2,  4, 2, 24, 3, 3, 7, 4, 2, 253, 4, 0, 255,
                                     8, 10, 0, 0, 0,  5, 0, 0, 0, 6, 0,   0, 0, 0};
    struct injected in = inject(INJECT("<CTL=SYN><NOP><MSS=536><WS=7><SACKOK><OPT=253:00ff><TS=5:6><EOL>"));
    assert_int_equal(in.len, 20 + sizeof wanted);
    assert_memory_equal(in.tcp + 20, wanted, sizeof wanted);
}

static void sack__blocks_in_order(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0};
    struct injected in = inject(INJECT("<CTL=ACK><SACK=1:2,3:4>"));
    assert_memory_equal(in.tcp + 20, wanted, sizeof wanted);
}

static void option__wrong_length_octet(void **state)
{
    (void)state;
    struct injected in = inject(INJECT("<CTL=SYN><OPT=253/1:>"));
    assert_int_equal(in.tcp[20], 253);
    assert_int_equal(in.tcp[21], 1);
    assert_int_equal(in.entry->parsed, TCPR_PARSE_OPTION_LENGTH);
}

static void ip_options__padded_and_counted(void **state)
{
    (void)state;
    struct injected in = inject(INJECT("<CTL=SYN><IP.OPT=9e04000001>"));
    assert_int_equal(in.entry->datagram[0], 0x47);
    assert_int_equal(in.ip.payload_at, 28);
    assert_int_equal(in.entry->parsed, TCPR_PARSE_OK);
    assert_memory_equal(in.entry->datagram + 20, "\x9e\x04\0\0\x01\0\0\0", 8);
    assert_verdict(world_play6(&(struct bend){0}, INJECT("<CTL=SYN><IP.OPT=01>")), VERDICT_ERROR, "ip: [4]");
}

static void options__more_than_fit__is_an_error(void **state)
{
    (void)state;
    assert_verdict(
        world_play_engine(INJECT("<CTL=SYN><OPT=253:000000000000000000000000000000000000000000000000000000000000>"
                                 "<TS=1:2>")),
        VERDICT_ERROR, "40 octets");
}

static void checksum__bad_and_given(void **state)
{
    (void)state;
    assert_int_equal(inject(INJECT("<CTL=SYN><CSUM=bad>")).entry->parsed, TCPR_PARSE_CHECKSUM);
    assert_int_equal(octets_get_u16(inject(INJECT("<CTL=SYN><CSUM=0x1234>")).tcp + 16), 0x1234);
}

static void data_offset__as_written(void **state)
{
    (void)state;
    assert_int_equal(inject(INJECT("<CTL=SYN><DOFF=4>")).entry->parsed, TCPR_PARSE_DATA_OFFSET);
    assert_int_equal(inject(INJECT("<CTL=SYN><DOFF=15>")).entry->parsed, TCPR_PARSE_HEADER_CUT);
}

static void cut__octets_are_gone_from_the_end(void **state)
{
    (void)state;
    struct injected in = inject(INJECT("<CTL=SYN><CUT=12>"));
    assert_int_equal(in.len, 8);
    assert_int_equal(in.entry->parsed, TCPR_PARSE_SHORT);
    assert_true(in.entry->is_tcp);
    assert_int_equal(inject(INJECT("<CTL=SYN><CUT=100>")).len, 0);
}

static void data__number__is_the_pattern_of_its_place(void **state)
{
    (void)state;
    struct injected in = inject(ESTABLISHED("<SEQ=rcv.nxt+3><DATA=4>"));
    assert_memory_equal(in.tcp + 20, "$%&\x27", 4); /* '!' and three on */
}

static void addresses__as_written(void **state)
{
    (void)state;
    struct injected in = inject(INJECT("<CTL=SYN><IP.SRC=10.1.2.3>"));
    assert_memory_equal(in.ip.ip.source, "\x0a\x01\x02\x03", 4);
    assert_int_equal(tcpr_checksum(in.tcp, in.len, &in.ip.ip), 0);
    assert_verdict(world_play6(&(struct bend){0}, INJECT("<CTL=SYN><IP.SRC=10.1.2.3>")), VERDICT_SKIP, "IP version");
}

static void raw__segment_and_datagram(void **state)
{
    (void)state;
    struct injected in = inject(HEAD "steps:\n  - raw: \"0102 0304\"\n  - silence: 1 s\n");
    assert_memory_equal(in.tcp, "\1\2\3\4", 4);
    assert_int_equal(in.ip.protocol, NET_TCP);
    const struct run_result *r = world_play_engine(HEAD "steps:\n  - raw: \"4501\"\n  - silence: 1 s\n");
    assert_memory_equal(world_entry(r, TRACE_TO_TARGET, 0)->datagram, "\x45\1", 2);
}

static void icmp__quotes_the_segment_at_that_seq(void **state)
{
    (void)state;
    const char *yaml = HEAD "given: ESTABLISHED\nsteps:\n  - call: send \"x\"\n"
                            "  - expect: <SEQ=*><ACK=*><DATA=\"x\">\n"
                            "  - inject: ICMP(3,4) MTU=600 QUOTE=snd.una\n  - silence: 100 ms\n";
    for (unsigned version = 4; version <= 6; version += 2) {
        const struct run_result *r = version == 4 ? world_play_engine(yaml) : world_play6(&(struct bend){0}, yaml);
        const struct trace_entry *entry = world_entry(r, TRACE_TO_TARGET, 0);
        struct datagram ip;
        struct icmp icmp;
        struct quotation quotation;
        assert_int_equal(datagram_parse(entry->datagram, entry->datagram_len, &ip), NET_OK);
        assert_int_equal(icmp_parse(entry->datagram, &ip, &icmp), NET_OK);
        assert_int_equal(icmp_mtu(&icmp), 600);
        assert_int_equal(icmp_quotation(entry->datagram, &icmp, &quotation), NET_OK);
        assert_int_equal(quotation.seq, world_entry(r, TRACE_FROM_TARGET, 0)->segment.seq);
    }
}

static void icmp__quotes_a_seq_never_sent(void **state)
{
    (void)state;
    const struct run_result *r = world_play_engine(
        HEAD "given: ESTABLISHED\nsteps:\n  - inject: ICMP(3,1) QUOTE=snd.nxt+5000\n  - silence: 100 ms\n");
    const struct trace_entry *entry = world_entry(r, TRACE_TO_TARGET, 0);
    struct datagram ip;
    struct icmp icmp;
    struct quotation quotation;
    assert_int_equal(datagram_parse(entry->datagram, entry->datagram_len, &ip), NET_OK);
    assert_int_equal(icmp_parse(entry->datagram, &ip, &icmp), NET_OK);
    assert_int_equal(icmp_quotation(entry->datagram, &icmp, &quotation), NET_OK);
    size_t i = 0;
    while (r->trace.entry[i].kind != TRACE_FROM_TARGET) {
        i++;
    }
    assert_int_equal(quotation.seq, r->trace.entry[i].segment.seq + 5001);
}

static void given_options__in_the_fragments_syn_alone(void **state)
{
    (void)state;
    const struct run_result *r = world_play_engine(
        HEAD "given: {state: ESTABLISHED, options: {mss: 1000, wscale: 3, sack: true, timestamps: true}}\n"
             "steps:\n  - inject: <CTL=ACK><DATA=\"x\">\n  - acked: rcv.nxt\n");
    const struct tcpr_options *syn = NULL;
    for (size_t i = 0; i < r->trace.count && !syn; i++) {
        if (r->trace.entry[i].kind == TRACE_TO_TARGET) { syn = &r->trace.entry[i].segment.options; }
    }
    assert_verdict(r, VERDICT_PASS, "");
    assert_int_equal(syn->present,
                     TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_TIMESTAMPS);
    assert_int_equal(syn->mss, 1000);
    assert_int_equal(syn->window_scale, 3);
    /* Once negotiated, timestamps are the default of every segment. */
    assert_int_equal(world_entry(r, TRACE_TO_TARGET, 0)->segment.options.present, TCPR_OPT_TIMESTAMPS);
    r = world_play_engine(HEAD "given: {state: LISTEN, options: {sack: true}}\nsteps:\n  - inject: <CTL=SYN>\n"
                               "  - expect: <SEQ=*><ACK=*><SACKOK=none>\n");
    assert_verdict(r, VERDICT_PASS, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_written__defaults),
        cmocka_unit_test(every_field__stands_where_it_belongs),
        cmocka_unit_test(options__in_the_order_written_padded_with_zero),
        cmocka_unit_test(sack__blocks_in_order),
        cmocka_unit_test(option__wrong_length_octet),
        cmocka_unit_test(ip_options__padded_and_counted),
        cmocka_unit_test(options__more_than_fit__is_an_error),
        cmocka_unit_test(checksum__bad_and_given),
        cmocka_unit_test(data_offset__as_written),
        cmocka_unit_test(cut__octets_are_gone_from_the_end),
        cmocka_unit_test(data__number__is_the_pattern_of_its_place),
        cmocka_unit_test(addresses__as_written),
        cmocka_unit_test(raw__segment_and_datagram),
        cmocka_unit_test(icmp__quotes_the_segment_at_that_seq),
        cmocka_unit_test(icmp__quotes_a_seq_never_sent),
        cmocka_unit_test(given_options__in_the_fragments_syn_alone),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
