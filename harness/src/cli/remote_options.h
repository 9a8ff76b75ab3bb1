/**
 * remote_options.h - the options of `tcprove run` that concern remote targets.
 */
#ifndef CLI_REMOTE_OPTIONS_H
#define CLI_REMOTE_OPTIONS_H

#include "harness/remote.h"

#include <argp.h>

/** A child of the command's own parser; its input is a struct remote_options. */
extern const struct argp remote_argp;

#endif
