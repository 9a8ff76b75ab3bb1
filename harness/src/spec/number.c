#include "number.h"

#define NUMBER_MAX 4294967295
#define TIME_US_MAX 1000000000000000 /* 31 years */
#define FRACTION_DIGITS_MAX 6
#define DIGITS_MAX 15

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct expr *too_large(const struct cursor *begin)
{
    error_cursor(begin, "the number is too large; numbers go to 4294967295, times to 31 years");
    return NULL;
}

static bool parse_hex(struct cursor *c, int64_t *number)
{
    struct cursor begin = *c;
    c->at += 2;
    const char *digits = cursor_word(c, "");
    size_t len = digits ? strlen(digits) : 0;
    if (len == 0 || strspn(digits, "0123456789abcdefABCDEF") != len) {
        error_cursor(&begin, "not a hexadecimal number; write 0x1f");
        return false;
    }
    if (len > 8) { return too_large(&begin) != NULL; }
    for (*number = 0; *digits; digits++) {
        *number = *number * 16 + (is_digit(*digits) ? *digits - '0' : (*digits | 32) - 'a' + 10);
    }
    return true;
}

static bool parse_decimal(struct cursor *c, int64_t *number, int64_t *scale)
{
    struct cursor begin = *c;
    unsigned digits = 0, fraction = 0;
    *number = 0;
    *scale = 1;
    for (; is_digit(*c->at); c->at++) {
        if (++digits > DIGITS_MAX) { return too_large(&begin) != NULL; }
        *number = *number * 10 + (*c->at - '0');
    }
    if (c->at[0] != '.' || !is_digit(c->at[1])) { return true; }
    for (c->at++; is_digit(*c->at); c->at++) {
        if (++digits > DIGITS_MAX || ++fraction > FRACTION_DIGITS_MAX) {
            error_cursor(&begin, "too many digits; six behind the point are enough");
            return false;
        }
        *number = *number * 10 + (*c->at - '0');
        *scale *= 10;
    }
    return true;
}

/* The unit behind a number. @return false: the word there is none, and the error is noted. */
static bool parse_unit(struct cursor *c, int64_t *us)
{
    static const char *const choice[] = {"us", "ms", "s", "min", "h"};
    struct cursor ahead = *c;
    cursor_blanks(&ahead);
    *us = 0;
    bool letter = (*ahead.at >= 'a' && *ahead.at <= 'z') || (*ahead.at >= 'A' && *ahead.at <= 'Z');
    if (!letter) { return true; }
    struct cursor begin = ahead;
    const char *word = cursor_word(&ahead, "");
    *us = unit_us(word);
    if (*us == 0 && *ahead.at == '=') { return true; } /* MTU=600 QUOTE=... */
    if (*us == 0) {
        error_cursor(&begin, "unknown unit '%s'; %s", word, meant(c->r, "units", word, choice, 5));
        return false;
    }
    *c = ahead;
    return true;
}

struct expr *number_parse(struct cursor *c)
{
    struct cursor begin = *c;
    int64_t number, scale = 1, us;
    bool hex = c->at[0] == '0' && (c->at[1] | 32) == 'x';
    if (!(hex ? parse_hex(c, &number) : parse_decimal(c, &number, &scale)) || !parse_unit(c, &us)) { return NULL; }
    if (us == 0 && number / scale > NUMBER_MAX) { return too_large(&begin); }
    if (us != 0 && number > TIME_US_MAX / us) { return too_large(&begin); }
    if (us != 0) {
        number *= us;
        for (; scale > 1 && number % 10 == 0; scale /= 10) {
            number /= 10;
        }
    }
    struct expr *expr = arena_alloc(c->r->arena, sizeof *expr);
    *expr = (struct expr){.kind = us ? EXPR_TIME : EXPR_NUMBER, .number = number, .scale = scale};
    expr->type = us ? TYPE_TIME : TYPE_NUMBER;
    expr->at = cursor_place(&begin);
    return expr;
}
