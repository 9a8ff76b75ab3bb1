/* Numbers, times, text and control bits. */
#include "expr.h"

const struct expr *expr_constant(struct reader *r, struct place at, enum expr_kind kind, int64_t number,
                                 const char *source)
{
    static const enum value_type types[] = {
        [EXPR_NUMBER] = TYPE_NUMBER, [EXPR_TIME] = TYPE_TIME, [EXPR_FLAGS] = TYPE_FLAGS, [EXPR_STATE] = TYPE_STATE};
    struct expr *expr = arena_alloc(r->arena, sizeof *expr);
    *expr = (struct expr){.kind = kind, .type = types[kind], .number = number, .scale = 1, .source = source, .at = at};
    return expr;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    if (c >= 'A' && c <= 'F') { return c - 'A' + 10; }
    return -1;
}

/* One octet of an escape after the backslash, or -1. */
static int escaped(struct cursor *c)
{
    static const char letters[] = "nrt0\"\\", octets[] = "\n\r\t\0\"\\";
    const char *letter = *c->at ? strchr(letters, *c->at) : NULL;
    if (letter) {
        c->at++;
        return octets[letter - letters];
    }
    if (*c->at != 'x' || hex_digit(c->at[1]) < 0 || hex_digit(c->at[2]) < 0) { return -1; }
    int octet = hex_digit(c->at[1]) << 4 | hex_digit(c->at[2]);
    c->at += 3;
    return octet;
}

const struct expr *expr_parse_text(struct cursor *c)
{
    struct cursor begin = *c;
    size_t room = strlen(c->at), len = 0;
    const char *close = strpbrk(c->at + 1, "\"\\");
    if (close && *close == '"') { room = (size_t)(close - c->at); }
    char *text = arena_alloc(c->r->arena, room + 1);
    for (c->at++; *c->at != '"';) {
        if (*c->at == '\0') {
            error_cursor(&begin, "text without its closing '\"'; write \"...\"");
            return NULL;
        }
        int octet = (unsigned char)*c->at++;
        if (octet == '\\' && (octet = escaped(c)) < 0) {
            c->at--;
            error_cursor(c, "unknown escape; there are \\n \\r \\t \\0 \\\" \\\\ and \\xHH");
            return NULL;
        }
        text[len++] = (char)octet;
    }
    c->at++;
    struct expr *expr = arena_alloc(c->r->arena, sizeof *expr);
    *expr = (struct expr){.kind = EXPR_TEXT, .type = TYPE_TEXT, .scale = 1, .text = text, .text_len = len};
    expr->at = cursor_place(&begin);
    return expr;
}

bool flags_ahead(const struct cursor *c)
{
    const char *at = c->at;
    for (;;) {
        at += *at == '!';
        size_t len = strcspn(at, ",> ");
        if (control_bit(at, len) == 0) { return at == c->at && len == 4 && memcmp(at, "none", 4) == 0; }
        at += len;
        if (*at != ',') { return *at == '\0' || *at == '>' || *at == ' '; }
        at++;
    }
}

const struct expr *expr_parse_flags(struct cursor *c)
{
    static const char *const choice[] = {"SYN", "ACK", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "AE", "none"};
    struct place at = cursor_place(c);
    if (cursor_take(c, "none")) { return expr_constant(c->r, at, EXPR_FLAGS, 0, NULL); }
    unsigned bits = 0;
    do {
        cursor_blanks(c);
        struct cursor begin = *c;
        bool absent = cursor_take(c, "!");
        const char *word = cursor_word(c, "");
        unsigned bit = word ? control_bit(word, strlen(word)) : 0;
        if (bit == 0) {
            error_cursor(&begin, "unknown control bit %s; %s",
                         word ? arena_printf(c->r->arena, "'%s'", word) : cursor_shown(&begin),
                         meant(c->r, "they", word ? word : "", choice, sizeof choice / sizeof choice[0]));
            return NULL;
        }
        if (absent && !(bit & CONTROL_OPEN)) {
            error_cursor(&begin, "!%s says nothing: SYN, FIN, RST and ACK must be just as written", word);
            return NULL;
        }
        if ((bits | bits >> CONTROL_ABSENT_SHIFT) & bit) {
            error_cursor(&begin, "%s stands twice; once is enough", word);
            return NULL;
        }
        bits |= absent ? bit << CONTROL_ABSENT_SHIFT : bit;
    } while (cursor_take(c, ","));
    return expr_constant(c->r, at, EXPR_FLAGS, bits, NULL);
}
