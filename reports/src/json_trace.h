/**
 * json_trace.h - a trace as JSON.
 */
#ifndef REPORTS_JSON_TRACE_H
#define REPORTS_JSON_TRACE_H

#include "harness/result.h"

#include <jansson.h>

/** An array of entries. */
json_t *json_trace(struct arena *arena, const struct trace *trace);

/** A string of any octets, or null. */
json_t *json_text(struct arena *arena, const char *text);
/** A number; what JSON readers cannot hold (TCPR_NEVER) is null. */
json_t *json_time(tcpr_time time_us);
/** Take `value` into the object; out of memory ends the program, as with an arena. */
void json_put(json_t *object, const char *key, json_t *value);
void json_add(json_t *array, json_t *value);

#endif
