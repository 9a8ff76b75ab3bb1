/* One connection and whatever can happen to it (scenario/scenario.h). */
#include "fuzz.h"
#include "scenario/scenario.h"

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct stage stage;
    scenario_play(&stage, octets, len, NULL, digest);
}
