/**
 * session.h - one `tcprove run`, from its command line to its reports.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "harness/suite.h"
#include "interrupt.h"
#include "paths.h"
#include "run_options.h"
#include "targets.h"

struct session {
    struct arena arena;
    struct run_arguments arguments;
    struct paths paths;
    struct suite suite;
    struct run_target target[TARGETS_MAX];
    struct expectations expectations[TARGETS_MAX]; /* each of these by target */
    const char *expectation_file[TARGETS_MAX];     /* or NULL */
    struct suite_jobs jobs[TARGETS_MAX];
    struct suite_result result[TARGETS_MAX];
    struct interrupt interrupt;
    size_t hanging;         /* threads left behind in runs that hang */
    size_t captures_failed; /* capture files that could not be written */
    bool shows_progress;    /* on stderr */
    bool stderr_color;
};

/** Every filter selects something, else a complaint that says what would. */
bool session_check_filters(const struct session *session);

/** Read the expectation files of all targets; complain of what is wrong with them. */
bool session_read_expectations(struct session *session);

/** Every report's folder is there, and the folder for captures can be made. */
bool session_check_outputs(const struct session *session);

/** Run the suite on the n-th target. */
void session_execute(struct session *session, size_t n);

/** Bring the first target's expectation file up to date, and say so on stderr. @return false: it could not be. */
bool session_update_expectations(struct session *session);

/** Tell on stderr which expectations no run of a whole suite was about. */
void session_tell_stale(const struct session *session, size_t n);

#endif
