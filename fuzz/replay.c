/*
 * A plain main for a fuzz target: every file below the paths given is one input, run twice; both must do the same.
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

static bool same_twice(const uint8_t *octets, size_t len)
{
    struct digest first = {0}, second = {0};
    fuzz_run(octets, len, &first);
    fuzz_run(octets, len, &second);
    return first.sum == second.sum;
}

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
    bool same = same_twice(exact, len);
    free(exact);
    inputs++;
    if (!same) { fprintf(stderr, "%s: two runs differ\n", path); }
    return same ? 0 : -1;
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
