/* The connections reached, each once: what differs in nothing but the clock's reading is one. */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

static void *need(void *memory)
{
    if (!memory) {
        fputs("tcprove: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void seen_open(struct seen *seen, size_t max)
{
    size_t slots = 16;
    while (slots < 2 * max) {
        slots *= 2;
    }
    *seen = (struct seen){.max = max, .slots = slots};
    seen->node = need(calloc(max, sizeof *seen->node));
    seen->slot = need(calloc(slots, sizeof *seen->slot));
}

void seen_close(struct seen *seen)
{
    free(seen->node);
    free(seen->slot);
}

static tcpr_time since(tcpr_time at, tcpr_time now)
{
    return at == TCPR_NEVER ? at : at - now;
}

/* The same connection with its times counted from now. */
static struct tcpr_conn without_clock(const struct tcpr_conn *conn, tcpr_time now)
{
    struct tcpr_conn c = *conn;
    for (unsigned i = 0; i < TCPR_TIMERS; i++) {
        c.timer[i] = since(c.timer[i], now);
    }
    c.latest = 0;
    c.heard_at = since(c.heard_at, now);
    c.sent_at = since(c.sent_at, now);
    c.progress_at = since(c.progress_at, now);
    c.challenge_since = since(c.challenge_since, now);
    c.rtt.timed_at = since(c.rtt.timed_at, now);
    c.ts.recent_at = since(c.ts.recent_at, now);
    return c;
}

/* FNV-1a, by words. */
static uint64_t hash_of(const struct tcpr_conn *conn)
{
    uint64_t hash = 0xcbf29ce484222325u, word;
    for (size_t at = 0; at + sizeof word <= sizeof *conn; at += sizeof word) {
        memcpy(&word, (const uint8_t *)conn + at, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    return hash;
}

static bool same(const struct node *node, const struct tcpr_conn *wanted)
{
    struct tcpr_conn c = without_clock(&node->conn, node->now);
    return memcmp(&c, wanted, sizeof c) == 0;
}

bool seen_add(struct seen *seen, const struct node *node, bool *full)
{
    struct tcpr_conn key = without_clock(&node->conn, node->now);
    size_t at = hash_of(&key) & (seen->slots - 1);
    for (; seen->slot[at]; at = (at + 1) & (seen->slots - 1)) {
        if (same(&seen->node[seen->slot[at] - 1], &key)) { return false; }
    }
    *full = seen->count == seen->max;
    if (*full) { return false; }
    seen->node[seen->count] = *node;
    seen->slot[at] = (uint32_t)++seen->count;
    return true;
}
