#include "harness/run.h"
#include "harness/suite.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SPECS 400u

/* Specs that a made-up runner plays: the name says what the run does. */
struct stage {
    struct spec spec[SPECS];
    struct suite_job job[SPECS];
    struct suite_jobs jobs;
    struct suite_stop stop;
    pthread_mutex_t lock;
    char begun[64]; /* first letters of the names, in the order in which the runs began */
    size_t began;
    atomic_uint running, most_running, after, late;
    atomic_bool release; /* what hangs may end */
    size_t stop_at;      /* ask to stop when this many began; 0: never */
};

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static void note_begin(struct stage *stage, const struct suite_job *job)
{
    unsigned running = atomic_fetch_add(&stage->running, 1) + 1, most = atomic_load(&stage->most_running);
    while (running > most && !atomic_compare_exchange_weak(&stage->most_running, &most, running)) {}
    pthread_mutex_lock(&stage->lock);
    if (stage->began < sizeof stage->begun - 1) { stage->begun[stage->began] = job->spec->name[0]; }
    stage->began++;
    if (stage->began == stage->stop_at) { atomic_store(&stage->stop.asked, true); }
    pthread_mutex_unlock(&stage->lock);
}

static void find(struct run_result *run, bool other)
{
    run->finding = arena_array(&run->arena, 1, sizeof *run->finding);
    run->finding[0] = (struct finding){.rule = other ? "MUST-15" : "MUST-14", .text = "found"};
    run->finding_count = 1;
}

/* p passes, f fails, h hangs until released, w waits and heeds give_up, s takes a while. Of a late tester: l fails
 * twice and then passes in time, L fails late each time, P passes late. i is never decided. Over a network d fails in
 * the same way each time, D in another, r at another repetition of the same step; q too, late from the fifth attempt
 * on, t the same, late the first time, e too, where every second attempt decides nothing; u passes where it ought not
 * to, m and M pass with a finding, of the same rule and of another each time; n fails and then passes. */
static struct run_result *play(void *context, const struct suite_job *job, const atomic_bool *give_up)
{
    struct stage *stage = context;
    note_begin(stage, job);
    char what = job->spec->name[0];
    while (what == 'h' && !atomic_load(&stage->release)) {
        wait_ms(5);
    }
    while (what == 'w' && !atomic_load(give_up)) {
        wait_ms(1);
    }
    if (what == 's') { wait_ms(20); }
    struct run_result *run = run_result_of(job->spec, job->cell, job->version, VERDICT_PASS, "");
    if (strchr("fLldDrqte", what) || (what == 'n' && atomic_fetch_add(&stage->late, 1) == 0)) {
        run->verdict = VERDICT_FAIL;
        run->rule = "MUST-14";
        run->reason = "broken";
    }
    if (strchr("LlP", what)) { run->late_us = 210000; }
    run->doubtful = strchr("dDrqteumMnP", what) != NULL;
    run->unexpected_pass = what == 'u';
    if (what == 'm' || what == 'M') { find(run, what == 'M' && atomic_fetch_add(&stage->late, 1) % 2); }
    if (what == 'q' && atomic_load(&stage->late) >= 4) { run->late_us = 3000; }
    if (what == 't' && atomic_fetch_add(&stage->late, 1) == 0) { run->late_us = 3000; }
    if (what == 'r' || what == 'q') { run->steps = 1 + atomic_fetch_add(&stage->late, 1); }
    if (what == 'D') { run->line = atomic_fetch_add(&stage->late, 1); }
    if (what == 'i' || (what == 'e' && atomic_fetch_add(&stage->late, 1) % 2 == 0)) {
        run->verdict = VERDICT_INCONCLUSIVE;
    }
    if (what == 'l' && atomic_fetch_add(&stage->late, 1) == 2) {
        run->verdict = VERDICT_PASS;
        run->late_us = 0;
    }
    atomic_fetch_sub(&stage->running, 1);
    return run;
}

static void count_after(void *context, const struct suite_job *job, const struct run_result *run)
{
    (void)job;
    (void)run;
    struct stage *stage = context;
    atomic_fetch_add(&stage->after, 1);
}

/* One job a letter. */
static struct stage *set_stage(const char *letters, size_t count)
{
    static const char *const covers[] = {"MUST-14"};
    struct stage *stage = calloc(1, sizeof *stage);
    if (!stage || count > SPECS) { abort(); }
    pthread_mutex_init(&stage->lock, NULL);
    for (size_t i = 0; i < count; i++) {
        const char *name = &letters[i % strlen(letters)];
        stage->spec[i] = (struct spec){
            .path = "x.yaml", .name = name, .title = "", .covers = covers, .covers_count = 1, .ip = 1, .cells = 1};
        stage->job[i] = (struct suite_job){.spec = &stage->spec[i], .version = 4};
    }
    stage->jobs = (struct suite_jobs){.job = stage->job, .count = count};
    return stage;
}

static struct suite_plan plan_of(struct stage *stage, unsigned threads)
{
    return (struct suite_plan){.jobs = &stage->jobs,
                               .threads = threads,
                               .lanes_max = threads + 2,
                               .hang_after_s = 30,
                               .grace_s = 0.2,
                               .stop = &stage->stop,
                               .context = stage,
                               .run = play,
                               .after = count_after};
}

static void clear_stage(struct stage *stage, struct suite_result *result)
{
    suite_result_free(result);
    pthread_mutex_destroy(&stage->lock);
    free(stage);
}

/* Let what hangs end, and its thread free what it was left with. */
static void release_stage(struct stage *stage, struct suite_result *result, unsigned runs)
{
    atomic_store(&stage->release, true);
    while (atomic_load(&stage->after) < runs) {
        wait_ms(1);
    }
    wait_ms(100);
    clear_stage(stage, result);
}

static void execute__many_runs__each_once_and_in_order(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("pppf", SPECS);
    struct suite_plan plan = plan_of(stage, 8);
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(result.count, SPECS);
    assert_int_equal(stage->began, SPECS);
    assert_int_equal(atomic_load(&stage->after), SPECS);
    assert_int_equal(result.by_verdict[VERDICT_PASS], SPECS * 3 / 4);
    assert_int_equal(result.by_verdict[VERDICT_FAIL], SPECS / 4);
    assert_int_equal(result.unexpected, SPECS / 4);
    assert_false(result.interrupted);
    for (size_t i = 0; i < SPECS; i++) {
        assert_string_equal(result.run[i]->name, stage->spec[i].name);
    }
    clear_stage(stage, &result);
}

static void execute__threads__bound_the_runs_side_by_side(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("s", 12);
    struct suite_plan plan = plan_of(stage, 3);
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(atomic_load(&stage->most_running), 3);
    clear_stage(stage, &result);
}

static void execute__no_runs__is_undecided(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("p", 0);
    struct suite_plan plan = plan_of(stage, 3);
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(suite_outcome(&result), SUITE_UNDECIDED);
    clear_stage(stage, &result);
}

static void execute__real_clock__longest_waits_first(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("abcd", 4);
    const tcpr_time waits_us[] = {1, 3, 2, 3};
    for (size_t i = 0; i < 4; i++) {
        stage->job[i].waits_us = waits_us[i];
    }
    struct suite_plan plan = plan_of(stage, 1);
    plan.longest_first = true;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_string_equal(stage->begun, "bdca");
    assert_string_equal(result.run[0]->name, "abcd");
    clear_stage(stage, &result);
}

static void execute__run_hangs__costs_only_itself(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("phpp", 4);
    struct suite_plan plan = plan_of(stage, 1);
    plan.hang_after_s = 0.1;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 1);
    assert_int_equal(result.by_verdict[VERDICT_PASS], 3);
    assert_int_equal(result.run[1]->verdict, VERDICT_ERROR);
    assert_string_equal(result.run[1]->reason, "the run hung and was given up");
    assert_false(result.interrupted);
    release_stage(stage, &result, 4);
}

static void execute__run_slow_but_obedient__is_an_error_not_a_verdict(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("wp", 2);
    struct suite_plan plan = plan_of(stage, 1);
    plan.hang_after_s = 0.1;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(result.run[0]->verdict, VERDICT_ERROR);
    assert_string_equal(result.run[0]->reason, "the run took too long and was ended");
    assert_int_equal(result.run[1]->verdict, VERDICT_PASS);
    clear_stage(stage, &result);
}

static void execute__all_lanes_hang__the_rest_are_errors(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("hhpp", 4);
    struct suite_plan plan = plan_of(stage, 1);
    plan.lanes_max = 2;
    plan.hang_after_s = 0.05;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 2);
    assert_int_equal(result.by_verdict[VERDICT_ERROR], 4);
    assert_string_equal(result.run[3]->reason, "no lane was left: the runs before it hang");
    release_stage(stage, &result, 2);
}

static void execute__tester_late__the_run_is_made_again(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("lfp", 3);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_string_equal(stage->begun, "lllfp");
    assert_int_equal(result.run[0]->verdict, VERDICT_PASS);
    assert_int_equal(result.run[0]->attempts, 3);
    assert_string_equal(result.run[0]->set_aside, "broken");
    assert_int_equal(result.run[1]->verdict, VERDICT_FAIL);
    assert_int_equal(result.run[1]->attempts, 1);
    assert_null(result.run[1]->set_aside);
    assert_int_equal(atomic_load(&stage->after), 3);
    clear_stage(stage, &result);
}

static void execute__tester_late_each_time__is_inconclusive(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("LPi", 3);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_string_equal(stage->begun, "LLLPiii");
    assert_int_equal(result.run[0]->verdict, VERDICT_INCONCLUSIVE);
    assert_string_equal(result.run[0]->reason, "the tester was 210 ms late in the last of 3 attempts: broken");
    assert_int_equal(result.run[1]->verdict, VERDICT_PASS);
    assert_int_equal(result.run[2]->attempts, 3);
    assert_int_equal(suite_outcome(&result), SUITE_UNDECIDED);
    clear_stage(stage, &result);
}

static void execute__network_may_have_lost__what_comes_in_the_same_way_counts(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("dump", 4);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_string_equal(stage->begun, "ddddduuuuummmmmp");
    assert_int_equal(result.run[0]->verdict, VERDICT_FAIL);
    assert_int_equal(result.run[0]->attempts, 5);
    assert_true(result.run[1]->unexpected_pass);
    assert_int_equal(result.run[2]->finding_count, 1);
    assert_int_equal(result.unexpected, 3);
    clear_stage(stage, &result);
}

static void execute__network_may_have_lost__what_comes_otherwise_each_time_does_not(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("DMrp", 4);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    /* D is given up when the attempts left are too few to agree, r sooner: M has shown how often a mistake comes again
     */
    assert_string_equal(stage->begun, "DDDDDDMMMMMMMMMMMMrrrrp");
    assert_string_equal(result.run[0]->reason, "6 attempts did not come to the same often enough, the last: broken");
    assert_string_equal(result.run[1]->reason, "12 attempts did not come to the same often enough, the last: found");
    assert_int_equal(result.by_verdict[VERDICT_INCONCLUSIVE], 3);
    assert_int_equal(result.unexpected, 0);
    clear_stage(stage, &result);
}

static void execute__network_in_doubt_and_tester_late__has_no_more_attempts_than_late(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("q", 1);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(result.run[0]->attempts, 7);
    assert_int_equal(result.run[0]->verdict, VERDICT_INCONCLUSIVE);
    clear_stage(stage, &result);
}

static void execute__network_in_doubt_and_tester_late_once__goes_on(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("t", 1);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(result.run[0]->attempts, 6);
    assert_int_equal(result.run[0]->verdict, VERDICT_FAIL);
    clear_stage(stage, &result);
}

static void execute__every_second_attempt_decides_nothing__the_others_count(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("e", 1);
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(result.run[0]->attempts, 10);
    assert_int_equal(result.run[0]->agreed, 5);
    assert_int_equal(result.run[0]->verdict, VERDICT_FAIL);
    clear_stage(stage, &result);
}

static void execute__network_has_lost_nothing_for_long__twice_is_enough(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("p", 103);
    stage->spec[100].name = "d";
    stage->spec[101].name = "n";
    stage->spec[102].name = "d";
    struct suite_plan plan = plan_of(stage, 1);
    plan.attempts_max = 3;
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_int_equal(result.run[100]->attempts, 2);
    assert_int_equal(result.run[101]->verdict, VERDICT_PASS);
    assert_int_equal(result.run[102]->attempts, 5);
    assert_int_equal(result.by_verdict[VERDICT_FAIL], 2);
    clear_stage(stage, &result);
}

static void execute__interrupted__ends_soon_and_reports_all(void **unused)
{
    (void)unused;
    struct stage *stage = set_stage("pwpp", 100);
    stage->stop_at = 6;
    struct suite_plan plan = plan_of(stage, 2);
    struct suite_result result = {0};
    assert_int_equal(suite_execute(&plan, &result), 0);
    assert_true(result.interrupted);
    assert_int_equal(result.count, 100);
    assert_true(stage->began < 10);
    assert_int_equal(result.unexpected, 0);
    assert_string_equal(result.run[1]->reason, "interrupted");
    assert_string_equal(result.run[99]->reason, "interrupted before it began");
    assert_int_equal(suite_outcome(&result), SUITE_INTERRUPTED);
    clear_stage(stage, &result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(execute__many_runs__each_once_and_in_order),
        cmocka_unit_test(execute__threads__bound_the_runs_side_by_side),
        cmocka_unit_test(execute__no_runs__is_undecided),
        cmocka_unit_test(execute__real_clock__longest_waits_first),
        cmocka_unit_test(execute__run_hangs__costs_only_itself),
        cmocka_unit_test(execute__run_slow_but_obedient__is_an_error_not_a_verdict),
        cmocka_unit_test(execute__all_lanes_hang__the_rest_are_errors),
        cmocka_unit_test(execute__tester_late__the_run_is_made_again),
        cmocka_unit_test(execute__tester_late_each_time__is_inconclusive),
        cmocka_unit_test(execute__network_may_have_lost__what_comes_in_the_same_way_counts),
        cmocka_unit_test(execute__network_may_have_lost__what_comes_otherwise_each_time_does_not),
        cmocka_unit_test(execute__network_in_doubt_and_tester_late__has_no_more_attempts_than_late),
        cmocka_unit_test(execute__network_in_doubt_and_tester_late_once__goes_on),
        cmocka_unit_test(execute__every_second_attempt_decides_nothing__the_others_count),
        cmocka_unit_test(execute__network_has_lost_nothing_for_long__twice_is_enough),
        cmocka_unit_test(execute__interrupted__ends_soon_and_reports_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
