/**
 * tcprove/base.h - what every engine header stands on: time, results, the one hook.
 */
#ifndef TCPROVE_BASE_H
#define TCPROVE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TCPR_NORETURN [[noreturn]]
#define TCPR_STATIC_ASSERT static_assert
extern "C" {
#else
#define TCPR_NORETURN _Noreturn
#define TCPR_STATIC_ASSERT _Static_assert
#endif

/** Microseconds on the caller's clock. Its zero is the caller's; it never runs backwards. */
typedef uint64_t tcpr_time;

/** No deadline. */
#define TCPR_NEVER UINT64_MAX

/** @name Durations in microseconds. @{ */
#define TCPR_MS(n) ((tcpr_time)(n)*1000u)
#define TCPR_S(n) ((tcpr_time)(n)*1000000u)
/** @} */

/** The eleven states of RFC 9293 section 3.3.2. */
enum tcpr_state {
    TCPR_CLOSED = 0,
    TCPR_LISTEN = 1,
    TCPR_SYN_SENT = 2,
    TCPR_SYN_RECEIVED = 3,
    TCPR_ESTABLISHED = 4,
    TCPR_FIN_WAIT_1 = 5,
    TCPR_FIN_WAIT_2 = 6,
    TCPR_CLOSE_WAIT = 7,
    TCPR_CLOSING = 8,
    TCPR_LAST_ACK = 9,
    TCPR_TIME_WAIT = 10
};
#define TCPR_STATES 11

/** The state as RFC 9293 spells it: "SYN-RECEIVED". Never NULL for a state of the enumeration. */
const char *tcpr_state_name(enum tcpr_state state);

/**
 * What a user call returns: one enumerator per error string of RFC 9293 sections 3.10.1 to 3.10.6.
 * A call that does not return TCPR_OK has changed nothing but the clock's last reading.
 */
enum tcpr_status {
    TCPR_OK = 0,
    TCPR_REMOTE_UNSPECIFIED = 1,     /* "remote socket unspecified" */
    TCPR_ILLEGAL_FOR_PROCESS = 2,    /* "connection illegal for this process"; the caller's own check, see tcpr_open */
    TCPR_INSUFFICIENT_RESOURCES = 3, /* "insufficient resources" */
    TCPR_ALREADY_EXISTS = 4,         /* "connection already exists" */
    TCPR_DOES_NOT_EXIST = 5,         /* "connection does not exist" */
    TCPR_CLOSING_ERROR = 6,          /* "connection closing" */
    TCPR_REMOTE_INVALID = 7          /* the remote address is no unicast address (MUST-46) */
};

/** The status in words, as RFC 9293 has them. */
const char *tcpr_status_text(enum tcpr_status status);

/**
 * The engine's one hook, written by the embedder: an assertion of the engine failed, which is a mistake of the
 * engine or a broken precondition of the caller, never something a peer can cause. It must not return.
 */
TCPR_NORETURN void tcpr_assertion_failed(const char *condition, const char *file, int line);

#ifdef __cplusplus
}
#endif
#endif
