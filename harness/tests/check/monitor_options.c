/* The monitor on cookies, SACK blocks and timestamps, and on what follows a reset or a second SYN. */
#include "scene.h"

#define ASKS_COOKIE ((struct tcpr_options){.present = TCPR_OPT_FAST_OPEN})
#define EIGHT ((struct tcpr_options){.present = TCPR_OPT_FAST_OPEN, .cookie_len = 8})

static void cookie__in_its_place__passes(void **state)
{
    (void)state;
    FROM(.seq = ISS, .control = TCPR_SYN, .options = ASKS_COOKIE);
    TO(.seq = IRS, .ack = ISS + 1, .control = TCPR_SYN | TCPR_ACK, .options = EIGHT);
    expect_found(NULL);
    begin(state);
    FROM(.seq = ISS, .control = TCPR_SYN, .options = EIGHT, .text_len = 10);
    TO(.seq = IRS, .ack = ISS + 11, .control = TCPR_SYN | TCPR_ACK);
    FROM(.seq = ISS + 11, .ack = IRS + 1, .control = TCPR_ACK);
    expect_found(NULL);
    begin(state);
    TO(.seq = IRS, .control = TCPR_SYN, .options = ASKS_COOKIE);
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = EIGHT);
    expect_found(NULL);
}

static void cookie__out_of_place__is_found(void **state)
{
    handshake(0, 0);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = EIGHT);
    expect_found("RFC7413-4.1.1-2");
    begin(state);
    FROM(.seq = ISS, .control = TCPR_SYN, .options = ASKS_COOKIE, .text_len = 10);
    expect_found("RFC7413-4.2.2-1");
    begin(state);
    TO(.seq = IRS, .control = TCPR_SYN);
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = EIGHT);
    expect_found("RFC7413-4.2.1-n1");
    begin(state);
    TO(.seq = IRS, .control = TCPR_SYN, .options = ASKS_COOKIE);
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = ASKS_COOKIE);
    expect_found("RFC7413-4.1.1-1");
}

/* An option of the target's that the parser passes over: its kind and length, by hand. */
static void skipped_option(uint16_t control, uint8_t kind, uint8_t len)
{
    struct tcpr_options room = {.present = TCPR_OPT_TIMESTAMPS};
    struct trace_entry *entry = FROM(.seq = ISS, .ack = IRS + 1, .control = control, .options = room);
    uint8_t *option = (uint8_t *)(uintptr_t)entry->datagram + 40;
    while (*option == TCPR_KIND_NOP) {
        option++;
    }
    option[0] = kind;
    option[1] = len;
    entry->segment.options.present = 0;
    entry->segment.options.skipped_at = UINT64_C(1) << (option - entry->datagram - 40);
}

static void option__of_an_illegal_length__is_found(void **state)
{
    static const struct {
        uint16_t control;
        uint8_t kind, len;
        const char *rule;
    } cases[] = {
        {TCPR_SYN, TCPR_KIND_FAST_OPEN, 4, "RFC7413-4.1.1-1"},  {TCPR_SYN, TCPR_KIND_FAST_OPEN, 7, "RFC7413-4.1.1-1"},
        {TCPR_SYN, TCPR_KIND_FAST_OPEN, 20, "RFC7413-4.1.1-1"}, {TCPR_ACK, TCPR_KIND_FAST_OPEN, 10, "RFC7413-4.1.1-2"},
        {TCPR_ACK, TCPR_KIND_SACK, 6, "RFC2018-3-n1"},          {TCPR_ACK, TCPR_KIND_SACK, 2, "RFC2018-3-n1"},
        {TCPR_ACK, TCPR_KIND_USER_TIMEOUT, 3, "RFC5482-3.3-3"}, {TCPR_ACK, 253, 3, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        if (cases[i].control != TCPR_SYN) { handshake(0, 0); }
        skipped_option(cases[i].control, cases[i].kind, cases[i].len);
        expect_found(cases[i].rule);
    }
}

static void user_timeout__of_zero__is_found(void **state)
{
    struct tcpr_options some = {.present = TCPR_OPT_USER_TIMEOUT, .user_timeout = 0x8001};
    struct tcpr_options none = {.present = TCPR_OPT_USER_TIMEOUT, .user_timeout = 0x8000};
    (void)state;
    FROM(.seq = ISS, .control = TCPR_SYN, .options = some);
    expect_found(NULL);
    FROM(.seq = ISS, .control = TCPR_SYN, .options = none);
    expect_found("RFC5482-3.4-1");
}

/* What arrived: 10 octets at IRS+1, and a stretch of 20 at IRS+21. */
static void sack_blocks__are_judged(void **state)
{
    static const struct {
        struct tcpr_range block[2];
        const char *rule;
    } cases[] = {
        {{{IRS + 21, IRS + 41}}, NULL},
        {{{IRS + 31, IRS + 41}, {IRS + 21, IRS + 31}}, NULL},
        {{{IRS + 1, IRS + 6}, {IRS + 21, IRS + 41}}, NULL},   /* a duplicate, by RFC 2883 */
        {{{IRS + 21, IRS + 26}, {IRS + 21, IRS + 41}}, NULL}, /* one of what is reported beside it */
        {{{IRS + 21, IRS + 21}}, "RFC2018-3-n1"},
        {{{IRS + 41, IRS + 21}}, "RFC2018-3-n1"},
        {{{IRS + 21, IRS + 42}}, "RFC2018-8-4"},
        {{{IRS + 20, IRS + 41}}, "RFC2018-8-4"},
        {{{IRS + 61, IRS + 71}}, "RFC2018-8-4"},
        {{{IRS + 21, IRS + 41}, {IRS + 1, IRS + 6}}, "RFC2018-3-n1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        struct tcpr_options sack = {.present = TCPR_OPT_SACK, .sack_count = cases[i].block[1].end ? 2 : 1};
        memcpy(sack.sack, cases[i].block, sizeof cases[i].block);
        handshake(TCPR_OPT_SACK_PERMITTED, TCPR_OPT_SACK_PERMITTED);
        TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
        TO(.seq = IRS + 21, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 20);
        FROM(.seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK, .options = sack);
        expect_found(cases[i].rule);
    }
}

static void sack_block__at_the_ack__is_found(void **state)
{
    struct tcpr_options sack = {.present = TCPR_OPT_SACK, .sack_count = 1, .sack = {{IRS + 1, IRS + 11}}};
    (void)state;
    handshake(TCPR_OPT_SACK_PERMITTED, TCPR_OPT_SACK_PERMITTED);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = sack);
    expect_found("RFC2018-3-n1");
}

static struct tcpr_options stamped(uint32_t val, uint32_t ecr)
{
    return (struct tcpr_options){.present = TCPR_OPT_TIMESTAMPS, .ts_val = val, .ts_ecr = ecr};
}

static void echo__of_what_was_never_received__is_found(void **state)
{
    (void)state;
    TO(.seq = IRS, .control = TCPR_SYN, .options = stamped(700, 0));
    FROM(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .options = stamped(1, 700));
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .options = stamped(701, 1));
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = stamped(2, 700));
    expect_found(NULL);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .options = stamped(2, 702));
    expect_found("RFC7323-3.2-2");
}

static void echo__on_a_syn__is_found(void **state)
{
    (void)state;
    FROM(.seq = ISS, .control = TCPR_SYN, .options = stamped(1, 0));
    expect_found(NULL);
    FROM(.seq = ISS, .control = TCPR_SYN, .options = stamped(2, 1));
    expect_found("RFC7323-3.2-1");
}

/* Whether an RST or a SYN was taken shows in what follows: who sends text goes on as before. */
static void stream__after_a_reset_or_a_syn__is_judged(void **state)
{
    const uint16_t controls[] = {TCPR_RST, TCPR_RST | TCPR_ACK, TCPR_SYN};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        begin(state);
        handshake(0, 0);
        TO(.seq = IRS + 500, .ack = ISS + 1, .control = controls[i]);
        FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK);
        expect_found(NULL);
        FROM(.seq = ISS + 1, .ack = IRS + 2, .control = TCPR_ACK);
        expect_found("RFC9293-3.4-n1");
    }
}

static void stream__after_an_own_reset__is_judged(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 700, .control = TCPR_ACK);
    FROM(.seq = ISS + 700, .control = TCPR_RST);
    FROM(.seq = ISS + 1, .ack = IRS + 2, .control = TCPR_ACK);
    expect_found("RFC9293-3.4-n1");
}

/* The same numbers again, and yet another connection: its window is smaller. */
static void stream__of_the_next_connection__is_not_judged(void **state)
{
    (void)state;
    handshake(0, 0);
    TO(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_RST);
    TO(.seq = IRS, .control = TCPR_SYN);
    FROM_WINDOW(500, .seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK);
    FROM_WINDOW(500, .seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK);
    expect_found(NULL);
}

/* In SYN-SENT a SYN,ACK of something else is refused, and the right one comes. */
static void stream__of_the_second_syn_ack__is_not_judged(void **state)
{
    (void)state;
    FROM(.seq = ISS, .control = TCPR_SYN);
    TO(.seq = 90, .ack = ISS + 77, .control = TCPR_SYN | TCPR_ACK);
    FROM(.seq = ISS + 77, .control = TCPR_RST);
    TO(.seq = IRS, .ack = ISS + 1, .control = TCPR_SYN | TCPR_ACK);
    FROM(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK);
    expect_found(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(cookie__in_its_place__passes),
        CASE(cookie__out_of_place__is_found),
        CASE(option__of_an_illegal_length__is_found),
        CASE(user_timeout__of_zero__is_found),
        CASE(sack_blocks__are_judged),
        CASE(sack_block__at_the_ack__is_found),
        CASE(echo__of_what_was_never_received__is_found),
        CASE(echo__on_a_syn__is_found),
        CASE(stream__after_a_reset_or_a_syn__is_judged),
        CASE(stream__after_an_own_reset__is_judged),
        CASE(stream__of_the_next_connection__is_not_judged),
        CASE(stream__of_the_second_syn_ack__is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
