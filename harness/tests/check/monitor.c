/* The monitor: each check finds what it is there for, and lets the conforming neighbour pass. */
#include "scene.h"

static void ack__of_what_was_sent__passes(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    TO(.seq = IRS + 11, .ack = ISS + 1, .control = TCPR_ACK | TCPR_FIN);
    FROM(.seq = ISS + 1, .ack = IRS + 12, .control = TCPR_ACK);
    expect_found(NULL);
}

static void ack__beyond_what_was_sent__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM(.seq = ISS + 1, .ack = IRS + 12, .control = TCPR_ACK);
    expect_found("RFC9293-3.4-n1");
}

static void ack__across_a_gap__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 11, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM(.seq = ISS + 1, .ack = IRS + 21, .control = TCPR_ACK);
    expect_found("RFC9293-3.4-n1");
}

static void ack__gap_filled__passes(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 11, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM(.seq = ISS + 1, .ack = IRS + 21, .control = TCPR_ACK);
    expect_found(NULL);
}

static void ack__of_text_behind_an_illegal_option__is_the_targets_choice(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10)->parsed = TCPR_PARSE_OPTION_LENGTH;
    FROM(.seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK);
    expect_found(NULL);
}

static void ack__of_a_damaged_segment__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10)->parsed = TCPR_PARSE_CHECKSUM;
    FROM(.seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK);
    expect_found("RFC9293-3.4-n1");
}

static void ack__old_duplicate_from_before_the_syn__passes(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK | TCPR_FIN);
    TO(.seq = IRS - 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 1);
    FROM(.seq = ISS + 1, .ack = IRS + 2, .control = TCPR_ACK);
    expect_found(NULL);
}

static void text__up_to_the_window_and_a_probe__pass(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS, TCPR_OPT_MSS);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 500);
    FROM(.seq = ISS + 501, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 500);
    FROM(.seq = ISS + 1001, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 1);
    expect_found(NULL);
}

static void text__beyond_the_window__is_found(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS, TCPR_OPT_MSS);
    FROM(.seq = ISS + 1000, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 3);
    expect_found("RFC5681-2-1");
}

static void text__window_scaled__may_use_it(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE, TCPR_OPT_MSS | TCPR_OPT_WINDOW_SCALE);
    FROM(.seq = ISS + 7600, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 401);
    expect_found(NULL);
    FROM(.seq = ISS + 8001, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 2);
    expect_found("RFC5681-2-1");
}

static void text__after_the_window_shrank__passes(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS, TCPR_OPT_MSS);
    TO_WINDOW(0, .seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 500);
    expect_found(NULL);
}

static void reset__answers_a_reset__is_found(void **state)
{
    (void)state;
    TO(.seq = 1, .control = TCPR_RST);
    FROM(.seq = 0, .ack = 1, .control = TCPR_RST | TCPR_ACK);
    expect_found("RFC9293-3.5.2-n4");
}

static void reset__answers_another_segment__passes(void **state)
{
    (void)state;
    TO(.seq = 1, .control = TCPR_SYN);
    TO(.seq = 2, .control = TCPR_RST);
    FROM(.seq = 0, .ack = 2, .control = TCPR_RST | TCPR_ACK);
    expect_found(NULL);
}

static void reset__long_after_a_reset__passes(void **state)
{
    (void)state;
    TO(.seq = 1, .control = TCPR_RST);
    now += TCPR_S(1);
    FROM(.seq = 0, .control = TCPR_RST);
    expect_found(NULL);
}

static void reset__by_a_call__passes(void **state)
{
    (void)state;
    TO(.seq = 1, .control = TCPR_RST);
    entries[trace.count++] = (struct trace_entry){.kind = TRACE_CALL, .at = now};
    FROM(.seq = 0, .control = TCPR_RST);
    expect_found(NULL);
}

static void checksum__wrong__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK)->parsed = TCPR_PARSE_CHECKSUM;
    expect_found("MUST-2");
}

static void reserved_bits__set__are_found(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK)->segment.reserved = 1;
    expect_found("RFC9293-3.1-n1");
}

static void options__out_of_place__are_found(void **state)
{
    static const struct {
        unsigned option;
        const char *rule;
    } cases[] = {{TCPR_OPT_MSS, "MUST-65"},
                 {TCPR_OPT_SACK_PERMITTED, "RFC2018-2-1"},
                 {TCPR_OPT_WINDOW_SCALE, "RFC7323-2.2-6"},
                 {TCPR_OPT_TIMESTAMPS, "RFC7323-3.2-5"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        handshake(0, 0);
        FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = offered(cases[i].option));
        expect_found(cases[i].rule);
    }
}

static void options__not_offered__in_syn_ack_are_found(void **state)
{
    static const struct {
        unsigned option;
        const char *rule;
    } cases[] = {{TCPR_OPT_WINDOW_SCALE, "RFC7323-2.2-6"}, {TCPR_OPT_TIMESTAMPS, "RFC7323-3.2-5"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        TO(.seq = IRS, .control = TCPR_SYN);
        FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = offered(cases[i].option));
        expect_found(cases[i].rule);
    }
}

/* Specs of their own ask about these (rfc7323/...-in-crossing-syn-ack). */
static void options__of_the_own_syn__repeated_are_not_found(void **state)
{
    unsigned both = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_TIMESTAMPS;
    (void)state;
    FROM(.seq = ISS, .control = TCPR_SYN, .options = offered(both));
    TO(.seq = IRS, .control = TCPR_SYN);
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = offered(both));
    expect_found(NULL);
}

static void sack__not_permitted__is_found(void **state)
{
    (void)state;
    struct tcpr_options sack = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{IRS + 11, IRS + 21}}};
    handshake(0, 0);
    TO(.seq = IRS + 11, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = sack);
    expect_found("RFC2018-4-3");
    begin(state);
    handshake(TCPR_OPT_SACK_PERMITTED, TCPR_OPT_SACK_PERMITTED);
    TO(.seq = IRS + 11, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = sack);
    expect_found(NULL);
}

static void timestamps__negotiated_and_left_out__are_found(void **state)
{
    (void)state;
    handshake(TCPR_OPT_TIMESTAMPS, TCPR_OPT_TIMESTAMPS);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = offered(TCPR_OPT_TIMESTAMPS));
    expect_found(NULL);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK);
    expect_found("RFC7323-3.2-6a");
}

static void scale__above_14__is_found(void **state)
{
    (void)state;
    struct tcpr_options fifteen = {.present = TCPR_OPT_WINDOW_SCALE, .window_scale = 15};
    TO(.seq = IRS, .control = TCPR_SYN, .options = offered(TCPR_OPT_WINDOW_SCALE));
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = fifteen);
    expect_found("RFC7323-2.3-7");
}

static void size__at_the_mss__passes(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS, TCPR_OPT_MSS);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 500);
    expect_found(NULL);
}

static void size__above_the_mss__is_found(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS, TCPR_OPT_MSS);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 501);
    expect_found("MUST-14");
}

static void size__above_an_mss_too_small__passes(void **state)
{
    (void)state;
    struct tcpr_options none = {.present = TCPR_OPT_MSS, .mss = 0};
    TO(.seq = IRS, .control = TCPR_SYN, .options = none);
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 64);
    expect_found(NULL);
}

static void size__above_the_default__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 537);
    expect_found("MUST-15");
}

static void size__options_not_counted__is_found(void **state)
{
    (void)state;
    handshake(TCPR_OPT_MSS | TCPR_OPT_TIMESTAMPS, TCPR_OPT_MSS | TCPR_OPT_TIMESTAMPS);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 488, .options = offered(TCPR_OPT_TIMESTAMPS));
    expect_found(NULL);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 489, .options = offered(TCPR_OPT_TIMESTAMPS));
    expect_found("MUST-16");
}

static void ack_bit__missing__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .control = TCPR_FIN);
    expect_found("RFC9293-3.1-n2");
}

static void edge__moves_left__is_found(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM_WINDOW(990, .seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK);
    expect_found(NULL);
    FROM_WINDOW(989, .seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK);
    expect_found("SHLD-14");
}

/* A scaled window told of more than a SYN's field can; then the SYN,ACK, unacknowledged as yet, was sent again. */
static void edge__syn_sent_again__passes(void **state)
{
    (void)state;
    handshake(TCPR_OPT_WINDOW_SCALE, TCPR_OPT_WINDOW_SCALE);
    FROM_WINDOW(20000, .seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK | TCPR_FIN);
    FROM_WINDOW(65535, .seq = ISS, .ack = IRS + 1, .control = TCPR_ACK | TCPR_SYN,
                .options = offered(TCPR_OPT_WINDOW_SCALE));
    expect_found(NULL);
}

static void edge__lost_to_scaling__passes(void **state)
{
    (void)state;
    handshake(TCPR_OPT_WINDOW_SCALE, TCPR_OPT_WINDOW_SCALE);
    FROM_WINDOW(126, .seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM_WINDOW(124, .seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK);
    expect_found(NULL);
    FROM_WINDOW(123, .seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK);
    expect_found("SHLD-14");
}

static void edge__after_the_fin__means_nothing(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK | TCPR_FIN);
    FROM_WINDOW(0, .seq = ISS + 1, .ack = IRS + 2, .control = TCPR_ACK);
    expect_found(NULL);
}

static void again__the_same_octets__pass(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 100);
    FROM(.seq = ISS + 51, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 100);
    expect_found(NULL);
}

static void again__other_octets__are_found(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 100);
    struct trace_entry *entry = FROM(.seq = ISS + 51, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 100);
    ((uint8_t *)(uintptr_t)entry->datagram)[40] ^= 1;
    expect_found("RFC9293-3.4-n2");
}

static void keep_alive__garbage_octet__passes(void **state)
{
    (void)state;
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 100);
    struct trace_entry *entry = FROM(.seq = ISS + 100, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 1);
    ((uint8_t *)(uintptr_t)entry->datagram)[40] ^= 1;
    expect_found(NULL);
}

static void second_syn__sequence_numbers_are_not_judged(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = 90000, .control = TCPR_SYN);
    FROM(.seq = 777, .ack = 90001, .control = TCPR_SYN | TCPR_ACK);
    FROM(.seq = 778, .ack = 95000, .control = TCPR_ACK, .text_len = 1400);
    expect_found(NULL);
}

static void eol__octets_behind_it__are_found(void **state)
{
    (void)state;
    handshake(0, 0);
    uint8_t octets[44] = {
        0x45, [3] = 44, [8] = 64, [9] = 6, [32] = 0x60, [33] = TCPR_ACK, [40] = 0, [41] = 0, [43] = 1};
    struct trace_entry *entry = FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK);
    entry->datagram = (const uint8_t *)arena_copy(&arena, (const char *)octets, sizeof octets);
    entry->datagram_len = sizeof octets;
    entry->segment.header_len = 24;
    expect_found("MUST-69");
}

#define ASKS (TCPR_SYN | TCPR_ECE | TCPR_CWR)
#define ACCURATE (ASKS | TCPR_AE)
#define AGREES (TCPR_SYN | TCPR_ACK | TCPR_ECE)

static void ecn__agreed_text_is_ect__passes(void **state)
{
    (void)state;
    TO(.control = ASKS, .seq = IRS);
    FROM(.control = AGREES, .seq = ISS, .ack = IRS + 1);
    TO(.control = TCPR_ACK, .seq = IRS + 1, .ack = ISS + 1);
    FROM(.control = TCPR_ACK, .seq = ISS + 1, .ack = IRS + 1, .text_len = 10, .ecn = 2);
    FROM(.control = TCPR_ACK, .seq = ISS + 1, .ack = IRS + 1, .text_len = 10);
    expect_found(NULL);
}

static void ecn__what_is_not_to_be_marked__is_found(void **state)
{
    (void)state;
    const struct {
        uint16_t asks, agrees, control;
        uint32_t seq, text_len;
        uint8_t syn_ecn, ecn;
        const char *rule;
    } cases[] = {
        {ASKS, AGREES, TCPR_ACK, 1, 0, 0, 2, "RFC3168-6.1.4-1"},
        {ASKS, AGREES, TCPR_ACK, 1, 10, 0, 1, "RFC8311-4.2-5"},
        {ASKS, AGREES, 0, 1, 10, 2, 0, "RFC3168-6.1.1-9"},
        {ASKS, TCPR_SYN | TCPR_ACK, TCPR_ACK, 1, 10, 0, 2, "RFC3168-6.1.1-3"},
        {TCPR_SYN | TCPR_ECE, TCPR_SYN | TCPR_ACK, TCPR_ACK, 1, 10, 0, 2, "RFC3168-6.1.1-3"},
        {TCPR_SYN, AGREES, 0, 1, 10, 0, 0, "RFC3168-6.1.1-2"},
        {ASKS, TCPR_SYN | TCPR_ACK | TCPR_CWR, 0, 1, 10, 0, 0, "RFC9768-3.1.1-4"},
        {ACCURATE, TCPR_SYN | TCPR_ACK | TCPR_AE | TCPR_ECE, 0, 1, 10, 0, 0, "RFC9768-3.1.3-4"},
        {TCPR_SYN, TCPR_SYN | TCPR_ACK, TCPR_ACK | TCPR_AE, 1, 10, 0, 0, "RFC9293-3.1-n1"},
        {ACCURATE, TCPR_SYN | TCPR_ACK, TCPR_ACK, 1, 10, 0, 2, "RFC3168-6.1.1-3"},
        {ACCURATE, TCPR_SYN | TCPR_ACK | TCPR_CWR, TCPR_ACK | TCPR_AE, 1, 10, 0, 2, NULL},
        {ACCURATE, AGREES, TCPR_ACK, 1, 10, 0, 2, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(NULL);
        TO(.control = cases[i].asks, .seq = IRS);
        FROM(.control = cases[i].agrees, .seq = ISS, .ack = IRS + 1, .ecn = cases[i].syn_ecn);
        if (cases[i].control != 0) { TO(.control = TCPR_ACK, .seq = IRS + 1, .ack = ISS + 1); }
        if (cases[i].control != 0) {
            FROM(.control = cases[i].control, .seq = ISS + cases[i].seq, .ack = IRS + 1, .text_len = cases[i].text_len,
                 .ecn = cases[i].ecn);
        }
        expect_found(cases[i].rule);
    }
}

static void ecn__text_sent_again_is_ect__is_found(void **state)
{
    (void)state;
    TO(.control = ASKS, .seq = IRS);
    FROM(.control = AGREES, .seq = ISS, .ack = IRS + 1);
    TO(.control = TCPR_ACK, .seq = IRS + 1, .ack = ISS + 1);
    FROM(.control = TCPR_ACK, .seq = ISS + 1, .ack = IRS + 1, .text_len = 10, .ecn = 2);
    FROM(.control = TCPR_ACK, .seq = ISS + 1, .ack = IRS + 1, .text_len = 10, .ecn = 2);
    expect_found("RFC3168-6.1.5-1a");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(ack__of_what_was_sent__passes),
        CASE(ecn__agreed_text_is_ect__passes),
        CASE(ecn__what_is_not_to_be_marked__is_found),
        CASE(ecn__text_sent_again_is_ect__is_found),
        CASE(ack__beyond_what_was_sent__is_found),
        CASE(ack__across_a_gap__is_found),
        CASE(ack__gap_filled__passes),
        CASE(ack__of_text_behind_an_illegal_option__is_the_targets_choice),
        CASE(ack__of_a_damaged_segment__is_found),
        CASE(ack__old_duplicate_from_before_the_syn__passes),
        CASE(text__up_to_the_window_and_a_probe__pass),
        CASE(text__beyond_the_window__is_found),
        CASE(text__window_scaled__may_use_it),
        CASE(text__after_the_window_shrank__passes),
        CASE(reset__answers_a_reset__is_found),
        CASE(reset__answers_another_segment__passes),
        CASE(reset__long_after_a_reset__passes),
        CASE(reset__by_a_call__passes),
        CASE(checksum__wrong__is_found),
        CASE(reserved_bits__set__are_found),
        CASE(options__out_of_place__are_found),
        CASE(options__not_offered__in_syn_ack_are_found),
        CASE(options__of_the_own_syn__repeated_are_not_found),
        CASE(sack__not_permitted__is_found),
        CASE(timestamps__negotiated_and_left_out__are_found),
        CASE(scale__above_14__is_found),
        CASE(size__at_the_mss__passes),
        CASE(size__above_the_mss__is_found),
        CASE(size__above_an_mss_too_small__passes),
        CASE(size__above_the_default__is_found),
        CASE(size__options_not_counted__is_found),
        CASE(ack_bit__missing__is_found),
        CASE(edge__moves_left__is_found),
        CASE(edge__lost_to_scaling__passes),
        CASE(edge__syn_sent_again__passes),
        CASE(edge__after_the_fin__means_nothing),
        CASE(again__the_same_octets__pass),
        CASE(again__other_octets__are_found),
        CASE(keep_alive__garbage_octet__passes),
        CASE(second_syn__sequence_numbers_are_not_judged),
        CASE(eol__octets_behind_it__are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
