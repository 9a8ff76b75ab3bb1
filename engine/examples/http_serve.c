/* The server. An answer is a head and a file: nothing of it is kept in memory but the head. The engine asks for text
 * by stream offset, and what lies behind the head is read from the file when a segment takes it, again when it is lost.
 */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONNECTIONS 256
#define REQUEST_MAX 4096u
#define NAME_MAX_LEN 255
#define SEND_BUFFER (4u << 20)

/* One connection's request and answer. */
struct exchange {
    struct tcpr_handle conn;
    tcpr_time heard_at;
    uint64_t head_len; /* of the answer; 0: not yet answered */
    uint64_t body_len;
    uint64_t given;    /* of both, to the engine */
    uint32_t received; /* octets of the request, in order */
    int file;          /* -1: none */
    char head[256];
    uint8_t request[REQUEST_MAX];
};

struct server {
    int folder;
    struct exchange exchange[CONNECTIONS];
};

static struct exchange *exchange_of(struct node *node, uint32_t index)
{
    struct server *server = node->state;
    return &server->exchange[index];
}

static void end(struct node *node, struct exchange *x, void (*how)(struct node *, struct tcpr_handle))
{
    if (x->file >= 0) { close(x->file); }
    x->file = -1;
    how(node, x->conn);
}

/* The last slot is taken: the connection heard of longest ago makes room, so that idle peers keep nobody out. */
static void make_room(struct node *node)
{
    struct exchange *idlest = NULL;
    struct tcpr_handle conn = {0};
    while (!tcpr_handle_is_none(conn = tcpr_host_next(node->host, conn))) {
        struct exchange *x = exchange_of(node, conn.index);
        if (idlest == NULL || x->heard_at < idlest->heard_at) { idlest = x; }
    }
    if (idlest != NULL) { end(node, idlest, node_abort); }
}

static void opened(struct node *node, struct tcpr_handle conn)
{
    struct tcpr_host_counts counts;
    *exchange_of(node, conn.index) = (struct exchange){.file = -1, .conn = conn, .heard_at = node->now};
    tcpr_host_count(node->host, &counts);
    if (counts.connections == CONNECTIONS) { make_room(node); }
}

/* ---- the answer ---- */

static void answer_with(struct exchange *x, const char *status, uint64_t len)
{
    int written = snprintf(x->head, sizeof x->head,
                           "HTTP/1.0 %s\r\nServer: tcprove\r\nContent-Length: %llu\r\nConnection: close\r\n\r\n",
                           status, (unsigned long long)len);
    x->head_len = (uint64_t)written;
}

/* A name in the folder itself, that does not begin with a dot. @return false: there is no such file. */
static bool open_file(const struct server *server, struct exchange *x, const char *name)
{
    struct stat about;
    if (name[0] == '.' || strchr(name, '/') != NULL) { return false; }
    x->file = openat(server->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (x->file < 0 || fstat(x->file, &about) != 0 || !S_ISREG(about.st_mode)) { return false; }
    x->body_len = (uint64_t)about.st_size;
    return true;
}

/* "GET /name HTTP/1.x": the name is cut out of the request line. */
static void answer(const struct server *server, struct exchange *x)
{
    char line[NAME_MAX_LEN + 16] = {0}, name[NAME_MAX_LEN + 1];
    size_t len = x->received < sizeof line - 1 ? x->received : sizeof line - 1;
    memcpy(line, x->request, len);
    int end = 0;
    bool get = sscanf(line, "GET /%255[^ \r\n] HTTP/1.%n", name, &end) == 1 && end > 0;
    if (!get) {
        answer_with(x, "400 Bad Request", 0);
    } else if (!open_file(server, x, name)) {
        answer_with(x, "404 Not Found", 0);
    } else {
        answer_with(x, "200 OK", x->body_len);
    }
}

/* ---- what the engine asks and tells ---- */

/* The request stands at its stream offset: it is not read before it is complete, so the window ends where it may. */
static void place(struct node *node, uint32_t index, uint64_t at, const uint8_t *from, uint32_t len)
{
    struct exchange *x = exchange_of(node, index);
    if (at + len <= REQUEST_MAX) { memcpy(x->request + at, from, len); }
}

static bool text(struct node *node, uint32_t index, uint64_t at, uint8_t *to, uint32_t len)
{
    struct exchange *x = exchange_of(node, index);
    uint32_t head = at < x->head_len ? (uint32_t)(x->head_len - at) : 0;
    if (head > len) { head = len; }
    memcpy(to, x->head + at, head);
    if (head == len) { return true; }
    ssize_t got = pread(x->file, to + head, len - head, (off_t)(at + head - x->head_len));
    return got == (ssize_t)(len - head); /* less: the file was cut meanwhile */
}

/* Give the engine as much of the answer as its send buffer has room for, and close behind it. */
static void feed(struct node *node, struct exchange *x, struct tcpr_handle conn)
{
    const struct tcpr_conn *c = tcpr_host_conn(node->host, conn);
    uint64_t left = x->head_len + x->body_len - x->given;
    if (c == NULL || x->head_len == 0 || left == 0) { return; }
    uint64_t room = SEND_BUFFER - (c->snd.end_at - c->snd.una_at);
    uint32_t now = (uint32_t)(left < room ? left : room);
    if (now > 0 && node_send(node, conn, now) == TCPR_OK) { x->given += now; }
    if (x->given == x->head_len + x->body_len) { (void)node_shut(node, conn); }
}

/* Both have closed and the rest is TIME-WAIT's, or the connection died. */
static bool is_over(struct node *node, struct tcpr_handle conn)
{
    const struct tcpr_conn *c = tcpr_host_conn(node->host, conn);
    return c != NULL && (c->state == TCPR_CLOSED || c->state == TCPR_TIME_WAIT);
}

static void heard(struct node *node, const struct tcpr_host_result *result)
{
    struct exchange *x = exchange_of(node, result->conn.index);
    uint32_t events = result->fx.events;
    x->heard_at = node->now;
    x->received += result->fx.readable;
    bool whole = http_head_len(x->request, x->received < REQUEST_MAX ? x->received : REQUEST_MAX) > 0;
    if (x->head_len == 0 && (whole || x->received >= REQUEST_MAX || (events & TCPR_EVENT_PEER_CLOSED))) {
        answer(node->state, x);
    }
    if (x->head_len > 0) { (void)node_receive(node, result->conn, REQUEST_MAX); } /* what comes now is passed over */
    feed(node, x, result->conn);
    if (is_over(node, result->conn)) { end(node, x, node_release); }
}

static const struct application application = {.opened = opened, .heard = heard, .place = place, .text = text};

static int serve(struct node *node, const struct node_options *options, uint16_t port)
{
    struct tcpr_config config;
    node_config(&config);
    config.send_buffer = SEND_BUFFER;
    node->application = &application;
    if (!node_open(node, options, &config)) { return 1; }
    if (!node_listen(node, port, CONNECTIONS, REQUEST_MAX)) { node->over = true; }
    printf("serving on http://" OUR_IPV4 ":%u/ and http://[" OUR_IPV6 "]:%u/\n", port, port);
    fflush(stdout);
    node_run(node);
    node_close(node);
    return 0;
}

int http_serve(const struct node_options *options, const char *folder, uint16_t port)
{
    struct node_options mine = *options;
    struct server *server = calloc(1, sizeof *server);
    struct node *node = calloc(1, sizeof *node);
    int status = 1;
    mine.host = (struct tcpr_host_options){.connections = CONNECTIONS,
                                           .time_wait = CONNECTIONS,
                                           .syn_queue = CONNECTIONS,
                                           .listeners = 1,
                                           .sacked_ranges = 32,
                                           .records = 256,
                                           .recycle_time_wait = true};
    if (server != NULL && node != NULL) {
        server->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        node->state = server;
        if (server->folder < 0) { fprintf(stderr, "%s: %s\n", folder, strerror(errno)); }
        if (server->folder >= 0) {
            status = serve(node, &mine, port);
            close(server->folder);
        }
    }
    free(server);
    free(node);
    return status;
}
