/* Words for the enumerations. Fixed-width arrays, so that no pointer table needs relocation. */
#include "tcprove/effects.h"
#include "tcprove/segment.h"

static const char state_names[TCPR_STATES][13] = {
    "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT",
};

const char *tcpr_state_name(enum tcpr_state state)
{
    return (unsigned)state < TCPR_STATES ? state_names[state] : "?";
}

static const char status_texts[][40] = {
    "ok",
    "remote socket unspecified",
    "connection illegal for this process",
    "insufficient resources",
    "connection already exists",
    "connection does not exist",
    "connection closing",
    "remote address is not unicast",
};

const char *tcpr_status_text(enum tcpr_status status)
{
    return (size_t)status < sizeof status_texts / sizeof status_texts[0] ? status_texts[status] : "?";
}

static const char act_texts[][14] = {
    "?",           "dropped", "reset sent", "ack sent",    "challenged", "throttled", "moved",   "held",
    "retransmits", "probes",  "ignored",    "cookie sent", "degraded",   "undone",    "reduced",
};

const char *tcpr_act_text(enum tcpr_act act)
{
    return (size_t)act < sizeof act_texts / sizeof act_texts[0] ? act_texts[act] : "?";
}

static const char parse_texts[][48] = {
    "a segment",
    "shorter than a TCP header",
    "data offset is below 5 words",
    "data offset is beyond the end",
    "checksum is wrong",
    "an option's length is illegal",
    "an option is cut off at the header's end",
    "longer than an IP datagram can carry",
};

const char *tcpr_parse_text(enum tcpr_parse why)
{
    return (size_t)why < sizeof parse_texts / sizeof parse_texts[0] ? parse_texts[why] : "?";
}
