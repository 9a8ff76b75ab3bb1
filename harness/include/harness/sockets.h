/**
 * harness/sockets.h - the application of one run, made of Linux sockets: the calls a spec makes, and what it learns.
 *
 * The kernel target uses it in namespaces of tcprove's own, the agent on whatever machine it runs on.
 */
#ifndef HARNESS_SOCKETS_H
#define HARNESS_SOCKETS_H

#include "harness/target.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define SOCKETS_EVENTS_MAX 64u
#define SOCKETS_STRAYS_MAX 16u
#define SOCKETS_TEXT_MAX 65600u
/* Files that one run may open: its sockets, epoll, sock_diag. */
#define SOCKETS_FILES_MAX (LANE_CONNECTIONS_MAX + SOCKETS_STRAYS_MAX + 3u)

union endpoint_address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};
union endpoint_address endpoint_of(uint8_t version, const uint8_t *address, uint16_t port);
socklen_t endpoint_len(const union endpoint_address *endpoint);
bool endpoint_same_address(const union endpoint_address *left, const union endpoint_address *right);
bool endpoint_same(const union endpoint_address *left, const union endpoint_address *right);

/* ---- diag.c: states by sock_diag ---- */

int diag_open(void);
/** The state of the connection between two endpoints; LISTEN when only a listener matches. UNKNOWN: it cannot be told.
 */
enum tcprove_state diag_state(int fd, const union endpoint_address *local, const union endpoint_address *remote);
/** End whatever is left between two endpoints, TIME-WAIT included. Nothing may be left, and old systems cannot. */
void diag_destroy(int fd, const union endpoint_address *local, const union endpoint_address *remote);

/* ---- The application ---- */

/** Urgent text as a socket shows it. */
enum urgent_text {
    URGENT_NONE,
    URGENT_ANNOUNCED, /* the pointer is ahead, its octet has not come */
    URGENT_PENDING    /* the octet may be read */
};

/** The application's side of one connection. */
struct application {
    int fd;           /* the connection's socket, or -1 */
    bool connecting;  /* connect() is under way */
    bool established; /* has been: connected or accepted */
    bool given_up;    /* closed by the application: nothing but sock_diag tells of it */
    bool told_eof;
    bool told_closed; /* CLOSED_OK was told, or will never be */
    bool destroyed;   /* aborted */
    bool told_error;
    bool soft_error;         /* an ICMP error was reported and is yet to be told */
    int error;               /* what ended it, or 0 */
    int told_readable;       /* octets that could be read when last told */
    enum urgent_text urgent; /* when last looked at */
    int urgent_distance;     /* octets in front of the urgent one, while it is pending */
    uint8_t last_control;    /* control bits of the last segment either way, where the wire is seen */
};

struct sockets_event {
    tcpr_time at;
    unsigned connection;
    enum tcprove_event event;
};

struct sockets {
    /* Set by the owner, once. */
    int (*make)(void *context, int family); /* a stream socket, non-blocking; NULL: socket() */
    void *context;
    const char *congestion_control; /* NULL: the system's own */
    int diag_fd;
    int edges_fd; /* epoll: tells that something changed at a socket, once */
    /* Set for each run, before sockets_reset(). */
    struct lane_request request;
    union endpoint_address local;
    union endpoint_address remote[LANE_CONNECTIONS_MAX];
    bool tester_only; /* what comes from another address than the tester's is reset */
    /* Its own. */
    tcpr_time began; /* CLOCK_MONOTONIC */
    int listener;    /* or -1 */
    unsigned listening_connection;
    struct application application[LANE_CONNECTIONS_MAX];
    int stray[SOCKETS_STRAYS_MAX]; /* accepted from an endpoint that is no connection of this run */
    unsigned strays;
    struct sockets_event event[SOCKETS_EVENTS_MAX]; /* a ring */
    unsigned event_first, event_count;
    tcpr_time looked_at;  /* when the sockets were last looked at */
    tcpr_time stamp;      /* of the events found by the present look */
    tcpr_time watch_next; /* when to look again whether a connection has vanished */
    tcpr_time watch_step;
    const char *fault;
    uint8_t text[SOCKETS_TEXT_MAX]; /* what RECEIVE read */
};

tcpr_time monotonic_us(void);
/** Nothing is open. */
void sockets_reset(struct sockets *sockets);
/** Microseconds since `began`. */
tcpr_time sockets_now(const struct sockets *sockets);
/** Close every socket so that nothing outlives the run. */
void sockets_abandon(struct sockets *sockets);

/* ---- call.c: the application's calls ---- */

void sockets_call(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome);
/** LISTEN is the state of a connection that has not begun; of one that is over it is the listener's business. */
enum tcprove_state sockets_state(struct sockets *sockets, unsigned connection);
/** Whether this system has the congestion controller. */
bool sockets_have_congestion_control(const char *name);
/** A call failed for want of files or memory: the run is at fault then, not the target. */
void sockets_note_shortage(struct sockets *sockets, int error);
/** Whether Linux lets the ISN of the request be set. @return false with *why. */
bool sockets_isn_granted(struct sockets *sockets, const char **why);
/** Whether Linux grants the buffers of the request; each is checked on a socket made for that. @return false with *why.
 */
bool sockets_buffers_granted(struct sockets *sockets, const char **why);

/* ---- event.c: what the application learns ---- */

/** Look at every socket and note what changed since it was last looked at. @param until  what is being waited for. */
void sockets_harvest(struct sockets *sockets, tcpr_time until);
/** The event noted longest ago. @return false: there is none. */
bool sockets_take_event(struct sockets *sockets, struct sockets_event *out);
/** A socket call failed with what may be news of the connection: sockets_harvest will tell. */
void application_note_error(struct application *application, int error);
/** Look whether a closed connection has vanished, when it is time to. @return when to look again. */
tcpr_time sockets_watch(struct sockets *sockets);
/** Be told of changes at a socket. */
bool sockets_watch_edges(struct sockets *sockets, int fd);

#endif
