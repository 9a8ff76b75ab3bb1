/**
 * tcprove/tcprove.h - the reference engine, whole: include this one.
 */
#ifndef TCPROVE_TCPROVE_H
#define TCPROVE_TCPROVE_H

#include "tcprove/base.h"
#include "tcprove/config.h"
#include "tcprove/conn.h"
#include "tcprove/effects.h"
#include "tcprove/host.h"
#include "tcprove/ring.h"
#include "tcprove/rule.h"
#include "tcprove/segment.h"
#include "tcprove/seq.h"
#include "tcprove/sums.h"

#endif
