#include "faults.h"

#include "internal.h"
#include "words.h"

static const char texts[] =
#define TEXT(name, text) text "\0"
    TCPR_FAULTS(TEXT);
#undef TEXT

const char *tcpr_conn_fault(const struct tcpr_conn *c, const struct tcpr_config *config)
{
    enum fault fault = conn_fault(c, config);
    return fault == WHOLE ? NULL : nth_word(texts, (unsigned)fault - 1u);
}
