#include "reports/text.h"

#include <stdint.h>
#include <string.h>

/* How many octets the lead octet announces, and the smallest code point that needs that many. */
static size_t announced(uint8_t lead, uint32_t *smallest, uint32_t *bits)
{
    if (lead < 0x80) {
        *smallest = 0, *bits = lead;
        return 1;
    }
    if ((lead & 0xE0) == 0xC0) {
        *smallest = 0x80, *bits = lead & 0x1Fu;
        return 2;
    }
    if ((lead & 0xF0) == 0xE0) {
        *smallest = 0x800, *bits = lead & 0x0Fu;
        return 3;
    }
    if ((lead & 0xF8) == 0xF0) {
        *smallest = 0x10000, *bits = lead & 0x07u;
        return 4;
    }
    return 0;
}

/* Octets of the character at `at`, 0 where there is none: overlong forms and surrogates are none. */
static size_t decode(const uint8_t *at, size_t left, uint32_t *code)
{
    uint32_t smallest = 0;
    size_t len = announced(at[0], &smallest, code);
    if (len == 0 || len > left) { return 0; }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) { return 0; }
        *code = *code << 6 | (at[i] & 0x3Fu);
    }
    bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < smallest || *code > 0x10FFFF || surrogate ? 0 : len;
}

/* Controls, and the invisible characters that reorder or hide what stands beside them. */
static bool is_hazardous(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C || code == 0x180E ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) ||
           code >= 0xE0000;
}

static size_t escape(char *out, uint32_t code)
{
    static const char short_form[][2] = {{'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};
    for (size_t i = 0; i < sizeof short_form / sizeof *short_form; i++) {
        if (code == (uint8_t)short_form[i][0]) {
            out[0] = '\\', out[1] = short_form[i][1];
            return 2;
        }
    }
    return (size_t)snprintf(out, 12, code < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)code);
}

static const char *clean(struct arena *arena, const uint8_t *in, size_t len, bool controls_too)
{
    char *text =
        arena_array(arena, len + 3, 4); /* no escape is longer than four times what it stands for, and a zero */
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        uint32_t code = 0;
        size_t octets = decode(in + i, len - i, &code);
        if (octets == 0) {
            used += (size_t)snprintf(text + used, 5, "\\x%02x", in[i]);
        } else if (controls_too && is_hazardous(code)) {
            used += escape(text + used, code);
        } else {
            memcpy(text + used, in + i, octets);
            used += octets;
        }
        i += octets ? octets : 1;
    }
    text[used] = 0;
    return text;
}

const char *text_safe_octets(struct arena *arena, const void *octets, size_t len)
{
    return clean(arena, octets, len, true);
}

const char *text_safe(struct arena *arena, const char *text)
{
    return text ? text_safe_octets(arena, text, strlen(text)) : "";
}

const char *text_utf8(struct arena *arena, const char *text)
{
    return text ? clean(arena, (const uint8_t *)text, strlen(text), false) : "";
}

size_t text_columns(const char *safe)
{
    size_t columns = 0;
    for (; *safe; safe++) {
        columns += ((uint8_t)*safe & 0xC0) != 0x80;
    }
    return columns;
}

void text_fill(FILE *out, char c, size_t n)
{
    while (n-- > 0) {
        fputc(c, out);
    }
}

void text_pad(FILE *out, const char *safe, size_t columns)
{
    size_t taken = text_columns(safe);
    fputs(safe, out);
    text_fill(out, ' ', columns > taken ? columns - taken : 0);
}

const char *style_begin(bool color, enum style style)
{
    if (!color) { return ""; }
    switch (style) {
    case STYLE_GOOD: return "\033[32m";
    case STYLE_BAD: return "\033[1;31m";
    case STYLE_WARN: return "\033[33m";
    case STYLE_FAINT: return "\033[2m";
    case STYLE_STRONG: return "\033[1m";
    }
    return "";
}

const char *style_end(bool color)
{
    return color ? "\033[0m" : "";
}
