/**
 * junit.h - results as JUnit XML, for the CI systems that read it: reports/junit.xsd says what stands where.
 *
 *     pass                                                a test case
 *     fail, deviation, unexpected pass, monitor's find    <failure>
 *     the same where an expectation file names it         <skipped>, with the reason: known, and not counted as passed
 *     skip                                                <skipped>
 *     error; inconclusive                                 <error>
 */
#ifndef REPORTS_JUNIT_H
#define REPORTS_JUNIT_H

#include "reports/report.h"

bool junit_render(FILE *out, const struct report *report);

#endif
