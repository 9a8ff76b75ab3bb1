/*
 * Tells a scenario of the connection target as the skeleton of a spec, on standard output. A finding is told up to
 * where it was found; the engine's or the oracle's words follow on standard error.
 *
 * usage: fuzz_to_spec FILE
 */
#include "scenario/tell.h"

#include <errno.h>
#include <string.h>

int main(int argc, char **argv)
{
    static uint8_t octets[SCENARIO_HEAD + SCENARIO_EVENT * SCENARIO_EVENTS_MAX];
    if (argc != 2 || argv[1][0] == '-') {
        fputs("usage: fuzz_to_spec FILE\n", stderr);
        return 2;
    }
    FILE *file = fopen(argv[1], "rb");
    if (!file) {
        fprintf(stderr, "fuzz_to_spec: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* a finding aborts */
    size_t len = fread(octets, 1, sizeof octets, file);
    fclose(file);
    scenario_tell(stdout, octets, len);
    return fflush(stdout) == 0 ? 0 : 1;
}
