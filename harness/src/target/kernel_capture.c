#include "kernel.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_OCTETS (4 * 1024 * 1024)

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* What the tester sends is not what it captures. A fuller queue than the system's default where that is allowed. Frames
 * go past the queueing discipline: until Linux has noticed in its own time that the link is up, that one loses them. */
static bool set_options(int fd)
{
    if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_OCTETS)) {
        set_option(fd, SOL_SOCKET, SO_RCVBUF, QUEUE_OCTETS);
    }
    return set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) &&
           set_option(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1) && set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) &&
           set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
}

bool capture_socket_open(struct capture_socket *capture, int link_index)
{
    *capture = (struct capture_socket){.link_index = link_index};
    capture->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (capture->fd < 0) { return false; }
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = link_index};
    return set_options(capture->fd) && bind(capture->fd, (struct sockaddr *)&link, sizeof link) == 0;
}

bool capture_socket_send(const struct capture_socket *capture, const uint8_t *datagram, size_t len, uint8_t version)
{
    struct sockaddr_ll link = {.sll_family = AF_PACKET,
                               .sll_protocol = htons(version == 4 ? ETH_P_IP : ETH_P_IPV6),
                               .sll_ifindex = capture->link_index,
                               .sll_halen = sizeof wire_target_mac};
    memcpy(link.sll_addr, wire_target_mac, sizeof wire_target_mac);
    ssize_t sent = sendto(capture->fd, datagram, len, 0, (struct sockaddr *)&link, sizeof link);
    return sent == (ssize_t)len;
}

/* The stamp is of the wall clock, which may be set while a spec runs; how long ago it was is not. */
static tcpr_time since_stamp_us(const struct timespec *stamp)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t us = (int64_t)(now.tv_sec - stamp->tv_sec) * 1000000 + (now.tv_nsec - stamp->tv_nsec) / 1000;
    return us > 0 && us < 60 * 1000000 ? (tcpr_time)us : 0;
}

/* @return false: datagrams were lost since last time. */
static bool read_control(struct capture_socket *capture, struct msghdr *message, tcpr_time *at)
{
    uint32_t lost = capture->lost;
    *at = monotonic_us();
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET) { continue; }
        if (c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            *at -= since_stamp_us(&stamp);
        } else if (c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&lost, CMSG_DATA(c), sizeof lost);
        }
    }
    bool complete = lost == capture->lost;
    capture->lost = lost;
    return complete;
}

enum captured capture_socket_take(struct capture_socket *capture, uint8_t *room, size_t *len, tcpr_time *at)
{
    _Alignas(struct cmsghdr) uint8_t control[128];
    struct sockaddr_ll link;
    struct iovec part = {.iov_base = room, .iov_len = DATAGRAM_ROOM};
    struct msghdr message = {.msg_name = &link,
                             .msg_namelen = sizeof link,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(capture->fd, &message, MSG_DONTWAIT);
    if (got < 0) { return errno == EAGAIN || errno == EINTR ? CAPTURED_NOTHING : CAPTURED_FAULT; }
    *len = (size_t)got;
    return read_control(capture, &message, at) && !(message.msg_flags & MSG_TRUNC) ? CAPTURED_DATAGRAM : CAPTURED_FAULT;
}
