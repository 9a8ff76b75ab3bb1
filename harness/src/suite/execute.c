#include "harness/run.h"
#include "pool.h"

#include <stdlib.h>
#include <time.h>

#define LOOK_EVERY_NS 100000000L

/* Until something changed, or it is time to look. Locked. */
static void wait_a_little(struct pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_NS;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
}

/* First a run is asked to end; when it does not, its thread is given up. */
static void watch_worker(struct pool *pool, struct worker *worker, double now_s)
{
    if (!worker->busy || worker->abandoned) { return; }
    bool hangs = now_s - worker->began_s > pool->plan.hang_after_s;
    if (worker->asked_s <= 0 && (hangs || pool->stopping)) {
        worker->asked_s = now_s;
        atomic_store(&worker->give_up, true);
    }
    if (worker->asked_s <= 0 || now_s - worker->asked_s <= pool->plan.grace_s) { return; }
    if (pool->stopping) {
        pool_abandon(pool, worker, VERDICT_SKIP, "interrupted");
    } else {
        pool_abandon(pool, worker, VERDICT_ERROR, "the run hung and was given up");
    }
}

static void watch(struct pool *pool)
{
    double now_s = pool_now_s();
    if (pool->plan.stop && atomic_load(&pool->plan.stop->asked)) { pool->stopping = true; }
    for (size_t i = 0; i < pool->workers; i++) {
        watch_worker(pool, &pool->worker[i], now_s);
    }
    if (!pool->stopping) { pool_fill(pool); }
}

static void tell(struct pool *pool)
{
    struct suite_state state = {pool->done, pool->plan.jobs->count, pool->running, pool->unexpected,
                                pool_now_s() - pool->began_s};
    if (!pool->plan.progress) { return; }
    pthread_mutex_unlock(&pool->lock);
    pool->plan.progress(pool->plan.context, &state);
    pthread_mutex_lock(&pool->lock);
}

/* What never ran says why. Locked, no thread alive. */
static void fill_gaps(struct pool *pool)
{
    for (size_t i = 0; i < pool->plan.jobs->count; i++) {
        if (pool->result[i]) { continue; }
        const struct suite_job *job = &pool->plan.jobs->job[i];
        pool->result[i] = pool->stopping
                              ? made_up_result(job, VERDICT_SKIP, "interrupted before it began")
                              : made_up_result(job, VERDICT_ERROR, "no lane was left: the runs before it hang");
    }
}

size_t suite_execute(const struct suite_plan *plan, struct suite_result *out)
{
    struct pool *pool = pool_make(plan);
    pthread_mutex_lock(&pool->lock);
    watch(pool);
    while (pool->alive > 0) {
        wait_a_little(pool);
        watch(pool);
        tell(pool);
    }
    fill_gaps(pool);
    out->run = pool->result;
    out->count = plan->jobs->count;
    out->wall_s = pool_now_s() - pool->began_s;
    out->interrupted = pool->stopping;
    size_t hanging = pool->abandoned;
    pool->orphaned = hanging > 0;
    pthread_mutex_unlock(&pool->lock);
    suite_count(out);
    if (hanging == 0) { pool_free(pool); }
    return hanging;
}

void suite_result_free(struct suite_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        run_result_free(result->run[i]);
    }
    free(result->run);
    *result = (struct suite_result){0};
}
