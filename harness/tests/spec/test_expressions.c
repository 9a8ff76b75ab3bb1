/* Expressions: how they bind, what type they have, where their parts stand. */
#include "harness/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct suite suite;

static int end(void **unused)
{
    (void)unused;
    suite_free(&suite);
    return 0;
}

/* `let: {x: EXPR}` behind steps that bind t0, t1 (times), q (a sequence number) and n (a number). */
static const struct expr *parse(const char *source)
{
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "title: t\ncovers: [MUST-3]\nsteps:\n  - expect: <SEQ=?q><ACK=*><WND=?n>\n    at: ?t0\n"
             "  - inject: <SEQ=1>\n    at: ?t1\n  - let: {x: '%s'}\n",
             source);
    const struct spec *spec = spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml));
    return spec ? spec->step[2].value : NULL;
}

/* With all its parentheses: "(a+(b*c))". */
static size_t write_tree(const struct expr *e, char *out, size_t room)
{
    static const char operators[] = {
        [EXPR_ADD] = '+', [EXPR_SUBTRACT] = '-', [EXPR_MULTIPLY] = '*', [EXPR_DIVIDE] = '/'};
    if (e->kind == EXPR_NEGATE) {
        size_t len = (size_t)snprintf(out, room, "(-");
        len += write_tree(e->left, out + len, room - len);
        return len + (size_t)snprintf(out + len, room - len, ")");
    }
    if (e->left) {
        size_t len = (size_t)snprintf(out, room, "(");
        len += write_tree(e->left, out + len, room - len);
        len += (size_t)snprintf(out + len, room - len, "%c", operators[e->kind]);
        len += write_tree(e->right, out + len, room - len);
        return len + (size_t)snprintf(out + len, room - len, ")");
    }
    if (e->kind == EXPR_NAME) { return (size_t)snprintf(out, room, "%s", e->name); }
    if (e->scale > 1) { return (size_t)snprintf(out, room, "%lld:%lld", (long long)e->number, (long long)e->scale); }
    return (size_t)snprintf(out, room, "%lld", (long long)e->number);
}

static void assert_tree(const char *source, const char *tree)
{
    char got[512];
    const struct expr *e = parse(source);
    assert_non_null(e);
    write_tree(e, got, sizeof got);
    assert_string_equal(got, tree);
    assert_string_equal(e->source, source);
}

static void expression__precedence__is_the_usual(void **unused)
{
    (void)unused;
    assert_tree("1+2*3", "(1+(2*3))");
    assert_tree("1*2+3", "((1*2)+3)");
    assert_tree("10-4-3", "((10-4)-3)");
    assert_tree("100/10/5", "((100/10)/5)");
    assert_tree("(1+2)*3", "((1+2)*3)");
    assert_tree("-n*2", "((-n)*2)");
    assert_tree("1.8*(t1-t0)", "(18:10*(t1-t0))");
    assert_tree("rcv.nxt - 1", "(rcv.nxt-1)");
    assert_tree("0x1f+0xFFFFFFFF", "(31+4294967295)");
}

static void expression__times__are_microseconds(void **unused)
{
    (void)unused;
    assert_tree("200 ms", "200000");
    assert_tree("1.5 s", "1500000");
    assert_tree("2 min", "120000000");
    assert_tree("1 h", "3600000000");
    assert_tree("7us", "7");
    assert_tree("0.0015 ms", "15:10");
}

static void assert_type(const char *source, enum value_type type)
{
    const struct expr *e = parse(source);
    assert_non_null(e);
    assert_int_equal(e->type, type);
}

static void expression__types__follow_from_the_parts(void **unused)
{
    (void)unused;
    assert_type("rcv.nxt-iss", TYPE_NUMBER);
    assert_type("rcv.nxt+1", TYPE_SEQUENCE);
    assert_type("1+rcv.nxt", TYPE_SEQUENCE);
    assert_type("q+rcv.wnd/2", TYPE_SEQUENCE);
    assert_type("rcv.wnd*2", TYPE_NUMBER);
    assert_type("n-1", TYPE_NUMBER);
    assert_type("t1-t0", TYPE_TIME);
    assert_type("(t1-t0)/t0", TYPE_NUMBER);
    assert_type("2*rto", TYPE_TIME);
    assert_type("(t1-t0)/2", TYPE_TIME);
}

static void expression__own_name__goes_before_a_known_one(void **unused)
{
    (void)unused;
    const char *yaml = "title: t\ncovers: [MUST-3]\nsteps:\n  - expect: <SEQ=?iss><ACK=*>\n  - inject: <ACK=iss+1>\n";
    const struct spec *spec = spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml));
    assert_non_null(spec);
    const struct expr *name = spec->step[1].segment.field[0].value->left;
    assert_int_equal(name->builtin, NAME_BOUND);
    assert_string_equal(spec->variable[name->variable], "iss");
}

static void place__inside_quotes_escapes_and_folds__is_exact(void **unused)
{
    (void)unused;
    static const struct {
        const char *step;
        unsigned line, column;
    } table[] = {
        {"  - inject: <SEQ=1><ACK=9>\n", 4, 21},
        {"  - inject: '<SEQ=1><ACK=9>'\n", 4, 22},
        {"  - inject: '<DATA=\"it''s\"><ACK=9>'\n", 4, 29},
        {"  - inject: \"<DATA=\\\"x\\\"><ACK=9>\"\n", 4, 27},
        {"  - inject: '<DATA=\"\303\251\"><ACK=9>'\n", 4, 25},
        {"  - inject: \"<DATA=\\\"\\xe9\\\"><ACK=9>\"\n", 4, 30},
        {"  - inject: >\n      <SEQ=1>\n      <ACK=9>\n", 6, 8},
        {"  - inject: <SEQ=1>\n      <ACK=9>\n", 5, 8},
        {"  - inject: \"<SEQ=1>\n\n\n      <ACK=9>\"\n", 7, 8},
        {"  - inject: <SEQ=1>\r\n      <ACK=9>\r\n", 5, 8},
        {"  - inject: |\n\n      <SEQ=1>\n      <ACK=9>\n", 7, 8},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char yaml[256];
        snprintf(yaml, sizeof yaml, "title: t\ncovers: [MUST-3]\nsteps:\n%s", table[i].step);
        const struct spec *spec = spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml));
        assert_non_null(spec);
        const struct field *ack = &spec->step[0].segment.field[1];
        assert_int_equal(ack->kind, FIELD_ACK);
        assert_int_equal(ack->at.line, table[i].line);
        assert_int_equal(ack->at.column, table[i].column);
        assert_int_equal(ack->value->at.column, table[i].column + 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(expression__precedence__is_the_usual, end),
        cmocka_unit_test_teardown(expression__times__are_microseconds, end),
        cmocka_unit_test_teardown(expression__types__follow_from_the_parts, end),
        cmocka_unit_test_teardown(expression__own_name__goes_before_a_known_one, end),
        cmocka_unit_test_teardown(place__inside_quotes_escapes_and_folds__is_exact, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
