#include "step.h"

#define CONNECTIONS 8u
#define TIMES_MAX 10000

/* Keys that may stand beside a verb. */
enum beside {
    WITHIN = 1,
    AFTER = 2, /* and since */
    AT = 4,
    ON = 8,
    FAILS = 16,
    BRANCH = 32 /* the step may be a branch of one_of */
};

static bool read_one_of(struct reader *r, const struct node *value, struct step *out);
static bool read_repeat(struct reader *r, const struct node *value, struct step *out);

static const struct verb {
    const char *name;
    enum step_kind kind;
    unsigned beside;
    read_verb *read;
} verbs[] = {
    {"inject", STEP_INJECT, AT | ON, read_inject},
    {"expect", STEP_EXPECT, WITHIN | AFTER | AT | ON | BRANCH, read_expect},
    {"call", STEP_CALL, AT | ON | FAILS, call_read},
    {"state", STEP_STATE, WITHIN | ON, read_state},
    {"event", STEP_EVENT, WITHIN | AFTER | AT | ON | BRANCH, event_read},
    {"no-event", STEP_NO_EVENT, ON, no_event_read},
    {"silence", STEP_SILENCE, BRANCH, read_silence},
    {"one_of", STEP_ONE_OF, 0, read_one_of},
    {"acked", STEP_ACKED, WITHIN | ON, read_acked},
    {"advance", STEP_ADVANCE, 0, read_advance},
    {"auto-ack", STEP_AUTO_ACK, ON, read_auto_ack},
    {"expect-text", STEP_EXPECT_TEXT, WITHIN | AFTER | AT | ON | BRANCH, read_expect_text},
    {"fence", STEP_FENCE, 0, read_fence},
    {"let", STEP_LET, 0, NULL},
    {"check", STEP_CHECK, 0, read_check},
    {"repeat", STEP_REPEAT, 0, read_repeat},
    {"raw", STEP_INJECT, AT | ON, read_raw},
};
#define VERBS (sizeof verbs / sizeof verbs[0])

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) == 0) { return &verbs[i]; }
    }
    return NULL;
}

/* ---- What stands beside the verb ---- */

static bool read_connection(struct reader *r, const struct node *value, struct step *out)
{
    const char *name = text_read(r, value, "a connection, a to h,");
    if (!name) { return false; }
    if (name[0] >= 'a' && name[0] < 'a' + (char)CONNECTIONS && name[1] == '\0') {
        out->connection = (unsigned)(name[0] - 'a');
        return true;
    }
    error_node(r, value, "unknown connection '%s'; they are a to h", name);
    return false;
}

static bool read_within(struct reader *r, const struct node *value, struct step *out)
{
    return (out->within = expr_read(r, value, VALUE_ONLY, TYPE_TIME)) != NULL;
}

static bool read_after(struct reader *r, const struct node *value, struct step *out)
{
    return (out->after = expr_read(r, value, RANGE_ALLOWED, TYPE_TIME)) != NULL;
}

static bool read_since(struct reader *r, const struct node *value, struct step *out)
{
    return (out->since = expr_read(r, value, VALUE_ONLY, TYPE_TIME)) != NULL;
}

static bool read_at(struct reader *r, const struct node *value, struct step *out)
{
    return (out->at = expr_read_bind(r, value, TYPE_TIME)) != NULL;
}

static bool read_rule(struct reader *r, const struct node *value, struct step *out)
{
    return (out->rule = rule_read(r, value)) != NULL;
}

static bool read_because(struct reader *r, const struct node *value, struct step *out)
{
    return (out->because = text_read(r, value, "a reason")) != NULL;
}

static bool read_fails(struct reader *r, const struct node *value, struct step *out)
{
    return switch_read(r, value, &out->call_fails);
}

static const struct sibling {
    const char *name;
    unsigned beside; /* 0: any verb */
    read_verb *read;
} siblings[] = {
    {"within", WITHIN, read_within}, {"after", AFTER, read_after}, {"since", AFTER, read_since}, {"rule", 0, read_rule},
    {"because", 0, read_because},    {"on", ON, read_connection},  {"fails", FAILS, read_fails}, {"at", AT, read_at},
};
#define SIBLINGS (sizeof siblings / sizeof siblings[0])

static const struct sibling *sibling_of(const char *name)
{
    for (size_t i = 0; i < SIBLINGS; i++) {
        if (strcmp(siblings[i].name, name) == 0) { return &siblings[i]; }
    }
    return NULL;
}

static const char *meant_sibling(struct reader *r, const char *name, const struct verb *verb)
{
    const char *choice[SIBLINGS];
    size_t count = 0;
    for (size_t i = 0; i < SIBLINGS; i++) {
        if (siblings[i].beside == 0 || (siblings[i].beside & verb->beside)) { choice[count++] = siblings[i].name; }
    }
    return meant(r, arena_printf(r->arena, "beside %s", verb->name), name, choice, count);
}

static bool check_keys(struct reader *r, const struct node *node, const struct verb *verb)
{
    bool right = true;
    for (const struct node *key = node->child; key; key = key->next) {
        const struct sibling *sibling = sibling_of(key->text);
        if (strcmp(key->text, verb->name) == 0) { continue; }
        if (!sibling && verb_of(key->text)) {
            error_node(r, key, "'%s' and '%s' in one step; begin a step of its own with '- %s:'", verb->name, key->text,
                       key->text);
        } else if (!sibling) {
            error_node(r, key, "unknown key '%s' beside %s; %s", key->text, verb->name,
                       meant_sibling(r, key->text, verb));
        } else if (sibling->beside && !(sibling->beside & verb->beside)) {
            error_node(r, key, "'%s' has no meaning beside %s; %s", key->text, verb->name, meant_sibling(r, "", verb));
        } else {
            continue;
        }
        right = false;
    }
    return right;
}

/* In the table's order, so that `at` binds last. */
static bool read_siblings(struct reader *r, const struct node *node, struct step *out)
{
    bool right = true;
    for (size_t i = 0; node->count > 1 && i < SIBLINGS; i++) {
        const struct node *value = tree_get(node, siblings[i].name);
        if (value && !siblings[i].read(r, value, out)) { right = false; }
    }
    if (!out->since || out->after) { return right; }
    error_node(r, node, "`since` without `after`; write after: 1 s..2 s beside it");
    return false;
}

/* ---- A step as written ---- */

static size_t copy_flat(char *out, const char *text, size_t len)
{
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        bool blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
        if (!blank) {
            out[written++] = text[i];
        } else if (written > 0 && out[written - 1] != ' ') {
            out[written++] = ' ';
        }
    }
    return written;
}

/* "expect: <SEQ=*> within: 200 ms": lists and mappings are left out. */
static const char *source_of(struct reader *r, const struct node *node)
{
    size_t room = 1;
    for (const struct node *key = node->child; key; key = key->next) {
        room += key->len + key->value->raw_len + 3;
    }
    char *source = arena_alloc(r->arena, room);
    size_t len = 0;
    for (const struct node *key = node->child; key; key = key->next) {
        if (len > 0) { source[len++] = ' '; }
        memcpy(source + len, key->text, key->len);
        len += key->len;
        source[len++] = ':';
        if (key->value->kind != NODE_SCALAR || key->value->len == 0) { continue; }
        source[len++] = ' ';
        len += copy_flat(source + len, key->value->raw, key->value->raw_len);
    }
    return source;
}

/* ---- Steps ---- */

static const struct verb *unknown_verb(struct reader *r, const struct node *node)
{
    const char *choice[VERBS];
    for (size_t i = 0; i < VERBS; i++) {
        choice[i] = verbs[i].name;
    }
    const struct node *key = node->child;
    if (node->kind == NODE_SCALAR && verb_of(node->text)) {
        error_node(r, node, "'%s' wants a colon behind it: - %s:", node->text, node->text);
    } else if (node->kind != NODE_MAPPING || !key) {
        error_node(r, node, "%s where a step belongs: - inject: <SEQ=...><CTL=...>", node_kind_name(node));
    } else if (sibling_of(key->text)) {
        error_node(r, key, "a step without a verb; '%s' stands beside one, such as expect", key->text);
    } else {
        error_node(r, key, "unknown step '%s'; %s", key->text, meant(r, "steps", key->text, choice, VERBS));
    }
    return NULL;
}

static const struct verb *find_verb(struct reader *r, const struct node *node)
{
    for (const struct node *key = node->child; node->kind == NODE_MAPPING && key; key = key->next) {
        const struct verb *verb = verb_of(key->text);
        if (verb) { return verb; }
    }
    return unknown_verb(r, node);
}

/* One step for each name of `let: {a: 1, b: 2}`. */
static bool read_let(struct reader *r, const struct node *node, struct step *out)
{
    const struct node *value = tree_get(node, "let");
    if (value->kind != NODE_MAPPING || value->count == 0) {
        error_node(r, value, "let takes names and values: {gap: t1-t0}");
        return false;
    }
    bool right = true;
    for (const struct node *key = value->child; key; key = key->next, out++) {
        out->kind = STEP_LET;
        out->place = (struct place){r->file, node->line, node->column};
        out->source = arena_printf(r->arena, "let: {%s: %s}", key->text, key->value->text ? key->value->text : "");
        out->value = expr_read(r, key->value, VALUE_ONLY, TYPE_ANY);
        out->variable = variable_named(r, key);
        struct place at = {r->file, key->line, key->column};
        enum value_type type = out->value ? out->value->type : TYPE_ANY;
        bool bound = out->variable < VARIABLES_MAX && variable_bind(r, at, out->variable, type);
        right = right && bound && out->value;
    }
    return right;
}

/* A step that could not be read still names what it would have bound, so that one mistake is one error. */
static void bind_blindly(struct reader *r, const struct node *node)
{
    for (const char *mark = node->text ? strchr(node->text, '?') : NULL; mark; mark = strchr(mark + 1, '?')) {
        struct cursor c = {.r = r, .node = node, .at = mark + 1};
        const char *name = cursor_word(&c, "");
        unsigned variable = name ? variable_of(r, name) : VARIABLES_MAX;
        if (variable < VARIABLES_MAX) { r->variable[variable].bound = true; }
    }
    if (node->value) { bind_blindly(r, node->value); }
    for (const struct node *child = node->child; child; child = child->next) {
        bind_blindly(r, child);
    }
}

static bool read_step(struct reader *r, const struct node *node, const struct verb *verb, struct step *out)
{
    out->kind = verb->kind;
    out->place = (struct place){r->file, node->line, node->column};
    out->source = source_of(r, node);
    bool right = check_keys(r, node, verb);
    if (!verb->read) { return read_let(r, node, out) && right; }
    if (!verb->read(r, tree_get(node, verb->name), out)) { right = false; }
    return read_siblings(r, node, out) && right;
}

static size_t count_steps(const struct node *list)
{
    size_t count = 0;
    for (const struct node *item = list->child; item; item = item->next) {
        const struct node *let = item->kind == NODE_MAPPING ? tree_get(item, "let") : NULL;
        count += let && let->kind == NODE_MAPPING && let->count > 0 ? let->count : 1;
    }
    return count;
}

static bool is_list(struct reader *r, const struct node *list)
{
    if (list->kind == NODE_SEQUENCE && list->count > 0) { return true; }
    error_node(r, list, "%s where a list of steps belongs: - inject: ...",
               list->kind == NODE_SEQUENCE ? "an empty list" : node_kind_name(list));
    return false;
}

bool steps_read(struct reader *r, const struct node *list, struct steps *out)
{
    if (!is_list(r, list)) { return false; }
    struct step *steps = arena_array(r->arena, count_steps(list), sizeof *steps), *next = steps;
    bool right = true;
    for (const struct node *item = list->child; item; item = item->next) {
        const struct verb *verb = find_verb(r, item);
        if (!verb || !read_step(r, item, verb, next)) {
            bind_blindly(r, item);
            right = false;
        }
        const struct node *let = verb && verb->kind == STEP_LET ? tree_get(item, "let") : NULL;
        next += let && let->kind == NODE_MAPPING && let->count > 0 ? let->count : 1;
    }
    *out = (struct steps){steps, (size_t)(next - steps)};
    return right;
}

static bool read_one_of(struct reader *r, const struct node *value, struct step *out)
{
    struct steps branches;
    if (!steps_read(r, value, &branches)) { return false; }
    out->steps = branches.step;
    out->step_count = branches.count;
    bool right = branches.count > 1;
    if (!right) { error_node(r, value, "one branch is no choice; name at least two"); }
    for (const struct node *item = value->child; item; item = item->next) {
        const struct verb *verb = find_verb(r, item);
        if (verb && (verb->beside & BRANCH)) { continue; }
        error_node(r, item, "%s is no branch; one_of chooses among expect, expect-text, event and silence",
                   verb ? verb->name : "this");
        right = false;
    }
    return right;
}

/* How often in all, as far as it is written: a spec must come to an end. A parameter counts by its largest number. */
static int64_t times_written(const struct reader *r, const struct expr *count)
{
    if (count->kind == EXPR_NUMBER) { return count->scale > 1 ? TIMES_MAX + 1 : count->number; }
    int64_t most = 1;
    const struct parameter *by = count->kind == EXPR_PARAMETER ? &r->parameter[count->parameter] : NULL;
    for (size_t i = 0; by && i < by->count; i++) {
        int64_t times = by->value[i]->kind == EXPR_NUMBER ? times_written(r, by->value[i]) : 1;
        most = times > most ? times : most;
    }
    return most;
}

static bool read_repeat(struct reader *r, const struct node *value, struct step *out)
{
    const struct node *times = value->kind == NODE_MAPPING ? tree_get(value, "times") : NULL;
    const struct node *steps = value->kind == NODE_MAPPING ? tree_get(value, "steps") : NULL;
    if (!times || !steps || value->count != 2) {
        error_node(r, value, "repeat takes times and steps, and nothing else: {times: 3, steps: [...]}");
        return false;
    }
    int64_t around = r->times;
    out->count = expr_read(r, times, VALUE_ONLY, TYPE_NUMBER);
    r->times *= out->count ? times_written(r, out->count) : 1;
    bool right = out->count && r->times <= TIMES_MAX;
    if (out->count && !right) {
        error_node(r, times, "%s times; a whole number, at most %d with the repeats around it, belongs here",
                   times->text, TIMES_MAX);
        r->times = 1; /* told once */
    }
    struct steps inner = {0};
    right = steps_read(r, steps, &inner) && right;
    r->times = around;
    out->steps = inner.step;
    out->step_count = inner.count;
    return right;
}
