/* The engine as a stack behind tcprove/stack.h: the host's making, its clock, and the table of its operations. */
#include "engine_host.h"
#include "harness/target.h"

#include <stdlib.h>
#include <string.h>

static bool configure(struct tcpr_config *config, const struct tcprove_setup *setup)
{
    tcpr_config_default(config);
    memcpy(config->isn_secret, setup->secret, sizeof config->isn_secret);
    if (setup->mtu > UINT16_MAX) { return false; }
    if (setup->mtu > 0) { config->mtu = (uint16_t)setup->mtu; }
    if (setup->receive_buffer > 0) { config->receive_buffer = setup->receive_buffer; }
    if (setup->send_buffer > 0) { config->send_buffer = setup->send_buffer; }
    uint32_t unwanted = 0;
    if (!setup->window_scale) { unwanted |= TCPR_FEATURE_WINDOW_SCALE; }
    if (!setup->timestamps) { unwanted |= TCPR_FEATURE_TIMESTAMPS; }
    if (!setup->sack) { unwanted |= TCPR_FEATURE_SACK; }
    config->features &= ~unwanted;
    if (setup->user_timeout) { config->features |= TCPR_FEATURE_USER_TIMEOUT; }
    if (setup->ecn) { config->features |= TCPR_FEATURE_ECN; }
    if (setup->accurate_ecn) { config->features |= TCPR_FEATURE_ACCURATE_ECN; }
    config->features &= tcpr_features_built();
    return tcpr_config_fault(config) == NULL;
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    struct tcpr_config config;
    if (!configure(&config, setup)) {
        *why = "the MTU or a buffer is out of the engine's range";
        return NULL;
    }
    struct tcprove_stack *stack = malloc(sizeof *stack);
    if (!stack) {
        *why = "out of memory";
        return NULL;
    }
    memset(stack, 0, offsetof(struct tcprove_stack, out)); /* `out` is written before it is read */
    stack->host = *host;
    stack->config = config;
    stack->now = setup->now;
    stack->last_port = UINT16_MAX;
    stack->isn = setup->isn;
    stack->isn_chosen = setup->isn_chosen;
    memcpy(stack->address[0], setup->ipv4, sizeof setup->ipv4);
    memcpy(stack->address[1], setup->ipv6, sizeof setup->ipv6);
    return stack;
}

static void destroy(struct tcprove_stack *stack)
{
    while (stack->sockets) {
        struct host_socket *socket = stack->sockets;
        stack->sockets = socket->next;
        host_socket_free(socket);
    }
    free(stack);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    host_time_is(stack, now);
    for (struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        if (tcpr_next_deadline(&socket->conn) > stack->now) { continue; }
        struct tcpr_effects fx;
        tcpr_time_passes(&socket->conn, &socket->config, stack->now, &fx);
        host_apply(stack, socket, &fx, NULL);
    }
    host_sweep(stack);
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    tcpr_time next = TCPR_NEVER;
    for (const struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        tcpr_time due = tcpr_next_deadline(&socket->conn);
        if (due < next) { next = due; }
    }
    return next;
}

static enum tcprove_state state(struct tcprove_stack *stack, tcprove_socket number)
{
    const struct host_socket *socket = host_socket_numbered(stack, number);
    return socket ? (enum tcprove_state)socket->conn.state : TCPROVE_CLOSED;
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    struct tcpr_ip outgoing = {.version = local->version};
    memcpy(outgoing.source, local->address, sizeof outgoing.source);
    memcpy(outgoing.destination, remote->address, sizeof outgoing.destination);
    const struct host_socket *socket = host_connection(stack, &outgoing, local->port, remote->port);
    return socket ? socket->number : 0;
}

const struct tcprove_stack_ops *engine_stack(void)
{
    static const struct tcprove_stack_ops ops = {
        .abi = TCPROVE_STACK_ABI,
        .abilities = TCPROVE_CAN_CHOOSE_ISN | TCPROVE_CAN_IPV4 | TCPROVE_CAN_IPV6 | TCPROVE_CAN_STATE |
                     TCPROVE_CAN_EXPLAIN | TCPROVE_CAN_URGENT | TCPROVE_CAN_ABORT | TCPROVE_CAN_SIMULTANEOUS |
                     TCPROVE_CAN_ICMP | TCPROVE_CAN_FAST_OPEN,
        .name = "tcprove",
        .version = "0.1.0",
        .create = create,
        .destroy = destroy,
        .input = host_input,
        .time = time_passes,
        .deadline = deadline,
        .listen = host_listen,
        .connect = host_connect,
        .send = host_send,
        .receive = host_receive,
        .shutdown = host_shutdown,
        .close = host_close,
        .abort = host_abort,
        .set = host_set,
        .state = state,
        .find = find,
        .fast_connect = host_fast_connect,
    };
    return &ops;
}
