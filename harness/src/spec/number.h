/* number.h - numbers and times at a cursor. */
#ifndef HARNESS_SPEC_NUMBER_H
#define HARNESS_SPEC_NUMBER_H

#include "expr.h"

/* A number with or without a unit; a digit is there. NULL with the error noted. */
struct expr *number_parse(struct cursor *c);

#endif
