/*
 * Header prediction against the full path: one scenario lived through twice, by connections that differ in that alone.
 * After each event they are the same to the octet, and so is all that they said and sent.
 */
#include "fuzz.h"
#include "scenario/scenario.h"

#include <string.h>

#define BLOCK (offsetof(struct stage, before) - offsetof(struct stage, c)) /* a connection and its tail */

static void same_effects(const struct tcpr_effects *a, const struct tcpr_effects *b)
{
    fuzz_require(memcmp(a, b, offsetof(struct tcpr_effects, decision)) == 0, "other effects");
    fuzz_require(memcmp(a->decision, b->decision, a->decisions * sizeof *a->decision) == 0, "other decisions");
    fuzz_require(a->stream_reset == b->stream_reset && a->has_reply == b->has_reply, "another answer");
    fuzz_require(!a->has_reply || memcmp(&a->reply, &b->reply, sizeof a->reply) == 0, "another reply");
}

static void begin(struct stage *stage, const uint8_t *octets, size_t len, struct digest *digest)
{
    memset(stage, 0, sizeof *stage);
    scenario_begin(stage, octets, len, NULL, digest);
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct stage short_way, long_way;
    struct digest said = {0}, said_there = {0};
    begin(&short_way, octets, len, &said);
    begin(&long_way, octets, len, &said_there);
    short_way.head.config.features |= TCPR_FEATURE_PREDICTION;
    long_way.head.config.features &= ~(uint32_t)TCPR_FEATURE_PREDICTION;
    for (size_t i = 0; i < scenario_events(len); i++) {
        struct event event;
        event_decode(octets + SCENARIO_HEAD + i * SCENARIO_EVENT, &event);
        scenario_event(&short_way, &event);
        scenario_event(&long_way, &event);
        fuzz_require(memcmp(&short_way.c, &long_way.c, BLOCK) == 0, "another connection");
        fuzz_require(said.sum == said_there.sum, "other segments");
        same_effects(&short_way.fx, &long_way.fx);
    }
    digest_add(digest, &said, sizeof said);
    digest_add(digest, &short_way.c, sizeof short_way.c);
}
