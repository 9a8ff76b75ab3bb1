#include "mutants.h"

#define MUTANT(name, bug, model, rule, text) {#name, bug, model, rule, text},
const struct tcpr_mutant_entry tcpr_mutants[TCPR_MUTANTS_END] = {
    {"none", "", "", "", "the engine as it ships"},
#include "mutants.def"
};

enum tcpr_mutant_number tcpr_mutant = TCPR_MUTANT_none;
unsigned tcpr_mutant_assertions;

void tcpr_mutant_asserted(const char *condition, const char *file, int line)
{
    (void)condition;
    (void)file;
    (void)line;
    tcpr_mutant_assertions++;
}
