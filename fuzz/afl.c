/* AFL++'s persistent mode: one process, many inputs, handed over in shared memory. Compiled by afl-clang-fast alone. */
#include "fuzz.h"

#include <unistd.h>

#define INPUTS_A_PROCESS 100000

__AFL_FUZZ_INIT();

int main(void)
{
    __AFL_INIT();
    const uint8_t *octets = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(INPUTS_A_PROCESS)) {
        fuzz_run(octets, (size_t)__AFL_FUZZ_TESTCASE_LEN, NULL);
    }
    return 0;
}
