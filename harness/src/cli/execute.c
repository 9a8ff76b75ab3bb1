/* The suite on one target: what the pool's threads call. */
#include "capture.h"
#include "command.h"
#include "harness/run.h"
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define HANG_S 60.0
#define GRACE_S 2.0
/* On a real clock the tester may be late and the network may lose: so many runs for one result at most. */
#define ATTEMPTS_MAX 5u

/* What the threads of one target's suite are given. */
struct part {
    struct session *session;
    struct run_target *target;
    unsigned repetition; /* counted from 1 */
    atomic_size_t captures_failed;
};

/* The target's own reasons go into the trace where somebody will read them. */
static bool wants_reasons(const struct run_arguments *arguments)
{
    bool wanted = arguments->explain;
    for (size_t i = 0; i < arguments->report_count; i++) {
        wanted = wanted || arguments->report[i].renderer->explains;
    }
    return wanted;
}

static struct run_result *make_run(void *context, const struct suite_job *job, const atomic_bool *give_up)
{
    const struct part *part = context;
    const struct session *session = part->session;
    const struct run_options options = {
        .patience_us = session->arguments.patience_us, .explain = wants_reasons(&session->arguments), .stop = give_up};
    return run_spec(&session->suite, job->spec, job->cell, job->version, part->target->target, &options);
}

/* Of captures that cannot be written the first is told; one full disk is not a hundred messages. */
static void capture_after(void *context, const struct suite_job *job, const struct run_result *run)
{
    (void)job;
    struct part *part = context;
    struct arena arena = {0};
    const struct capture_place place = {part->session->arguments.pcap, part->target->file_name, part->repetition};
    const char *why = capture_run(&arena, &place, run);
    if (why && atomic_fetch_add(&part->captures_failed, 1) == 0) { complain("%s", why); }
    arena_free(&arena);
}

static void show_progress(void *context, const struct suite_state *state)
{
    const struct part *part = context;
    const struct progress progress = {.target = part->target->title,
                                      .repetition = part->repetition,
                                      .repetitions = part->session->arguments.repeat,
                                      .done = state->done,
                                      .total = state->total,
                                      .unexpected = state->unexpected,
                                      .running = state->running,
                                      .elapsed_s = state->elapsed_s};
    progress_show(stderr, &progress, part->session->stderr_color);
}

static double longest_wait_s(const struct suite_jobs *jobs)
{
    tcpr_time longest = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        if (jobs->job[i].waits_us > longest) { longest = jobs->job[i].waits_us; }
    }
    return (double)longest * 1e-6;
}

static const char *time_now(struct arena *arena)
{
    struct tm tm;
    char text[32] = "";
    time_t now = time(NULL);
    if (gmtime_r(&now, &tm)) { strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm); }
    return arena_copy(arena, text, strlen(text));
}

static struct suite_plan plan_for(struct session *session, size_t n, struct part *part)
{
    struct run_target *target = &session->target[n];
    bool real_clock = !(target->target->abilities & TARGET_VIRTUAL_TIME);
    return (struct suite_plan){
        .jobs = &session->jobs[n],
        .threads = target->jobs,
        .lanes_max = target->target->lanes_max,
        .longest_first = real_clock,
        .attempts_max = real_clock ? ATTEMPTS_MAX : 1,
        .hang_after_s = HANG_S + 2 * longest_wait_s(&session->jobs[n]),
        .grace_s = GRACE_S,
        .expectations = &session->expectations[n],
        .profile = target->target->profile,
        .stop = &session->interrupt.stop,
        .context = part,
        .run = make_run,
        .after = session->arguments.pcap ? capture_after : NULL,
        .progress = session->shows_progress ? show_progress : NULL,
    };
}

/* Hung threads keep what they use, and lanes with it: nothing is repeated after that. */
static void repeat(struct session *session, const struct suite_plan *plan, struct part *part,
                   struct suite_result *result)
{
    for (part->repetition = 2; part->repetition <= session->arguments.repeat; part->repetition++) {
        struct suite_result again = {0};
        if (result->interrupted || session->hanging > 0) { return; }
        session->hanging += suite_execute(plan, &again);
        suite_merge(result, &again);
    }
}

static void tell_hanging(const struct session *session, const struct part *part)
{
    const unsigned repeat = session->arguments.repeat;
    if (session->hanging == 0) { return; }
    complain("%zu run%s did not end when asked to, and keep%s a lane of the target until tcprove ends%s",
             session->hanging, session->hanging == 1 ? "" : "s", session->hanging == 1 ? "s" : "",
             part->repetition <= repeat ? "; the suite is not repeated" : "");
}

void session_execute(struct session *session, size_t n)
{
    struct part *part = arena_alloc(&session->arena, sizeof *part);
    part->session = session;
    part->target = &session->target[n];
    const struct suite_plan plan = plan_for(session, n, part);
    struct suite_result *result = &session->result[n];
    *result = (struct suite_result){.target = part->target->title,
                                    .profile = plan.profile,
                                    .tcprove_version = TCPROVE_VERSION,
                                    .began = time_now(&session->arena)};
    part->repetition = 1;
    session->hanging += suite_execute(&plan, result);
    repeat(session, &plan, part, result);
    if (session->shows_progress) { progress_clear(stderr); }
    tell_hanging(session, part);
    session->captures_failed += atomic_load(&part->captures_failed);
}
