#include "remote_thread.h"

#include <signal.h>

bool remote_thread_start(struct remote_thread *thread, void *(*work)(void *), void *argument)
{
    sigset_t all, before;
    if (thread->started) { return true; }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the program's own thread */
    thread->started = pthread_create(&thread->id, NULL, work, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return thread->started;
}
