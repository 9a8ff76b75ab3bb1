/**
 * interrupt.h - Ctrl-C: once to stop and still report, twice to be gone.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include "harness/suite.h"

#include <pthread.h>
#include <signal.h>

/** A thread waits for SIGINT, SIGTERM and SIGHUP; all others have them blocked. */
struct interrupt {
    struct suite_stop stop;
    atomic_int signal; /* the first that came, or 0 */
    pthread_t thread;
    sigset_t before;
    bool started;
};

/** Call before any other thread is made, and after what must not inherit a signal mask. */
void interrupt_begin(struct interrupt *interrupt);
void interrupt_end(struct interrupt *interrupt);

#endif
