/* One capture on one link, by libpcap. */
#include "remote.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define QUEUE_OCTETS (8 * 1024 * 1024)
#define BURST 32.0            /* datagrams that may go out at once, whatever the rate */
#define RUN_SHARE (BURST / 4) /* what a run sends soon after its beginning, about */
#define STAMP_AGE_MAX_US TCPR_S(60)

tcpr_time remote_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (tcpr_time)now.tv_sec * 1000000u + (tcpr_time)now.tv_nsec / 1000u;
}

/* ---- Opening ---- */

/* Frames at once and not by the buffer; every station's frames, for ours has an address the card does not know. */
static pcap_t *make(const char *link, char *why)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(link, error);
    if (!pcap) {
        snprintf(why, REMOTE_WHY_MAX, "libpcap: %.200s", error);
        return NULL;
    }
    pcap_set_snaplen(pcap, REMOTE_FRAME_MAX);
    pcap_set_immediate_mode(pcap, 1);
    pcap_set_promisc(pcap, 1);
    pcap_set_timeout(pcap, 1);
    pcap_set_buffer_size(pcap, QUEUE_OCTETS);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); /* where it is not offered, microseconds come */
    return pcap;
}

static bool activate(pcap_t *pcap, char *why)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    int status = pcap_activate(pcap);
    if (status == PCAP_ERROR_PERM_DENIED) {
        snprintf(why, REMOTE_WHY_MAX, "raw frames are refused; run as root or with CAP_NET_RAW");
    } else if (status < 0) {
        snprintf(why, REMOTE_WHY_MAX, "libpcap: %.200s", pcap_geterr(pcap));
    } else if (pcap_datalink(pcap) != DLT_EN10MB) {
        snprintf(why, REMOTE_WHY_MAX, "the link carries no Ethernet frames");
    } else if (pcap_setnonblock(pcap, 1, error) != 0 || pcap_setdirection(pcap, PCAP_D_IN) != 0) {
        snprintf(why, REMOTE_WHY_MAX, "libpcap: %.200s", *error ? error : pcap_geterr(pcap));
    } else {
        return true;
    }
    return false;
}

bool remote_wire_open(struct remote_wire *wire, const struct remote_route *route, uint8_t version, unsigned rate,
                      char *why)
{
    wire->route = *route;
    wire->version = version;
    wire->rate = rate;
    wire->allowance = BURST;
    wire->refilled = remote_now();
    pcap_t *pcap = make(route->link, why);
    if (pcap && !activate(pcap, why)) {
        pcap_close(pcap);
        pcap = NULL;
    }
    wire->pcap = pcap;
    wire->fd = pcap ? pcap_get_selectable_fd(pcap) : -1;
    return pcap != NULL;
}

void remote_wire_close(struct remote_wire *wire)
{
    if (wire->pcap) { pcap_close(wire->pcap); }
    wire->pcap = NULL;
}

bool remote_wire_filter(struct remote_wire *wire, const char *filter, char *why)
{
    struct bpf_program program;
    bool done = pcap_compile(wire->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (done) {
        done = pcap_setfilter(wire->pcap, &program) == 0;
        pcap_freecode(&program);
    }
    if (!done) { snprintf(why, REMOTE_WHY_MAX, "libpcap: %.200s", pcap_geterr(wire->pcap)); }
    return done;
}

/* ---- Sending ---- */

/* @return how long to wait until so many datagrams may go out; 0: they may now. */
static tcpr_time until_allowed(struct remote_wire *wire, double wanted)
{
    tcpr_time now = remote_now();
    double most = BURST > wire->rate / 100.0 ? BURST : wire->rate / 100.0;
    wire->allowance += (double)(now - wire->refilled) * 1e-6 * wire->rate;
    if (wire->allowance > most) { wire->allowance = most; }
    wire->refilled = now;
    return wire->allowance >= wanted ? 0 : (tcpr_time)((wanted - wire->allowance) * 1e6 / wire->rate) + 1;
}

static void wait_unlocked(struct remote_wire *wire, tcpr_time wait_us)
{
    const struct timespec wait = {.tv_sec = (time_t)(wait_us / 1000000u), .tv_nsec = (long)(wait_us % 1000000u) * 1000};
    pthread_mutex_unlock(&wire->send_lock);
    nanosleep(&wait, NULL);
    pthread_mutex_lock(&wire->send_lock);
}

void remote_wire_pace(struct remote_wire *wire)
{
    pthread_mutex_lock(&wire->send_lock);
    for (;;) {
        tcpr_time now = remote_now(), wait_us = until_allowed(wire, BURST / 2);
        if (now < wire->next_run && wait_us < wire->next_run - now) { wait_us = wire->next_run - now; }
        if (wait_us == 0) { break; }
        wait_unlocked(wire, wait_us);
    }
    wire->next_run = remote_now() + (tcpr_time)(RUN_SHARE * 1e6 / wire->rate);
    pthread_mutex_unlock(&wire->send_lock);
}

bool remote_wire_send_frame(struct remote_wire *wire, const uint8_t *frame, size_t len)
{
    pthread_mutex_lock(&wire->send_lock);
    tcpr_time wait_us;
    while ((wait_us = until_allowed(wire, 1)) > 0) {
        wait_unlocked(wire, wait_us);
    }
    wire->allowance -= 1;
    bool sent = pcap_inject(wire->pcap, frame, len) == (int)len;
    pthread_mutex_unlock(&wire->send_lock);
    return sent;
}

bool remote_wire_send(struct remote_wire *wire, const uint8_t *datagram, size_t len)
{
    uint8_t frame[REMOTE_FRAME_MAX];
    struct ethernet ethernet = {.type = wire->version == 4 ? NET_ETHERTYPE_IPV4 : NET_ETHERTYPE_IPV6};
    if (len > sizeof frame - NET_ETHERNET_HEADER_LEN) { return false; }
    memcpy(ethernet.destination, wire->next_mac, 6);
    memcpy(ethernet.source, wire->tester.mac, 6);
    ethernet_emit(&ethernet, frame);
    memcpy(frame + NET_ETHERNET_HEADER_LEN, datagram, len);
    return remote_wire_send_frame(wire, frame, NET_ETHERNET_HEADER_LEN + len);
}

/* ---- Taking in ---- */

/* The stamp is of the wall clock, which may be set while a spec runs; how long ago it was is not. */
static tcpr_time stamp_us(const struct remote_wire *wire, const struct pcap_pkthdr *header)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    tcpr_time monotonic = remote_now();
    bool nanoseconds = pcap_get_tstamp_precision(wire->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    int64_t stamp_ns = nanoseconds ? header->ts.tv_usec : header->ts.tv_usec * 1000;
    int64_t age_us = (int64_t)(now.tv_sec - header->ts.tv_sec) * 1000000 + (now.tv_nsec - stamp_ns) / 1000;
    bool sound = age_us > 0 && (tcpr_time)age_us < STAMP_AGE_MAX_US && (tcpr_time)age_us < monotonic;
    return sound ? monotonic - (tcpr_time)age_us : monotonic;
}

/* While an address is looked for: has somebody told it, or does somebody else want it for his own? */
static void note_neighbour(struct remote_wire *wire, const uint8_t *frame, size_t len)
{
    static const uint8_t nobody[16];
    struct neighbour heard;
    if (neighbour_parse(frame, len, &heard) != NET_OK || memcmp(heard.about, wire->wanted, 16) != 0) {
        if (heard.version != 4 || memcmp(heard.sender, wire->wanted, 16) != 0) { return; }
        heard.asks = false; /* an ARP request from the address tells it as well (RFC 5227 section 2.1.1) */
    }
    if (!heard.asks && heard.mac_told) {
        wire->told = true;
        memcpy(wire->told_mac, heard.mac, 6);
    }
    if (heard.asks && memcmp(heard.sender, nobody, 16) == 0) { wire->asked = true; }
}

static void take_frame(u_char *context, const struct pcap_pkthdr *header, const u_char *frame)
{
    struct remote_wire *wire = (struct remote_wire *)(void *)context;
    uint8_t answer[REMOTE_FRAME_MAX];
    struct ethernet ethernet;
    if (header->caplen < header->len || ethernet_parse(frame, header->caplen, &ethernet) != NET_OK) { return; }
    note_neighbour(wire, frame, header->caplen);
    size_t len = wire->plays_station ? station_answer(&wire->tester, frame, header->caplen, answer, sizeof answer) : 0;
    if (len > 0) { remote_wire_send_frame(wire, answer, len); }
    bool mine = memcmp(ethernet.destination, wire->tester.mac, 6) == 0 &&
                ethernet.type == (wire->version == 4 ? NET_ETHERTYPE_IPV4 : NET_ETHERTYPE_IPV6);
    if (len == 0 && mine && wire->take) {
        wire->take(wire->context, frame + NET_ETHERNET_HEADER_LEN, header->caplen - NET_ETHERNET_HEADER_LEN,
                   stamp_us(wire, header));
    }
}

void remote_wire_pump(struct remote_wire *wire)
{
    pthread_mutex_lock(&wire->capture_lock);
    while (pcap_dispatch(wire->pcap, 64, take_frame, (u_char *)wire) > 0) {}
    pthread_mutex_unlock(&wire->capture_lock);
}

void remote_wire_wait(const struct remote_wire *wire, tcpr_time us)
{
    struct pollfd source = {.fd = wire->fd, .events = POLLIN};
    struct timespec patience = {.tv_sec = (time_t)(us / 1000000u), .tv_nsec = (long)(us % 1000000u) * 1000};
    (void)ppoll(&source, 1, &patience, NULL); /* woken too soon, the caller looks again */
}

uint32_t remote_wire_lost(struct remote_wire *wire)
{
    struct pcap_stat count = {0};
    pthread_mutex_lock(&wire->capture_lock);
    bool known = pcap_stats(wire->pcap, &count) == 0;
    pthread_mutex_unlock(&wire->capture_lock);
    return known ? count.ps_drop : 0;
}
