/**
 * server.h - the agent as a program: a socket that listens, sessions, and the sockets of their runs.
 */
#ifndef AGENT_SERVER_H
#define AGENT_SERVER_H

#include "harness/agent.h"
#include "harness/sockets.h"
#include "session.h"

#define AGENT_SESSIONS_MAX 4u /* with the token */
#define AGENT_GUESTS_MAX 8u   /* that have yet to prove it */
#define AGENT_PEERS_MAX 16u

/** Addresses by their first bits. */
struct agent_network {
    uint8_t version;
    uint8_t address[16];
    unsigned bits;
};

struct agent_options {
    struct agent_token token;
    union endpoint_address listen;
    struct agent_network peer[AGENT_PEERS_MAX]; /* whom the runs may talk to, beside who is at the control connection */
    unsigned peers;
    uint16_t port_first, port_last; /* of the target */
    unsigned runs;                  /* of a session, at once */
    uint64_t octets;                /* of a session */
    unsigned idle_s;
};

/** Read "192.0.2.0/24" or an address. */
bool agent_network_parse(const char *text, struct agent_network *out);
bool agent_network_has(const struct agent_network *network, uint8_t version, const uint8_t *address);

/* ---- runs.c: the application, by sockets ---- */

/** What epoll tells of; embedded first in what it is. */
struct agent_source {
    enum { SOURCE_SIGNAL, SOURCE_LISTENER, SOURCE_SLOT, SOURCE_RUN } kind;
};

struct agent_run {
    struct agent_source source;
    struct agent_runs *runs;
    uint16_t number;
    struct sockets sockets;
};

/** The runs of one session. */
struct agent_runs {
    const struct agent_options *options;
    struct agent_session *session;
    union endpoint_address tester; /* who is at the control connection */
    int epoll_fd;                  /* gets the runs' edges, with an agent_source as data */
    uint16_t *next_port;           /* shared by all sessions */
    struct agent_run *run[AGENT_RUNS_MAX];
};
extern const struct agent_application agent_runs_application;
/** Tell what happened in a run. */
void agent_run_look(struct agent_run *run);
/** Look for closed connections that have vanished. @return microseconds until that is to be done again, or TCPR_NEVER.
 */
tcpr_time agent_runs_watch(struct agent_runs *runs);
/** What this machine can. */
void agent_runs_card(const struct agent_options *options, struct agent_card *card);

/* ---- server.c ---- */

/** Serve until a signal ends it. @return false with `why`: it cannot begin. */
bool agent_serve(const struct agent_options *options, char *why, size_t why_size);

#endif
