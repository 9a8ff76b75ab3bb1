/* The far ends: who they are, what they saw, what they send. */
#include "scene.h"

#include <string.h>

#define OWN_ADDRESSES 4u

/* 10.0.0.1, fd00::1, 10.0.0.2, fd00::2; the far ends' have a 9 in the second octet. */
static void address(uint8_t out[16], uint8_t version, unsigned host, bool far)
{
    memset(out, 0, 16);
    out[0] = version == 6 ? 0xFD : 10;
    out[1] = far ? 9 : 0;
    out[version == 6 ? 15 : 3] = (uint8_t)(1 + host);
}

bool own_address(const struct scene *scene, unsigned index, uint8_t version, uint8_t out[16])
{
    unsigned place = (index & 1u) * 2u + (version == 6);
    address(out, version, index & 1u, false);
    return place < scene->head.addresses && place < OWN_ADDRESSES;
}

void fars_begin(struct scene *scene)
{
    for (unsigned i = 0; i < SCENE_FARS; i++) {
        struct far *far = &scene->fars[i];
        uint8_t version = i & 1 ? 6 : 4;
        *far = (struct far){.ip = {.version = version, .ttl = 64},
                            .port = (uint16_t)(1000 + (i >> 3)),
                            .to = 80,
                            .next = 5000u - i * 1000u};
        address(far->ip.source, version, i >> 2 & 1u, true);
        address(far->ip.destination, version, i >> 1 & 1u, false);
    }
}

struct far *far_of(struct scene *scene, const struct tcpr_ip *ip, uint16_t remote_port)
{
    for (unsigned i = 0; i < SCENE_FARS; i++) {
        struct far *far = &scene->fars[i];
        bool same = far->ip.version == ip->version && far->port == remote_port;
        if (same && memcmp(far->ip.source, ip->destination, 16) == 0 &&
            memcmp(far->ip.destination, ip->source, 16) == 0) {
            return far;
        }
    }
    return NULL;
}

void far_sees(struct scene *scene, const struct tcpr_ip *ip, const struct tcpr_segment *segment)
{
    struct far *far = far_of(scene, ip, segment->destination_port);
    if (!far) { return; }
    far->to = segment->source_port;
    if (segment->control & TCPR_RST) { return; }
    if (segment->control & TCPR_SYN) {
        far->first = segment->seq + 1;
        if (segment->control & TCPR_ACK) { far->iss[far->iss_count++ % SCENE_ISS_MAX] = segment->seq; }
    }
    if (segment->control & TCPR_ACK) {
        far->next = segment->ack;
        far->edge = segment->ack + segment->window;
    }
    far->seen = segment->seq + tcpr_segment_len(segment);
    far->stamps = (segment->options.present & TCPR_OPT_TIMESTAMPS) != 0;
    if (far->stamps) { far->echo = segment->options.ts_val; }
}

static uint32_t seq_anchor(const struct far *far, unsigned anchor)
{
    switch ((enum scene_anchor)anchor) {
    case ANCHOR_NEXT: return far->next;
    case ANCHOR_OTHER: return far->edge;
    case ANCHOR_FIRST: return far->next + 100000u; /* of a new incarnation */
    case ANCHOR_ZERO: return 0;
    }
    return 0;
}

static uint32_t ack_anchor(const struct far *far, unsigned anchor)
{
    switch ((enum scene_anchor)anchor) {
    case ANCHOR_NEXT: return far->seen;
    case ANCHOR_OTHER: return far->seen - 1u;
    case ANCHOR_FIRST: return far->first;
    case ANCHOR_ZERO: return 0;
    }
    return 0;
}

static void add_syn_options(const struct scene_event *event, struct tcpr_options *options)
{
    static const uint16_t sizes[4] = {1460, 536, 87, 88};
    if (event->syn_options & 1) {
        options->present |= TCPR_OPT_MSS;
        options->mss = sizes[event->ack_from];
    }
    if (event->syn_options & 2) {
        options->present |= TCPR_OPT_WINDOW_SCALE;
        options->window_scale = (uint8_t)event->amount;
    }
    if (event->syn_options & 4) { options->present |= TCPR_OPT_SACK_PERMITTED; }
}

/* A period of the host's is 2^36 microseconds. */
static void add_cookie(const struct scene *scene, const struct far *far, enum scene_cookie cookie,
                       struct tcpr_options *options)
{
    const tcpr_time period_us = (tcpr_time)1 << 36;
    struct tcpr_ip ip = {.version = far->ip.version};
    if (cookie == COOKIE_ABSENT) { return; }
    memcpy(ip.source, far->ip.destination, 16);
    memcpy(ip.destination, far->ip.source, 16);
    tcpr_time when = cookie == COOKIE_AGEING && scene->now >= period_us ? scene->now - period_us : scene->now;
    tcpr_cookie_put(scene->head.options.secret, &ip, when, options);
    if (cookie == COOKIE_FALSE) { options->cookie[scene->now & 7] ^= 1; }
    if (cookie == COOKIE_ASKED_FOR) {
        options->cookie_len = 0;
        memset(options->cookie, 0, sizeof options->cookie);
    }
}

/* One block, some way beyond what is acknowledged. */
static void add_sack(const struct scene_event *event, struct tcpr_segment *segment)
{
    uint32_t first = segment->ack + event->ack_from * 200u + 100u;
    segment->options.present |= TCPR_OPT_SACK;
    segment->options.sack_count = 1;
    segment->options.sack[0] = (struct tcpr_range){first, first + 1 + event->amount};
}

/* The far ends' clocks run as ours does, 1.024 ms a tick. A SYN has timestamps unless told otherwise. */
static void add_stamps(const struct scene *scene, const struct far *far, const struct scene_event *event,
                       struct tcpr_options *options)
{
    bool natural = event->control & TCPR_SYN ? true : far->stamps;
    if (natural == event->stamps_off) { return; }
    options->present |= TCPR_OPT_TIMESTAMPS;
    options->ts_val = (uint32_t)(scene->now >> 10);
    options->ts_ecr = event->control & TCPR_ACK ? far->echo : 0;
}

void far_makes(struct scene *scene, const struct scene_event *event, struct tcpr_ip *ip)
{
    const struct far *far = &scene->fars[event->far];
    struct tcpr_segment *out = &scene->arrived;
    *out = (struct tcpr_segment){.source_port = far->port,
                                 .destination_port = event->port ? event->port : far->to,
                                 .seq = seq_anchor(far, event->seq_from) + (uint32_t)event->seq_delta,
                                 .ack = ack_anchor(far, event->ack_from) + (uint32_t)event->ack_delta,
                                 .text_len = event->amount,
                                 .control = event->control,
                                 .window = event->window};
    if (event->control & TCPR_SYN) {
        add_syn_options(event, &out->options);
        add_cookie(scene, far, event->cookie, &out->options);
    } else if (event->syn_options & 4) {
        add_sack(event, out);
    }
    add_stamps(scene, far, event, &out->options);
    out->header_len = (uint8_t)tcpr_segment_header_len(out);
    *ip = far->ip;
    if (event->strange == 1) { memset(ip->source, 0xFF, ip->version == 6 ? 16 : 4); }
    if (event->strange == 2) { ip->destination[2] = 77; }
}
