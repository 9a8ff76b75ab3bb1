/**
 * virtual_heard.h - what a stack says in its calls, in order, until the runner asks for it.
 */
#ifndef TARGET_VIRTUAL_HEARD_H
#define TARGET_VIRTUAL_HEARD_H

#include "harness/target.h"

#define UNKNOWN_CONNECTION LANE_CONNECTIONS_MAX

/** One thing that happened. A datagram and the words of an explanation stand in heard.octets. */
struct heard_entry {
    tcpr_time at;
    enum observed what;
    enum tcprove_event event;
    tcprove_socket socket;
    unsigned connection;
    size_t octets_at, len;
    size_t text_at; /* EXPLANATION: the rule is at octets_at */
};

/** All zero: nothing. */
struct heard {
    struct heard_entry *entry;
    size_t head, count, room;
    size_t settled; /* entries before this have their connection */
    uint8_t *octets;
    size_t octets_used, octets_room;
    tcpr_time sent_at; /* the instant of the last datagram, and how many it saw */
    unsigned sent_at_once;
    bool overrun; /* more was said than a stack that comes to rest does */
};

void heard_datagram(struct heard *heard, tcpr_time at, const uint8_t *datagram, size_t len);
void heard_event(struct heard *heard, tcpr_time at, tcprove_socket socket, enum tcprove_event event);
void heard_explanation(struct heard *heard, tcpr_time at, tcprove_socket socket, const char *rule, const char *text);

/** The next event or explanation whose connection is not known yet; NULL: there is none. */
struct heard_entry *heard_unsettled(struct heard *heard);

/** The oldest that was not asked for yet; what it points at stays until the next call. @return false: there is none. */
bool heard_take(struct heard *heard, struct observation *out);

void heard_free(struct heard *heard);

#endif
