/* Errors of the reader: where, what, and what would be right. */
#include "harness/nearest.h"
#include "tree.h"

#include <stdarg.h>

#define TEXT_MAX 400u

static void keep(struct reader *r, struct place at, const char *text)
{
    struct suite *suite = r->suite;
    if (suite->error_count == suite->error_room) {
        size_t room = suite->error_room ? 2 * suite->error_room : 16;
        struct spec_error *error = arena_array(&suite->arena, room, sizeof *error);
        if (suite->error_count) { memcpy(error, suite->error, suite->error_count * sizeof *error); }
        suite->error = error;
        suite->error_room = room;
    }
    suite->error[suite->error_count++] = (struct spec_error){.at = at, .text = text};
}

/* What a file holds may be long; an error is one line that can be read. */
static const char *shortened(struct reader *r, const char *text)
{
    size_t len = TEXT_MAX;
    if (strlen(text) <= TEXT_MAX) { return text; }
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
        len--;
    }
    return arena_printf(r->arena, "%.*s...", (int)len, text);
}

static void note(struct reader *r, struct place at, const char *format, va_list args)
{
    if (r->errors++ < ERRORS_MAX) { keep(r, at, shortened(r, arena_vprintf(r->arena, format, args))); }
}

void error_at(struct reader *r, struct place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(r, at, format, args);
    va_end(args);
}

void error_node(struct reader *r, const struct node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(r, (struct place){r->file, node->line, node->column}, format, args);
    va_end(args);
}

const char *meant(struct reader *r, const char *what, const char *word, const char *const *choice, size_t count)
{
    /* Of a word of one letter every other is a neighbour. */
    const char *near = strlen(word) > 1 ? nearest_word(word, choice, count) : NULL;
    if (near) { return arena_printf(r->arena, "did you mean '%s'?", near); }
    const char *all = "";
    for (size_t i = 0; i < count; i++) {
        all = arena_printf(r->arena, "%s%s%s", all, i ? ", " : "", choice[i]);
    }
    return arena_printf(r->arena, "%s are %s", what, all);
}

unsigned variable_find(const struct reader *r, const char *name)
{
    for (unsigned i = 0; i < r->variables; i++) {
        if (strcmp(r->variable_name[i], name) == 0) { return i; }
    }
    return VARIABLES_MAX;
}

unsigned variable_of(struct reader *r, const char *name)
{
    unsigned at = variable_find(r, name);
    if (at < VARIABLES_MAX || r->variables == VARIABLES_MAX) { return at; }
    r->variable[r->variables] = (struct variable){TYPE_ANY, false};
    r->variable_name[r->variables] = name;
    return r->variables++;
}
