/**
 * harness/check.h - the monitor: rules that every segment an endpoint sends must keep, whatever the spec asked.
 *
 * It knows nothing but what one endpoint received and sent, so it judges a run, a fuzzer's scenario and a capture file
 * alike. A check that could blame a conforming endpoint is left out: see the list at the top of check.c.
 */
#ifndef HARNESS_CHECK_H
#define HARNESS_CHECK_H

#include "harness/result.h"

/** What a single segment shows to be wrong with its form. */
struct form_fault {
    const char *rule;
    const char *field; /* as the spec language names it: "CSUM", "RSV", "MSS" ... */
    const char *expected, *got;
};

/** What was agreed before the segment was sent. */
struct form_context {
    uint8_t peer_offered; /* TCPR_OPT_... that the other side's SYN carried */
    uint8_t own_offered;  /* ... and its own */
    uint8_t own_asked;    /* ... and its own before it had heard of the other: a SYN without ACK */
    bool accurate_asked;  /* a SYN of either asked for accurate ECN (RFC 9768), so that AE means something */
};

/**
 * Judge one segment by itself: checksum (MUST-2), lengths (MUST-68), reserved bits, octets after EOL (MUST-69), options
 * in their place (MUST-65, RFC2018-2-1, RFC7413-4.1.1-2), of a legal length and negotiated.
 *
 * @param entry  a TCP datagram of a trace.
 * @return false with *fault: the first thing wrong.
 */
bool check_form(const struct trace_entry *entry, const struct form_context *context, struct form_fault *fault);

/**
 * Judge what the target sent in a trace, given what it received.
 *
 * @param finding  set to an array in `arena`, in the order of the trace; at most one a rule and connection.
 * @return how many.
 */
size_t check_trace(const struct trace *trace, struct arena *arena, struct finding **finding);

#endif
