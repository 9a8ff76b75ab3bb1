#include "mutate.h"

#include "scenario/scenario.h"

#include <string.h>

/* The scenario at hand. */
struct script {
    uint8_t *octets;
    size_t events, room; /* in events */
    uint32_t random;
};

static size_t events_in(size_t len)
{
    return len < SCENARIO_HEAD ? 0 : (len - SCENARIO_HEAD) / SCENARIO_EVENT;
}

static uint32_t below(struct script *s, size_t n)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    return n ? s->random % (uint32_t)n : 0;
}

static uint8_t *event_at(struct script *s, size_t index)
{
    return s->octets + SCENARIO_HEAD + index * SCENARIO_EVENT;
}

static void open_gap(struct script *s, size_t at, size_t count)
{
    memmove(event_at(s, at + count), event_at(s, at), (s->events - at) * SCENARIO_EVENT);
    s->events += count;
}

/* Half of the new events are segments as a peer would send them. */
static void insert(struct script *s)
{
    static const uint8_t likely[] = {0x10, 0x10, 0x18, 0x11, 0x02, 0x12, 0x04, 0x14};
    if (s->events == s->room) { return; }
    size_t at = below(s, s->events + 1);
    open_gap(s, at, 1);
    uint8_t *event = event_at(s, at);
    for (size_t i = 0; i < SCENARIO_EVENT; i++) {
        event[i] = (uint8_t)below(s, 256);
    }
    if (below(s, 2)) { return; }
    memset(event, 0, SCENARIO_EVENT);
    event[1] = likely[below(s, sizeof likely)];
    if (below(s, 2)) { event[6] = (uint8_t)below(s, 256); }
}

static void erase(struct script *s)
{
    if (s->events == 0) { return; }
    size_t at = below(s, s->events);
    memmove(event_at(s, at), event_at(s, at + 1), (s->events - at - 1) * SCENARIO_EVENT);
    s->events--;
}

/* A run of events once more, somewhere else. */
static void repeat(struct script *s)
{
    uint8_t run[8 * SCENARIO_EVENT];
    if (s->events == 0) { return; }
    size_t count = 1 + below(s, 8), from = below(s, s->events);
    if (count > s->events - from) { count = s->events - from; }
    if (count > s->room - s->events) { return; }
    memcpy(run, event_at(s, from), count * SCENARIO_EVENT);
    size_t to = below(s, s->events + 1);
    open_gap(s, to, count);
    memcpy(event_at(s, to), run, count * SCENARIO_EVENT);
}

static void swap(struct script *s)
{
    uint8_t kept[SCENARIO_EVENT];
    if (s->events < 2) { return; }
    size_t at = below(s, s->events - 1);
    memcpy(kept, event_at(s, at), sizeof kept);
    memcpy(event_at(s, at), event_at(s, at + 1), sizeof kept);
    memcpy(event_at(s, at + 1), kept, sizeof kept);
}

/* One field: anything, one more or less, one bit. */
static void change(struct script *s)
{
    bool of_head = below(s, 16) == 0 || s->events == 0;
    uint8_t *field = of_head ? s->octets : event_at(s, below(s, s->events));
    field += below(s, of_head ? SCENARIO_HEAD : SCENARIO_EVENT);
    switch (below(s, 3)) {
    case 0: *field = (uint8_t)below(s, 256); break;
    case 1: *field = (uint8_t)(*field + 1 - 2 * below(s, 2)); break;
    default: *field ^= (uint8_t)(1u << below(s, 8)); break;
    }
}

size_t scenario_mutate(uint8_t *octets, size_t len, size_t room, uint32_t seed)
{
    if (room < SCENARIO_HEAD) { return len; }
    if (len < SCENARIO_HEAD) { memset(octets + len, 0, SCENARIO_HEAD - len); }
    struct script s = {octets, events_in(len), events_in(room), seed | 1};
    for (unsigned steps = 1 + below(&s, 4); steps > 0; steps--) {
        switch (below(&s, 8)) {
        case 0:
        case 1: insert(&s); break;
        case 2: erase(&s); break;
        case 3: repeat(&s); break;
        case 4: swap(&s); break;
        default: change(&s); break;
        }
    }
    return SCENARIO_HEAD + s.events * SCENARIO_EVENT;
}
