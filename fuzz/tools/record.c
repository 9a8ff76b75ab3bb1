#include "record.h"

#include <stdlib.h>
#include <string.h>

/* A lane that remembers, before the engine's own. */
struct lane {
    struct record *record;
    struct lane *engine;
};

static struct lane *open_lane(struct target *target, const struct lane_request *request, const char **why)
{
    struct record *record = (struct record *)target;
    struct lane *engine = record->engine->ops->open(record->engine, request, why);
    if (!engine) { return NULL; }
    struct lane *lane = malloc(sizeof *lane);
    if (!lane) { abort(); }
    *lane = (struct lane){record, engine};
    record->request = *request;
    record->count = 0;
    record->cut = false;
    return lane;
}

static void close_lane(struct lane *lane)
{
    lane->record->end = lane->record->engine->ops->state(lane->engine, 0);
    lane->record->engine->ops->close(lane->engine);
    free(lane);
}

static const struct lane_addresses *addresses(const struct lane *lane)
{
    return lane->record->engine->ops->addresses(lane->engine);
}

static tcpr_time now(const struct lane *lane)
{
    return lane->record->engine->ops->now(lane->engine);
}

static struct deed *remember(struct lane *lane)
{
    struct record *record = lane->record;
    record->cut = record->cut || record->count == RECORD_MAX;
    if (record->count == RECORD_MAX) { return NULL; }
    struct deed *deed = &record->deed[record->count++];
    deed->at = now(lane);
    deed->len = 0;
    deed->is_call = false;
    return deed;
}

static bool inject(struct lane *lane, const uint8_t *datagram, size_t len)
{
    struct deed *deed = len <= RECORD_DATAGRAM_MAX ? remember(lane) : NULL;
    if (deed) {
        memcpy(deed->datagram, datagram, len);
        deed->len = len;
    }
    return lane->record->engine->ops->inject(lane->engine, datagram, len);
}

static void next(struct lane *lane, tcpr_time until, struct observation *out)
{
    lane->record->engine->ops->next(lane->engine, until, out);
}

static void call(struct lane *lane, const struct app_call *call, struct call_outcome *outcome)
{
    struct deed *deed = remember(lane);
    if (deed) {
        deed->is_call = true;
        deed->call = *call;
        deed->call.octets = NULL;
    }
    lane->record->engine->ops->call(lane->engine, call, outcome);
}

static enum tcprove_state state(struct lane *lane, unsigned connection)
{
    return lane->record->engine->ops->state(lane->engine, connection);
}

static void destroy(struct target *target)
{
    (void)target; /* record_end() does */
}

static const struct target_ops recording = {
    .open = open_lane,
    .close = close_lane,
    .addresses = addresses,
    .now = now,
    .inject = inject,
    .next = next,
    .call = call,
    .state = state,
    .destroy = destroy,
};

bool record_begin(struct record *record)
{
    const char *why = NULL;
    record->engine = target_virtual_open(engine_stack(), "engine", &why);
    if (!record->engine) { return false; }
    record->target = *record->engine;
    record->target.ops = &recording;
    record->count = 0;
    return true;
}

void record_end(struct record *record)
{
    record->engine->ops->destroy(record->engine);
}
