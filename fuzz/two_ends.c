/*
 * Two connections over a hostile network: engine/tests/simulator's world, its dice thrown by the fuzzer. While the dice
 * last, the network loses, repeats, reorders, delays and corrupts, and strangers forge; then it turns kind, and both
 * streams must arrive whole and both ends close, within bounded steps and bounded time.
 */
#include "fuzz.h"
#include "simulator/sim.h"

#define STEPS_MAX 100000u
#define TIME_MAX TCPR_S(24 * 3600) /* one-octet windows, probed for ever more rarely */
#define DICE_MAX 4096u

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    static struct world world; /* its buffers are megabytes; what they hold is never read before it is written */
    static const uint8_t none[1];
    const struct making making = {.seed = 1,
                                  .dice = len ? octets : none,
                                  .dice_count = len < DICE_MAX ? len : DICE_MAX,
                                  .total_bits = 11,
                                  .pause_bits = 18,
                                  .steps_max = STEPS_MAX,
                                  .time_max = TIME_MAX};
    world_run(&world, &making);
    digest_add(digest, &world.ends[0].c, sizeof world.ends[0].c);
    digest_add(digest, &world.ends[1].c, sizeof world.ends[1].c);
    digest_add(digest, &world.segments, sizeof world.segments);
    digest_add(digest, &world.now, sizeof world.now);
}
