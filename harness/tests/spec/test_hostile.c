/* Whatever the octets are: an error or a spec, soon, and never a crash. */
#include "harness/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS "title: t\ncovers: [MUST-3]\nsteps:\n"

/* Every part of the language, so that a mutation may hit any. */
static const char seed[] =
    "title: A spec of all there is\ncovers: [MUST-3, RFC5961-3.2-1]\nwhy: >\n  folded\n  text \303\251\n"
    "given: {state: \"{state}\", open: passive, options: {mss: 536, sack: true}, isn: 0xfffffff0}\n"
    "parameters:\n  offset: [1, rcv.wnd/2, x+1]\n  ctl: [RST, \"RST,ACK\"]\n  state: [LISTEN, SYN-RECEIVED]\n"
    "when: [timestamps]\nip: [4]\nsteps:\n"
    "  - expect: <SEQ=?x><ACK=*><CTL=SYN,ACK><TS=*:?e><SACK=1:2,3:4><WND=1..9>\n    within: 200 ms\n    at: ?t0\n"
    "  - inject: '<SEQ=rcv.nxt+{offset}><CTL={ctl}><OPT=253/1:00ff><NOP><DATA=\"a\\x41\\\"\"><CSUM=bad>'\n"
    "  - inject: ICMP(3,4) MTU=600 QUOTE=snd.una\n  - raw: \"4500 0028\"\n"
    "  - one_of:\n      - expect: <SEQ=-(x+1)*2/3><ACK=e>\n      - silence: strict 1.5 s\n        because: y\n"
    "  - call: set keepalive-idle 5 s\n  - call: send urgent \"x\"\n    fails: true\n  - event: text 1460\n"
    "  - state: [ESTABLISHED, \"CLOSED\"]\n  - let: {gap: 1.8*t0, z: x-1}\n  - check: gap >= 1 s\n"
    "  - repeat: {times: 3, steps: [{fence: }, {advance: 2 min}]}\n  - expect-text: \"hello\"\n  - auto-ack: on\n"
    "  - expect: <SEQ=*><IP.ECN=CE>\n    after: 1 s..3 s\n    since: t0\n    rule: SHLD-29\n    on: b\n";

/* Reads it, and holds the result to what the header promises. */
static bool read_any(const char *octets, size_t len)
{
    struct suite suite = {0};
    char *exact = malloc(len ? len : 1); /* so that the sanitizer sees a read beyond the end */
    assert_non_null(exact);
    memcpy(exact, octets, len);
    const struct spec *spec = spec_read_memory(&suite, "x.yaml", exact, len);
    assert_true((spec == NULL) == (suite.error_count > 0));
    assert_in_range(suite.error_count, 0, 20);
    for (size_t i = 0; i < suite.error_count; i++) {
        const struct spec_error *e = &suite.error[i];
        assert_true(e->at.line >= 1 && e->at.column >= 1);
        assert_in_range(strlen(e->text), 1, 410);
    }
    struct spec_error *warning;
    if (spec) {
        spec_lint(&suite, spec, &suite.arena, &warning);
        for (size_t cell = 0; cell < spec->cells; cell++) {
            assert_non_null(spec_cell_name(spec, cell, &suite.arena));
        }
    }
    free(exact);
    suite_free(&suite);
    return spec != NULL;
}

static bool read_text(const char *text)
{
    return read_any(text, strlen(text));
}

static void assert_first_error(const char *octets, size_t len, const char *expected)
{
    struct suite suite = {0};
    assert_null(spec_read_memory(&suite, "x.yaml", octets, len));
    assert_true(suite.error_count > 0);
    char got[512];
    snprintf(got, sizeof got, "%u:%u: %s", suite.error[0].at.line, suite.error[0].at.column, suite.error[0].text);
    assert_string_equal(got, expected);
    suite_free(&suite);
}

static void hostile__seed__is_a_spec(void **unused)
{
    (void)unused;
    assert_true(read_text(seed));
}

static void hostile__octets_that_are_no_text__are_pointed_at(void **unused)
{
    (void)unused;
    assert_first_error("title: caf\xe9\n", 12, "1:11: octet 0xe9 is not UTF-8; save the file as UTF-8");
    assert_first_error("\xff\xfet\0", 4, "1:1: octet 0xff is not UTF-8; save the file as UTF-8");
    assert_first_error("title: \xed\xa0\x80\n", 11, "1:8: octet 0xed is not UTF-8; save the file as UTF-8");
    assert_first_error("a: b\nc: \xc3\xa9\0\n", 12, "2:5: control character 0x00; in a text write \\x00");
    assert_first_error("title: \xc2\x80\n", 10,
                       "1:8: not YAML: control characters are not allowed; see docs/spec-language.md, section 1");
}

static void hostile__byte_order_mark__is_no_part_of_the_text(void **unused)
{
    (void)unused;
    char text[2048];
    snprintf(text, sizeof text, "\xef\xbb\xbf%s", seed);
    assert_true(read_text(text));
}

static char *repeated(const char *head, const char *part, size_t count, const char *tail)
{
    size_t head_len = strlen(head), part_len = strlen(part), tail_len = strlen(tail);
    char *text = malloc(head_len + count * part_len + tail_len + 1), *at = text;
    assert_non_null(text);
    memcpy(at, head, head_len);
    at += head_len;
    for (size_t i = 0; i < count; i++, at += part_len) {
        memcpy(at, part, part_len);
    }
    memcpy(at, tail, tail_len + 1);
    return text;
}

static void hostile__too_much_of_anything__is_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *head, *part;
        size_t count;
        const char *tail;
    } table[] = {
        {STEPS, "[", 100000, ""},
        {STEPS, "- ", 100000, ""},
        {STEPS, "{a: ", 50000, ""},
        {STEPS "  - inject: <SEQ=", "(", 100000, ">\n"},
        {STEPS "  - inject: <SEQ=", "-", 100000, "1>\n"},
        {STEPS "  - inject: <SEQ=", "1+", 100000, "1>\n"},
        {STEPS "  - inject: ", "<NOP>", 40000, "\n"},
        {STEPS "  - inject: <SACK=", "1:2,", 40000, "1:2>\n"},
        {STEPS "  - inject: <CTL=", "SYN,", 40000, "ACK>\n"},
        {STEPS "  - inject: <SEQ=", "9", 100000, ">\n"},
        {STEPS "  - inject: <SEQ=0x", "f", 100000, ">\n"},
        {STEPS "  - inject: <SEQ=0.", "1", 100000, ">\n"},
        {STEPS "  - inject: <SEQ=", "x", 100000, ">\n"},
        {STEPS "  - ", "x", 200000, ": 1\n"},
        {"title: t\ncovers: [MUST-3]\nparameters:\n  a: [", "1, ", 80000, "1]\nsteps: [{fence: }]\n"},
        {"a: &a [x]\nb: ", "*a", 1000, "\n"},
        {"", "---\n", 60000, ""},
        {"", " ", 300000, ""},
        {"", "\n", 200000, "a\tb: c"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *text = repeated(table[i].head, table[i].part, table[i].count, table[i].tail);
        assert_false(read_text(text));
        free(text);
    }
}

static void hostile__many_errors__only_the_first_are_told(void **unused)
{
    (void)unused;
    char *text = repeated(STEPS, "  - exspect: <SEQ=1>\n", 1000, "");
    assert_false(read_text(text));
    free(text);
}

static void hostile__every_prefix__is_an_error_or_a_spec(void **unused)
{
    (void)unused;
    size_t specs = 0;
    for (size_t len = 0; len <= sizeof seed - 1; len++) {
        specs += read_any(seed, len);
    }
    assert_in_range(specs, 1, sizeof seed);
}

/* xorshift64: the same mutations everywhere. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static const char *const pieces[] = {
    "?",       "*",      "..",       "<",           ">",
    "<SEQ=",   "=",      "{",        "}",           "{offset}",
    "{state}", "[",      "]",        ",",           ":",
    "\"",      "'",      "- ",       "\n",          "\n  - ",
    "?x",      "x",      "rcv.nxt",  "1 s",         "999999999999",
    "(",       ")",      "-",        "/",           "&a",
    "*a",      "!!str ", "| ",       "> ",          "#",
    "\\",      "\\x",    "\xc3\xa9", "\xff",        "\t",
    "none",    "SYN",    "LISTEN",   "within: 1 s", "state: ",
    "steps: ", "let: ",
};

static size_t mutate(char *text, size_t len, size_t room, uint64_t *state)
{
    size_t at = next(state) % (len + 1), other = next(state) % (len + 1);
    const char *piece = pieces[next(state) % (sizeof pieces / sizeof pieces[0])];
    size_t piece_len = strlen(piece), run = next(state) % 12;
    switch (next(state) % 4) {
    case 0: /* put in */
        if (len + piece_len > room) { return len; }
        memmove(text + at + piece_len, text + at, len - at);
        memcpy(text + at, piece, piece_len);
        return len + piece_len;
    case 1: /* take out */
        if (run > len - at) { run = len - at; }
        memmove(text + at, text + at + run, len - at - run);
        return len - run;
    case 2: /* write over */
        if (at < len) { text[at] = (char)next(state); }
        return len;
    default: /* copy within */
        if (run > len - at) { run = len - at; }
        if (run > len - other) { run = len - other; }
        memmove(text + other, text + at, run);
        return len;
    }
}

static void hostile__mutated_specs__are_an_error_or_a_spec(void **unused)
{
    (void)unused;
    char text[4096];
    uint64_t state = 20;
    size_t specs = 0;
    for (unsigned i = 0; i < 4000; i++) {
        size_t len = sizeof seed - 1;
        memcpy(text, seed, len);
        for (uint64_t times = 1 + next(&state) % 3; times > 0; times--) {
            len = mutate(text, len, sizeof text, &state);
        }
        specs += read_any(text, len);
    }
    assert_in_range(specs, 50, 3950);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile__seed__is_a_spec),
        cmocka_unit_test(hostile__octets_that_are_no_text__are_pointed_at),
        cmocka_unit_test(hostile__byte_order_mark__is_no_part_of_the_text),
        cmocka_unit_test(hostile__too_much_of_anything__is_refused),
        cmocka_unit_test(hostile__many_errors__only_the_first_are_told),
        cmocka_unit_test(hostile__every_prefix__is_an_error_or_a_spec),
        cmocka_unit_test(hostile__mutated_specs__are_an_error_or_a_spec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
