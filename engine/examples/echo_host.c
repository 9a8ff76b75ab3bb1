/* An echo server that holds ten thousand connections in memory it reckons beforehand: example 3 of docs/embedding.md.
 *
 * What comes in at a stream offset goes out at the same offset, so one ring a connection serves both directions: text
 * counts as read when its echo is acknowledged, and till then the window keeps its place in the ring. */
#include "node.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RING_SIZE 2048u

static const char help[] = "usage: example_echo_host [OPTION...]\n"
                           "\n"
                           "Echoes on port 7, by the engine on a TUN device.\n"
                           "\n"
                           "  -c, --connections N      at most so many at a time, 1 to 1000000 (10000)\n" NODE_HELP "\n"
                           "Exit status: 0 done, 1 it failed, 2 usage.\n";

struct echo {
    uint8_t *octets; /* RING_SIZE for each connection */
    uint32_t most;   /* connections at a time so far */
};

static struct tcpr_ring ring_of(struct node *node, uint32_t index)
{
    struct echo *echo = node->state;
    return (struct tcpr_ring){.octets = echo->octets + (size_t)index * RING_SIZE, .size = RING_SIZE};
}

static void place(struct node *node, uint32_t index, uint64_t at, const uint8_t *from, uint32_t len)
{
    struct tcpr_ring ring = ring_of(node, index);
    tcpr_ring_put(&ring, at, from, len);
}

static bool text(struct node *node, uint32_t index, uint64_t at, uint8_t *to, uint32_t len)
{
    struct tcpr_ring ring = ring_of(node, index);
    tcpr_ring_get(&ring, at, to, len);
    return true;
}

static void opened(struct node *node, struct tcpr_handle conn)
{
    struct echo *echo = node->state;
    struct tcpr_host_counts counts;
    (void)conn;
    tcpr_host_count(node->host, &counts);
    if (counts.connections > echo->most) { echo->most = counts.connections; }
}

static void heard(struct node *node, const struct tcpr_host_result *result)
{
    const struct tcpr_effects *fx = &result->fx;
    if (fx->readable > 0) { (void)node_send(node, result->conn, fx->readable); }
    if (fx->released > 0) { (void)node_receive(node, result->conn, fx->released); }
    if (fx->events & TCPR_EVENT_PEER_CLOSED) { (void)node_shut(node, result->conn); }
    if (fx->events & (TCPR_EVENT_CLOSE_OK | TCPR_EVENT_CLOSED)) { node_release(node, result->conn); }
}

static const struct application application = {.opened = opened, .heard = heard, .place = place, .text = text};

static void tell_memory(const struct node *node, uint32_t connections)
{
    printf("%u connections: %zu octets of host, %zu each, and a ring of %u each\n", connections, node->host_size,
           node->host_size / connections, RING_SIZE);
}

static int serve(struct node *node, struct node_options *options)
{
    uint32_t connections = options->host.connections;
    struct echo *echo = node->state;
    struct tcpr_config config;
    struct tcpr_host_counts counts;
    node_config(&config);
    config.send_buffer = RING_SIZE;
    config.receive_buffer = RING_SIZE;
    node->application = &application;
    if (!node_open(node, options, &config)) { return 1; }
    if (!node_listen(node, 7, connections, RING_SIZE)) { node->over = true; }
    tell_memory(node, connections);
    printf("echoing on " OUR_IPV4 " and " OUR_IPV6 ", port 7\n");
    fflush(stdout);
    node_run(node);
    tcpr_host_count(node->host, &counts);
    printf("at most %u connections at a time; %u cookies sent, %u taken\n", echo->most, counts.cookies_sent,
           counts.cookies_taken);
    node_close(node);
    return 0;
}

static int run(struct node_options *options)
{
    uint32_t connections = options->host.connections;
    struct echo echo = {.octets = calloc(connections, RING_SIZE)};
    struct node *node = calloc(1, sizeof *node);
    int status = 1;
    if (echo.octets != NULL && node != NULL) {
        node->state = &echo;
        status = serve(node, options);
    } else {
        fprintf(stderr, "no memory for %" PRIu32 " connections\n", connections);
    }
    free(echo.octets);
    free(node);
    return status;
}

static int usage(void)
{
    fputs("example_echo_host: --help tells how it is used\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        NODE_LONG_OPTIONS, {"connections", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    struct node_options options = {.device = "tcprove0", .seed = 1};
    uint64_t connections = 10000;
    int option;
    while ((option = getopt_long(argc, argv, NODE_OPTIONS "c:h", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return 0;
        }
        if (option == 'c' ? !parse_number(optarg, 1, 1000000, &connections) : !node_option(&options, option, optarg)) {
            return usage();
        }
    }
    options.host = (struct tcpr_host_options){.connections = (uint32_t)connections,
                                              .time_wait = (uint32_t)connections,
                                              .syn_queue = 1024,
                                              .listeners = 1,
                                              .recycle_time_wait = true};
    return optind == argc ? run(&options) : usage();
}
