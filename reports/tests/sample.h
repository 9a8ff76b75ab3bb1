/**
 * sample.h - results made by hand, for the renderers' tests.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "reports/report.h"

/** A run that failed in its third segment, with a fragment before and two connections nowhere. */
struct run_result *sample_failure(void);
/** A run with that verdict and no trace; name and reason as given. */
struct run_result *sample_run(const char *name, enum verdict verdict, const char *rule, const char *reason);
void sample_free(struct run_result *run);

/** A suite of these runs, counted. */
struct suite_result sample_suite(struct run_result **run, size_t count);

/** What a renderer writes, to be freed. */
char *sample_render(const char *renderer, const struct suite_result *suite, const struct report *how);

#endif
