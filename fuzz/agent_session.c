/* What a tester may say to an agent: the first octet tells whether the token is proved first. Whatever comes, calls are
 * made only for runs that have begun, each run ends once, and all that is answered are frames. */
#include "fuzz.h"
#include "harness/agent.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

#define RUNS 3u

struct stage {
    struct agent_session session;
    struct digest *digest;
    bool open[RUNS];
    bool proved;
};

static void is_open(const struct stage *stage, uint16_t run)
{
    fuzz_require(stage->proved, "a call without the token");
    fuzz_require(run < RUNS && stage->open[run], "a call for a run that has not begun");
}

static uint16_t begin_run(void *context, uint16_t run, const struct agent_begin *begin, struct call_outcome *outcome)
{
    struct stage *stage = context;
    fuzz_require(stage->proved && run < RUNS && !stage->open[run], "a run begins twice, or without the token");
    if (begin->request.mtu) { *outcome = (struct call_outcome){.result = TCPROVE_NOT_SUPPORTED, .text = "mtu"}; }
    stage->open[run] = outcome->result == TCPROVE_OK;
    return begin->tester_port[0];
}

static void end_run(void *context, uint16_t run)
{
    struct stage *stage = context;
    is_open(stage, run);
    stage->open[run] = false;
}

static void call_run(void *context, uint16_t run, const struct app_call *call, struct call_outcome *outcome)
{
    static const uint8_t text[AGENT_TEXT_MAX];
    struct stage *stage = context;
    is_open(stage, run);
    fuzz_require(call->connection < LANE_CONNECTIONS_MAX, "a connection that is none");
    if (call->kind == CALL_SEND) {
        digest_add(stage->digest, call->octets, call->len);
        outcome->len = call->len;
    }
    if (call->kind == CALL_RECEIVE) { *outcome = (struct call_outcome){.octets = text, .len = call->len}; }
    if (call->kind == CALL_ABORT) { *outcome = (struct call_outcome){.result = TCPROVE_REFUSED_CALL}; }
}

static enum tcprove_state state_of_run(void *context, uint16_t run, uint8_t connection)
{
    is_open(context, run);
    return connection == 0 ? TCPROVE_ESTABLISHED : TCPROVE_UNKNOWN;
}

static void look_at_run(void *context, uint16_t run)
{
    struct stage *stage = context;
    is_open(stage, run);
    agent_session_tell(&stage->session, run, 1, TCPROVE_READABLE);
}

static void prove(struct stage *stage, const struct agent_token *token, const uint8_t *nonce)
{
    uint8_t octets[128];
    struct agent_prove proof = {.nonce = {2}};
    agent_proof(token, AGENT_ROLE_TESTER, nonce, proof.nonce, proof.proof);
    stage->proved = true;
    agent_session_take(&stage->session, octets, agent_prove_write(&proof, octets, sizeof octets));
    fuzz_require(stage->session.stage == AGENT_WELCOMED, "the right token is refused");
}

static void check_said(const struct agent_session *session)
{
    size_t at = 0, used = 0;
    struct agent_frame frame;
    for (; at < session->out_len; at += used) {
        enum agent_taken taken = agent_frame_take(session->out + at, session->out_len - at, &frame, &used);
        fuzz_require(taken == AGENT_TAKEN, "the agent says what is no frame");
    }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    static const struct agent_application application = {begin_run, end_run, call_run, state_of_run, look_at_run};
    struct stage *stage = len > 0 ? calloc(1, sizeof *stage) : NULL;
    if (!stage) { return; }
    struct agent_token token = {.len = AGENT_TOKEN_MIN};
    uint8_t nonce[AGENT_NONCE_LEN] = {1};
    const struct agent_setup setup = {.token = &token,
                                      .card = {.runs_max = RUNS, .name = "fuzz"},
                                      .octets_max = 100000,
                                      .application = &application,
                                      .context = stage};
    stage->digest = digest;
    agent_session_begin(&stage->session, &setup, nonce);
    if (octets[0] & 1) { prove(stage, &token, nonce); }
    size_t cut = 1 + (octets[0] >> 1); /* in pieces */
    for (size_t at = 1; at < len; at += cut) {
        agent_session_take(&stage->session, octets + at, len - at < cut ? len - at : cut);
    }
    check_said(&stage->session);
    digest_add(digest, stage->session.out, stage->session.out_len);
    agent_session_end(&stage->session);
    for (unsigned i = 0; i < RUNS; i++) {
        fuzz_require(!stage->open[i], "a run outlives its session");
    }
    free(stage);
}
