#include "sweep.h"

#include "harness/run.h"
#include "mutant_stack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_CPU_S 2       /* a run takes a millisecond */
#define LOST_RUNS_MAX 20u /* so many hung or dead runs say all that there is to say */

static void *share(size_t len)
{
    void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool sweep_begin(struct sweep *sweep, const struct suite *suite, const struct suite_jobs *jobs, struct target *target)
{
    *sweep = (struct sweep){.suite = suite, .jobs = jobs, .target = target};
    sweep->run = share((jobs->count + 1) * sizeof *sweep->run);
    sweep->at = share(sizeof *sweep->at);
    return sweep->run && sweep->at;
}

void sweep_end(struct sweep *sweep)
{
    if (sweep->run) { munmap(sweep->run, (sweep->jobs->count + 1) * sizeof *sweep->run); }
    if (sweep->at) { munmap(sweep->at, sizeof *sweep->at); }
}

bool sweep_kills(const struct sweep_run *run)
{
    return run->outcome == SWEEP_RED || run->outcome == SWEEP_HUNG || run->outcome == SWEEP_DIED;
}

static void tell(const struct run_result *result)
{
    const char *what = result->finding_count > 0 ? result->finding[0].text : result->reason;
    const char *rule = result->finding_count > 0 ? result->finding[0].rule : result->rule;
    printf("  %s [%s] IPv%u: %s: %s\n", result->name, result->cell, result->version, rule ? rule : "-", what);
}

static void make_run(struct sweep *sweep, size_t n)
{
    const struct suite_job *job = &sweep->jobs->job[n];
    const struct itimerval limit = {.it_value = {.tv_sec = RUN_CPU_S}};
    unsigned before = tcpr_mutant_assertions;
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
    struct run_result *result = run_spec(sweep->suite, job->spec, job->cell, job->version, sweep->target, NULL);
    bool failed = result->verdict == VERDICT_FAIL || result->verdict == VERDICT_DEVIATION;
    bool red = failed || result->finding_count > 0;
    sweep->run[n].outcome = red ? SWEEP_RED : SWEEP_GREEN;
    sweep->run[n].asserted = tcpr_mutant_assertions != before;
    if (red && sweep->verbose) { tell(result); }
    run_result_free(result);
}

/* In a child: the jobs from the nth on. What a dying sanitizer would say is known already. */
_Noreturn static void make_runs(struct sweep *sweep, size_t n)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) { dup2(nowhere, STDERR_FILENO); }
    for (; n < sweep->jobs->count; n++) {
        *sweep->at = n;
        make_run(sweep, n);
        if (sweep->until_first && sweep_kills(&sweep->run[n])) { break; }
    }
    fflush(stdout);
    _exit(0);
}

static void stop_because(const char *what)
{
    perror(what);
    exit(3);
}

/* @return How the child ended: 0, or as waitpid() tells it. */
static int run_child(struct sweep *sweep, size_t from)
{
    int status = 0;
    *sweep->at = from;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) { stop_because("fork"); }
    if (child == 0) { make_runs(sweep, from); }
    if (waitpid(child, &status, 0) != child) { stop_because("waitpid"); }
    return status;
}

void sweep_mutant(struct sweep *sweep, enum tcpr_mutant_number number)
{
    size_t from = 0;
    memset(sweep->run, 0, (sweep->jobs->count + 1) * sizeof *sweep->run);
    mutant_set(number);
    for (unsigned lost = 0; lost < LOST_RUNS_MAX; lost++) {
        int status = run_child(sweep, from);
        if (status == 0) { return; }
        bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGVTALRM;
        sweep->run[*sweep->at].outcome = hung ? SWEEP_HUNG : SWEEP_DIED;
        from = *sweep->at + 1;
        if (sweep->until_first || from >= sweep->jobs->count) { return; }
    }
}
