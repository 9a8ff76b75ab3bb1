/**
 * tcprove/sums_best.h - the sums that suit this processor. A library of its own, tcprove::sums: the engine asks nothing
 * of the machine it runs on.
 */
#ifndef TCPROVE_SUMS_BEST_H
#define TCPROVE_SUMS_BEST_H

#include "tcprove/sums.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The engine's own, as a pair. */
extern const struct tcpr_sums tcpr_sums_portable;

/** With AVX2 where the processor has it, else tcpr_sums_portable. To be asked once, and kept. */
const struct tcpr_sums *tcpr_sums_best(void);

#ifdef __cplusplus
}
#endif
#endif
