/**
 * scene.h - a trace for the monitor, made segment by segment.
 */
#ifndef CHECK_SCENE_H
#define CHECK_SCENE_H

#include "harness/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ISS 5000u
#define IRS 100u

extern struct trace trace;
extern struct arena arena;
extern struct trace_entry entries[64];
extern tcpr_time now; /* of what is added next */

int begin(void **state);
int end(void **state);

/** Put a segment into the trace. `text` is so many octets, the same every time, of the stream. */
struct trace_entry *add(enum trace_kind kind, struct tcpr_segment seg);
#define TO_WINDOW(octets, ...) add(TRACE_TO_TARGET, (struct tcpr_segment){.window = (octets), __VA_ARGS__})
#define FROM_WINDOW(octets, ...) add(TRACE_FROM_TARGET, (struct tcpr_segment){.window = (octets), __VA_ARGS__})
#define TO(...) TO_WINDOW(1000, __VA_ARGS__)
#define FROM(...) FROM_WINDOW(1000, __VA_ARGS__)

struct tcpr_options offered(unsigned present);
/** A passive open of the target's, both sides offering these options. */
void handshake(unsigned peer, unsigned own);
/** The last entry, and it alone, breaks this rule; NULL: none does. */
void expect_found(const char *rule);

#endif
