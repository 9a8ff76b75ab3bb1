/* The application of each run, by the sockets of this machine. */
#include "server.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LINUX_MSL_MS 30000u /* half of TCP_TIMEWAIT_LEN, which is compiled in */
#define LINUX_RTO_MS 1000u

/* ---- Networks ---- */

bool agent_network_has(const struct agent_network *network, uint8_t version, const uint8_t *address)
{
    if (network->version != version) { return false; }
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address, address, whole) != 0) { return false; }
    return rest == 0 || (network->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

/* The tester at the control connection, or whom the command line names. */
static bool may_talk_to(const struct agent_runs *runs, uint8_t version, const uint8_t *address)
{
    const union endpoint_address asked = endpoint_of(version, address, 0);
    bool may = endpoint_same_address(&asked, &runs->tester);
    for (unsigned i = 0; i < runs->options->peers; i++) {
        may = may || agent_network_has(&runs->options->peer[i], version, address);
    }
    return may;
}

/* ---- Beginning and ending ---- */

static void refuse(struct call_outcome *outcome, const char *why)
{
    *outcome = (struct call_outcome){.result = TCPROVE_NOT_SUPPORTED, .text = why};
}

/* The link of this machine's link-local address: without it the system does not know which is meant. 0: it is none. */
static unsigned scope_of(const struct agent_begin *begin)
{
    struct ifaddrs *all = NULL;
    unsigned scope = 0;
    bool link_local = begin->request.version == 6 && begin->target[0] == 0xfe && (begin->target[1] & 0xc0) == 0x80;
    if (!link_local || getifaddrs(&all) != 0) { return 0; }
    for (const struct ifaddrs *each = all; each && scope == 0; each = each->ifa_next) {
        struct sockaddr_in6 here;
        if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET6) { continue; }
        memcpy(&here, each->ifa_addr, sizeof here);
        if (memcmp(&here.sin6_addr, begin->target, 16) == 0) { scope = here.sin6_scope_id; }
    }
    freeifaddrs(all);
    return scope;
}

static union endpoint_address endpoint_on(const struct agent_begin *begin, const uint8_t *address, uint16_t port,
                                          unsigned scope)
{
    union endpoint_address endpoint = endpoint_of(begin->request.version, address, port);
    if (endpoint.any.sa_family == AF_INET6) { endpoint.ipv6.sin6_scope_id = scope; }
    return endpoint;
}

/* Nobody else uses the port now. */
static bool is_free(const union endpoint_address *local, int *error)
{
    int fd = socket(local->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    bool free_now = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                    bind(fd, &local->any, endpoint_len(local)) == 0;
    *error = errno;
    if (fd >= 0) { close(fd); }
    return free_now;
}

/* A port that was not used lately. @return 0: none. */
static uint16_t choose_port(struct agent_runs *runs, const struct agent_begin *begin, unsigned scope, int *error)
{
    const struct agent_options *options = runs->options;
    unsigned count = options->port_last - options->port_first + 1u;
    for (unsigned i = 0; i < count; i++) {
        uint16_t port = *runs->next_port;
        *runs->next_port = port == options->port_last ? options->port_first : (uint16_t)(port + 1);
        const union endpoint_address local = endpoint_on(begin, begin->target, port, scope);
        if (is_free(&local, error)) { return port; }
        if (*error != EADDRINUSE) { return 0; }
    }
    return 0;
}

static struct agent_run *make_run(struct agent_runs *runs, uint16_t number)
{
    struct agent_run *run = calloc(1, sizeof *run);
    if (!run) { return NULL; }
    run->source.kind = SOURCE_RUN;
    run->runs = runs;
    run->number = number;
    struct sockets *sockets = &run->sockets;
    sockets->diag_fd = diag_open();
    sockets->edges_fd = epoll_create1(EPOLL_CLOEXEC);
    sockets->tester_only = true;
    sockets_reset(sockets);
    return run;
}

static void free_run(struct agent_run *run)
{
    struct sockets *sockets = &run->sockets;
    sockets_abandon(sockets);
    if (sockets->diag_fd >= 0) { close(sockets->diag_fd); }
    if (sockets->edges_fd >= 0) { close(sockets->edges_fd); }
    free(run);
}

static void set_up(struct sockets *run, const struct agent_begin *begin, uint16_t port, unsigned scope)
{
    run->request = begin->request;
    run->local = endpoint_on(begin, begin->target, port, scope);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        run->remote[i] = endpoint_on(begin, begin->tester, begin->tester_port[i], scope);
    }
}

static bool is_granted(struct sockets *run, const char **why)
{
    if (run->request.mtu != 0) {
        *why = "the agent does not change the MTU of its machine";
        return false;
    }
    return sockets_isn_granted(run, why) && sockets_buffers_granted(run, why);
}

static uint16_t begin_run(void *context, uint16_t number, const struct agent_begin *begin, struct call_outcome *outcome)
{
    struct agent_runs *runs = context;
    int error = 0;
    const char *why = "the agent has no memory or files left";
    if (!may_talk_to(runs, begin->request.version, begin->tester)) {
        refuse(outcome, "the agent may not talk to the tester's address: start it with --peer ADDRESS");
        return 0;
    }
    unsigned scope = scope_of(begin);
    uint16_t port = choose_port(runs, begin, scope, &error);
    if (port == 0) {
        refuse(outcome, error == EADDRINUSE ? "all of the agent's ports are in use" : strerrordesc_np(error));
        return 0;
    }
    struct agent_run *run = make_run(runs, number);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = run};
    int edges_fd = run ? run->sockets.edges_fd : -1;
    bool ready = edges_fd >= 0 && epoll_ctl(runs->epoll_fd, EPOLL_CTL_ADD, edges_fd, &interest) == 0;
    if (ready) {
        set_up(&run->sockets, begin, port, scope);
        ready = is_granted(&run->sockets, &why);
    }
    if (ready) {
        runs->run[number] = run;
        return port;
    }
    if (run) { free_run(run); }
    refuse(outcome, why);
    return 0;
}

static void end_run(void *context, uint16_t number)
{
    struct agent_runs *runs = context;
    free_run(runs->run[number]);
    runs->run[number] = NULL;
}

/* ---- Between ---- */

static void tell_events(struct agent_run *run)
{
    struct sockets_event event;
    struct agent_session *session = run->runs->session;
    while (sockets_take_event(&run->sockets, &event)) {
        agent_session_tell(session, run->number, (uint8_t)event.connection, event.event);
    }
    if (run->sockets.fault) { agent_session_refuse(session, run->sockets.fault); }
}

void agent_run_look(struct agent_run *run)
{
    sockets_harvest(&run->sockets, TCPR_NEVER);
    tell_events(run);
}

/* The tester wants to know now, so what was closed is looked for now. */
static void look(void *context, uint16_t number)
{
    struct agent_runs *runs = context;
    struct agent_run *run = runs->run[number];
    run->sockets.watch_next = run->sockets.watch_step = 0;
    sockets_watch(&run->sockets);
    agent_run_look(run);
}

tcpr_time agent_runs_watch(struct agent_runs *runs)
{
    tcpr_time soonest = TCPR_NEVER;
    for (uint16_t i = 0; i < runs->options->runs; i++) {
        struct agent_run *run = runs->run[i];
        if (!run) { continue; }
        tcpr_time next = sockets_watch(&run->sockets), now = sockets_now(&run->sockets);
        tell_events(run);
        tcpr_time wait = next == TCPR_NEVER ? TCPR_NEVER : next > now ? next - now : 0;
        if (wait < soonest) { soonest = wait; }
    }
    return soonest;
}

/* Linux takes the option from a listener whatever the system's setting is, and then gives out no cookies. */
static bool serves_fast_open(void)
{
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_fastopen", "re");
    char line[16] = "";
    bool known = file && fgets(line, sizeof line, file);
    if (file) { fclose(file); }
    return !known || (strtoul(line, NULL, 0) & 2) != 0;
}

static void call(void *context, uint16_t number, const struct app_call *what, struct call_outcome *outcome)
{
    struct agent_runs *runs = context;
    bool fast_open = what->kind == CALL_SET && what->setting == TCPROVE_SET_FAST_OPEN && what->value != 0;
    if (fast_open && !serves_fast_open()) {
        *outcome = (struct call_outcome){.result = TCPROVE_NOT_SUPPORTED,
                                         .text = "Fast Open is off on the target: sysctl net.ipv4.tcp_fastopen=3"};
        return;
    }
    sockets_call(&runs->run[number]->sockets, what, outcome);
    tell_events(runs->run[number]);
}

static enum tcprove_state state(void *context, uint16_t number, uint8_t connection)
{
    struct agent_runs *runs = context;
    return sockets_state(&runs->run[number]->sockets, connection);
}

const struct agent_application agent_runs_application = {begin_run, end_run, call, state, look};

/* ---- What this machine can ---- */

static bool shows_state(void)
{
    const union endpoint_address nobody = endpoint_of(4, (const uint8_t[4]){127, 0, 0, 1}, 1);
    int fd = diag_open();
    bool shows = fd >= 0 && diag_state(fd, &nobody, &nobody) != TCPROVE_UNKNOWN;
    if (fd >= 0) { close(fd); }
    return shows;
}

/* The system's own, which specs of congestion control depend on. */
static void name_congestion_control(char name[16])
{
    socklen_t len = 15;
    memset(name, 0, 16);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) { return; }
    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) != 0) { name[0] = 0; }
    close(fd);
}

void agent_runs_card(const struct agent_options *options, struct agent_card *card)
{
    struct utsname system;
    bool known = uname(&system) == 0;
    *card = (struct agent_card){.abilities = AGENT_ABILITIES & ~(shows_state() ? 0u : (unsigned)TCPROVE_CAN_STATE),
                                .runs_max = (uint16_t)options->runs,
                                .msl_ms = LINUX_MSL_MS,
                                .rto_initial_ms = LINUX_RTO_MS};
    char congestion_control[16];
    name_congestion_control(congestion_control);
    snprintf(card->name, sizeof card->name, "Linux %.40s, %s", known ? system.release : "", congestion_control);
}
