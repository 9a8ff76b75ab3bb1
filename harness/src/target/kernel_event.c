/*
 * What the application learns, from non-blocking sockets. Each look compares what a socket shows with what was told of
 * it, so nothing is told twice and nothing is lost when several things happened between two looks.
 */
#include "kernel.h"
#include "tcprove/segment.h"

#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define EVENTS_A_LOOK 6u /* at most, of one connection */
#define WATCH_FIRST_US 1000u
#define WATCH_LONGEST_US 50000u
#define LINUX_CLOSED 7 /* tcpi_state of a socket that is no connection any more */

static bool has_room(const struct lane *lane)
{
    return lane->event_count + EVENTS_A_LOOK <= EVENTS_MAX;
}

static void tell(struct lane *lane, unsigned connection, enum tcprove_event event)
{
    unsigned at = (lane->event_first + lane->event_count) % EVENTS_MAX;
    lane->event[at] = (struct lane_event){.at = lane->stamp, .connection = connection, .event = event};
    lane->event_count++;
}

bool lane_watch_edges(struct lane *lane, int fd)
{
    struct epoll_event interest = {.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET};
    return epoll_ctl(lane->edges_fd, EPOLL_CTL_ADD, fd, &interest) == 0;
}

static bool connection_info(int fd, struct tcp_info *info)
{
    socklen_t len = sizeof *info;
    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

static bool is_dead(int fd)
{
    struct tcp_info info;
    return !connection_info(fd, &info) || info.tcpi_state == LINUX_CLOSED;
}

/* ---- Accepting ---- */

static unsigned connection_of_peer(const struct lane *lane, const union endpoint_address *peer)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        union endpoint_address remote = lane_remote(lane, i);
        bool same = peer->any.sa_family == AF_INET ? remote.ipv4.sin_port == peer->ipv4.sin_port &&
                                                         memcmp(&remote.ipv4.sin_addr, &peer->ipv4.sin_addr, 4) == 0
                                                   : remote.ipv6.sin6_port == peer->ipv6.sin6_port &&
                                                         memcmp(&remote.ipv6.sin6_addr, &peer->ipv6.sin6_addr, 16) == 0;
        if (same) { return i; }
    }
    return LANE_CONNECTIONS_MAX;
}

/* Kept open, so that it does what Linux does with a connection nobody reads. */
static void keep_stray(struct lane *lane, int fd)
{
    if (lane->strays == STRAYS_MAX) {
        close(fd);
        return;
    }
    lane->stray[lane->strays++] = fd;
}

static void accept_one(struct lane *lane, int fd, const union endpoint_address *peer)
{
    unsigned connection = connection_of_peer(lane, peer);
    if (connection == LANE_CONNECTIONS_MAX || !lane_watch_edges(lane, fd)) {
        keep_stray(lane, fd);
        return;
    }
    struct application *application = &lane->application[connection];
    if (application->fd >= 0) { keep_stray(lane, application->fd); }
    *application = (struct application){.fd = fd, .established = true, .last_control = application->last_control};
    tell(lane, connection, TCPROVE_ACCEPTED);
}

static void accept_all(struct lane *lane)
{
    while (lane->listener >= 0 && has_room(lane)) {
        union endpoint_address peer = {0};
        socklen_t len = sizeof peer;
        int fd = accept4(lane->listener, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accept_one(lane, fd, &peer);
        } else if (errno != ECONNABORTED && errno != EINTR) {
            lane_note_shortage(lane, errno);
            return;
        }
    }
}

/* ---- One connection ---- */

void application_note_error(struct application *application, int error)
{
    if (error == 0) { return; }
    if (!is_dead(application->fd)) {
        application->soft_error = true;
    } else if (application->error == 0) {
        application->error = error;
    }
}

static void take_error(struct application *application)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(application->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0) {
        application_note_error(application, error);
    }
    uint8_t ignored[256];
    for (unsigned i = 0; i < EVENTS_MAX; i++) {
        if (recv(application->fd, ignored, sizeof ignored, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) { return; }
    }
}

/* EPIPE is what Linux calls a reset in CLOSE-WAIT. */
static enum tcprove_event event_of_error(int error)
{
    switch (error) {
    case ECONNREFUSED: return TCPROVE_REFUSED;
    case ECONNRESET:
    case EPIPE: return TCPROVE_RESET;
    case ETIMEDOUT: return TCPROVE_TIMED_OUT;
    default: return TCPROVE_UNREACHABLE;
    }
}

/* A connection may have been made and reset between two looks: then the SYN was acknowledged, and both are told. */
static bool was_made(const struct application *application, int shown)
{
    struct tcp_info info;
    if (application->error == 0 || !(shown & POLLHUP)) { return (shown & POLLOUT) && !(shown & POLLHUP); }
    return connection_info(application->fd, &info) && info.tcpi_bytes_acked > 0;
}

static void look_at_connecting(struct lane *lane, unsigned connection, int shown)
{
    struct application *application = &lane->application[connection];
    if (was_made(application, shown)) {
        application->connecting = false;
        application->established = true;
        tell(lane, connection, TCPROVE_CONNECTED);
    } else if (application->error != 0) {
        application->connecting = false;
    }
}

static void look_at_text(struct lane *lane, unsigned connection, int shown)
{
    struct application *application = &lane->application[connection];
    bool urgent = (shown & POLLPRI) != 0;
    if (urgent && !application->told_urgent) { tell(lane, connection, TCPROVE_URGENT); }
    application->told_urgent = urgent;
    int readable = 0;
    if (ioctl(application->fd, FIONREAD, &readable) == 0 && readable > application->told_readable) {
        application->told_readable = readable;
        tell(lane, connection, TCPROVE_READABLE);
    }
    bool ended = (shown & POLLRDHUP) && (application->error == 0 || application->error == EPIPE);
    if (ended && !application->told_eof) {
        application->told_eof = true;
        tell(lane, connection, TCPROVE_EOF);
    }
}

static void look_at(struct lane *lane, unsigned connection)
{
    struct application *application = &lane->application[connection];
    struct pollfd socket = {.fd = application->fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
    if (poll(&socket, 1, 0) < 0) { return; }
    take_error(application);
    if (application->soft_error) {
        application->soft_error = false;
        tell(lane, connection, TCPROVE_SOFT_ERROR);
    }
    if (application->connecting) { look_at_connecting(lane, connection, socket.revents); }
    if (application->established) { look_at_text(lane, connection, socket.revents); }
    if (application->error != 0 && !application->told_error) {
        application->told_error = true;
        application->told_closed = true;
        tell(lane, connection, event_of_error(application->error));
    }
}

/* When it happened is not told: after the last look and before this one. A thread that ran late has not made it late.
 */
static void set_stamp(struct lane *lane, tcpr_time until)
{
    tcpr_time now = lane_now(lane);
    lane->stamp = now <= until ? now : until > lane->looked_at ? until : lane->looked_at;
    lane->looked_at = now;
}

void lane_harvest(struct lane *lane, tcpr_time until)
{
    set_stamp(lane, until);
    /* Before looking: a change after the look raises a new edge. */
    struct epoll_event edge[LANE_CONNECTIONS_MAX + 1 + STRAYS_MAX];
    if (epoll_wait(lane->edges_fd, edge, sizeof edge / sizeof *edge, 0) < 0 && errno != EINTR) {
        lane->fault = "epoll failed";
    }
    accept_all(lane);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (lane->application[i].fd >= 0 && has_room(lane)) { look_at(lane, i); }
    }
}

/* ---- The end of a connection ---- */

static bool is_watched(const struct application *application)
{
    if (!application->established || application->told_closed) { return false; }
    return application->given_up || (application->fd >= 0 && application->told_eof && is_dead(application->fd));
}

/* Linux does not say how a socket given up came to its end. It was orderly unless a reset was seen at last. */
static void look_for_end(struct lane *lane, unsigned connection)
{
    struct application *application = &lane->application[connection];
    union endpoint_address remote = lane_remote(lane, connection);
    enum tcprove_state state = diag_state(lane->diag_fd, &lane->local, &remote);
    if (state != TCPROVE_CLOSED && state != TCPROVE_LISTEN && state != TCPROVE_UNKNOWN) { return; }
    application->told_closed = true;
    bool reset = (application->last_control & TCPR_RST) != 0;
    if (state != TCPROVE_UNKNOWN && !reset) { tell(lane, connection, TCPROVE_CLOSED_OK); }
}

tcpr_time lane_watch(struct lane *lane)
{
    tcpr_time now = lane_now(lane);
    bool look = now >= lane->watch_next;
    bool any = false;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (!is_watched(&lane->application[i])) { continue; }
        any = true;
        if (look && has_room(lane)) { look_for_end(lane, i); }
    }
    if (!any) { return TCPR_NEVER; }
    if (look) {
        lane->watch_step = lane->watch_step == 0 ? WATCH_FIRST_US : lane->watch_step * 2;
        if (lane->watch_step > WATCH_LONGEST_US) { lane->watch_step = WATCH_LONGEST_US; }
        lane->watch_next = now + lane->watch_step;
    }
    return lane->watch_next;
}
