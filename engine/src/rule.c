#include "tcprove/rule.h"

#include "words.h"

static const char ids[] =
#define ID(name, id) id "\0"
    TCPR_RULES(ID);
#undef ID

const char *tcpr_rule_id(enum tcpr_rule rule)
{
    return nth_word(ids, (unsigned)rule);
}
