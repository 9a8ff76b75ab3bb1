/* The engine's assertion. On in every build: our own mistakes and broken preconditions, never what a peer sends. */
#ifndef TCPR_ASSERT_H
#define TCPR_ASSERT_H

#include "mutant.h"
#include "tcprove/base.h"

/* Without the path where the compiler knows how: it would stand in every object, and differ from house to house. */
#ifdef __FILE_NAME__
#define TCPR_FILE __FILE_NAME__
#else
#define TCPR_FILE __FILE__
#endif

/* A small machine may do with file and line (docs/embedding.md). */
#ifndef TCPR_ASSERTION_TEXTS
#define TCPR_ASSERTION_TEXTS 1
#endif
#define TCPR_TEXT_OF(condition) (TCPR_ASSERTION_TEXTS ? condition : "")

#define TCPR_ASSERT(condition) \
    ((condition) ? (void)0 : TCPR_ASSERTION_FAILED(TCPR_TEXT_OF(#condition), TCPR_FILE, __LINE__))

#endif
