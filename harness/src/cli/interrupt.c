#include "interrupt.h"

#include "command.h"

#include <time.h>
#include <unistd.h>

static void signals_waited_for(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* timeout(1) signals its child and then the child's group: one wish, told twice. Nobody types that fast. */
#define SAME_WISH_S 0.3

static void *wait_for_signals(void *argument)
{
    struct interrupt *interrupt = argument;
    double first_s = 0;
    sigset_t set;
    signals_waited_for(&set);
    for (;;) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0) { continue; }
        bool again = atomic_load(&interrupt->signal) != 0;
        if (again && now_s() - first_s < SAME_WISH_S) { continue; }
        if (again) { _exit(STATUS_INTERRUPTED + signal); }
        first_s = now_s();
        atomic_store(&interrupt->signal, signal);
        atomic_store(&interrupt->stop.asked, true);
    }
    return NULL;
}

void interrupt_begin(struct interrupt *interrupt)
{
    sigset_t set;
    signals_waited_for(&set);
    pthread_sigmask(SIG_BLOCK, &set, &interrupt->before);
    interrupt->started = pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt) == 0;
    if (!interrupt->started) { pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL); }
}

void interrupt_end(struct interrupt *interrupt)
{
    if (!interrupt->started) { return; }
    pthread_cancel(interrupt->thread);
    pthread_join(interrupt->thread, NULL);
    pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
}
