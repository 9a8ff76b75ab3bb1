#define _GNU_SOURCE /* ppoll */
#include "node.h"

#include "datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH 256 /* datagrams read before anything is sent */

void tcpr_assertion_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}

static tcpr_time clock_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (tcpr_time)at.tv_sec * 1000000 + (tcpr_time)at.tv_nsec / 1000;
}

/* ---- sending ---- */

static void emit(struct node *node, const struct tcpr_ip *ip, const struct tcpr_segment *seg, uint8_t *out)
{
    uint8_t *header = out + datagram_header_len(ip);
    const uint8_t *text = header + tcpr_segment_header_len(seg);
    size_t len = tcpr_segment_emit(seg, ip, text, header);
    device_write(&node->device, node->now, out, datagram_emit(ip, seg->ecn, len, out));
}

void node_reply(struct node *node, const struct tcpr_host_result *result)
{
    uint8_t out[DATAGRAM_MAX];
    if (result->fx.has_reply) { emit(node, &result->ip, &result->fx.reply, out); }
}

/* The text is copied to its place in the datagram, and nowhere else. */
static void pull(struct node *node)
{
    struct tcpr_host_output output;
    uint8_t out[DATAGRAM_MAX];
    while (tcpr_host_next_segment(node->host, &node->config, node->now, &output)) {
        uint8_t *text = out + datagram_header_len(&output.ip) + tcpr_segment_header_len(&output.seg);
        uint32_t len = output.seg.text_len;
        if (len > 0 && !node->application->text(node, output.conn.index, output.seg.text_at, text, len)) {
            node_abort(node, output.conn);
        } else {
            emit(node, &output.ip, &output.seg, out);
        }
    }
}

/* ---- what happens ---- */

/* A connection is accepted as soon as it waits, so the one that has waited longest is this one. */
static void opened(struct node *node, const struct tcpr_host_result *result)
{
    struct tcpr_handle accepted;
    if (result->listener.generation != 0) { (void)tcpr_host_accept(node->host, result->listener, &accepted); }
    node->application->opened(node, result->conn);
}

static void settle(struct node *node, const struct tcpr_host_result *result)
{
    node_reply(node, result);
    if (!tcpr_handle_is_none(result->conn)) { node->application->heard(node, result); }
}

static void segment_arrives(struct node *node, const struct datagram *datagram)
{
    struct tcpr_segment seg;
    struct tcpr_host_result result;
    if (tcpr_segment_parse(datagram->text, datagram->text_len, &datagram->ip, &seg) != TCPR_PARSE_OK) { return; }
    seg.ecn = datagram->ecn;
    tcpr_host_input(node->host, &node->config, node->now, &datagram->ip, &seg, &result);
    const struct tcpr_place *place = &result.fx.place;
    if (result.fx.events & TCPR_EVENT_CONNECTED) { opened(node, &result); }
    if (place->len > 0) {
        const uint8_t *text = datagram->text + seg.header_len + place->text_at;
        node->application->place(node, result.conn.index, place->stream_at, text, place->len);
    }
    settle(node, &result);
}

static void datagram_arrives(struct node *node, const uint8_t *octets, size_t len)
{
    struct datagram datagram;
    struct datagram_error error;
    datagram_parse(octets, len, &datagram);
    if (datagram.kind == DATAGRAM_TCP) { segment_arrives(node, &datagram); }
    if (datagram_parse_error(&datagram, &error)) {
        struct tcpr_host_result result;
        tcpr_host_icmp(node->host, &node->config, node->now, &error.quoted, error.local_port, error.remote_port,
                       &error.icmp, &result);
        settle(node, &result);
    }
}

static void time_passes(struct node *node)
{
    struct tcpr_host_result result;
    while (tcpr_host_time_passes(node->host, &node->config, node->now, &result)) {
        settle(node, &result);
    }
    device_time_passes(&node->device, node->now);
}

/* ---- the loop ---- */

static void wait(struct node *node)
{
    tcpr_time due = tcpr_host_next_deadline(node->host), device = device_deadline(&node->device);
    if (device < due) { due = device; }
    tcpr_time us = due > node->now ? due - node->now : 0;
    struct timespec patience = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    struct pollfd fds[2] = {{.fd = node->device.fd, .events = POLLIN}, {.fd = node->signals, .events = POLLIN}};
    int ready = ppoll(fds, 2, due == TCPR_NEVER ? NULL : &patience, NULL);
    if (ready > 0 && fds[1].revents != 0) { node->over = true; }
    node->now = clock_us();
}

void node_run(struct node *node)
{
    uint8_t octets[DATAGRAM_MAX];
    while (!node->over) {
        size_t len = 1;
        for (int n = 0; n < BATCH && !node->over && (len = device_read(&node->device, node->now, octets)) > 0; n++) {
            datagram_arrives(node, octets, len);
        }
        time_passes(node);
        pull(node);
        if (!node->over) { wait(node); }
    }
}

/* ---- beginning and end ---- */

bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *out = value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value >= least && value <= most;
}

/* Percent with up to two decimals, as hundredths of a percent. */
static bool parse_percent(const char *text, uint32_t *out)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0 && value <= 100)) { return false; }
    *out = (uint32_t)(value * 100 + 0.5);
    return true;
}

static bool take_option(struct node_options *options, int option, const char *value)
{
    switch (option) {
    case 'd': options->device = value; return true;
    case 'l': return parse_percent(value, &options->rates.loss);
    case 'u': return parse_percent(value, &options->rates.duplicate);
    case 'r': return parse_percent(value, &options->rates.reorder);
    case 's': return parse_number(value, 0, UINT64_MAX, &options->seed);
    default: return false;
    }
}

bool node_option(struct node_options *options, int option, const char *value)
{
    if (take_option(options, option, value)) { return true; }
    if (option != '?' && option != ':') { fprintf(stderr, "-%c %s: no such value\n", option, value); }
    return false;
}

void node_config(struct tcpr_config *config)
{
    tcpr_config_default(config);
    config->mtu = DEVICE_MTU;
    config->rto_min_us = TCPR_MS(200); /* RFC 6298 asks for 1 s; on a link of microseconds we do as Linux does */
    config->msl_us = TCPR_S(30);
}

static bool random_octets(void *to, size_t len)
{
    if (getrandom(to, len, 0) == (ssize_t)len) { return true; }
    fprintf(stderr, "no random octets: %s\n", strerror(errno));
    return false;
}

static bool open_signals(struct node *node)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    node->signals = sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC) : -1;
    if (node->signals < 0) { fprintf(stderr, "signals: %s\n", strerror(errno)); }
    return node->signals >= 0;
}

static bool open_host(struct node *node, struct tcpr_host_options host)
{
    uint8_t ipv4[16] = {0}, ipv6[16];
    inet_pton(AF_INET, OUR_IPV4, ipv4);
    inet_pton(AF_INET6, OUR_IPV6, ipv6);
    host.addresses = 2;
    host.reset_limit = 100;
    host.reset_interval_us = TCPR_S(1);
    if (!random_octets(host.secret, sizeof host.secret)) { return false; }
    node->host_size = tcpr_host_size(&host);
    void *memory = aligned_alloc(64, (node->host_size + 63) / 64 * 64);
    if (node->host_size == 0 || memory == NULL) {
        fprintf(stderr, "no memory for %u connections\n", host.connections);
        free(memory);
        return false;
    }
    node->host = tcpr_host_init(memory, &host, node->now);
    return tcpr_host_add_address(node->host, ipv4, 4) == TCPR_OK &&
           tcpr_host_add_address(node->host, ipv6, 6) == TCPR_OK;
}

bool node_open(struct node *node, const struct node_options *options, const struct tcpr_config *config)
{
    node->now = clock_us();
    node->config = *config;
    node->host = NULL;
    node->over = false;
    node->device.fd = -1;
    if (open_signals(node) && random_octets(node->config.isn_secret, sizeof node->config.isn_secret) &&
        device_open(&node->device, options->device, options->rates, options->seed) && open_host(node, options->host)) {
        return true;
    }
    node_close(node);
    return false;
}

bool node_listen(struct node *node, uint16_t port, uint32_t backlog, uint32_t receive_buffer)
{
    struct tcpr_listener listener;
    const struct tcpr_listen listen = {.port = port, .backlog = backlog, .receive_buffer = receive_buffer};
    enum tcpr_status status = tcpr_host_listen(node->host, &node->config, node->now, &listen, &listener);
    if (status != TCPR_OK) { fprintf(stderr, "port %u: %s\n", port, tcpr_status_text(status)); }
    return status == TCPR_OK;
}

void node_close(struct node *node)
{
    struct tcpr_handle conn = {0};
    while (node->host != NULL && !tcpr_handle_is_none(conn = tcpr_host_next(node->host, conn))) {
        node_abort(node, conn);
    }
    if (node->device.fd >= 0) { device_report(&node->device); }
    device_close(&node->device);
    if (node->signals >= 0) { close(node->signals); }
    free(node->host);
    node->host = NULL;
}

/* ---- calls ---- */

enum tcpr_status node_send(struct node *node, struct tcpr_handle conn, uint32_t octets)
{
    struct tcpr_host_result result;
    enum tcpr_status status = tcpr_host_send(node->host, &node->config, node->now, conn, octets, false, &result);
    node_reply(node, &result);
    return status;
}

uint32_t node_receive(struct node *node, struct tcpr_handle conn, uint32_t octets)
{
    struct tcpr_host_result result;
    uint32_t taken = 0;
    enum tcpr_status status = tcpr_host_receive(node->host, &node->config, node->now, conn, octets, &taken, &result);
    node_reply(node, &result);
    return status == TCPR_OK ? taken : 0;
}

enum tcpr_status node_shut(struct node *node, struct tcpr_handle conn)
{
    struct tcpr_host_result result;
    enum tcpr_status status = tcpr_host_close(node->host, &node->config, node->now, conn, &result);
    node_reply(node, &result);
    return status;
}

void node_release(struct node *node, struct tcpr_handle conn)
{
    struct tcpr_host_result result;
    if (tcpr_host_release(node->host, &node->config, node->now, conn, &result) == TCPR_OK) {
        node_reply(node, &result);
    }
}

void node_abort(struct node *node, struct tcpr_handle conn)
{
    struct tcpr_host_result result;
    if (tcpr_host_abort(node->host, &node->config, node->now, conn, &result) == TCPR_OK) { node_reply(node, &result); }
}
