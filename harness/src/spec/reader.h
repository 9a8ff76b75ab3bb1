/* reader.h - what the parts of the spec reader share. One reader reads one file. */
#ifndef HARNESS_SPEC_READER_H
#define HARNESS_SPEC_READER_H

#include "harness/spec.h"

#include <string.h>

#define FILE_OCTETS_MAX 262144u
#define ERRORS_MAX 20u     /* a file; what comes after is mostly a consequence */
#define VARIABLES_MAX 128u /* a spec or fragment */
#define PARAMETERS_MAX 16u
#define CELLS_MAX 4096u

struct node; /* tree.h */

/* A name that the file binds. */
struct variable {
    enum value_type type;
    bool bound; /* false: only a parameter's value has named it so far */
};

struct reader {
    struct suite *suite;
    struct arena *arena;
    const char *file;
    const char *octets;
    size_t len;
    bool ascii; /* every character is one octet */
    unsigned errors;
    struct variable variable[VARIABLES_MAX];
    const char *variable_name[VARIABLES_MAX];
    unsigned variables;
    struct parameter parameter[PARAMETERS_MAX];
    bool has_pattern[PARAMETERS_MAX]; /* a value of it is *, ?x or a..b */
    unsigned parameters;
    int64_t times; /* how often the steps being read are played, by the repeats around them */
    bool in_fragment;
    bool in_parameters; /* names may be bound by steps that come later */
    bool nothing_known; /* `given`: no name has a value yet */
};

/* Note an error; only the first ERRORS_MAX of a file are kept. */
void error_at(struct reader *r, struct place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void error_node(struct reader *r, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "did you mean 'expect'?", or else "<what> are a, b, c": the end of an error about an unknown word. */
const char *meant(struct reader *r, const char *what, const char *word, const char *const *choice, size_t count);

/* The variable of that name, made where there is none. VARIABLES_MAX: there is no room. */
unsigned variable_of(struct reader *r, const char *name);
/* As above, but VARIABLES_MAX when there is none. */
unsigned variable_find(const struct reader *r, const char *name);

#endif
