#include "words.h"

const char *nth_word(const char *words, unsigned n)
{
    for (; n > 0; words++) {
        if (*words != '\0') { continue; }
        if (words[1] == '\0') { return "?"; }
        n--;
    }
    return words;
}
