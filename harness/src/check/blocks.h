/**
 * blocks.h - what SACK blocks may say (RFC 2018, RFC 2883), given what their sender has received.
 */
#ifndef CHECK_BLOCKS_H
#define CHECK_BLOCKS_H

#include "tcprove/tcprove.h"

/**
 * @param received  disjoint and apart: all that ever arrived, taken or not.
 * @return the rule that is broken, with *text, or NULL.
 */
const char *blocks_fault(const struct tcpr_segment *seg, const struct tcpr_range *received, unsigned count,
                         const char **text);

#endif
