/**
 * remote_thread.h - a thread that looks at what comes, from when it is wanted until its owner joins it.
 */
#ifndef TARGET_REMOTE_THREAD_H
#define TARGET_REMOTE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

struct remote_thread {
    pthread_t id; /* once started */
    bool started;
};

/** Start it unless it is; it hears no signals. The caller has the lock that guards `thread`. @return whether it runs.
 */
bool remote_thread_start(struct remote_thread *thread, void *(*work)(void *), void *argument);

#endif
