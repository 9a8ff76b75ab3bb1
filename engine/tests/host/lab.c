#include "lab.h"

#include <stdlib.h>
#include <string.h>

void host_lab_begin(struct host_lab *lab, struct tcpr_host_options options, uint32_t backlog)
{
    static const uint8_t ipv4[16] = {10, 0, 0, 1}, ipv6[16] = {0xFD, [15] = 1};
    memset(lab, 0, sizeof *lab);
    tcpr_config_default(&lab->config);
    lab->options = options;
    if (options.connections == 0) { lab->options.connections = 8; }
    if (options.time_wait == 0) { lab->options.time_wait = 8; }
    if (options.syn_queue == 0) { lab->options.syn_queue = 4; }
    lab->options.listeners = 4;
    lab->options.addresses = 2;
    lab->now = TCPR_S(1000);
    size_t size = tcpr_host_size(&lab->options);
    lab->host = tcpr_host_init(aligned_alloc(64, size), &lab->options, lab->now);
    assert_int_equal(tcpr_host_add_address(lab->host, ipv4, 4), TCPR_OK);
    assert_int_equal(tcpr_host_add_address(lab->host, ipv6, 6), TCPR_OK);
    const struct tcpr_listen listen = {.port = 80, .backlog = backlog};
    assert_int_equal(tcpr_host_listen(lab->host, &lab->config, lab->now, &listen, &lab->listener), TCPR_OK);
}

void host_lab_end(struct host_lab *lab)
{
    free(lab->host);
}

struct far far_end(uint32_t n, uint8_t version)
{
    struct far far = {
        .ip = {.version = version, .ttl = 64}, .port = (uint16_t)(1024 + n % 60000), .to = 80, .seq = 5000};
    uint32_t host = n / 60000;
    far.ip.source[0] = version == 6 ? 0xFD : 10;
    far.ip.source[1] = 9;
    far.ip.source[2] = (uint8_t)(host >> 8);
    far.ip.source[3] = (uint8_t)host;
    far.ip.destination[0] = far.ip.source[0];
    far.ip.destination[version == 6 ? 15 : 3] = 1;
    return far;
}

void far_sends(struct host_lab *lab, const struct far *far, uint16_t control, uint32_t text_len)
{
    struct tcpr_segment seg = {.seq = far->seq,
                               .ack = far->ack,
                               .source_port = far->port,
                               .destination_port = far->to,
                               .control = control,
                               .text_len = text_len,
                               .window = 65000,
                               .options = far->options};
    tcpr_host_input(lab->host, &lab->config, lab->now, &far->ip, &seg, &lab->res);
}

void far_syn(struct host_lab *lab, struct far *far)
{
    far_sends(lab, far, TCPR_SYN, 0);
    assert_true(lab->res.fx.has_reply);
    assert_int_equal(lab->res.fx.reply.control, TCPR_SYN | TCPR_ACK);
    assert_int_equal(lab->res.fx.reply.ack, far->seq + 1);
    assert_memory_equal(lab->res.ip.source, far->ip.destination, 16);
    assert_memory_equal(lab->res.ip.destination, far->ip.source, 16);
    far->seq++;
    far->ack = lab->res.fx.reply.seq + 1;
    far->options.present &= TCPR_OPT_TIMESTAMPS;
    far->options.ts_ecr = lab->res.fx.reply.options.ts_val;
}

struct tcpr_handle far_opens(struct host_lab *lab, struct far *far)
{
    struct tcpr_handle conn;
    far_syn(lab, far);
    far_sends(lab, far, TCPR_ACK, 0);
    assert_true(lab->res.fx.events & TCPR_EVENT_CONNECTED);
    assert_true(tcpr_host_accept(lab->host, lab->listener, &conn));
    assert_true(tcpr_handle_equal(conn, lab->res.conn));
    host_lab_pull(lab);
    return conn;
}

uint32_t host_lab_pull(struct host_lab *lab)
{
    uint32_t count = 0;
    while (tcpr_host_next_segment(lab->host, &lab->config, lab->now, &lab->out)) {
        count++;
    }
    return count;
}

uint32_t host_lab_wait(struct host_lab *lab, tcpr_time us)
{
    struct tcpr_host_result res;
    uint32_t count = 0;
    lab->now += us;
    while (tcpr_host_time_passes(lab->host, &lab->config, lab->now, &res)) {
        lab->res = res;
        count++;
    }
    return count;
}

enum tcpr_rule host_lab_rule(const struct host_lab *lab)
{
    return lab->res.fx.decisions > 0 ? (enum tcpr_rule)lab->res.fx.decision[0].rule : TCPR_RULE_NONE;
}

struct tcpr_host_counts host_lab_counts(const struct host_lab *lab)
{
    struct tcpr_host_counts counts;
    tcpr_host_count(lab->host, &counts);
    return counts;
}
