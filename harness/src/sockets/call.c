#include "harness/sockets.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BACKLOG_DEFAULT 16

/* Not the target's refusal, but tcprove's own want. */
void sockets_note_shortage(struct sockets *sockets, int error)
{
    if (error == EMFILE || error == ENFILE) {
        sockets->fault = "too many files are open; use fewer lanes, or raise ulimit -n";
    }
    if (error == ENOMEM || error == ENOBUFS) { sockets->fault = "the system ran out of memory for sockets"; }
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

bool sockets_have_congestion_control(const char *name)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && set_congestion_control(fd, name);
    if (fd >= 0) { close(fd); }
    return there;
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
static bool set_up(const struct sockets *sockets, int fd)
{
    bool ipv6 = sockets->request.version == 6;
    const char *congestion_control = sockets->congestion_control;
    return (!congestion_control || set_congestion_control(fd, congestion_control)) &&
           set_buffers(fd, &sockets->request) && set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
           set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) && set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1) &&
           set_option(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, 1) &&
           (!ipv6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
           bind(fd, &sockets->local.any, endpoint_len(&sockets->local)) == 0;
}

/* @return -1 with errno. */
static int make_socket(struct sockets *sockets, bool active)
{
    int family = sockets->local.any.sa_family;
    int fd = sockets->make ? sockets->make(sockets->context, family)
                           : socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = errno;
    if (fd >= 0) {
        bool forced = !active || !sockets->request.isn_forced || force_isn(fd, sockets->request.isn);
        if (forced && set_up(sockets, fd)) { return fd; }
        error = errno;
        close(fd);
    }
    sockets_note_shortage(sockets, error);
    errno = error;
    return -1;
}

bool sockets_isn_granted(struct sockets *sockets, const char **why)
{
    if (!sockets->request.isn_forced) { return true; }
    int fd = sockets->request.isn == 0 ? -1 : make_socket(sockets, true);
    if (fd >= 0) { close(fd); }
    if (fd < 0) {
        *why = "Linux does not let the ISN be chosen: never 0, and nothing without TCP_REPAIR "
               "(CONFIG_CHECKPOINT_RESTORE)";
    }
    return fd >= 0;
}

bool sockets_buffers_granted(struct sockets *sockets, const char **why)
{
    const struct lane_request *request = &sockets->request;
    if (!request->receive_buffer && !request->send_buffer) { return true; }
    int fd = make_socket(sockets, false);
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

static void call_listen(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    if (sockets->listener >= 0) {
        refuse_by(outcome, EADDRINUSE);
        return;
    }
    struct application *application = &sockets->application[call->connection];
    int fd = is_fresh(application) ? application->fd : make_socket(sockets, false);
    if (fd == application->fd) { application->fd = -1; }
    int backlog = call->backlog ? (int)call->backlog : BACKLOG_DEFAULT;
    if (fd < 0 || listen(fd, backlog) != 0 || !sockets_watch_edges(sockets, fd)) {
        refuse_by(outcome, errno);
        if (fd >= 0) { close(fd); }
        return;
    }
    sockets->listener = fd;
    sockets->listening_connection = call->connection;
}

/* @return a socket not yet connected: the one that SET made, or a new one. */
static int socket_to_connect(struct sockets *sockets, unsigned connection)
{
    struct application *application = &sockets->application[connection];
    if (is_fresh(application)) { return application->fd; }
    int fd = make_socket(sockets, true);
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

/* By RFC 7413 Linux takes of the text what goes with the SYN: nothing, where it must ask for a cookie first. */
static bool begin_connect(int fd, const struct app_call *call, const union endpoint_address *remote,
                          struct call_outcome *outcome)
{
    if (!call->fast) { return connect(fd, &remote->any, endpoint_len(remote)) == 0 || errno == EINPROGRESS; }
    ssize_t taken = sendto(fd, call->octets, call->len, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL, &remote->any,
                           endpoint_len(remote));
    outcome->len = taken > 0 ? (size_t)taken : 0;
    return taken >= 0 || errno == EINPROGRESS;
}

static void call_connect(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    struct application *application = &sockets->application[call->connection];
    if (is_under_way(application)) {
        refuse_by(outcome, application->connecting ? EALREADY : EISCONN);
        return;
    }
    union endpoint_address remote = sockets->remote[call->connection];
    int fd = socket_to_connect(sockets, call->connection);
    if (fd < 0 || !begin_connect(fd, call, &remote, outcome)) {
        int error = errno;
        refuse_by(outcome, error);
        if (call->fast && error == EOPNOTSUPP) { outcome->result = TCPROVE_NOT_SUPPORTED; }
        return;
    }
    application->connecting = true;
    if (!sockets_watch_edges(sockets, fd)) { refuse_by(outcome, errno); }
}

/* The connection's socket, or the listener that is all there is of it so far. */
static int socket_of(const struct sockets *sockets, unsigned connection)
{
    const struct application *application = &sockets->application[connection];
    if (application->fd >= 0) { return application->fd; }
    bool listens = sockets->listener >= 0 && sockets->listening_connection == connection && !application->established;
    return listens ? sockets->listener : -1;
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

static void call_send(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    struct application *application = &sockets->application[call->connection];
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

static void call_receive(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    struct application *application = &sockets->application[call->connection];
    if (application->fd < 0) {
        refuse_by(outcome, ENOTCONN);
        return;
    }
    size_t len = call->len < sizeof sockets->text ? call->len : sizeof sockets->text;
    ssize_t got = recv(application->fd, sockets->text, len, MSG_DONTWAIT);
    int error = got < 0 ? errno : 0;
    int left = 0;
    application->told_readable = ioctl(application->fd, FIONREAD, &left) == 0 ? left : 0;
    if (got > 0) { application->urgent_distance -= (int)got; }
    if (got > 0 || (got == 0 && (len == 0 || !application->error || application->told_eof))) {
        outcome->octets = sockets->text;
        outcome->len = (size_t)got;
    } else {
        fail(application, outcome, got == 0 ? application->error : error);
    }
}

/* Of a listener too: RFC 9293's CLOSE in LISTEN deletes the TCB (section 3.10.4). */
static void call_shutdown(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    int fd = socket_of(sockets, call->connection);
    struct application *application = &sockets->application[call->connection];
    if (fd < 0) {
        refuse_by(outcome, ENOTCONN);
    } else if (fd == sockets->listener) {
        close(fd);
        sockets->listener = -1;
    } else if (shutdown(fd, SHUT_WR) != 0) {
        fail(application, outcome, errno);
    } else if (application->connecting) {
        /* Linux has disconnected the socket; there is nothing more to learn. */
        close(fd);
        *application = (struct application){.fd = -1};
    }
}

static void end_socket(struct sockets *sockets, unsigned connection, int fd, bool abort)
{
    struct application *application = &sockets->application[connection];
    struct linger at_once = {.l_onoff = 1};
    if (abort) { setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); }
    close(fd);
    if (fd == sockets->listener) {
        sockets->listener = -1;
        return;
    }
    application->fd = -1;
    application->connecting = false;
    application->given_up = !abort;
    application->destroyed = abort;
    if (abort) { application->told_closed = true; }
}

static void call_close(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    int fd = socket_of(sockets, call->connection);
    if (fd < 0) {
        refuse_by(outcome, EBADF);
        return;
    }
    end_socket(sockets, call->connection, fd, call->kind == CALL_ABORT);
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
    case TCPROVE_SET_FAST_OPEN: return (struct socket_setting){IPPROTO_TCP, TCP_FASTOPEN, 1};
    case TCPROVE_SET_ADVERTISED_TIMEOUT: break;
    case TCPROVE_SET_CUBIC: return (struct socket_setting){IPPROTO_TCP, TCP_CONGESTION, 1};
    }
    return (struct socket_setting){0};
}

static bool apply(int fd, struct socket_setting setting, int value)
{
    struct linger linger = {.l_onoff = value};
    if (setting.option == SO_LINGER && setting.level == SOL_SOCKET) {
        return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0;
    }
    if (setting.option == TCP_CONGESTION && setting.level == IPPROTO_TCP) {
        return set_congestion_control(fd, value != 0 ? "cubic" : "reno");
    }
    return set_option(fd, setting.level, setting.option, value);
}

/* Before CONNECT there is no socket yet: it is made to be set. */
static int socket_to_set(struct sockets *sockets, unsigned connection)
{
    int fd = socket_of(sockets, connection);
    struct application *application = &sockets->application[connection];
    if (fd >= 0 || application->given_up || application->destroyed) { return fd; }
    return application->fd = make_socket(sockets, true);
}

/* A controller that is no module of this kernel, or that only root may choose (tcp_allowed_congestion_control). */
static bool is_out_of_reach(struct socket_setting setting, int error)
{
    bool controller = setting.level == IPPROTO_TCP && setting.option == TCP_CONGESTION;
    return controller && (error == EPERM || error == ENOENT);
}

static void call_set(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    struct socket_setting setting = setting_of(call->setting);
    if (setting.unit == 0 || call->value % setting.unit != 0 || call->value / setting.unit > INT32_MAX) {
        *outcome = (struct call_outcome){
            .result = TCPROVE_NOT_SUPPORTED,
            .text = setting.unit == 0 ? "Linux has no such setting"
                                      : "Linux counts keep-alive times in seconds, the user timeout in ms"};
        return;
    }
    int fd = socket_to_set(sockets, call->connection);
    if (fd < 0) {
        refuse_by(outcome, ENOTCONN);
    } else if (!apply(fd, setting, (int)(call->value / setting.unit))) {
        int error = errno;
        refuse_by(outcome, error);
        if (is_out_of_reach(setting, error)) { outcome->result = TCPROVE_NOT_SUPPORTED; }
    }
}

void sockets_call(struct sockets *sockets, const struct app_call *call, struct call_outcome *outcome)
{
    *outcome = (struct call_outcome){.result = TCPROVE_OK};
    if (call->connection >= LANE_CONNECTIONS_MAX) {
        refuse(outcome, "no such connection");
        return;
    }
    sockets_harvest(sockets, TCPR_NEVER);
    sockets->watch_next = sockets->watch_step = 0;
    switch (call->kind) {
    case CALL_LISTEN: call_listen(sockets, call, outcome); break;
    case CALL_CONNECT: call_connect(sockets, call, outcome); break;
    case CALL_SEND: call_send(sockets, call, outcome); break;
    case CALL_RECEIVE: call_receive(sockets, call, outcome); break;
    case CALL_SHUTDOWN: call_shutdown(sockets, call, outcome); break;
    case CALL_CLOSE:
    case CALL_ABORT: call_close(sockets, call, outcome); break;
    case CALL_SET: call_set(sockets, call, outcome); break;
    }
}

enum tcprove_state sockets_state(struct sockets *sockets, unsigned connection)
{
    if (connection >= LANE_CONNECTIONS_MAX) { return TCPROVE_CLOSED; }
    sockets_harvest(sockets, TCPR_NEVER);
    enum tcprove_state state = diag_state(sockets->diag_fd, &sockets->local, &sockets->remote[connection]);
    return state == TCPROVE_LISTEN && sockets->application[connection].established ? TCPROVE_CLOSED : state;
}
