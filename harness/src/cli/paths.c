#include "paths.h"

#include "command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIMB_MAX 64u

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Cut the last part of an absolute path. @return false at the root. */
static bool climb(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (!slash || !folder[1]) { return false; }
    slash[slash == folder] = 0;
    return true;
}

static const char *suite_in(struct arena *arena, const char *folder, const char *name)
{
    const char *path = arena_printf(arena, "%s/%s", strcmp(folder, "/") != 0 ? folder : "", name);
    return is_folder(arena_printf(arena, "%s/fragments", path)) ? path : NULL;
}

/* The nearest folder, from `folder` upwards, that holds a suite. */
static const char *suite_above(struct arena *arena, char *folder)
{
    for (unsigned i = 0; i < CLIMB_MAX; i++) {
        const char *found = suite_in(arena, folder, "specs");
        if (!found) { found = suite_in(arena, folder, "share/tcprove/specs"); }
        if (found || !climb(folder)) { return found; }
    }
    return NULL;
}

static const char *default_suite(struct arena *arena)
{
    char folder[PATH_MAX];
    if (is_folder("specs/fragments")) { return "specs"; }
    if (getcwd(folder, sizeof folder)) {
        const char *found = suite_above(arena, folder);
        if (found) { return found; }
    }
    ssize_t len = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (len <= 0) { return NULL; }
    folder[len] = 0;
    return climb(folder) ? suite_above(arena, folder) : NULL;
}

static bool all_exist(const char *const *path, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        if (stat(path[i], &status) == 0) { continue; }
        complain("%s: %s", path[i], strerror(errno));
        return false;
    }
    return true;
}

bool paths_find(struct arena *arena, const char *const *given, size_t count, struct paths *out)
{
    *out = (struct paths){given, count, count == 0};
    if (count > 0) { return all_exist(given, count); }
    const char **path = arena_array(arena, 1, sizeof *path);
    path[0] = default_suite(arena);
    *out = (struct paths){path, 1, true};
    if (!path[0]) {
        complain("no suite here: 'specs' stands neither in this folder, nor above it, nor beside the program; name a "
                 "PATH");
    }
    return path[0] != NULL;
}

static const char *expectations_above(struct arena *arena, char *folder, const char *name)
{
    for (unsigned i = 0; i < CLIMB_MAX; i++) {
        const char *file = arena_printf(arena, "%s/expect/%s", folder, name);
        if (is_folder(folder) && access(file, F_OK) == 0) { return file; }
        if (!climb(folder)) { return NULL; }
    }
    return NULL;
}

const char *paths_expectations(struct arena *arena, const struct paths *paths, const char *name)
{
    for (size_t i = 0; i < paths->count; i++) {
        const char *near = arena_printf(arena, "%s/expect/%s", paths->path[i], name);
        if (access(near, F_OK) == 0) { return near; }
        char *folder = realpath(paths->path[i], NULL);
        const char *found = folder ? expectations_above(arena, folder, name) : NULL;
        free(folder);
        if (found) { return found; }
    }
    return NULL;
}

bool paths_read(const struct paths *paths, struct suite *suite)
{
    bool good = suite_read(suite, paths->path, paths->count);
    print_errors(stderr, suite->error, suite->error_count);
    if (!good) { complain("%zu error%s in specs", suite->error_count, suite->error_count == 1 ? "" : "s"); }
    if (good && suite->count == 0) { complain("no spec below %s", paths->path[0]); }
    return good && suite->count > 0;
}
