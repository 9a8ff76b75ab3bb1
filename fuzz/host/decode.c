/* Octets to events. No octet is refused. */
#include "drawn.h"
#include "scene.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const enum scene_kind kinds[32] = {
    SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT,
    SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_SEGMENT, SCENE_TIME,
    SCENE_TIME,    SCENE_CONNECT, SCENE_CONNECT, SCENE_ACCEPT,  SCENE_ACCEPT,  SCENE_LISTEN,  SCENE_UNLISTEN,
    SCENE_SEND,    SCENE_SEND,    SCENE_RECEIVE, SCENE_CLOSE,   SCENE_CLOSE,   SCENE_RELEASE, SCENE_RELEASE,
    SCENE_ABORT,   SCENE_SET,     SCENE_ICMP,    SCENE_MOVE,
};

size_t scene_events(size_t len)
{
    size_t events = len < SCENE_HEAD ? 0 : (len - SCENE_HEAD) / SCENE_EVENT;
    return events < SCENE_EVENTS_MAX ? events : SCENE_EVENTS_MAX;
}

static void decode_config(const uint8_t o[SCENE_HEAD], struct tcpr_config *config)
{
    static const uint32_t buffers[8] = {65535, 1, 100, 1460, 4096, 65536, 262144, 3000};
    static const tcpr_time msls[4] = {TCPR_S(120), TCPR_S(1), 1, TCPR_S(3600)};
    static const uint32_t toggled[8] = {TCPR_FEATURE_WINDOW_SCALE,
                                        TCPR_FEATURE_TIMESTAMPS,
                                        TCPR_FEATURE_SACK,
                                        TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK,
                                        TCPR_FEATURE_REOPEN_TIME_WAIT,
                                        TCPR_FEATURE_KEEPALIVE,
                                        TCPR_FEATURE_RFC1337,
                                        TCPR_FEATURE_DELAYED_ACK};
    tcpr_config_default(config);
    for (unsigned i = 0; i < COUNT(toggled); i++) {
        if (o[0] >> i & 1) { config->features ^= toggled[i]; }
    }
    config->receive_buffer = buffers[o[1] & 7];
    config->send_buffer = buffers[o[1] >> 3 & 7];
    config->msl_us = msls[o[1] >> 6];
    config->challenge_limit = o[6] & 1 ? 2 : 0;
    if (o[6] >> 4 != 0) { config->features |= TCPR_FEATURE_FAST_OPEN; }
    config->user_timeout_us = o[6] & 2 ? TCPR_S(3) : TCPR_S(300);
}

static void decode_options(const uint8_t o[SCENE_HEAD], struct tcpr_host_options *options)
{
    *options = (struct tcpr_host_options){.connections = 1u + (o[2] & 15u),
                                          .time_wait = o[3] & 7u,
                                          .syn_queue = o[3] >> 3 & 7u,
                                          .listeners = (uint16_t)(o[2] >> 4 & 3u),
                                          .addresses = (uint16_t)(1u + (o[2] >> 6)),
                                          .cookies = (uint8_t)(o[3] >> 6),
                                          .recycle_time_wait = o[4] & 1,
                                          .reset_limit = o[4] >> 1 & 3u,
                                          .reset_interval_us = (uint32_t)(1u << (o[4] >> 3 & 31u))};
    options->sacked_ranges = o[7] & 7u;
    if (options->cookies > TCPR_COOKIES_ALWAYS) { options->cookies = TCPR_COOKIES_UNDER_PRESSURE; }
    if (o[6] & 4) { options->first_port = 80; }
    if (o[6] & 8) { options->last_port = (uint16_t)(1024u + (o[6] >> 4)); }
    for (unsigned i = 0; i < sizeof options->secret; i++) {
        options->secret[i] = (uint8_t)(o[7] * 31u + i);
    }
}

void scene_head_decode(const uint8_t octets[SCENE_HEAD], struct scene_head *head)
{
    decode_config(octets, &head->config);
    decode_options(octets, &head->options);
    head->addresses = (uint8_t)head->options.addresses;
    head->fast_open = octets[6] >> 4 & 3;
    head->begin = (tcpr_time)octets[5] << 34;
}

static void decode_segment(const uint8_t *o, struct scene_event *event)
{
    static const uint16_t ports[8] = {0, 0, 0, 80, 81, 82, 1024, 1025};
    static const enum scene_cookie cookies[4] = {COOKIE_OF_NOW, COOKIE_AGEING, COOKIE_FALSE, COOKIE_ASKED_FOR};
    event->control = o[1];
    event->far = o[2] & 15;
    event->seq_from = o[2] >> 4 & 3;
    event->seq_delta = drawn_delta(o[3], o[2] >> 6);
    event->ack_from = o[4] & 3;
    event->ack_delta = drawn_delta(o[5], o[4] >> 2);
    event->port = ports[o[4] >> 4 & 7];
    event->strange = o[4] >> 7 ? 1 + (o[5] & 1) : 0;
    event->amount = drawn_size(o[6]);
    event->window = drawn_window(o[7]);
    event->syn_options = o[7] >> 3 & 7;
    event->stamps_off = o[7] >> 6 & 1;
    event->cookie = o[7] >> 7 ? cookies[o[5] >> 1 & 3] : COOKIE_ABSENT;
}

static void decode_setting(const uint8_t *o, struct scene_event *event)
{
    event->setting = o[1] >> 4 == 15 ? TCPR_SET_CONTROLLER : (enum tcpr_setting)(1 + (o[1] >> 4) % 6);
    event->value = drawn_value(event->setting, o + 2);
    if (o[4] & 1) { event->kind = SCENE_LISTENER_SET; }
}

static void decode_listen(const uint8_t *o, struct scene_event *event)
{
    static const uint8_t versions[4] = {0, 4, 6, 0};
    static const uint32_t buffers[4] = {0, 1, 1000, 100000};
    event->port = (uint16_t)(80 + (o[1] >> 4 & 1));
    event->fast_open = o[1] >> 5 & 3;
    event->version = versions[o[2] & 3];
    event->named = o[2] >> 2 & 1;
    event->amount = 1u + (o[2] >> 3 & 3);
    event->buffer = buffers[o[2] >> 5 & 3];
}

/* Any octets are as good as a cookie to who gives them back. */
static void decode_fast_open(const uint8_t *o, struct tcpr_fast_open *fast)
{
    static const uint16_t sizes[8] = {0, 1460, 536, 100, 1, 16, 65535, 1000};
    if (!(o[3] & 1)) { return; }
    fast->wanted = true;
    fast->cookie_len = o[3] & 2 ? (uint8_t)(TCPR_COOKIE_MIN + (o[3] >> 2 & 7u) % 7u * 2u) : 0;
    fast->mss = sizes[o[3] >> 5];
    for (unsigned i = 0; i < fast->cookie_len; i++) {
        fast->cookie[i] = (uint8_t)(o[5] + i);
    }
}

static void decode_connect(const uint8_t *o, struct scene_event *event)
{
    static const uint16_t ports[8] = {0, 0, 0, 80, 81, 1024, 1025, 5000};
    event->far = o[1] & 15;
    event->port = ports[o[2] & 7];
    event->named = o[2] >> 3 & 1;
    event->amount = drawn_size(o[4]);
    decode_fast_open(o, &event->fast);
}

void scene_event_decode(const uint8_t octets[SCENE_EVENT], struct scene_event *event)
{
    *event = (struct scene_event){.kind = kinds[octets[0] & 31],
                                  .pause = (enum scene_pause)(octets[0] >> 5 & 3),
                                  .hold = octets[0] >> 7,
                                  .which = octets[1] & 15};
    switch (event->kind) {
    case SCENE_SEGMENT: decode_segment(octets, event); break;
    case SCENE_TIME: event->us = drawn_time(octets + 1); break;
    case SCENE_CONNECT: decode_connect(octets, event); break;
    case SCENE_LISTEN: decode_listen(octets, event); break;
    case SCENE_SEND:
    case SCENE_RECEIVE: event->amount = drawn_size(octets[2]) << (octets[3] & 3); break;
    case SCENE_SET: decode_setting(octets, event); break;
    case SCENE_ICMP:
        event->far = octets[1] & 15;
        event->icmp = (struct tcpr_icmp){.quoted_seq = (uint32_t)drawn_delta(octets[3], octets[2]),
                                         .mtu = octets[4] ? (uint32_t)octets[4] << 3 : 0,
                                         .type = octets[1] >> 4,
                                         .code = octets[5] & 15};
        break;
    case SCENE_ACCEPT:
    case SCENE_UNLISTEN:
    case SCENE_CLOSE:
    case SCENE_RELEASE:
    case SCENE_ABORT:
    case SCENE_LISTENER_SET:
    case SCENE_MOVE: break;
    }
}
