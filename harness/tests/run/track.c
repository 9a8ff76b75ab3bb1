/* The target's TCB as the tester reckons it: sent, observed, consumed. */
#include "../../src/run/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ISS 5000u
#define IRS 100u

static struct track t;

#define SEGMENT(...) (&(struct tcpr_segment){__VA_ARGS__})
#define SENT(...) track_sent(&t, SEGMENT(__VA_ARGS__))
#define CAME(...) came(SEGMENT(__VA_ARGS__))

static void came(const struct tcpr_segment *seg)
{
    track_observed(&t, seg);
    track_consumed(&t, seg);
}

/* A passive open; the target's window is 1000. */
static int open_passive(void **state)
{
    (void)state;
    t = (struct track){.version = 4};
    SENT(.seq = IRS, .control = TCPR_SYN, .window = 500);
    CAME(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .window = 1000);
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .window = 500);
    return 0;
}

static uint32_t number(enum spec_name name)
{
    struct value v = {0};
    const char *why = "";
    assert_true(track_name(&t, name, &v, &why));
    return (uint32_t)v.number;
}

static void handshake__all_names_known(void **state)
{
    (void)state;
    assert_int_equal(number(NAME_IRS), IRS);
    assert_int_equal(number(NAME_ISS), ISS);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
    assert_int_equal(number(NAME_RCV_RIGHT), IRS + 1001);
    assert_int_equal(number(NAME_RCV_WND), 1000);
    assert_int_equal(number(NAME_SND_NXT), ISS + 1);
    assert_int_equal(number(NAME_SND_UNA), ISS + 1);
    assert_int_equal(number(NAME_SND_WND), 500);
    assert_int_equal(number(NAME_MSS), 536);
    assert_false(track_behind(&t));
}

static void text__moves_rcv_nxt_and_leaves_acked_behind(void **state)
{
    (void)state;
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 11);
    assert_int_equal(number(NAME_ACKED), IRS + 1);
    assert_true(track_behind(&t));
    CAME(.seq = ISS + 1, .ack = IRS + 11, .control = TCPR_ACK, .window = 990);
    assert_false(track_behind(&t));
    assert_int_equal(number(NAME_RCV_WND), 990);
}

static void text__beyond_the_window__does_not_count(void **state)
{
    (void)state;
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 1200);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1001);
    SENT(.seq = IRS + 1001, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1001);
}

static void text__out_of_order__counts_once_the_gap_is_filled(void **state)
{
    (void)state;
    SENT(.seq = IRS + 21, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    SENT(.seq = IRS + 11, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 10);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 31);
}

static void text__target_took_more_than_its_window__is_believed(void **state)
{
    (void)state;
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 1200);
    CAME(.seq = ISS + 1, .ack = IRS + 1201, .control = TCPR_ACK, .window = 900);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1201);
}

static void ack__of_what_was_never_sent__is_not_believed(void **state)
{
    (void)state;
    CAME(.seq = ISS + 1, .ack = IRS + 500, .control = TCPR_ACK, .window = 900);
    assert_int_equal(number(NAME_ACKED), IRS + 1);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
}

static void segments_a_target_refuses__do_not_count(void **state)
{
    (void)state;
    SENT(.seq = IRS + 1, .ack = ISS + 99, .control = TCPR_ACK, .text_len = 10); /* acknowledges too much */
    SENT(.seq = IRS + 1, .text_len = 10);                                       /* no ACK bit */
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK | TCPR_RST, .text_len = 10);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
}

static void fin__takes_a_number(void **state)
{
    (void)state;
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK | TCPR_FIN);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 2);
    CAME(.seq = ISS + 1, .ack = IRS + 2, .control = TCPR_ACK | TCPR_FIN, .window = 1000);
    assert_int_equal(number(NAME_SND_NXT), ISS + 2);
}

static void observed_only__snd_nxt_waits_for_the_step(void **state)
{
    (void)state;
    const struct tcpr_segment *text =
        SEGMENT(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .text_len = 5, .window = 1000);
    track_observed(&t, text);
    assert_int_equal(number(NAME_SND_NXT), ISS + 1);
    assert_int_equal(t.seen_end, ISS + 6);
    track_consumed(&t, text);
    assert_int_equal(number(NAME_SND_NXT), ISS + 6);
}

static void scaling__shifts_all_but_syns(void **state)
{
    (void)state;
    struct tcpr_options ws = {.present = TCPR_OPT_WINDOW_SCALE, .window_scale = 4};
    t = (struct track){.version = 4};
    SENT(.seq = IRS, .control = TCPR_SYN, .window = 500, .options = ws);
    CAME(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .window = 1000, .options = ws);
    assert_int_equal(number(NAME_RCV_WND), 1000);
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .window = 500);
    assert_int_equal(number(NAME_SND_WND), 8000);
    CAME(.seq = ISS + 1, .ack = IRS + 1, .control = TCPR_ACK, .window = 1000);
    assert_int_equal(number(NAME_RCV_WND), 16000);
}

static void active_open__counts_from_the_testers_syn_ack(void **state)
{
    (void)state;
    t = (struct track){.version = 6};
    CAME(.seq = ISS, .control = TCPR_SYN, .window = 1000);
    assert_int_equal(number(NAME_ISS), ISS);
    SENT(.seq = IRS, .ack = ISS + 1, .control = TCPR_SYN | TCPR_ACK, .window = 500);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
    assert_int_equal(number(NAME_RCV_WND), 1000);
    assert_int_equal(number(NAME_SND_UNA), ISS + 1);
    assert_int_equal(number(NAME_MSS), 1220);
    assert_true(track_behind(&t));
}

static void old_duplicate_syn__reset__and_the_new_one_counts(void **state)
{
    (void)state;
    t = (struct track){.version = 4};
    SENT(.seq = 90, .control = TCPR_SYN);
    CAME(.seq = ISS, .ack = 91, .control = TCPR_SYN | TCPR_ACK, .window = 1000);
    SENT(.seq = 91, .control = TCPR_RST);
    SENT(.seq = IRS, .control = TCPR_SYN);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
    CAME(.seq = ISS + 700, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .window = 1000);
    assert_int_equal(number(NAME_ISS), ISS + 700);
    assert_int_equal(number(NAME_SND_NXT), ISS + 701);
}

static void syn_in_a_connection__is_not_its_beginning(void **state)
{
    (void)state;
    struct tcpr_options ts = {.present = TCPR_OPT_TIMESTAMPS, .ts_val = 50};
    SENT(.seq = 40000, .control = TCPR_SYN, .options = ts);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
    assert_int_equal(t.ever_tester_offers, TCPR_OPT_TIMESTAMPS);
    /* ... unless the target takes it for one. */
    CAME(.seq = 9000, .ack = 40001, .control = TCPR_SYN | TCPR_ACK, .window = 1000);
    assert_int_equal(number(NAME_RCV_NXT), 40001);
    assert_int_equal(number(NAME_ISS), 9000);
}

static void syn_ack__of_a_syn_never_sent__is_not_believed(void **state)
{
    (void)state;
    t = (struct track){.version = 4};
    SENT(.seq = IRS, .control = TCPR_SYN);
    CAME(.seq = ISS, .ack = IRS + 2, .control = TCPR_SYN | TCPR_ACK, .window = 1000);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
}

static void syn_ack__whose_ack_covers_no_syn__acknowledges_nothing(void **state)
{
    (void)state;
    t = (struct track){.version = 4};
    CAME(.seq = ISS, .control = TCPR_SYN, .window = 1000);
    SENT(.seq = IRS, .ack = ISS + 2, .control = TCPR_SYN | TCPR_ACK, .window = 500);
    assert_int_equal(number(NAME_SND_UNA), ISS);
}

static void timestamps__old_ones_are_refused(void **state)
{
    (void)state;
    struct tcpr_options ts = {.present = TCPR_OPT_TIMESTAMPS, .ts_val = 50};
    struct tcpr_options old = {.present = TCPR_OPT_TIMESTAMPS, .ts_val = 49};
    t = (struct track){.version = 4};
    SENT(.seq = IRS, .control = TCPR_SYN, .options = ts);
    CAME(.seq = ISS, .ack = IRS + 1, .control = TCPR_SYN | TCPR_ACK, .window = 1000, .options = ts);
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 5, .options = old);
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 5);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 1);
    assert_int_equal(number(NAME_TS_RECENT), 50);
    SENT(.seq = IRS + 1, .ack = ISS + 1, .control = TCPR_ACK, .text_len = 5, .options = ts);
    assert_int_equal(number(NAME_RCV_NXT), IRS + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(handshake__all_names_known, open_passive),
        cmocka_unit_test_setup(text__moves_rcv_nxt_and_leaves_acked_behind, open_passive),
        cmocka_unit_test_setup(text__beyond_the_window__does_not_count, open_passive),
        cmocka_unit_test_setup(text__out_of_order__counts_once_the_gap_is_filled, open_passive),
        cmocka_unit_test_setup(text__target_took_more_than_its_window__is_believed, open_passive),
        cmocka_unit_test_setup(ack__of_what_was_never_sent__is_not_believed, open_passive),
        cmocka_unit_test_setup(segments_a_target_refuses__do_not_count, open_passive),
        cmocka_unit_test_setup(fin__takes_a_number, open_passive),
        cmocka_unit_test_setup(observed_only__snd_nxt_waits_for_the_step, open_passive),
        cmocka_unit_test(scaling__shifts_all_but_syns),
        cmocka_unit_test(active_open__counts_from_the_testers_syn_ack),
        cmocka_unit_test(old_duplicate_syn__reset__and_the_new_one_counts),
        cmocka_unit_test_setup(syn_in_a_connection__is_not_its_beginning, open_passive),
        cmocka_unit_test(syn_ack__of_a_syn_never_sent__is_not_believed),
        cmocka_unit_test(syn_ack__whose_ack_covers_no_syn__acknowledges_nothing),
        cmocka_unit_test(timestamps__old_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
