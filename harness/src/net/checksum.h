/* The Internet checksum (RFC 1071) for all but TCP, which the engine sums itself. */
#ifndef NET_CHECKSUM_H
#define NET_CHECKSUM_H

#include "tcprove/segment.h"

/* Add octets to a sum that begins with 0. An odd number of them only at the end of a message. */
uint32_t checksum_add(uint32_t sum, const uint8_t *octets, size_t len);

/* Add the pseudo-header of RFC 8200 section 8.1. */
uint32_t checksum_add_pseudo_header(uint32_t sum, const struct tcpr_ip *ip, uint8_t protocol, size_t len);

/* What belongs in the checksum field; 0 where the field was summed too and was right. */
uint16_t checksum_end(uint32_t sum);

#endif
