#include "drawn.h"

uint32_t drawn_size(uint8_t octet)
{
    return octet < 128 ? octet : (octet - 127u) * 64u;
}

int32_t drawn_delta(uint8_t octet, unsigned scale)
{
    static const int32_t units[4] = {1, 100, 1 << 14, 1 << 24};
    return (int8_t)octet * units[scale & 3];
}

uint16_t drawn_window(uint8_t octet)
{
    static const uint16_t windows[8] = {65535, 0, 1, 100, 1460, 4096, 16384, 2920};
    return windows[octet & 7];
}

tcpr_time drawn_time(const uint8_t octets[2])
{
    return (tcpr_time)(octets[1] + 1u) << (octets[0] % 36);
}

uint64_t drawn_value(enum tcpr_setting setting, const uint8_t octets[2])
{
    switch (setting) {
    case TCPR_SET_NODELAY:
    case TCPR_SET_KEEPALIVE:
    case TCPR_SET_CHANGEABLE_TIMEOUT:
    case TCPR_SET_CONTROLLER: return octets[0] & 1;
    case TCPR_SET_R2:
        if (octets[0] == 255) { return TCPR_NEVER; }
        break;
    case TCPR_SET_KEEPALIVE_IDLE:
    case TCPR_SET_KEEPALIVE_INTERVAL:
    case TCPR_SET_USER_TIMEOUT:
    case TCPR_SET_ADVERTISED_TIMEOUT: break;
    }
    return 1 + ((uint64_t)octets[0] << (octets[1] & 31));
}
