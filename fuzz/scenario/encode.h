/** encode.h - inputs of a connection back to the octets of a scenario, as near as these can say it. */
#ifndef FUZZ_ENCODE_H
#define FUZZ_ENCODE_H

#include "scenario.h"

/** A segment, told from where the stage's connection stands. Lengths, windows and sizes become the nearest there is. */
void encode_segment(const struct stage *stage, const struct tcpr_segment *segment, uint8_t out[SCENARIO_EVENT]);
void encode_time(tcpr_time us, uint8_t out[SCENARIO_EVENT]);
/** SEND or RECEIVE of so many octets, or an event that has no amount. */
void encode_call(enum event_kind kind, uint32_t amount, bool urgent, uint8_t out[SCENARIO_EVENT]);
void encode_icmp(const struct stage *stage, const struct tcpr_icmp *icmp, uint8_t out[SCENARIO_EVENT]);

#endif
