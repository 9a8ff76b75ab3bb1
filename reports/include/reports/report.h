/**
 * reports/report.h - says what a run of a suite found: on a terminal, in a browser, to other programs.
 *
 * A renderer turns results into octets on a stream and does nothing else; report_write() alone opens files. Whatever
 * a spec or a target wrote is shown with its control characters escaped, so no report can drive a terminal.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "harness/result.h"

#include <stdio.h>

/** What is reported, and how. */
struct report {
    const struct suite_result *const *suite; /* one a target, in the order asked for */
    size_t count;
    bool color;   /* ANSI colours; for a terminal only */
    bool explain; /* the target's own reasons in the ladders, and a ladder for every run */
    bool verbose; /* every run by name, no part of a ladder folded */
    bool quiet;   /* the last line of each target and nothing else */
};

/** A format. Renderers keep no state: the same report gives the same octets. */
struct renderer {
    const char *name;    /* as in --report NAME:FILE */
    const char *summary; /* one line for --help */
    /** @return false when the stream failed; errno tells why. */
    bool (*write)(FILE *out, const struct report *report);
    bool explains; /* shows the target's own reasons, so the runs are to ask for them */
};

/** The renderer of that name, or NULL. */
const struct renderer *renderer_find(const char *name);
/** The n-th renderer, or NULL after the last: "terminal", "html", "json" ... */
const struct renderer *renderer_at(size_t n);

/**
 * Write a report to a file, whole or not at all: under a temporary name beside it, then renamed. "-" is stdout.
 *
 * @return NULL, or why it could not be written, until the next failure of the C library changes it (strerror).
 */
const char *report_write(const struct renderer *renderer, const char *file, const struct report *report);

/** How far a suite has come, for the line that a terminal shows meanwhile. */
struct progress {
    const char *target;
    unsigned repetition, repetitions; /* the suite's, counted from 1 */
    size_t done, total;
    size_t unexpected; /* so far */
    size_t running;
    double elapsed_s;
};
/** Rewrite the one line. */
void progress_show(FILE *out, const struct progress *progress, bool color);
/** Wipe it, before anything else is written. */
void progress_clear(FILE *out);

#endif
