/* RACK-TLP (RFC 8985): what its two files share. */
#ifndef TCPR_RACK_H
#define TCPR_RACK_H

#include "internal.h"

#pragma GCC visibility push(hidden)

struct tcpr_rack_vars *rack_vars(struct tcpr_conn *c);
const struct tcpr_rack_vars *rack_of(const struct tcpr_conn *c);
struct tcpr_record *record_at(struct tcpr_conn *c, unsigned n);
const struct tcpr_record *record_of(const struct tcpr_conn *c, unsigned n);
uint32_t record_first(const struct tcpr_conn *c, unsigned n); /* where it begins */
void drop_first_record(struct tcpr_conn *c);
void forget_records(struct tcpr_conn *c);

#pragma GCC visibility pop

#endif
