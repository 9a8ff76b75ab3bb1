/* What each target is known to do otherwise: its file, read before and brought up to date after. */
#include "command.h"
#include "session.h"

#include <string.h>
#include <unistd.h>

static const char *default_file(struct session *session, const struct target_wanted *target)
{
    struct arena *arena = &session->arena;
    switch (target->kind) {
    case KIND_ENGINE:
    case KIND_REMOTE: return NULL;
    case KIND_KERNEL: return paths_expectations(arena, &session->paths, "linux.yaml");
    case KIND_PLUGIN:
        return paths_expectations(arena, &session->paths,
                                  arena_printf(arena, "%s.yaml", target_file_name(arena, target)));
    }
    return NULL;
}

static const char *file_of(struct session *session, const struct target_wanted *target)
{
    const char *given = session->arguments.expect[target->kind];
    if (given) { return strcmp(given, "none") != 0 ? given : NULL; }
    return default_file(session, target);
}

/* A file that is to be written need not be there yet. */
static bool is_there(const struct session *session, const char *file)
{
    return file && !(session->arguments.update_expect && access(file, F_OK) != 0);
}

bool session_read_expectations(struct session *session)
{
    bool all_good = true;
    for (size_t i = 0; i < session->arguments.target_count; i++) {
        struct expectations *expectations = &session->expectations[i];
        const char *file = file_of(session, &session->arguments.target[i]);
        bool good = !is_there(session, file) || expectations_read(expectations, file);
        if (!good) { print_errors(stderr, expectations->error, expectations->error_count); }
        if (!file && session->arguments.update_expect) {
            complain("--update-expect: which file? Name it with --expect FILE");
            good = false;
        }
        session->expectation_file[i] = file;
        all_good = all_good && good;
    }
    return all_good;
}

/* A remote target is asked over one version of IP, and of a part of the suite only: what is not met there is not stale.
 */
static bool is_whole(const struct session *session, size_t n)
{
    const struct run_arguments *arguments = &session->arguments;
    return arguments->target[n].kind != KIND_REMOTE && session->paths.found && arguments->filter_count == 0 &&
           arguments->ip == 3 && arguments->shards == 0 && !session->result[n].interrupted;
}

void session_tell_stale(const struct session *session, size_t n)
{
    const struct expectations *expectations = &session->expectations[n];
    for (size_t i = 0; i < expectations->count && is_whole(session, n) && !session->arguments.update_expect; i++) {
        const struct expectation *entry = &expectations->entry[i];
        if (!expectation_is_stale(entry, session->result[n].profile)) { continue; }
        const struct spec_error stale = {entry->at,
                                         "stale: no run of the suite is one this entry speaks of; remove it"};
        print_errors(stderr, &stale, 1);
    }
}

bool session_update_expectations(struct session *session)
{
    const char *file = session->expectation_file[0];
    struct expectations_change change;
    if (session->result[0].interrupted) {
        complain("%s is left as it was: the run was interrupted", file);
        return false;
    }
    const char *why = expectations_update(&session->expectations[0], &session->result[0], file, is_whole(session, 0),
                                          &session->arena, &change);
    if (why) { complain("%s is left as it was: %s", file, why); }
    if (!why) {
        fprintf(stderr, "%s: %zu entr%s added, %zu taken out%s\n", file, change.added, change.added == 1 ? "y" : "ies",
                change.removed, change.added ? "; look at each that is to be explained" : "");
    }
    return !why;
}
