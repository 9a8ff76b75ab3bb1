#include "harness/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 64u

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Three rows of the edit distance's table: swapped neighbours look two rows back. */
static unsigned edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        row[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = row[i % 3];
        const unsigned *above = row[(i + 2) % 3], *two_above = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = smaller(smaller(above[j], now[j - 1]) + 1, above[j - 1] + !same(a[i - 1], b[j - 1]));
            bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
            if (swapped) { now[j] = smaller(now[j], two_above[j - 2] + 1); }
        }
    }
    return row[a_len % 3][b_len];
}

const char *nearest_word(const char *word, const char *const *choice, size_t count)
{
    const char *nearest = NULL;
    size_t len = strlen(word);
    if (len > WORD_MAX) { return NULL; }
    unsigned fewest = smaller((unsigned)(len + 2) / 3 + 1, (unsigned)len); /* something of the word must stay */
    for (size_t i = 0; i < count; i++) {
        size_t choice_len = strlen(choice[i]);
        size_t apart = len > choice_len ? len - choice_len : choice_len - len; /* so many edits at least */
        if (choice_len > WORD_MAX || apart >= fewest) { continue; }
        unsigned needed = edits(word, len, choice[i], choice_len);
        if (needed < fewest) {
            fewest = needed;
            nearest = choice[i];
        }
    }
    return nearest;
}
