/* Octets to events. No octet is refused. */
#include "drawn.h"
#include "scenario.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const enum event_kind kinds[32] = {
    EVENT_SEGMENT, EVENT_SEGMENT, EVENT_SEGMENT,     EVENT_SEGMENT,      EVENT_SEGMENT, EVENT_SEGMENT, EVENT_SEGMENT,
    EVENT_SEGMENT, EVENT_SEGMENT, EVENT_SEGMENT,     EVENT_SEGMENT,      EVENT_SEGMENT, EVENT_SEGMENT, EVENT_SEGMENT,
    EVENT_SEGMENT, EVENT_SEGMENT, EVENT_TIME,        EVENT_TIME,         EVENT_SEND,    EVENT_SEND,    EVENT_SEND,
    EVENT_RECEIVE, EVENT_RECEIVE, EVENT_CLOSE,       EVENT_RELEASE,      EVENT_ABORT,   EVENT_SET,     EVENT_ICMP,
    EVENT_ICMP,    EVENT_STATUS,  EVENT_OPEN_ACTIVE, EVENT_OPEN_PASSIVE,
};

size_t scenario_events(size_t len)
{
    size_t events = len < SCENARIO_HEAD ? 0 : (len - SCENARIO_HEAD) / SCENARIO_EVENT;
    return events < SCENARIO_EVENTS_MAX ? events : SCENARIO_EVENTS_MAX;
}

uint16_t scenario_mss(unsigned choice)
{
    static const uint16_t sizes[8] = {1460, 536, 100, 28, 0, 1, 1000, 65535};
    return sizes[choice % COUNT(sizes)];
}

uint16_t scenario_user_timeout(unsigned choice)
{
    static const uint16_t options[8] = {300, 1, 0, 0x8000, 0x7FFF, 0xFFFF, 0x8001, 1000};
    return options[choice % COUNT(options)];
}

uint8_t scenario_shift(unsigned choice)
{
    static const uint8_t shifts[8] = {7, 0, 1, 2, 14, 15, 255, 3};
    return shifts[choice % COUNT(shifts)];
}

static uint32_t buffer_size(unsigned choice)
{
    static const uint32_t sizes[16] = {8192, 65535, 65536, 262144, 4096, 2920, 1460, 1000,
                                       512,  100,   17,    2,      1,    3000, 9000, 100000};
    return sizes[choice % COUNT(sizes)];
}

static uint32_t features_of(uint8_t bits)
{
    static const uint32_t toggled[8] = {
        TCPR_FEATURE_WINDOW_SCALE, TCPR_FEATURE_TIMESTAMPS,
        TCPR_FEATURE_SACK,         TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK,
        TCPR_FEATURE_NAGLE,        TCPR_FEATURE_DELAYED_ACK,
        TCPR_FEATURE_KEEPALIVE,    TCPR_FEATURE_RFC1337};
    uint32_t features = TCPR_FEATURES_DEFAULT;
    for (unsigned i = 0; i < COUNT(toggled); i++) {
        if (bits >> i & 1) { features ^= toggled[i]; }
    }
    return features;
}

void scenario_head_decode(const uint8_t octets[SCENARIO_HEAD], struct scenario_head *head)
{
    static const uint16_t mtus[4] = {1500, 101, 576, 1280};
    static const tcpr_time timeouts[4] = {TCPR_S(300), 0, TCPR_S(3), TCPR_S(40)};
    static const uint32_t recovering[8] = {TCPR_FEATURE_SACK_RECOVERY,
                                           TCPR_FEATURE_DSACK,
                                           TCPR_FEATURE_NEWRENO,
                                           TCPR_FEATURE_LIMITED_TRANSMIT,
                                           TCPR_FEATURE_RESTART_WINDOW,
                                           TCPR_FEATURE_VALIDATED_WINDOW,
                                           TCPR_FEATURE_PRR,
                                           TCPR_FEATURE_FRTO};
    struct tcpr_config *config = &head->config;
    tcpr_config_default(config);
    config->features = features_of(octets[0]);
    config->receive_buffer = buffer_size(octets[1] & 15);
    config->send_buffer = buffer_size(octets[1] >> 4);
    config->mtu = mtus[octets[2] & 3];
    config->user_timeout_us = timeouts[octets[2] >> 2 & 3];
    config->challenge_limit = octets[2] & 0x10 ? 2 : 0;
    if (octets[2] & 0x20) { config->rto_min_us = TCPR_MS(200); }
    head->stamps = (octets[2] & 0x40) != 0;
    head->version = octets[2] & 0x80 ? 6 : 4;
    head->begin = (tcpr_time)octets[3] << 34;
    head->ranges = (uint8_t)(7 - (octets[7] & 7)); /* the peer's ISN decides this as well */
    head->records = (uint8_t)(octets[7] & 8 ? 0 : SCENARIO_RECORDS >> (octets[7] >> 4 & 3));
    for (unsigned i = 0; i < COUNT(recovering); i++) {
        if (octets[6] >> i & 1) { config->features ^= recovering[i]; }
    }
    config->controller = octets[5] & 1 ? TCPR_CUBIC : TCPR_RENO;
    config->slow_start_segments = octets[5] & 2 ? 2 : 1;
    config->slow_start = octets[7] & 0x40 ? TCPR_SLOW_START_STANDARD : TCPR_SLOW_START_HYSTART;
    config->initial_window_segments = octets[5] & 4 ? 10 : 0;
    if (octets[5] & 8) { config->features |= TCPR_FEATURE_USER_TIMEOUT; }
    if (octets[5] & 0x10) { config->features |= TCPR_FEATURE_ECN; }
    if (octets[5] & octets[4] & 0x10) { config->features |= TCPR_FEATURE_ACCURATE_ECN; }
    if (octets[5] & 0x20) { config->features |= TCPR_FEATURE_ABE; }
    if (octets[5] & 0x40) { config->features |= TCPR_FEATURE_ECT_EVERYWHERE; }
    if (octets[5] & 0x80) { config->features ^= TCPR_FEATURE_EIFEL; }
    head->irs = (uint32_t)octets[4] << 24 | (uint32_t)octets[5] << 16 | (uint32_t)octets[6] << 8 | octets[7];
}

static void decode_segment(const uint8_t *o, struct event *event)
{
    uint32_t text = drawn_size(o[6]);
    event->control = (uint16_t)(o[1] | (o[7] >> 5 & 1) << 8); /* AE shares its bit with the urgent pointer */
    event->seq_from = o[2] >> 5;
    event->seq_delta = drawn_delta(o[3], o[2] >> 3);
    event->options = o[2] & 7;
    event->ack_from = o[4] >> 5;
    event->ack_delta = drawn_delta(o[5], o[4] >> 3);
    event->choice = o[4] & 7;
    event->amount = text < SCENARIO_TEXT_MAX ? text : SCENARIO_TEXT_MAX;
    event->window = drawn_window(o[7]);
    event->stamp = o[7] >> 3 & 3;
    event->pointer = (uint16_t)(o[7] >> 5 & 1 ? event->amount : o[3]);
    event->ecn = o[7] >> 6;
}

static void decode_setting(const uint8_t *o, struct event *event)
{
    event->setting =
        o[1] == 251 ? TCPR_SET_CONTROLLER : (enum tcpr_setting)(o[1] < 252 ? 1 + o[1] % 6 : 7 + (o[1] & 1));
    event->value = drawn_value(event->setting, o + 2);
}

static void decode_icmp(const uint8_t *o, struct event *event)
{
    event->icmp = (struct tcpr_icmp){.quoted_seq = (uint32_t)drawn_delta(o[3], o[2]),
                                     .mtu = o[4] ? (uint32_t)o[4] << 3 : 0,
                                     .quoted_len = (uint16_t)(o[6] << 3),
                                     .type = o[1] & 15,
                                     .code = o[5] & 15};
}

void event_decode(const uint8_t octets[SCENARIO_EVENT], struct event *event)
{
    *event = (struct event){
        .kind = kinds[octets[0] & 31], .pause = (enum pause)(octets[0] >> 5 & 3), .hold = octets[0] >> 7};
    switch (event->kind) {
    case EVENT_SEGMENT: decode_segment(octets, event); break;
    case EVENT_TIME:
        event->us = drawn_time(octets + 1);
        event->stepwise = octets[3] & 1;
        break;
    case EVENT_SEND:
    case EVENT_RECEIVE:
        event->amount = drawn_size(octets[1]) << (octets[3] & 3);
        event->urgent = octets[2] & 1;
        break;
    case EVENT_SET: decode_setting(octets, event); break;
    case EVENT_ICMP: decode_icmp(octets, event); break;
    case EVENT_CLOSE:
    case EVENT_RELEASE:
    case EVENT_ABORT:
    case EVENT_OPEN_ACTIVE:
    case EVENT_OPEN_PASSIVE:
    case EVENT_STATUS: event->amount = octets[1]; break;
    }
}
