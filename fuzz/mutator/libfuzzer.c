/* scenario_mutate() for libFuzzer. Half of the time its own mutations, which know what was found elsewhere. */
#include "mutate.h"

size_t LLVMFuzzerMutate(uint8_t *octets, size_t len, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *octets, size_t len, size_t room, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *octets, size_t len, size_t room, unsigned seed)
{
    if (seed & 0x100) { return LLVMFuzzerMutate(octets, len, room); }
    return scenario_mutate(octets, len, room, seed);
}
