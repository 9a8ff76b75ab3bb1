/**
 * session.h - the agent's side of one control connection: octets in, octets out, calls between.
 *
 * It knows no sockets: what makes the calls is given to it. So it can be tried and fuzzed alone.
 */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include "harness/agent.h"

#define AGENT_RUNS_MAX 256u

/** What makes the calls. `run` is below the card's runs_max and has begun, but for begin(). */
struct agent_application {
    /** @return in the outcome OK and the target's port, or why the run cannot be. */
    uint16_t (*begin)(void *context, uint16_t run, const struct agent_begin *begin, struct call_outcome *outcome);
    void (*end)(void *context, uint16_t run);
    void (*call)(void *context, uint16_t run, const struct app_call *call, struct call_outcome *outcome);
    enum tcprove_state (*state)(void *context, uint16_t run, uint8_t connection);
    /** Tell what happened until now, by agent_session_tell(). */
    void (*look)(void *context, uint16_t run);
};

struct agent_setup {
    const struct agent_token *token;
    struct agent_card card;
    uint64_t octets_max; /* that the application may send and receive */
    const struct agent_application *application;
    void *context;
};

enum agent_stage { AGENT_GREETED, AGENT_WELCOMED, AGENT_OVER };

struct agent_session {
    const struct agent_setup *setup;
    enum agent_stage stage;
    uint8_t nonce[AGENT_NONCE_LEN];
    bool begun[AGENT_RUNS_MAX];
    uint64_t octets; /* sent and received by the application */
    uint8_t in[AGENT_FRAME_MAX];
    size_t in_len;
    uint8_t *out; /* to be sent; malloc */
    size_t out_len, out_room;
};

/** Begin a session, which greets the tester. `setup` outlives it. */
void agent_session_begin(struct agent_session *session, const struct agent_setup *setup, const uint8_t *nonce);
/** Octets came. When the stage is OVER afterwards, what is in `out` is sent and the connection closed. */
void agent_session_take(struct agent_session *session, const uint8_t *octets, size_t len);
/** The application of a run learnt something. */
void agent_session_tell(struct agent_session *session, uint16_t run, uint8_t connection, enum tcprove_event event);
/** So many octets of `out` have been sent. */
void agent_session_sent(struct agent_session *session, size_t len);
/** End the session, and say why. */
void agent_session_refuse(struct agent_session *session, const char *why);
/** End its runs and free what it holds. */
void agent_session_end(struct agent_session *session);

#endif
