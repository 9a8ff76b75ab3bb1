/* Fixed-width names, so that the table holds no pointers and needs no relocation. */
#include "tcprove/rule.h"

static const char ids[][28] = {
#define ID(name, id) id,
    TCPR_RULES(ID)
#undef ID
};

const char *tcpr_rule_id(enum tcpr_rule rule)
{
    return (unsigned)rule < TCPR_RULE_COUNT ? ids[rule] : "?";
}
