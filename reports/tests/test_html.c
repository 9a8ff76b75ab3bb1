#include "hostile.h"

#include <jansson.h>
#include <libxml/HTMLparser.h>
#include <libxml/xpath.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *render(const struct suite_result *suite)
{
    return sample_render("html", suite, &(struct report){0});
}

/* The page as another reader of HTML sees it. */
static htmlDocPtr parse(const char *page)
{
    htmlDocPtr document = htmlReadMemory(page, (int)strlen(page), NULL, "utf-8",
                                         HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    assert_non_null(document);
    return document;
}

static int count_nodes(htmlDocPtr document, const char *path)
{
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, context);
    assert_non_null(found);
    int count = found->nodesetval ? found->nodesetval->nodeNr : 0;
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return count;
}

static json_t *data_of(const char *page)
{
    const char *begin = strstr(page, "id=\"data\">");
    assert_non_null(begin);
    begin += strlen("id=\"data\">");
    const char *end = strstr(begin, "</script>");
    assert_non_null(end);
    json_error_t error;
    json_t *data = json_loadb(begin, (size_t)(end - begin), 0, &error);
    if (!data) { fail_msg("%d:%d: %s", error.line, error.column, error.text); }
    return data;
}

static json_t *at(json_t *array, size_t n)
{
    json_t *found = json_array_get(array, n);
    assert_non_null(found);
    return found;
}

/* The packed run of a spec's row on a target. */
static json_t *run_of(json_t *data, size_t spec, size_t row, size_t target)
{
    json_t *rows = at(at(json_object_get(data, "specs"), spec), 4);
    return at(at(rows, row), 2 + target);
}

static const char *text_of(json_t *data, json_t *number)
{
    return json_string_value(at(json_object_get(data, "strings"), (size_t)json_integer_value(number)));
}

static void html__hostile_text__makes_no_element(void **unused)
{
    (void)unused;
    struct suite_result suite = hostile_suite();
    char *page = render(&suite);
    htmlDocPtr document = parse(page);
    assert_int_equal(count_nodes(document, "//script"), 2);
    assert_int_equal(count_nodes(document, "//style"), 1);
    assert_int_equal(count_nodes(document, "//img"), 0);
    assert_int_equal(count_nodes(document, "//@*[starts-with(name(), 'on')]"), 0);
    assert_int_equal(count_nodes(document, "//h2[contains(., '</script>')]"), 1);
    for (const char *octet = page; *octet; octet++) {
        assert_true((uint8_t)*octet >= 0x20 || *octet == '\n');
        assert_true((uint8_t)*octet != 0xff && (uint8_t)*octet != 0xc0);
    }
    json_t *data = data_of(page);
    assert_non_null(strstr(text_of(data, at(json_object_get(data, "targets"), 0)), "<img src=x"));
    json_decref(data);
    xmlFreeDoc(document);
    free(page);
    hostile_free(&suite);
}

static void html__policy__lets_in_what_it_names_alone(void **unused)
{
    (void)unused;
    struct suite_result suite = sample_suite(NULL, 0);
    char *page = render(&suite);
    htmlDocPtr document = parse(page);
    assert_int_equal(count_nodes(document, "//meta[@http-equiv='Content-Security-Policy'][contains(@content, "
                                           "\"default-src 'none'\")]"),
                     1);
    assert_null(strstr(page, "unsafe-"));
    assert_null(strstr(page, "url("));
    assert_null(strstr(page, "@import"));
    assert_int_equal(count_nodes(document, "//link | //@src | //@href[not(starts-with(., '#'))]"), 0);
    assert_int_equal(count_nodes(document, "//@style"), 0);
    xmlFreeDoc(document);
    free(page);
}

static void html__failure__is_told_without_the_script(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    struct suite_result suite = sample_suite(&run, 1);
    char *page = render(&suite);
    htmlDocPtr document = parse(page);
    assert_int_equal(count_nodes(document, "//*[@id='attention']//td[@class='wrong'][.='RST']"), 1);
    assert_int_equal(count_nodes(document, "//*[@id='attention']//td[@class='right'][.='ACK']"), 1);
    assert_int_equal(count_nodes(document, "//*[@id='rule-MUST-14'][contains(@data-s, 'broken')]"), 1);
    assert_int_equal(count_nodes(document, "//details[@class='spec']//*[contains(@class, 's-unexpected')]"), 1);
    assert_int_equal(count_nodes(document, "//*[contains(@class, 'o-broken')]"), 1);
    xmlFreeDoc(document);
    free(page);
    sample_free(run);
}

static void html__data__has_the_trace(void **unused)
{
    (void)unused;
    struct run_result *run = sample_failure();
    run->trace.entry[1].at = 150;
    run->trace.entry[2].at = 100; /* seen later, of an earlier time */
    struct suite_result suite = sample_suite(&run, 1);
    char *page = render(&suite);
    json_t *data = data_of(page), *packed = run_of(data, 0, 0, 0), *trace = at(packed, 2);
    assert_int_equal(json_integer_value(at(packed, 0)), VERDICT_FAIL);
    assert_int_equal(json_array_size(trace), 8);
    assert_int_equal(json_integer_value(at(at(trace, 2), 1)), -50);
    json_t *reset = at(trace, 6);
    assert_int_equal(json_integer_value(at(reset, 0)), TRACE_FROM_TARGET);
    assert_int_equal(json_integer_value(at(reset, 2)), 1 | 4); /* failing, a segment */
    assert_int_equal(json_integer_value(at(reset, 4)), 306);
    assert_int_equal(json_integer_value(at(reset, 6)), TCPR_RST);
    assert_string_equal(text_of(data, at(at(trace, 4), 9)), "\"hello\"");
    assert_string_equal(text_of(data, at(packed, 4)), "another segment came");
    json_decref(data);
    free(page);
    sample_free(run);
}

static char *render_two(const struct suite_result *first, const struct suite_result *second)
{
    const struct suite_result *suite[] = {first, second};
    const struct report report = {.suite = suite, .count = 2};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_true(renderer_find("html")->write(out, &report));
    fclose(out);
    return text;
}

static void html__two_targets__stand_in_one_row(void **unused)
{
    (void)unused;
    struct run_result *one[] = {sample_run("b", VERDICT_PASS, NULL, ""), sample_run("a", VERDICT_PASS, NULL, "")};
    struct run_result *two[] = {sample_run("c", VERDICT_SKIP, NULL, "no"),
                                sample_run("b", VERDICT_FAIL, "MUST-14", "")};
    struct suite_result first = sample_suite(one, 2), second = sample_suite(two, 2);
    char *page = render_two(&first, &second);
    htmlDocPtr document = parse(page);
    json_t *data = data_of(page);
    assert_int_equal(json_array_size(json_object_get(data, "specs")), 3);
    assert_int_equal(json_array_size(at(at(json_object_get(data, "specs"), 1), 4)), 1);
    assert_int_equal(json_integer_value(at(run_of(data, 1, 0, 0), 0)), VERDICT_PASS);
    assert_int_equal(json_integer_value(at(run_of(data, 1, 0, 1), 0)), VERDICT_FAIL);
    assert_true(json_is_integer(run_of(data, 0, 0, 1))); /* "a" did not run there */
    assert_int_equal(count_nodes(document, "//*[@id='rule-MUST-14'][@data-s='kept broken']"), 1);
    json_decref(data);
    xmlFreeDoc(document);
    free(page);
    for (size_t i = 0; i < 2; i++) {
        sample_free(one[i]);
        sample_free(two[i]);
    }
}

static void html__same_cell_twice__has_two_rows(void **unused)
{
    (void)unused;
    struct run_result *run[] = {sample_run("a", VERDICT_PASS, NULL, ""), sample_run("a", VERDICT_FAIL, "MUST-14", "")};
    struct suite_result suite = sample_suite(run, 2);
    char *page = render(&suite);
    json_t *data = data_of(page);
    assert_int_equal(json_array_size(at(at(json_object_get(data, "specs"), 0), 4)), 2);
    json_decref(data);
    free(page);
    sample_free(run[0]);
    sample_free(run[1]);
}

static void html__known_deviations__are_not_unexpected(void **unused)
{
    (void)unused;
    struct run_result *run = sample_run("a", VERDICT_DEVIATION, "SHLD-29", "it kept silent");
    run->expectation = "kept short";
    struct suite_result suite = sample_suite(&run, 1);
    char *page = render(&suite);
    htmlDocPtr document = parse(page);
    assert_int_equal(count_nodes(document, "//details[@class='matter']//*[contains(@class, 's-known')]"), 1);
    assert_int_equal(count_nodes(document, "//*[contains(@class, 's-unexpected')]"), 0);
    assert_int_equal(count_nodes(document, "//*[@id='rule-SHLD-29'][@data-s='deviates-known']"), 1);
    assert_int_equal(count_nodes(document, "//*[contains(@class, 'o-conforms')]"), 1);
    xmlFreeDoc(document);
    free(page);
    sample_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html__hostile_text__makes_no_element),
        cmocka_unit_test(html__policy__lets_in_what_it_names_alone),
        cmocka_unit_test(html__failure__is_told_without_the_script),
        cmocka_unit_test(html__data__has_the_trace),
        cmocka_unit_test(html__two_targets__stand_in_one_row),
        cmocka_unit_test(html__same_cell_twice__has_two_rows),
        cmocka_unit_test(html__known_deviations__are_not_unexpected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
