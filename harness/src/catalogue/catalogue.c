#include "harness/catalogue.h"

#include "catalogue_table.h"
#include "harness/nearest.h"

#include <string.h>

const struct catalogue_rule *catalogue_rules(size_t *count)
{
    *count = catalogue_table_count;
    return catalogue_table;
}

bool catalogue_is_decidable(const struct catalogue_rule *rule)
{
    return !rule->undecided && rule->observable != OBSERVABLE_INTERNAL && rule->observable != OBSERVABLE_NONE;
}

const struct catalogue_rule *catalogue_find(const char *id)
{
    size_t low = 0, high = catalogue_table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct catalogue_rule *rule = &catalogue_table[catalogue_by_id[middle]];
        int order = strcmp(id, rule->id);
        if (order == 0) { return rule; }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *catalogue_nearest(const char *id)
{
    return nearest_word(id, catalogue_ids, catalogue_table_count);
}
