/*
 * What the application learns, from non-blocking sockets. Each look compares what a socket shows with what was told of
 * it, so nothing is told twice and nothing is lost when several things happened between two looks.
 */
#include "harness/sockets.h"
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

static bool has_room(const struct sockets *sockets)
{
    return sockets->event_count + EVENTS_A_LOOK <= SOCKETS_EVENTS_MAX;
}

static void tell(struct sockets *sockets, unsigned connection, enum tcprove_event event)
{
    unsigned at = (sockets->event_first + sockets->event_count) % SOCKETS_EVENTS_MAX;
    sockets->event[at] = (struct sockets_event){.at = sockets->stamp, .connection = connection, .event = event};
    sockets->event_count++;
}

bool sockets_watch_edges(struct sockets *sockets, int fd)
{
    struct epoll_event interest = {.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET};
    return epoll_ctl(sockets->edges_fd, EPOLL_CTL_ADD, fd, &interest) == 0;
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

static unsigned connection_of_peer(const struct sockets *sockets, const union endpoint_address *peer)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (endpoint_same(&sockets->remote[i], peer)) { return i; }
    }
    return LANE_CONNECTIONS_MAX;
}

/* Kept open, so that it does what Linux does with a connection nobody reads. */
static void keep_stray(struct sockets *sockets, int fd)
{
    if (sockets->strays == SOCKETS_STRAYS_MAX) {
        close(fd);
        return;
    }
    sockets->stray[sockets->strays++] = fd;
}

static void accept_one(struct sockets *sockets, int fd, const union endpoint_address *peer)
{
    unsigned connection = connection_of_peer(sockets, peer);
    if (sockets->tester_only && !endpoint_same_address(&sockets->remote[0], peer)) {
        close(fd);
        return;
    }
    if (connection == LANE_CONNECTIONS_MAX || !sockets_watch_edges(sockets, fd)) {
        keep_stray(sockets, fd);
        return;
    }
    struct application *application = &sockets->application[connection];
    if (application->fd >= 0) { keep_stray(sockets, application->fd); }
    *application = (struct application){.fd = fd, .established = true, .last_control = application->last_control};
    tell(sockets, connection, TCPROVE_ACCEPTED);
}

static void accept_all(struct sockets *sockets)
{
    while (sockets->listener >= 0 && has_room(sockets)) {
        union endpoint_address peer = {0};
        socklen_t len = sizeof peer;
        int fd = accept4(sockets->listener, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accept_one(sockets, fd, &peer);
        } else if (errno != ECONNABORTED && errno != EINTR) {
            sockets_note_shortage(sockets, errno);
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
    for (unsigned i = 0; i < SOCKETS_EVENTS_MAX; i++) {
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

static void look_at_connecting(struct sockets *sockets, unsigned connection, int shown)
{
    struct application *application = &sockets->application[connection];
    if (was_made(application, shown)) {
        application->connecting = false;
        application->established = true;
        tell(sockets, connection, TCPROVE_CONNECTED);
    } else if (application->error != 0) {
        application->connecting = false;
    }
}

/* poll() shows urgent text when its octet has come and not before, and Linux tells more only where that octet is not
 * kept in line: so for a moment it is not. */
static enum urgent_text urgent_text_of(int fd, int *distance)
{
    int off = 0, on = 1;
    uint8_t octet;
    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &off, sizeof off);
    ssize_t got = recv(fd, &octet, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT);
    int error = got < 0 ? errno : 0;
    if (got == 1 && ioctl(fd, FIONREAD, distance) != 0) { *distance = 0; }
    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
    if (got == 1) { return URGENT_PENDING; }
    return error == EAGAIN || error == EWOULDBLOCK ? URGENT_ANNOUNCED : URGENT_NONE;
}

/* A pointer is told when it is first seen and when it has moved on (MUST-32), not again when its octet comes. */
static void look_at_urgent(struct sockets *sockets, unsigned connection)
{
    struct application *application = &sockets->application[connection];
    int distance = 0;
    enum urgent_text was = application->urgent, is = urgent_text_of(application->fd, &distance);
    bool moved = was == URGENT_PENDING && (is == URGENT_ANNOUNCED || distance > application->urgent_distance);
    if (is != URGENT_NONE && (was == URGENT_NONE || moved)) { tell(sockets, connection, TCPROVE_URGENT); }
    application->urgent = is;
    application->urgent_distance = distance;
}

static void look_at_text(struct sockets *sockets, unsigned connection, int shown)
{
    struct application *application = &sockets->application[connection];
    look_at_urgent(sockets, connection);
    int readable = 0;
    if (ioctl(application->fd, FIONREAD, &readable) == 0 && readable > application->told_readable) {
        application->told_readable = readable;
        tell(sockets, connection, TCPROVE_READABLE);
    }
    bool ended = (shown & POLLRDHUP) && (application->error == 0 || application->error == EPIPE);
    if (ended && !application->told_eof) {
        application->told_eof = true;
        tell(sockets, connection, TCPROVE_EOF);
    }
}

static void look_at(struct sockets *sockets, unsigned connection)
{
    struct application *application = &sockets->application[connection];
    struct pollfd socket = {.fd = application->fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
    if (poll(&socket, 1, 0) < 0) { return; }
    take_error(application);
    if (application->soft_error) {
        application->soft_error = false;
        tell(sockets, connection, TCPROVE_SOFT_ERROR);
    }
    if (application->connecting) { look_at_connecting(sockets, connection, socket.revents); }
    if (application->established) { look_at_text(sockets, connection, socket.revents); }
    if (application->error != 0 && !application->told_error) {
        application->told_error = true;
        application->told_closed = true;
        tell(sockets, connection, event_of_error(application->error));
    }
}

/* When it happened is not told: after the last look and before this one. A thread that ran late has not made it late.
 */
static void set_stamp(struct sockets *sockets, tcpr_time until)
{
    tcpr_time now = sockets_now(sockets);
    sockets->stamp = now <= until ? now : until > sockets->looked_at ? until : sockets->looked_at;
    sockets->looked_at = now;
}

void sockets_harvest(struct sockets *sockets, tcpr_time until)
{
    set_stamp(sockets, until);
    /* Before looking: a change after the look raises a new edge. */
    struct epoll_event edge[LANE_CONNECTIONS_MAX + 1 + SOCKETS_STRAYS_MAX];
    if (epoll_wait(sockets->edges_fd, edge, sizeof edge / sizeof *edge, 0) < 0 && errno != EINTR) {
        sockets->fault = "epoll failed";
    }
    accept_all(sockets);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (sockets->application[i].fd >= 0 && has_room(sockets)) { look_at(sockets, i); }
    }
}

/* ---- The end of a connection ---- */

static bool is_watched(const struct application *application)
{
    if (!application->established || application->told_closed) { return false; }
    return application->given_up || (application->fd >= 0 && application->told_eof && is_dead(application->fd));
}

/* Linux does not say how a socket given up came to its end. It was orderly unless a reset was seen at last. */
static void look_for_end(struct sockets *sockets, unsigned connection)
{
    struct application *application = &sockets->application[connection];
    union endpoint_address remote = sockets->remote[connection];
    enum tcprove_state state = diag_state(sockets->diag_fd, &sockets->local, &remote);
    if (state != TCPROVE_CLOSED && state != TCPROVE_LISTEN && state != TCPROVE_UNKNOWN) { return; }
    application->told_closed = true;
    bool reset = (application->last_control & TCPR_RST) != 0;
    if (state != TCPROVE_UNKNOWN && !reset) { tell(sockets, connection, TCPROVE_CLOSED_OK); }
}

tcpr_time sockets_watch(struct sockets *sockets)
{
    tcpr_time now = sockets_now(sockets);
    bool look = now >= sockets->watch_next;
    bool any = false;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (!is_watched(&sockets->application[i])) { continue; }
        any = true;
        if (look && has_room(sockets)) { look_for_end(sockets, i); }
    }
    if (!any) { return TCPR_NEVER; }
    if (look) {
        sockets->watch_step = sockets->watch_step == 0 ? WATCH_FIRST_US : sockets->watch_step * 2;
        if (sockets->watch_step > WATCH_LONGEST_US) { sockets->watch_step = WATCH_LONGEST_US; }
        sockets->watch_next = now + sockets->watch_step;
    }
    return sockets->watch_next;
}

bool sockets_take_event(struct sockets *sockets, struct sockets_event *out)
{
    if (sockets->event_count == 0) { return false; }
    *out = sockets->event[sockets->event_first];
    sockets->event_first = (sockets->event_first + 1) % SOCKETS_EVENTS_MAX;
    sockets->event_count--;
    return true;
}
