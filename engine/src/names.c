/* Words for the enumerations. */
#include "tcprove/effects.h"
#include "tcprove/segment.h"
#include "words.h"

const char *tcpr_state_name(enum tcpr_state state)
{
    static const char names[] = "CLOSED\0"
                                "LISTEN\0"
                                "SYN-SENT\0"
                                "SYN-RECEIVED\0"
                                "ESTABLISHED\0"
                                "FIN-WAIT-1\0"
                                "FIN-WAIT-2\0"
                                "CLOSE-WAIT\0"
                                "CLOSING\0"
                                "LAST-ACK\0"
                                "TIME-WAIT\0";
    return nth_word(names, (unsigned)state);
}

const char *tcpr_status_text(enum tcpr_status status)
{
    static const char texts[] = "ok\0"
                                "remote socket unspecified\0"
                                "connection illegal for this process\0"
                                "insufficient resources\0"
                                "connection already exists\0"
                                "connection does not exist\0"
                                "connection closing\0"
                                "remote address is not unicast\0";
    return nth_word(texts, (unsigned)status);
}

const char *tcpr_act_text(enum tcpr_act act)
{
    static const char texts[] = "?\0"
                                "dropped\0"
                                "reset sent\0"
                                "ack sent\0"
                                "challenged\0"
                                "throttled\0"
                                "moved\0"
                                "held\0"
                                "retransmits\0"
                                "probes\0"
                                "ignored\0"
                                "cookie sent\0"
                                "degraded\0"
                                "undone\0"
                                "reduced\0";
    return nth_word(texts, (unsigned)act);
}

const char *tcpr_parse_text(enum tcpr_parse why)
{
    static const char texts[] = "a segment\0"
                                "shorter than a TCP header\0"
                                "data offset is below 5 words\0"
                                "data offset is beyond the end\0"
                                "checksum is wrong\0"
                                "an option's length is illegal\0"
                                "an option is cut off at the header's end\0"
                                "longer than an IP datagram can carry\0";
    return nth_word(texts, (unsigned)why);
}
