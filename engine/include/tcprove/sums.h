/**
 * tcprove/sums.h - the codec with sums and copies of the caller's choice.
 *
 * Half of what a full segment costs is its checksum and its copy. tcpr_sum and tcpr_copy_and_sum do them with the
 * instructions every machine has; tcprove/sums_best.h, outside the engine, finds what this processor has beyond them. A
 * network card that sums by itself is another choice (tcpr_segment_parse_verified).
 */
#ifndef TCPROVE_SUMS_H
#define TCPROVE_SUMS_H

#include "tcprove/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A sum is one of the octets' 16-bit words as they stand in memory, in the machine's own byte order, an odd last octet
 * followed by 0. It may stand for any number that is the same modulo 65535 and below 2^63, but is 0 only when all
 * octets are. Octets may stand at any address.
 */
struct tcpr_sums {
    uint64_t (*sum)(const uint8_t *octets, size_t len);
    uint64_t (*copy)(uint8_t *to, const uint8_t *from, size_t len); /* memcpy, and the sum of what was copied */
};

/** The two by instructions that every machine has. */
uint64_t tcpr_sum(const uint8_t *octets, size_t len);
uint64_t tcpr_copy_and_sum(uint8_t *to, const uint8_t *from, size_t len);

/** tcpr_checksum of `len` octets of which the sum is known. */
uint16_t tcpr_checksum_of(uint64_t sum, size_t len, const struct tcpr_ip *ip);

/** As tcpr_segment_parse and tcpr_segment_emit, which use tcpr_sum and tcpr_copy_and_sum. */
enum tcpr_parse tcpr_segment_parse_by(const struct tcpr_sums *sums, const uint8_t *octets, size_t len,
                                      const struct tcpr_ip *ip, struct tcpr_segment *out);
size_t tcpr_segment_emit_by(const struct tcpr_sums *sums, const struct tcpr_segment *seg, const struct tcpr_ip *ip,
                            const uint8_t *text, uint8_t *out);

#ifdef __cplusplus
}
#endif
#endif
