/**
 * ladder.h - the exchange of one run in text: the tester's lifeline left, the target's right, time downwards.
 *
 *         0.000000    |-- SEQ=100 CTL=SYN WND=65535 MSS=1460 -------->|
 *         0.000000    |<- SEQ=300 ACK=101 CTL=SYN,ACK WND=65535 ------|
 *         0.000000    |                                               |  SYN-RECEIVED
 *         0.200000 >> |<- SEQ=301 ACK=101 CTL=RST,ACK WND=0 ----------|
 */
#ifndef REPORTS_LADDER_H
#define REPORTS_LADDER_H

#include "reports/report.h"

/** One ladder; the entries the verdict hangs on carry ">>". Folds the fragment unless report->verbose. */
void ladder_write(FILE *out, const struct run_result *run, const struct report *report);

/** The renderer "ladder": every run's ladder under its name. */
bool ladder_render(FILE *out, const struct report *report);

#endif
