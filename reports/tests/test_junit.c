#include "sample.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The document, held to reports/junit.xsd. */
static xmlDocPtr rendered(struct run_result **run, size_t count)
{
    struct suite_result suite = sample_suite(run, count);
    char *text = sample_render("junit", &suite, &(struct report){0});
    xmlDocPtr document = xmlReadMemory(text, (int)strlen(text), "report.xml", NULL, XML_PARSE_NONET);
    if (!document) { fail_msg("no XML: %s", text); }
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(JUNIT_XSD);
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    assert_non_null(schema);
    xmlSchemaValidCtxtPtr valid = xmlSchemaNewValidCtxt(schema);
    assert_int_equal(xmlSchemaValidateDoc(valid, document), 0);
    xmlSchemaFreeValidCtxt(valid);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    free(text);
    return document;
}

static xmlNodePtr child(xmlNodePtr node, const char *name, unsigned n)
{
    for (xmlNodePtr at = xmlFirstElementChild(node); at; at = xmlNextElementSibling(at)) {
        if (!strcmp((const char *)at->name, name) && n-- == 0) { return at; }
    }
    return NULL;
}

static xmlNodePtr suite_of(xmlDocPtr document)
{
    return child(xmlDocGetRootElement(document), "testsuite", 0);
}

static void assert_attribute(xmlNodePtr node, const char *name, const char *value)
{
    assert_non_null(node);
    xmlChar *got = xmlGetProp(node, BAD_CAST name);
    assert_non_null(got);
    assert_string_equal((const char *)got, value);
    xmlFree(got);
}

static void junit__failure__tells_the_story(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    xmlDocPtr document = rendered(&run, 1);
    xmlNodePtr suite = suite_of(document), failure = child(child(suite, "testcase", 0), "failure", 0);
    assert_attribute(suite, "failures", "1");
    assert_attribute(suite, "tests", "1");
    assert_attribute(failure, "type", "fail");
    assert_attribute(failure, "message", "MUST-14: another segment came");
    xmlChar *story = xmlNodeGetContent(failure);
    assert_non_null(strstr((const char *)story, ">> |<-"));
    assert_non_null(strstr((const char *)story, "expected"));
    xmlFree(story);
    xmlFreeDoc(document);
    sample_free(run);
}

static void junit__each_verdict__has_its_element(void **unused)
{
    (void)unused;
    struct run_result *run[7];
    run[0] = sample_run("rfc9293/a", VERDICT_PASS, "MUST-14", "");
    run[1] = sample_run("rfc9293/b", VERDICT_DEVIATION, "SHLD-7", "otherwise");
    run[2] = sample_run("rfc9293/c", VERDICT_DEVIATION, "SHLD-7", "otherwise");
    run[2]->expectation = "known";
    run[3] = sample_run("rfc9293/d", VERDICT_SKIP, "MUST-14", "no application");
    run[4] = sample_run("rfc9293/e", VERDICT_INCONCLUSIVE, "MUST-14", "lost");
    run[5] = sample_run("rfc9293/f", VERDICT_ERROR, "MUST-14", "broke");
    run[6] = sample_run("rfc9293/g", VERDICT_PASS, "MUST-14", "");
    run[6]->unexpected_pass = true;
    run[6]->expectation = "known";
    static const char *const element[] = {NULL, "failure", "skipped", "skipped", "error", "error", "failure"};
    xmlDocPtr document = rendered(run, 7);
    xmlNodePtr suite = suite_of(document);
    for (unsigned i = 0; i < 7; i++) {
        xmlNodePtr found = xmlFirstElementChild(child(suite, "testcase", i));
        assert_true((found == NULL) == (element[i] == NULL));
        if (found) { assert_string_equal((const char *)found->name, element[i]); }
        sample_free(run[i]);
    }
    assert_attribute(suite, "failures", "2");
    assert_attribute(suite, "errors", "2");
    assert_attribute(suite, "skipped", "2");
    assert_attribute(child(suite, "testcase", 0), "classname", "rfc9293");
    assert_attribute(child(suite, "testcase", 0), "name", "a IPv4");
    assert_attribute(child(child(suite, "testcase", 2), "skipped", 0), "message", "known deviation: SHLD-7: known");
    xmlFreeDoc(document);
}

static void junit__hostile_octets__stay_text(void **unused)
{
    (void)unused;
    static char hostile[300];
    for (int i = 1; i < 256; i++) {
        hostile[i - 1] = (char)i;
    }
    strncpy(hostile + 255, "</failure><x>]]>&\xEF\xBF\xBE\xEF\xBF\xBF", 40);
    struct run_result *run = sample_run(hostile, VERDICT_FAIL, "MUST-14", hostile);
    run->title = run->cell = hostile;
    xmlDocPtr document = rendered(&run, 1);
    xmlNodePtr failure = child(child(suite_of(document), "testcase", 0), "failure", 0);
    assert_non_null(failure);
    assert_null(xmlFirstElementChild(failure));
    xmlFreeDoc(document);
    sample_free(run);
}

static void tap__each_verdict__has_its_line(void **unused)
{
    (void)unused;
    struct run_result *run[4];
    run[0] = sample_run("a#b", VERDICT_PASS, "MUST-14", "");
    run[1] = sample_run("b", VERDICT_FAIL, "MUST-14", "other\nline");
    run[2] = sample_run("c", VERDICT_FAIL, "MUST-14", "otherwise");
    run[2]->expectation = "known";
    run[3] = sample_run("d", VERDICT_SKIP, "MUST-14", "no application");
    struct suite_result suite = sample_suite(run, 4);
    char *text = sample_render("tap", &suite, &(struct report){0});
    assert_string_equal(text, "TAP version 14\n1..4\n"
                              "ok 1 - engine (tcprove 0.1.0): a\\#b IPv4\n"
                              "not ok 2 - engine (tcprove 0.1.0): b IPv4\n"
                              "# fail: MUST-14: other\\nline\n"
                              "ok 3 - engine (tcprove 0.1.0): c IPv4 # SKIP known fail: MUST-14: known\n"
                              "ok 4 - engine (tcprove 0.1.0): d IPv4 # SKIP skip: no application\n");
    free(text);
    for (unsigned i = 0; i < 4; i++) {
        sample_free(run[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junit__failure__tells_the_story),
        cmocka_unit_test(junit__each_verdict__has_its_element),
        cmocka_unit_test(junit__hostile_octets__stay_text),
        cmocka_unit_test(tap__each_verdict__has_its_line),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xmlCleanupParser();
    return failed;
}
