/* ecn.h - what the tests of RFC 3168's two sides begin with. */
#ifndef TCPROVE_TESTS_ECN_H
#define TCPROVE_TESTS_ECN_H

#include "support.h"

#define MSS 1460u
#define ECT_0 2u
#define SETUP_ACK (TCPR_SYN | TCPR_ACK | TCPR_ECE)

/* Established, ECN agreed on, and the peer's window 1 MiB. */
static inline void reach(struct lab *lab, struct how how)
{
    how.ecn = true;
    how.send_buffer = 1u << 20;
    how.options |= TCPR_OPT_WINDOW_SCALE;
    how.peer_shift = 4;
    lab_reach(lab, TCPR_ESTABLISHED, how);
    lab->window = 65535;
    lab_arrives(lab, SEG(.ctl = TCPR_ACK, .seq = lab->c.rcv.nxt, .ack = lab->c.snd.nxt));
}

static inline void ack_ece(struct lab *lab, uint32_t number)
{
    lab_arrives(lab, SEG(.ctl = TCPR_ACK | TCPR_ECE, .seq = lab->c.rcv.nxt, .ack = number));
}

/* `segments` full segments leave at once. @return SND.UNA */
static inline uint32_t out(struct lab *lab, uint32_t segments)
{
    lab->c.cc.cwnd = segments * MSS;
    lab_send(lab, 100 * MSS);
    assert_int_equal(lab_pull(lab), segments);
    return lab->c.snd.una;
}

#endif
