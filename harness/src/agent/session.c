#include "session.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX (4u * 1024 * 1024) /* a tester that takes no answers is ended */

/* ---- What is to be sent ---- */

static uint8_t *room_for_frame(struct agent_session *session)
{
    size_t wanted = session->out_len + AGENT_FRAME_MAX;
    if (wanted > session->out_room) {
        size_t room = 2 * wanted;
        uint8_t *more = room > OUT_MAX ? NULL : realloc(session->out, room);
        if (!more) {
            session->stage = AGENT_OVER;
            return NULL;
        }
        session->out = more;
        session->out_room = room;
    }
    return session->out + session->out_len;
}

void agent_session_sent(struct agent_session *session, size_t len)
{
    session->out_len -= len;
    if (session->out_len > 0) { memmove(session->out, session->out + len, session->out_len); }
}

void agent_session_refuse(struct agent_session *session, const char *why)
{
    uint8_t *room = session->stage == AGENT_OVER ? NULL : room_for_frame(session);
    if (room) { session->out_len += agent_refused_write(why, room, AGENT_FRAME_MAX); }
    session->stage = AGENT_OVER;
}

void agent_session_tell(struct agent_session *session, uint16_t run, uint8_t connection, enum tcprove_event event)
{
    const struct agent_event told = {run, connection, event};
    uint8_t *room = session->stage == AGENT_WELCOMED ? room_for_frame(session) : NULL;
    if (room) { session->out_len += agent_event_write(&told, room, AGENT_FRAME_MAX); }
}

/* ---- The handshake ---- */

void agent_session_begin(struct agent_session *session, const struct agent_setup *setup, const uint8_t *nonce)
{
    *session = (struct agent_session){.setup = setup, .stage = AGENT_GREETED};
    memcpy(session->nonce, nonce, AGENT_NONCE_LEN);
    struct agent_hello hello = {.version = AGENT_VERSION};
    memcpy(hello.nonce, nonce, AGENT_NONCE_LEN);
    uint8_t *room = room_for_frame(session);
    if (room) { session->out_len += agent_hello_write(&hello, room, AGENT_FRAME_MAX); }
}

static void welcome(struct agent_session *session, const struct agent_frame *frame)
{
    struct agent_prove prove;
    uint8_t wanted[AGENT_PROOF_LEN];
    const struct agent_token *token = session->setup->token;
    if (!agent_prove_read(frame, &prove)) {
        agent_session_refuse(session, "a proof of the token is wanted first");
        return;
    }
    agent_proof(token, AGENT_ROLE_TESTER, session->nonce, prove.nonce, wanted);
    if (!agent_proof_same(prove.proof, wanted)) {
        agent_session_refuse(session, "that is not the token");
        return;
    }
    struct agent_card card = session->setup->card;
    agent_proof(token, AGENT_ROLE_AGENT, session->nonce, prove.nonce, card.proof);
    uint8_t *room = room_for_frame(session);
    if (!room) { return; }
    session->out_len += agent_card_write(&card, room, AGENT_FRAME_MAX);
    session->stage = AGENT_WELCOMED;
}

/* ---- Requests ---- */

static void answer(struct agent_session *session, const struct agent_request *request,
                   const struct call_outcome *outcome, uint32_t value)
{
    struct agent_answer said = {
        .run = request->run, .connection = request->connection, .result = outcome->result, .value = value};
    if (outcome->result == TCPROVE_OK) {
        said.octets = outcome->octets;
        said.len = outcome->octets ? outcome->len : 0;
    } else if (outcome->text) {
        said.octets = (const uint8_t *)outcome->text;
        said.len = strnlen(outcome->text, AGENT_TEXT_MAX);
    }
    uint8_t *room = room_for_frame(session);
    if (room) { session->out_len += agent_answer_write(&said, room, AGENT_FRAME_MAX); }
}

static bool spend(struct agent_session *session, size_t octets)
{
    session->octets += octets;
    if (session->octets <= session->setup->octets_max) { return true; }
    agent_session_refuse(session, "the session has used up the octets it may send and receive");
    return false;
}

static void call(struct agent_session *session, const struct agent_request *request)
{
    struct call_outcome outcome = {0};
    session->setup->application->call(session->setup->context, request->run, &request->call, &outcome);
    bool sends = request->type == AGENT_SEND && outcome.result == TCPROVE_OK;
    if (outcome.result == TCPROVE_OK && !spend(session, outcome.len)) { return; }
    answer(session, request, &outcome, sends ? (uint32_t)outcome.len : 0);
}

static void begin(struct agent_session *session, const struct agent_request *request)
{
    struct call_outcome outcome = {0};
    const struct agent_setup *setup = session->setup;
    uint16_t port = setup->application->begin(setup->context, request->run, &request->begin, &outcome);
    session->begun[request->run] = outcome.result == TCPROVE_OK;
    answer(session, request, &outcome, port);
}

static void end(struct agent_session *session, const struct agent_request *request)
{
    session->begun[request->run] = false;
    session->setup->application->end(session->setup->context, request->run);
    answer(session, request, &(struct call_outcome){0}, 0);
}

static bool is_in_place(const struct agent_session *session, const struct agent_request *request)
{
    bool known = request->run < session->setup->card.runs_max && request->run < AGENT_RUNS_MAX;
    return known && session->begun[request->run] == (request->type != AGENT_BEGIN);
}

/* What happened before the request is told before its answer. */
static void serve(struct agent_session *session, const struct agent_frame *frame)
{
    struct agent_request request;
    const struct agent_setup *setup = session->setup;
    if (!agent_request_read(frame, &request)) {
        agent_session_refuse(session, "that is no request");
        return;
    }
    if (!is_in_place(session, &request)) {
        agent_session_refuse(session, "the run has not begun, has begun already, or is one too many");
        return;
    }
    if (request.type == AGENT_BEGIN) {
        begin(session, &request);
        return;
    }
    setup->application->look(setup->context, request.run);
    if (request.type == AGENT_END) {
        end(session, &request);
    } else if (request.type == AGENT_STATE) {
        enum tcprove_state state = setup->application->state(setup->context, request.run, request.connection);
        answer(session, &request, &(struct call_outcome){0}, state);
    } else if (request.type == AGENT_SYNC) {
        answer(session, &request, &(struct call_outcome){0}, 0);
    } else {
        call(session, &request);
    }
}

/* ---- Octets ---- */

static void take_frames(struct agent_session *session)
{
    size_t at = 0, used = 0;
    struct agent_frame frame;
    enum agent_taken taken = AGENT_TAKEN;
    while (session->stage != AGENT_OVER && taken == AGENT_TAKEN) {
        taken = agent_frame_take(session->in + at, session->in_len - at, &frame, &used);
        if (taken == AGENT_BROKEN) { agent_session_refuse(session, "that is no frame"); }
        if (taken != AGENT_TAKEN) { break; }
        at += used;
        if (session->stage == AGENT_GREETED) {
            welcome(session, &frame);
        } else {
            serve(session, &frame);
        }
    }
    session->in_len -= at;
    memmove(session->in, session->in + at, session->in_len);
}

void agent_session_take(struct agent_session *session, const uint8_t *octets, size_t len)
{
    while (len > 0 && session->stage != AGENT_OVER) {
        size_t room = sizeof session->in - session->in_len, part = len < room ? len : room;
        memcpy(session->in + session->in_len, octets, part);
        session->in_len += part;
        octets += part;
        len -= part;
        take_frames(session);
    }
}

void agent_session_end(struct agent_session *session)
{
    session->stage = AGENT_OVER;
    for (uint16_t run = 0; run < AGENT_RUNS_MAX; run++) {
        if (session->begun[run]) { session->setup->application->end(session->setup->context, run); }
        session->begun[run] = false;
    }
    free(session->out);
    session->out = NULL;
    session->out_len = session->out_room = 0;
}
