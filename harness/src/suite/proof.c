/*
 * How often attempts must agree. A lost segment makes a run come out wrong, and in the same way whenever that segment
 * is lost again; what the target does wrong it does each time. So a verdict stands when agreement by chance is out of
 * the question: were it a mistake that comes again with a probability of `chance`, a binomial distribution tells how
 * often it would.
 */
#include "pool.h"

/* Of 20,000 runs that come out wrong one may be believed. Suites have some thousand runs, and networks spoil a part. */
#define BELIEVED_WRONGLY 5e-5

/* That of `trials` at least `least` succeed. */
static double at_least(unsigned trials, unsigned least, double chance)
{
    double exactly = 1, below = 0;
    for (unsigned i = 0; i < trials; i++) {
        exactly *= 1 - chance;
    }
    for (unsigned i = 0; i < least; i++) {
        below += exactly;
        exactly *= (double)(trials - i) / (i + 1) * chance / (1 - chance);
    }
    return 1 - below;
}

/* Any of the attempts may have been the first of its kind; the others then come to the same by chance. */
unsigned proof_wanted(unsigned made, double chance)
{
    unsigned wanted = 2;
    while (wanted <= made && made * at_least(made - 1, wanted - 1, chance) > BELIEVED_WRONGLY) {
        wanted++;
    }
    return wanted;
}
