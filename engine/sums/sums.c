#include "tcprove/sums_best.h"

const struct tcpr_sums tcpr_sums_portable = {.sum = tcpr_sum, .copy = tcpr_copy_and_sum};
