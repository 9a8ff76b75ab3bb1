/* RFC 6937: in recovery as many segments leave for those that arrive as the new window is to the old. */
#include "support.h"

#define MSS 1460u

/* `segments` of CWND are outstanding, the first is lost. @return SND.UNA */
static uint32_t reach(struct lab *lab, uint32_t segments)
{
    lab_reach(lab, TCPR_ESTABLISHED,
              (struct how){.ranges = 8,
                           .send_buffer = 1u << 20,
                           .options = TCPR_OPT_WINDOW_SCALE | TCPR_OPT_SACK_PERMITTED,
                           .peer_shift = 4});
    lab->window = 65535;
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
    lab_send(lab, 1000000);
    lab->c.cc.cwnd = segments * MSS;
    assert_int_equal(lab_pull(lab), segments);
    return lab->c.snd.una;
}

/* Segments up to `end` are reported, but for the first `lost`. @return how many left for it */
static size_t report(struct lab *lab, uint32_t una, uint32_t lost, uint32_t end)
{
    struct tcpr_options o = {.present = TCPR_OPT_SACK, .sack_count = 1};
    o.sack[0] = (struct tcpr_range){una + lost * MSS, una + end * MSS};
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = una, .options = &o));
    return lab_pull(lab);
}

/* RFC6937-3-1, RFC6937-3-3, RFC6937-3-5: one lost of forty; every second report lets one segment out, none two. */
static void one_lost__one_out_for_two_in(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 40), sent = 0;
    for (uint32_t i = 2; i <= 4; i++) {
        sent += (uint32_t)report(&lab, una, 1, i);
    }
    assert_int_equal(sent, 3); /* two by limited transmit, and the lost one */
    assert_int_equal(lab.c.cc.prr.recover_fs, 42 * MSS);
    assert_int_equal(lab.c.cc.ssthresh, 20 * MSS);
    for (uint32_t i = 5; i <= 40; i++) {
        size_t out = report(&lab, una, 1, i);
        assert_true(out <= 1);
        sent += (uint32_t)out;
        assert_in_range(sent, 1 + (i - 3) * 20 / 42, 3 + (i - 3) * 20 / 42 + 1);
    }
    lab_arrives(&lab, SEG(.ctl = TCPR_ACK, .seq = lab.c.rcv.nxt, .ack = lab.c.cc.recover));
    assert_int_equal(lab.c.flags & TCPR_FLAG_RECOVERY, 0);
    assert_int_equal(lab.c.cc.cwnd, 20 * MSS); /* RFC6937-3-6 */
}

/* RFC6937-3-4: half of it is lost at once: no silence until the rest drains, and no more than slow start would send. */
static void many_lost__slow_start_below_ssthresh(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 40);
    assert_in_range(report(&lab, una, 30, 36), 1, 8); /* six arrived, and one more may go */
    for (uint32_t i = 37; i <= 40; i++) {
        size_t out = report(&lab, una, 30, i);
        assert_in_range(out, 1, 2);
    }
}

/* Without the feature the window is there at once. */
static void off__ceiling_at_once(void **state)
{
    (void)state;
    struct lab lab;
    uint32_t una = reach(&lab, 40);
    lab.config.features &= ~(uint32_t)TCPR_FEATURE_PRR;
    assert_int_equal(report(&lab, una, 30, 36), 16); /* four on their way of twenty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lost__one_out_for_two_in),
        cmocka_unit_test(many_lost__slow_start_below_ssthresh),
        cmocka_unit_test(off__ceiling_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
