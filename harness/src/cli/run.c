/* tcprove run: read, open, execute, report; each step ends the command where it fails. */
#include "command.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool terminal_takes_color(int fd, enum color wanted)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool dumb = term && !strcmp(term, "dumb");
    switch (wanted) {
    case COLOR_ALWAYS: return true;
    case COLOR_NEVER: return false;
    case COLOR_AUTO: break;
    }
    return isatty(fd) && !dumb && !(no_color && *no_color);
}

/* With the sockets open no right is needed any more. The kernel target alone goes on making sockets in its namespaces.
 * What can be written is looked at again, for root's rights are gone. */
static int drop_privileges(const struct session *session)
{
    bool remote = false, kernel = false;
    for (size_t i = 0; i < session->arguments.target_count; i++) {
        remote = remote || session->arguments.target[i].kind == KIND_REMOTE;
        kernel = kernel || session->arguments.target[i].kind == KIND_KERNEL;
    }
    if (!remote || kernel) { return STATUS_CONFORMS; }
    if (!privileges_drop()) {
        complain("the system does not let tcprove give its rights up");
        return STATUS_ENVIRONMENT;
    }
    return session_check_outputs(session) ? STATUS_CONFORMS : STATUS_ENVIRONMENT;
}

/* Everything that can be wrong with the input, each thing told before anything is opened. */
static int read_input(struct session *session)
{
    const struct run_arguments *arguments = &session->arguments;
    if (!paths_find(&session->arena, arguments->path, arguments->path_count, &session->paths)) { return STATUS_USAGE; }
    if (!paths_read(&session->paths, &session->suite)) { return STATUS_USAGE; }
    if (!session_check_filters(session) || !session_read_expectations(session)) { return STATUS_USAGE; }
    return session_check_outputs(session) ? STATUS_CONFORMS : STATUS_ENVIRONMENT;
}

/* An address is of one version. */
static unsigned versions_for(const struct run_arguments *arguments, const struct target_wanted *wanted)
{
    return wanted->kind != KIND_REMOTE ? arguments->ip : arguments->ip & (wanted->address.version == 4 ? 1u : 2u);
}

static void complain_of_nothing(const struct run_arguments *arguments)
{
    if (arguments->shards) {
        complain("--shard: there are fewer runs than %u", arguments->shards);
    } else {
        complain("of the selected specs none runs over IPv%u", arguments->ip == 1 ? 4 : 6);
    }
}

static int open_targets(struct session *session)
{
    const struct run_arguments *arguments = &session->arguments;
    for (size_t i = 0; i < arguments->target_count; i++) {
        const struct suite_selection selection = {arguments->filter, arguments->filter_count,
                                                  versions_for(arguments, &arguments->target[i]), arguments->shard,
                                                  arguments->shards};
        if (selection.ip == 0) {
            complain("--ip: target %s has an address of the other version", arguments->target[i].word);
            return STATUS_USAGE;
        }
        if (!run_target_open(&session->target[i], &session->arena, &arguments->target[i], arguments)) {
            return STATUS_ENVIRONMENT;
        }
        expectations_narrow(&session->expectations[i], session->target[i].target->name);
        suite_jobs_make(&session->jobs[i], &session->suite, &selection, session->target[i].target);
        if (session->jobs[i].count == 0) {
            complain_of_nothing(arguments);
            return STATUS_USAGE;
        }
    }
    return STATUS_CONFORMS;
}

static bool write_reports(const struct session *session, const struct report *report)
{
    bool good = true;
    for (size_t i = 0; i < session->arguments.report_count; i++) {
        const struct report_wanted *wanted = &session->arguments.report[i];
        struct report plain = *report;
        plain.color = false;
        plain.quiet = false;
        const char *why = report_write(wanted->renderer, wanted->file, &plain);
        if (why) { complain("report %s: %s", wanted->file, why); }
        good = good && !why;
    }
    return good;
}

static bool wants_stdout(const struct run_arguments *arguments)
{
    for (size_t i = 0; i < arguments->report_count; i++) {
        if (!strcmp(arguments->report[i].file, "-")) { return true; }
    }
    return false;
}

/* The terminal's report goes to stdout, unless a report was asked for there. */
static bool tell(const struct session *session)
{
    const struct run_arguments *arguments = &session->arguments;
    const struct suite_result *suite[TARGETS_MAX];
    for (size_t i = 0; i < arguments->target_count; i++) {
        suite[i] = &session->result[i];
    }
    struct report report = {.suite = suite,
                            .count = arguments->target_count,
                            .explain = arguments->explain,
                            .verbose = arguments->verbose,
                            .quiet = arguments->quiet};
    bool good = write_reports(session, &report);
    FILE *out = wants_stdout(arguments) ? stderr : stdout;
    report.color = terminal_takes_color(fileno(out), arguments->color);
    bool told = renderer_find("terminal")->write(out, &report) && fflush(out) == 0;
    return good && told;
}

/* The worst of the targets; broken outweighs what could not be decided or written. */
static int status_of(const struct session *session, bool all_written)
{
    size_t broken = 0, undecided = 0;
    for (size_t i = 0; i < session->arguments.target_count; i++) {
        enum suite_outcome outcome = suite_outcome(&session->result[i]);
        if (outcome == SUITE_INTERRUPTED) { return STATUS_INTERRUPTED + atomic_load(&session->interrupt.signal); }
        broken += outcome == SUITE_BROKEN;
        undecided += outcome == SUITE_UNDECIDED;
        const struct target *target = session->target[i].target;
        if (target->ops->gone && target->ops->gone(session->target[i].target)) { return STATUS_ENVIRONMENT; }
    }
    if (broken) { return STATUS_BROKEN; }
    return undecided || !all_written || session->captures_failed ? STATUS_ENVIRONMENT : STATUS_CONFORMS;
}

static int execute_all(struct session *session)
{
    interrupt_begin(&session->interrupt);
    for (size_t i = 0; i < session->arguments.target_count; i++) {
        session_execute(session, i);
    }
    bool all_written = tell(session);
    for (size_t i = 0; i < session->arguments.target_count; i++) {
        session_tell_stale(session, i);
    }
    if (session->arguments.update_expect) { all_written = session_update_expectations(session) && all_written; }
    interrupt_end(&session->interrupt);
    return status_of(session, all_written);
}

static void close_session(struct session *session)
{
    for (size_t i = 0; i < TARGETS_MAX; i++) {
        suite_result_free(&session->result[i]);
        suite_jobs_free(&session->jobs[i]);
        run_target_close(&session->target[i]);
        expectations_free(&session->expectations[i]);
    }
    suite_free(&session->suite);
    arena_free(&session->arena);
}

int command_run(int argc, char **argv)
{
    struct session session = {0};
    run_arguments_parse(&session.arguments, &session.arena, argc, argv);
    session.stderr_color = terminal_takes_color(STDERR_FILENO, session.arguments.color);
    session.shows_progress = isatty(STDERR_FILENO) && !session.arguments.quiet;
    int status = read_input(&session);
    if (status == STATUS_CONFORMS) { status = open_targets(&session); }
    if (status == STATUS_CONFORMS) { status = drop_privileges(&session); }
    if (status == STATUS_CONFORMS) { status = execute_all(&session); }
    if (session.hanging > 0) { /* threads still use what would be freed here */
        fflush(NULL);
        _exit(status);
    }
    close_session(&session);
    return status;
}
