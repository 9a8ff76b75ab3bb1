/*
 * This host's kernel does not know of the connections made from its address, and would reset them. A packet filter
 * (nftables, at the link's ingress, behind the place where raw sockets see a frame) keeps them from it.
 *
 * A process of its own holds the filter: it keeps the one right that takes, and ends with the pipe that tcprove holds
 * open, so however tcprove ends, the filter goes. Should that process be killed too, a kernel from Linux 5.12 on drops
 * a table with its owner; from an older one the next start removes it, whose name says whose it was.
 */
#include "remote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE_PREFIX "tcprove_"
#define COMMAND_MAX 700u

/* When a process began, in the kernel's ticks; 0: there is none. With its id it is itself and no later one. */
static unsigned long long began(pid_t pid)
{
    char path[64], line[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) { return 0; }
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    const char *field = read ? strrchr(line, ')') : NULL; /* a name may hold blanks */
    for (unsigned i = 2; field && i < 22; i++) {
        field = strchr(field + 1, ' ');
    }
    return field ? strtoull(field, NULL, 10) : 0;
}

/* ---- Tables that nobody holds any more ---- */

/* "tcprove_<process>_<when it began>" */
static bool is_stale(const char *name)
{
    char *end = NULL;
    long pid = strtol(name + strlen(TABLE_PREFIX), &end, 10);
    if (pid <= 0 || *end != '_') { return false; }
    unsigned long long since = strtoull(end + 1, &end, 10);
    return began((pid_t)pid) != since;
}

static void remove_table(struct nft_ctx *nft, const char *name)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command, "delete table netdev %s", name);
    nft_run_cmd_from_buffer(nft, command);
}

static void remove_stale(struct nft_ctx *nft)
{
    if (nft_run_cmd_from_buffer(nft, "list tables netdev") != 0) { return; }
    char *list = strdup(nft_ctx_get_output_buffer(nft));
    char *rest = list, *line;
    while (list && (line = strsep(&rest, "\n")) != NULL) {
        char *name = strstr(line, TABLE_PREFIX);
        if (name && is_stale(name)) { remove_table(nft, name); }
    }
    free(list);
}

/* ---- The table ---- */

struct rule {
    char name[64], target[INET6_ADDRSTRLEN], tester[INET6_ADDRSTRLEN];
    const struct remote_wire *wire;
    struct remote_ports ports;
};

static bool add_table(struct nft_ctx *nft, const struct rule *rule, const char *flags)
{
    char command[COMMAND_MAX];
    const char *family = rule->wire->version == 4 ? "ip" : "ip6";
    snprintf(command, sizeof command,
             "table netdev %s { %s chain ingress { type filter hook ingress device \"%.15s\" priority -500; policy "
             "accept; %s saddr %s %s daddr %s tcp dport %u-%u counter drop; }; }",
             rule->name, flags, rule->wire->route.link, family, rule->target, family, rule->tester, rule->ports.first,
             rule->ports.first + rule->ports.count - 1u);
    return nft_run_cmd_from_buffer(nft, command) == 0;
}

/* The first line of what nftables says; "" means that the table is there. */
static void set_up(struct nft_ctx *nft, const struct rule *rule, char *answer, size_t room)
{
    *answer = 0;
    remove_stale(nft);
    if (add_table(nft, rule, "flags owner;") || add_table(nft, rule, "")) { return; }
    const char *error = nft_ctx_get_error_buffer(nft);
    snprintf(answer, room, "%.*s", (int)strcspn(error ? error : "", "\n"), error && *error ? error : "nftables failed");
}

/* ---- The keeper ---- */

static void keep_only_the_filter(void)
{
    static const cap_value_t wanted[] = {CAP_NET_ADMIN};
    cap_t set = cap_init();
    if (set && cap_set_flag(set, CAP_PERMITTED, 1, wanted, CAP_SET) == 0 &&
        cap_set_flag(set, CAP_EFFECTIVE, 1, wanted, CAP_SET) == 0) {
        (void)cap_set_proc(set); /* without the right nftables says so */
    }
    cap_free(set);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The terminal's signals are for tcprove; its files are not to be held open. */
static void stand_apart(int keep)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++) {
        dup2(null, fd);
    }
    for (int fd = 3; fd < 1024; fd++) {
        if (fd != keep) { close(fd); }
    }
}

static void keep(const struct rule *rule, int pipe)
{
    char answer[REMOTE_WHY_MAX], octet;
    stand_apart(pipe);
    keep_only_the_filter();
    struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
    if (!nft) { _exit(1); }
    nft_ctx_buffer_output(nft);
    nft_ctx_buffer_error(nft);
    set_up(nft, rule, answer, sizeof answer);
    ssize_t told = write(pipe, answer, strlen(answer) + 1);
    while (told > 0 && !*answer && (read(pipe, &octet, 1) > 0 || errno == EINTR)) {
        errno = 0;
    }
    if (!*answer) { remove_table(nft, rule->name); }
    nft_ctx_free(nft);
    _exit(0);
}

static bool hear(int pipe, char *why)
{
    char answer[REMOTE_WHY_MAX] = "";
    ssize_t got = read(pipe, answer, sizeof answer - 1);
    if (got == 1 && !*answer) { return true; }
    snprintf(why, REMOTE_WHY_MAX,
             "this host's kernel cannot be kept out of the connections (CAP_NET_ADMIN, nftables): %.100s; give a free "
             "--tester-address instead",
             got > 0 ? answer : "it could not be tried");
    return false;
}

bool remote_silence_begin(struct remote_silence *silence, const struct remote_wire *wire, const uint8_t *target,
                          struct remote_ports ports, char *why)
{
    int family = wire->version == 4 ? AF_INET : AF_INET6, ends[2];
    struct rule rule = {.wire = wire, .ports = ports};
    inet_ntop(family, target, rule.target, sizeof rule.target);
    inet_ntop(family, wire->tester.address, rule.tester, sizeof rule.tester);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) { return false; }
    fflush(NULL);
    silence->keeper = fork();
    if (silence->keeper == 0) {
        snprintf(rule.name, sizeof rule.name, TABLE_PREFIX "%d_%llu", (int)getpid(), began(getpid()));
        keep(&rule, ends[1]);
    }
    close(ends[1]);
    silence->pipe = ends[0];
    if (silence->keeper < 0) { close(ends[0]); }
    if (silence->keeper > 0 && hear(ends[0], why)) { return true; }
    remote_silence_end(silence);
    return false;
}

void remote_silence_end(struct remote_silence *silence)
{
    if (silence->keeper <= 0) { return; }
    close(silence->pipe);
    waitpid(silence->keeper, NULL, 0);
    silence->keeper = 0;
}
