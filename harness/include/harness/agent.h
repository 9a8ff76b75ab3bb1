/**
 * harness/agent.h - the protocol between tcprove and an agent, which makes the socket calls on another machine.
 *
 *      agent                                       tcprove
 *      HELLO version, nonce            --->
 *                                      <---        PROVE nonce, proof that it has the token
 *      WELCOME proof, what it can do   --->
 *                                      <---        requests: BEGIN, LISTEN, SEND ... END
 *      one ANSWER to each, EVENTs      --->
 *
 * docs/agent-protocol.md defines it. Nothing here does input or output: octets in, octets out.
 */
#ifndef HARNESS_AGENT_H
#define HARNESS_AGENT_H

#include "harness/target.h"

#define AGENT_VERSION 1u
#define AGENT_HEADER_LEN 6u
#define AGENT_BODY_MAX 32768u
#define AGENT_FRAME_MAX (AGENT_HEADER_LEN + AGENT_BODY_MAX)
#define AGENT_TEXT_MAX 16384u /* octets of one SEND, or one RECEIVE */
#define AGENT_NONCE_LEN 32u
#define AGENT_PROOF_LEN 32u
#define AGENT_NAME_MAX 64u
#define AGENT_TOKEN_MIN 16u
#define AGENT_TOKEN_MAX 256u
/** What an agent may say that it can, as bits of enum tcprove_ability. */
#define AGENT_ABILITIES \
    ((unsigned)TCPROVE_CAN_STATE | TCPROVE_CAN_URGENT | TCPROVE_CAN_ABORT | TCPROVE_CAN_SIMULTANEOUS)

/* ---- Frames ---- */

enum agent_type {
    AGENT_HELLO = 1,
    AGENT_PROVE = 2,
    AGENT_WELCOME = 3,
    AGENT_REFUSED = 4, /* the session is over: why, in words */
    AGENT_BEGIN = 16,
    AGENT_END = 17,
    AGENT_LISTEN = 18,
    AGENT_CONNECT = 19,
    AGENT_SEND = 20,
    AGENT_RECEIVE = 21,
    AGENT_SHUTDOWN = 22,
    AGENT_CLOSE = 23,
    AGENT_ABORT = 24,
    AGENT_SET = 25,
    AGENT_STATE = 26,
    AGENT_SYNC = 27, /* answered like any other: all events before it have then been told */
    AGENT_ANSWER = 32,
    AGENT_EVENT = 33
};

/** One frame. `body` points into the octets that were read. */
struct agent_frame {
    uint8_t type;
    uint8_t connection;
    uint16_t run;
    const uint8_t *body;
    size_t len;
};

enum agent_taken { AGENT_TAKEN, AGENT_MORE, AGENT_BROKEN };
/** Take the first frame. @param used  octets it takes. MORE: it is not whole yet. BROKEN: these octets are none. */
enum agent_taken agent_frame_take(const uint8_t *octets, size_t len, struct agent_frame *out, size_t *used);
/** @return octets written; 0: no room, or the body is too long. */
size_t agent_frame_write(const struct agent_frame *frame, uint8_t *out, size_t room);

/* ---- What is in them; a reader returns false where the body is not what the type says, a writer 0 ---- */

struct agent_hello {
    uint8_t version;
    uint8_t nonce[AGENT_NONCE_LEN];
};
bool agent_hello_read(const struct agent_frame *frame, struct agent_hello *out);
size_t agent_hello_write(const struct agent_hello *hello, uint8_t *out, size_t room);

struct agent_prove {
    uint8_t nonce[AGENT_NONCE_LEN];
    uint8_t proof[AGENT_PROOF_LEN];
};
bool agent_prove_read(const struct agent_frame *frame, struct agent_prove *out);
size_t agent_prove_write(const struct agent_prove *prove, uint8_t *out, size_t room);

/** What the agent is like. */
struct agent_card {
    uint8_t proof[AGENT_PROOF_LEN];
    uint32_t abilities; /* of AGENT_ABILITIES */
    uint16_t runs_max;  /* at once; at least 1 */
    uint32_t msl_ms, rto_initial_ms;
    char name[AGENT_NAME_MAX + 1]; /* printable */
};
bool agent_card_read(const struct agent_frame *frame, struct agent_card *out);
size_t agent_card_write(const struct agent_card *card, uint8_t *out, size_t room);

/** REFUSED; the text is made printable and ends with 0. */
bool agent_refused_read(const struct agent_frame *frame, char *text, size_t room);
size_t agent_refused_write(const char *text, uint8_t *out, size_t room);

/** What BEGIN says of a run. `listens` is not told. */
struct agent_begin {
    struct lane_request request;
    uint8_t tester[16], target[16]; /* IPv4: the first four octets */
    uint16_t tester_port[LANE_CONNECTIONS_MAX];
};
struct agent_request {
    enum agent_type type;
    uint16_t run;
    uint8_t connection;
    struct agent_begin begin; /* BEGIN */
    struct app_call call;     /* LISTEN to SET */
};
bool agent_request_read(const struct agent_frame *frame, struct agent_request *out);
size_t agent_request_write(const struct agent_request *request, uint8_t *out, size_t room);
/** The request that makes a call. */
enum agent_type agent_type_of_call(enum call_kind kind);

struct agent_answer {
    uint16_t run;
    uint8_t connection;
    enum tcprove_result result;
    uint32_t value;        /* BEGIN: the target's port; SEND: octets taken; STATE: enum tcprove_state */
    const uint8_t *octets; /* OK: what RECEIVE read; else: the target's own word for it */
    size_t len;
};
bool agent_answer_read(const struct agent_frame *frame, struct agent_answer *out);
size_t agent_answer_write(const struct agent_answer *answer, uint8_t *out, size_t room);

struct agent_event {
    uint16_t run;
    uint8_t connection;
    enum tcprove_event event;
};
bool agent_event_read(const struct agent_frame *frame, struct agent_event *out);
size_t agent_event_write(const struct agent_event *event, uint8_t *out, size_t room);

/** Copy what came from the other side so that a terminal bears it; cut where there is no room. */
void agent_text_copy(char *out, size_t room, const uint8_t *octets, size_t len);

/* ---- Proving to have the token ---- */

struct agent_token {
    uint8_t octets[AGENT_TOKEN_MAX];
    size_t len;
};
/**
 * Read the token from a file, or from TCPROVE_TOKEN where `file` is NULL. Blanks at the end are not part of it.
 *
 * @return false with `why`: there is none, or it is shorter than AGENT_TOKEN_MIN.
 */
bool agent_token_read(const char *file, struct agent_token *out, char *why, size_t why_size);

enum agent_role { AGENT_ROLE_TESTER, AGENT_ROLE_AGENT };
/** HMAC-SHA-256, keyed by the token, over the role and both nonces. */
void agent_proof(const struct agent_token *token, enum agent_role role, const uint8_t *agent_nonce,
                 const uint8_t *tester_nonce, uint8_t proof[AGENT_PROOF_LEN]);
/** In a time that does not tell where they differ. */
bool agent_proof_same(const uint8_t *left, const uint8_t *right);
/** Numbers nobody can guess. @return false: the system gives none. */
bool agent_nonce_draw(uint8_t nonce[AGENT_NONCE_LEN]);

/** The command `tcprove agent`, and the program tcprove-agent (harness/src/agent). @return the exit status. */
int agent_main(int argc, char **argv);

/** HMAC (FIPS 198-1) over SHA-256 (FIPS 180-4). */
void hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *octets, size_t len, uint8_t out[32]);
void sha256(const uint8_t *octets, size_t len, uint8_t out[32]);

#endif
