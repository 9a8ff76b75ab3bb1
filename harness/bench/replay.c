/* How many specs a second the engine replays, YAML reading included, and how that compares with reading the same files
 * by libyaml alone. One cell of a table over one IP version counts as one run.
 *
 *     bench_replay [PATH] [SECONDS]
 */
#define _POSIX_C_SOURCE 200809L
#include "harness/run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

#define THREADS 2

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct tally {
    size_t files, runs, by_verdict[VERDICTS];
    double wall_s;
};

struct work {
    const char *path;
    double until_s;
    bool verbose;
    struct tally tally;
};

static void show(const struct run_result *result)
{
    printf("%s: %s [%s] IPv%u: %s (%s:%u %s)\n", verdict_name(result->verdict), result->name, result->cell,
           result->version, result->reason, result->file, result->line, result->step ? result->step : "");
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct field_difference *d = &result->difference[i];
        printf("    %c %-6s %s | %s\n", d->differs ? '!' : ' ', d->field, d->expected, d->got);
    }
}

static void run_one(struct work *work, const struct suite *suite, const struct spec *spec, size_t cell, uint8_t version,
                    struct target *target)
{
    struct run_result *result = run_spec(suite, spec, cell, version, target, NULL);
    work->tally.runs++;
    work->tally.by_verdict[result->verdict]++;
    if (work->verbose && result->verdict != VERDICT_PASS) { show(result); }
    for (size_t i = 0; work->verbose && i < result->finding_count; i++) {
        printf("monitor: %s [%s] IPv%u: %s: %s (entry %zu)\n", result->name, result->cell, version,
               result->finding[i].rule, result->finding[i].text, result->finding[i].entry);
    }
    run_result_free(result);
}

/* Read the whole suite and play it once. */
static void pass(struct work *work, struct target *target)
{
    struct suite suite = {0};
    if (!suite_read(&suite, &work->path, 1) && work->verbose) {
        printf("%s:%u: %s\n", suite.error[0].at.file, suite.error[0].at.line, suite.error[0].text);
    }
    for (size_t i = 0; i < suite.count; i++) {
        const struct spec *spec = suite.spec[i];
        for (size_t cell = 0; cell < spec->cells; cell++) {
            if (spec->ip & 1) { run_one(work, &suite, spec, cell, 4, target); }
            if (spec->ip & 2) { run_one(work, &suite, spec, cell, 6, target); }
        }
    }
    work->tally.files += suite.count;
    suite_free(&suite);
}

static void *worker(void *argument)
{
    struct work *work = argument;
    const char *why = NULL;
    struct target *target = target_virtual_open(engine_stack(), "engine", &why);
    if (!target) {
        fprintf(stderr, "bench_replay: %s\n", why);
        exit(1);
    }
    double began = seconds();
    do {
        pass(work, target);
        work->verbose = false;
    } while (seconds() < work->until_s);
    work->tally.wall_s = seconds() - began;
    target->ops->destroy(target);
    return NULL;
}

static void parse_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    yaml_parser_t parser;
    yaml_event_t event;
    if (!file || !yaml_parser_initialize(&parser)) { exit(1); }
    yaml_parser_set_input_file(&parser, file);
    for (bool more = true; more;) {
        if (!yaml_parser_parse(&parser, &event)) { break; }
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    fclose(file);
}

/* The floor: libyaml over the same files, and nothing done with them. @return seconds a file. */
static double parse_alone(const char *path, double length_s)
{
    struct suite suite = {0};
    suite_read(&suite, &path, 1);
    size_t files = 0;
    double began = seconds();
    while (suite.count && seconds() < began + length_s) {
        for (size_t i = 0; i < suite.count; i++) {
            parse_file(suite.spec[i]->path);
        }
        files += suite.count;
    }
    double each = files ? (seconds() - began) / (double)files : 0;
    suite_free(&suite);
    return each;
}

static void report(const char *what, const struct tally *tally, double yaml_s)
{
    double files = (double)tally->files / tally->wall_s, runs = (double)tally->runs / tally->wall_s;
    printf("%-10s %8.0f files/s %9.0f runs/s; a file takes %.1f us, %.2f times bare libyaml (%.1f us)\n", what, files,
           runs, 1e6 / files, 1 / files / yaml_s, yaml_s * 1e6);
}

static void run_threads(const char *path, double length_s, double yaml_s)
{
    pthread_t thread[THREADS];
    struct work work[THREADS];
    struct tally sum = {.wall_s = 0};
    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct work){.path = path, .until_s = seconds() + length_s};
        if (pthread_create(&thread[i], NULL, worker, &work[i]) != 0) { exit(1); }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        sum.files += work[i].tally.files;
        sum.runs += work[i].tally.runs;
        sum.wall_s = work[i].tally.wall_s > sum.wall_s ? work[i].tally.wall_s : sum.wall_s;
    }
    report("2 threads", &sum, yaml_s);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "specs";
    double length_s = argc > 2 ? strtod(argv[2], NULL) : 2;
    double yaml_s = parse_alone(path, length_s / 4);
    struct work work = {.path = path, .until_s = seconds() + length_s, .verbose = true};
    worker(&work);
    if (work.tally.files == 0) {
        fprintf(stderr, "bench_replay: no specs below %s\n", path);
        return 1;
    }
    report("1 thread", &work.tally, yaml_s);
    run_threads(path, length_s, yaml_s);
    for (int i = 0; i < VERDICTS; i++) {
        if (work.tally.by_verdict[i]) { printf("%s: %zu\n", verdict_name((enum verdict)i), work.tally.by_verdict[i]); }
    }
    return 0;
}
