/**
 * label.h - a datagram of a trace in the RFC's words, on one line.
 */
#ifndef REPORTS_LABEL_H
#define REPORTS_LABEL_H

#include "harness/arena.h"
#include "harness/result.h"

/** "SEQ=100 ACK=301 CTL=SYN,ACK LEN=0 WND=65535"; a datagram that is no segment says why, or what it is instead. */
const char *label_header(struct arena *arena, const struct trace_entry *entry);
/** "MSS=1460 WS=7 SACKOK", then the text where it is short: "hello"; "" where there is neither. */
const char *label_options(struct arena *arena, const struct trace_entry *entry);
/** "SYN,ACK"; "none" without a bit. */
const char *label_control(struct arena *arena, unsigned control);

#endif
