#include "hostile.h"

#include <stdlib.h>

const char hostile_text[] = "</script></style></title><script>window.broken=1</script><!--<script>"
                            "<img src=x onerror=window.broken=2>\"'` onmouseover=window.broken=3 "
                            "&lt;b&gt; \\u003c ]]> \x80\xff\xc0\xaf\033[31m\r\n\t\x01\xe2\x80\xae";

static const char *const covers[] = {"MUST-14", hostile_text};

static void spoil_trace(struct run_result *run)
{
    for (size_t i = 0; i < run->trace.count; i++) {
        struct trace_entry *entry = &run->trace.entry[i];
        entry->text = entry->rule = entry->file = hostile_text;
        entry->at = i % 2 ? 0 : 500; /* seen in another order than sent */
    }
    struct trace_entry *odd = &run->trace.entry[run->trace.count - 1];
    odd->kind = TRACE_FROM_TARGET; /* a datagram that is no TCP */
    odd->datagram = (const uint8_t *)hostile_text;
    odd->datagram_len = 40;
}

static void spoil(struct run_result *run)
{
    run->name = run->title = run->cell = run->spec = run->reason = run->step = run->rule = run->file = hostile_text;
    run->covers = covers;
    run->set_aside = hostile_text;
    static const struct field_difference difference = {hostile_text, hostile_text, hostile_text, true};
    run->difference_count = 1;
    run->difference = arena_array(&run->arena, 1, sizeof *run->difference);
    run->difference[0] = difference;
    run->finding_count = 1;
    run->finding = arena_array(&run->arena, 1, sizeof *run->finding);
    run->finding[0] = (struct finding){hostile_text, LEVEL_MUST, hostile_text, 0, NULL};
}

struct run_result *hostile_failure(void)
{
    struct run_result *run = sample_failure();
    spoil(run);
    spoil_trace(run);
    return run;
}

struct suite_result hostile_suite(void)
{
    static struct run_result *run[VERDICTS + 1];
    run[0] = hostile_failure();
    for (unsigned i = 0; i < VERDICTS; i++) {
        run[i + 1] = sample_run(hostile_text, (enum verdict)i, hostile_text, hostile_text);
        spoil(run[i + 1]);
        if (i % 2) { run[i + 1]->expectation = run[i + 1]->finding[0].expectation = hostile_text; }
    }
    struct suite_result suite = sample_suite(run, VERDICTS + 1);
    suite.target = suite.profile = suite.began = suite.tcprove_version = hostile_text;
    return suite;
}

void hostile_free(struct suite_result *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        sample_free(suite->run[i]);
    }
}
