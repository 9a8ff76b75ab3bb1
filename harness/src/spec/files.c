#define _XOPEN_SOURCE 700 /* realpath, lstat */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32u

static void add(struct arena *arena, struct file_list *list, const char *path)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        const char **grown = arena_array(arena, room, sizeof *grown);
        if (list->count) { memcpy(grown, list->path, list->count * sizeof *grown); }
        list->path = grown;
        list->room = room;
    }
    list->path[list->count++] = path;
}

static bool is_yaml(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && name[0] != '.' && strcmp(name + len - 5, ".yaml") == 0;
}

static bool holds_no_specs(const char *name)
{
    return name[0] == '.' || strcmp(name, "fragments") == 0 || strcmp(name, "expect") == 0 ||
           strcmp(name, "catalogue") == 0;
}

static const char *reason(struct arena *arena)
{
    return arena_printf(arena, "cannot be read: %s", strerror(errno));
}

static const char *find_below(struct arena *arena, const char *directory, unsigned depth, struct file_list *out);

/* Links to directories are not followed, so no loop is possible. */
static const char *take_entry(struct arena *arena, const char *directory, const char *name, unsigned depth,
                              struct file_list *out)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);
    struct stat status;
    if (lstat(path, &status) != 0) { return NULL; }
    if (S_ISDIR(status.st_mode)) {
        return depth > 0 && !holds_no_specs(name) ? find_below(arena, path, depth - 1, out) : NULL;
    }
    if (!is_yaml(name)) { return NULL; }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) { /* a pipe would be waited for */
        return arena_printf(arena, "%s is no file", path);
    }
    add(arena, out, path);
    return NULL;
}

static const char *find_below(struct arena *arena, const char *directory, unsigned depth, struct file_list *out)
{
    DIR *open = opendir(directory);
    if (!open) { return arena_printf(arena, "%s %s", directory, reason(arena)); }
    const char *why = NULL;
    for (const struct dirent *entry; !why && (entry = readdir(open)) != NULL;) {
        why = take_entry(arena, directory, entry->d_name, depth, out);
    }
    closedir(open);
    return why;
}

/* "./specs//" and "specs" are one. */
static const char *tidy(struct arena *arena, const char *path)
{
    while (path[0] == '.' && path[1] == '/' && path[2] != '\0') {
        for (path += 2; *path == '/' && path[1] != '\0';) {
            path++;
        }
    }
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return arena_copy(arena, path, len);
}

const char *files_find(struct arena *arena, const char *path, struct file_list *out)
{
    struct stat status;
    path = tidy(arena, path);
    if (stat(path, &status) != 0) { return reason(arena); }
    if (S_ISDIR(status.st_mode)) { return find_below(arena, path, DEPTH_MAX, out); }
    if (!S_ISREG(status.st_mode)) { return "is neither a file nor a directory"; }
    add(arena, out, path);
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void files_sort(struct file_list *list)
{
    if (list->count == 0) { return; }
    qsort(list->path, list->count, sizeof *list->path, by_name);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++) {
        if (strcmp(list->path[i], list->path[kept - 1]) != 0) { list->path[kept++] = list->path[i]; }
    }
    list->count = kept;
}

const char *files_in(struct arena *arena, const char *directory, struct file_list *out)
{
    const char *why = find_below(arena, directory, 0, out);
    files_sort(out);
    return why;
}

static const char *read_all(struct arena *arena, int file, char *octets, size_t room, size_t *len)
{
    for (*len = 0; *len < room;) {
        ssize_t got = read(file, octets + *len, room - *len);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return reason(arena); }
        if (got == 0) { break; }
        *len += (size_t)got;
    }
    return NULL;
}

const char *file_read(struct arena *arena, const char *path, size_t most, const char **octets, size_t *len)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) { return reason(arena); }
    struct stat status;
    bool known = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= 0;
    size_t room = known && (size_t)status.st_size < most ? (size_t)status.st_size : most;
    char *text = arena_alloc(arena, room + 1);
    const char *why = read_all(arena, file, text, room, len);
    *octets = text;
    close(file);
    return why;
}

const char *files_absolute(struct arena *arena, const char *path)
{
    char *absolute = realpath(path, NULL);
    const char *copy = absolute ? arena_copy(arena, absolute, strlen(absolute)) : path;
    free(absolute);
    return copy;
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *files_root(struct arena *arena, const char *absolute)
{
    char *directory = arena_copy(arena, absolute, strlen(absolute));
    for (;;) {
        if (is_directory(arena_printf(arena, "%s/fragments", directory))) { return directory; }
        char *slash = strrchr(directory, '/');
        if (!slash) { return NULL; }
        *slash = '\0';
    }
}
