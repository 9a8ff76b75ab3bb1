#include "json.h"

#include "json_trace.h"
#include "rules.h"

#include <math.h>

static json_t *covered(struct arena *arena, const struct run_result *run)
{
    json_t *array = json_array();
    for (size_t i = 0; i < run->covers_count; i++) {
        json_add(array, json_text(arena, run->covers[i]));
    }
    return array;
}

static json_t *differences(struct arena *arena, const struct run_result *run)
{
    json_t *array = json_array();
    for (size_t i = 0; i < run->difference_count; i++) {
        const struct field_difference *difference = &run->difference[i];
        json_t *object = json_object();
        json_put(object, "field", json_text(arena, difference->field));
        json_put(object, "expected", json_text(arena, difference->expected ? difference->expected : ""));
        json_put(object, "got", json_text(arena, difference->got ? difference->got : ""));
        json_put(object, "differs", json_boolean(difference->differs));
        json_add(array, object);
    }
    return array;
}

static json_t *findings(struct arena *arena, const struct run_result *run)
{
    json_t *array = json_array();
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct finding *finding = &run->finding[i];
        json_t *object = json_object();
        json_put(object, "rule", json_text(arena, finding->rule));
        json_put(object, "level", json_string(rule_level_name(finding->level)));
        json_put(object, "text", json_text(arena, finding->text));
        json_put(object, "entry", json_integer((json_int_t)finding->entry));
        json_put(object, "expectation", json_text(arena, finding->expectation));
        json_add(array, object);
    }
    return array;
}

static json_t *repetitions(const struct run_result *run)
{
    if (run_repetitions(run) == 0) { return json_null(); }
    json_t *object = json_object();
    for (unsigned i = 0; i < VERDICTS; i++) {
        json_put(object, verdict_name((enum verdict)i), json_integer(run->repeated[i]));
    }
    return object;
}

static json_t *one_run(struct arena *arena, const struct run_result *run)
{
    json_t *object = json_object();
    json_put(object, "name", json_text(arena, run->name));
    json_put(object, "cell", json_text(arena, run->cell ? run->cell : ""));
    json_put(object, "ip", json_integer(run->version));
    json_put(object, "verdict", json_string(verdict_name(run->verdict)));
    json_put(object, "rule", json_text(arena, run->rule));
    json_put(object, "level", json_string(rule_level_name(run->level)));
    json_put(object, "reason", json_text(arena, run->reason ? run->reason : ""));
    json_put(object, "unexpected", json_boolean(run_is_unexpected(run)));
    json_put(object, "unexpected_pass", json_boolean(run->unexpected_pass));
    json_put(object, "expectation", json_text(arena, run->expectation));
    json_put(object, "title", json_text(arena, run->title));
    json_put(object, "spec", json_text(arena, run->spec));
    json_put(object, "covers", covered(arena, run));
    json_put(object, "file", json_text(arena, run->file));
    json_put(object, "line", run->line ? json_integer(run->line) : json_null());
    json_put(object, "step", json_text(arena, run->step));
    json_put(object, "difference", differences(arena, run));
    json_put(object, "findings", findings(arena, run));
    json_put(object, "took_us", json_time(run->took_us));
    json_put(object, "late_us", json_time(run->late_us));
    json_put(object, "attempts", json_integer(run->attempts));
    json_put(object, "set_aside", json_text(arena, run->set_aside));
    json_put(object, "repeated", repetitions(run));
    json_put(object, "trace", json_trace(arena, &run->trace));
    return object;
}

static json_t *verdict_counts(const struct suite_result *suite)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < VERDICTS; i++) {
        json_put(object, verdict_name((enum verdict)i), json_integer((json_int_t)suite->by_verdict[i]));
    }
    return object;
}

static json_t *rules(struct arena *arena, const struct suite_result *suite)
{
    json_t *array = json_array();
    struct rule_tally *tally = NULL;
    size_t count = rules_tally(arena, suite, &tally);
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();
        json_put(object, "rule", json_text(arena, tally[i].rule));
        json_put(object, "rfc", tally[i].rfc ? json_integer(tally[i].rfc) : json_null());
        json_put(object, "status", json_string(rule_status_name(tally[i].status)));
        json_put(object, "expected", json_boolean(tally[i].expected));
        json_put(object, "runs", json_integer((json_int_t)tally[i].runs));
        json_put(object, "summary", json_text(arena, rule_summary(tally[i].rule)));
        json_add(array, object);
    }
    return array;
}

static json_t *sums(struct arena *arena, const struct suite_result *suite)
{
    json_t *object = json_object();
    json_put(object, "target", json_text(arena, suite->target));
    json_put(object, "profile", json_text(arena, suite->profile ? suite->profile : ""));
    json_put(object, "tcprove_version", json_text(arena, suite->tcprove_version));
    json_put(object, "began", json_text(arena, suite->began));
    json_put(object, "wall_s", json_real(isfinite(suite->wall_s) ? suite->wall_s : 0));
    json_put(object, "outcome", json_string(suite_outcome_name(suite_outcome(suite))));
    json_put(object, "interrupted", json_boolean(suite->interrupted));
    json_put(object, "unexpected", json_integer((json_int_t)suite->unexpected));
    json_put(object, "undecided", json_integer((json_int_t)suite->undecided));
    json_put(object, "by_verdict", verdict_counts(suite));
    json_put(object, "rules", rules(arena, suite));
    return object;
}

/* Dumped without the braces where `flags` say so, so that "runs" can follow. */
static bool dump(FILE *out, json_t *value, size_t flags)
{
    bool good = json_dumpf(value, out, flags | JSON_COMPACT) == 0;
    json_decref(value);
    return good;
}

static bool write_target(FILE *out, const struct suite_result *suite)
{
    struct arena arena = {0};
    fputs("{", out);
    bool good = dump(out, sums(&arena, suite), JSON_EMBED);
    fputs(",\"runs\":[", out);
    for (size_t i = 0; i < suite->count && good; i++) {
        fputs(i ? ",\n" : "\n", out);
        good = dump(out, one_run(&arena, suite->run[i]), 0);
        arena_reset(&arena);
    }
    fputs("\n]}", out);
    arena_free(&arena);
    return good;
}

bool json_render(FILE *out, const struct report *report)
{
    bool good = true;
    fputs("{\"format\":\"tcprove-report\",\"format_version\":1,\"targets\":[", out);
    for (size_t i = 0; i < report->count && good; i++) {
        fputs(i ? ",\n" : "\n", out);
        good = write_target(out, report->suite[i]);
    }
    fputs("\n]}\n", out);
    return good && !ferror(out);
}
