/* One thread, one epoll: whoever connects is greeted, and served once he has proved that he has the token. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SLOTS (AGENT_SESSIONS_MAX + AGENT_GUESTS_MAX)
#define PROVE_WITHIN_US TCPR_S(5)
#define READS_A_TURN 16u
#define SHORTAGE_US 10000 /* the listener stays readable while no file is left: no loop without a rest */
#define EVENTS_A_TURN 64

/* One control connection. */
struct slot {
    struct agent_source source;
    int fd; /* -1: free */
    bool waits_to_send;
    tcpr_time heard;
    struct agent_session session;
    struct agent_runs runs;
    struct agent_setup setup;
};

struct server {
    const struct agent_options *options;
    struct agent_card card;
    struct agent_source listener_source, signal_source;
    int listener, epoll_fd, signal_fd;
    uint16_t next_port;
    bool ending;
    struct slot slot[SLOTS];
};

/* ---- Slots ---- */

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static void watch_writing(const struct server *server, struct slot *slot)
{
    bool waits = slot->session.out_len > 0;
    if (waits == slot->waits_to_send) { return; }
    struct epoll_event interest = {.events = EPOLLIN | (waits ? EPOLLOUT : 0u), .data.ptr = slot};
    if (epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, slot->fd, &interest) == 0) { slot->waits_to_send = waits; }
}

static void end_slot(struct slot *slot)
{
    agent_session_end(&slot->session);
    close(slot->fd);
    slot->fd = -1;
}

/* What does not go out now goes when there is room; of a session that is over that was the last attempt. */
static void flush(const struct server *server, struct slot *slot)
{
    struct agent_session *session = &slot->session;
    while (session->out_len > 0) {
        ssize_t sent = send(slot->fd, session->out, session->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) { continue; }
        if (sent < 0 && errno != EAGAIN) { session->stage = AGENT_OVER; }
        if (sent < 0) { break; }
        agent_session_sent(session, (size_t)sent);
    }
    if (session->stage == AGENT_OVER) {
        end_slot(slot);
    } else {
        watch_writing(server, slot);
    }
}

static unsigned count_stage(const struct server *server, enum agent_stage stage)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        count += server->slot[i].fd >= 0 && server->slot[i].session.stage == stage;
    }
    return count;
}

static void read_slot(const struct server *server, struct slot *slot)
{
    uint8_t octets[16384];
    for (unsigned i = 0; i < READS_A_TURN && slot->session.stage != AGENT_OVER; i++) {
        ssize_t got = recv(slot->fd, octets, sizeof octets, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0 && errno == EAGAIN) { break; }
        if (got <= 0) {
            slot->session.stage = AGENT_OVER;
            break;
        }
        bool guest = slot->session.stage == AGENT_GREETED;
        agent_session_take(&slot->session, octets, (size_t)got);
        /* One that sends a little now and then, and never proves anything, does not hold its place. */
        if (slot->session.stage != AGENT_GREETED) { slot->heard = monotonic_us(); }
        if (guest && count_stage(server, AGENT_WELCOMED) > AGENT_SESSIONS_MAX) {
            agent_session_refuse(&slot->session, "the agent serves as many testers as it can");
        }
    }
    flush(server, slot);
}

/* A socket of both versions shows an IPv4 address inside of an IPv6 one (RFC 4291 section 2.5.5.2). */
static union endpoint_address peer_of(int fd)
{
    union endpoint_address peer = {0};
    socklen_t len = sizeof peer;
    if (getpeername(fd, &peer.any, &len) != 0) { return (union endpoint_address){0}; }
    bool mapped = peer.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&peer.ipv6.sin6_addr);
    return mapped ? endpoint_of(4, peer.ipv6.sin6_addr.s6_addr + 12, 0) : peer;
}

static void greet(struct server *server, int fd)
{
    struct slot *slot = NULL;
    for (unsigned i = 0; i < SLOTS && !slot; i++) {
        if (server->slot[i].fd < 0) { slot = &server->slot[i]; }
    }
    uint8_t nonce[AGENT_NONCE_LEN];
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = slot};
    bool ready = slot && count_stage(server, AGENT_GREETED) < AGENT_GUESTS_MAX && agent_nonce_draw(nonce) &&
                 set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &interest) == 0;
    if (!ready) {
        close(fd);
        return;
    }
    *slot = (struct slot){.source = {SOURCE_SLOT}, .fd = fd, .heard = monotonic_us()};
    slot->runs = (struct agent_runs){.options = server->options,
                                     .session = &slot->session,
                                     .tester = peer_of(fd),
                                     .epoll_fd = server->epoll_fd,
                                     .next_port = &server->next_port};
    slot->setup = (struct agent_setup){.token = &server->options->token,
                                       .card = server->card,
                                       .octets_max = server->options->octets,
                                       .application = &agent_runs_application,
                                       .context = &slot->runs};
    agent_session_begin(&slot->session, &slot->setup, nonce);
    flush(server, slot);
}

/* ---- The loop ---- */

/* Silent sessions end; what was closed is looked for. @return microseconds until there is something to do. */
static tcpr_time tend(struct server *server)
{
    tcpr_time now = monotonic_us(), soonest = TCPR_S(1);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &server->slot[i];
        if (slot->fd < 0) { continue; }
        bool guest = slot->session.stage == AGENT_GREETED;
        tcpr_time may_be_silent = guest ? PROVE_WITHIN_US : TCPR_S((tcpr_time)server->options->idle_s);
        tcpr_time next = agent_runs_watch(&slot->runs);
        if (next < soonest) { soonest = next; }
        if (now > slot->heard && now - slot->heard > may_be_silent) {
            agent_session_refuse(&slot->session, "nothing was heard for too long");
        }
        flush(server, slot);
    }
    return soonest;
}

static void act(struct server *server, struct agent_source *source)
{
    int fd;
    struct slot *slot;
    switch (source->kind) {
    case SOURCE_SIGNAL: server->ending = true; return;
    case SOURCE_LISTENER:
        fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) { greet(server, fd); }
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) { usleep(SHORTAGE_US); }
        return;
    case SOURCE_SLOT:
        slot = (struct slot *)source;
        if (slot->fd >= 0) { read_slot(server, slot); }
        return;
    case SOURCE_RUN: return;
    }
}

/* The runs first: later they may have ended. */
static void turn(struct server *server)
{
    struct epoll_event happened[EVENTS_A_TURN];
    tcpr_time wait = tend(server);
    int count = epoll_wait(server->epoll_fd, happened, EVENTS_A_TURN, (int)((wait + 999) / 1000));
    struct agent_source *other[EVENTS_A_TURN];
    unsigned others = 0;
    for (int i = 0; i < count; i++) {
        struct agent_source *source = happened[i].data.ptr;
        if (source->kind == SOURCE_RUN) {
            agent_run_look((struct agent_run *)source);
        } else {
            other[others++] = source;
        }
    }
    for (unsigned i = 0; i < others; i++) {
        act(server, other[i]);
    }
}

/* ---- Beginning ---- */

static bool add(const struct server *server, int fd, struct agent_source *what)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = what};
    return fd >= 0 && epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &interest) == 0;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

static int open_listener(const union endpoint_address *at)
{
    int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) { return -1; }
    if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (at->any.sa_family == AF_INET || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
        bind(fd, &at->any, endpoint_len(at)) == 0 && listen(fd, 16) == 0) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Where the system has no IPv6, every address is every IPv4 address. */
static int open_listeners(const union endpoint_address *at)
{
    int fd = open_listener(at);
    bool every = at->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&at->ipv6.sin6_addr);
    if (fd >= 0 || errno != EAFNOSUPPORT || !every) { return fd; }
    const union endpoint_address ipv4 = endpoint_of(4, (const uint8_t[4]){0}, ntohs(at->ipv6.sin6_port));
    return open_listener(&ipv4);
}

static void allow_files(const struct agent_options *options)
{
    struct rlimit files;
    rlim_t wanted = 64 + (rlim_t)AGENT_SESSIONS_MAX * options->runs * SOCKETS_FILES_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) { return; }
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void close_server(struct server *server)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (server->slot[i].fd >= 0) { end_slot(&server->slot[i]); }
    }
    const int files[] = {server->listener, server->epoll_fd, server->signal_fd};
    for (unsigned i = 0; i < 3; i++) {
        if (files[i] >= 0) { close(files[i]); }
    }
    free(server);
}

static bool open_server(struct server *server, const char **what)
{
    const struct agent_options *options = server->options;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->signal_fd = open_signals();
    *what = "no epoll, or no signals";
    if (server->epoll_fd < 0 || !add(server, server->signal_fd, &server->signal_source)) { return false; }
    *what = "the address to listen on cannot be had";
    server->listener = open_listeners(&options->listen);
    return add(server, server->listener, &server->listener_source);
}

bool agent_serve(const struct agent_options *options, char *why, size_t why_size)
{
    const char *what = "out of memory";
    struct server *server = calloc(1, sizeof *server);
    bool opened = false;
    if (server) {
        server->options = options;
        server->next_port = options->port_first;
        server->listener_source.kind = SOURCE_LISTENER;
        server->signal_source.kind = SOURCE_SIGNAL;
        server->listener = server->epoll_fd = server->signal_fd = -1;
        for (unsigned i = 0; i < SLOTS; i++) {
            server->slot[i].fd = -1;
        }
        allow_files(options);
        agent_runs_card(options, &server->card);
        opened = open_server(server, &what);
    }
    if (!opened) { snprintf(why, why_size, "%s: %s", what, strerror(errno)); }
    if (opened) { fprintf(stderr, "tcprove agent: ready\n"); }
    while (opened && !server->ending) {
        turn(server);
    }
    if (server) { close_server(server); }
    return opened;
}
