/* The keeper: loads the plug-in once, forks a host whenever it is asked, tells each host's lane how its process ended.
 * It has one thread, so its forks are safe, whatever the threads of tcprove do. */
#include "plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_MS ((int)PLUGIN_CALL_S * 1100) /* a call that does not return has ended by then */

struct kept {
    pid_t pid;
    int fd; /* the host's end of its wire */
};

struct keeper {
    const struct tcprove_stack_ops *ops;
    int control, deaths; /* asked for hosts here; SIGCHLD as a file */
    struct kept *host;
    size_t count, room;
    unsigned bad_ends; /* hosts that died when nobody asked them anything any more: in destroy() */
    int bad_end;       /* how the last of them did, as waitpid() told */
};

void plugin_death(int status, char *text, size_t room)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        snprintf(text, room, "did not return within %u s", PLUGIN_CALL_S);
    } else if (WIFSIGNALED(status)) {
        snprintf(text, room, "died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        snprintf(text, room, "ended its process with status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
}

/* One octet, and the descriptor that goes with it. */
struct parcel {
    char octet;
    struct iovec part;
    _Alignas(struct cmsghdr) char carried[CMSG_SPACE(sizeof(int))];
    struct msghdr message;
};

static void wrap(struct parcel *parcel)
{
    *parcel = (struct parcel){.octet = 'h', .part = {&parcel->octet, 1}};
    parcel->message = (struct msghdr){.msg_iov = &parcel->part,
                                      .msg_iovlen = 1,
                                      .msg_control = parcel->carried,
                                      .msg_controllen = sizeof parcel->carried};
}

int plugin_keeper_ask(int control)
{
    int ends[2];
    struct parcel parcel;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) { return -1; }
    wrap(&parcel);
    struct cmsghdr *header = CMSG_FIRSTHDR(&parcel.message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
    bool sent = sendmsg(control, &parcel.message, MSG_NOSIGNAL) == 1;
    close(ends[1]);
    if (!sent) { close(ends[0]); }
    return sent ? ends[0] : -1;
}

/* @return the descriptor that came; -1: there are no more to come. */
static int taken(int control)
{
    struct parcel parcel;
    ssize_t got;
    do {
        wrap(&parcel);
        got = recvmsg(control, &parcel.message, 0);
    } while (got < 0 && errno == EINTR);
    int fd = -1;
    if (got == 1 && parcel.message.msg_controllen >= CMSG_LEN(sizeof fd)) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&parcel.message)), sizeof fd);
    }
    return fd;
}

/* All but the standard ones and `fd`, which becomes the first after them. */
static int only(int fd)
{
    if (fd != STDERR_FILENO + 1) { fd = dup2(fd, STDERR_FILENO + 1); }
    close_range(STDERR_FILENO + 2, ~0u, 0);
    return fd;
}

static void begin_host(const struct keeper *keeper, int fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    plugin_host(keeper->ops, only(fd));
    _exit(0);
}

static void remember(struct keeper *keeper, pid_t pid, int fd)
{
    if (keeper->count == keeper->room) {
        keeper->room = 2 * keeper->room + 16;
        keeper->host = realloc(keeper->host, keeper->room * sizeof *keeper->host);
        if (!keeper->host) { abort(); }
    }
    keeper->host[keeper->count++] = (struct kept){pid, fd};
}

static void make_host(struct keeper *keeper, int fd)
{
    pid_t pid = fork();
    if (pid == 0) { begin_host(keeper, fd); }
    if (pid < 0) {
        close(fd); /* the lane sees that nobody is there */
        return;
    }
    remember(keeper, pid, fd);
}

/* The host's own end is open here, so what is told of its death comes after all it said.
 * @return false: the lane has closed, as it does after every good run. */
static bool tell_death(const struct kept *host, int status)
{
    struct plugin_answer answer = {.said = PLUGIN_DIED, .status = status, .deadline = TCPROVE_NEVER};
    bool told = send(host->fd, &answer, sizeof answer, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    close(host->fd);
    return told;
}

static void reap(struct keeper *keeper)
{
    struct signalfd_siginfo seen;
    int status;
    ssize_t ignored = read(keeper->deaths, &seen, sizeof seen);
    (void)ignored;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        size_t i = 0;
        while (i < keeper->count && keeper->host[i].pid != pid) {
            i++;
        }
        if (i == keeper->count) { continue; } /* a process of the plug-in's own */
        if (!tell_death(&keeper->host[i], status) && status != 0) {
            keeper->bad_ends++;
            keeper->bad_end = status;
        }
        keeper->host[i] = keeper->host[--keeper->count];
    }
}

static void make_hosts(struct keeper *keeper)
{
    struct pollfd look[2] = {{keeper->control, POLLIN, 0}, {keeper->deaths, POLLIN, 0}};
    for (;;) {
        if (poll(look, 2, -1) < 0 && errno != EINTR) { return; }
        if (look[1].revents) { reap(keeper); }
        if (!look[0].revents) { continue; }
        int fd = taken(keeper->control);
        if (fd < 0) { return; }
        make_host(keeper, fd);
    }
}

/* The last lanes have just closed; their hosts may be in destroy() yet. */
static void await_last(struct keeper *keeper)
{
    struct pollfd look = {keeper->deaths, POLLIN, 0};
    while (keeper->count > 0 && poll(&look, 1, LAST_MS) > 0) {
        reap(keeper);
    }
    for (size_t i = 0; i < keeper->count; i++) {
        kill(keeper->host[i].pid, SIGKILL);
    }
}

/* The run had its verdict by then, so this is all that is heard of it. */
static void tell_bad_ends(const struct keeper *keeper, const char *file)
{
    char how[PLUGIN_TEXT_MAX / 2];
    if (keeper->bad_ends == 0) { return; }
    plugin_death(keeper->bad_end, how, sizeof how);
    dprintf(STDERR_FILENO, "tcprove: %s %s in destroy(), %u times\n", file, how, keeper->bad_ends);
}

/* Away from the terminal: Ctrl-C is for tcprove, which reports; what a stack prints must not mix with a report. */
static void stand_aside(void)
{
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) { dup2(nothing, STDIN_FILENO); }
    dup2(STDERR_FILENO, STDOUT_FILENO);
}

static int child_deaths(void)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    sigprocmask(SIG_BLOCK, &deaths, NULL);
    return signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);
}

void plugin_keep(const char *file, int control)
{
    struct keeper keeper = {0};
    struct plugin_card card;
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        signal(signal_number, SIG_DFL); /* those of tcprove are not for here; what may not be set stays */
    }
    stand_aside();
    keeper.control = only(control);
    alarm(PLUGIN_CALL_S);
    keeper.ops = plugin_load(file, &card);
    alarm(0);
    keeper.deaths = child_deaths();
    bool told = send(keeper.control, &card, sizeof card, MSG_NOSIGNAL) == (ssize_t)sizeof card;
    if (told && keeper.ops && keeper.deaths >= 0) { make_hosts(&keeper); }
    await_last(&keeper);
    tell_bad_ends(&keeper, file);
    _exit(0);
}
