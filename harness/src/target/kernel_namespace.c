#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int namespace_current(void)
{
    return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

void namespace_enter(int namespace_fd)
{
    if (setns(namespace_fd, CLONE_NEWNET) == 0) { return; }
    fprintf(stderr, "tcprove: cannot enter a network namespace of its own: %s\n", strerrordesc_np(errno));
    abort();
}

int namespace_new(int home)
{
    if (unshare(CLONE_NEWNET) != 0) { return -1; }
    int fd = namespace_current();
    int error = errno;
    namespace_enter(home);
    errno = error;
    return fd;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) { return false; }
    size_t len = strlen(text);
    bool written = write(fd, text, len) == (ssize_t)len;
    close(fd);
    return written;
}

/* Each id stands for itself, so that files keep their owner and getuid() its answer. The capabilities come from owning
 * the namespace, not from being 0 in it. */
static bool map_ids(uid_t user, gid_t group)
{
    char map[64];
    snprintf(map, sizeof map, "%u %u 1", (unsigned)user, (unsigned)user);
    if (!write_file("/proc/self/uid_map", map)) { return false; }
    if (!write_file("/proc/self/setgroups", "deny")) { return false; }
    snprintf(map, sizeof map, "%u %u 1", (unsigned)group, (unsigned)group);
    return write_file("/proc/self/gid_map", map);
}

static const char *user_namespace_refusal(int error)
{
    switch (error) {
    case EINVAL: return "a user namespace was refused because tcprove already runs several threads; run as root";
    case ENOSPC:
        return "no user namespace was left; raise the sysctl user.max_user_namespaces (or max_net_namespaces), or run "
               "as root";
    case ENOSYS: return "this system has no user namespaces; run as root";
    default:
        return "network namespaces were refused, with and without a user namespace; run as root (in a container: with "
               "CAP_SYS_ADMIN and CAP_NET_ADMIN), or allow user namespaces: sysctl "
               "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0";
    }
}

bool namespace_own_user(const char **why)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        *why = user_namespace_refusal(errno);
        return false;
    }
    if (!map_ids(user, group)) {
        *why = "a user namespace was made, but its ids could not be mapped (/proc/self/uid_map); run as root, or let "
               "the container write there";
        return false;
    }
    return true;
}
