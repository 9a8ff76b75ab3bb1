/* Expressions, as specs write them: each is checked by a `check` step. */
#include "world.h"

#include <stdio.h>

#define CHECK(expression) HEAD "steps:\n  - check: " expression "\n"
#define KNOWN(expression) HEAD "given: ESTABLISHED\nsteps:\n  - check: " expression "\n"

static void holds(const char *yaml)
{
    assert_verdict(world_play_engine(yaml), VERDICT_PASS, "");
}

static void numbers__are_exact(void **state)
{
    (void)state;
    holds(CHECK("1+2*3 == 7"));
    holds(CHECK("(1+2)*3 == 9"));
    holds(CHECK("7/2*2 == 7"));
    holds(CHECK("0.1+0.2 == 0.3"));
    holds(CHECK("1.8*10 == 18"));
    holds(CHECK("-3+1 == -2"));
    holds(CHECK("0x10 == 16"));
    assert_verdict(world_play_engine(CHECK("2 > 3")), VERDICT_FAIL, "does not hold");
}

static void times__have_units(void **state)
{
    (void)state;
    holds(CHECK("1 s == 1000 ms"));
    holds(CHECK("1.5 s + 500 ms == 2 s"));
    holds(CHECK("2 min / 2 == 1 min"));
    holds(CHECK("3 s / 2 s == 1.5"));
    holds(CHECK("2*msl == 4 min"));
}

static void sequence_numbers__wrap(void **state)
{
    (void)state;
    const char *wrap = "given: {state: ESTABLISHED, isn: 4294967290}\nsteps:\n  - inject: <DATA=\"0123456789\">\n"
                       "  - acked: rcv.nxt\n";
    static char yaml[512];
    static const char *const relations[] = {"rcv.nxt == 5",      "rcv.nxt > irs",   "rcv.nxt-irs == 11",
                                            "rcv.nxt-11 == irs", "irs+11 == acked", "irs < rcv.nxt-10",
                                            "-irs == 6"};
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        snprintf(yaml, sizeof yaml, "%s%s  - check: %s\n", HEAD, wrap, relations[i]);
        holds(yaml);
    }
}

static void names__are_the_targets_own(void **state)
{
    (void)state;
    holds(KNOWN("snd.nxt == iss+1"));
    holds(KNOWN("snd.una == iss+1"));
    holds(KNOWN("rcv.nxt == irs+1"));
    holds(KNOWN("rcv.right-rcv.nxt == rcv.wnd"));
    holds(KNOWN("acked == rcv.nxt"));
    holds(KNOWN("snd.wnd == 65535"));
    holds(KNOWN("mss == 1460"));
    holds(KNOWN("rto == 1 s"));
    holds(KNOWN("tick == 0 s"));
}

static void no_value__is_an_error_not_a_crash(void **state)
{
    (void)state;
    assert_verdict(world_play_engine(CHECK("1/0 == 1")), VERDICT_ERROR, "division by zero");
    assert_verdict(world_play_engine(CHECK("4294967295*4294967295*4294967295 == 1")), VERDICT_ERROR, "too large");
    assert_verdict(world_play_engine(CHECK("acked == 1")), VERDICT_ERROR, "acked");
    assert_verdict(world_play_engine(HEAD "steps:\n  - inject: <CTL=SYN><WND=65535+1>\n  - silence: 1 s\n"),
                   VERDICT_ERROR, "out of range");
}

static void parameters__are_values_not_text(void **state)
{
    (void)state;
    holds(HEAD "parameters:\n  p: [1+1]\nsteps:\n  - check: \"{p}*2 == 4\"\n");
    holds(HEAD "parameters:\n  ctl: [\"RST,ACK\"]\nsteps:\n  - inject: <SEQ=1><CTL=SYN>\n"
               "  - expect: <SEQ=0><ACK=2><CTL={ctl}>\n");
}

static void ranges__include_both_ends(void **state)
{
    (void)state;
    const char *range =
        HEAD "steps:\n  - inject: <SEQ=%s><CTL=SYN>\n  - expect: <SEQ=0><ACK=4294967295..2><CTL=RST,ACK>\n";
    static char yaml[512];
    static const struct {
        const char *seq;
        enum verdict verdict;
    } cases[] = {{"4294967293", VERDICT_FAIL},
                 {"4294967294", VERDICT_PASS},
                 {"0", VERDICT_PASS},
                 {"1", VERDICT_PASS},
                 {"2", VERDICT_FAIL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(yaml, sizeof yaml, range, cases[i].seq);
        assert_verdict(world_play_engine(yaml), cases[i].verdict, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers__are_exact),
        cmocka_unit_test(times__have_units),
        cmocka_unit_test(sequence_numbers__wrap),
        cmocka_unit_test(names__are_the_targets_own),
        cmocka_unit_test(no_value__is_an_error_not_a_crash),
        cmocka_unit_test(parameters__are_values_not_text),
        cmocka_unit_test(ranges__include_both_ends),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
