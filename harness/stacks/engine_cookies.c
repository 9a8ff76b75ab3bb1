/* A client's cache for Fast Open (RFC 7413 section 4.1.3), one for each host. */
#include "engine_host.h"

#include <string.h>

#define FAILURE_KEPT_US TCPR_S(600)

static bool same_path(const struct tcpr_ip *left, const struct tcpr_ip *right)
{
    return left->version == right->version && memcmp(left->source, right->source, sizeof left->source) == 0 &&
           memcmp(left->destination, right->destination, sizeof left->destination) == 0;
}

static struct host_cookie *kept(struct tcprove_stack *stack, const struct tcpr_ip *outgoing)
{
    for (unsigned i = 0; i < HOST_COOKIES; i++) {
        if (same_path(&stack->cookie[i].ip, outgoing)) { return &stack->cookie[i]; }
    }
    return NULL;
}

/* Where it failed, or NULL. */
static struct host_failure *failure_at(struct tcprove_stack *stack, const struct tcpr_ip *outgoing, uint16_t port)
{
    for (unsigned i = 0; i < HOST_COOKIES; i++) {
        struct host_failure *failure = &stack->failure[i];
        if (failure->port == port && same_path(&failure->ip, outgoing)) { return failure; }
    }
    return NULL;
}

struct tcpr_fast_open host_cookie_for(struct tcprove_stack *stack, const struct tcpr_ip *outgoing, uint16_t port)
{
    const struct host_failure *failure = failure_at(stack, outgoing, port);
    if (failure && stack->now < failure->until) { return (struct tcpr_fast_open){0}; } /* RFC7413-4.1.3.1-2 */
    const struct host_cookie *cookie = kept(stack, outgoing);
    return cookie ? cookie->known : (struct tcpr_fast_open){.wanted = true};
}

/* RFC7413-4.2.2-7: the newest cookie, the newest MSS. A server that gives no cookie need not be asked again at once. */
void host_cookie_learn(struct tcprove_stack *stack, const struct host_socket *socket, const struct tcpr_segment *seg,
                       const struct tcpr_effects *fx)
{
    const struct tcpr_options *options = &seg->options;
    struct host_cookie *cookie = kept(stack, &socket->ip);
    if (fx->events & TCPR_EVENT_COOKIE) {
        if (!cookie) { cookie = &stack->cookie[stack->cookies++ % HOST_COOKIES]; }
        *cookie = (struct host_cookie){.ip = socket->ip, .known = {.wanted = true, .cookie_len = options->cookie_len}};
        memcpy(cookie->known.cookie, options->cookie, options->cookie_len);
    }
    if (!(fx->events & TCPR_EVENT_CONNECTED)) { return; }
    if (cookie && (options->present & TCPR_OPT_MSS)) { cookie->known.mss = options->mss; }
    if (socket->asks_cookie && !(fx->events & TCPR_EVENT_COOKIE)) { host_cookie_failed(stack, socket); }
}

void host_cookie_failed(struct tcprove_stack *stack, const struct host_socket *socket)
{
    struct host_failure *failure = failure_at(stack, &socket->ip, socket->conn.remote_port);
    if (!failure) { failure = &stack->failure[stack->failures++ % HOST_COOKIES]; }
    *failure = (struct host_failure){
        .ip = socket->ip, .port = socket->conn.remote_port, .until = stack->now + FAILURE_KEPT_US};
}
