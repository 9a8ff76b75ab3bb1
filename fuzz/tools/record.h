/** record.h - the engine as a target that remembers what a run did to it. */
#ifndef FUZZ_RECORD_H
#define FUZZ_RECORD_H

#include "harness/target.h"

#define RECORD_MAX 128u
#define RECORD_DATAGRAM_MAX 2048u

/** One thing that was done to the target. */
struct deed {
    tcpr_time at;
    bool is_call;
    struct app_call call;
    size_t len;
    uint8_t datagram[RECORD_DATAGRAM_MAX];
};

struct record {
    struct target target; /* what run_spec() is given */
    struct target *engine;
    struct lane_request request;
    struct deed deed[RECORD_MAX];
    size_t count;
    bool cut; /* more was done than is remembered */
    enum tcprove_state end;
};

/** @return false: no engine. */
bool record_begin(struct record *record);
void record_end(struct record *record);

#endif
