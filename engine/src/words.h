/* Lists of words, each after the other with a zero behind it and one more at the end: no pointers, so no relocation. */
#ifndef TCPR_WORDS_H
#define TCPR_WORDS_H

#pragma GCC visibility push(hidden)

/* The word numbered n, from 0; "?" where there are not so many. */
const char *nth_word(const char *words, unsigned n);

#pragma GCC visibility pop

#endif
