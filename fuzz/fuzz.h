/* fuzz.h - the one function of a fuzz target, for libFuzzer, AFL++, honggfuzz and replay.c alike. */
#ifndef TCPROVE_FUZZ_H
#define TCPROVE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

#endif
