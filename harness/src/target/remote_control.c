/* A service that runs on the target by itself: nobody calls it, so only what it does anyway can be asked. */
#include "remote.h"

#include <stdlib.h>

struct service {
    struct remote_control control;
    struct remote *remote;
    enum remote_service kind;
};

/* A spec that listens wants the service's port; any other begins with a target in CLOSED. */
static bool begin(struct remote_control *control, struct lane *lane, const struct lane_request *request,
                  const char **why)
{
    const struct service *service = (const struct service *)control;
    const struct remote *remote = service->remote;
    bool changed = request->receive_buffer || request->send_buffer || request->mtu || request->isn_forced;
    lane->addresses.target_port = request->listens ? remote->options.target.port : remote->closed_port;
    if (changed) {
        *why = "buffers, MTU and ISN of a service on the target cannot be chosen";
    } else if (lane->addresses.target_port == 0) {
        *why = request->listens ? "no port of the target was named that a service listens on"
                                : "no port of the target answers as a closed one";
    }
    return !changed && lane->addresses.target_port != 0;
}

static void call(struct remote_control *control, struct lane *lane, const struct app_call *call,
                 struct call_outcome *outcome)
{
    const struct service *service = (const struct service *)control;
    bool runs = lane->request.listens;
    *outcome = (struct call_outcome){.result = TCPROVE_NOT_SUPPORTED, .text = "nobody calls the service"};
    switch (call->kind) {
    case CALL_LISTEN: /* it does */
        if (runs && call->backlog == 0) { outcome->result = TCPROVE_OK; }
        break;
    case CALL_SEND: /* the echo of what it has just read */
        if (service->kind == SERVICE_ECHO) { *outcome = (struct call_outcome){.len = call->len}; }
        break;
    case CALL_SHUTDOWN:
    case CALL_CLOSE: /* as soon as its peer has */
        if (service->kind != SERVICE_NONE) { outcome->result = TCPROVE_OK; }
        break;
    case CALL_CONNECT:
    case CALL_RECEIVE:
    case CALL_ABORT:
    case CALL_SET: break;
    }
}

static enum tcprove_state state(struct remote_control *control, struct lane *lane, unsigned connection)
{
    (void)control;
    (void)lane;
    (void)connection;
    return TCPROVE_UNKNOWN;
}

static void end(struct remote_control *control, struct lane *lane)
{
    (void)control;
    (void)lane;
}

static void destroy(struct remote_control *control)
{
    free(control);
}

struct remote_control *remote_control_service(struct remote *remote, enum remote_service kind)
{
    static const struct remote_control_ops ops = {begin, call, state, NULL, end, destroy};
    static const char *const name[] = {"no application under control", "a discard service", "an echo service"};
    static const unsigned abilities[] = {0, TARGET_SERVICE_CLOSES, TARGET_SERVICE_CLOSES | TARGET_SERVICE_ECHOES};
    struct service *service = calloc(1, sizeof *service);
    if (!service) { return NULL; }
    *service =
        (struct service){.control = {.ops = &ops, .name = name[kind], .abilities = TARGET_SERVICE | abilities[kind]},
                         .remote = remote,
                         .kind = kind};
    return &service->control;
}
