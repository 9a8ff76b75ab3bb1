#include "harness/expectation.h"

#include <fnmatch.h>
#include <string.h>

static bool matches(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text ? text : "", 0) == 0;
}

/* "default" of "default, cubic". */
static bool matches_profile(const char *pattern, const char *profile)
{
    char first[64] = "";
    size_t len = profile ? strcspn(profile, ", ") : 0;
    if (len < sizeof first) { memcpy(first, profile ? profile : "", len); }
    return matches(pattern, first);
}

static bool speaks_of(const struct expectation *entry, const char *profile, const struct run_result *run)
{
    return (entry->version == 0 || entry->version == run->version) && matches(entry->spec, run->name) &&
           matches(entry->cell, run->cell) && matches_profile(entry->profile, profile);
}

/* An inconclusive run, unlike the others, need not name a rule. */
static bool foresees_verdict(const struct expectation *entry, const struct run_result *run)
{
    if (entry->verdict != run->verdict) { return false; }
    return run->rule ? !strcmp(entry->rule, run->rule) : run->verdict == VERDICT_INCONCLUSIVE;
}

static bool mark_findings(const struct expectation *entry, struct run_result *run)
{
    bool any = false;
    for (size_t i = 0; i < run->finding_count; i++) {
        if (!run->finding[i].rule || strcmp(entry->rule, run->finding[i].rule) != 0) { continue; }
        run->finding[i].expectation = entry->reason;
        any = true;
    }
    return any;
}

void expectations_apply(struct expectations *expectations, const char *profile, struct run_result *run)
{
    const struct expectation *passed_by = NULL;
    bool foreseen = false;
    for (size_t i = 0; i < expectations->count; i++) {
        struct expectation *entry = &expectations->entry[i];
        if (!speaks_of(entry, profile, run)) { continue; }
        atomic_store(&entry->used, true);
        bool finding = mark_findings(entry, run);
        bool verdict = foresees_verdict(entry, run);
        if (verdict) { run->expectation = entry->reason; }
        foreseen = foreseen || finding || verdict;
        passed_by = passed_by ? passed_by : entry;
    }
    if (run->verdict != VERDICT_PASS || !passed_by || foreseen) { return; }
    run->unexpected_pass = true;
    run->expectation = passed_by->reason;
}

bool expectation_is_stale(const struct expectation *entry, const char *profile)
{
    return !atomic_load(&entry->used) && matches_profile(entry->profile, profile);
}
