#define _XOPEN_SOURCE 700 /* realpath, lstat */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    if (is_yaml(name)) { add(arena, out, path); }
    return NULL;
}

static const char *find_below(struct arena *arena, const char *directory, unsigned depth, struct file_list *out)
{
    DIR *open = opendir(directory);
    if (!open) { return reason(arena); }
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

static size_t read_all(FILE *file, char *octets, size_t most)
{
    size_t len = 0;
    for (size_t got = 1; got > 0 && len < most; len += got) {
        got = fread(octets + len, 1, most - len, file);
    }
    return len;
}

const char *file_read(struct arena *arena, const char *path, size_t most, const char **octets, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file) { return reason(arena); }
    struct stat status;
    bool known = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
    bool small = known && status.st_size >= 0 && (size_t)status.st_size < most;
    size_t room = small ? (size_t)status.st_size + 1 : most;
    char *text = arena_alloc(arena, room + 1);
    *len = read_all(file, text, room);
    *octets = text;
    const char *why = ferror(file) ? "cannot be read" : NULL;
    fclose(file);
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

const char *files_root(struct arena *arena, const char *path)
{
    const char *absolute = files_absolute(arena, path);
    char *directory = arena_copy(arena, absolute, strlen(absolute));
    for (char *slash; (slash = strrchr(directory, '/')) != NULL;) {
        *slash = '\0';
        if (is_directory(arena_printf(arena, "%s/fragments", directory))) { return directory; }
    }
    return NULL;
}
