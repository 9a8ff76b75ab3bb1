/**
 * lab.h - a host under test, and the far ends of its connections, whose segments a test makes by hand.
 */
#ifndef TCPROVE_TESTS_HOST_LAB_H
#define TCPROVE_TESTS_HOST_LAB_H

#include "../check.h"
#include "tcprove/tcprove.h"

struct host_lab {
    struct tcpr_config config;
    struct tcpr_host_options options;
    struct tcpr_host *host;
    struct tcpr_listener listener; /* port 80, any address */
    struct tcpr_host_result res;   /* of the last input */
    struct tcpr_host_output out;   /* of the last pull */
    tcpr_time now;
};

/** The far end of one connection. */
struct far {
    struct tcpr_ip ip; /* theirs is the source */
    uint16_t port, to;
    uint32_t seq, ack;
    struct tcpr_options options; /* of every segment */
};

/** A host with `options` (8 slots, 8 TIME-WAITs, 4 handshakes where they are 0) that listens on port 80 with `backlog`.
 */
void host_lab_begin(struct host_lab *lab, struct tcpr_host_options options, uint32_t backlog);
void host_lab_end(struct host_lab *lab);

/** The n-th far end, of IPv4 or 6. */
struct far far_end(uint32_t n, uint8_t version);

/** It sends a segment at far->seq, far->ack; the result is in lab->res. */
void far_sends(struct host_lab *lab, const struct far *far, uint16_t control, uint32_t text_len);

/** It sends its SYN and takes the SYN,ACK. */
void far_syn(struct host_lab *lab, struct far *far);

/** The whole handshake. @return the connection, accepted. */
struct tcpr_handle far_opens(struct host_lab *lab, struct far *far);

/** Pull all there is. @return how many segments; the last is in lab->out. */
uint32_t host_lab_pull(struct host_lab *lab);

/** Let time come to lab->now + us. @return how many results there were; the last is in lab->res. */
uint32_t host_lab_wait(struct host_lab *lab, tcpr_time us);

/** The rule of the last input's first decision. */
enum tcpr_rule host_lab_rule(const struct host_lab *lab);

struct tcpr_host_counts host_lab_counts(const struct host_lab *lab);

#endif
