/* world.h - specs from memory, played on the engine, bent as a test wants it. */
#ifndef TESTS_RUN_WORLD_H
#define TESTS_RUN_WORLD_H

#include "harness/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What is wrong with the target: applied to each segment it sends, or to what it can do. */
struct bend {
    unsigned from, count; /* to the segments from this one on, so many; 0: all of them */
    int32_t seq, ack;     /* added */
    bool bad_checksum, drop, twice, other_source;
    unsigned control;       /* bits flipped */
    unsigned reserved;      /* put into the header */
    unsigned option;        /* 1: an unasked MSS, 2: unasked timestamps, put in front of the text */
    uint8_t text;           /* flips bits of each octet of text */
    uint16_t window;        /* put into the header when not 0 */
    unsigned flood;         /* sends each segment so often again at every deadline, for ever */
    bool restless;          /* a deadline that never moves */
    uint32_t unable;        /* TCPROVE_CAN_... it lacks */
    uint32_t target_unable; /* TARGET_... it lacks */
    uint32_t target_able;   /* TARGET_... it has besides */
    tcpr_time path_us, jitter_us;
    bool no_options;   /* negotiates neither scaling nor timestamps nor SACK */
    bool time_unknown; /* msl and rto are not told */
    size_t spares;     /* fast_connect() takes one octet fewer than that; 0: all it can */
    tcpr_time late_us; /* so late the tester reads each segment */
};

/* Play the steps (YAML text of a whole spec) over IPv4. The result is freed by world_close. */
const struct run_result *world_play(const struct bend *bend, const struct run_options *options, const char *yaml);
const struct run_result *world_play6(const struct bend *bend, const char *yaml);
/* The same on the unbent engine. */
const struct run_result *world_play_engine(const char *yaml);

int world_open(void **state);
int world_close(void **state);

/* The n-th segment to or from the target outside `given`; fails the test where there are fewer. */
const struct trace_entry *world_entry(const struct run_result *result, enum trace_kind kind, unsigned n);

void assert_verdict(const struct run_result *result, enum verdict verdict, const char *in_reason);
/* The first field that differs. */
void assert_differs(const struct run_result *result, const char *field);

#define HEAD "title: t\ncovers: [MUST-2]\nwhy: w\n"
#define PLAY(...) world_play(&(struct bend){__VA_ARGS__}, NULL,

#endif
