#include "results.h"

#include "command.h"

#include <jansson.h>
#include <string.h>

static const char *copy(struct arena *arena, const json_t *text)
{
    return arena_copy(arena, json_string_value(text), json_string_length(text));
}

static bool read_rule(struct arena *arena, const json_t *object, struct result_rule *rule)
{
    const json_t *name = json_object_get(object, "rule"), *status = json_object_get(object, "status");
    if (!json_is_string(name) || !json_is_string(status)) { return false; }
    *rule =
        (struct result_rule){copy(arena, name), copy(arena, status), json_is_true(json_object_get(object, "expected"))};
    return true;
}

static bool read_target(struct arena *arena, const json_t *object, struct result_target *target)
{
    const json_t *name = json_object_get(object, "target"), *rules = json_object_get(object, "rules");
    if (!json_is_string(name) || !json_is_array(rules)) { return false; }
    struct result_rule *rule = arena_array(arena, json_array_size(rules) + 1, sizeof *rule);
    *target = (struct result_target){copy(arena, name), rule, json_array_size(rules)};
    for (size_t i = 0; i < target->count; i++) {
        if (!read_rule(arena, json_array_get(rules, i), &rule[i])) { return false; }
    }
    return true;
}

static bool add(struct arena *arena, const json_t *object, struct results *results)
{
    if (results->count == results->room) {
        size_t room = 2 * results->room + 4;
        struct result_target *more = arena_array(arena, room, sizeof *more);
        if (results->count) { memcpy(more, results->target, results->count * sizeof *more); }
        results->target = more;
        results->room = room;
    }
    return read_target(arena, object, &results->target[results->count++]);
}

static bool read_report(struct arena *arena, const json_t *root, struct results *results)
{
    const json_t *format = json_object_get(root, "format"), *targets = json_object_get(root, "targets");
    bool good = json_is_string(format) && !strcmp(json_string_value(format), "tcprove-report");
    if (!good || !json_is_array(targets)) { return false; }
    for (size_t i = 0; i < json_array_size(targets); i++) {
        if (!add(arena, json_array_get(targets, i), results)) { return false; }
    }
    return true;
}

bool results_read(struct arena *arena, const char *file, struct results *results)
{
    json_error_t error;
    json_t *root = json_load_file(file, 0, &error);
    if (!root) {
        if (error.line < 1) { complain("%s", error.text); }
        if (error.line >= 1) { complain("%s:%d:%d: %s", file, error.line, error.column, error.text); }
        return false;
    }
    bool good = read_report(arena, root, results);
    if (!good) { complain("%s: this is no report of tcprove's; 'tcprove run --report json:FILE' writes one", file); }
    json_decref(root);
    return good;
}

const struct result_rule *results_find(const struct result_target *target, const char *rule)
{
    for (size_t i = 0; i < target->count; i++) {
        if (!strcmp(target->rule[i].rule, rule)) { return &target->rule[i]; }
    }
    return NULL;
}
