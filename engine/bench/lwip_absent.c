/* In the place of lwip.c where there is no liblwip-dev. */
#include "bench.h"

bool lwip_begin(void)
{
    return false;
}

double lwip_bulk_ns(uint32_t segments)
{
    (void)segments;
    return 0;
}

double lwip_churn_ns(uint32_t burst, uint32_t count)
{
    (void)burst;
    (void)count;
    return 0;
}

double lwip_ping_pong_ns(uint32_t connections, uint32_t burst, uint32_t rounds)
{
    (void)connections;
    (void)burst;
    (void)rounds;
    return 0;
}

uint32_t lwip_connection_octets(void)
{
    return 0;
}
