/**
 * command.h - the program's commands, and what all of them say and return.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "harness/spec.h"

#include <argp.h>

/** How the program ends; every --help lists them. */
enum exit_status {
    STATUS_CONFORMS = 0,     /* or: nothing to complain of */
    STATUS_BROKEN = 1,       /* a rule is broken that no expectation names, or an expectation is wrong */
    STATUS_USAGE = 2,        /* the command line, a spec or an expectation file is wrong */
    STATUS_ENVIRONMENT = 3,  /* the environment prevents it */
    STATUS_INTERRUPTED = 128 /* plus the signal's number */
};

struct command {
    const char *name;
    const char *summary; /* one line */
    /** argv[0] is "tcprove NAME". @return enum exit_status. */
    int (*main)(int argc, char **argv);
};

int command_run(int argc, char **argv);
int command_list(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_explore(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_version(int argc, char **argv);

/** Print "tcprove: ..." to stderr, made safe for a terminal. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Print errors or warnings as "file:line:column: text", a line each. */
void print_errors(FILE *out, const struct spec_error *error, size_t count);

/** complain() of an unknown word: "unknown target 'kernl'; did you mean 'kernel'?" or, where none is near, all of them.
 */
void complain_unknown(const char *what, const char *word, const char *const *choice, size_t count);

/**
 * Parse a command line; its mistakes end the program with STATUS_USAGE, --help with 0. An option that does not exist
 * gets the nearest that does.
 */
void parse_arguments(const struct argp *argp, int argc, char **argv, void *input);

/** A number from 1 to `most` that ends where `after` stands; *rest is that place. @return 0: it is none. */
unsigned parse_number(const char *word, unsigned most, char after, const char **rest);

/** The value of an option that wants a number from 1 to `most`, or the end of the program. */
unsigned take_number(const char *option, const char *word, unsigned most, struct argp_state *state);

#endif
