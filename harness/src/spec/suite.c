/* All specs below some paths, with the fragments beside them. */
#include "document.h"
#include "files.h"

struct reading {
    struct suite *suite;
    const char *root;      /* of the specs read so far; NULL: none has one */
    const char *directory; /* of the last file, whose root is known */
    const char *directory_absolute;
    const char *directory_root;
};

static void suite_error(struct suite *suite, const char *path, const char *why)
{
    struct reader r = {.suite = suite, .arena = &suite->arena, .file = path};
    error_at(&r, (struct place){path, 1, 1}, "%s", why);
}

/* The root as the user would write it: the directory of a spec without what stands behind the root. */
static const char *root_shown(const struct reading *reading)
{
    struct arena *arena = &reading->suite->arena;
    const char *shown = reading->directory, *below = reading->directory_absolute + strlen(reading->directory_root);
    size_t len = strlen(shown), tail = strlen(below);
    if (tail == len + 1 || len == 0) { return tail > len + 1 ? reading->directory_root : "."; }
    bool ends = tail < len && strcmp(shown + len - tail, below) == 0;
    return ends ? arena_copy(arena, shown, len - tail) : reading->directory_root;
}

static void read_fragments(struct suite *suite, const char *root)
{
    struct file_list list = {0};
    const char *directory = arena_printf(&suite->arena, "%s/fragments", root);
    const char *why = files_in(&suite->arena, directory, &list);
    if (why) { suite_error(suite, directory, why); }
    for (size_t i = 0; i < list.count; i++) {
        const char *octets;
        size_t len;
        why = file_read(&suite->arena, list.path[i], FILE_OCTETS_MAX + 1, &octets, &len);
        if (why) {
            suite_error(suite, list.path[i], why);
        } else {
            fragment_read(suite, list.path[i], octets, len);
        }
    }
}

/* Each fragment's beginning must exist, and no fragment may begin with itself. */
static void check_fragment(struct suite *suite, struct fragment *fragment)
{
    struct reader r = {.suite = suite, .arena = &suite->arena, .file = fragment->path};
    const struct fragment *before = fragment;
    for (size_t steps = 0; before->from; steps++) {
        const struct fragment *next = suite_fragment(suite, before->from, before->active);
        if (!next || steps == suite->fragment_count) {
            error_at(&r, fragment->at,
                     next ? "%s begins with itself by way of %s; a fragment must lead back to CLOSED"
                          : "%s begins with %s, which no fragment of this open reaches; write one",
                     fragment->state, before->from);
            return;
        }
        fragment->needs_application = fragment->needs_application || next->needs_application;
        before = next;
    }
}

static size_t directory_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

/* The root of a file's suite, looked for once a directory. */
static const char *root_of(struct reading *reading, const char *path)
{
    size_t len = directory_len(path);
    if (reading->directory && strlen(reading->directory) == len && strncmp(reading->directory, path, len) == 0) {
        return reading->directory_root;
    }
    struct arena *arena = &reading->suite->arena;
    reading->directory = arena_copy(arena, path, len);
    reading->directory_absolute = files_absolute(arena, len ? reading->directory : path[0] == '/' ? "/" : ".");
    reading->directory_root = files_root(arena, reading->directory_absolute);
    return reading->directory_root;
}

/* Below the root, without .yaml. The directory's links are resolved, the file's are not. */
static const char *name_below(const struct reading *reading, const char *path)
{
    struct arena *arena = &reading->suite->arena;
    const char *file = strrchr(path, '/');
    file = file ? file + 1 : path;
    const char *name = path;
    if (reading->directory_root) {
        const char *below = reading->directory_absolute + strlen(reading->directory_root);
        name = *below ? arena_printf(arena, "%s/%s", below + 1, file) : file;
    }
    size_t len = strlen(name);
    bool yaml = len > 5 && strcmp(name + len - 5, ".yaml") == 0;
    return arena_copy(arena, name, yaml ? len - 5 : len);
}

static void add_spec(struct suite *suite, struct spec *spec)
{
    if (suite->count == suite->spec_room) {
        size_t room = suite->spec_room ? 2 * suite->spec_room : 64;
        struct spec **grown = arena_array(&suite->arena, room, sizeof *grown);
        if (suite->count) { memcpy(grown, suite->spec, suite->count * sizeof *grown); }
        suite->spec = grown;
        suite->spec_room = room;
    }
    suite->spec[suite->count++] = spec;
}

/* Every state that the spec asks for must be reached by a fragment. */
static bool check_given(struct suite *suite, const struct spec *spec)
{
    struct reader r = {.suite = suite, .arena = &suite->arena, .file = spec->path};
    const struct given *given = &spec->given;
    const struct expr *by = given->state_parameter;
    size_t count = by ? spec->parameter[by->parameter].count : 1;
    for (size_t i = 0; i < count; i++) {
        const struct expr *value = by ? spec->parameter[by->parameter].value[i] : NULL;
        const char *state = value ? tcpr_state_name((enum tcpr_state)value->number) : given->state;
        if (!state || (value && value->number == TCPR_CLOSED)) { continue; }
        bool reached = suite_fragment(suite, state, given->active) ||
                       (!given->open_written && suite_fragment(suite, state, !given->active));
        if (reached) { continue; }
        error_at(&r, given->at, "no fragment reaches %s%s; write one in the directory fragments", state,
                 !given->open_written ? ""
                 : given->active      ? " by an active open"
                                      : " by a passive open");
        return false;
    }
    return true;
}

static bool settle_root(struct reading *reading, const char *path, const char *root)
{
    if (!root || (reading->root && strcmp(reading->root, root) == 0)) { return true; }
    if (reading->root) {
        suite_error(reading->suite, path,
                    arena_printf(&reading->suite->arena, "belongs to the suite %s, others to %s; run them apart", root,
                                 reading->root));
        return false;
    }
    reading->root = root;
    read_fragments(reading->suite, root_shown(reading));
    for (size_t i = 0; i < reading->suite->fragment_count; i++) {
        check_fragment(reading->suite, reading->suite->fragment[i]);
    }
    return true;
}

static void read_file(struct reading *reading, const char *path)
{
    struct suite *suite = reading->suite;
    const char *root = root_of(reading, path), *octets;
    size_t len;
    if (!settle_root(reading, path, root)) { return; }
    const char *why = file_read(&suite->arena, path, FILE_OCTETS_MAX + 1, &octets, &len);
    if (why) {
        suite_error(suite, path, why);
        return;
    }
    struct spec *spec = (struct spec *)spec_read_memory(suite, path, octets, len);
    if (!spec || !check_given(suite, spec)) { return; }
    spec->name = name_below(reading, path);
    add_spec(suite, spec);
}

bool suite_read(struct suite *suite, const char *const *path, size_t count)
{
    *suite = (struct suite){0};
    struct reading reading = {.suite = suite};
    struct file_list list = {0};
    for (size_t i = 0; i < count; i++) {
        size_t before = list.count;
        const char *why = files_find(&suite->arena, path[i], &list);
        if (!why && list.count == before) { why = "holds no spec; specs are files whose names end in .yaml"; }
        if (why) { suite_error(suite, path[i], why); }
    }
    files_sort(&list);
    for (size_t i = 0; i < list.count; i++) {
        read_file(&reading, list.path[i]);
    }
    return suite->error_count == 0;
}

void suite_free(struct suite *suite)
{
    arena_free(&suite->arena);
    *suite = (struct suite){0};
}
