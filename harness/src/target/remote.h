/*
 * The remote target from the inside: one capture on one link, shared by all lanes.
 *
 *      lanes, each a range of tester ports            the target
 *      lane 0  40000-40007  \
 *      lane 1  40008-40015   >-- wire: pcap, ARP/NDP --- link --- (gateway) --- its TCP, a service on its port
 *      ...                  /
 *
 * Whoever looks at the wire (a thread of its own, or a lane whose time is up) sorts all that came into the lanes'
 * queues by port. A segment for a port of no lane is answered with a reset, as RFC 9293 section 3.10.7.1 has it: so
 * nothing stays half-open.
 */
#ifndef HARNESS_TARGET_REMOTE_INSIDE_H
#define HARNESS_TARGET_REMOTE_INSIDE_H

#include "harness/net.h"
#include "harness/remote.h"
#include "remote_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#define REMOTE_FRAME_MAX 65600u
#define REMOTE_WHY_MAX 256u

/* ---- remote_route.c: what this host knows of the way, by rtnetlink ---- */

struct remote_route {
    int link_index;
    char link[16];
    uint8_t link_mac[6];
    uint8_t next_hop[16];     /* the gateway, or the target itself */
    uint8_t host_address[16]; /* this host's on that link; all zero: it has none */
    uint8_t prefix_len;       /* of host_address */
    bool merges_frames;       /* receive offload is on */
};
/* @return false with `why`. */
bool remote_route_find(const struct remote_options *options, struct remote_route *out, char *why);

/* ---- remote_wire.c: frames ---- */

struct remote_wire;
typedef void remote_datagram_fn(void *context, const uint8_t *datagram, size_t len, tcpr_time at);

struct remote_wire {
    void *pcap; /* pcap_t */
    int fd;     /* readable: something came */
    struct remote_route route;
    struct station tester; /* `mac` is what its frames come from */
    bool plays_station;    /* the address is tcprove's own: it answers for it */
    uint8_t version;
    uint8_t next_mac[6];
    uint8_t wanted[16]; /* while an address is looked for: whose */
    bool asked, told;   /* somebody else asked for it (as a probe); somebody told it */
    uint8_t told_mac[6];
    remote_datagram_fn *take;
    void *context;
    pthread_mutex_t capture_lock; /* of pcap's reading side */
    pthread_mutex_t send_lock;    /* of its writing side and the allowance */
    unsigned rate;
    double allowance;   /* datagrams that may go out at once */
    tcpr_time next_run; /* no further run begins before */
    tcpr_time refilled;
};

bool remote_wire_open(struct remote_wire *wire, const struct remote_route *route, uint8_t version, unsigned rate,
                      char *why);
void remote_wire_close(struct remote_wire *wire);
/* Let through only what is of this test. `filter` is in pcap's language. */
bool remote_wire_filter(struct remote_wire *wire, const char *filter, char *why);
/* Send a frame as it is. */
bool remote_wire_send_frame(struct remote_wire *wire, const uint8_t *frame, size_t len);
/* Send a datagram to the next hop; waits while the rate is used up. */
bool remote_wire_send(struct remote_wire *wire, const uint8_t *datagram, size_t len);
/* Wait until a run may begin. Runs wait for the rate before they begin, so that they need not while they are under way:
 * what goes out late is judged late. */
void remote_wire_pace(struct remote_wire *wire);
/* Take in all that has come; waits for nothing. */
void remote_wire_pump(struct remote_wire *wire);
/* Wait until something came or the time is over. */
void remote_wire_wait(const struct remote_wire *wire, tcpr_time us);
/* Datagrams the system lost for want of room, ever. */
uint32_t remote_wire_lost(struct remote_wire *wire);
tcpr_time remote_now(void);

/* ---- remote_station.c: the tester's address, and the next hop's ---- */

/* Choose the tester's address as the options say and take it into use. */
bool remote_station_choose(struct remote_wire *wire, const struct remote_options *options, char *why);
/* Find the next hop's Ethernet address. */
bool remote_station_resolve(struct remote_wire *wire, char *why);

/* ---- remote_silence.c: this host's kernel kept out of connections from its own address ---- */

/* A process that holds the packet filter, and takes it away when tcprove ends, however it does. */
struct remote_silence {
    pid_t keeper; /* 0: none */
    int pipe;
};
struct remote_ports {
    uint16_t first;
    uint16_t count;
};
bool remote_silence_begin(struct remote_silence *silence, const struct remote_wire *wire, const uint8_t *target,
                          struct remote_ports ports, char *why);
void remote_silence_end(struct remote_silence *silence);

/* ---- remote_control.c: what application there is on the target ---- */

struct remote;
struct remote_control;
struct remote_control_ops {
    /* A lane begins. Sets the target's port; @return false with *why: the spec is skipped. */
    bool (*begin)(struct remote_control *control, struct lane *lane, const struct lane_request *request,
                  const char **why);
    void (*call)(struct remote_control *control, struct lane *lane, const struct app_call *call,
                 struct call_outcome *outcome);
    enum tcprove_state (*state)(struct remote_control *control, struct lane *lane, unsigned connection);
    /* All that has happened to the lane's application until now has been told on return. May be left out. */
    void (*settle)(struct remote_control *control, struct lane *lane);
    void (*end)(struct remote_control *control, struct lane *lane);
    void (*destroy)(struct remote_control *control);
};
/* Embed it first in the struct of a kind. */
struct remote_control {
    const struct remote_control_ops *ops;
    const char *name;                 /* "no service", "echo service" */
    unsigned abilities;               /* TARGET_... | TCPROVE_CAN_... that it adds */
    unsigned runs_max;                /* lanes at once; 0: any number */
    tcpr_time msl_us, rto_initial_us; /* as in struct target; 0: not known */
};
/* A service on a known port, or on none. @return NULL: out of memory. */
struct remote_control *remote_control_service(struct remote *remote, enum remote_service service);
/* An agent on the target, which makes every call. @return NULL with `why`. */
struct remote_control *remote_control_agent(struct remote *remote, char *why);
/* With the tester's address known: does the agent work with it, and how long does an answer take? */
bool remote_control_agent_try(struct remote_control *control, tcpr_time *slowest_us, char *why);

/* ---- remote_lane.c ---- */

/* One thing that came for a lane. */
struct remote_item {
    struct remote_item *next;
    struct observation seen;
    uint8_t octets[];
};

/* What is known of one connection, for its reset. */
struct remote_connection {
    bool begun;        /* the tester or the target has sent a segment of it */
    bool target_spoke; /* ... the target has; `acked` is its last ACK */
    uint16_t target_port;
    uint32_t acked;
    uint16_t last_control; /* control bits of the last segment either way */
};

struct lane {
    struct remote *remote;
    bool in_use;
    bool controlled; /* the control knows of it; not while all is tried out */
    unsigned group;  /* which of the port ranges */
    struct lane_request request;
    struct lane_addresses addresses;
    tcpr_time began;
    pthread_cond_t changed;
    struct remote_item *first, *last;
    size_t queued; /* octets */
    tcpr_time last_at;
    struct remote_item *given; /* the observation the runner looks at */
    const char *fault;
    bool sent, heard;
    struct remote_connection connection[LANE_CONNECTIONS_MAX];
    void *control; /* the control's own, of this lane */
};

struct remote {
    struct target target;
    struct remote_options options;
    struct remote_wire wire;
    struct remote_silence silence;
    struct remote_control *control;
    struct remote_ports ports;
    uint16_t closed_port; /* answers with a reset; 0: none was found */
    pthread_mutex_t lock; /* of all below, and of the lanes' queues */
    struct lane **owner;  /* by group; NULL: no lane has it now */
    unsigned groups, next_group;
    unsigned lane_count;
    struct lane *lane;
    unsigned begun; /* connections now */
    uint32_t lost;
    unsigned unheard; /* lanes in a row that heard nothing */
    const char *gone; /* why nothing more can be learnt, or NULL */
    bool ready;       /* all has been tried; from now on a thread of its own looks at the wire */
    struct remote_thread thread;
    atomic_bool ending;
    char name[80];
    char profile[320];
};

extern const struct target_ops remote_ops;
void remote_destroy(struct target *target);
/* What came off the wire, into the queue of the lane it is for. */
remote_datagram_fn remote_take;
/* The application learnt something: what a control tells, from any thread. */
void remote_lane_tell(struct lane *lane, unsigned connection, enum tcprove_event event);
/* Nothing more can be learnt of the target; `why` lives as long as it does. From any thread. */
void remote_give_up(struct remote *remote, const char *why);
/* Start the thread that looks at the wire. Before that whoever waits looks himself. */
bool remote_start(struct remote *remote);

/* ---- remote_reset.c: nothing stays half-open ---- */

/* Keep the books of a connection. */
void remote_reset_note(struct lane *lane, const uint8_t *datagram, size_t len, bool from_target);
/* End what the lane has begun. */
void remote_reset_lane(struct lane *lane);
/* Answer a segment that belongs to no lane. */
void remote_reset_stray(struct remote *remote, const uint8_t *datagram, const struct datagram *parsed);

/* ---- remote_probe.c: what the target is like, before the first spec ---- */

bool remote_probe(struct remote *remote, char *why);
/* Does it still answer at all? */
bool remote_probe_alive(struct lane *lane);

#endif
