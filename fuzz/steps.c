/*
 * What stands in a spec's quotes: segments, ICMP, calls, events, values, as a stranger may write them, and played. YAML
 * is left out: the input is lines, each a letter for the step's verb and then the scalar, which goes into the file
 * escaped. It is read or refused with a place; what was read is played on the engine, and the run has a verdict.
 */
#include "fuzz.h"
#include "harness/run.h"
#include "harness/spec.h"
#include "harness/target.h"

#include <stdio.h>
#include <string.h>

#define STEPS_MAX 12u
#define SCALAR_MAX 400u
#define FILE_MAX 32768u

static const char opening[] = "title: Whatever stands in quotes\n"
                              "covers: [MUST-8]\n"
                              "steps:\n"
                              "  - call: listen\n"
                              "  - inject: <SEQ=100><CTL=SYN><MSS=1460><SACKOK>\n"
                              "  - expect: <SEQ=?first><ACK=101><CTL=SYN,ACK>\n"
                              "    at: ?then\n"
                              "  - inject: <SEQ=101><ACK=first+1><CTL=ACK>\n"
                              "  - event: accepted\n";

/* The verb of a line, and what stands around its scalar. */
static const struct form {
    char letter;
    const char *before, *after;
} forms[] = {
    {'i', "  - inject: ", ""},   {'e', "  - expect: ", ""},      {'c', "  - call: ", ""},    {'v', "  - event: ", ""},
    {'n', "  - no-event: ", ""}, {'s', "  - state: ", ""},       {'w', "  - silence: ", ""}, {'k', "  - check: ", ""},
    {'l', "  - let: {x: ", "}"}, {'x', "  - expect-text: ", ""}, {'a', "  - advance: ", ""}, {'q', "  - acked: ", ""},
    {'r', "  - raw: ", ""},      {'o', "  - auto-ack: ", ""},    {'t', "    within: ", ""},  {'u', "    after: ", ""},
};

struct file {
    char text[FILE_MAX];
    size_t len;
};

static void put(struct file *file, const char *text)
{
    size_t len = strlen(text);
    fuzz_require(len < sizeof file->text - file->len, "the target's own file is too small");
    memcpy(file->text + file->len, text, len);
    file->len += len;
}

/* In YAML's double quotes any octet may stand. */
static void put_quoted(struct file *file, const uint8_t *octets, size_t len)
{
    char escaped[5];
    put(file, "\"");
    for (size_t i = 0; i < len; i++) {
        snprintf(escaped, sizeof escaped, "\\x%02x", octets[i]);
        put(file, escaped);
    }
    put(file, "\"");
}

static void put_step(struct file *file, const uint8_t *line, size_t len)
{
    for (size_t i = 0; len > 0 && i < sizeof forms / sizeof forms[0]; i++) {
        if (line[0] != (uint8_t)forms[i].letter) { continue; }
        put(file, forms[i].before);
        put_quoted(file, line + 1, len - 1 < SCALAR_MAX ? len - 1 : SCALAR_MAX);
        put(file, forms[i].after);
        put(file, "\n");
    }
}

static void write_file(struct file *file, const uint8_t *octets, size_t len)
{
    size_t at = 0;
    file->len = 0;
    put(file, opening);
    for (unsigned steps = 0; at < len && steps < STEPS_MAX; steps++) {
        const uint8_t *end = memchr(octets + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - octets) - at : len - at;
        put_step(file, octets + at, line_len);
        at += line_len + 1;
    }
}

static void play(const struct suite *suite, const struct spec *spec, struct digest *digest)
{
    const char *why = NULL;
    struct target *target = target_virtual_open(engine_stack(), "engine", &why);
    fuzz_require(target != NULL, "the engine is refused");
    struct run_result *result = run_spec(suite, spec, 0, 4, target, NULL);
    fuzz_require(result->verdict < VERDICTS && result->reason, "a run without a verdict");
    digest_add(digest, result->reason, strlen(result->reason));
    digest_add(digest, &result->trace.count, sizeof result->trace.count);
    run_result_free(result);
    target->ops->destroy(target);
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    static struct file file;
    struct suite suite = {0};
    write_file(&file, octets, len);
    const struct spec *spec = spec_read_memory(&suite, "fuzz.yaml", file.text, file.len);
    fuzz_require((spec == NULL) == (suite.error_count > 0), "neither a spec nor an error, or both");
    for (size_t i = 0; i < suite.error_count; i++) {
        const struct spec_error *e = &suite.error[i];
        fuzz_require(e->at.line != 0 && e->at.column != 0 && strlen(e->text) <= 1000, "an error without a place");
        digest_add(digest, e->text, strlen(e->text));
    }
    if (spec) { play(&suite, spec, digest); }
    suite_free(&suite);
}
