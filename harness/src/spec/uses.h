/* uses.h - which names and parameters of a spec are read, and where they are bound. */
#ifndef HARNESS_SPEC_USES_H
#define HARNESS_SPEC_USES_H

#include "harness/spec.h"

#define USES_MAX 128u

struct uses {
    unsigned variable[USES_MAX]; /* times read */
    unsigned parameter[USES_MAX];
    struct place bound_at[USES_MAX]; /* first binding; .file is NULL where there is none */
};

void uses_count(const struct spec *spec, struct uses *out);

#endif
