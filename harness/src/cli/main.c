/* tcprove: the program. */
#include "command.h"
#include "harness/agent.h"

#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"run", "run specs against a target and report which rules it keeps", command_run},
    {"list", "list specs, one a line: name, rules, title", command_list},
    {"lint", "read specs without running them and say what is wrong with them", command_lint},
    {"rules", "list the rules: level, specs that cover them, what earlier runs found", command_rules},
    {"explore", "walk the engine's states exhaustively to a depth, and draw the machine", command_explore},
    {"agent", "on the machine under test: make the calls that a tester elsewhere asks for", agent_main},
    {"doctor", "look whether a target can be tested from here, and say what to mend", command_doctor},
    {"version", "print the version", command_version},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static int print_help(FILE *out)
{
    fputs("tcprove proves whether a TCP conforms to its RFCs, rule by rule.\n\nUsage: tcprove COMMAND [OPTION...] "
          "[PATH...]\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\nBegin with\n"
          "  tcprove run                       the whole suite on the reference engine\n"
          "  tcprove run --target kernel       ... on this machine's TCP\n"
          "  tcprove run --explain --filter MUST-14\n"
          "                                    one rule, each exchange drawn and explained\n"
          "\nEvery command has its own --help.\n"
          "Exit status: 0 conforms, 1 a rule is broken, 2 usage or spec error, 3 the environment prevents it.\n",
          out);
    return STATUS_CONFORMS;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!strcmp(commands[i].name, name)) { return &commands[i]; }
    }
    return NULL;
}

static int complain_of_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    complain_unknown("command", name, names, COMMANDS);
    return STATUS_USAGE;
}

/* What nobody could read did not go well. */
static int told(int status)
{
    if (status != STATUS_CONFORMS || (fflush(stdout) == 0 && !ferror(stdout))) { return status; }
    complain("what was to be told cannot be written to stdout");
    return STATUS_ENVIRONMENT;
}

/* argp and getopt name the program by argv[0]. */
static int call(const struct command *command, int argc, char **argv)
{
    char name[32];
    snprintf(name, sizeof name, "tcprove %s", command->name);
    argv[0] = name;
    return told(command->main(argc, argv));
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return STATUS_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || (!strcmp(argv[1], "help") && argc == 2)) {
        return told(print_help(stdout));
    }
    char help[] = "--help";
    if (!strcmp(argv[1], "help")) { /* tcprove help run */
        argv[1] = argv[2];
        argv[2] = help;
    }
    const char *name = strcmp(argv[1], "--version") != 0 ? argv[1] : "version";
    const struct command *command = find_command(name);
    return command ? call(command, argc - 1, argv + 1) : complain_of_command(name);
}
