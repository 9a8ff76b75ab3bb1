/**
 * pool.h - the threads that make the runs, and what they share under one lock.
 *
 * A thread whose run hangs cannot be ended from outside. It is abandoned: its run gets another result, another thread
 * takes its place, and what it shares with the others stays until it is done, if ever.
 */
#ifndef SUITE_POOL_H
#define SUITE_POOL_H

#include "harness/suite.h"

#include <pthread.h>

struct pool;
struct worker {
    struct pool *pool;
    pthread_t thread;
    size_t job;          /* while busy */
    double began_s;      /* ... since when */
    double asked_s;      /* ... when it was asked to give up; 0: was not */
    atomic_bool give_up; /* what the run sees */
    bool busy;
    bool abandoned;
    bool ended;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a worker ended */
    struct suite_plan plan;
    size_t *order;              /* jobs as they are begun */
    size_t next;                /* into order */
    struct run_result **result; /* by job */
    struct worker *worker;
    size_t workers; /* ever started */
    size_t workers_max;
    size_t alive; /* neither ended nor abandoned */
    size_t abandoned;
    size_t done, running, unexpected;
    size_t judged;   /* runs made that were not skipped */
    size_t strayed;  /* attempts that came to something that none before them did */
    size_t repeated; /* attempts after the first at runs that strayed */
    size_t mistaken; /* ... that came again to what was wrong */
    bool stopping;
    bool orphaned; /* nobody waits for it any more: the last abandoned thread to end frees it */
    double began_s;
};

/** Seconds on a clock that never jumps. */
double pool_now_s(void);

/** @return NULL: no thread could be made. */
struct pool *pool_make(const struct suite_plan *plan);
/** With no thread alive or abandoned; the results stay. */
void pool_free(struct pool *pool);

/** Start threads until `plan.threads` are alive, no more than lanes_max and no more than there are jobs left. Locked.
 */
void pool_fill(struct pool *pool);

/** Give up on a busy thread: its run becomes `verdict` for `reason`. Locked. */
void pool_abandon(struct pool *pool, struct worker *worker, enum verdict verdict, const char *reason);

/* ---- attempts.c: runs the tester or the network spoiled ---- */

/** Nothing was decided, or otherwise than expected while the tester was late: the run proves nothing of the target. */
bool run_is_spoiled(const struct run_result *run);
/** Attempts at one run, by what they came to. */
#define TALLY_MAX 32u
struct tally {
    struct run_result *last[TALLY_MAX]; /* of each kind */
    unsigned seen[TALLY_MAX];           /* of each kind */
    unsigned kinds, made;
    unsigned decided;       /* attempts that came to something, in time */
    unsigned late;          /* attempts of a late tester */
    bool doubted;           /* the network may have decided one of them */
    struct run_result *run; /* the last of all */
};
/** One more; `run` tells then how many there were, how many like it, and what the one before said. */
void tally_add(struct tally *tally, struct run_result *run);
/** How often the most frequent kind was seen. */
unsigned tally_most(const struct tally *tally);
/** Of the kinds that decided wrongly, how many attempts came to one that had been seen. The most frequent counts as
 * right where nothing is sure. */
unsigned tally_mistakes_again(const struct tally *tally);
/** Free all but tally->run. */
void tally_end(struct tally *tally);

/* ---- proof.c: how often the same has to be seen ---- */

/** Of `made` attempts so many must agree before chance is ruled out, where a mistake comes again with `chance`. More
 * than `made`: there are too few yet. */
unsigned proof_wanted(unsigned made, double chance);
/** What a late tester saw stands for nothing: the verdict becomes inconclusive, and says so. */
void run_spoil(struct run_result *run);

/** A result that tcprove itself makes up for a job that has none. */
struct run_result *made_up_result(const struct suite_job *job, enum verdict verdict, const char *reason);

#endif
