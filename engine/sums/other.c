/* For processors nobody has written sums for. */
#include "tcprove/sums_best.h"

const struct tcpr_sums *tcpr_sums_best(void)
{
    return &tcpr_sums_portable;
}
