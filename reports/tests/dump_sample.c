/* Writes the JSON of every kind of result to stdout, for validate_json.py. */
#include "sample.h"

int main(void)
{
    struct run_result *run[] = {
        sample_failure(),
        sample_run("deviates", VERDICT_DEVIATION, "SHLD-29", "it kept silent"),
        sample_run("error", VERDICT_ERROR, NULL, "tcprove erred \xff\033"),
        sample_run("inconclusive", VERDICT_INCONCLUSIVE, NULL, "nothing came"),
        sample_run("pass", VERDICT_PASS, NULL, ""),
        sample_run("skip", VERDICT_SKIP, NULL, "no application"),
    };
    const size_t count = sizeof run / sizeof *run;
    run[1]->expectation = "known";
    run[4]->unexpected_pass = true;
    struct finding finding[] = {{.rule = "MUST-58", .level = LEVEL_MUST, .text = "two acknowledgments", .entry = 0}};
    run[4]->finding = finding;
    run[4]->finding_count = 1;
    struct suite_result suite = sample_suite(run, count);
    const struct suite_result *suites[] = {&suite, &suite};
    const char *why = report_write(renderer_find("json"), "-", &(struct report){.suite = suites, .count = 2});
    for (size_t i = 0; i < count; i++) {
        sample_free(run[i]);
    }
    return why != NULL;
}
