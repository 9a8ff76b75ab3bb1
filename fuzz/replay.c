/*
 * A plain main for a fuzz target: every file below the paths given is one input.
 *
 * usage: TARGET PATH...
 */
#define _XOPEN_SOURCE 700 /* nftw */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX 1048576u

static unsigned long inputs; /* nftw hands its visitor no context */

static int replay(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)where;
    if (kind != FTW_F) { return 0; }
    FILE *file = fopen(path, "rb");
    if (!file) { return -1; }
    uint8_t *octets = malloc(INPUT_MAX);
    if (!octets) { abort(); }
    size_t len = fread(octets, 1, INPUT_MAX, file);
    fclose(file);
    uint8_t *exact = realloc(octets, len ? len : 1); /* a read beyond the end is a read beyond the block */
    if (!exact) { abort(); }
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    inputs++;
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (nftw(argv[i], replay, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "%s: cannot be replayed\n", argv[i]);
            return 1;
        }
    }
    printf("%lu inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
