#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

/* FNV-1a */
void digest_add(struct digest *digest, const void *octets, size_t len)
{
    const uint8_t *at = octets;
    if (!digest) { return; }
    for (size_t i = 0; i < len; i++) {
        digest->sum = (digest->sum ^ at[i]) * 0x100000001b3u;
    }
}

_Noreturn void fuzz_fail(const char *what)
{
    fprintf(stderr, "FOUND: %s\n", what);
    abort();
}
