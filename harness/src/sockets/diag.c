#include "harness/sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

int diag_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    struct timeval patience = {.tv_sec = 1};
    if (fd >= 0) { setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience); }
    return fd;
}

static void set_endpoint(const union endpoint_address *endpoint, __be16 *port, __be32 address[4])
{
    if (endpoint->any.sa_family == AF_INET) {
        *port = endpoint->ipv4.sin_port;
        memcpy(address, &endpoint->ipv4.sin_addr, 4);
    } else {
        *port = endpoint->ipv6.sin6_port;
        memcpy(address, &endpoint->ipv6.sin6_addr, 16);
    }
}

static bool ask(int fd, uint16_t type, uint16_t flags, const union endpoint_address *local,
                const union endpoint_address *remote)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {.nlmsg_len = sizeof message, .nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
        .request = {.sdiag_family = (uint8_t)local->any.sa_family,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_states = UINT32_MAX,
                    .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}};
    set_endpoint(local, &message.request.id.idiag_sport, message.request.id.idiag_src);
    set_endpoint(remote, &message.request.id.idiag_dport, message.request.id.idiag_dst);
    /* A socket with a link-local address is tied to its link. */
    if (local->any.sa_family == AF_INET6) { message.request.id.idiag_if = local->ipv6.sin6_scope_id; }
    return send(fd, &message, sizeof message, 0) == (ssize_t)sizeof message;
}

/* The numbers of Linux's own enumeration, as /proc/net/tcp shows them. */
static enum tcprove_state state_of_linux(uint8_t number)
{
    static const enum tcprove_state state[] = {
        TCPROVE_UNKNOWN,    TCPROVE_ESTABLISHED, TCPROVE_SYN_SENT,     TCPROVE_SYN_RECEIVED, TCPROVE_FIN_WAIT_1,
        TCPROVE_FIN_WAIT_2, TCPROVE_TIME_WAIT,   TCPROVE_CLOSED,       TCPROVE_CLOSE_WAIT,   TCPROVE_LAST_ACK,
        TCPROVE_LISTEN,     TCPROVE_CLOSING,     TCPROVE_SYN_RECEIVED,
    };
    return number < sizeof state / sizeof *state ? state[number] : TCPROVE_UNKNOWN;
}

static enum tcprove_state read_answer(const uint8_t *octets, size_t len)
{
    struct nlmsghdr header;
    if (len < sizeof header) { return TCPROVE_UNKNOWN; }
    memcpy(&header, octets, sizeof header);
    octets += NLMSG_HDRLEN;
    len -= NLMSG_HDRLEN;
    struct nlmsgerr error;
    if (header.nlmsg_type == NLMSG_ERROR && len >= sizeof error) {
        memcpy(&error, octets, sizeof error);
        return error.error == -ENOENT ? TCPROVE_CLOSED : TCPROVE_UNKNOWN;
    }
    struct inet_diag_msg found;
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || len < sizeof found) { return TCPROVE_UNKNOWN; }
    memcpy(&found, octets, sizeof found);
    return state_of_linux(found.idiag_state);
}

enum tcprove_state diag_state(int fd, const union endpoint_address *local, const union endpoint_address *remote)
{
    uint8_t answer[4096];
    if (!ask(fd, SOCK_DIAG_BY_FAMILY, 0, local, remote)) { return TCPROVE_UNKNOWN; }
    ssize_t got = recv(fd, answer, sizeof answer, 0);
    return got < 0 ? TCPROVE_UNKNOWN : read_answer(answer, (size_t)got);
}

void diag_destroy(int fd, const union endpoint_address *local, const union endpoint_address *remote)
{
    uint8_t answer[4096];
    if (!ask(fd, SOCK_DESTROY, NLM_F_ACK, local, remote)) { return; }
    /* Whether or not there was one to end. */
    if (recv(fd, answer, sizeof answer, 0) < 0) { return; }
}
