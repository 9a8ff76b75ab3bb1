/**
 * drawn.h - octets of a script to values, where scenario/decode.c and host/decode.c take them for the same.
 *
 * Every octet has a meaning, and an ordinary one is as likely as an extreme.
 */
#ifndef FUZZ_DRAWN_H
#define FUZZ_DRAWN_H

#include "tcprove/tcprove.h"

/** As many small as large ones, up to 8 KiB. */
uint32_t drawn_size(uint8_t octet);

/** Near, a few segments away, at another window, out of all bounds: by the scale's two lowest bits. */
int32_t drawn_delta(uint8_t octet, unsigned scale);

/** The window of a segment, by the three lowest bits. */
uint16_t drawn_window(uint8_t octet);

/** A stretch of time, by two octets. */
tcpr_time drawn_time(const uint8_t octets[2]);

/** A value that this setting may have, by two octets. */
uint64_t drawn_value(enum tcpr_setting setting, const uint8_t octets[2]);

#endif
