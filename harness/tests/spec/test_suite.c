/* Specs and fragments in files: the suite of this repository, and small ones made here. */
#define _XOPEN_SOURCE 700
#include "harness/spec.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MINIMAL "title: t\ncovers: [MUST-3]\nsteps:\n  - silence: 1 s\n"
#define LISTENS "reaches: LISTEN\nopen: passive\nsteps:\n  - call: listen\n"

static char directory[] = "/tmp/tcprove-suite-XXXXXX";

static const char *below(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", directory, name);
    return out;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(below(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_directory(void **unused)
{
    (void)unused;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int remove_directory(void **unused)
{
    (void)unused;
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void assert_only_error(const struct suite *suite, const char *expected)
{
    assert_int_equal(suite->error_count, 1);
    const struct spec_error *e = &suite->error[0];
    char got[512];
    snprintf(got, sizeof got, "%s:%u:%u: %s", strrchr(e->at.file, '/') + 1, e->at.line, e->at.column, e->text);
    assert_string_equal(got, expected);
}

static void suite__specs_of_this_repository__have_no_error(void **unused)
{
    (void)unused;
    struct suite suite;
    const char *path = SPECS;
    bool right = suite_read(&suite, &path, 1);
    for (size_t i = 0; i < suite.error_count; i++) {
        const struct spec_error *e = &suite.error[i];
        print_error("%s:%u:%u: %s\n", e->at.file, e->at.line, e->at.column, e->text);
    }
    assert_true(right);
    assert_true(suite.count >= 5);
    assert_true(suite.fragment_count >= 18);
    suite_free(&suite);
}

static void suite__one_file__is_named_from_the_root_that_has_fragments(void **unused)
{
    (void)unused;
    struct suite suite;
    const char *path = SPECS "/rfc5961/in-window-rst.yaml";
    assert_true(suite_read(&suite, &path, 1));
    assert_int_equal(suite.count, 1);
    assert_string_equal(suite.spec[0]->name, "rfc5961/in-window-rst");
    assert_string_equal(suite.spec[0]->path, path);
    assert_string_equal(suite.fragment[0]->path, SPECS "/fragments/close-wait.yaml");
    suite_free(&suite);
}

static void suite__read_from_any_directory__has_the_same_names(void **unused)
{
    (void)unused;
    static const char *const ways[][3] = {
        {SPECS, "rfc5961/in-window-rst.yaml", "./fragments/close-wait.yaml"},
        {SPECS "/rfc5961", "./in-window-rst.yaml", SPECS "/fragments/close-wait.yaml"},
        {SPECS "/..", "specs/rfc5961//in-window-rst.yaml", NULL},
        {SPECS "/rfc5961", "../rfc5961/in-window-rst.yaml", "../fragments/close-wait.yaml"},
    };
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct suite suite;
        assert_int_equal(chdir(ways[i][0]), 0);
        assert_true(suite_read(&suite, &ways[i][1], 1));
        assert_string_equal(suite.spec[0]->name, "rfc5961/in-window-rst");
        if (ways[i][2]) { assert_string_equal(suite.fragment[0]->path, ways[i][2]); }
        suite_free(&suite);
    }
    assert_int_equal(chdir(before), 0);
}

static void suite__file_reached_twice__is_read_once_in_order(void **unused)
{
    (void)unused;
    mkdir(below("order"), 0700);
    put("order/b.yaml", MINIMAL);
    put("order/a.yaml", MINIMAL);
    put("order/notes.txt", "no spec");
    struct suite suite;
    const char *paths[] = {below("order/b.yaml"), below("order/")};
    assert_true(suite_read(&suite, paths, 2));
    assert_int_equal(suite.count, 2);
    assert_string_equal(strrchr(suite.spec[0]->name, '/'), "/a");
    assert_string_equal(strrchr(suite.spec[1]->name, '/'), "/b");
    suite_free(&suite);
}

static void suite__missing_path__says_why(void **unused)
{
    (void)unused;
    struct suite suite;
    const char *path = below("nowhere");
    assert_false(suite_read(&suite, &path, 1));
    assert_only_error(&suite, "nowhere:1:1: cannot be read: No such file or directory");
    suite_free(&suite);
}

static void suite__directory_without_specs__says_so(void **unused)
{
    (void)unused;
    mkdir(below("empty"), 0700);
    struct suite suite;
    const char *path = below("empty");
    assert_false(suite_read(&suite, &path, 1));
    assert_only_error(&suite, "empty:1:1: holds no spec; specs are files whose names end in .yaml");
    suite_free(&suite);
}

static void suite__state_without_fragment__is_an_error(void **unused)
{
    (void)unused;
    mkdir(below("unreached"), 0700);
    mkdir(below("unreached/fragments"), 0700);
    put("unreached/fragments/listen.yaml", LISTENS);
    put("unreached/a.yaml", MINIMAL "given: CLOSING\n");
    struct suite suite;
    const char *path = below("unreached");
    assert_false(suite_read(&suite, &path, 1));
    assert_only_error(&suite, "a.yaml:5:8: no fragment reaches CLOSING; write one in the directory fragments");
    suite_free(&suite);
}

static void suite__fragment_that_begins_nowhere__is_an_error(void **unused)
{
    (void)unused;
    mkdir(below("nofrom"), 0700);
    mkdir(below("nofrom/fragments"), 0700);
    put("nofrom/fragments/a.yaml", "reaches: CLOSING\nopen: active\nfrom: SYN-SENT\nsteps:\n  - fence:\n");
    put("nofrom/a.yaml", MINIMAL);
    struct suite suite;
    const char *path = below("nofrom");
    assert_false(suite_read(&suite, &path, 1));
    assert_only_error(&suite,
                      "a.yaml:1:1: CLOSING begins with SYN-SENT, which no fragment of this open reaches; write one");
    suite_free(&suite);
}

static void suite__fragments_in_a_circle__are_an_error_each(void **unused)
{
    (void)unused;
    mkdir(below("circle"), 0700);
    mkdir(below("circle/fragments"), 0700);
    put("circle/fragments/a.yaml", "reaches: CLOSING\nopen: active\nfrom: LAST-ACK\nsteps:\n  - fence:\n");
    put("circle/fragments/b.yaml", "reaches: LAST-ACK\nopen: active\nfrom: CLOSING\nsteps:\n  - fence:\n");
    put("circle/a.yaml", MINIMAL);
    struct suite suite;
    const char *path = below("circle");
    assert_false(suite_read(&suite, &path, 1));
    assert_int_equal(suite.error_count, 2);
    assert_non_null(strstr(suite.error[0].text, "begins with itself by way of"));
    suite_free(&suite);
}

static void suite__state_by_parameter__plays_the_fragment_of_the_cell(void **unused)
{
    (void)unused;
    struct suite suite;
    const char *path = SPECS "/rfc9293/3.10.7-segment-arrives/repeated-fin.yaml";
    assert_true(suite_read(&suite, &path, 1));
    const struct spec *spec = suite.spec[0];
    assert_int_equal(spec->cells, 4);
    assert_string_equal(spec_fragment(&suite, spec, 0)->state, "CLOSE-WAIT");
    assert_string_equal(spec_fragment(&suite, spec, 3)->state, "TIME-WAIT");
    assert_false(spec_fragment(&suite, spec, 3)->active);
    assert_string_equal(spec_cell_name(spec, 3, &suite.arena), "state=TIME-WAIT");
    suite_free(&suite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite__specs_of_this_repository__have_no_error),
        cmocka_unit_test(suite__one_file__is_named_from_the_root_that_has_fragments),
        cmocka_unit_test(suite__read_from_any_directory__has_the_same_names),
        cmocka_unit_test(suite__file_reached_twice__is_read_once_in_order),
        cmocka_unit_test(suite__missing_path__says_why),
        cmocka_unit_test(suite__directory_without_specs__says_so),
        cmocka_unit_test(suite__state_without_fragment__is_an_error),
        cmocka_unit_test(suite__fragment_that_begins_nowhere__is_an_error),
        cmocka_unit_test(suite__fragments_in_a_circle__are_an_error_each),
        cmocka_unit_test(suite__state_by_parameter__plays_the_fragment_of_the_cell),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
