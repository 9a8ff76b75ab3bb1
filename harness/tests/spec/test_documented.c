/* The document and the schema against the reader: what they show must be read, what is read they must know. */
#include "harness/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "title: t\ncovers: [MUST-3]\n"
/* Names that the document's examples take as bound. */
#define BOUND                                                                                                   \
    "steps:\n- expect: <SEQ=?first><ACK=*>\n  at: ?t0\n- fence:\n- call: connect\n  at: ?t1\n- call: connect\n" \
    "  at: ?t2\n- let: {gap: t1-t0}\n"

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 200000);
    assert_non_null(text);
    size_t len = fread(text, 1, 199999, file);
    assert_in_range(len, 1000, 199998);
    fclose(file);
    return text;
}

static void assert_read(const char *yaml)
{
    struct suite suite = {0};
    const struct spec *spec = spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml));
    if (!spec) { print_error("%s\n%u: %s\n", yaml, suite.error[0].at.line, suite.error[0].text); }
    assert_non_null(spec);
    suite_free(&suite);
}

/* An example is a spec, a list of steps, a fragment, parameters, or one `given` a line. */
static void assert_example(const char *block, size_t len)
{
    char yaml[4096], text[2048];
    assert_in_range(len, 1, sizeof text - 1);
    snprintf(text, sizeof text, "%.*s", (int)len, block);
    const char *steps = strstr(text, "steps:");
    const char *parameters = "parameters:\n  state: [LISTEN]\n";
    if (text[0] == '-') {
        snprintf(yaml, sizeof yaml, "%s%s%s%s", HEAD, parameters, BOUND, text);
    } else if (strncmp(text, "parameters:", 11) == 0) {
        snprintf(yaml, sizeof yaml, "%s%s%s", HEAD, text, BOUND);
    } else if (text[0] == '#') { /* a fragment: its steps */
        assert_non_null(steps);
        snprintf(yaml, sizeof yaml, "%s%s", HEAD, steps);
    } else if (strncmp(text, "given:", 6) == 0) {
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
            snprintf(yaml, sizeof yaml, "%s%.*s\n%s", HEAD, (int)strcspn(line, "\n"), line, BOUND);
            assert_read(yaml);
        }
        return;
    } else {
        snprintf(yaml, sizeof yaml, "%s", text);
    }
    assert_read(yaml);
}

static void document__every_example__is_read(void **unused)
{
    (void)unused;
    char *text = read_file(DOCUMENT);
    unsigned examples = 0;
    for (const char *at = text; (at = strstr(at, "```yaml\n")) != NULL; examples++) {
        const char *begin = at + strlen("```yaml\n"), *end = strstr(begin, "```");
        assert_non_null(end);
        assert_example(begin, (size_t)(end - begin));
        at = end;
    }
    assert_in_range(examples, 12, 100);
    free(text);
}

/* The words that an error lists: "steps are inject, expect, ...". */
static void assert_words_known(const char *yaml, const char *document, const char *schema)
{
    struct suite suite = {0};
    assert_null(spec_read_memory(&suite, "x.yaml", yaml, strlen(yaml)));
    const char *list = strstr(suite.error[0].text, " are ");
    assert_non_null(list);
    unsigned words = 0;
    for (list += 5; *list; words++) {
        size_t len = strcspn(list, ",");
        char word[64], quoted[72], pattern[72], other[72];
        snprintf(word, sizeof word, "%.*s", (int)len, list);
        snprintf(quoted, sizeof quoted, "\"%s\"", word);
        snprintf(pattern, sizeof pattern, "|%s", word);
        snprintf(other, sizeof other, "(%s|", word);
        if (!strstr(document, word)) { print_error("the document does not know %s\n", word); }
        assert_non_null(strstr(document, word));
        bool in_schema = !schema || strstr(schema, quoted) || strstr(schema, pattern) || strstr(schema, other);
        if (!in_schema) { print_error("the schema does not know %s\n", word); }
        assert_true(in_schema);
        list += len;
        list += strspn(list, ", ");
    }
    assert_in_range(words, 2, 40);
    suite_free(&suite);
}

static void document_and_schema__every_word_of_the_reader__is_known(void **unused)
{
    (void)unused;
    char *document = read_file(DOCUMENT), *schema = read_file(SCHEMA);
    assert_words_known(HEAD "qqqqqq: 1\nsteps:\n  - fence:\n", document, schema);
    assert_words_known(HEAD "given: {qqqqqq: 1}\nsteps:\n  - fence:\n", document, schema);
    assert_words_known(HEAD "given: {options: {qqqqqq: 1}}\nsteps:\n  - fence:\n", document, schema);
    assert_words_known(HEAD "given: QQQQQQ\nsteps:\n  - fence:\n", document, schema);
    assert_words_known(HEAD "when: qqqqqq\nsteps:\n  - fence:\n", document, schema);
    assert_words_known(HEAD "steps:\n  - qqqqqq: 1\n", document, schema);
    assert_words_known(HEAD "steps:\n  - expect: <SEQ=1>\n    qqqqqq: 1\n", document, schema);
    assert_words_known(HEAD "steps:\n  - call: connect\n    qqqqqq: 1\n", document, schema);
    assert_words_known(HEAD "steps:\n  - call: qqqqqq\n", document, schema);
    assert_words_known(HEAD "steps:\n  - event: qqqqqq\n", document, schema);
    assert_words_known(HEAD "steps:\n  - call: set qqqqqq 1\n", document, NULL);
    assert_words_known(HEAD "steps:\n  - inject: <QQQQQQ=1>\n", document, NULL);
    assert_words_known(HEAD "steps:\n  - expect: <QQQQQQ=1>\n", document, NULL);
    assert_words_known(HEAD "steps:\n  - inject: <CTL=QQQQQQ>\n", document, NULL);
    assert_words_known(HEAD "steps:\n  - silence: 1 qqqqqq\n", document, NULL);
    free(document);
    free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document__every_example__is_read),
        cmocka_unit_test(document_and_schema__every_word_of_the_reader__is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
