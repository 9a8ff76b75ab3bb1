/* files.h - which files a suite is made of. */
#ifndef HARNESS_SPEC_FILES_H
#define HARNESS_SPEC_FILES_H

#include "harness/spec.h"

struct file_list {
    const char **path;
    size_t count, room;
};

/* Every .yaml below a path, or the path itself when it is a file; directories that hold no specs are left out.
 * @return NULL, or why the path cannot be read. */
const char *files_find(struct arena *arena, const char *path, struct file_list *out);

/* The .yaml files of one directory, sorted. */
const char *files_in(struct arena *arena, const char *directory, struct file_list *out);

/* In the order of their names, each once. */
void files_sort(struct file_list *list);

/* The whole file, with a NUL behind it. @return NULL, or why not; at most `most` octets are read. */
const char *file_read(struct arena *arena, const char *path, size_t most, const char **octets, size_t *len);

/* The nearest directory, from an absolute one upwards, that holds `fragments`; NULL when none does. */
const char *files_root(struct arena *arena, const char *absolute);

/* The file's absolute path, or as given when there is none. */
const char *files_absolute(struct arena *arena, const char *path);

#endif
