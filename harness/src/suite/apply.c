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

/* "6.18.0" of "Linux 6.18.0"; "" where there is none. */
static const char *version_in(const char *target)
{
    for (const char *c = target; *c; c++) {
        bool begins = *c >= '0' && *c <= '9' && (c == target || c[-1] == ' ' || c[-1] == 'v');
        if (begins) { return c; }
    }
    return "";
}

/* One of ">= 6.1, < 6.9". The reader has checked its form. */
static bool holds(const char *condition, size_t len, const char *version)
{
    char bound[64] = "";
    size_t sign = strspn(condition, "<>="), gap = sign + strspn(condition + sign, " ");
    if (len > gap && len - gap < sizeof bound) { memcpy(bound, condition + gap, len - gap); }
    int order = strverscmp(version, bound);
    bool equal = order == 0 && memchr(condition, '=', sign);
    return equal || (order < 0 && condition[0] == '<') || (order > 0 && condition[0] == '>');
}

static bool all_hold(const char *conditions, const char *target)
{
    char version[64] = "";
    const char *begin = version_in(target);
    size_t digits = strspn(begin, "0123456789."); /* "6.18.0" of "6.18.0-4-amd64" */
    if (digits < sizeof version) { memcpy(version, begin, digits); }
    bool good = digits > 0;
    while (good && *conditions) {
        size_t len = strcspn(conditions, ",");
        good = holds(conditions, len, version);
        conditions += len;
        conditions += strspn(conditions, ", ");
    }
    return good;
}

void expectations_narrow(struct expectations *expectations, const char *target)
{
    for (size_t i = 0; i < expectations->count; i++) {
        struct expectation *entry = &expectations->entry[i];
        entry->idle =
            !matches(entry->target, target) || (entry->target_version && !all_hold(entry->target_version, target));
    }
}

bool expectation_speaks_of(const struct expectation *entry, const char *profile, const struct run_result *run)
{
    return !entry->idle && (entry->version == 0 || entry->version == run->version) && matches(entry->spec, run->name) &&
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
        if (!expectation_speaks_of(entry, profile, run)) { continue; }
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
    return !entry->idle && !atomic_load(&entry->used) && matches_profile(entry->profile, profile);
}
