/* The application on the target: calls, and what it learns. */
#include "play.h"

#include <string.h>

#define SEND_CHUNK 16384u

static enum call_kind kind_of(enum spec_call call)
{
    switch (call) {
    case SPEC_CALL_LISTEN: return CALL_LISTEN;
    case SPEC_CALL_CONNECT: return CALL_CONNECT;
    case SPEC_CALL_SEND: return CALL_SEND;
    case SPEC_CALL_RECEIVE: return CALL_RECEIVE;
    case SPEC_CALL_SHUTDOWN: return CALL_SHUTDOWN;
    case SPEC_CALL_CLOSE: return CALL_CLOSE;
    case SPEC_CALL_ABORT: return CALL_ABORT;
    case SPEC_CALL_SET: return CALL_SET;
    }
    return CALL_LISTEN;
}

static void make(struct play *p, const struct app_call *call, struct call_outcome *outcome)
{
    *outcome = (struct call_outcome){0};
    p->target->ops->call(p->lane, call, outcome);
    late_acted(p);
}

/* What is to be sent next. */
static void take_octets(const struct connection *c, uint8_t *out, uint32_t len)
{
    if (c->literal) { memcpy(out, c->literal, len); }
    for (uint32_t i = 0; i < len && !c->literal; i++) {
        out[i] = pattern_octet(c->stream_sent + i);
    }
}

static void note_taken(struct connection *c, uint32_t len)
{
    c->stream_sent += len;
    c->to_send -= len;
    if (c->literal) { c->literal = c->to_send ? c->literal + len : NULL; }
}

/* The pattern goes out by pieces, as the target takes them. */
static enum tcprove_result send_pattern(struct play *p, unsigned connection)
{
    struct connection *c = &p->connection[connection];
    uint8_t chunk[SEND_CHUNK];
    while (c->to_send) {
        uint32_t len = c->to_send < SEND_CHUNK ? c->to_send : SEND_CHUNK;
        take_octets(c, chunk, len);
        struct app_call call = {.kind = CALL_SEND, .connection = connection, .octets = chunk, .len = len};
        call.urgent = c->urgent && len == c->to_send;
        struct call_outcome outcome;
        make(p, &call, &outcome);
        if (outcome.result != TCPROVE_OK) { return outcome.result; }
        uint32_t taken = outcome.len < len ? (uint32_t)outcome.len : len;
        note_taken(c, taken);
        if (taken < len) { return TCPROVE_WOULD_BLOCK; }
    }
    return TCPROVE_OK;
}

static void keep_received(struct play *p, struct connection *c, const uint8_t *octets, size_t len)
{
    if (c->received_room - c->received_len < len) {
        size_t room = 2 * (c->received_len + len);
        uint8_t *more = arena_alloc(p->arena, room);
        if (c->received_len) { memcpy(more, c->received, c->received_len); }
        c->received = more;
        c->received_room = room;
    }
    if (len) { memcpy(c->received + c->received_len, octets, len); }
    c->received_len += len;
}

/* Read what is there of what the application asked for. */
static enum tcprove_result receive_more(struct play *p, unsigned connection)
{
    struct connection *c = &p->connection[connection];
    while (c->to_receive) {
        struct app_call call = {.kind = CALL_RECEIVE, .connection = connection, .len = c->to_receive};
        struct call_outcome outcome;
        make(p, &call, &outcome);
        if (outcome.result != TCPROVE_OK) { return outcome.result; }
        if (outcome.len == 0 || outcome.len > c->to_receive) { c->to_receive = 0; }
        if (c->to_receive == 0) { return TCPROVE_OK; }
        keep_received(p, c, outcome.octets, outcome.len);
        c->to_receive -= (uint32_t)outcome.len;
    }
    return TCPROVE_OK;
}

void play_receive(struct play *p, unsigned connection, uint32_t len)
{
    p->connection[connection].to_receive = len;
    receive_more(p, connection);
}

void play_continue_calls(struct play *p)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        struct connection *c = &p->connection[i];
        if (c->to_send && send_pattern(p, i) == TCPROVE_REFUSED_CALL) {
            c->to_send = 0;
            c->literal = NULL;
        }
        if (c->to_receive && receive_more(p, i) == TCPROVE_REFUSED_CALL) { c->to_receive = 0; }
    }
}

static bool argument(struct play *p, const struct expr *expr, int64_t *out)
{
    struct value v;
    *out = 0;
    if (!expr) { return true; }
    if (!evaluate(&p->eval, expr, &v)) {
        play_fault(p, expr);
        return false;
    }
    *out = v.number / v.scale;
    if (*out >= 0 && *out <= INT64_C(1) << 40) { return true; }
    p->eval.why = "the number is out of range here";
    play_fault(p, expr);
    return false;
}

static enum tcprove_result call_send(struct play *p, const struct step *step, int64_t count,
                                     struct call_outcome *outcome)
{
    struct connection *c = &p->connection[step->connection];
    if (!step->has_text) {
        c->to_send += (uint32_t)count;
        c->urgent = step->urgent;
        return outcome->result = send_pattern(p, step->connection);
    }
    struct app_call call = {.kind = CALL_SEND, .connection = step->connection, .octets = step->text};
    call.len = (uint32_t)step->text_len;
    call.urgent = step->urgent;
    make(p, &call, outcome);
    if (outcome->result == TCPROVE_OK) { c->stream_sent += call.len; }
    bool none = outcome->result == TCPROVE_WOULD_BLOCK;
    if (none || (outcome->result == TCPROVE_OK && outcome->len < call.len)) {
        play_stop(p, VERDICT_INCONCLUSIVE, "the target took %s of the text; a number of octets would follow",
                  none ? "none" : "only part");
    }
    return outcome->result;
}

/* A target without a cookie may take nothing yet: the text follows when it does. */
static enum tcprove_result call_fast_connect(struct play *p, const struct step *step, int64_t count,
                                             struct call_outcome *outcome)
{
    struct connection *c = &p->connection[step->connection];
    uint8_t chunk[SEND_CHUNK];
    if (c->to_send) {
        *outcome = (struct call_outcome){.result = TCPROVE_REFUSED_CALL, .text = "text is still to be sent"};
        return outcome->result;
    }
    c->literal = step->has_text && step->text_len ? step->text : NULL;
    c->to_send = step->has_text ? (uint32_t)step->text_len : (uint32_t)count;
    uint32_t len = c->to_send < SEND_CHUNK ? c->to_send : SEND_CHUNK;
    take_octets(c, chunk, len);
    struct app_call call = {
        .kind = CALL_CONNECT, .connection = step->connection, .octets = chunk, .len = len, .fast = true};
    make(p, &call, outcome);
    bool made = outcome->result == TCPROVE_OK;
    if (made) { note_taken(c, outcome->len < len ? (uint32_t)outcome->len : len); }
    if (!made) {
        c->to_send = 0;
        c->literal = NULL;
    }
    return outcome->result;
}

static enum tcprove_result call_other(struct play *p, const struct step *step, int64_t number,
                                      struct call_outcome *outcome)
{
    struct app_call call = {.kind = kind_of(step->call), .connection = step->connection};
    call.backlog = (uint32_t)number;
    call.setting = (enum tcprove_setting)step->setting;
    call.value = (uint64_t)number;
    make(p, &call, outcome);
    return outcome->result;
}

static void judge_call(struct play *p, const struct step *step, const struct call_outcome *outcome)
{
    const char *word = outcome->text ? outcome->text : "refused";
    switch (outcome->result) {
    case TCPROVE_OK:
    case TCPROVE_WOULD_BLOCK:
        if (step->call_fails) { play_fail(p, "the call was to be refused and was not"); }
        return;
    case TCPROVE_REFUSED_CALL:
        if (!step->call_fails) { play_fail(p, "the call failed: %s", word); }
        p->proved = true;
        return;
    case TCPROVE_NOT_SUPPORTED:
        play_stop(p, VERDICT_SKIP, "the target cannot: %s%s%s", step->source, outcome->text ? ": " : "",
                  outcome->text ? outcome->text : "");
        return;
    }
}

/* The step's words without the verb, for the trace: "send \"hello\"". */
static const char *call_words(const struct step *step)
{
    const char *source = step->source ? step->source : "call";
    return strncmp(source, "call: ", 6) == 0 ? source + 6 : source;
}

void step_call(struct play *p, const struct step *step)
{
    int64_t number;
    struct call_outcome outcome = {0};
    if (!argument(p, step->count ? step->count : step->value, &number)) { return; }
    trace_text(p, TRACE_CALL, step->connection, "%s", call_words(step));
    p->stamp = play_now(p);
    match_bind_time(p, step, p->stamp);
    if (step->call == SPEC_CALL_SEND) {
        call_send(p, step, number, &outcome);
    } else if (step->fast) {
        call_fast_connect(p, step, number, &outcome);
    } else if (step->call == SPEC_CALL_RECEIVE) {
        p->connection[step->connection].to_receive += (uint32_t)number;
        outcome.result = receive_more(p, step->connection);
    } else {
        call_other(p, step, number, &outcome);
    }
    judge_call(p, step, &outcome);
}
