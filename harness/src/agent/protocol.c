/* The frames of docs/agent-protocol.md, to octets and back. */
#include "harness/agent.h"
#include "harness/octets.h"

#include <string.h>

static const uint8_t magic[7] = {'t', 'c', 'p', 'r', 'o', 'v', 'e'};
enum { BEGIN_WINDOW_SCALE = 1, BEGIN_TIMESTAMPS = 2, BEGIN_SACK = 4, BEGIN_ISN = 8, BEGIN_KNOWN = 15 };

/* ---- A body, front to back ---- */

struct reader {
    const uint8_t *at;
    size_t left;
    bool good;
};

static const uint8_t *take(struct reader *r, size_t len)
{
    static const uint8_t nothing[AGENT_NONCE_LEN];
    r->good = r->good && len <= r->left && len <= sizeof nothing;
    if (!r->good) { return nothing; }
    const uint8_t *at = r->at;
    r->at += len;
    r->left -= len;
    return at;
}

static uint8_t take_u8(struct reader *r)
{
    return *take(r, 1);
}

static uint16_t take_u16(struct reader *r)
{
    return octets_get_u16(take(r, 2));
}

static uint32_t take_u32(struct reader *r)
{
    return octets_get_u32(take(r, 4));
}

static uint64_t take_u64(struct reader *r)
{
    uint64_t high = take_u32(r);
    return high << 32 | take_u32(r);
}

static struct reader read_body(const struct agent_frame *frame, enum agent_type type)
{
    return (struct reader){.at = frame->body, .left = frame->len, .good = frame->type == type};
}

static bool is_over(const struct reader *r)
{
    return r->good && r->left == 0;
}

/* ---- Writing: the header's length last ---- */

struct writer {
    uint8_t *begin;
    size_t len, room;
    bool good;
};

static void put(struct writer *w, const void *octets, size_t len)
{
    w->good = w->good && len <= w->room - w->len;
    if (!w->good || len == 0) { return; }
    memcpy(w->begin + w->len, octets, len);
    w->len += len;
}

static void put_u8(struct writer *w, uint8_t value)
{
    put(w, &value, 1);
}

static void put_u16(struct writer *w, uint16_t value)
{
    uint8_t octets[2];
    octets_put_u16(octets, value);
    put(w, octets, sizeof octets);
}

static void put_u32(struct writer *w, uint32_t value)
{
    uint8_t octets[4];
    octets_put_u32(octets, value);
    put(w, octets, sizeof octets);
}

static struct writer begin_frame(uint8_t *out, size_t room, enum agent_type type, uint8_t connection, uint16_t run)
{
    struct writer w = {.begin = out, .room = room, .good = true};
    put_u16(&w, 0);
    put_u8(&w, (uint8_t)type);
    put_u8(&w, connection);
    put_u16(&w, run);
    return w;
}

static size_t end_frame(struct writer *w)
{
    if (!w->good || w->len > AGENT_FRAME_MAX) { return 0; }
    octets_put_u16(w->begin, (uint16_t)(w->len - AGENT_HEADER_LEN));
    return w->len;
}

/* ---- Frames ---- */

enum agent_taken agent_frame_take(const uint8_t *octets, size_t len, struct agent_frame *out, size_t *used)
{
    if (len < AGENT_HEADER_LEN) { return AGENT_MORE; }
    size_t body = octets_get_u16(octets);
    if (body > AGENT_BODY_MAX || octets[3] >= LANE_CONNECTIONS_MAX) { return AGENT_BROKEN; }
    if (len - AGENT_HEADER_LEN < body) { return AGENT_MORE; }
    *out = (struct agent_frame){.type = octets[2],
                                .connection = octets[3],
                                .run = octets_get_u16(octets + 4),
                                .body = octets + AGENT_HEADER_LEN,
                                .len = body};
    *used = AGENT_HEADER_LEN + body;
    return AGENT_TAKEN;
}

size_t agent_frame_write(const struct agent_frame *frame, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, (enum agent_type)frame->type, frame->connection, frame->run);
    put(&w, frame->body, frame->len);
    return end_frame(&w);
}

bool agent_hello_read(const struct agent_frame *frame, struct agent_hello *out)
{
    struct reader r = read_body(frame, AGENT_HELLO);
    bool known = memcmp(take(&r, sizeof magic), magic, sizeof magic) == 0;
    out->version = take_u8(&r);
    memcpy(out->nonce, take(&r, AGENT_NONCE_LEN), AGENT_NONCE_LEN);
    return known && is_over(&r);
}

size_t agent_hello_write(const struct agent_hello *hello, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, AGENT_HELLO, 0, 0);
    put(&w, magic, sizeof magic);
    put_u8(&w, hello->version);
    put(&w, hello->nonce, AGENT_NONCE_LEN);
    return end_frame(&w);
}

bool agent_prove_read(const struct agent_frame *frame, struct agent_prove *out)
{
    struct reader r = read_body(frame, AGENT_PROVE);
    memcpy(out->nonce, take(&r, AGENT_NONCE_LEN), AGENT_NONCE_LEN);
    memcpy(out->proof, take(&r, AGENT_PROOF_LEN), AGENT_PROOF_LEN);
    return is_over(&r);
}

size_t agent_prove_write(const struct agent_prove *prove, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, AGENT_PROVE, 0, 0);
    put(&w, prove->nonce, AGENT_NONCE_LEN);
    put(&w, prove->proof, AGENT_PROOF_LEN);
    return end_frame(&w);
}

void agent_text_copy(char *out, size_t room, const uint8_t *octets, size_t len)
{
    size_t n = len < room - 1 ? len : room - 1;
    for (size_t i = 0; i < n; i++) {
        out[i] = (char)(octets[i] >= 0x20 && octets[i] < 0x7f ? octets[i] : '?');
    }
    out[n] = 0;
}

bool agent_card_read(const struct agent_frame *frame, struct agent_card *out)
{
    struct reader r = read_body(frame, AGENT_WELCOME);
    memcpy(out->proof, take(&r, AGENT_PROOF_LEN), AGENT_PROOF_LEN);
    out->abilities = take_u32(&r) & AGENT_ABILITIES;
    out->runs_max = take_u16(&r);
    out->msl_ms = take_u32(&r);
    out->rto_initial_ms = take_u32(&r);
    if (!r.good || r.left > AGENT_NAME_MAX || out->runs_max == 0) { return false; }
    agent_text_copy(out->name, sizeof out->name, r.at, r.left);
    return true;
}

size_t agent_card_write(const struct agent_card *card, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, AGENT_WELCOME, 0, 0);
    put(&w, card->proof, AGENT_PROOF_LEN);
    put_u32(&w, card->abilities);
    put_u16(&w, card->runs_max);
    put_u32(&w, card->msl_ms);
    put_u32(&w, card->rto_initial_ms);
    put(&w, card->name, strnlen(card->name, AGENT_NAME_MAX));
    return end_frame(&w);
}

bool agent_refused_read(const struct agent_frame *frame, char *text, size_t room)
{
    if (frame->type != AGENT_REFUSED) { return false; }
    agent_text_copy(text, room, frame->body, frame->len);
    return true;
}

size_t agent_refused_write(const char *text, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, AGENT_REFUSED, 0, 0);
    put(&w, text, strlen(text));
    return end_frame(&w);
}

/* ---- Requests ---- */

static const struct {
    enum agent_type type;
    enum call_kind kind;
} calls[] = {{AGENT_LISTEN, CALL_LISTEN},     {AGENT_CONNECT, CALL_CONNECT},
             {AGENT_SEND, CALL_SEND},         {AGENT_RECEIVE, CALL_RECEIVE},
             {AGENT_SHUTDOWN, CALL_SHUTDOWN}, {AGENT_CLOSE, CALL_CLOSE},
             {AGENT_ABORT, CALL_ABORT},       {AGENT_SET, CALL_SET}};
#define CALLS (sizeof calls / sizeof *calls)

enum agent_type agent_type_of_call(enum call_kind kind)
{
    return calls[kind - CALL_LISTEN].type;
}

static bool read_begin(struct reader *r, struct agent_begin *begin)
{
    struct lane_request *request = &begin->request;
    request->version = take_u8(r);
    uint8_t flags = take_u8(r);
    memcpy(begin->tester, take(r, 16), 16);
    memcpy(begin->target, take(r, 16), 16);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        begin->tester_port[i] = take_u16(r);
        r->good = r->good && begin->tester_port[i] != 0;
    }
    request->receive_buffer = take_u32(r);
    request->send_buffer = take_u32(r);
    request->mtu = take_u32(r);
    request->isn = take_u32(r);
    request->window_scale = (flags & BEGIN_WINDOW_SCALE) != 0;
    request->timestamps = (flags & BEGIN_TIMESTAMPS) != 0;
    request->sack = (flags & BEGIN_SACK) != 0;
    request->isn_forced = (flags & BEGIN_ISN) != 0;
    return (request->version == 4 || request->version == 6) && flags <= BEGIN_KNOWN &&
           request->receive_buffer <= INT32_MAX && request->send_buffer <= INT32_MAX;
}

static bool read_setting(struct reader *r, struct app_call *call)
{
    uint8_t setting = take_u8(r);
    call->setting = (enum tcprove_setting)setting;
    call->value = take_u64(r);
    return setting >= TCPROVE_SET_NODELAY && setting <= TCPROVE_SET_FAST_OPEN;
}

static bool read_call(struct reader *r, struct app_call *call)
{
    switch (call->kind) {
    case CALL_LISTEN: call->backlog = take_u32(r); return call->backlog <= INT32_MAX;
    case CALL_SEND: {
        uint8_t urgent = take_u8(r);
        call->urgent = urgent == 1;
        call->octets = r->at;
        call->len = (uint32_t)r->left;
        r->left = 0;
        return urgent <= 1 && call->len <= AGENT_TEXT_MAX;
    }
    case CALL_RECEIVE: call->len = take_u32(r); return call->len <= AGENT_TEXT_MAX;
    case CALL_SET: return read_setting(r, call);
    case CALL_CONNECT:
    case CALL_SHUTDOWN:
    case CALL_CLOSE:
    case CALL_ABORT: break;
    }
    return true;
}

bool agent_request_read(const struct agent_frame *frame, struct agent_request *out)
{
    struct reader r = {.at = frame->body, .left = frame->len, .good = true};
    *out = (struct agent_request){
        .type = (enum agent_type)frame->type, .run = frame->run, .connection = frame->connection};
    if (frame->type == AGENT_BEGIN) { return read_begin(&r, &out->begin) && is_over(&r); }
    for (size_t i = 0; i < CALLS; i++) {
        if (frame->type != calls[i].type) { continue; }
        out->call.kind = calls[i].kind;
        out->call.connection = frame->connection;
        return read_call(&r, &out->call) && is_over(&r);
    }
    return (frame->type == AGENT_END || frame->type == AGENT_STATE || frame->type == AGENT_SYNC) && is_over(&r);
}

static void write_begin(struct writer *w, const struct agent_begin *begin)
{
    const struct lane_request *request = &begin->request;
    unsigned flags = (request->window_scale ? BEGIN_WINDOW_SCALE : 0u) | (request->timestamps ? BEGIN_TIMESTAMPS : 0u) |
                     (request->sack ? BEGIN_SACK : 0u) | (request->isn_forced ? BEGIN_ISN : 0u);
    put_u8(w, request->version);
    put_u8(w, (uint8_t)flags);
    put(w, begin->tester, 16);
    put(w, begin->target, 16);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        put_u16(w, begin->tester_port[i]);
    }
    put_u32(w, request->receive_buffer);
    put_u32(w, request->send_buffer);
    put_u32(w, request->mtu);
    put_u32(w, request->isn);
}

static void write_call(struct writer *w, const struct app_call *call)
{
    switch (call->kind) {
    case CALL_LISTEN: put_u32(w, call->backlog); return;
    case CALL_SEND:
        put_u8(w, call->urgent);
        put(w, call->octets, call->len);
        return;
    case CALL_RECEIVE: put_u32(w, call->len); return;
    case CALL_SET:
        put_u8(w, (uint8_t)call->setting);
        put_u32(w, (uint32_t)(call->value >> 32));
        put_u32(w, (uint32_t)call->value);
        return;
    case CALL_CONNECT:
    case CALL_SHUTDOWN:
    case CALL_CLOSE:
    case CALL_ABORT: return;
    }
}

size_t agent_request_write(const struct agent_request *request, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, request->type, request->connection, request->run);
    if (request->type == AGENT_BEGIN) { write_begin(&w, &request->begin); }
    if (request->type >= AGENT_LISTEN && request->type <= AGENT_SET) { write_call(&w, &request->call); }
    return end_frame(&w);
}

/* ---- What the agent says ---- */

bool agent_answer_read(const struct agent_frame *frame, struct agent_answer *out)
{
    struct reader r = read_body(frame, AGENT_ANSWER);
    uint8_t result = take_u8(&r);
    *out = (struct agent_answer){
        .run = frame->run, .connection = frame->connection, .result = (enum tcprove_result)result};
    out->value = take_u32(&r);
    out->octets = r.at;
    out->len = r.left;
    return r.good && result <= TCPROVE_NOT_SUPPORTED && out->len <= AGENT_TEXT_MAX;
}

size_t agent_answer_write(const struct agent_answer *answer, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, AGENT_ANSWER, answer->connection, answer->run);
    put_u8(&w, (uint8_t)answer->result);
    put_u32(&w, answer->value);
    put(&w, answer->octets, answer->len);
    return end_frame(&w);
}

bool agent_event_read(const struct agent_frame *frame, struct agent_event *out)
{
    struct reader r = read_body(frame, AGENT_EVENT);
    uint8_t event = take_u8(&r);
    *out = (struct agent_event){.run = frame->run, .connection = frame->connection, .event = (enum tcprove_event)event};
    return is_over(&r) && event >= TCPROVE_CONNECTED && event <= TCPROVE_CLOSED_OK;
}

size_t agent_event_write(const struct agent_event *event, uint8_t *out, size_t room)
{
    struct writer w = begin_frame(out, room, AGENT_EVENT, event->connection, event->run);
    put_u8(&w, (uint8_t)event->event);
    return end_frame(&w);
}
