/* A lane: a range of tester ports, and the queue of what came for them. */
#include "harness/octets.h"
#include "remote.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUEUE_OCTETS_MAX (4u * 1024 * 1024)
#define CONNECTION_WAIT_US TCPR_S(5)
#define UNHEARD_MAX 8u /* lanes in a row in which the target said nothing: then it is asked whether it lives */

static tcpr_time now_of(const struct lane *lane)
{
    return remote_now() - lane->began;
}

/* ---- The queue; remote->lock is held ---- */

static void push(struct lane *lane, const struct observation *seen, const uint8_t *octets)
{
    size_t len = seen->datagram_len;
    struct remote_item *item = lane->queued + len > QUEUE_OCTETS_MAX ? NULL : malloc(sizeof *item + len);
    if (!item) {
        lane->fault = "more came than the lane has room for";
    } else {
        *item = (struct remote_item){.seen = *seen};
        if (len > 0) { memcpy(item->octets, octets, len); }
        item->seen.datagram = len > 0 ? item->octets : NULL;
        if (item->seen.at < lane->last_at) { item->seen.at = lane->last_at; }
        lane->last_at = item->seen.at;
        *(lane->last ? &lane->last->next : &lane->first) = item;
        lane->last = item;
        lane->queued += sizeof *item + len;
    }
    pthread_cond_broadcast(&lane->changed);
}

/* An event that was asked for at `until` and is told only now had happened by then. */
static struct remote_item *pop(struct lane *lane, tcpr_time until, bool settled)
{
    struct remote_item *item = lane->first;
    if (item && settled && item->seen.what == OBSERVED_EVENT && item->seen.at > until) { item->seen.at = until; }
    if (!item || item->seen.at > until) { return NULL; }
    lane->first = item->next;
    if (!lane->first) { lane->last = NULL; }
    lane->queued -= sizeof *item + item->seen.datagram_len;
    return item;
}

static void forget(struct lane *lane)
{
    while (lane->first) {
        free(pop(lane, TCPR_NEVER, false));
    }
    free(lane->given);
    lane->given = NULL;
}

void remote_lane_tell(struct lane *lane, unsigned connection, enum tcprove_event event)
{
    pthread_mutex_lock(&lane->remote->lock);
    const struct observation seen = {
        .what = OBSERVED_EVENT, .at = now_of(lane), .connection = connection, .event = event};
    if (lane->in_use) { push(lane, &seen, NULL); }
    pthread_mutex_unlock(&lane->remote->lock);
}

/* ---- Whose datagram ---- */

/* The tester's port that a datagram is about; 0: about none. */
static uint16_t port_of(const uint8_t *octets, const struct datagram *datagram)
{
    struct icmp icmp;
    struct quotation quotation;
    if (datagram->protocol == NET_TCP) {
        return datagram->payload_len < 4 ? 0 : octets_get_u16(octets + datagram->payload_at + 2);
    }
    if (icmp_parse(octets, datagram, &icmp) != NET_OK) { return 0; }
    if (icmp_is_echo_reply(&icmp)) { return (uint16_t)(icmp.word >> 16); }
    return icmp_quotation(octets, &icmp, &quotation) == NET_OK ? quotation.source_port : 0;
}

static struct lane *owner_of(const struct remote *remote, uint16_t port)
{
    if (port < remote->ports.first || port >= remote->ports.first + remote->ports.count) { return NULL; }
    return remote->owner[(port - remote->ports.first) / LANE_CONNECTIONS_MAX];
}

static bool is_from_target(const struct remote *remote, const struct datagram *datagram)
{
    size_t len = datagram->ip.version == 4 ? 4 : 16;
    return memcmp(datagram->ip.source, remote->options.target.octets, len) == 0;
}

void remote_take(void *context, const uint8_t *octets, size_t len, tcpr_time at)
{
    struct remote *remote = context;
    struct datagram datagram;
    bool sound = datagram_parse(octets, len, &datagram) == NET_OK;
    if (!sound && datagram_parse_quoted(octets, len, &datagram) != NET_OK) { return; }
    size_t address_len = remote->wire.version == 4 ? 4 : 16;
    if (memcmp(datagram.ip.destination, remote->wire.tester.address, address_len) != 0) { return; }
    bool from_target = is_from_target(remote, &datagram), is_tcp = datagram.protocol == NET_TCP;
    if (is_tcp && !from_target) { return; }
    uint16_t port = port_of(octets, &datagram);
    pthread_mutex_lock(&remote->lock);
    struct lane *lane = owner_of(remote, port);
    if (lane) {
        size_t whole = sound ? datagram.payload_at + datagram.payload_len : len; /* without the link's padding */
        lane->heard = lane->heard || from_target;
        if (from_target) { remote->unheard = 0; }
        remote_reset_note(lane, octets, whole, true);
        const struct observation seen = {
            .what = OBSERVED_DATAGRAM, .at = at > lane->began ? at - lane->began : 0, .datagram_len = whole};
        push(lane, &seen, octets);
    }
    pthread_mutex_unlock(&remote->lock);
    if (!lane && is_tcp && sound) { remote_reset_stray(remote, octets, &datagram); }
}

/* ---- The interface of targets ---- */

/* Of the groups the one used longest ago. */
static struct lane *take_lane(struct remote *remote)
{
    struct lane *lane = NULL;
    pthread_mutex_lock(&remote->lock);
    for (unsigned i = 0; i < remote->lane_count && !lane; i++) {
        if (!remote->lane[i].in_use) { lane = &remote->lane[i]; }
    }
    if (lane) {
        while (remote->owner[remote->next_group]) {
            remote->next_group = (remote->next_group + 1) % remote->groups;
        }
        lane->group = remote->next_group;
        remote->next_group = (remote->next_group + 1) % remote->groups;
        lane->in_use = true;
        lane->began = remote_now();
        lane->last_at = 0;
        lane->sent = lane->heard = false;
        lane->fault = NULL;
        memset(lane->connection, 0, sizeof lane->connection);
        remote->owner[lane->group] = lane;
    }
    pthread_mutex_unlock(&remote->lock);
    return lane;
}

static void set_addresses(struct lane *lane)
{
    const struct remote *remote = lane->remote;
    struct lane_addresses *addresses = &lane->addresses;
    *addresses = (struct lane_addresses){.to_target = {.version = remote->wire.version, .ttl = 64}};
    memcpy(addresses->to_target.source, remote->wire.tester.address, 16);
    memcpy(addresses->to_target.destination, remote->options.target.octets, 16);
    unsigned port = remote->ports.first + lane->group * LANE_CONNECTIONS_MAX;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        addresses->tester_port[i] = (uint16_t)(port + i);
    }
}

/* What comes for its ports from now on is a stray. */
static void disown(struct lane *lane)
{
    pthread_mutex_lock(&lane->remote->lock);
    lane->remote->owner[lane->group] = NULL;
    pthread_mutex_unlock(&lane->remote->lock);
}

static void release(struct lane *lane)
{
    struct remote *remote = lane->remote;
    pthread_mutex_lock(&remote->lock);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        remote->begun -= lane->connection[i].begun;
    }
    if (lane->sent) { remote->unheard = lane->heard ? 0 : remote->unheard + 1; }
    forget(lane);
    lane->in_use = false;
    pthread_mutex_unlock(&remote->lock);
}

static void close_lane(struct lane *lane)
{
    if (lane->controlled) { lane->remote->control->ops->end(lane->remote->control, lane); }
    disown(lane);
    remote_reset_lane(lane);
    release(lane);
}

void remote_give_up(struct remote *remote, const char *why)
{
    pthread_mutex_lock(&remote->lock);
    if (!remote->gone) { remote->gone = why; }
    for (unsigned i = 0; i < remote->lane_count; i++) {
        remote->lane[i].fault = remote->gone;
        pthread_cond_broadcast(&remote->lane[i].changed);
    }
    pthread_mutex_unlock(&remote->lock);
}

static bool is_answering(struct lane *lane)
{
    struct remote *remote = lane->remote;
    pthread_mutex_lock(&remote->lock);
    bool suspect = remote->unheard >= UNHEARD_MAX;
    pthread_mutex_unlock(&remote->lock);
    if (!suspect || remote_probe_alive(lane)) { return true; }
    remote_give_up(remote, "the target has stopped answering");
    return false;
}

static const char *gone(struct target *target)
{
    struct remote *remote = (struct remote *)target;
    pthread_mutex_lock(&remote->lock);
    const char *why = remote->gone;
    pthread_mutex_unlock(&remote->lock);
    return why;
}

/* What came while the lane was made ready is no part of the run. */
static void begin_time(struct lane *lane)
{
    pthread_mutex_lock(&lane->remote->lock);
    forget(lane);
    lane->began = remote_now();
    lane->last_at = 0;
    pthread_mutex_unlock(&lane->remote->lock);
}

static struct lane *open_lane(struct target *target, const struct lane_request *request, const char **why)
{
    struct remote *remote = (struct remote *)target;
    *why = gone(target);
    if (*why) { return NULL; }
    if (remote->ready && !remote_start(remote)) {
        *why = "the system makes no thread";
        return NULL;
    }
    if (remote->ready) { remote_wire_pace(&remote->wire); }
    struct lane *lane = take_lane(remote);
    if (!lane) {
        *why = "all lanes of the remote target are in use";
        return NULL;
    }
    lane->request = *request;
    set_addresses(lane);
    bool answers = is_answering(lane);
    if (!answers) { *why = gone(target); }
    lane->controlled = answers && remote->ready;
    if (answers && (!lane->controlled || remote->control->ops->begin(remote->control, lane, request, why))) {
        begin_time(lane);
        return lane;
    }
    disown(lane);
    remote_reset_lane(lane);
    release(lane);
    return NULL;
}

static const struct lane_addresses *addresses_of(const struct lane *lane)
{
    return &lane->addresses;
}

/* Nothing goes to or comes from an address that the user did not name. Octets that are no IP datagram go to the next
 * hop as they are. */
static bool is_allowed(const struct lane *lane, const uint8_t *octets, size_t len)
{
    const struct tcpr_ip *ip = &lane->addresses.to_target;
    size_t at = ip->version == 4 ? 12 : 8, each = ip->version == 4 ? 4 : 16;
    if (len < at + 2 * each || octets[0] >> 4 != ip->version) { return false; }
    return memcmp(octets + at, ip->source, each) == 0 && memcmp(octets + at + each, ip->destination, each) == 0;
}

/* A connection that would be one too many waits for another to end. */
static bool has_room(struct lane *lane, uint16_t port)
{
    struct remote *remote = lane->remote;
    unsigned index = (unsigned)(port - lane->addresses.tester_port[0]);
    tcpr_time give_up = remote_now() + CONNECTION_WAIT_US;
    bool room = index >= LANE_CONNECTIONS_MAX || lane->connection[index].begun;
    while (!room && remote_now() < give_up) {
        pthread_mutex_lock(&remote->lock);
        room = remote->begun < remote->options.connections;
        if (room) {
            remote->begun++;
            lane->connection[index].begun = true;
        }
        pthread_mutex_unlock(&remote->lock);
        if (!room) { nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }
    }
    return room;
}

static bool inject(struct lane *lane, const uint8_t *octets, size_t len)
{
    struct datagram datagram;
    if (!is_allowed(lane, octets, len)) { return false; }
    bool is_tcp = datagram_parse_quoted(octets, len, &datagram) == NET_OK && datagram.protocol == NET_TCP &&
                  datagram.payload_len >= 4;
    if (is_tcp && !has_room(lane, octets_get_u16(octets + datagram.payload_at))) { return false; }
    pthread_mutex_lock(&lane->remote->lock);
    lane->sent = true;
    remote_reset_note(lane, octets, len, false);
    pthread_mutex_unlock(&lane->remote->lock);
    return remote_wire_send(&lane->remote->wire, octets, len);
}

/* Wait for the queue to change, `until` at most. The lock is held, but for while it waits. */
static void wait_for_change(struct lane *lane, tcpr_time until)
{
    struct remote *remote = lane->remote;
    if (remote->thread.started) {
        tcpr_time end = lane->began + until;
        struct timespec at = {.tv_sec = (time_t)(end / 1000000u), .tv_nsec = (long)(end % 1000000u) * 1000};
        pthread_cond_timedwait(&lane->changed, &remote->lock, &at);
        return;
    }
    tcpr_time now = now_of(lane);
    pthread_mutex_unlock(&remote->lock);
    remote_wire_wait(&remote->wire, until > now ? until - now : 0);
    remote_wire_pump(&remote->wire);
    pthread_mutex_lock(&remote->lock);
}

static bool observe(struct lane *lane, tcpr_time until, bool settled, struct observation *out)
{
    struct remote_item *item = pop(lane, until, settled);
    if (item) {
        free(lane->given);
        lane->given = item;
        *out = item->seen;
    } else if (lane->fault) {
        *out = (struct observation){.what = OBSERVED_FAULT, .at = now_of(lane), .text = lane->fault};
    } else {
        return false;
    }
    return true;
}

/* Take in what was there before now, on the wire and at the application. The lock is held, but for meanwhile. */
static void settle(struct lane *lane)
{
    struct remote *remote = lane->remote;
    pthread_mutex_unlock(&remote->lock);
    remote_wire_pump(&remote->wire);
    if (lane->controlled && remote->control->ops->settle) { remote->control->ops->settle(remote->control, lane); }
    pthread_mutex_lock(&remote->lock);
}

/* A time is over only when all that was stamped before it has been sorted into the queues. */
static void next(struct lane *lane, tcpr_time until, struct observation *out)
{
    struct remote *remote = lane->remote;
    bool looked = false;
    pthread_mutex_lock(&remote->lock);
    while (!observe(lane, until, looked, out)) {
        if (now_of(lane) < until) {
            wait_for_change(lane, until);
        } else if (looked) {
            *out = (struct observation){.what = OBSERVED_NOTHING, .at = until};
            break;
        } else {
            settle(lane);
            looked = true;
        }
    }
    pthread_mutex_unlock(&remote->lock);
}

static void call(struct lane *lane, const struct app_call *what, struct call_outcome *outcome)
{
    lane->remote->control->ops->call(lane->remote->control, lane, what, outcome);
}

static enum tcprove_state state(struct lane *lane, unsigned connection)
{
    return lane->remote->control->ops->state(lane->remote->control, lane, connection);
}

const struct target_ops remote_ops = {
    .open = open_lane,
    .close = close_lane,
    .addresses = addresses_of,
    .now = now_of,
    .inject = inject,
    .next = next,
    .call = call,
    .state = state,
    .destroy = remote_destroy,
    .gone = gone,
};
