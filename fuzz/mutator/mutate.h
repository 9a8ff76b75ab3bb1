/** mutate.h - scenarios changed by whole events. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/** Change `octets` in place, by a few steps that `seed` decides. @return the new length, `room` at most. */
size_t scenario_mutate(uint8_t *octets, size_t len, size_t room, uint32_t seed);

#endif
