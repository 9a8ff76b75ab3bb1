/**
 * capture.h - one capture file a run.
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include "harness/result.h"

/** Where captures go and what their names end in. */
struct capture_place {
    const char *folder;
    const char *target;
    unsigned repetition; /* counted from 1 */
};

/** DIR/NAME[,CELL],ipN,TARGET[,REPETITION].pcap, with everything a shell or a file system minds written as %XX. */
const char *capture_name(struct arena *arena, const struct capture_place *place, const struct run_result *run);

/** Make the folder where it does not exist. @return NULL, or why not. */
const char *capture_folder(const char *folder);

/** Write the datagrams of a run. @return NULL, or why not, in the arena. */
const char *capture_run(struct arena *arena, const struct capture_place *place, const struct run_result *run);

#endif
