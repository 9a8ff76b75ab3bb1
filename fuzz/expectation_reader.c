/* The expectation file takes any octets: entries or errors with a place, never a crash, and the same each time. */
#include "fuzz.h"
#include "harness/expectation.h"

#include <string.h>

/* A run of each kind of verdict, to be matched against whatever was read. */
static void apply(struct expectations *expectations, struct digest *digest)
{
    for (unsigned verdict = 0; verdict < VERDICTS; verdict++) {
        struct run_result run = {.spec = "rfc9293/a.yaml",
                                 .name = "rfc9293/a",
                                 .cell = "offset=1 ctl=RST",
                                 .version = verdict % 2 ? 4 : 6,
                                 .verdict = (enum verdict)verdict,
                                 .rule = "MUST-2",
                                 .reason = ""};
        expectations_apply(expectations, "default", &run);
        bool told = run.expectation != NULL;
        digest_add(digest, &told, sizeof told);
        fuzz_require(!run.unexpected_pass || run.verdict == VERDICT_PASS, "an unexpected pass that is none");
        run_is_unexpected(&run);
    }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct expectations expectations = {0};
    bool good = expectations_read_memory(&expectations, "fuzz.yaml", (const char *)octets, len);
    fuzz_require(good == (expectations.error_count == 0), "an error and success, or neither");
    for (size_t i = 0; i < expectations.error_count; i++) {
        const struct spec_error *e = &expectations.error[i];
        fuzz_require(e->at.line != 0, "an error without a place");
        digest_add(digest, e->text, strlen(e->text));
    }
    for (size_t i = 0; good && i < expectations.count; i++) {
        const struct expectation *e = &expectations.entry[i];
        fuzz_require(e->spec && e->rule && e->reason && e->date, "an entry with a hole in it");
        expectation_is_stale(e, "default");
    }
    if (good) { apply(&expectations, digest); }
    expectations_free(&expectations);
}
