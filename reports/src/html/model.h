/**
 * html/model.h - the results of several targets joined: a spec has rows, a row has one run a target.
 */
#ifndef REPORTS_HTML_MODEL_H
#define REPORTS_HTML_MODEL_H

#include "harness/catalogue.h"
#include "reports/report.h"
#include "rules.h"

/** One cell of a spec's table over one IP version. */
struct html_row {
    const struct run_result **run; /* one a target; NULL where that target has none */
    const struct run_result *any;  /* the first that there is */
};

struct html_spec {
    const struct run_result *any;
    const struct html_row *row;
    size_t rows;
};

/** A rule of the catalogue, or one that a run names and the catalogue does not know. */
struct html_rule {
    const char *id;
    unsigned rfc;
    const struct catalogue_rule *entry;    /* or NULL */
    const struct rule_tally *const *tally; /* one a target; NULL where no run asked */
    bool asked;                            /* of some target */
};

struct html_model {
    struct arena arena; /* holds what follows */
    const struct report *report;
    struct html_spec *spec; /* as their names count */
    size_t specs;
    struct html_rule *rule; /* by RFC, level, then as their names count */
    size_t rules;
};

/** Join. To be freed with arena_free(&model->arena), before the report. */
void html_model_make(struct html_model *model, const struct report *report);

#endif
