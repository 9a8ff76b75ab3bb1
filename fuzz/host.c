/*
 * Many connections in one host, and whatever can happen to them (host/scene.h). Where the scene moves the host in
 * memory, it is played a second time without: both must say the same.
 */
#include "fuzz.h"
#include "host/scene.h"

static bool moves(const uint8_t *octets, size_t len)
{
    struct scene_event event;
    for (size_t i = 0; i < scene_events(len); i++) {
        scene_event_decode(octets + SCENE_HEAD + i * SCENE_EVENT, &event);
        if (event.kind == SCENE_MOVE) { return true; }
    }
    return false;
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct digest here = scene_play(octets, len, false);
    if (moves(octets, len)) {
        struct digest elsewhere = scene_play(octets, len, true);
        fuzz_require(here.sum == elsewhere.sum, "a host that was moved in memory says something else");
    }
    digest_add(digest, &here.sum, sizeof here.sum);
}
