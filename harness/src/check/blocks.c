#include "blocks.h"

#include <stddef.h>

static bool has_arrived(const struct tcpr_range *block, const struct tcpr_range *received, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (tcpr_seq_le(received[i].first, block->first) && tcpr_seq_le(block->end, received[i].end)) { return true; }
    }
    return false;
}

/* Beyond the ACK, or, as the first of them, a duplicate before it (RFC2883-4-n1). At the ACK itself it would say that
 * what is acknowledged as missing is there. */
static bool stands_right(const struct tcpr_segment *seg, unsigned index)
{
    const struct tcpr_range *block = &seg->options.sack[index];
    bool duplicate = index == 0 && tcpr_seq_le(block->end, seg->ack);
    return duplicate || tcpr_seq_lt(seg->ack, block->first);
}

const char *blocks_fault(const struct tcpr_segment *seg, const struct tcpr_range *received, unsigned count,
                         const char **text)
{
    for (unsigned i = 0; (seg->options.present & TCPR_OPT_SACK) && i < seg->options.sack_count; i++) {
        const struct tcpr_range *block = &seg->options.sack[i];
        *text = "a SACK block ends where it begins, or before";
        if (!tcpr_seq_lt(block->first, block->end)) { return "RFC2018-3-n1"; }
        *text = "a SACK block reports what has not arrived";
        if (!has_arrived(block, received, count)) { return "RFC2018-8-4"; }
        *text = "a SACK block reports what the ACK field covers or misses";
        if (!stands_right(seg, i)) { return "RFC2018-3-n1"; }
    }
    return NULL;
}
