/* What a fuzzer calls. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    fuzz_run(octets, len, NULL);
    return 0;
}
