/* What can be found wrong before anything runs. */
#include "capture.h"
#include "command.h"
#include "harness/catalogue.h"
#include "harness/nearest.h"
#include "session.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool looks_like_rule(const char *filter)
{
    bool begins = !strncmp(filter, "MUST-", 5) || !strncmp(filter, "SHLD-", 5) || !strncmp(filter, "MAY-", 4) ||
                  !strncmp(filter, "RFC", 3);
    return begins && !strpbrk(filter, "*?[");
}

static void complain_of_rule(const char *filter)
{
    const char *nearest = catalogue_nearest(filter);
    if (catalogue_find(filter)) {
        complain("--filter %s: no spec here covers this rule", filter);
    } else if (nearest) {
        complain("--filter %s: there is no such rule; did you mean '%s'?", filter, nearest);
    } else {
        complain("--filter %s: there is no such rule; specs/catalogue/requirements.tsv lists them", filter);
    }
}

static void complain_of_name(const struct session *session, const char *filter)
{
    struct arena arena = {0};
    const char **name = arena_array(&arena, session->suite.count + 1, sizeof *name);
    for (size_t i = 0; i < session->suite.count; i++) {
        const char *slash = strrchr(session->suite.spec[i]->name, '/');
        name[i] = slash && !strchr(filter, '/') ? slash + 1 : session->suite.spec[i]->name;
    }
    const char *nearest = nearest_word(filter, name, session->suite.count);
    complain("--filter %s selects no spec; %s%s%s", filter, nearest ? "did you mean '" : "",
             nearest ? nearest : "'tcprove list' shows their names and rules", nearest ? "'?" : "");
    arena_free(&arena);
}

static bool selects_any(const struct session *session, const char *filter)
{
    for (size_t i = 0; i < session->suite.count; i++) {
        if (filter_matches(filter, session->suite.spec[i])) { return true; }
    }
    return false;
}

bool session_check_filters(const struct session *session)
{
    bool good = true;
    for (size_t i = 0; i < session->arguments.filter_count; i++) {
        const char *filter = session->arguments.filter[i];
        if (selects_any(session, filter)) { continue; }
        good = false;
        if (looks_like_rule(filter)) {
            complain_of_rule(filter);
        } else {
            complain_of_name(session, filter);
        }
    }
    return good;
}

static const char *expectation_file(struct session *session, const struct target_wanted *target)
{
    struct arena *arena = &session->arena;
    const char *given = session->arguments.expect[target->kind];
    if (given) { return strcmp(given, "none") != 0 ? given : NULL; }
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

bool session_read_expectations(struct session *session)
{
    bool all_good = true;
    for (size_t i = 0; i < session->arguments.target_count; i++) {
        struct expectations *expectations = &session->expectations[i];
        const char *file = expectation_file(session, &session->arguments.target[i]);
        bool good = !file || expectations_read(expectations, file);
        if (!good) { print_errors(stderr, expectations->error, expectations->error_count); }
        all_good = all_good && good;
    }
    return all_good;
}

void session_tell_stale(const struct session *session, size_t n)
{
    const struct run_arguments *arguments = &session->arguments;
    bool whole = session->paths.found && arguments->filter_count == 0 && arguments->ip == 3 && arguments->shards == 0;
    if (!whole || session->result[n].interrupted) { return; }
    const struct expectations *expectations = &session->expectations[n];
    for (size_t i = 0; i < expectations->count; i++) {
        const struct expectation *entry = &expectations->entry[i];
        if (!expectation_is_stale(entry, session->result[n].profile)) { continue; }
        const struct spec_error stale = {entry->at,
                                         "stale: no run of the suite is one this entry speaks of; remove it"};
        print_errors(stderr, &stale, 1);
    }
}

static bool folder_takes_files(const char *file)
{
    struct stat status;
    struct arena arena = {0};
    const char *folder = dirname(arena_copy(&arena, file, strlen(file)));
    bool exists = stat(file, &status) == 0;
    errno = 0;
    bool good =
        !(exists && S_ISDIR(status.st_mode)) && (exists ? access(file, W_OK) == 0 : access(folder, W_OK | X_OK) == 0);
    if (!good) { complain("--report: %s cannot be written: %s", file, strerror(errno ? errno : EISDIR)); }
    arena_free(&arena);
    return good;
}

bool session_check_outputs(const struct session *session)
{
    const struct run_arguments *arguments = &session->arguments;
    for (size_t i = 0; i < arguments->report_count; i++) {
        const char *file = arguments->report[i].file;
        if (strcmp(file, "-") != 0 && !folder_takes_files(file)) { return false; }
    }
    const char *why = arguments->pcap ? capture_folder(arguments->pcap) : NULL;
    if (why) { complain("--pcap: %s: %s", arguments->pcap, why); }
    return !why;
}
