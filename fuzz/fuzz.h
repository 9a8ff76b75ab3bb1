/**
 * fuzz.h - what a fuzz target is: one function of octets, the same for libFuzzer, AFL++, honggfuzz and replay.c.
 *
 * A target that finds something wrong says what and aborts. It keeps nothing from one input to the next.
 */
#ifndef TCPROVE_FUZZ_H
#define TCPROVE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A sum over everything that an input brought about; two runs of one input give one sum. */
struct digest {
    uint64_t sum;
};

/** The target's own part. @param digest  NULL while fuzzing: nobody compares. */
void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest);

/** What the fuzzers call (entry.c). @return 0. */
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/** Add to the sum; nothing where `digest` is NULL. */
void digest_add(struct digest *digest, const void *octets, size_t len);

/** The finding. */
_Noreturn void fuzz_fail(const char *what);

static inline void fuzz_require(bool holds, const char *what)
{
    if (!holds) { fuzz_fail(what); }
}

#endif
