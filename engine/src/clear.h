/* A segment that says nothing, to begin with. */
#ifndef TCPR_CLEAR_H
#define TCPR_CLEAR_H

#include "tcprove/segment.h"

#include <string.h>

/* In pieces: gcc clears each with a few stores, but the whole with a string instruction that costs 10 ns. */
static inline void clear_segment(struct tcpr_segment *out)
{
    memset(out, 0, offsetof(struct tcpr_segment, options));
    memset(&out->options, 0, sizeof out->options);
    memset(&out->text_at, 0, sizeof *out - offsetof(struct tcpr_segment, text_at));
}

#endif
