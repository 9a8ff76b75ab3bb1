/* Values in words, for failures and traces. */
#include "harness/eval.h"
#include "tcprove/segment.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    unsigned bit;
    const char *name;
} controls[] = {
    {TCPR_SYN, "SYN"}, {TCPR_FIN, "FIN"}, {TCPR_RST, "RST"}, {TCPR_PSH, "PSH"}, {TCPR_ACK, "ACK"},
    {TCPR_URG, "URG"}, {TCPR_ECE, "ECE"}, {TCPR_CWR, "CWR"}, {TCPR_AE, "AE"},
};

static size_t put_word(char *at, const char *word)
{
    size_t len = strlen(word);
    memcpy(at, word, len);
    return len;
}

const char *control_text(unsigned control, struct arena *arena)
{
    char words[72];
    size_t len = 0;
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if ((control & controls[i].bit) == 0) { continue; }
        if (len != 0) { words[len++] = ','; }
        len += put_word(words + len, controls[i].name);
    }
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if ((control >> CONTROL_ABSENT_SHIFT & controls[i].bit) == 0) { continue; }
        if (len != 0) { words[len++] = ','; }
        words[len++] = '!';
        len += put_word(words + len, controls[i].name);
    }
    return len ? arena_copy(arena, words, len) : "none";
}

static const char *amount_text(const struct value *v, struct arena *arena)
{
    if (v->scale == 1) { return arena_printf(arena, "%" PRId64, v->number); }
    return arena_printf(arena, "%.6g", (double)v->number / (double)v->scale);
}

static const char *time_text(const struct value *v, struct arena *arena)
{
    double us = (double)v->number / (double)v->scale;
    if (us >= 1e6 || us <= -1e6) { return arena_printf(arena, "%.6g s", us / 1e6); }
    if (us >= 1e3 || us <= -1e3) { return arena_printf(arena, "%.6g ms", us / 1e3); }
    return arena_printf(arena, "%.6g us", us);
}

#define TEXT_SHOWN 40u

static const char *text_text(const struct value *v, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char shown[4 * TEXT_SHOWN];
    size_t len = 0;
    for (size_t i = 0; i < v->text_len && i < TEXT_SHOWN; i++) {
        uint8_t octet = v->text[i];
        if (octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\') {
            shown[len++] = (char)octet;
            continue;
        }
        char escape[4] = {'\\', 'x', digits[octet >> 4], digits[octet & 15]};
        memcpy(shown + len, escape, sizeof escape);
        len += sizeof escape;
    }
    if (v->text_len <= TEXT_SHOWN) { return arena_printf(arena, "\"%.*s\"", (int)len, shown); }
    return arena_printf(arena, "\"%.*s\"... (%zu octets)", (int)len, shown, v->text_len);
}

const char *value_text(const struct value *v, struct arena *arena)
{
    switch (v->type) {
    case TYPE_NUMBER: return amount_text(v, arena);
    case TYPE_SEQUENCE: return arena_printf(arena, "%" PRIu32, (uint32_t)v->number);
    case TYPE_TIME: return time_text(v, arena);
    case TYPE_FLAGS: return control_text((unsigned)v->number, arena);
    case TYPE_TEXT: return text_text(v, arena);
    case TYPE_STATE: return tcpr_state_name((enum tcpr_state)v->number);
    case TYPE_ANY: return "nothing";
    }
    return "?";
}

const char *expr_text(struct evaluator *e, const struct expr *expr, struct arena *arena)
{
    const struct expr *resolved = expr_resolved(e, expr);
    if (!resolved) { return "?"; }
    const char *source = resolved->source ? resolved->source : resolved->name ? resolved->name : "?";
    if (resolved->kind == EXPR_RANGE) {
        struct value low, high;
        if (!evaluate(e, resolved->left, &low) || !evaluate(e, resolved->right, &high)) { return source; }
        const char *range = arena_printf(arena, "%s..%s", value_text(&low, arena), value_text(&high, arena));
        return strcmp(range, source) == 0 ? source : arena_printf(arena, "%s = %s", source, range);
    }
    struct value v;
    if (resolved->kind == EXPR_ANY || resolved->kind == EXPR_BIND || !evaluate(e, resolved, &v)) { return source; }
    const char *value = value_text(&v, arena);
    bool same = !resolved->source || strcmp(value, source) == 0;
    return same ? value : arena_printf(arena, "%s = %s", source, value);
}
