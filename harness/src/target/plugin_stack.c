/* A host in another process, as the lane sees it. What comes over the wire is a plug-in's word: all of it is checked.
 */
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The host ends itself before that; this is for a keeper that is gone too. */
#define PATIENCE_S (3 * (int)PLUGIN_CALL_S)
#define ANSWER_MAX (1u << 20)

struct tcprove_stack {
    struct tcprove_host host;
    struct plugin_wire wire;
    tcprove_time deadline;
    bool broken;
    char fault[PLUGIN_TEXT_MAX];
    uint8_t *octets; /* of the last answer */
    size_t room;
};

static const char *name_of(enum plugin_call call)
{
    switch (call) {
    case PLUGIN_CREATE: return "create()";
    case PLUGIN_INPUT: return "input()";
    case PLUGIN_TIME: return "time()";
    case PLUGIN_LISTEN: return "listen()";
    case PLUGIN_CONNECT: return "connect()";
    case PLUGIN_FAST_CONNECT: return "fast_connect()";
    case PLUGIN_SEND: return "send()";
    case PLUGIN_RECEIVE: return "receive()";
    case PLUGIN_SHUTDOWN: return "shutdown()";
    case PLUGIN_CLOSE: return "close()";
    case PLUGIN_ABORT: return "abort()";
    case PLUGIN_SET: return "set()";
    case PLUGIN_STATE: return "state()";
    case PLUGIN_FIND: return "find()";
    }
    return "a call";
}

static void broke(struct tcprove_stack *stack, enum plugin_call call, const char *how)
{
    if (stack->broken) { return; }
    stack->broken = true;
    stack->deadline = TCPROVE_NEVER;
    snprintf(stack->fault, sizeof stack->fault, "the plug-in %s in %s", how, name_of(call));
}

/* @return false: no answer of any use. */
static bool next_answer(struct tcprove_stack *stack, struct plugin_answer *answer)
{
    if (!plugin_wire_get(&stack->wire, answer, sizeof *answer, PATIENCE_S) || answer->len > ANSWER_MAX) {
        return false;
    }
    if (answer->len >= stack->room) {
        free(stack->octets);
        stack->room = 2 * (size_t)answer->len + 2048;
        stack->octets = malloc(stack->room);
        if (!stack->octets) { abort(); }
    }
    stack->octets[answer->len] = 0; /* texts end, whatever was sent */
    return plugin_wire_get(&stack->wire, stack->octets, (size_t)answer->len, PATIENCE_S);
}

static void tell_explanation(struct tcprove_stack *stack, const struct plugin_answer *answer)
{
    const char *rule = (const char *)stack->octets;
    size_t len = strlen(rule);
    stack->host.explain(stack->host.context, answer->socket, rule, len < answer->len ? rule + len + 1 : "");
}

static void tell_death(struct tcprove_stack *stack, enum plugin_call call, int status)
{
    char how[PLUGIN_TEXT_MAX / 2];
    plugin_death(status, how, sizeof how);
    broke(stack, call, how);
}

/* One answer. @return true: the call has ended, one way or another. */
static bool take(struct tcprove_stack *stack, enum plugin_call call, const struct plugin_answer *answer)
{
    switch (answer->said) {
    case PLUGIN_OUTPUT: stack->host.output(stack->host.context, stack->octets, (size_t)answer->len); return false;
    case PLUGIN_EVENT:
        stack->host.event(stack->host.context, answer->socket, (enum tcprove_event)answer->event, answer->listener);
        return false;
    case PLUGIN_EXPLAIN: tell_explanation(stack, answer); return false;
    case PLUGIN_RETURN: stack->deadline = answer->deadline; return true;
    case PLUGIN_RESTLESS: broke(stack, call, "does not come to rest: it sends without end"); return true;
    case PLUGIN_DIED: tell_death(stack, call, answer->status); return true;
    }
    broke(stack, call, "wrote over its own wire");
    return true;
}

/* Ask, and take all that is said until the call ends. @return false, and a zero answer: the host is broken. */
static bool ask(struct tcprove_stack *stack, struct plugin_request *request, const void *octets,
                struct plugin_answer *answer)
{
    *answer = (struct plugin_answer){.deadline = TCPROVE_NEVER};
    if (stack->broken) { return false; }
    /* A host that died hears nothing; what the keeper wrote of it can be read all the same. */
    (void)(plugin_wire_put(&stack->wire, request, sizeof *request) &&
           plugin_wire_put(&stack->wire, octets, (size_t)request->len) && plugin_wire_flush(&stack->wire));
    stack->wire.out_len = 0;
    do {
        if (!next_answer(stack, answer)) {
            broke(stack, request->call, "is gone or does not answer");
            break;
        }
    } while (!take(stack, request->call, answer));
    if (stack->broken) { *answer = (struct plugin_answer){.deadline = TCPROVE_NEVER}; }
    return !stack->broken;
}

/* A call that ends in a result. */
static enum tcprove_result result_of(struct tcprove_stack *stack, struct plugin_request *request, const void *octets,
                                     struct plugin_answer *answer)
{
    return ask(stack, request, octets, answer) ? (enum tcprove_result)answer->result : TCPROVE_REFUSED_CALL;
}

static void destroy(struct tcprove_stack *stack)
{
    if (stack->wire.fd >= 0) { close(stack->wire.fd); }
    plugin_wire_end(&stack->wire);
    free(stack->octets);
    free(stack);
}

struct tcprove_stack *plugin_stack_new(int fd, const struct tcprove_setup *setup, const struct tcprove_host *host,
                                       char *why)
{
    struct tcprove_stack *stack = calloc(1, sizeof *stack);
    if (!stack) { abort(); }
    stack->host = *host;
    plugin_wire_begin(&stack->wire, fd);
    struct plugin_request request = {.call = PLUGIN_CREATE, .len = sizeof *setup};
    struct plugin_answer answer;
    if (fd < 0) { broke(stack, PLUGIN_CREATE, "has no process to run in"); }
    if (!ask(stack, &request, setup, &answer) || answer.result != 0) { return stack; }
    snprintf(why, PLUGIN_TEXT_MAX, "%s", (const char *)stack->octets);
    destroy(stack);
    return NULL;
}

const char *plugin_stack_fault(const struct tcprove_stack *stack)
{
    return stack->broken ? stack->fault : NULL;
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    struct plugin_request request = {.call = PLUGIN_INPUT, .now = now, .len = len};
    struct plugin_answer answer;
    ask(stack, &request, datagram, &answer);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    struct plugin_request request = {.call = PLUGIN_TIME, .now = now};
    struct plugin_answer answer;
    ask(stack, &request, NULL, &answer);
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    return stack->deadline;
}

static enum tcprove_result open_listener(struct tcprove_stack *stack, tcprove_time now,
                                         const struct tcprove_endpoint *local, uint32_t backlog, tcprove_socket *socket)
{
    struct plugin_request request = {.call = PLUGIN_LISTEN, .now = now, .local = *local, .backlog = backlog};
    struct plugin_answer answer;
    enum tcprove_result result = result_of(stack, &request, NULL, &answer);
    *socket = answer.socket;
    return result;
}

static enum tcprove_result open_connection(struct tcprove_stack *stack, tcprove_time now,
                                           const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                           tcprove_socket *socket)
{
    struct plugin_request request = {.call = PLUGIN_CONNECT, .now = now, .local = *local, .remote = *remote};
    struct plugin_answer answer;
    enum tcprove_result result = result_of(stack, &request, NULL, &answer);
    *socket = answer.socket;
    return result;
}

static enum tcprove_result open_fast(struct tcprove_stack *stack, tcprove_time now,
                                     const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                     const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *socket)
{
    struct plugin_request request = {
        .call = PLUGIN_FAST_CONNECT, .now = now, .local = *local, .remote = *remote, .len = len};
    struct plugin_answer answer;
    enum tcprove_result result = result_of(stack, &request, octets, &answer);
    *socket = answer.socket;
    *taken = answer.count <= len ? (size_t)answer.count : 0;
    if (answer.count > len) { broke(stack, PLUGIN_FAST_CONNECT, "took more octets than it was given"); }
    return result;
}

static enum tcprove_result send_text(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                     const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    struct plugin_request request = {.call = PLUGIN_SEND, .now = now, .socket = socket, .urgent = urgent, .len = len};
    struct plugin_answer answer;
    enum tcprove_result result = result_of(stack, &request, octets, &answer);
    *taken = answer.count <= len ? (size_t)answer.count : 0;
    if (answer.count > len) { broke(stack, PLUGIN_SEND, "took more octets than it was given"); }
    return result;
}

static enum tcprove_result receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                   uint8_t *octets, size_t len, size_t *got)
{
    struct plugin_request request = {.call = PLUGIN_RECEIVE, .now = now, .socket = socket, .wanted = len};
    struct plugin_answer answer;
    enum tcprove_result result = result_of(stack, &request, NULL, &answer);
    *got = 0;
    if (answer.count > len || answer.len > len) {
        broke(stack, PLUGIN_RECEIVE, "read more octets than there was room for");
    } else if (answer.len > 0) {
        memcpy(octets, stack->octets, (size_t)answer.len);
        *got = (size_t)answer.len;
    }
    return result;
}

static enum tcprove_result plain(struct tcprove_stack *stack, enum plugin_call call, tcprove_time now,
                                 tcprove_socket socket)
{
    struct plugin_request request = {.call = call, .now = now, .socket = socket};
    struct plugin_answer answer;
    return result_of(stack, &request, NULL, &answer);
}

static enum tcprove_result close_writing(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    return plain(stack, PLUGIN_SHUTDOWN, now, socket);
}

static enum tcprove_result close_socket(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    return plain(stack, PLUGIN_CLOSE, now, socket);
}

static enum tcprove_result abort_socket(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    return plain(stack, PLUGIN_ABORT, now, socket);
}

static enum tcprove_result set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                               enum tcprove_setting setting, uint64_t value)
{
    struct plugin_request request = {
        .call = PLUGIN_SET, .now = now, .socket = socket, .setting = setting, .value = value};
    struct plugin_answer answer;
    return result_of(stack, &request, NULL, &answer);
}

static enum tcprove_state state(struct tcprove_stack *stack, tcprove_socket socket)
{
    struct plugin_request request = {.call = PLUGIN_STATE, .socket = socket};
    struct plugin_answer answer;
    return ask(stack, &request, NULL, &answer) ? (enum tcprove_state)answer.result : TCPROVE_UNKNOWN;
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    struct plugin_request request = {.call = PLUGIN_FIND, .local = *local, .remote = *remote};
    struct plugin_answer answer;
    ask(stack, &request, NULL, &answer);
    return answer.socket;
}

const struct tcprove_stack_ops plugin_stack_ops = {
    .abi = TCPROVE_STACK_ABI,
    .destroy = destroy,
    .input = input,
    .time = time_passes,
    .deadline = deadline,
    .listen = open_listener,
    .connect = open_connection,
    .send = send_text,
    .receive = receive,
    .shutdown = close_writing,
    .close = close_socket,
    .abort = abort_socket,
    .set = set,
    .state = state,
    .find = find,
    .fast_connect = open_fast,
};
