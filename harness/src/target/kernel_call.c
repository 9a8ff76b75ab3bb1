#include "kernel.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BACKLOG_DEFAULT 16

/* Not the target's refusal, but tcprove's own want. */
void lane_note_shortage(struct lane *lane, int error)
{
    if (error == EMFILE || error == ENFILE) {
        lane->fault = "too many files are open; use fewer lanes, or raise ulimit -n";
    }
    if (error == ENOMEM || error == ENOBUFS) { lane->fault = "the system ran out of memory for sockets"; }
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static void refuse(struct call_outcome *outcome, const char *text)
{
    *outcome = (struct call_outcome){.result = TCPROVE_REFUSED_CALL, .text = text};
}

static void refuse_by(struct call_outcome *outcome, int error)
{
    refuse(outcome, strerrordesc_np(error));
    if (error == EAGAIN) { outcome->result = TCPROVE_WOULD_BLOCK; }
}

/* ---- Making a socket ---- */

static bool set_congestion_control(int fd, const char *name)
{
    return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) == 0;
}

/* RFC 5681's own where rules are to be seen at their plainest, else Linux's default, whatever this system made of that.
 * Reno is in every kernel. */
const char *congestion_control_of(enum kernel_profile profile)
{
    static const char *const name[] = {[PROFILE_DEFAULT] = "cubic", [PROFILE_TUNED] = "reno"};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && set_congestion_control(fd, name[profile]);
    if (fd >= 0) { close(fd); }
    return there ? name[profile] : "reno";
}

/* Linux doubles what SO_RCVBUF asks for and takes half for its bookkeeping: the window begins at what was asked. The
 * clamp keeps it from growing when Linux finds that it needs less. */
static bool set_buffers(int fd, const struct lane_request *request)
{
    int receive = (int)request->receive_buffer, send = (int)request->send_buffer;
    if (receive && !set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive) &&
        !set_option(fd, SOL_SOCKET, SO_RCVBUF, receive)) {
        return false;
    }
    if (send && !set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, send) && !set_option(fd, SOL_SOCKET, SO_SNDBUF, send)) {
        return false;
    }
    return !receive || set_option(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, receive);
}

/* Before the port is taken: leaving repair mode takes the leave to share it away. */
static bool force_isn(int fd, uint32_t isn)
{
    return set_option(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON) &&
           set_option(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, 2 /* of sending */) &&
           set_option(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int)isn) &&
           set_option(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
}

/* Urgent octets stay in the stream (RFC 6093 section 6); ICMP errors are told while the connection lives (MUST-47). */
static bool set_up(const struct lane *lane, int fd)
{
    bool ipv6 = lane->request.version == 6;
    return set_congestion_control(fd, lane->kernel->congestion_control) && set_buffers(fd, &lane->request) &&
           set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
           set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1) &&
           set_option(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, 1) &&
           (!ipv6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
           bind(fd, &lane->local.any, endpoint_len(&lane->local)) == 0;
}

/* @return -1 with errno. */
static int make_socket(struct lane *lane, bool active)
{
    namespace_enter(lane->namespace_fd);
    int fd = socket(lane->local.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = errno;
    namespace_enter(lane->kernel->home_ns);
    if (fd >= 0) {
        bool forced = !active || !lane->request.isn_forced || force_isn(fd, lane->request.isn);
        if (forced && set_up(lane, fd)) { return fd; }
        error = errno;
        close(fd);
    }
    lane_note_shortage(lane, error);
    errno = error;
    return -1;
}

bool lane_isn_granted(struct lane *lane, const char **why)
{
    if (!lane->request.isn_forced) { return true; }
    int fd = lane->request.isn == 0 ? -1 : make_socket(lane, true);
    if (fd >= 0) { close(fd); }
    if (fd < 0) {
        *why = "Linux does not let the ISN be chosen: never 0, and nothing without TCP_REPAIR "
               "(CONFIG_CHECKPOINT_RESTORE)";
    }
    return fd >= 0;
}

bool lane_buffers_granted(struct lane *lane, const char **why)
{
    const struct lane_request *request = &lane->request;
    if (!request->receive_buffer && !request->send_buffer) { return true; }
    int fd = make_socket(lane, false);
    int receive = 0, send = 0;
    socklen_t len = sizeof receive;
    bool known = fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, &len) == 0 &&
                 getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, &len) == 0;
    if (fd >= 0) { close(fd); }
    bool granted = known && (!request->receive_buffer || (uint32_t)receive == 2 * request->receive_buffer) &&
                   (!request->send_buffer || (uint32_t)send >= 2 * request->send_buffer);
    if (!granted) {
        *why =
            "Linux does not grant these buffers: a receive buffer has at least 1152 octets, and without root at most "
            "net.core.rmem_max, a send buffer net.core.wmem_max";
    }
    return granted;
}

/* ---- The calls ---- */

/* A socket that SET has made, and nothing else was done with. */
static bool is_fresh(const struct application *application)
{
    return application->fd >= 0 && !application->connecting && !application->established && !application->error;
}

static void call_listen(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    if (lane->listener >= 0) {
        refuse_by(outcome, EADDRINUSE);
        return;
    }
    struct application *application = &lane->application[call->connection];
    int fd = is_fresh(application) ? application->fd : make_socket(lane, false);
    if (fd == application->fd) { application->fd = -1; }
    int backlog = call->backlog ? (int)call->backlog : BACKLOG_DEFAULT;
    if (fd < 0 || listen(fd, backlog) != 0 || !lane_watch_edges(lane, fd)) {
        refuse_by(outcome, errno);
        if (fd >= 0) { close(fd); }
        return;
    }
    lane->listener = fd;
    lane->listening_connection = call->connection;
}

/* @return a socket not yet connected: the one that SET made, or a new one. */
static int socket_to_connect(struct lane *lane, unsigned connection)
{
    struct application *application = &lane->application[connection];
    if (is_fresh(application)) { return application->fd; }
    int fd = make_socket(lane, true);
    if (fd < 0) { return -1; }
    if (application->fd >= 0) { close(application->fd); }
    *application = (struct application){.fd = fd};
    return fd;
}

static bool is_under_way(const struct application *application)
{
    return application->fd >= 0 && application->error == 0 && (application->connecting || application->established) &&
           !application->told_closed;
}

static void call_connect(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    struct application *application = &lane->application[call->connection];
    if (is_under_way(application)) {
        refuse_by(outcome, application->connecting ? EALREADY : EISCONN);
        return;
    }
    union endpoint_address remote = lane_remote(lane, call->connection);
    int fd = socket_to_connect(lane, call->connection);
    if (fd < 0 || (connect(fd, &remote.any, endpoint_len(&remote)) != 0 && errno != EINPROGRESS)) {
        refuse_by(outcome, errno);
        return;
    }
    application->connecting = true;
    if (!lane_watch_edges(lane, fd)) { refuse_by(outcome, errno); }
}

/* The connection's socket, or the listener that is all there is of it so far. */
static int socket_of(const struct lane *lane, unsigned connection)
{
    const struct application *application = &lane->application[connection];
    if (application->fd >= 0) { return application->fd; }
    bool listens = lane->listener >= 0 && lane->listening_connection == connection && !application->established;
    return listens ? lane->listener : -1;
}

/* What a peer or the network has done, as opposed to the call being wrong. */
static bool is_news(int error)
{
    return error == ECONNRESET || error == ECONNREFUSED || error == ETIMEDOUT || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == EHOSTDOWN || error == ENONET || error == ENOPROTOOPT || error == EPROTO ||
           error == EACCES;
}

/* What ended the connection says more than "broken pipe". */
static void fail(struct application *application, struct call_outcome *outcome, int error)
{
    if (is_news(error)) { application_note_error(application, error); }
    refuse_by(outcome, application->error && error != EAGAIN ? application->error : error);
}

static void call_send(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    struct application *application = &lane->application[call->connection];
    if (application->fd < 0) {
        refuse_by(outcome, ENOTCONN);
        return;
    }
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (call->urgent ? MSG_OOB : 0);
    ssize_t taken = send(application->fd, call->octets, call->len, flags);
    if (taken >= 0) {
        outcome->len = (size_t)taken;
    } else {
        fail(application, outcome, errno);
    }
}

static void call_receive(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    struct application *application = &lane->application[call->connection];
    if (application->fd < 0) {
        refuse_by(outcome, ENOTCONN);
        return;
    }
    size_t len = call->len < sizeof lane->text ? call->len : sizeof lane->text;
    ssize_t got = recv(application->fd, lane->text, len, MSG_DONTWAIT);
    int error = got < 0 ? errno : 0;
    int left = 0;
    application->told_readable = ioctl(application->fd, FIONREAD, &left) == 0 ? left : 0;
    if (got > 0 || (got == 0 && (len == 0 || !application->error || application->told_eof))) {
        outcome->octets = lane->text;
        outcome->len = (size_t)got;
    } else {
        fail(application, outcome, got == 0 ? application->error : error);
    }
}

/* Of a listener too: RFC 9293's CLOSE in LISTEN deletes the TCB (section 3.10.4). */
static void call_shutdown(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    int fd = socket_of(lane, call->connection);
    struct application *application = &lane->application[call->connection];
    if (fd < 0) {
        refuse_by(outcome, ENOTCONN);
    } else if (fd == lane->listener) {
        close(fd);
        lane->listener = -1;
    } else if (shutdown(fd, SHUT_WR) != 0) {
        fail(application, outcome, errno);
    } else if (application->connecting) {
        /* Linux has disconnected the socket; there is nothing more to learn. */
        close(fd);
        *application = (struct application){.fd = -1};
    }
}

static void end_socket(struct lane *lane, unsigned connection, int fd, bool abort)
{
    struct application *application = &lane->application[connection];
    struct linger at_once = {.l_onoff = 1};
    if (abort) { setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); }
    close(fd);
    if (fd == lane->listener) {
        lane->listener = -1;
        return;
    }
    application->fd = -1;
    application->connecting = false;
    application->given_up = !abort;
    application->destroyed = abort;
    if (abort) { application->told_closed = true; }
}

static void call_close(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    int fd = socket_of(lane, call->connection);
    if (fd < 0) {
        refuse_by(outcome, EBADF);
        return;
    }
    end_socket(lane, call->connection, fd, call->kind == CALL_ABORT);
}

/* ---- Settings ---- */

struct socket_setting {
    int level, option;
    uint64_t unit; /* of the value, in microseconds where it is a time */
};

static struct socket_setting setting_of(enum tcprove_setting setting)
{
    switch (setting) {
    case TCPROVE_SET_NODELAY: return (struct socket_setting){IPPROTO_TCP, TCP_NODELAY, 1};
    case TCPROVE_SET_KEEPALIVE: return (struct socket_setting){SOL_SOCKET, SO_KEEPALIVE, 1};
    case TCPROVE_SET_KEEPALIVE_IDLE: return (struct socket_setting){IPPROTO_TCP, TCP_KEEPIDLE, 1000000};
    case TCPROVE_SET_KEEPALIVE_INTERVAL: return (struct socket_setting){IPPROTO_TCP, TCP_KEEPINTVL, 1000000};
    case TCPROVE_SET_KEEPALIVE_PROBES: return (struct socket_setting){IPPROTO_TCP, TCP_KEEPCNT, 1};
    case TCPROVE_SET_USER_TIMEOUT: return (struct socket_setting){IPPROTO_TCP, TCP_USER_TIMEOUT, 1000};
    case TCPROVE_SET_LINGER_ZERO: return (struct socket_setting){SOL_SOCKET, SO_LINGER, 1};
    }
    return (struct socket_setting){0};
}

static bool apply(int fd, struct socket_setting setting, int value)
{
    struct linger linger = {.l_onoff = value};
    if (setting.option == SO_LINGER && setting.level == SOL_SOCKET) {
        return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0;
    }
    return set_option(fd, setting.level, setting.option, value);
}

/* Before CONNECT there is no socket yet: it is made to be set. */
static int socket_to_set(struct lane *lane, unsigned connection)
{
    int fd = socket_of(lane, connection);
    struct application *application = &lane->application[connection];
    if (fd >= 0 || application->given_up || application->destroyed) { return fd; }
    return application->fd = make_socket(lane, true);
}

static void call_set(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    struct socket_setting setting = setting_of(call->setting);
    if (setting.unit == 0 || call->value % setting.unit != 0 || call->value / setting.unit > INT32_MAX) {
        *outcome = (struct call_outcome){.result = TCPROVE_NOT_SUPPORTED,
                                         .text = "Linux counts keep-alive times in seconds, the user timeout in ms"};
        return;
    }
    int fd = socket_to_set(lane, call->connection);
    if (fd < 0) {
        refuse_by(outcome, ENOTCONN);
    } else if (!apply(fd, setting, (int)(call->value / setting.unit))) {
        refuse_by(outcome, errno);
    }
}

void lane_call(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    *outcome = (struct call_outcome){.result = TCPROVE_OK};
    if (call->connection >= LANE_CONNECTIONS_MAX) {
        refuse(outcome, "no such connection");
        return;
    }
    lane_harvest(lane, TCPR_NEVER);
    lane->watch_next = lane->watch_step = 0;
    switch (call->kind) {
    case CALL_LISTEN: call_listen(lane, call, outcome); break;
    case CALL_CONNECT: call_connect(lane, call, outcome); break;
    case CALL_SEND: call_send(lane, call, outcome); break;
    case CALL_RECEIVE: call_receive(lane, call, outcome); break;
    case CALL_SHUTDOWN: call_shutdown(lane, call, outcome); break;
    case CALL_CLOSE:
    case CALL_ABORT: call_close(lane, call, outcome); break;
    case CALL_SET: call_set(lane, call, outcome); break;
    }
}

void lane_abandon(struct lane *lane)
{
    struct linger at_once = {.l_onoff = 1};
    if (lane->listener >= 0) { close(lane->listener); }
    lane->listener = -1;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        if (lane->application[i].fd >= 0) { end_socket(lane, i, lane->application[i].fd, true); }
        union endpoint_address remote = lane_remote(lane, i);
        if (lane->application[i].given_up || lane->application[i].told_closed) {
            diag_destroy(lane->diag_fd, &lane->local, &remote);
        }
        lane->application[i] = (struct application){.fd = -1};
    }
    for (unsigned i = 0; i < lane->strays; i++) {
        setsockopt(lane->stray[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(lane->stray[i]);
    }
    lane->strays = 0;
}
