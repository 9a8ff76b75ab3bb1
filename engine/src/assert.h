/* The engine's assertion. On in every build: our own mistakes and broken preconditions, never what a peer sends. */
#ifndef TCPR_ASSERT_H
#define TCPR_ASSERT_H

#include "mutant.h"
#include "tcprove/base.h"

#define TCPR_ASSERT(condition) ((condition) ? (void)0 : TCPR_ASSERTION_FAILED(#condition, __FILE__, __LINE__))

#endif
