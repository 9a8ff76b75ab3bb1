#include "pool.h"

#include "harness/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DOUBT_FACTOR 4u
/* Threads started in place of others that hang; when so many do, something else is wrong. */
#define HANGS_MAX 64u

double pool_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void *need(void *memory)
{
    if (memory) { return memory; }
    fputs("tcprove: out of memory\n", stderr);
    abort();
}

struct run_result *made_up_result(const struct suite_job *job, enum verdict verdict, const char *reason)
{
    return run_result_of(job->spec, job->cell, job->version, verdict, reason);
}

/* A run that was asked to end shows nothing: what it did not see may only have been too late. */
static void take_back_verdict(const struct suite_plan *plan, struct run_result *run)
{
    bool interrupted = plan->stop && atomic_load(&plan->stop->asked);
    run->verdict = interrupted ? VERDICT_SKIP : VERDICT_ERROR;
    run->reason = interrupted ? "interrupted" : "the run took too long and was ended";
    run->rule = NULL;
    run->level = LEVEL_UNKNOWN;
    run->doubtful = false;
}

/* A run, from start to end, outside the lock. */
static struct run_result *attempt(struct worker *worker, const struct suite_job *job)
{
    const struct suite_plan *plan = &worker->pool->plan;
    struct run_result *run = plan->run(plan->context, job, &worker->give_up);
    if (atomic_load(&worker->give_up)) { take_back_verdict(plan, run); }
    if (plan->expectations) { expectations_apply(plan->expectations, plan->profile, run); }
    return run;
}

/* Each attempt has its own time to hang. */
static void begin_attempt(struct worker *worker)
{
    pthread_mutex_lock(&worker->pool->lock);
    worker->began_s = pool_now_s();
    pthread_mutex_unlock(&worker->pool->lock);
}

/* What made the tester late may go on for a while: the attempts of one run lie further and further apart. */
static void pause_before(unsigned attempt, const struct run_result *run)
{
    if (run->late_us < SUITE_LATE_US) { return; }
    unsigned long pause_ms = 5ul << 2 * attempt; /* 20 ms, 80, 320, 1280 */
    const struct timespec pause = {.tv_sec = (time_t)(pause_ms / 1000), .tv_nsec = (long)(pause_ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* Attempts that differ show that the network loses; so many runs without one show that it hardly does, and then two
 * that agree are enough. */
#define JUDGED_ENOUGH 100u
/* What is believed of a network before it was seen: of so many mistakes one comes again. */
#define MISTAKES_BEFORE 20

/* How often a mistake comes again is known from all runs; 0: this network makes none. */
static double chance_of_mistake(struct pool *pool, bool strays)
{
    pthread_mutex_lock(&pool->lock);
    pool->strayed += strays;
    bool loses = pool->strayed > 0 || pool->judged < JUDGED_ENOUGH;
    double chance = (double)(pool->mistaken + 1) / (double)(pool->repeated + MISTAKES_BEFORE);
    pthread_mutex_unlock(&pool->lock);
    return loses ? chance : 0;
}

/* What the network may have done has room for attempts that stray. */
static unsigned attempts_in_doubt(const struct suite_plan *plan)
{
    unsigned allowed = DOUBT_FACTOR * plan->attempts_max;
    return allowed < TALLY_MAX ? allowed : TALLY_MAX;
}

/* A tester that is late pauses longer each time, and is given no more of them. */
static bool may_try_again(const struct suite_plan *plan, const struct tally *tally)
{
    if (tally->made >= attempts_in_doubt(plan)) { return false; }
    bool late = tally->run->late_us >= SUITE_LATE_US;
    return late ? tally->late < plan->attempts_max : tally->doubted || tally->made < plan->attempts_max;
}

/* @return whether another attempt could decide: there may be too few left to agree. */
static bool weigh(struct pool *pool, const struct tally *tally)
{
    struct run_result *run = tally->run;
    double chance = chance_of_mistake(pool, tally->kinds > 1 && run->agreed == 1);
    if (run->agreed >= proof_wanted(tally->decided, chance)) { run->doubtful = false; }
    if (!run_is_spoiled(run) || !may_try_again(&pool->plan, tally)) { return false; }
    unsigned left = attempts_in_doubt(&pool->plan) - tally->made;
    return !tally->doubted || proof_wanted(tally->decided + left, chance) <= tally_most(tally) + left;
}

static void learn(struct pool *pool, const struct tally *tally)
{
    if (tally->kinds < 2) { return; }
    pthread_mutex_lock(&pool->lock);
    pool->repeated += tally->decided - 1;
    pool->mistaken += tally_mistakes_again(tally);
    pthread_mutex_unlock(&pool->lock);
}

/* A spoiled run is made again, outside the lock. */
static struct run_result *make_run(struct worker *worker, const struct suite_job *job)
{
    const struct suite_plan *plan = &worker->pool->plan;
    struct tally tally = {0};
    tally_add(&tally, attempt(worker, job));
    while (weigh(worker->pool, &tally)) {
        pause_before(tally.late, tally.run);
        if (atomic_load(&worker->give_up)) { break; }
        begin_attempt(worker);
        tally_add(&tally, attempt(worker, job));
    }
    learn(worker->pool, &tally);
    tally_end(&tally);
    if (run_is_spoiled(tally.run)) { run_spoil(tally.run); }
    if (plan->after) { plan->after(plan->context, job, tally.run); }
    return tally.run;
}

static void keep(struct pool *pool, size_t job, struct run_result *run)
{
    pool->result[job] = run;
    pool->done++;
    pool->running--;
    pool->unexpected += run_is_unexpected(run);
    pool->judged += run->verdict != VERDICT_SKIP;
}

/* Take the next job and make its run. Called and left with the lock held. @return false: abandoned meanwhile. */
static bool work_once(struct worker *worker)
{
    struct pool *pool = worker->pool;
    worker->job = pool->order[pool->next++];
    worker->began_s = pool_now_s();
    worker->asked_s = 0;
    atomic_store(&worker->give_up, false);
    worker->busy = true;
    pool->running++;
    pthread_mutex_unlock(&pool->lock);
    struct run_result *run = make_run(worker, &pool->plan.jobs->job[worker->job]);
    pthread_mutex_lock(&pool->lock);
    worker->busy = false;
    if (worker->abandoned) {
        run_result_free(run);
        return false;
    }
    keep(pool, worker->job, run);
    return true;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    pthread_mutex_lock(&pool->lock);
    bool mine = true;
    while (mine && !pool->stopping && pool->next < pool->plan.jobs->count) {
        mine = work_once(worker);
    }
    worker->ended = true;
    if (mine) {
        pool->alive--;
    } else {
        pool->abandoned--;
    }
    bool last = pool->orphaned && pool->abandoned == 0;
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    if (last) { pool_free(pool); }
    return NULL;
}

void pool_abandon(struct pool *pool, struct worker *worker, enum verdict verdict, const char *reason)
{
    worker->abandoned = true;
    pthread_detach(worker->thread);
    pool->alive--;
    pool->abandoned++;
    keep(pool, worker->job, made_up_result(&pool->plan.jobs->job[worker->job], verdict, reason));
}

void pool_fill(struct pool *pool)
{
    size_t left = pool->plan.jobs->count - pool->next;
    for (size_t idle = 0; idle < left && pool->alive < pool->plan.threads; idle++) {
        if (pool->workers == pool->workers_max || pool->alive + pool->abandoned >= pool->plan.lanes_max) { return; }
        struct worker *worker = &pool->worker[pool->workers];
        worker->pool = pool;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) { return; }
        pool->workers++;
        pool->alive++;
    }
}

static int compare_waits(const void *a, const void *b, void *jobs)
{
    const struct suite_job *job = jobs;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    if (job[left].waits_us != job[right].waits_us) { return job[left].waits_us > job[right].waits_us ? -1 : 1; }
    return left < right ? -1 : 1;
}

static void put_in_order(struct pool *pool)
{
    const struct suite_jobs *jobs = pool->plan.jobs;
    for (size_t i = 0; i < jobs->count; i++) {
        pool->order[i] = i;
    }
    if (!pool->plan.longest_first || jobs->count < 2) { return; }
    qsort_r(pool->order, jobs->count, sizeof *pool->order, compare_waits, jobs->job);
}

struct pool *pool_make(const struct suite_plan *plan)
{
    struct pool *pool = need(calloc(1, sizeof *pool));
    pool->plan = *plan;
    pool->plan.threads = plan->threads > 0 ? plan->threads : 1;
    pool->plan.lanes_max = plan->lanes_max > 0 ? plan->lanes_max : 1;
    pool->workers_max = (size_t)pool->plan.threads + HANGS_MAX;
    pool->worker = need(calloc(pool->workers_max, sizeof *pool->worker));
    pool->order = need(calloc(plan->jobs->count + 1, sizeof *pool->order));
    pool->result = need(calloc(plan->jobs->count + 1, sizeof(struct run_result *)));
    pool->began_s = pool_now_s();
    put_in_order(pool);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return pool;
}

void pool_free(struct pool *pool)
{
    for (size_t i = 0; i < pool->workers; i++) {
        if (!pool->worker[i].abandoned) { pthread_join(pool->worker[i].thread, NULL); }
    }
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->worker);
    free(pool->order);
    free(pool);
}
