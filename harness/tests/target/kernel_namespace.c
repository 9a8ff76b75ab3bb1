/*
 * Getting the namespaces and leaving none behind. Each test does its work in a child process of one thread, since a
 * user namespace cannot be left again.
 */
#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534
#define NAMESPACES_MAX 64u
#define PATH_ROOM 600u

enum child_result { CHILD_OK = 0, CHILD_FAILED = 1, CHILD_SKIPPED = 77 };

static int result_of(pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child) { return -1; }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int in_child(int (*work)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { _exit(work()); }
    return result_of(child);
}

/* A process that has changed its ids may not write its own uid_map until it is dumpable again; one that was executed so
 * is. */
static bool become_nobody(void)
{
    if (geteuid() != 0) { return true; }
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0;
}

/* ---- Without root ---- */

static int exchange_as_nobody(void)
{
    const char *why = NULL;
    if (!become_nobody()) { return CHILD_FAILED; }
    uid_t before = geteuid();
    struct target *target = target_kernel_open(2, "default", &why);
    if (!target) { return result_without_target(why); }
    struct peer peer;
    struct lane_request request = plain_request(target->abilities & TCPROVE_CAN_IPV6 ? 6 : 4);
    bool done = geteuid() == before && peer_open(&peer, target, &request) && peer_establish_passive(&peer) &&
                peer_state(&peer) == TCPROVE_ESTABLISHED;
    if (done) { peer_close(&peer); }
    request = (struct lane_request){.version = 4, .isn_forced = true, .isn = 77, .mtu = 700};
    done = done && peer_open(&peer, target, &request) && peer_establish_active(&peer);
    if (done) { peer_close(&peer); }
    target->ops->destroy(target);
    return done ? CHILD_OK : CHILD_FAILED;
}

static void unprivileged_user__has_the_whole_target(void **state)
{
    (void)state;
    int result = in_child(exchange_as_nobody);
    if (result == CHILD_SKIPPED) {
        print_message("skipped: this system lets no unprivileged user make namespaces\n");
        skip();
    }
    assert_int_equal(result, CHILD_OK);
}

/* ---- Refused ---- */

static bool why_says(const char *words)
{
    const char *why = NULL;
    struct target *target = target_kernel_open(1, "default", &why);
    if (target || !why) { return false; }
    if (strstr(why, words)) { return true; }
    fprintf(stderr, "instead of '%s': %s\n", words, why);
    return false;
}

static void *wait_for_ever(void *context)
{
    pause();
    return context;
}

static int open_beside_a_thread(void)
{
    pthread_t thread;
    if (!become_nobody() || pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) { return CHILD_FAILED; }
    return why_says("threads") ? CHILD_OK : CHILD_FAILED;
}

static void refused__several_threads__says_so(void **state)
{
    (void)state;
    assert_int_equal(in_child(open_beside_a_thread), CHILD_OK);
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) { close(fd); }
    return done;
}

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capset, &header, none) == 0;
}

/* In a user namespace of its own where no further one may be made, and without the right to do without. */
static int open_where_none_is_left(void)
{
    if (!become_nobody() || unshare(CLONE_NEWUSER) != 0 || !write_text("/proc/sys/user/max_user_namespaces", "0") ||
        !drop_capabilities()) {
        return CHILD_SKIPPED;
    }
    return why_says("user.max_user_namespaces") ? CHILD_OK : CHILD_FAILED;
}

static void refused__no_user_namespace_left__names_the_sysctl(void **state)
{
    (void)state;
    int result = in_child(open_where_none_is_left);
    if (result == CHILD_SKIPPED) {
        print_message("skipped: no user namespace can be made to try it in\n");
        skip();
    }
    assert_int_equal(result, CHILD_OK);
}

static void refused__unknown_profile__names_those_there_are(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(target_kernel_open(1, "fast", &why));
    assert_non_null(strstr(why, "tuned"));
}

/* ---- Nothing left behind ---- */

struct namespaces {
    char name[NAMESPACES_MAX][64]; /* "net:[4026532201]" */
    unsigned count;
};

static void note(struct namespaces *all, const char *path)
{
    char name[64];
    ssize_t len = readlink(path, name, sizeof name - 1);
    if (len <= 0 || strncmp(name, "net:[", 5) != 0 || all->count == NAMESPACES_MAX) { return; }
    name[len] = 0;
    for (unsigned i = 0; i < all->count; i++) {
        if (strcmp(all->name[i], name) == 0) { return; }
    }
    memcpy(all->name[all->count++], name, sizeof name);
}

/* Every network namespace that a process is in or holds a file of. */
static void note_process(struct namespaces *all, const char *pid)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
    note(all, path);
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *files = opendir(path);
    struct dirent *file;
    while (files && (file = readdir(files))) {
        snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, file->d_name);
        note(all, path);
    }
    if (files) { closedir(files); }
}

static bool is_among(const struct namespaces *all, const char *name)
{
    for (unsigned i = 0; i < all->count; i++) {
        if (strcmp(all->name[i], name) == 0) { return true; }
    }
    return false;
}

static bool holds(const char *pid, const char *name)
{
    struct namespaces held = {0};
    note_process(&held, pid);
    return is_among(&held, name);
}

static bool is_held_by_another(const char *owner, const char *name)
{
    DIR *processes = opendir("/proc");
    struct dirent *process;
    bool held = false;
    while (processes && !held && (process = readdir(processes))) {
        bool is_process = process->d_name[0] >= '1' && process->d_name[0] <= '9';
        held = is_process && strcmp(process->d_name, owner) != 0 && holds(process->d_name, name);
    }
    if (processes) { closedir(processes); }
    return held;
}

/* A namespace may also be kept by a mount, as `ip netns add` does. */
static bool is_mounted(const char *name)
{
    char line[4096];
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    bool found = false;
    while (mounts && !found && fgets(line, sizeof line, mounts)) {
        found = strstr(line, name) != NULL;
    }
    if (mounts) { fclose(mounts); }
    return found;
}

static unsigned links_here(void)
{
    struct if_nameindex *links = if_nameindex();
    unsigned count = 0;
    while (links && links[count].if_index) {
        count++;
    }
    if (links) { if_freenameindex(links); }
    return count;
}

static int ready_pipe[2];

/* With a connection under way, and then until killed. */
static int open_and_wait(void)
{
    const char *why = NULL;
    struct target *target = target_kernel_open(4, "default", &why);
    struct peer peer;
    struct lane_request request = plain_request(4);
    bool ready = target && peer_open(&peer, target, &request) && peer_establish_passive(&peer);
    if (!ready || write(ready_pipe[1], "r", 1) != 1) { return CHILD_FAILED; }
    for (;;) {
        pause();
    }
}

static pid_t start_and_wait_until_ready(void)
{
    char ready = 0;
    assert_int_equal(pipe2(ready_pipe, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { _exit(open_and_wait()); }
    close(ready_pipe[1]);
    assert_int_equal(read(ready_pipe[0], &ready, 1), 1);
    close(ready_pipe[0]);
    return child;
}

/* A namespace lives as long as a process is in it, holds a file of it, or has mounted it. That is looked at while the
 * child lives: its numbers are given anew to others as soon as it is gone. */
static void ended_by(int signal_number)
{
    unsigned links_before = links_here(), made = 0;
    char pid[16];
    struct namespaces ours = {0}, theirs = {0};
    pid_t child = start_and_wait_until_ready();
    snprintf(pid, sizeof pid, "%d", (int)child);
    note_process(&ours, "self");
    note_process(&theirs, pid);
    for (unsigned i = 0; i < theirs.count; i++) {
        if (is_among(&ours, theirs.name[i])) { continue; }
        made++;
        assert_false(is_held_by_another(pid, theirs.name[i]));
        assert_false(is_mounted(theirs.name[i]));
    }
    assert_in_range(made, 5, NAMESPACES_MAX); /* four lanes and the tester */
    assert_int_equal(links_here(), links_before);
    kill(child, signal_number);
    assert_int_equal(result_of(child), -1);
    assert_int_equal(links_here(), links_before);
}

static void killed__leaves_no_namespace(void **state)
{
    (void)state;
    ended_by(SIGKILL);
}

static void interrupted__leaves_no_namespace(void **state)
{
    (void)state;
    ended_by(SIGINT);
}

static int open_at_all(void)
{
    const char *why = NULL;
    struct target *target = target_kernel_open(1, "default", &why);
    if (!target) { return result_without_target(why); }
    target->ops->destroy(target);
    return CHILD_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unprivileged_user__has_the_whole_target),
        cmocka_unit_test(refused__several_threads__says_so),
        cmocka_unit_test(refused__no_user_namespace_left__names_the_sysctl),
        cmocka_unit_test(refused__unknown_profile__names_those_there_are),
        cmocka_unit_test(killed__leaves_no_namespace),
        cmocka_unit_test(interrupted__leaves_no_namespace),
    };
    int result = in_child(open_at_all);
    if (result != CHILD_OK) { return result; }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
