/* What an input did to a connection, brought to the network and to the application. */
#include "engine_host.h"

#include <assert.h>
#include <stdio.h>

void host_explain(const struct tcprove_stack *stack, tcprove_socket socket, enum tcpr_rule rule, const char *text)
{
    if (stack->host.explain) { stack->host.explain(stack->host.context, socket, tcpr_rule_id(rule), text); }
}

static void explain_decisions(const struct tcprove_stack *stack, const struct host_socket *socket,
                              const struct tcpr_effects *fx)
{
    for (uint32_t i = 0; i < fx->decisions; i++) {
        const struct tcpr_decision *decision = &fx->decision[i];
        enum tcpr_rule rule = (enum tcpr_rule)decision->rule;
        if (decision->act != TCPR_ACT_MOVED) {
            host_explain(stack, socket->number, rule, tcpr_act_text((enum tcpr_act)decision->act));
            continue;
        }
        char moved[40];
        snprintf(moved, sizeof moved, "%s -> %s", tcpr_state_name((enum tcpr_state)decision->from),
                 tcpr_state_name((enum tcpr_state)decision->to));
        host_explain(stack, socket->number, rule, moved);
    }
}

/* The text is fetched to where the segment will have it, so that it is copied once. */
void host_send_segment(struct tcprove_stack *stack, const struct tcpr_ip *ip, const struct tcpr_segment *seg,
                       const struct tcpr_ring *text)
{
    size_t ip_len = ip->version == 6 ? NET_IPV6_HEADER_LEN : NET_IPV4_HEADER_LEN;
    uint8_t *place = stack->out + ip_len + tcpr_segment_header_len(seg);
    if (seg->text_len > 0) {
        assert(seg->text_len <= stack->config.mtu);
        tcpr_ring_get(text, seg->text_at, place, seg->text_len);
    }
    size_t len = datagram_emit_segment(ip, seg, place, stack->out, sizeof stack->out);
    assert(len > 0);
    stack->host.output(stack->host.context, stack->out, len);
}

static void drain(struct tcprove_stack *stack, struct host_socket *socket)
{
    struct tcpr_segment seg;
    while (tcpr_next_segment(&socket->conn, &socket->config, stack->now, &seg)) {
        if (socket->gives_cookie) { /* only once (RFC7413-4.2.2-6), and the SYN,ACK is the first that leaves */
            tcpr_cookie_put(socket->config.isn_secret, &socket->ip, stack->now, &seg.options);
            socket->gives_cookie = false;
        }
        host_send_segment(stack, &socket->ip, &seg, &socket->send);
    }
}

static void tell(const struct tcprove_stack *stack, const struct host_socket *socket, enum tcprove_event event)
{
    tcprove_socket listener = event == TCPROVE_ACCEPTED ? socket->listener : 0;
    stack->host.event(stack->host.context, socket->number, event, listener);
}

/*
 * A connection that reopened in TIME-WAIT (MAY-2) is another one to the application: it gets a number of its own, and
 * under the old one nothing is left.
 */
static void tell_connected(struct tcprove_stack *stack, struct host_socket *socket)
{
    if (socket->listener == 0) {
        tell(stack, socket, TCPROVE_CONNECTED);
        return;
    }
    if (socket->owner != OWNER_LISTENER) { socket->number = ++stack->last_number; }
    socket->owner = OWNER_APPLICATION;
    socket->peer_closed = false;
    tell(stack, socket, TCPROVE_ACCEPTED);
}

/* In the order in which they come about: what could be read, then the end of it, then the end of the connection. */
static const struct {
    enum tcpr_event engine;
    enum tcprove_event told;
} translations[] = {
    {TCPR_EVENT_URGENT, TCPROVE_URGENT},       {TCPR_EVENT_READABLE, TCPROVE_READABLE},
    {TCPR_EVENT_PEER_CLOSED, TCPROVE_EOF},     {TCPR_EVENT_SOFT_ERROR, TCPROVE_SOFT_ERROR},
    {TCPR_EVENT_TROUBLE, TCPROVE_SOFT_ERROR},  {TCPR_EVENT_HARD_ERROR, TCPROVE_UNREACHABLE},
    {TCPR_EVENT_REFUSED, TCPROVE_REFUSED},     {TCPR_EVENT_RESET, TCPROVE_RESET},
    {TCPR_EVENT_TIMED_OUT, TCPROVE_TIMED_OUT},
};

#define DISORDERLY (TCPR_EVENT_RESET | TCPR_EVENT_REFUSED | TCPR_EVENT_TIMED_OUT | TCPR_EVENT_HARD_ERROR)

static bool ended_orderly(const struct tcpr_effects *fx)
{
    bool reset_sent = fx->has_reply && (fx->reply.control & TCPR_RST);
    return (fx->events & TCPR_EVENT_CLOSED) && !(fx->events & DISORDERLY) && !reset_sent;
}

static void tell_events(struct tcprove_stack *stack, struct host_socket *socket, const struct tcpr_effects *fx)
{
    bool early = (fx->events & TCPR_EVENT_FAST_OPENED) != 0;
    bool connected = (fx->events & TCPR_EVENT_CONNECTED) != 0;
    if (early || (connected && !socket->known_early)) { tell_connected(stack, socket); }
    if (early || connected) { socket->known_early = early; }
    if (fx->events & TCPR_EVENT_PEER_CLOSED) { socket->peer_closed = true; }
    if (fx->events & DISORDERLY) { socket->peer_closed = false; }
    for (size_t i = 0; socket->owner == OWNER_APPLICATION && i < sizeof translations / sizeof translations[0]; i++) {
        if (fx->events & translations[i].engine) { tell(stack, socket, translations[i].told); }
    }
    bool told = socket->owner == OWNER_APPLICATION || socket->owner == OWNER_LEFT;
    bool is_listener = socket->backlog > 0;
    if (told && !is_listener && ended_orderly(fx)) { tell(stack, socket, TCPROVE_CLOSED_OK); }
}

void host_apply(struct tcprove_stack *stack, struct host_socket *socket, const struct tcpr_effects *fx,
                const uint8_t *text)
{
    if (fx->place.len > 0) {
        tcpr_ring_put(&socket->receive, fx->place.stream_at, text + fx->place.text_at, fx->place.len);
    }
    explain_decisions(stack, socket, fx);
    if (fx->has_reply) { host_send_segment(stack, &socket->ip, &fx->reply, &socket->send); }
    if (fx->events & TCPR_EVENT_FAST_OPEN_FAILED) { host_cookie_failed(stack, socket); }
    drain(stack, socket);
    tell_events(stack, socket, fx);
}
