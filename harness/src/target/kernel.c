#include "kernel.h"

#include "harness/octets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LANES_MAX 1024u
#define FILES_A_LANE (SOCKETS_FILES_MAX + 8u) /* and its namespace and capture, with some to spare */
#define TESTERS 131070u                       /* addresses in 198.18.0.0/15 */
#define TARGET_PORT_FIRST 10000u
#define TARGET_PORTS 10000u
#define TESTER_PORT_FIRST 20000u
#define TESTER_PORT_GROUPS 5000u
#define REPLY_WITHIN_US 500000u /* RFC 9293 section 3.8.6.3 lets an ACK wait that long */

/* ---- Addresses: of each run its own, so that nothing the target remembers of a peer leaks into another run ---- */

static void set_tester_address(struct lane_addresses *addresses, uint8_t version, uint32_t run)
{
    uint8_t *tester = addresses->to_target.source;
    if (version == 4) {
        octets_put_u32(tester, 0xc6120000u + 1 + run % TESTERS);
        memcpy(addresses->to_target.destination, wire_target_ipv4, 4);
    } else {
        static const uint8_t prefix[8] = {0x20, 0x01, 0x0d, 0xb8, 0, 1};
        memcpy(tester, prefix, sizeof prefix);
        octets_put_u32(tester + 12, run + 1);
        memcpy(addresses->to_target.destination, wire_target_ipv6, 16);
    }
}

static void set_addresses(struct lane *lane, uint32_t run)
{
    struct lane_addresses *addresses = &lane->addresses;
    uint8_t version = lane->sockets.request.version;
    *addresses = (struct lane_addresses){.to_target = {.version = version, .ttl = 64}};
    set_tester_address(addresses, version, run);
    addresses->target_port = (uint16_t)(TARGET_PORT_FIRST + run % TARGET_PORTS);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        uint32_t group = run % TESTER_PORT_GROUPS;
        addresses->tester_port[i] = (uint16_t)(TESTER_PORT_FIRST + group * LANE_CONNECTIONS_MAX + i);
        lane->sockets.remote[i] = endpoint_of(version, addresses->to_target.source, addresses->tester_port[i]);
    }
    lane->sockets.local = endpoint_of(version, addresses->to_target.destination, addresses->target_port);
}

/* ---- Opening and closing a lane ---- */

static tcpr_time now_of(const struct lane *lane)
{
    return sockets_now(&lane->sockets);
}

static struct lane *take_lane(struct kernel_target *kernel, uint32_t *run)
{
    struct lane *lane = NULL;
    pthread_mutex_lock(&kernel->lock);
    for (unsigned i = 0; i < kernel->lane_count && !lane; i++) {
        if (!kernel->lane[i].in_use) { lane = &kernel->lane[i]; }
    }
    if (lane) {
        lane->in_use = true;
        *run = kernel->runs++;
    }
    pthread_mutex_unlock(&kernel->lock);
    return lane;
}

static void give_lane_back(struct lane *lane)
{
    pthread_mutex_lock(&lane->kernel->lock);
    lane->in_use = false;
    pthread_mutex_unlock(&lane->kernel->lock);
}

/* Linux 6.18 knows accurate ECN by 3, where it lets it be set; else RFC 3168's is the most it has. */
static bool set_ecn(const struct lane_request *request)
{
    const char *path = "net/ipv4/tcp_ecn";
    if (request->accurate_ecn && sysctl_write(path, "3")) { return true; }
    return sysctl_write(path, request->ecn || request->accurate_ecn ? "1" : "0");
}

static bool set_options_allowed(struct lane *lane)
{
    const struct lane_request *request = &lane->sockets.request;
    namespace_enter(lane->namespace_fd);
    bool done = sysctl_write("net/ipv4/tcp_window_scaling", request->window_scale ? "1" : "0") &&
                sysctl_write("net/ipv4/tcp_timestamps", request->timestamps ? "1" : "0") &&
                sysctl_write("net/ipv4/tcp_sack", request->sack ? "1" : "0") && set_ecn(request) &&
                sysctl_write("net/ipv4/tcp_mtu_probing", request->mtu_probing ? "2" : "0");
    namespace_enter(lane->kernel->home_ns);
    return done;
}

static bool set_mtu(struct lane *lane, const char **why)
{
    const struct kernel_target *kernel = lane->kernel;
    uint32_t mtu = lane->sockets.request.mtu ? lane->sockets.request.mtu : MTU_DEFAULT;
    uint32_t *set = lane->sockets.request.version == 4 ? &lane->mtu_ipv4 : &lane->mtu_ipv6;
    if (*set == mtu) { return true; }
    if (lane->sockets.request.version == 6 && mtu < 1280) {
        *why = "no IPv6 link takes less than 1280 octets (RFC 8200 section 5)";
    } else if (mtu < 68 || mtu > 65535) {
        *why = "no IPv4 link takes fewer than 68 or more than 65535 octets";
    } else if (!wire_set_mtu(&lane->wire, mtu, lane->sockets.request.version, kernel->tester_ns, lane->namespace_fd,
                             kernel->home_ns)) {
        *why = "the MTU of the target's route could not be set";
    } else {
        *set = mtu;
        return true;
    }
    return false;
}

/* What came for earlier runs while nobody looked. */
static void drain(struct lane *lane)
{
    size_t len;
    tcpr_time at;
    while (capture_socket_take(&lane->capture, lane->octets, &len, &at) != CAPTURED_NOTHING) {}
}

static bool prepare_lane(struct lane *lane, uint32_t run, const char **why)
{
    if (lane->sockets.request.version != 4 && (lane->sockets.request.version != 6 || !lane->kernel->ipv6)) {
        *why = "this system has no IPv6";
        return false;
    }
    set_addresses(lane, run);
    if (!set_options_allowed(lane)) {
        *why = "the options that the target may negotiate could not be set below /proc/sys/net";
        return false;
    }
    return set_mtu(lane, why) && sockets_isn_granted(&lane->sockets, why) &&
           sockets_buffers_granted(&lane->sockets, why);
}

static void reset_lane(struct lane *lane)
{
    sockets_reset(&lane->sockets);
    lane->datagram_pending = false;
    lane->datagram_at = 0;
}

static struct lane *open_lane(struct target *target, const struct lane_request *request, const char **why)
{
    struct kernel_target *kernel = (struct kernel_target *)target;
    uint32_t run = 0;
    struct lane *lane = take_lane(kernel, &run);
    if (!lane) {
        *why = "all lanes of the kernel target are in use";
        return NULL;
    }
    lane->sockets.request = *request;
    reset_lane(lane);
    if (!prepare_lane(lane, run, why)) {
        give_lane_back(lane);
        return NULL;
    }
    drain(lane);
    lane->sockets.began = monotonic_us();
    return lane;
}

static void close_lane(struct lane *lane)
{
    sockets_abandon(&lane->sockets);
    give_lane_back(lane);
}

static const struct lane_addresses *addresses_of(const struct lane *lane)
{
    return &lane->addresses;
}

static void call_lane(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    sockets_call(&lane->sockets, call, outcome);
}

static enum tcprove_state state_of(struct lane *lane, unsigned connection)
{
    return sockets_state(&lane->sockets, connection);
}

/* ---- Opening and closing the target ---- */

static void close_file(int fd)
{
    if (fd >= 0) { close(fd); }
}

static void destroy(struct target *target)
{
    struct kernel_target *kernel = (struct kernel_target *)target;
    for (unsigned i = 0; i < kernel->lane_count; i++) {
        struct lane *lane = &kernel->lane[i];
        if (lane->in_use) { sockets_abandon(&lane->sockets); }
        close_file(lane->capture.fd);
        close_file(lane->sockets.edges_fd);
        close_file(lane->sockets.diag_fd);
        close_file(lane->namespace_fd);
    }
    close_file(kernel->tester_ns);
    close_file(kernel->home_ns);
    pthread_mutex_destroy(&kernel->lock);
    free(kernel->lane);
    free(kernel);
}

static const struct target_ops kernel_ops = {
    .open = open_lane,
    .close = close_lane,
    .addresses = addresses_of,
    .now = now_of,
    .inject = lane_inject,
    .next = lane_next,
    .call = call_lane,
    .state = state_of,
    .destroy = destroy,
};

static const char *network_namespace_refusal(int error)
{
    switch (error) {
    case EMFILE: return "too few files may be open for so many lanes; use fewer, or raise ulimit -n";
    case ENOSPC: return "no network namespace was left; use fewer lanes, or raise the sysctl user.max_net_namespaces";
    default:
        return "a user namespace was made, but this system takes its rights away; run as root, or set the sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0";
    }
}

static bool make_namespaces(struct kernel_target *kernel, const char **why)
{
    kernel->home_ns = namespace_current();
    kernel->tester_ns = kernel->home_ns < 0 ? -1 : namespace_new(kernel->home_ns);
    if (kernel->home_ns < 0) {
        *why = "/proc is not there; tcprove finds its namespaces by it";
    } else if (kernel->tester_ns < 0 && namespace_own_user(why)) {
        close(kernel->home_ns);
        kernel->home_ns = namespace_current();
        kernel->tester_ns = namespace_new(kernel->home_ns);
        if (kernel->tester_ns < 0) { *why = network_namespace_refusal(errno); }
    }
    return kernel->tester_ns >= 0;
}

static bool make_target_namespace(struct lane *lane, const char **why)
{
    struct kernel_target *kernel = lane->kernel;
    lane->namespace_fd = namespace_new(kernel->home_ns);
    if (lane->namespace_fd < 0) {
        *why = network_namespace_refusal(errno);
        return false;
    }
    namespace_enter(lane->namespace_fd);
    bool done = sysctl_prepare(kernel->profile, kernel->ipv6, why);
    lane->sockets.diag_fd = diag_open();
    namespace_enter(kernel->home_ns);
    return done;
}

/* sockets.make: in the lane's namespace. */
static int make_socket(void *context, int family)
{
    const struct lane *lane = context;
    namespace_enter(lane->namespace_fd);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = errno;
    namespace_enter(lane->kernel->home_ns);
    errno = error;
    return fd;
}

static bool make_lane(struct lane *lane, unsigned number, const char **why)
{
    struct kernel_target *kernel = lane->kernel;
    if (!make_target_namespace(lane, why) ||
        !wire_make(&lane->wire, number, kernel->tester_ns, lane->namespace_fd, kernel->home_ns, kernel->ipv6, why)) {
        return false;
    }
    lane->mtu_ipv4 = lane->mtu_ipv6 = MTU_DEFAULT;
    lane->sockets.edges_fd = epoll_create1(EPOLL_CLOEXEC);
    namespace_enter(kernel->tester_ns);
    bool captures = capture_socket_open(&lane->capture, lane->wire.tester_index);
    namespace_enter(kernel->home_ns);
    if (!captures || lane->sockets.edges_fd < 0) {
        *why = "raw frames were refused (AF_PACKET); tcprove needs CAP_NET_RAW";
    }
    return captures && lane->sockets.edges_fd >= 0;
}

static bool make_lanes(struct kernel_target *kernel, const char **why)
{
    namespace_enter(kernel->tester_ns);
    bool silent = sysctl_silence(kernel->ipv6, why);
    namespace_enter(kernel->home_ns);
    for (unsigned i = 0; silent && i < kernel->lane_count; i++) {
        if (!make_lane(&kernel->lane[i], i, why)) { return false; }
    }
    return silent;
}

/* @return whether there are enough; with fewer it may do. */
static bool allow_files(unsigned lanes)
{
    struct rlimit files;
    rlim_t wanted = 256 + (rlim_t)lanes * FILES_A_LANE;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) { return true; }
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    return setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == wanted;
}

/* On what a verdict depends, beside the rule and the target's code. */
static void describe(struct kernel_target *kernel)
{
    struct utsname system;
    bool known = uname(&system) == 0;
    snprintf(kernel->name, sizeof kernel->name, "Linux %.64s", known ? system.release : "");
    bool tuned = kernel->profile == PROFILE_TUNED;
    snprintf(kernel->profile_text, sizeof kernel->profile_text, "%s, %s%s", tuned ? "tuned" : "default",
             kernel->congestion_control,
             tuned ? ": no ACK throttled or compressed, no tail loss probe, RTO from 1 s" : "");
    kernel->target = (struct target){
        .ops = &kernel_ops,
        .kind = "kernel",
        .name = kernel->name,
        .profile = kernel->profile_text,
        .abilities = (unsigned)TARGET_APPLICATION | TARGET_ANY_ADDRESS | TARGET_FORGETS_PATH | TARGET_OFFERS_ECN |
                     TARGET_PROBES_PATH | TARGET_REASSEMBLES | TCPROVE_CAN_IPV4 |
                     (kernel->ipv6 ? TCPROVE_CAN_IPV6 : 0u) | TCPROVE_CAN_STATE | TCPROVE_CAN_URGENT |
                     TCPROVE_CAN_ABORT | TCPROVE_CAN_SIMULTANEOUS | TCPROVE_CAN_ICMP | TCPROVE_CAN_FAST_OPEN,
        .reply_within_us = REPLY_WITHIN_US,
        .msl_us = TCPR_S(30), /* half of TCP_TIMEWAIT_LEN, which is compiled in */
        .rto_initial_us = TCPR_S(1),
        .lanes_max = kernel->lane_count};
}

/* RFC 5681's own where rules are to be seen at their plainest, else Linux's default, whatever this system made of that.
 * Reno is in every kernel. */
static const char *congestion_control_of(enum kernel_profile profile)
{
    const char *wanted = profile == PROFILE_TUNED ? "reno" : "cubic";
    return sockets_have_congestion_control(wanted) ? wanted : "reno";
}

static struct kernel_target *allocate(unsigned lanes, enum kernel_profile profile)
{
    struct kernel_target *kernel = calloc(1, sizeof *kernel);
    struct lane *lane = calloc(lanes, sizeof *lane);
    if (!kernel || !lane) {
        free(kernel);
        free(lane);
        return NULL;
    }
    *kernel = (struct kernel_target){.profile = profile,
                                     .congestion_control = congestion_control_of(profile),
                                     .home_ns = -1,
                                     .tester_ns = -1,
                                     .lane_count = lanes,
                                     .lane = lane};
    for (unsigned i = 0; i < lanes; i++) {
        lane[i].kernel = kernel;
        lane[i].sockets.make = make_socket;
        lane[i].sockets.context = &lane[i];
        lane[i].sockets.congestion_control = kernel->congestion_control;
        lane[i].capture.fd = lane[i].sockets.edges_fd = lane[i].sockets.diag_fd = lane[i].namespace_fd =
            lane[i].sockets.listener = -1;
    }
    kernel->ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
    pthread_mutex_init(&kernel->lock, NULL);
    return kernel;
}

struct target *target_kernel_open(unsigned lanes, const char *profile, const char **why)
{
    bool tuned = profile && strcmp(profile, "tuned") == 0;
    if (profile && *profile && !tuned && strcmp(profile, "default") != 0) {
        *why = "the kernel target has no such profile; it has 'default' and 'tuned'";
        return NULL;
    }
    lanes = lanes == 0 ? 1 : lanes > LANES_MAX ? LANES_MAX : lanes;
    struct kernel_target *kernel = allocate(lanes, tuned ? PROFILE_TUNED : PROFILE_DEFAULT);
    if (!kernel) {
        *why = "out of memory";
        return NULL;
    }
    describe(kernel);
    bool enough = allow_files(lanes), spaces = make_namespaces(kernel, why);
    if (!spaces || !make_lanes(kernel, why) || !kernel_probe(&kernel->target, why)) {
        if (spaces && !enough) { *why = "too few files may be open for so many runs at once: ulimit -n, or --jobs"; }
        destroy(&kernel->target);
        return NULL;
    }
    return &kernel->target;
}
