/* tcprove doctor: whether a target can be tested from here, and what to mend. */
#include "doctor.h"

#include "command.h"
#include "paths.h"
#include "remote_options.h"
#include "reports/text.h"

#include <stdarg.h>
#include <string.h>

void diagnose(struct doctor *doctor, enum diagnosis diagnosis, const char *mend, const char *format, ...)
{
    static const char *const word[] = {[IS_WELL] = "ok", [IS_NOTED] = "note", [IS_FAULT] = "FAULT"};
    struct arena arena = {0};
    va_list args;
    va_start(args, format);
    printf("  %-6s%s\n", word[diagnosis], text_safe(&arena, arena_vprintf(&arena, format, args)));
    va_end(args);
    if (mend) { printf("        mend: %s\n", mend); }
    doctor->notes += diagnosis == IS_NOTED;
    doctor->faults += diagnosis == IS_FAULT;
    arena_free(&arena);
}

struct arguments {
    struct run_arguments run;
    bool given;
};

static error_t take(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'o':
        arguments->run.profile = value;
        if (strcmp(value, "default") != 0 && strcmp(value, "tuned") != 0) {
            argp_error(state, "--profile can be default or tuned; got '%s'", value);
        }
        return 0;
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->run.remote; return 0;
    case ARGP_KEY_ARG:
        if (arguments->given) { argp_error(state, "one target at a time"); }
        arguments->given = true;
        arguments->run.target[0] = target_parse(value, state);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"profile", 'o', "default|tuned", 0, "How the kernel is set up: as it comes, or with its rate limits off", 0}, {0}};
static const char doc[] = "Look whether a target can be tested from here, and say what to mend.\v"
                          "TARGET is written as for tcprove run --target; kernel is the default.\n"
                          "\n"
                          "Examples:\n"
                          "  tcprove doctor\n"
                          "  tcprove doctor remote:192.0.2.2:7 --service echo --tester-address auto\n"
                          "  tcprove doctor plugin:./stack.so\n"
                          "\n"
                          "Looked at are the clock, rights and namespaces, the way to the target,\n"
                          "whether this host's kernel keeps silent, whether a connection opens, how\n"
                          "quickly the target answers, and how far it limits its resets and\n"
                          "challenge ACKs.\n"
                          "\n"
                          "Exit status: 0 the suite can be run, 2 usage, 3 something prevents it.";

static void open_and_look(struct doctor *doctor, struct arguments *arguments, const struct suite *suite,
                          struct arena *arena)
{
    const struct target_wanted *wanted = &arguments->run.target[0];
    struct run_target target;
    if (!run_target_open(&target, arena, wanted, &arguments->run)) {
        diagnose(doctor, IS_FAULT, NULL, "%s: cannot be set up; the reason is above", wanted->word);
        return;
    }
    diagnose(doctor, IS_WELL, NULL, "set up: %s%s%s", target.title, *target.target->profile ? ", " : "",
             target.target->profile);
    doctor_target(doctor, &target, suite, wanted->kind == KIND_REMOTE ? wanted->address.version : 4);
    run_target_close(&target);
}

static int look(struct arguments *arguments, struct arena *arena, struct suite *suite)
{
    struct doctor doctor = {0};
    struct paths paths;
    if (!paths_find(arena, NULL, 0, &paths) || !paths_read(&paths, suite)) { return STATUS_USAGE; }
    puts("this machine");
    doctor_machine(&doctor, arguments->run.target[0].kind);
    printf("%s\n", arguments->run.target[0].word);
    fflush(stdout);
    open_and_look(&doctor, arguments, suite, arena);
    printf("%s\n", doctor.faults  ? "the suite cannot be run so"
                   : doctor.notes ? "the suite can be run; mind the notes"
                                  : "the suite can be run");
    return doctor.faults ? STATUS_ENVIRONMENT : STATUS_CONFORMS;
}

int command_doctor(int argc, char **argv)
{
    static const struct argp_child children[] = {{&remote_argp, 0, "Of remote targets (docs/remote.md):", 1}, {0}};
    static const struct argp argp = {options, take, "[TARGET]", doc, children, NULL, NULL};
    struct arguments arguments = {.run = {.profile = "default", .repeat = 1, .ip = 3, .target_count = 1}};
    struct arena arena = {0};
    struct suite suite = {0};
    arguments.run.target[0] = (struct target_wanted){.kind = KIND_KERNEL, .word = target_kind_names[KIND_KERNEL]};
    parse_arguments(&argp, argc, argv, &arguments);
    int status = look(&arguments, &arena, &suite);
    suite_free(&suite);
    arena_free(&arena);
    return status;
}
