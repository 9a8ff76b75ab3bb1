/*
 * A host of the engine on a TUN device, and the one loop that drives it:
 *
 *      device ---> datagram ---> tcpr_host_input ----> application->heard
 *      clock  -----------------> tcpr_host_time_passes -^
 *      device <--- datagram <--- tcpr_host_next_segment <--- application->text
 *
 * An application keeps what it knows of a connection in an array, by the index of the connection's handle.
 */
#ifndef EXAMPLE_NODE_H
#define EXAMPLE_NODE_H

#include "device.h"
#include "tcprove/tcprove.h"

struct node;

/* What an application does. */
struct application {
    /* A connection is there. The ACK that completes a handshake may bring text, so this comes before `place`. */
    void (*opened)(struct node *node, struct tcpr_handle conn);

    /* Something happened to a connection: result->fx.events, readable, released. */
    void (*heard)(struct node *node, const struct tcpr_host_result *result);

    /* Text arrived; these octets belong at offset `at` of the connection's stream. */
    void (*place)(struct node *node, uint32_t index, uint64_t at, const uint8_t *from, uint32_t len);

    /* Text is to be sent: copy it. @return false: it is gone; the connection is aborted. */
    bool (*text)(struct node *node, uint32_t index, uint64_t at, uint8_t *to, uint32_t len);
};

struct node_options {
    const char *device;
    struct shim_rates rates;
    uint64_t seed;
    struct tcpr_host_options host; /* node_open chooses the secret, the addresses and the bounds of resets */
};

struct node {
    const struct application *application;
    void *state; /* the application's */
    struct device device;
    struct tcpr_config config;
    struct tcpr_host *host;
    size_t host_size; /* octets */
    tcpr_time now;
    int signals; /* where SIGINT and SIGTERM are read */
    bool over;   /* set by the application or by a signal: node_run returns */
};

/* The defaults of the examples. */
void node_config(struct tcpr_config *config);

/* The options every example has; @return false: `option` is none of them, or its value is wrong (said on stderr). */
#define NODE_OPTIONS "d:l:u:r:s:"
#define NODE_LONG_OPTIONS                                                                       \
    {"device", required_argument, NULL, 'd'}, {"loss", required_argument, NULL, 'l'},           \
        {"duplicate", required_argument, NULL, 'u'}, {"reorder", required_argument, NULL, 'r'}, \
    {                                                                                           \
        "seed", required_argument, NULL, 's'                                                    \
    }
#define NODE_HELP                                                                                              \
    "  -d, --device NAME        the TUN device to make (tcprove0)\n"                                           \
    "  -l, --loss PERCENT       datagrams lost, in each direction (0)\n"                                       \
    "  -u, --duplicate PERCENT  datagrams that arrive twice (0)\n"                                             \
    "  -r, --reorder PERCENT    datagrams overtaken by up to eight later ones, or 5 ms late (0)\n"             \
    "  -s, --seed N             the same seed loses the same datagrams (1)\n"                                  \
    "  -h, --help\n"                                                                                           \
    "\n"                                                                                                       \
    "The kernel's end of the device is " KERNEL_IPV4 "/24 and " KERNEL_IPV6 "/64, the engine's " OUR_IPV4 "\n" \
    "and " OUR_IPV6 ". /dev/net/tun asks for root's rights; in a namespace of its own\n"                       \
    "(unshare -n) nothing else of the machine is touched. Ctrl-C resets what is open and ends.\n"
bool node_option(struct node_options *options, int option, const char *value);

/* A whole number of `least` to `most`. @return false: `text` is none. */
bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out);

/* Make device and host. `config` is in force from here on. @return false: what failed was said. */
bool node_open(struct node *node, const struct node_options *options, const struct tcpr_config *config);

/* Listen on `port` of all addresses, with `receive_buffer` for each connection. */
bool node_listen(struct node *node, uint16_t port, uint32_t backlog, uint32_t receive_buffer);

/* Until `over`. */
void node_run(struct node *node);

/* Reset every connection and give everything back. */
void node_close(struct node *node);

/* Send what a call on a connection answers. The application calls it after each call that has a result. */
void node_reply(struct node *node, const struct tcpr_host_result *result);

/* SEND, CLOSE, ... on a connection, by the calls of tcprove/host.h, replies included. @{ */
enum tcpr_status node_send(struct node *node, struct tcpr_handle conn, uint32_t octets);
uint32_t node_receive(struct node *node, struct tcpr_handle conn, uint32_t octets);
enum tcpr_status node_shut(struct node *node, struct tcpr_handle conn);
void node_release(struct node *node, struct tcpr_handle conn);
void node_abort(struct node *node, struct tcpr_handle conn);
/* @} */

#endif
