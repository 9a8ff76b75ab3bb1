/* The client. Arriving text goes to a ring by stream offset, from there in order to the file; reading it is what opens
 * the window again. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_SIZE (1u << 20)
#define HEAD_MAX 8192u
#define LENGTH_UNKNOWN UINT64_MAX

struct fetch {
    const char *url;
    FILE *file;
    struct tcpr_ring ring;
    uint64_t read_at;   /* stream offset */
    uint64_t body_len;  /* as the head has it */
    uint64_t written;   /* of the body */
    tcpr_time began_at; /* connected */
    size_t head_len;    /* octets of the head so far; all of it once head_over */
    bool head_over;
    bool done; /* all is there */
    bool failed;
    struct tcpr_open open;
    char request[512];
    uint8_t head[HEAD_MAX];
};

static void fail(struct node *node, const char *why)
{
    struct fetch *f = node->state;
    if (!f->failed) { fprintf(stderr, "%s: %s\n", f->url, why); }
    f->failed = true;
    node->over = true;
}

/* ---- the answer ---- */

static void read_head(struct node *node)
{
    static const char status[] = "HTTP/1.", length[] = "\r\ncontent-length:";
    struct fetch *f = node->state;
    f->body_len = LENGTH_UNKNOWN;
    f->head[f->head_len - 1] = '\0'; /* of the last CRLF */
    if (strncmp((char *)f->head, status, strlen(status)) != 0) {
        fail(node, "this is no HTTP");
    } else if (strncmp((char *)f->head + 8, " 200 ", 5) != 0) {
        f->head[strcspn((char *)f->head, "\r\n")] = '\0';
        fail(node, (char *)f->head);
    }
    for (char *c = (char *)f->head; *c != '\0'; c++) {
        if (strncasecmp(c, length, strlen(length)) == 0) { f->body_len = strtoull(c + strlen(length), NULL, 10); }
    }
}

static void take_body(struct node *node, const uint8_t *octets, size_t len)
{
    struct fetch *f = node->state;
    if (len > 0 && fwrite(octets, 1, len, f->file) != len) { fail(node, strerror(errno)); }
    f->written += len;
}

static void take(struct node *node, const uint8_t *octets, size_t len)
{
    struct fetch *f = node->state;
    size_t i = 0;
    while (!f->head_over && i < len && f->head_len < HEAD_MAX) {
        f->head[f->head_len++] = octets[i++];
        f->head_over = f->head_len >= 4 && memcmp(f->head + f->head_len - 4, "\r\n\r\n", 4) == 0;
        if (f->head_over) { read_head(node); }
    }
    if (!f->head_over && f->head_len == HEAD_MAX) { fail(node, "the head is too long"); }
    if (f->head_over && !f->failed) { take_body(node, octets + i, len - i); }
}

static void read_all(struct node *node, struct tcpr_handle conn)
{
    struct fetch *f = node->state;
    uint8_t octets[65536];
    uint32_t len;
    while ((len = node_receive(node, conn, sizeof octets)) > 0 && !f->failed) {
        tcpr_ring_get(&f->ring, f->read_at, octets, len);
        f->read_at += len;
        take(node, octets, len);
    }
}

static void finish(struct node *node, struct tcpr_handle conn)
{
    struct fetch *f = node->state;
    bool whole = f->head_over && (f->body_len == LENGTH_UNKNOWN || f->body_len == f->written);
    f->done = whole && !f->failed;
    if (!whole) { fail(node, "the connection ends before the file does"); }
    (void)node_shut(node, conn);
}

/* ---- what the engine asks and tells ---- */

static void place(struct node *node, uint32_t index, uint64_t at, const uint8_t *from, uint32_t len)
{
    struct fetch *f = node->state;
    (void)index;
    tcpr_ring_put(&f->ring, at, from, len);
}

static bool text(struct node *node, uint32_t index, uint64_t at, uint8_t *to, uint32_t len)
{
    struct fetch *f = node->state;
    (void)index;
    memcpy(to, f->request + at, len);
    return true;
}

static void opened(struct node *node, struct tcpr_handle conn)
{
    struct fetch *f = node->state;
    f->began_at = node->now;
    (void)node_send(node, conn, (uint32_t)strlen(f->request));
}

static void heard(struct node *node, const struct tcpr_host_result *result)
{
    struct fetch *f = node->state;
    uint32_t events = result->fx.events;
    if (events & TCPR_EVENT_READABLE) { read_all(node, result->conn); }
    if ((events & TCPR_EVENT_PEER_CLOSED) && !f->failed) { finish(node, result->conn); }
    if (events & TCPR_EVENT_REFUSED) { fail(node, "connection refused"); }
    if (events & TCPR_EVENT_TIMED_OUT) { fail(node, "the peer does not answer"); }
    if ((events & TCPR_EVENT_RESET) && !f->done) { fail(node, "connection reset"); }
    if ((events & TCPR_EVENT_HARD_ERROR) && !f->done) { fail(node, "the network says it cannot be reached"); }
    if (events & (TCPR_EVENT_CLOSE_OK | TCPR_EVENT_CLOSED)) { node->over = true; }
}

static const struct application application = {.opened = opened, .heard = heard, .place = place, .text = text};

/* ---- the URL ---- */

static bool parse_address(const char *address, struct tcpr_ip *ip)
{
    ip->version = address[0] == '[' ? 6 : 4;
    char bare[64];
    size_t len = strcspn(address + (ip->version == 6), "]");
    if (len >= sizeof bare) { return false; }
    memcpy(bare, address + (ip->version == 6), len);
    bare[len] = '\0';
    return inet_pton(ip->version == 4 ? AF_INET : AF_INET6, bare, ip->destination) == 1;
}

/* http://192.0.2.1:80/name, http://[2001:db8::1]/name: addresses only, there are no names without DNS. */
static bool parse_url(const char *url, struct fetch *f)
{
    char address[64] = {0}, port[6] = "80", path[256] = {0};
    uint64_t number = 0;
    int at = 0;
    if (sscanf(url, "http://%63[][0-9a-fA-F.:%%]/%n", address, &at) != 1 || strlen(url) >= sizeof path) {
        return false;
    }
    if (url[7 + strlen(address)] != '/') { return false; }
    char *colon = address[0] == '[' ? strchr(address, ']') : address + strcspn(address, ":");
    if (colon == NULL) { return false; }
    if (*colon == ']') { colon++; }
    if (*colon == ':' && strlen(colon + 1) < sizeof port) { memcpy(port, colon + 1, strlen(colon + 1) + 1); }
    if (!parse_number(port, 1, 65535, &number)) { return false; }
    *colon = '\0';
    memcpy(path, url + at, strlen(url + at));
    f->open.remote_port = (uint16_t)number;
    snprintf(f->request, sizeof f->request, "GET /%s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", path, address);
    return parse_address(address, &f->open.ip);
}

/* ---- the whole ---- */

static void report(const struct node *node)
{
    const struct fetch *f = node->state;
    double seconds = (double)(node->now - f->began_at) / 1e6;
    printf("%llu octets in %.2f s, %.1f MiB/s\n", (unsigned long long)f->written, seconds,
           (double)f->written / 1048576 / (seconds > 0 ? seconds : 1e-6));
}

static void run(struct node *node, const struct node_options *options)
{
    struct fetch *f = node->state;
    struct tcpr_config config;
    struct tcpr_handle conn;
    struct tcpr_host_result result;
    node_config(&config);
    config.receive_buffer = RING_SIZE;
    node->application = &application;
    if (!node_open(node, options, &config)) { return; }
    enum tcpr_status status = tcpr_host_connect(node->host, &node->config, node->now, &f->open, &conn, &result);
    if (status == TCPR_OK) {
        node_run(node);
    } else {
        fail(node, tcpr_status_text(status));
    }
    node_close(node);
    if (f->done) { report(node); }
    if (!f->done && !f->failed) { fail(node, "interrupted"); }
}

int http_fetch(const struct node_options *options, const char *url, const char *file)
{
    struct node_options mine = *options;
    struct fetch *f = calloc(1, sizeof *f);
    struct node *node = calloc(1, sizeof *node);
    uint8_t *octets = malloc(RING_SIZE);
    bool done = false;
    mine.host = (struct tcpr_host_options){.connections = 1, .time_wait = 1, .sacked_ranges = 4};
    if (f == NULL || node == NULL || octets == NULL) {
        fprintf(stderr, "no memory\n");
    } else if (f->url = url, !parse_url(url, f)) {
        fprintf(stderr, "%s: no URL of the form http://ADDRESS[:PORT]/NAME\n", url);
    } else if (f->file = fopen(file, "wb"), f->file == NULL) {
        fprintf(stderr, "%s: %s\n", file, strerror(errno));
    } else {
        f->ring = (struct tcpr_ring){.octets = octets, .size = RING_SIZE};
        node->state = f;
        run(node, &mine);
        done = fclose(f->file) == 0 && f->done;
    }
    free(octets);
    free(node);
    free(f);
    return done ? 0 : 1;
}
