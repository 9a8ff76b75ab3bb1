/* Frames of either side: what is read is within the frame, and written again it is the same octets. */
#include "fuzz.h"
#include "harness/agent.h"

#include <stdlib.h>
#include <string.h>

static uint8_t again[AGENT_FRAME_MAX];

static void same(const struct agent_frame *frame, size_t written, const char *what)
{
    fuzz_require(written == AGENT_HEADER_LEN + frame->len, what);
    fuzz_require(memcmp(again, frame->body - AGENT_HEADER_LEN, written) == 0, what);
}

static void is_text(const char *text, size_t room)
{
    fuzz_require(memchr(text, 0, room) != NULL, "a text without an end");
    for (size_t i = 0; text[i]; i++) {
        fuzz_require(text[i] >= 0x20 && text[i] < 0x7f, "a text that a terminal does not bear");
    }
}

static void check_tester(const struct agent_frame *frame)
{
    struct agent_request request;
    struct agent_prove prove;
    if (agent_request_read(frame, &request)) {
        same(frame, agent_request_write(&request, again, sizeof again), "a request changed on its way");
    }
    bool plain = frame->run == 0 && frame->connection == 0;
    if (agent_prove_read(frame, &prove) && plain) {
        same(frame, agent_prove_write(&prove, again, sizeof again), "a proof changed on its way");
    }
}

static void check_agent(const struct agent_frame *frame, struct digest *digest)
{
    struct agent_hello hello;
    struct agent_card card;
    struct agent_answer answer;
    struct agent_event event;
    char text[100];
    if (agent_answer_read(frame, &answer)) {
        fuzz_require(answer.octets >= frame->body && answer.octets + answer.len == frame->body + frame->len,
                     "an answer beyond its frame");
        same(frame, agent_answer_write(&answer, again, sizeof again), "an answer changed on its way");
    }
    if (agent_event_read(frame, &event)) {
        same(frame, agent_event_write(&event, again, sizeof again), "an event changed on its way");
    }
    if (agent_card_read(frame, &card)) {
        is_text(card.name, sizeof card.name);
        fuzz_require((card.abilities & ~AGENT_ABILITIES) == 0 && card.runs_max > 0, "a card beyond its bounds");
        digest_add(digest, &card.runs_max, sizeof card.runs_max);
    }
    if (agent_hello_read(frame, &hello)) { digest_add(digest, &hello, sizeof hello); }
    if (agent_refused_read(frame, text, sizeof text)) { is_text(text, sizeof text); }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct agent_frame frame;
    size_t at = 0, used = 0;
    if (len == 0) { return; }
    uint8_t *copy = malloc(len); /* reads beyond its end are found */
    if (!copy) { abort(); }
    memcpy(copy, octets, len);
    while (agent_frame_take(copy + at, len - at, &frame, &used) == AGENT_TAKEN) {
        fuzz_require(used >= AGENT_HEADER_LEN && used <= len - at, "a frame beyond the octets");
        check_tester(&frame);
        check_agent(&frame, digest);
        at += used;
    }
    digest_add(digest, &at, sizeof at);
    free(copy);
}
