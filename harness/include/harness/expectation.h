/**
 * harness/expectation.h - what a target is known to do otherwise than the rules ask: specs/expect/<target>.yaml.
 *
 *     - spec: rfc9293/3.10.7.4-other/probe*   # name as `tcprove list` shows it; * ? [..] match, * also '/'
 *       cell: offset=1 *                      # optional: which cells of its table
 *       ip: 6                                 # optional: 4 or 6
 *       profile: default                      # optional: first word of the target's profile
 *       target: Linux *                       # optional: the target's name, as reports show it
 *       version: '>= 6.1, < 6.9'              # optional: the version in that name; < <= = >= >, all must hold
 *       rule: SHLD-29                         # what the verdict counts for
 *       verdict: deviation                    # or fail, or inconclusive
 *       reason: probes after 200 ms whatever the RTO
 *       date: 2026-01-31                      # when this was last looked at
 *
 * An entry holds for every run it matches: a run that passes all the same is an error, so that the file stays true.
 */
#ifndef HARNESS_EXPECTATION_H
#define HARNESS_EXPECTATION_H

#include "harness/result.h"
#include "harness/spec.h"

#include <stdatomic.h>

struct expectation {
    const char *spec;    /* pattern */
    const char *cell;    /* pattern, or NULL: all */
    const char *profile; /* pattern, or NULL: all */
    const char *rule;
    const char *reason;
    const char *date;           /* YYYY-MM-DD */
    const char *target;         /* pattern, or NULL: all */
    const char *target_version; /* conditions, or NULL: all */
    uint8_t version;            /* 4, 6, or 0: both */
    enum verdict verdict;
    struct place at;
    bool idle;        /* target or target_version do not hold: it says nothing here */
    atomic_bool used; /* some run was one it speaks of */
};

struct expectations {
    struct arena arena;
    struct expectation *entry;
    size_t count;
    struct spec_error *error; /* all that were found */
    size_t error_count;
};

/** Read a file. @return true when there was no error. To be freed in either case. */
bool expectations_read(struct expectations *expectations, const char *file);
/** Read from memory; `file` is for the errors. */
bool expectations_read_memory(struct expectations *expectations, const char *file, const char *octets, size_t len);
void expectations_free(struct expectations *expectations);

/** Set idle aside what is for other targets. @param target  its name, "Linux 6.1.0". */
void expectations_narrow(struct expectations *expectations, const char *target);

/** Whether an entry is about a run, whatever the run came to. */
bool expectation_speaks_of(const struct expectation *entry, const char *profile, const struct run_result *run);

/**
 * Mark what was expected of a run: run->expectation, the findings' expectation, run->unexpected_pass.
 * May be called from several threads at once, for different runs.
 */
void expectations_apply(struct expectations *expectations, const char *profile, struct run_result *run);

/** How expectations_update() has changed a file. */
struct expectations_change {
    size_t added, removed;
};

/**
 * Rewrite a file so that the runs of a suite are what it expects. An entry none of whose runs came out as it says goes;
 * one that holds for some of them is split; what nobody expected is added, with "to be explained" before its reason.
 * All else, remarks included, stays as it is.
 *
 * @param expectations  read from that file; without entries where the file does not exist yet.
 * @param whole         the whole suite was run: entries that no run was about go too.
 * @return NULL, or why the file was left as it was, in the arena.
 */
const char *expectations_update(const struct expectations *expectations, const struct suite_result *suite,
                                const char *file, bool whole, struct arena *arena, struct expectations_change *out);

/** After a whole suite: no run was one the entry speaks of, though it is for this profile. */
bool expectation_is_stale(const struct expectation *entry, const char *profile);

#endif
