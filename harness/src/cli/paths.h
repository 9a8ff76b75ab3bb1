/**
 * paths.h - where the suite is.
 */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include "harness/spec.h"

/** Where specs are looked for: the paths given, or the one suite found. */
struct paths {
    const char *const *path;
    size_t count;
    bool found; /* none was given: this is the whole suite */
};

/**
 * Without paths: `specs` in the current folder or the nearest above it that has one, else beside the program. A suite
 * is a folder with `fragments` in it. @return false, and a complaint: there is none, or a path does not exist.
 */
bool paths_find(struct arena *arena, const char *const *given, size_t count, struct paths *out);

/** `expect/NAME` in a path's folder or the nearest above it that has one, or NULL. */
const char *paths_expectations(struct arena *arena, const struct paths *paths, const char *name);

/** Read the specs; print what is wrong with them to stderr. @return false: something is. The suite is to be freed. */
bool paths_read(const struct paths *paths, struct suite *suite);

#endif
