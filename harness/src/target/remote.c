/* The remote target: opening it, step by step, and closing it. */
#include "remote.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define LANES_MAX 256u
#define LANE_RATE 20u
#define STATION_PORTS \
    {                 \
        20000, 40000  \
    }
#define HOST_PORTS_FIRST 10000u
#define FAREWELL_US TCPR_MS(50)

/* ---- What may be tested ---- */

static bool is_permitted(const struct remote_options *options, char *why)
{
    bool listed = false;
    if (options->allow_list) {
        FILE *file = fopen(options->allow_list, "re");
        if (file) { listed = remote_is_listed(file, &options->target); }
        if (!file) {
            snprintf(why, REMOTE_WHY_MAX, "--allow-list %.120s cannot be read", options->allow_list);
        } else if (!listed) {
            snprintf(why, REMOTE_WHY_MAX, "the address is not in the list %.120s", options->allow_list);
        }
        if (file) { fclose(file); }
        return listed;
    }
    if (!remote_address_is_public(&options->target) || options->may_test_public) { return true; }
    snprintf(why, REMOTE_WHY_MAX,
             "the address is public; if its owner agrees to the test, say so by --i-may-test-this-host");
    return false;
}

/* ---- Ports ---- */

/* This host's own connections begin at ports of its range; the tester's stay clear of them. */
static struct remote_ports host_ports(void)
{
    unsigned low = 32768, high = 60999;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    char line[64] = "";
    if (file) {
        if (fgets(line, sizeof line, file)) {
            char *end = NULL;
            low = (unsigned)strtoul(line, &end, 10);
            high = (unsigned)strtoul(end, NULL, 10);
        }
        fclose(file);
    }
    unsigned below = low > HOST_PORTS_FIRST ? low - HOST_PORTS_FIRST : 0, above = high < 65000 ? 65000 - high - 1 : 0;
    unsigned first = below >= above ? HOST_PORTS_FIRST : high + 1, count = below >= above ? below : above;
    return (struct remote_ports){(uint16_t)first, (uint16_t)(count - count % LANE_CONNECTIONS_MAX)};
}

static bool choose_ports(struct remote *remote, char *why)
{
    static const struct remote_ports station = STATION_PORTS;
    remote->ports = remote->wire.plays_station ? station : host_ports();
    remote->groups = remote->ports.count / LANE_CONNECTIONS_MAX;
    if (remote->groups <= remote->lane_count) {
        snprintf(why, REMOTE_WHY_MAX, "this host's own connections leave too few ports; give a free --tester-address");
        return false;
    }
    remote->owner = calloc(remote->groups, sizeof(struct lane *));
    /* Elsewhere than the last time: a run that was killed has left connections at the target. */
    bool drawn = getrandom(&remote->next_group, sizeof remote->next_group, 0) == sizeof remote->next_group;
    remote->next_group %= remote->groups;
    return drawn && remote->owner != NULL;
}

/* ---- The thread that looks at the wire ---- */

static void tell_loss(struct remote *remote)
{
    uint32_t lost = remote_wire_lost(&remote->wire);
    pthread_mutex_lock(&remote->lock);
    for (unsigned i = 0; i < remote->lane_count && lost != remote->lost; i++) {
        remote->lane[i].fault = "the capture lost datagrams";
        pthread_cond_broadcast(&remote->lane[i].changed);
    }
    remote->lost = lost;
    pthread_mutex_unlock(&remote->lock);
}

static void *look(void *argument)
{
    struct remote *remote = argument;
    while (!atomic_load(&remote->ending)) {
        remote_wire_wait(&remote->wire, TCPR_MS(100));
        remote_wire_pump(&remote->wire);
        tell_loss(remote);
    }
    return NULL;
}

bool remote_start(struct remote *remote)
{
    pthread_mutex_lock(&remote->lock);
    bool started = remote_thread_start(&remote->thread, look, remote);
    pthread_mutex_unlock(&remote->lock);
    return started;
}

/* ---- Opening ---- */

static void describe(struct remote *remote)
{
    char target[INET6_ADDRSTRLEN] = "", tester[INET6_ADDRSTRLEN] = "";
    const struct remote_options *options = &remote->options;
    int family = remote->wire.version == 4 ? AF_INET : AF_INET6;
    inet_ntop(family, options->target.octets, target, sizeof target);
    inet_ntop(family, remote->wire.tester.address, tester, sizeof tester);
    snprintf(remote->name, sizeof remote->name, options->target.port ? "%s port %u" : "%s", target,
             options->target.port);
    snprintf(remote->profile, sizeof remote->profile, "%s, from %s (%s), round trip %.1f ms, jitter %.1f ms%s",
             remote->control->name, tester,
             remote->wire.plays_station ? "an address of its own" : "this host's, kernel filtered out",
             (double)(remote->target.path_us - remote->target.jitter_us) * 1e-3,
             (double)remote->target.jitter_us * 1e-3,
             remote->wire.route.merges_frames ? ", receive offload merges segments: ethtool -K LINK gro off" : "");
}

static void begin_target(struct remote *remote)
{
    remote->target = (struct target){
        .ops = &remote_ops,
        .kind = "remote",
        .name = remote->name,
        .profile = remote->profile,
        .abilities = (remote->wire.version == 4 ? TCPROVE_CAN_IPV4 : TCPROVE_CAN_IPV6) | remote->control->abilities,
        .reply_within_us = TCPR_S(1),
        .msl_us = remote->control->msl_us,
        .rto_initial_us = remote->control->rto_initial_us,
        .may_lose = true,
        .lanes_max = remote->lane_count,
    };
}

/* Neighbours, ICMP to the tester, and TCP from the target to the tester's ports, once these are chosen. */
static bool set_filter(struct remote *remote, char *why)
{
    char tester[INET6_ADDRSTRLEN] = "", target[INET6_ADDRSTRLEN] = "", filter[400];
    bool is_ipv4 = remote->wire.version == 4;
    int family = is_ipv4 ? AF_INET : AF_INET6;
    unsigned last = remote->ports.count > 0 ? remote->ports.first + remote->ports.count - 1u : 0;
    inet_ntop(family, remote->wire.tester.address, tester, sizeof tester);
    inet_ntop(family, remote->options.target.octets, target, sizeof target);
    snprintf(filter, sizeof filter,
             is_ipv4 ? "arp or (dst host %s and (icmp or (src host %s and tcp dst portrange %u-%u)))"
                     : "(icmp6 and ip6[40] == 135) or (dst host %s and (icmp6 or (src host %s and tcp dst portrange "
                       "%u-%u)))",
             tester, target, remote->ports.first, last);
    return remote_wire_filter(&remote->wire, filter, why);
}

/* Station or host, the way to the target, and the kernel kept out where it could answer. */
static bool reach(struct remote *remote, char *why)
{
    struct remote_route route;
    const struct remote_options *options = &remote->options;
    struct remote_wire *wire = &remote->wire;
    if (!remote_route_find(options, &route, why) ||
        !remote_wire_open(wire, &route, options->target.version, options->rate, why) ||
        !remote_station_choose(wire, options, why) || !set_filter(remote, why) || !remote_station_resolve(wire, why) ||
        !choose_ports(remote, why) || !set_filter(remote, why)) {
        return false;
    }
    return wire->plays_station ||
           remote_silence_begin(&remote->silence, wire, options->target.octets, remote->ports, why);
}

static bool make_lanes(struct remote *remote)
{
    unsigned wanted = remote->options.lanes ? remote->options.lanes : REMOTE_LANES_DEFAULT;
    unsigned most = remote->control->runs_max ? remote->control->runs_max : LANES_MAX;
    unsigned fed = remote->options.rate / LANE_RATE + 1; /* by the rate; more would starve each other */
    if (wanted > remote->options.connections) { wanted = remote->options.connections; }
    if (wanted > most) { wanted = most; }
    if (wanted > fed) { wanted = fed; }
    remote->lane_count = wanted > LANES_MAX ? LANES_MAX : wanted;
    remote->lane = calloc(remote->lane_count, sizeof *remote->lane);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (unsigned i = 0; remote->lane && i < remote->lane_count; i++) {
        remote->lane[i].remote = remote;
        pthread_cond_init(&remote->lane[i].changed, &monotonic);
    }
    pthread_condattr_destroy(&monotonic);
    return remote->lane != NULL;
}

/* What the application tells comes by the agent's way. */
static bool try_agent(struct remote *remote, char *why)
{
    tcpr_time slowest_us = 0;
    if (!remote->options.agent.port) { return true; }
    if (!remote_control_agent_try(remote->control, &slowest_us, why)) { return false; }
    if (slowest_us > remote->target.path_us) { remote->target.path_us = slowest_us; }
    return true;
}

static struct remote *allocate(const struct remote_options *options, char *why)
{
    struct remote *remote = calloc(1, sizeof *remote);
    if (!remote) { return NULL; }
    remote->options = *options;
    if (remote->options.rate == 0) { remote->options.rate = REMOTE_RATE_DEFAULT; }
    if (remote->options.connections == 0) { remote->options.connections = REMOTE_CONNECTIONS_DEFAULT; }
    remote->wire.take = remote_take;
    remote->wire.context = remote;
    pthread_mutex_init(&remote->lock, NULL);
    pthread_mutex_init(&remote->wire.capture_lock, NULL);
    pthread_mutex_init(&remote->wire.send_lock, NULL);
    remote->control =
        options->agent.port ? remote_control_agent(remote, why) : remote_control_service(remote, options->service);
    if (remote->control && make_lanes(remote)) { return remote; }
    remote_destroy(&remote->target);
    return NULL;
}

/* What the target still has to say about the last connections is answered too. */
static void take_leave(struct remote *remote)
{
    tcpr_time until = remote_now() + FAREWELL_US + 2 * remote->target.path_us;
    for (tcpr_time now = remote_now(); now < until; now = remote_now()) {
        remote_wire_wait(&remote->wire, until - now);
        remote_wire_pump(&remote->wire);
    }
}

void remote_destroy(struct target *target)
{
    struct remote *remote = (struct remote *)target;
    atomic_store(&remote->ending, true);
    if (remote->thread.started) { pthread_join(remote->thread.id, NULL); }
    if (remote->wire.pcap && remote->owner) { take_leave(remote); }
    for (unsigned i = 0; remote->lane && i < remote->lane_count; i++) {
        pthread_cond_destroy(&remote->lane[i].changed);
    }
    remote_silence_end(&remote->silence);
    remote_wire_close(&remote->wire);
    if (remote->control) { remote->control->ops->destroy(remote->control); }
    pthread_mutex_destroy(&remote->lock);
    pthread_mutex_destroy(&remote->wire.capture_lock);
    pthread_mutex_destroy(&remote->wire.send_lock);
    free(remote->owner);
    free(remote->lane);
    free(remote);
}

struct target *target_remote_open(const struct remote_options *options, char *why, size_t why_size)
{
    char reason[REMOTE_WHY_MAX] = "out of memory";
    struct remote *remote = is_permitted(options, reason) ? allocate(options, reason) : NULL;
    bool ready = remote && reach(remote, reason);
    if (ready) {
        begin_target(remote);
        ready = remote_probe(remote, reason) && try_agent(remote, reason);
    }
    if (ready) {
        describe(remote);
        remote->ready = true;
        return &remote->target;
    }
    if (remote) { remote_destroy(&remote->target); }
    snprintf(why, why_size, "%s", reason);
    return NULL;
}
