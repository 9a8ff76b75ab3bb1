/* What arrives: datagrams to the host, segments and ICMP errors to their connections. */
#include "engine_host.h"

#include <string.h>

static struct tcpr_ip answer_to(const struct tcpr_ip *arrived)
{
    struct tcpr_ip outgoing = {.version = arrived->version, .ttl = 64};
    memcpy(outgoing.source, arrived->destination, sizeof outgoing.source);
    memcpy(outgoing.destination, arrived->source, sizeof outgoing.destination);
    return outgoing;
}

/* RFC 9293 section 3.10.7.1: no connection has these sockets. */
static void arrives_nowhere(struct tcprove_stack *stack, const struct tcpr_ip *outgoing, const struct tcpr_segment *seg)
{
    struct tcpr_conn nobody;
    struct tcpr_effects fx;
    tcpr_conn_init(&nobody);
    tcpr_segment_arrives(&nobody, &stack->config, stack->now, outgoing, seg, &fx);
    for (uint32_t i = 0; i < fx.decisions; i++) {
        enum tcpr_act act = (enum tcpr_act)fx.decision[i].act;
        host_explain(stack, 0, (enum tcpr_rule)fx.decision[i].rule, tcpr_act_text(act));
    }
    if (fx.has_reply) { host_send_segment(stack, outgoing, &fx.reply, NULL); }
}

/* RFC7413-4.2-3: what only a cookie vouches for. */
static bool too_many_unproved(const struct tcprove_stack *stack, const struct host_socket *listener)
{
    uint32_t count = 0;
    for (const struct host_socket *socket = stack->sockets; socket; socket = socket->next) {
        bool lives = socket->conn.state != TCPR_CLOSED;
        count += lives && socket->listener == listener->number && (socket->conn.flags & TCPR_FLAG_FAST_OPEN) != 0;
    }
    return count >= listener->fast_open;
}

/* A clone of the listener takes the segment. */
static void arrives_clone(struct tcprove_stack *stack, const struct host_socket *listener, struct host_socket *clone,
                          const struct tcpr_ip *arrived, const struct tcpr_segment *seg, struct tcpr_effects *fx)
{
    enum tcpr_cookie cookie = tcpr_cookie_check(clone->config.isn_secret, &clone->ip, stack->now, &seg->options);
    bool good = cookie == TCPR_COOKIE_GOOD || cookie == TCPR_COOKIE_AGEING;
    clone->gives_cookie = listener->fast_open != 0 && cookie != TCPR_COOKIE_NONE && cookie != TCPR_COOKIE_GOOD;
    if (good && !too_many_unproved(stack, listener)) {
        tcpr_fast_open_arrives(&clone->conn, &clone->config, stack->now, arrived, seg, fx);
    } else {
        tcpr_segment_arrives(&clone->conn, &clone->config, stack->now, arrived, seg, fx);
    }
}

/*
 * The listener itself stays in LISTEN: a clone of it takes the segment, and only a clone that left LISTEN becomes a
 * socket. A SYN beyond the backlog is dropped, so that its sender tries again.
 */
static void arrives_listener(struct tcprove_stack *stack, struct host_socket *listener, const struct tcpr_ip *arrived,
                             const struct tcpr_segment *seg, const uint8_t *text)
{
    bool opens = (seg->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == TCPR_SYN;
    if (opens && host_waiting(stack, listener) >= listener->backlog) { return; }
    struct host_socket *clone = host_socket_clone(stack, listener, arrived);
    if (!clone) { return; }
    struct tcpr_effects fx;
    arrives_clone(stack, listener, clone, arrived, seg, &fx);
    if (clone->conn.state == TCPR_LISTEN) {
        clone->number = listener->number; /* the listener's own answer */
        host_apply(stack, clone, &fx, text);
        host_socket_free(clone);
        return;
    }
    host_socket_add(stack, clone);
    host_apply(stack, clone, &fx, text);
}

/* MAY-2 needs an application that takes new connections: without a listener TIME-WAIT is not reopened. */
static void choose_reopening(struct tcprove_stack *stack, struct host_socket *socket)
{
    const struct host_socket *listener = host_listener(stack, socket->ip.version, socket->conn.local_port);
    socket->config.features &= ~(uint32_t)TCPR_FEATURE_REOPEN_TIME_WAIT;
    if (listener && socket->listener != 0) {
        socket->config.features |= stack->config.features & TCPR_FEATURE_REOPEN_TIME_WAIT;
        socket->listener = listener->number;
    }
}

static void segment_arrives(struct tcprove_stack *stack, const struct tcpr_ip *arrived, const struct tcpr_segment *seg,
                            const uint8_t *text)
{
    struct tcpr_ip outgoing = answer_to(arrived);
    struct host_socket *socket = host_connection(stack, &outgoing, seg->destination_port, seg->source_port);
    if (socket) {
        struct tcpr_effects fx;
        if (socket->conn.state == TCPR_TIME_WAIT) { choose_reopening(stack, socket); }
        tcpr_segment_arrives(&socket->conn, &socket->config, stack->now, arrived, seg, &fx);
        host_cookie_learn(stack, socket, seg, &fx);
        host_apply(stack, socket, &fx, text);
        return;
    }
    socket = host_listener(stack, arrived->version, seg->destination_port);
    if (socket) {
        arrives_listener(stack, socket, arrived, seg, text);
    } else {
        arrives_nowhere(stack, &outgoing, seg);
    }
}

static void explain_parse(const struct tcprove_stack *stack, enum tcpr_parse why)
{
    switch (why) {
    case TCPR_PARSE_CHECKSUM: host_explain(stack, 0, TCPR_RULE_MUST_3, "dropped"); break;
    case TCPR_PARSE_OPTION_LENGTH:
    case TCPR_PARSE_OPTION_CUT: host_explain(stack, 0, TCPR_RULE_MUST_7, "dropped"); break;
    case TCPR_PARSE_OK:
    case TCPR_PARSE_SHORT:
    case TCPR_PARSE_DATA_OFFSET:
    case TCPR_PARSE_HEADER_CUT:
    case TCPR_PARSE_TOO_LONG: break; /* no segment at all, of which no rule speaks */
    }
}

static void tcp_arrives(struct tcprove_stack *stack, const uint8_t *octets, const struct datagram *datagram)
{
    struct tcpr_segment seg;
    const uint8_t *segment = octets + datagram->payload_at;
    enum tcpr_parse why = tcpr_segment_parse(segment, datagram->payload_len, &datagram->ip, &seg);
    if (why != TCPR_PARSE_OK) {
        explain_parse(stack, why);
        return;
    }
    seg.ecn = datagram->ecn;
    segment_arrives(stack, &datagram->ip, &seg, segment + seg.header_len);
}

static void error_arrives(struct tcprove_stack *stack, const uint8_t *octets, const struct icmp *icmp)
{
    struct quotation quoted;
    if (icmp_quotation(octets, icmp, &quoted) != NET_OK) { return; }
    struct host_socket *socket = host_connection(stack, &quoted.ip, quoted.source_port, quoted.destination_port);
    if (!socket) { return; }
    const struct tcpr_icmp error = {.quoted_seq = quoted.seq,
                                    .mtu = icmp_mtu(icmp),
                                    .quoted_len = quoted.total_len,
                                    .version = icmp->version,
                                    .type = icmp->type,
                                    .code = icmp->code};
    struct tcpr_effects fx;
    tcpr_icmp_arrives(&socket->conn, &socket->config, stack->now, &error, &fx);
    host_apply(stack, socket, &fx, NULL);
}

static void icmp_arrives(struct tcprove_stack *stack, const uint8_t *octets, size_t len,
                         const struct datagram *datagram)
{
    struct icmp icmp;
    if (icmp_parse(octets, datagram, &icmp) != NET_OK) { return; }
    if (icmp_is_error(&icmp)) {
        error_arrives(stack, octets, &icmp);
        return;
    }
    size_t answer_len = icmp_emit_answer(octets, len, stack->out, sizeof stack->out);
    if (answer_len > 0) { stack->host.output(stack->host.context, stack->out, answer_len); }
}

/* Where a datagram comes from and goes to must be places that a host talks to and is. */
static bool addresses_fit(const struct tcprove_stack *stack, const struct datagram *datagram)
{
    const struct tcpr_ip *ip = &datagram->ip;
    bool is_tcp = datagram->protocol == NET_TCP;
    if (!tcpr_address_is_unicast(ip->destination, ip->version)) {
        if (is_tcp) { host_explain(stack, 0, TCPR_RULE_MUST_57, "dropped"); }
        return false;
    }
    if (!tcpr_address_is_unicast(ip->source, ip->version)) {
        if (is_tcp) { host_explain(stack, 0, TCPR_RULE_MUST_63, "dropped"); }
        return false;
    }
    return memcmp(ip->destination, host_address(stack, ip->version), sizeof ip->destination) == 0;
}

void host_input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *octets, size_t len)
{
    struct datagram datagram;
    host_time_is(stack, now);
    if (datagram_parse(octets, len, &datagram) != NET_OK || !addresses_fit(stack, &datagram)) { return; }
    if (datagram.protocol == NET_TCP) {
        tcp_arrives(stack, octets, &datagram);
    } else {
        icmp_arrives(stack, octets, len, &datagram);
    }
    host_sweep(stack);
}
