/* The process of one host: the calls that the lane asks for, made here; what the stack says, sent back. */
#include "plugin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host {
    const struct tcprove_stack_ops *ops;
    struct tcprove_stack *stack;
    struct plugin_wire wire;
    unsigned said;   /* in the present call */
    uint8_t *octets; /* of the request; of just its size, so that a sanitizer sees what reads beyond */
};

static void end(void)
{
    _exit(0); /* what the parent registered for its own exit is not ours to do */
}

/* The lane is gone: nobody is left to tell. */
static void need(bool written)
{
    if (!written) { end(); }
}

static void say(struct host *host, struct plugin_answer answer, const void *octets)
{
    if (++host->said > PLUGIN_SAID_MAX) {
        answer = (struct plugin_answer){.said = PLUGIN_RESTLESS};
        need(plugin_wire_put(&host->wire, &answer, sizeof answer) && plugin_wire_flush(&host->wire));
        end();
    }
    need(plugin_wire_put(&host->wire, &answer, sizeof answer));
    need(plugin_wire_put(&host->wire, octets, answer.len));
}

static void on_output(void *context, const uint8_t *datagram, size_t len)
{
    say(context, (struct plugin_answer){.said = PLUGIN_OUTPUT, .len = len}, datagram);
}

static void on_event(void *context, tcprove_socket socket, enum tcprove_event event, tcprove_socket listener)
{
    struct plugin_answer answer = {
        .said = PLUGIN_EVENT, .socket = socket, .event = (uint32_t)event, .listener = listener};
    say(context, answer, NULL);
}

static size_t copy_text(char *out, const char *text)
{
    size_t len = text ? strnlen(text, PLUGIN_TEXT_MAX - 1) : 0;
    if (len > 0) { memcpy(out, text, len); }
    out[len] = 0;
    return len + 1;
}

static void on_explain(void *context, tcprove_socket socket, const char *rule, const char *text)
{
    char both[2 * PLUGIN_TEXT_MAX];
    size_t len = copy_text(both, rule);
    len += copy_text(both + len, text);
    say(context, (struct plugin_answer){.said = PLUGIN_EXPLAIN, .socket = socket, .len = len}, both);
}

static void renew(struct host *host, uint64_t len)
{
    free(host->octets);
    host->octets = malloc(len ? (size_t)len : 1);
    if (!host->octets) { abort(); }
}

static void create(struct host *host, const struct plugin_request *request, struct plugin_answer *answer)
{
    struct tcprove_setup setup;
    const struct tcprove_host callbacks = {host, on_output, on_event, on_explain};
    const char *why = NULL;
    if (host->stack || request->len != sizeof setup) { end(); }
    memcpy(&setup, host->octets, sizeof setup);
    host->stack = host->ops->create(&setup, &callbacks, &why);
    answer->result = host->stack != NULL;
    if (host->stack) { return; }
    renew(host, PLUGIN_TEXT_MAX);
    answer->len = copy_text((char *)host->octets, why ? why : "the stack made no host and did not say why");
}

static void receive(struct host *host, const struct plugin_request *r, struct plugin_answer *answer)
{
    size_t got = 0;
    answer->result =
        (uint32_t)host->ops->receive(host->stack, r->now, r->socket, host->octets, (size_t)r->wanted, &got);
    answer->count = got;
    answer->len = got <= r->wanted ? got : 0; /* more than there was room for is the lane's to judge */
}

static uint32_t make_call(struct host *host, const struct plugin_request *r, struct plugin_answer *answer)
{
    const struct tcprove_stack_ops *ops = host->ops;
    struct tcprove_stack *stack = host->stack;
    size_t taken = 0;
    uint32_t result = 0;
    switch (r->call) {
    case PLUGIN_CREATE:
    case PLUGIN_RECEIVE: break;
    case PLUGIN_INPUT: ops->input(stack, r->now, host->octets, (size_t)r->len); return 0;
    case PLUGIN_TIME: ops->time(stack, r->now); return 0;
    case PLUGIN_LISTEN: return (uint32_t)ops->listen(stack, r->now, &r->local, r->backlog, &answer->socket);
    case PLUGIN_CONNECT: return (uint32_t)ops->connect(stack, r->now, &r->local, &r->remote, &answer->socket);
    case PLUGIN_FAST_CONNECT:
        if (!(ops->abilities & TCPROVE_CAN_FAST_OPEN)) { return TCPROVE_NOT_SUPPORTED; }
        result = (uint32_t)ops->fast_connect(stack, r->now, &r->local, &r->remote, host->octets, (size_t)r->len, &taken,
                                             &answer->socket);
        answer->count = taken;
        return result;
    case PLUGIN_SEND:
        result = (uint32_t)ops->send(stack, r->now, r->socket, host->octets, (size_t)r->len, r->urgent, &taken);
        answer->count = taken;
        return result;
    case PLUGIN_SHUTDOWN: return (uint32_t)ops->shutdown(stack, r->now, r->socket);
    case PLUGIN_CLOSE: return (uint32_t)ops->close(stack, r->now, r->socket);
    case PLUGIN_ABORT: return (uint32_t)ops->abort(stack, r->now, r->socket);
    case PLUGIN_SET: return (uint32_t)ops->set(stack, r->now, r->socket, r->setting, r->value);
    case PLUGIN_STATE: return (uint32_t)ops->state(stack, r->socket);
    case PLUGIN_FIND: answer->socket = ops->find(stack, &r->local, &r->remote); return 0;
    }
    return answer->result;
}

static void serve(struct host *host, const struct plugin_request *request)
{
    struct plugin_answer answer = {.said = PLUGIN_RETURN};
    host->said = 0;
    alarm(PLUGIN_CALL_S); /* a call that does not return ends this process; the keeper tells */
    if (request->call == PLUGIN_CREATE) { create(host, request, &answer); }
    if (!host->stack && request->call != PLUGIN_CREATE) { end(); }
    if (request->call == PLUGIN_RECEIVE) { receive(host, request, &answer); }
    answer.result = make_call(host, request, &answer);
    answer.deadline = host->stack ? host->ops->deadline(host->stack) : TCPROVE_NEVER;
    host->said = 0;
    say(host, answer, host->octets);
    need(plugin_wire_flush(&host->wire));
    alarm(0);
}

void plugin_host(const struct tcprove_stack_ops *ops, int fd)
{
    struct host host = {.ops = ops};
    struct plugin_request request;
    plugin_wire_begin(&host.wire, fd);
    while (plugin_wire_get(&host.wire, &request, sizeof request, -1)) {
        renew(&host, request.len > request.wanted ? request.len : request.wanted);
        if (!plugin_wire_get(&host.wire, host.octets, (size_t)request.len, -1)) { break; }
        serve(&host, &request);
    }
    alarm(PLUGIN_CALL_S);
    if (host.stack) { ops->destroy(host.stack); }
    end();
}
