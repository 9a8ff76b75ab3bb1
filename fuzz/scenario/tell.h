/** tell.h - a scenario told as the steps of a spec, for a reader and as the skeleton of a YAML file. */
#ifndef FUZZ_TELL_H
#define FUZZ_TELL_H

#include "scenario.h"

#include <stdio.h>

/** Play it and tell it, line by line while it goes on: what comes before a finding has been told. */
void scenario_tell(FILE *out, const uint8_t *octets, size_t len);

#endif
