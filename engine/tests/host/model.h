/**
 * model.h - what a host does, told in the plainest way: a table of whole connections, searched from one end to the
 * other. No hash, no wheel, nothing compact. tests/host/random.c asks that tcpr_host says the same.
 */
#ifndef TCPROVE_TESTS_HOST_MODEL_H
#define TCPROVE_TESTS_HOST_MODEL_H

#include "../check.h"
#include "tcprove/tcprove.h"

/** A check outside of cmocka's tests: what is broken ends the run. */
#define require(condition) ((condition) ? (void)0 : model_broken(#condition, __FILE__, __LINE__))
extern unsigned long model_seed; /* of the run at hand, to repeat it */
_Noreturn void model_broken(const char *what, const char *file, int line);

#define MODEL_CONNS 256u
#define MODEL_LISTENERS 4u
#define MODEL_SAID_MAX 256u

/** What a connection of the table is to the host. */
enum model_kind {
    MODEL_FREE = 0,
    MODEL_HANDSHAKE = 1, /* in the SYN queue */
    MODEL_SLOT = 2,
    MODEL_LINGER = 3 /* TIME-WAIT without a slot */
};

struct model_conn {
    enum model_kind kind;
    struct tcpr_conn c;
    struct tcpr_ip ip; /* ours is the source */
    struct tcpr_handle handle;
    uint32_t listener; /* of a handshake, and of what waits */
    bool waits;        /* to be accepted */
    bool released;
};

struct model_listener {
    bool listens;
    uint16_t port;
    uint32_t backlog;
    struct tcpr_conn c;
    uint32_t queue[MODEL_CONNS]; /* of what waits, oldest first */
    uint32_t waiting;
};

/** One thing said: a result of an input or a timer, or a segment pulled (then fx is zero). Padding is zero. */
struct said {
    struct tcpr_ip ip;
    uint16_t local_port, remote_port;
    struct tcpr_effects fx;
    struct tcpr_segment seg;
};

struct model {
    struct tcpr_config config;
    struct tcpr_host_options options;
    tcpr_time now;
    struct model_conn conns[MODEL_CONNS];
    struct model_listener listeners[MODEL_LISTENERS];
    struct said said[MODEL_SAID_MAX]; /* since the last model_hush */
    size_t count;
    struct model_conn *made; /* by the last input: a handshake that became a connection */
};

void model_hush(struct model *m);
void model_input(struct model *m, const struct tcpr_ip *ip, const struct tcpr_segment *seg);
void model_time(struct model *m);
void model_pull(struct model *m);
void model_listen(struct model *m, uint32_t index, uint16_t port, uint32_t backlog);
void model_unlisten(struct model *m, uint32_t index);
struct model_conn *model_accept(struct model *m, uint32_t index);
struct model_conn *model_connect(struct model *m, const struct tcpr_ip *ip, uint16_t local_port, uint16_t remote_port);
enum tcpr_status model_send(struct model *m, struct model_conn *e, uint32_t octets);
enum tcpr_status model_receive(struct model *m, struct model_conn *e, uint32_t octets, uint32_t *taken);
enum tcpr_status model_close(struct model *m, struct model_conn *e);
void model_let_go(struct model *m, struct model_conn *e, bool abort);
void model_icmp(struct model *m, struct model_conn *e, const struct tcpr_icmp *icmp);
uint32_t model_slots(const struct model *m);
struct model_conn *model_find(struct model *m, const struct tcpr_ip *outgoing, uint16_t local_port,
                              uint16_t remote_port);
tcpr_time model_deadline(const struct model *m);

/** Note what was said, with all that means nothing made zero, so that two can be compared octet by octet. */
void said_result(struct said *out, const struct tcpr_ip *ip, uint16_t local_port, uint16_t remote_port,
                 const struct tcpr_effects *fx);
void said_segment(struct said *out, const struct tcpr_ip *ip, const struct tcpr_segment *seg);

#endif
