#include "harness/expectation.h"
#include "harness/run.h"
#include "harness/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 4

/* One spec with two cells, over both IP versions, and its expectation file. */
struct stage {
    struct expectations expectations;
    struct suite_result suite;
    struct arena arena;
    char file[64];
    char text[4096]; /* of the file, afterwards */
};

static const struct spec spec = {.path = "a.yaml", .name = "a", .ip = 3, .cells = 2};

static void begin(struct stage *stage, const char *text, const enum verdict verdict[RUNS])
{
    memset(stage, 0, sizeof *stage);
    snprintf(stage->file, sizeof stage->file, "tcprove-update-XXXXXX");
    int fd = mkstemp(stage->file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_true(expectations_read(&stage->expectations, stage->file));
    stage->suite = (struct suite_result){.run = calloc(RUNS, sizeof *stage->suite.run), .count = RUNS, .profile = ""};
    for (size_t i = 0; i < RUNS; i++) {
        struct run_result *run = run_result_of(&spec, i / 2, i % 2 ? 6 : 4, verdict[i], "it's broken");
        run->cell = i / 2 ? "b=[1] *" : "b=0";
        run->rule = "MUST-14";
        expectations_apply(&stage->expectations, "", run);
        stage->suite.run[i] = run;
    }
}

static struct expectations_change update(struct stage *stage)
{
    struct expectations_change change;
    assert_null(expectations_update(&stage->expectations, &stage->suite, stage->file, true, &stage->arena, &change));
    FILE *in = fopen(stage->file, "r");
    assert_non_null(in);
    stage->text[fread(stage->text, 1, sizeof stage->text - 1, in)] = 0;
    fclose(in);
    return change;
}

static void clear(struct stage *stage)
{
    unlink(stage->file);
    suite_result_free(&stage->suite);
    expectations_free(&stage->expectations);
    arena_free(&stage->arena);
}

static struct expectations_change end(struct stage *stage)
{
    struct expectations_change change = update(stage);
    struct expectations again;
    assert_true(expectations_read(&again, stage->file));
    for (size_t i = 0; i < RUNS; i++) {
        struct run_result *run = stage->suite.run[i];
        run->expectation = NULL;
        run->unexpected_pass = false;
        expectations_apply(&again, "", run);
        assert_false(run_is_unexpected(run));
    }
    expectations_free(&again);
    clear(stage);
    return change;
}

#define F VERDICT_FAIL
#define P VERDICT_PASS
#define ENTRY(more) "- spec: a\n" more "  rule: MUST-14\n  verdict: fail\n  reason: known\n  date: 2026-01-31\n"

static void update__all_fail__one_entry(void **unused)
{
    (void)unused;
    struct stage stage;
    begin(&stage, "", (enum verdict[]){F, F, F, F});
    assert_int_equal(end(&stage).added, 1);
    assert_non_null(strstr(stage.text, "reason: 'to be explained: it''s broken'"));
    assert_null(strstr(stage.text, "cell:"));
    assert_null(strstr(stage.text, "ip:"));
}

static void update__one_cell__is_named_as_it_stands(void **unused)
{
    (void)unused;
    struct stage stage;
    begin(&stage, "", (enum verdict[]){P, P, F, F});
    assert_int_equal(end(&stage).added, 1);
    assert_non_null(strstr(stage.text, "cell: 'b=\\[1] \\*'"));
    assert_null(strstr(stage.text, "ip:"));
}

static void update__one_run__is_named_by_cell_and_ip(void **unused)
{
    (void)unused;
    struct stage stage;
    begin(&stage, "", (enum verdict[]){P, F, P, P});
    assert_int_equal(end(&stage).added, 1);
    assert_non_null(strstr(stage.text, "ip: 6"));
}

static void update__holds_in_part__is_split_with_its_reason(void **unused)
{
    (void)unused;
    struct stage stage;
    begin(&stage, "# kept\n" ENTRY("") "# last\n", (enum verdict[]){P, P, F, F});
    struct expectations_change change = end(&stage);
    assert_int_equal(change.removed, 1);
    assert_int_equal(change.added, 1);
    assert_non_null(strstr(stage.text, "# kept\n# last\n- spec: a\n  cell"));
    assert_non_null(strstr(stage.text, "reason: 'known'"));
}

static void update__nothing_to_do__leaves_the_file(void **unused)
{
    (void)unused;
    struct stage stage;
    begin(&stage, ENTRY("  cell: b=0\n"), (enum verdict[]){F, F, P, P});
    struct expectations_change change = end(&stage);
    assert_int_equal(change.removed + change.added, 0);
    assert_string_equal(stage.text, ENTRY("  cell: b=0\n"));
}

static void update__stale_and_other_targets__go_and_stay(void **unused)
{
    (void)unused;
    struct stage stage;
    static const char other[] = ENTRY("  target: Linux *\n");
    static const char text[] = "- spec: gone\n  rule: MUST-14\n  verdict: fail\n  reason: r\n  date: 2026-01-31\n";
    char both[512];
    snprintf(both, sizeof both, "%s%s", text, other);
    begin(&stage, both, (enum verdict[]){P, P, P, P});
    expectations_narrow(&stage.expectations, "lwIP 2.1.3");
    assert_int_equal(update(&stage).removed, 1);
    assert_string_equal(stage.text, other);
    clear(&stage);
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;
    while ((text = strstr(text, what)) != NULL) {
        found++;
        text++;
    }
    return found;
}

static void update__two_rules_by_turns__one_entry_each(void **unused)
{
    (void)unused;
    struct stage stage;
    begin(&stage, "", (enum verdict[]){F, F, F, F});
    stage.suite.run[1]->rule = stage.suite.run[3]->rule = "MUST-15";
    assert_int_equal(end(&stage).added, 4); /* each cell and version by itself: neither rule is the whole spec's */
    assert_int_equal(count(stage.text, "rule: MUST-14"), 2);
    assert_int_equal(count(stage.text, "rule: MUST-15"), 2);
}

static void update__two_specs__neither_counts_for_the_other(void **unused)
{
    (void)unused;
    struct stage stage;
    static const struct spec other = {.path = "b.yaml", .name = "b", .ip = 3, .cells = 1};
    begin(&stage, "", (enum verdict[]){F, F, F, P});
    for (size_t i = 2; i < RUNS; i++) {
        run_result_free(stage.suite.run[i]);
        stage.suite.run[i] = run_result_of(&other, 0, i % 2 ? 6 : 4, i == 2 ? F : P, "it's broken");
        stage.suite.run[i]->cell = "";
        stage.suite.run[i]->rule = "MUST-14";
    }
    assert_int_equal(end(&stage).added, 2);
    assert_non_null(strstr(stage.text, "- spec: a\n  rule"));
    assert_non_null(strstr(stage.text, "- spec: b\n  ip: 4\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update__all_fail__one_entry),
        cmocka_unit_test(update__one_cell__is_named_as_it_stands),
        cmocka_unit_test(update__one_run__is_named_by_cell_and_ip),
        cmocka_unit_test(update__holds_in_part__is_split_with_its_reason),
        cmocka_unit_test(update__nothing_to_do__leaves_the_file),
        cmocka_unit_test(update__stale_and_other_targets__go_and_stay),
        cmocka_unit_test(update__two_rules_by_turns__one_entry_each),
        cmocka_unit_test(update__two_specs__neither_counts_for_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
