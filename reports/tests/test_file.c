#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char folder[64], file[96];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    if (!place) { return -1; }
    snprintf(place->folder, sizeof place->folder, "/tmp/tcprove-report-XXXXXX");
    *state = place;
    if (!mkdtemp(place->folder)) { return -1; }
    snprintf(place->file, sizeof place->file, "%s/report.json", place->folder);
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    int left = rmdir(place->folder); /* fails when a temporary file was left behind */
    free(place);
    return left;
}

static const char *write_to(const char *file)
{
    struct suite_result suite = sample_suite(NULL, 0);
    const struct suite_result *suites[] = {&suite};
    return report_write(renderer_find("json"), file, &(struct report){.suite = suites, .count = 1});
}

static void file__written__is_whole_and_alone(void **state)
{
    struct place *place = *state;
    struct stat status;
    assert_null(write_to(place->file));
    assert_int_equal(stat(place->file, &status), 0);
    assert_true(status.st_size > 100);
    assert_null(write_to(place->file));
}

static bool fails_midway(FILE *out, const struct report *report)
{
    (void)report;
    fputs("half a", out);
    return false;
}

static void file__renderer_fails__old_report_stays(void **state)
{
    struct place *place = *state;
    struct stat before, after;
    assert_null(write_to(place->file));
    assert_int_equal(stat(place->file, &before), 0);
    const struct renderer broken = {"broken", "", fails_midway, false};
    assert_non_null(report_write(&broken, place->file, &(struct report){0}));
    assert_int_equal(stat(place->file, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
}

static void file__no_such_folder__says_why(void **state)
{
    (void)state;
    assert_string_equal(write_to("/tmp/tcprove/no/such/folder.json"), strerror(2));
}

static void file__device__is_written_not_replaced(void **state)
{
    (void)state;
    struct stat status;
    assert_null(write_to("/dev/null"));
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void file__full_device__says_why(void **state)
{
    (void)state;
    assert_string_equal(write_to("/dev/full"), strerror(28));
}

static void file__link__is_followed(void **state)
{
    struct place *place = *state;
    char link[128];
    struct stat status;
    snprintf(link, sizeof link, "%s/link", place->folder);
    assert_null(write_to(place->file));
    assert_int_equal(symlink(place->file, link), 0);
    assert_null(write_to(link));
    assert_int_equal(lstat(link, &status), 0);
    unlink(link);
    assert_true(S_ISLNK(status.st_mode));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(file__written__is_whole_and_alone, make_place, remove_place),
        cmocka_unit_test_setup_teardown(file__renderer_fails__old_report_stays, make_place, remove_place),
        cmocka_unit_test_setup_teardown(file__link__is_followed, make_place, remove_place),
        cmocka_unit_test(file__no_such_folder__says_why),
        cmocka_unit_test(file__device__is_written_not_replaced),
        cmocka_unit_test(file__full_device__says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
