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
