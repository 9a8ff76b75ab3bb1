/*
 * How long one spec takes to read, beside libyaml's bare parse of the same octets.
 *
 * usage: spec_read FILE... : each file is read again and again for a fifth of a second, in turn with the baseline.
 */
#define _POSIX_C_SOURCE 200809L
#include "harness/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

#define ROUNDS 10
#define ROUND_S 0.02

struct file {
    const char *path;
    char octets[65536];
    size_t len;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_bare(const struct file *file)
{
    yaml_parser_t parser;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser)) { abort(); }
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->octets, file->len);
    for (bool more = true; more;) {
        if (!yaml_parser_parse(&parser, &event)) { abort(); }
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static struct arena kept;

static void read_spec(const struct file *file)
{
    struct suite suite = {.arena = kept};
    const struct spec *spec = spec_read_memory(&suite, file->path, file->octets, file->len);
    if (!spec) {
        fprintf(stderr, "%s: %s\n", file->path, suite.error_count ? suite.error[0].text : "?");
        exit(1);
    }
    arena_reset(&suite.arena);
    kept = suite.arena;
}

/* Microseconds a reading, in one round. */
static double measure(void (*reading)(const struct file *), const struct file *file)
{
    double begin = now_s(), end = begin;
    unsigned long count = 0;
    for (; end - begin < ROUND_S; end = now_s()) {
        for (int i = 0; i < 20; i++, count++) {
            reading(file);
        }
    }
    return (end - begin) * 1e6 / (double)count;
}

/* The best of the rounds: what disturbs only ever adds. */
static void bench(const struct file *file)
{
    double bare = 1e9, spec = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double a = measure(read_bare, file), b = measure(read_spec, file);
        bare = a < bare ? a : bare;
        spec = b < spec ? b : spec;
    }
    printf("%6zu octets  libyaml %6.1f us  spec %6.1f us  ratio %.2f  %7.0f specs/s  %s\n", file->len, bare, spec,
           spec / bare, 1e6 / spec, file->path);
}

int main(int argc, char **argv)
{
    static struct file file;
    for (int i = 1; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        if (!in) {
            perror(argv[i]);
            return 1;
        }
        file.path = argv[i];
        file.len = fread(file.octets, 1, sizeof file.octets, in);
        fclose(in);
        bench(&file);
    }
    arena_free(&kept);
    return argc > 1 ? 0 : 2;
}
