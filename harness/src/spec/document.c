/* A spec: its keys, in the order in which they depend on each other. */
#include "document.h"

static const struct key_form spec_keys[] = {
    {"title", true},       {"covers", true}, {"why", false}, {"given", false},
    {"parameters", false}, {"when", false},  {"ip", false},  {"steps", true},
};

static const struct key_form *form_of(const char *name, const struct key_form *form, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(form[i].name, name) == 0) { return &form[i]; }
    }
    return NULL;
}

#define FORMS_MAX 16u

static void unknown_key(struct reader *r, const struct node *key, const char *what, const struct key_form *form,
                        size_t count)
{
    const char *choice[FORMS_MAX];
    size_t choices = 0;
    for (size_t i = 0; i < count && i < FORMS_MAX; i++) {
        choice[choices++] = form[i].name;
    }
    error_node(r, key, "unknown key '%s' of %s; %s", key->text, what, meant(r, "keys", key->text, choice, choices));
}

bool keys_check(struct reader *r, const struct node *node, const char *what, const struct key_form *form, size_t count)
{
    if (node->kind != NODE_MAPPING) {
        error_node(r, node, "%s where the keys of %s belong: '%s: ...'", node_kind_name(node), what, form[0].name);
        return false;
    }
    bool right = true;
    for (const struct node *key = node->child; key; key = key->next) {
        if (form_of(key->text, form, count)) { continue; }
        unknown_key(r, key, what, form, count);
        right = false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!form[i].required || tree_get(node, form[i].name)) { continue; }
        error_node(r, node, "%s without `%s`; it is required", what, form[i].name);
        right = false;
    }
    return right;
}

static bool read_covers(struct reader *r, const struct node *node, struct spec *out)
{
    bool list = node->kind == NODE_SEQUENCE && node->count > 0;
    if (!list) {
        error_node(r, node, "%s where a list of rules belongs: [MUST-3]",
                   node->kind == NODE_SEQUENCE ? "an empty list" : node_kind_name(node));
        return false;
    }
    const char **covers = arena_array(r->arena, node->count, sizeof *covers);
    bool right = true;
    for (const struct node *item = node->child; item; item = item->next) {
        const char *id = rule_read(r, item);
        if (id) { covers[out->covers_count++] = id; }
        right = right && id;
    }
    out->covers = covers;
    return right;
}

/* A list of words, or one. Each sets its bit. */
static bool read_bits(struct reader *r, const struct node *node, const char *what, const char *const *word,
                      size_t count, unsigned *bits)
{
    const struct node *item = node->kind == NODE_SEQUENCE ? node->child : node;
    if (!item) { error_node(r, node, "an empty list; %s are %s and so on", what, word[0]); }
    bool right = item != NULL;
    for (; item; item = node->kind == NODE_SEQUENCE ? item->next : NULL) {
        const char *text = text_read(r, item, what);
        if (!text) { return false; }
        size_t i = 0;
        while (i < count && strcmp(word[i], text) != 0) {
            i++;
        }
        if (i < count) {
            *bits |= 1u << i;
            continue;
        }
        error_node(r, item, "unknown word '%s'; %s", text, meant(r, what, text, word, count));
        right = false;
    }
    return right;
}

static bool read_when(struct reader *r, const struct node *node, struct spec *out)
{
    static const char *const words[] = {"timestamps", "sack",        "wscale", "user-timeout",
                                        "ecn",        "accurate-ecn"}; /* in the order of enum spec_when's bits */
    return !node || read_bits(r, node, "options", words, 6, &out->when);
}

static bool read_ip(struct reader *r, const struct node *node, struct spec *out)
{
    static const char *const words[] = {"4", "6"};
    if (node) { return read_bits(r, node, "versions", words, 2, &out->ip); }
    out->ip = 3;
    return true;
}

static bool read_texts(struct reader *r, const struct node *root, struct spec *out)
{
    const struct node *why = tree_get(root, "why");
    out->title = text_read(r, tree_get(root, "title"), "a title");
    if (why) { out->why = text_read(r, why, "a reason"); }
    return out->title && (!why || out->why);
}

bool steps_need_application(const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum step_kind kind = step[i].kind;
        if (kind == STEP_CALL || kind == STEP_EVENT || kind == STEP_NO_EVENT) { return true; }
        if (steps_need_application(step[i].steps, step[i].step_count)) { return true; }
    }
    return false;
}

static void keep_parameters(struct reader *r, struct spec *out)
{
    out->cells = 1;
    out->parameter_count = r->parameters;
    out->parameter = arena_array(r->arena, r->parameters, sizeof *out->parameter);
    for (unsigned i = 0; i < r->parameters; i++) {
        out->parameter[i] = r->parameter[i];
        if (r->parameter[i].count) { out->cells *= r->parameter[i].count; }
    }
}

const char *const *variables_kept(struct reader *r)
{
    const char **name = arena_array(r->arena, r->variables, sizeof *name);
    if (r->variables) { memcpy(name, r->variable_name, r->variables * sizeof *name); }
    return name;
}

/* Parameters before given and steps, which use them. Each part is read, whatever the others held. */
static bool read_parts(struct reader *r, const struct node *root, struct spec *out)
{
    const struct node *parameters = tree_get(root, "parameters");
    bool right = read_texts(r, root, out);
    right = read_covers(r, tree_get(root, "covers"), out) && right;
    right = (!parameters || parameters_read(r, parameters)) && right;
    right = given_read(r, tree_get(root, "given"), &out->given) && right;
    right = read_when(r, tree_get(root, "when"), out) && right;
    right = read_ip(r, tree_get(root, "ip"), out) && right;
    struct steps steps = {0};
    right = steps_read(r, tree_get(root, "steps"), &steps) && right;
    out->step = steps.step;
    out->step_count = steps.count;
    return right;
}

static const char *name_of(struct reader *r, const char *file)
{
    size_t len = strlen(file);
    bool yaml = len > 5 && strcmp(file + len - 5, ".yaml") == 0;
    return arena_copy(r->arena, file, yaml ? len - 5 : len);
}

static void reader_begin(struct reader *r, struct suite *suite, const char *file, const char *octets, size_t len)
{
    memset(r, 0, offsetof(struct reader, variable));
    r->variables = r->parameters = 0;
    r->times = 1;
    r->in_fragment = r->in_parameters = r->nothing_known = false;
    memset(r->has_pattern, 0, sizeof r->has_pattern);
    r->suite = suite;
    r->arena = &suite->arena;
    r->file = arena_copy(&suite->arena, file, strlen(file));
    r->octets = octets;
    r->len = len;
}

const struct spec *spec_read_memory(struct suite *suite, const char *file, const char *octets, size_t len)
{
    struct reader r;
    reader_begin(&r, suite, file, octets, len);
    const struct node *root = tree_read(&r);
    if (!root || !keys_check(&r, root, "a spec", spec_keys, sizeof spec_keys / sizeof spec_keys[0])) { return NULL; }
    struct spec *spec = arena_alloc(r.arena, sizeof *spec);
    if (!read_parts(&r, root, spec)) { return NULL; }
    spec->path = r.file;
    spec->name = name_of(&r, r.file);
    spec->needs_application = steps_need_application(spec->step, spec->step_count);
    keep_parameters(&r, spec);
    spec->variable = variables_kept(&r);
    spec->variable_count = r.variables;
    return spec;
}

/* ---- Fragments ---- */

static const struct key_form fragment_keys[] = {{"reaches", true}, {"open", true}, {"from", false}, {"steps", true}};

static void add_fragment(struct reader *r, const struct fragment *fragment, bool active)
{
    struct suite *suite = r->suite;
    const struct fragment *before = suite_fragment(suite, fragment->state, active);
    if (before) {
        error_at(r, fragment->at, "%s by this open is reached by %s already; one fragment leads there", fragment->state,
                 before->path);
        return;
    }
    if (suite->fragment_count == suite->fragment_room) {
        size_t room = suite->fragment_room ? 2 * suite->fragment_room : 32;
        struct fragment **grown = arena_array(&suite->arena, room, sizeof *grown);
        if (suite->fragment_count) { memcpy(grown, suite->fragment, suite->fragment_count * sizeof *grown); }
        suite->fragment = grown;
        suite->fragment_room = room;
    }
    struct fragment *kept = arena_alloc(&suite->arena, sizeof *kept);
    *kept = *fragment;
    kept->active = active;
    suite->fragment[suite->fragment_count++] = kept;
}

static bool read_fragment(struct reader *r, const struct node *root, struct fragment *out, unsigned *opens)
{
    static const char *const words[] = {"passive", "active"};
    const struct node *from = tree_get(root, "from");
    int reaches = state_read(r, tree_get(root, "reaches"));
    int begins = from ? state_read(r, from) : TCPR_CLOSED;
    bool right = read_bits(r, tree_get(root, "open"), "opens", words, 2, opens);
    struct steps steps = {0};
    right = steps_read(r, tree_get(root, "steps"), &steps) && right;
    if (reaches < 0 || begins < 0 || !right) { return false; }
    *out = (struct fragment){.path = r->file, .step = steps.step, .step_count = steps.count};
    out->state = tcpr_state_name((enum tcpr_state)reaches);
    out->from = begins > TCPR_CLOSED ? tcpr_state_name((enum tcpr_state)begins) : NULL;
    out->needs_application = steps_need_application(steps.step, steps.count);
    out->variable = variables_kept(r);
    out->variable_count = r->variables;
    out->at = (struct place){r->file, root->line, root->column};
    return true;
}

bool fragment_read(struct suite *suite, const char *file, const char *octets, size_t len)
{
    struct reader r;
    reader_begin(&r, suite, file, octets, len);
    r.in_fragment = true;
    const struct node *root = tree_read(&r);
    if (!root || !keys_check(&r, root, "a fragment", fragment_keys, 4)) { return false; }
    struct fragment fragment;
    unsigned opens = 0;
    if (!read_fragment(&r, root, &fragment, &opens)) { return false; }
    for (unsigned active = 0; active < 2; active++) {
        if (opens >> active & 1u) { add_fragment(&r, &fragment, active); }
    }
    return r.errors == 0;
}
