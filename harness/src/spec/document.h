/* document.h - a file as a whole: a spec or a fragment. */
#ifndef HARNESS_SPEC_DOCUMENT_H
#define HARNESS_SPEC_DOCUMENT_H

#include "step.h"

/* given.c */
bool given_read(struct reader *r, const struct node *node, struct given *out);
/* parameters.c */
bool parameters_read(struct reader *r, const struct node *node);

/* A key of a file: which of the reader's functions takes its value. */
struct key_form {
    const char *name;
    bool required;
};
/* Unknown and missing keys are errors. */
bool keys_check(struct reader *r, const struct node *node, const char *what, const struct key_form *form, size_t count);

/* Steps that make calls or look for events. */
bool steps_need_application(const struct step *step, size_t count);

/* Copies of the reader's tables. */
const char *const *variables_kept(struct reader *r);

/* Read the fragments of a file into the suite. false: an error is noted. */
bool fragment_read(struct suite *suite, const char *file, const char *octets, size_t len);

#endif
