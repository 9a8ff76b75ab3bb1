#include "reports/text.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void safe(const char *in, const char *out)
{
    struct arena arena = {0};
    assert_string_equal(text_safe(&arena, in), out);
    arena_free(&arena);
}

static void text__control_characters__are_escaped(void **unused)
{
    (void)unused;
    safe("a\033[2Jb", "a\\x1b[2Jb");
    safe("a\nb\rc\td", "a\\nb\\rc\\td");
    safe("\x7f\x01", "\\x7f\\x01");
    safe("\xc2\x9b"
         "1m",
         "\\u{9b}1m");
    safe("\xe2\x80\xae", "\\u{202e}");
}

static void text__good_utf8__stays(void **unused)
{
    (void)unused;
    safe("Grüße, 日本 😀", "Grüße, 日本 😀");
    assert_int_equal(text_columns("Grüße"), 5);
}

static void text__bad_utf8__becomes_hex(void **unused)
{
    (void)unused;
    safe("\xff\xfe", "\\xff\\xfe");
    safe("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
    safe("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
    safe("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
    safe("\xe2\x82", "\\xe2\\x82");                   /* cut */
}

static void text__null__is_empty(void **unused)
{
    (void)unused;
    safe(NULL, "");
}

/* jansson refuses what is not UTF-8, so it is the judge: every pair of octets around every third. */
static void text__any_three_octets__are_utf8_after(void **unused)
{
    (void)unused;
    struct arena arena = {0};
    for (unsigned n = 0; n < 256 * 256; n++) {
        const char octets[] = {(char)(n >> 8), (char)n, (char)0xA0, (char)0x80, 0};
        json_t *string = json_string(text_utf8(&arena, octets));
        assert_non_null(string);
        json_decref(string);
        string = json_string(text_safe_octets(&arena, octets, 4));
        assert_non_null(string);
        json_decref(string);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__control_characters__are_escaped),
        cmocka_unit_test(text__good_utf8__stays),
        cmocka_unit_test(text__bad_utf8__becomes_hex),
        cmocka_unit_test(text__null__is_empty),
        cmocka_unit_test(text__any_three_octets__are_utf8_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
