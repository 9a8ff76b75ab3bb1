#include "virtual_heard.h"

#include <stdlib.h>
#include <string.h>

/* A stack that sends without end must not hang a run. */
#define SENT_AT_ONCE_MAX 10000u
/* What one call into the stack may leave behind before the lane is called broken. */
#define ENTRIES_MAX 65536u

static void *grow(void *memory, size_t size)
{
    void *more = realloc(memory, size);
    if (!more) { abort(); }
    return more;
}

static struct heard_entry *add(struct heard *heard, tcpr_time at, enum observed what, tcprove_socket socket)
{
    if (heard->count == ENTRIES_MAX) {
        heard->overrun = true;
        return NULL;
    }
    if (heard->count == heard->room) {
        heard->room = heard->room ? 2 * heard->room : 16;
        heard->entry = grow(heard->entry, heard->room * sizeof *heard->entry);
    }
    struct heard_entry *entry = &heard->entry[heard->count++];
    *entry = (struct heard_entry){.at = at, .what = what, .socket = socket, .connection = UNKNOWN_CONNECTION};
    return entry;
}

/* @return where in heard->octets they now stand. */
static size_t keep(struct heard *heard, const void *octets, size_t len)
{
    if (!heard->octets || heard->octets_room - heard->octets_used < len) { /* an empty datagram stands somewhere too */
        heard->octets_room = 2 * (heard->octets_used + len) + 1024;
        heard->octets = grow(heard->octets, heard->octets_room);
    }
    size_t at = heard->octets_used;
    if (len != 0) { memcpy(heard->octets + at, octets, len); }
    heard->octets_used += len;
    return at;
}

void heard_datagram(struct heard *heard, tcpr_time at, const uint8_t *datagram, size_t len)
{
    if (heard->sent_at != at) { heard->sent_at_once = 0; }
    heard->sent_at = at;
    heard->overrun = heard->overrun || ++heard->sent_at_once > SENT_AT_ONCE_MAX;
    struct heard_entry *entry = add(heard, at, OBSERVED_DATAGRAM, 0);
    if (!entry) { return; }
    entry->octets_at = keep(heard, datagram, len);
    entry->len = len;
}

void heard_event(struct heard *heard, tcpr_time at, tcprove_socket socket, enum tcprove_event event)
{
    struct heard_entry *entry = add(heard, at, OBSERVED_EVENT, socket);
    if (entry) { entry->event = event; }
}

void heard_explanation(struct heard *heard, tcpr_time at, tcprove_socket socket, const char *rule, const char *text)
{
    struct heard_entry *entry = add(heard, at, OBSERVED_EXPLANATION, socket);
    if (!entry) { return; }
    entry->octets_at = keep(heard, rule, strlen(rule) + 1);
    entry->text_at = keep(heard, text, strlen(text) + 1);
}

struct heard_entry *heard_unsettled(struct heard *heard)
{
    while (heard->settled < heard->count) {
        struct heard_entry *entry = &heard->entry[heard->settled++];
        if (entry->what != OBSERVED_DATAGRAM) { return entry; }
    }
    return NULL;
}

static void tell(const struct heard *heard, const struct heard_entry *entry, struct observation *out)
{
    *out = (struct observation){
        .what = entry->what,
        .at = entry->at,
        .connection = entry->connection < LANE_CONNECTIONS_MAX ? entry->connection : 0,
        .event = entry->event,
    };
    if (entry->what == OBSERVED_EXPLANATION) {
        out->rule = (const char *)heard->octets + entry->octets_at;
        out->text = (const char *)heard->octets + entry->text_at;
    }
    if (entry->what == OBSERVED_DATAGRAM) {
        out->datagram = heard->octets + entry->octets_at;
        out->datagram_len = entry->len;
    }
}

/* When everything was taken, what it stood in may be used again. */
bool heard_take(struct heard *heard, struct observation *out)
{
    if (heard->head < heard->count) {
        tell(heard, &heard->entry[heard->head++], out);
        return true;
    }
    heard->head = heard->count = heard->settled = 0;
    heard->octets_used = 0;
    return false;
}

void heard_free(struct heard *heard)
{
    free(heard->entry);
    free(heard->octets);
}
