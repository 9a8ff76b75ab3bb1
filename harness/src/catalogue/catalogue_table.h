/* What the build generates from requirements.tsv. */
#ifndef CATALOGUE_TABLE_H
#define CATALOGUE_TABLE_H

#include "harness/catalogue.h"

extern const struct catalogue_rule catalogue_table[];
extern const unsigned catalogue_table_count;
extern const unsigned short catalogue_by_id[]; /* positions, in the order of the ids */
extern const char *const catalogue_ids[];      /* in that order */

#endif
