/* A target over any stack behind tcprove/stack.h, in virtual time: a lane is one host of that stack, alone in its
 * world. Time moves when the runner waits, straight to the next thing that happens. */
#include "virtual.h"

#include "virtual_heard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_PORT 7777u
#define TESTER_PORT 40001u
/* A stack whose deadline stands still, or creeps, must not hang a run. */
#define IDLE_CALLS_MAX 200000u
/* Bits an interface of 16 has room for; those above are the harness's own. */
#define STACK_ABILITIES 0xFFFFu

struct virtual_target {
    struct target target;
    struct stack_source source;
    char name[128];
};

struct lane {
    const struct tcprove_stack_ops *ops;
    const char *(*stack_fault)(const struct tcprove_stack *stack);
    struct tcprove_stack *stack;
    tcpr_time now;
    struct lane_addresses addresses;
    unsigned speaking; /* connection the present call into the stack is about */
    tcprove_socket listener;
    tcprove_socket socket[LANE_CONNECTIONS_MAX];
    struct heard heard;
    uint8_t *received;
    size_t received_room;
};

static void on_output(void *context, const uint8_t *datagram, size_t len)
{
    struct lane *lane = context;
    heard_datagram(&lane->heard, lane->now, datagram, len);
}

static void on_event(void *context, tcprove_socket socket, enum tcprove_event event, tcprove_socket listener)
{
    struct lane *lane = context;
    (void)listener;
    heard_event(&lane->heard, lane->now, socket, event);
}

static void on_explain(void *context, tcprove_socket socket, const char *rule, const char *text)
{
    struct lane *lane = context;
    heard_explanation(&lane->heard, lane->now, socket, rule, text);
}

static struct tcprove_endpoint endpoint(const struct lane *lane, bool tester, unsigned connection)
{
    const struct tcpr_ip *ip = &lane->addresses.to_target;
    struct tcprove_endpoint end = {.version = ip->version};
    memcpy(end.address, tester ? ip->source : ip->destination, sizeof end.address);
    end.port = tester ? lane->addresses.tester_port[connection] : lane->addresses.target_port;
    return end;
}

static tcprove_socket find(const struct lane *lane, unsigned connection)
{
    struct tcprove_endpoint local = endpoint(lane, false, connection);
    struct tcprove_endpoint remote = endpoint(lane, true, connection);
    return lane->ops->find(lane->stack, &local, &remote);
}

/* Whose socket: one already known, else the one the present datagram is about, else the one the stack finds. */
static unsigned connection_of(const struct lane *lane, tcprove_socket socket)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (lane->socket[i] != 0 && lane->socket[i] == socket) { return i; }
    }
    if (lane->speaking < LANE_CONNECTIONS_MAX) { return lane->speaking; }
    for (unsigned i = 0; socket != 0 && i < LANE_CONNECTIONS_MAX; i++) {
        if (find(lane, i) == socket) { return i; }
    }
    return 0;
}

/* After each call into the stack, never inside its callbacks: find may not be re-entered. */
static void settle(struct lane *lane)
{
    struct heard_entry *entry;
    while ((entry = heard_unsettled(&lane->heard)) != NULL) {
        entry->connection = connection_of(lane, entry->socket);
        if (entry->what == OBSERVED_EVENT && entry->event == TCPROVE_ACCEPTED) {
            lane->socket[entry->connection] = entry->socket;
        }
    }
    lane->speaking = UNKNOWN_CONNECTION;
}

static const uint8_t target_ipv4[4] = {192, 0, 2, 1};
static const uint8_t tester_ipv4[4] = {198, 51, 100, 2};
static const uint8_t target_ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t tester_ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 2};

static void set_addresses(struct lane *lane, uint8_t version)
{
    struct lane_addresses *a = &lane->addresses;
    a->to_target.version = version;
    a->to_target.ttl = 64;
    if (version == 4) {
        memcpy(a->to_target.source, tester_ipv4, sizeof tester_ipv4);
        memcpy(a->to_target.destination, target_ipv4, sizeof target_ipv4);
    } else {
        memcpy(a->to_target.source, tester_ipv6, sizeof tester_ipv6);
        memcpy(a->to_target.destination, target_ipv6, sizeof target_ipv6);
    }
    a->target_port = TARGET_PORT;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        a->tester_port[i] = (uint16_t)(TESTER_PORT + i);
    }
}

static void virtual_close(struct lane *lane)
{
    if (lane->stack) { lane->ops->destroy(lane->stack); }
    heard_free(&lane->heard);
    free(lane->received);
    free(lane);
}

static struct tcprove_setup setup_of(const struct lane_request *request)
{
    struct tcprove_setup setup = {
        .secret = "tcprove: virtual",
        .mtu = request->mtu ? request->mtu : 1500,
        .receive_buffer = request->receive_buffer,
        .send_buffer = request->send_buffer,
        .window_scale = request->window_scale,
        .timestamps = request->timestamps,
        .sack = request->sack,
        .ecn = request->ecn,
        .accurate_ecn = request->accurate_ecn,
        .isn_chosen = request->isn_forced,
        .isn = request->isn,
        .user_timeout = request->user_timeout,
    };
    memcpy(setup.ipv4, target_ipv4, sizeof setup.ipv4);
    memcpy(setup.ipv6, target_ipv6, sizeof setup.ipv6);
    return setup;
}

static struct lane *virtual_lane(struct target *target, const struct lane_request *request, const char **why)
{
    const struct stack_source *source = &((struct virtual_target *)target)->source;
    const struct tcprove_stack_ops *ops = source->ops;
    if (request->isn_forced && !(ops->abilities & TCPROVE_CAN_CHOOSE_ISN)) {
        *why = "the target's initial sequence number cannot be chosen";
        return NULL;
    }
    struct lane *lane = calloc(1, sizeof *lane);
    if (!lane) { abort(); }
    lane->ops = ops;
    lane->stack_fault = source->fault;
    lane->speaking = UNKNOWN_CONNECTION;
    set_addresses(lane, request->version);
    struct tcprove_setup setup = setup_of(request);
    struct tcprove_host host = {lane, on_output, on_event, on_explain};
    *why = NULL;
    lane->stack = source->make(source->context, &setup, &host, why);
    if (lane->stack) {
        settle(lane);
        return lane;
    }
    if (!*why) { *why = "the stack made no host and did not say why"; }
    virtual_close(lane);
    return NULL;
}

static const struct lane_addresses *virtual_addresses(const struct lane *lane)
{
    return &lane->addresses;
}

static tcpr_time virtual_now(const struct lane *lane)
{
    return lane->now;
}

/* Which connection a datagram to the target is about, read from its source port where that can be read. */
static unsigned connection_of_datagram(const struct lane *lane, const uint8_t *datagram, size_t len)
{
    size_t at = len > 0 && datagram[0] >> 4 == 4 ? (size_t)(datagram[0] & 15) * 4 : 40;
    if (len < at + 2) { return UNKNOWN_CONNECTION; }
    unsigned port = (unsigned)(datagram[at] << 8 | datagram[at + 1]);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (lane->addresses.tester_port[i] == port) { return i; }
    }
    return UNKNOWN_CONNECTION;
}

static bool virtual_inject(struct lane *lane, const uint8_t *datagram, size_t len)
{
    lane->speaking = connection_of_datagram(lane, datagram, len);
    lane->ops->input(lane->stack, lane->now, datagram, len);
    settle(lane);
    return true;
}

static void fault(struct lane *lane, const char *text, struct observation *out)
{
    *out = (struct observation){.what = OBSERVED_FAULT, .at = lane->now, .text = text};
}

static const char *broken(const struct lane *lane)
{
    if (lane->heard.overrun) { return "the stack does not come to rest: it sends without end"; }
    return lane->stack_fault(lane->stack);
}

static void virtual_next(struct lane *lane, tcpr_time until, struct observation *out)
{
    for (unsigned idle = 0; idle < IDLE_CALLS_MAX; idle++) {
        const char *why = broken(lane);
        if (why) {
            fault(lane, why, out);
            return;
        }
        if (heard_take(&lane->heard, out)) { return; }
        tcprove_time deadline = lane->ops->deadline(lane->stack);
        if (deadline > until) {
            if (until > lane->now) { lane->now = until; }
            *out = (struct observation){.what = OBSERVED_NOTHING, .at = lane->now};
            return;
        }
        if (deadline > lane->now) { lane->now = deadline; }
        lane->ops->time(lane->stack, lane->now);
        settle(lane);
    }
    fault(lane, "the stack does not come to rest: its deadline comes again and again and nothing happens", out);
}

static enum tcprove_result virtual_listen(struct lane *lane, uint32_t backlog)
{
    struct tcprove_endpoint local = endpoint(lane, false, 0);
    return lane->ops->listen(lane->stack, lane->now, &local, backlog, &lane->listener);
}

static enum tcprove_result virtual_connect(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    unsigned connection = call->connection;
    struct tcprove_endpoint local = endpoint(lane, false, connection);
    struct tcprove_endpoint remote = endpoint(lane, true, connection);
    if (call->fast && !(lane->ops->abilities & TCPROVE_CAN_FAST_OPEN)) { return TCPROVE_NOT_SUPPORTED; }
    if (call->fast) {
        return lane->ops->fast_connect(lane->stack, lane->now, &local, &remote, call->octets, call->len, &outcome->len,
                                       &lane->socket[connection]);
    }
    return lane->ops->connect(lane->stack, lane->now, &local, &remote, &lane->socket[connection]);
}

static enum tcprove_result virtual_receive(struct lane *lane, tcprove_socket socket, const struct app_call *call,
                                           struct call_outcome *outcome)
{
    if (!lane->received || lane->received_room < call->len) { /* a stack is never given NULL, to read nothing either */
        free(lane->received);
        lane->received = malloc(call->len ? call->len : 1);
        if (!lane->received) { abort(); }
        lane->received_room = call->len;
    }
    enum tcprove_result result =
        lane->ops->receive(lane->stack, lane->now, socket, lane->received, call->len, &outcome->len);
    outcome->octets = lane->received;
    if (result != TCPROVE_OK) { outcome->len = 0; }
    return result;
}

static enum tcprove_result make_call(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    const struct tcprove_stack_ops *ops = lane->ops;
    tcprove_socket socket = lane->socket[call->connection];
    if (socket == 0) { socket = lane->listener; }
    if (call->kind == CALL_LISTEN) { return virtual_listen(lane, call->backlog); }
    if (call->kind == CALL_CONNECT) { return virtual_connect(lane, call, outcome); }
    if (socket == 0) {
        outcome->text = "there is no such socket";
        return TCPROVE_REFUSED_CALL;
    }
    switch (call->kind) {
    case CALL_LISTEN:
    case CALL_CONNECT: break;
    case CALL_SEND:
        return ops->send(lane->stack, lane->now, socket, call->octets, call->len, call->urgent, &outcome->len);
    case CALL_RECEIVE: return virtual_receive(lane, socket, call, outcome);
    case CALL_SHUTDOWN: return ops->shutdown(lane->stack, lane->now, socket);
    case CALL_CLOSE: return ops->close(lane->stack, lane->now, socket);
    case CALL_ABORT: return ops->abort(lane->stack, lane->now, socket);
    case CALL_SET: return ops->set(lane->stack, lane->now, socket, call->setting, call->value);
    }
    return TCPROVE_NOT_SUPPORTED;
}

static void virtual_call(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    *outcome = (struct call_outcome){0};
    lane->speaking = call->connection;
    outcome->result = make_call(lane, call, outcome);
    settle(lane);
}

/* A connection not yet accepted is found by its endpoints; one that is gone was known by its socket; before either
 * there is the listener. */
static enum tcprove_state virtual_state(struct lane *lane, unsigned connection)
{
    tcprove_socket socket = find(lane, connection);
    if (socket == 0) { socket = lane->socket[connection]; }
    if (socket == 0) { socket = lane->listener; }
    return socket ? lane->ops->state(lane->stack, socket) : TCPROVE_CLOSED;
}

static void virtual_destroy(struct target *target)
{
    const struct stack_source *source = &((struct virtual_target *)target)->source;
    source->release(source->context);
    free(target);
}

static const struct target_ops virtual_ops = {
    .open = virtual_lane,
    .close = virtual_close,
    .addresses = virtual_addresses,
    .now = virtual_now,
    .inject = virtual_inject,
    .next = virtual_next,
    .call = virtual_call,
    .state = virtual_state,
    .destroy = virtual_destroy,
};

static bool complete(const struct tcprove_stack_ops *ops)
{
    return ops->name && ops->version && ops->create && ops->destroy && ops->input && ops->time && ops->deadline &&
           ops->listen && ops->connect && ops->send && ops->receive && ops->shutdown && ops->close && ops->abort &&
           ops->set && ops->state && ops->find && (!(ops->abilities & TCPROVE_CAN_FAST_OPEN) || ops->fast_connect);
}

const char *stack_ops_fault(const struct tcprove_stack_ops *ops)
{
    if (!ops || ops->abi != TCPROVE_STACK_ABI) { return "the stack was built for another version of tcprove/stack.h"; }
    return complete(ops) ? NULL : "the stack leaves out a function of tcprove/stack.h";
}

struct target *target_virtual_from(const struct stack_source *source, const char *kind)
{
    struct virtual_target *made = calloc(1, sizeof *made);
    if (!made) { abort(); }
    made->source = *source;
    snprintf(made->name, sizeof made->name, "%s %s", source->ops->name, source->ops->version);
    made->target = (struct target){
        .ops = &virtual_ops,
        .kind = kind,
        .name = made->name,
        .profile = "",
        .abilities = (source->ops->abilities & STACK_ABILITIES) | TARGET_VIRTUAL_TIME | TARGET_APPLICATION |
                     TARGET_ANY_ADDRESS | TARGET_FORGETS_PATH | TARGET_OFFERS_ECN,
        .reply_within_us = TCPR_MS(600),                             /* a delayed ACK comes within 500 ms (MUST-40) */
        .msl_us = source->ops->msl ? source->ops->msl : TCPR_S(120), /* RFC 9293 section 3.4.2 */
        .rto_initial_us = source->ops->rto_initial ? source->ops->rto_initial : TCPR_S(1), /* RFC6298-2-1 */
        .tick_us = source->ops->tick,
        .lanes_max = 1024,
    };
    return &made->target;
}

/* ---- In this process: the stack's own create(), and trust ---- */

static struct tcprove_stack *make_here(void *context, const struct tcprove_setup *setup,
                                       const struct tcprove_host *host, const char **why)
{
    const struct tcprove_stack_ops *const *ops = context;
    return (*ops)->create(setup, host, why);
}

static const char *no_fault(const struct tcprove_stack *stack)
{
    (void)stack;
    return NULL;
}

struct target *target_virtual_open(const struct tcprove_stack_ops *ops, const char *kind, const char **why)
{
    *why = stack_ops_fault(ops);
    if (*why) { return NULL; }
    const struct tcprove_stack_ops **kept = malloc(sizeof *kept); /* outlives the caller's variable */
    if (!kept) { abort(); }
    *kept = ops;
    const struct stack_source source = {ops, make_here, no_fault, free, kept};
    return target_virtual_from(&source, kind);
}
