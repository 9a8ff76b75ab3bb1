/**
 * harness/nearest.h - "did you mean ...?": the known word a mistyped one is nearest to.
 */
#ifndef HARNESS_NEAREST_H
#define HARNESS_NEAREST_H

#include <stddef.h>

/**
 * The choice that fewest edits (insert, delete, replace, swap neighbours; letter case counts as nothing) make of
 * `word`.
 *
 * @return NULL when none is near: more than a third of the letters would change, or the word is longer than 64 octets.
 *         Of two equally near the first.
 */
const char *nearest_word(const char *word, const char *const *choice, size_t count);

#endif
