/* Moving over the text of a scalar. */
#include "expr.h"

#include <stdarg.h>

struct cursor cursor_begin(struct reader *r, const struct node *node)
{
    return (struct cursor){.r = r, .node = node, .at = node->text};
}

struct place cursor_place(const struct cursor *c)
{
    return tree_place(c->r, c->node, (size_t)(c->at - c->node->text));
}

void cursor_blanks(struct cursor *c)
{
    while (*c->at == ' ' || *c->at == '\t' || *c->at == '\n') {
        c->at++;
    }
}

bool cursor_end(struct cursor *c)
{
    cursor_blanks(c);
    return *c->at == '\0';
}

bool cursor_take(struct cursor *c, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(c->at, text, len) != 0) { return false; }
    c->at += len;
    return true;
}

static bool is_word(char c, const char *further)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c != '\0' && strchr(further, c));
}

const char *cursor_word(struct cursor *c, const char *further)
{
    const char *end = c->at;
    while (is_word(*end, further)) {
        end++;
    }
    if (end == c->at) { return NULL; }
    const char *word = arena_copy(c->r->arena, c->at, (size_t)(end - c->at));
    c->at = end;
    return word;
}

const char *cursor_shown(const struct cursor *c)
{
    size_t len = strcspn(c->at, "\n");
    if (len == 0) { return "the end"; }
    size_t shown = len > 24 ? 24 : len;
    while (shown < len && ((unsigned char)c->at[shown] & 0xc0) == 0x80) {
        shown++;
    }
    return arena_printf(c->r->arena, "'%.*s%s'", (int)shown, c->at, shown < len ? "..." : "");
}

void error_cursor(const struct cursor *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(c->r->arena, format, args);
    va_end(args);
    error_at(c->r, cursor_place(c), "%s", text);
}
